//! Damages to a saved run: files that are swapped, dropped, moved, edited and renamed.
//!
//! Each is refused by the name of its file and the place in it, or what was made of the file is named as differing.
//! Every other change of a line, one by one, is for the tests of `history` and of the checker.

mod line_table;
mod lines;
mod table;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use readback::experiment::{self, Ended, JudgeProgress, Overrides, Plan, SummedUp};
use readback::results::{Code, Difference, Folder, Host, Manifest, SCHEMA};
use serde_json::Value;

/// Two points under two strategies, in virtual time.
const SMALL: &str = r#"
question = "Is a damaged run believed?"

[run]
substrate = "sim"
duration_s = 0.2
warm_up_s = 0.1
repetitions = 1

[guarantee]
strategy = ["none", "wait"]

[workload]
arrival = { poisson_per_s = 300 }
sessions = 8

[network.between_branches]
delay = { constant_ms = 100 }

[[fault]]
kind = "partition"
from_s = 0.25
until_s = 0.27
groups = [[1], [2, 3]]

[sweep]
"network.between_branches.delay.constant_ms" = [100, 50]
"#;

const NONE: &str = "trials/constant_ms=100,none,r1";
const WAIT: &str = "trials/constant_ms=100,wait,r1";
const FAR: &str = "trials/constant_ms=50,wait,r1";

/// The end of judging a damaged folder again.
#[derive(Debug, Clone, Copy)]
enum Ends {
    /// With an error that names the place in the file.
    Refused(&'static str),
    /// With a difference that names the file.
    Named(&'static str),
    /// As if nothing had been, because of this.
    Unnoticed(&'static str),
}

type Damage = (&'static str, fn(&Damaged), Ends);

/// A copy of the run, to be damaged.
struct Damaged {
    folder: tempfile::TempDir,
}

impl Damaged {
    fn at(&self, name: &str) -> PathBuf {
        let name = name.replace("NONE", NONE).replace("WAIT", WAIT).replace("FAR", FAR);
        self.folder.path().join(name)
    }

    fn swap(&self, one: &str, other: &str) {
        let (one, other) = (self.at(one), self.at(other));
        let aside = self.folder.path().join("aside");
        fs::rename(&one, &aside).unwrap();
        fs::rename(&other, &one).unwrap();
        fs::rename(&aside, &other).unwrap();
    }

    /// A copy of one in the place of the other.
    fn copy(&self, from: &str, to: &str) {
        fs::copy(self.at(from), self.at(to)).expect(from);
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.at(from), self.at(to)).expect(from);
    }

    fn remove(&self, name: &str) {
        let path = self.at(name);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect(name);
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at(name), bytes).expect(name);
    }

    fn cut(&self, name: &str) {
        let bytes = fs::read(self.at(name)).expect(name);
        self.write(name, &bytes[..bytes.len() / 2]);
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        let before = fs::read_to_string(self.at(name)).expect(name);
        let after = before.replacen(from, to, 1);
        assert_ne!(before, after, "{name} has no {from}");
        self.write(name, after.as_bytes());
    }

    /// Sets a value by its path in a file of JSON.
    fn set(&self, name: &str, pointer: &str, value: Value) {
        let mut whole = self.json(name);
        let place = whole.pointer_mut(pointer).expect(pointer);
        assert_ne!(*place, value, "{name} {pointer}");
        *place = value;
        self.write(name, whole.to_string().as_bytes());
    }

    fn without(&self, name: &str, key: &str) {
        let mut whole = self.json(name);
        let removed = whole.as_object_mut().and_then(|whole| whole.remove(key));
        assert!(removed.is_some(), "{name} has no {key}");
        self.write(name, whole.to_string().as_bytes());
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.at(name)).expect(name)).expect(name)
    }
}

#[test]
fn every_damage_to_a_saved_run_is_refused_or_named_unless_it_changes_no_fact() {
    let run = run();
    assert_eq!(judged(run.path()), Ok(Vec::new()), "judging an undamaged run again changes nothing");
    let damages = || table::DAMAGES.iter().chain(line_table::DAMAGES);
    assert!(damages().count() >= 100);
    let wrong = damages().filter_map(|(name, damage, ends)| {
        let damaged = Damaged { folder: copied(run.path()) };
        damage(&damaged);
        let found = judged(damaged.folder.path());
        let is_right = match (&found, ends) {
            (Err(error), Ends::Refused(place)) => error.contains(place),
            (Ok(differences), Ends::Named(place)) => {
                differences.iter().any(|difference| difference.contains(place))
            }
            (Ok(differences), Ends::Unnoticed(why)) => differences.is_empty() && !why.is_empty(),
            (Ok(_), Ends::Refused(_)) | (Err(_), Ends::Named(_) | Ends::Unnoticed(_)) => false,
        };
        (!is_right).then(|| format!("{name}: {ends:?}, and it was {found:#?}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The run, as it was saved.
fn run() -> tempfile::TempDir {
    let (root, plan, folder) = begun();
    let ended =
        experiment::perform(&plan, &folder, &mut |_| ControlFlow::Continue(())).expect("it can be run");
    assert_eq!(ended, Ended::Complete);
    experiment::sum_up(&folder).expect("all of it is there");
    root
}

/// The run before its first trial.
pub(super) fn begun() -> (tempfile::TempDir, Plan, Folder) {
    let root = tempfile::tempdir().expect("a folder can be made");
    let plan = experiment::read("small", SMALL, &Overrides::default()).expect("the file is sound");
    let folder = Folder::create_at(root.path()).expect("it is empty");
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        experiment: plan.name.clone(),
        question: plan.question.clone(),
        started: "2026-11-23T22:45:01Z".to_owned(),
        seed: plan.seed,
        spec: plan.text.clone(),
        command_line: vec!["readback".to_owned()],
        code: Code::current(),
        machine: Host::current(),
        points: plan.points.clone(),
        trials: plan.trials.iter().map(|trial| trial.id.clone()).collect(),
    };
    folder.write_manifest(&manifest).expect("it can be written");
    (root, plan, folder)
}

/// Judges again as `readback check` does, but for the pictures.
fn judged(folder: &Path) -> Result<Vec<String>, String> {
    let again = || -> Result<Vec<Difference>, Box<dyn std::error::Error>> {
        let folder = Folder::open(folder)?;
        let plan = experiment::plan_of(&folder.manifest()?)?;
        let mut differences = Vec::new();
        experiment::judge(&folder, &plan, &mut |progress| {
            if let JudgeProgress::Ended { judged, .. } = progress {
                differences.extend_from_slice(&judged.differences);
            }
            ControlFlow::Continue(())
        })?;
        let SummedUp { differences: of_summary, .. } = experiment::sum_up(&folder)?;
        Ok(differences.into_iter().chain(of_summary).collect())
    };
    let found = again().map_err(|error| error.to_string())?;
    Ok(found.iter().map(Difference::to_string).collect())
}

fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder can be made");
    copy_all(folder, copy.path());
    copy
}

fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder of this test") {
        let entry = entry.expect("an entry of a folder");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&to).expect("a folder can be made");
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).expect("a file can be copied");
        }
    }
}
