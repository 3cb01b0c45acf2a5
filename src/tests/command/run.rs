//! `readback run` and what goes on from its results: `check`, `chart`, `report`; and what is wrong with a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use super::{run, text};

/// Two strategies, one repetition, about a second in all.
const SMALL: &str = r#"
question = "Is a small experiment run to its end?"

[run]
duration_s = 0.3
warm_up_s = 0.1
repetitions = 1

[guarantee]
strategy = ["none", "wait"]

[workload]
arrival = { poisson_per_s = 300 }
sessions = 32

[network.between_branches]
delay = { constant_ms = 200 }
"#;

/// A folder with an experiment file, and what was made of it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn with(text: &str) -> Place {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("small.toml"), text).unwrap();
        Place { folder }
    }

    fn file(&self) -> String {
        self.folder.path().join("small.toml").to_str().unwrap().to_owned()
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn run(&self, options: &[&str]) -> Output {
        let (file, out) = (self.file(), self.out());
        let arguments = ["run", &file, "--out", out.to_str().unwrap()];
        super::run(&[&arguments, options].concat())
    }

    fn summary(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.out().join("summary.json")).unwrap()).unwrap()
    }
}

#[test]
fn an_experiment_gives_a_table_a_verdict_charts_and_its_folder_last() {
    let place = Place::with(SMALL);
    let ran = place.run(&[]);
    let (printed, about) = (text(&ran.stdout), text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(0), "{printed}{about}");
    assert_eq!(printed.lines().last(), Some(place.out().to_str().unwrap()));
    assert!(printed.contains("verdict: valid"), "{printed}");
    assert!(about.contains("1/2 none,r1: valid"), "{about}");
    let summary = place.summary();
    let stale = |point: usize| summary["points"][point]["reads"]["stale"].as_u64().unwrap();
    assert!(stale(0) > 0, "without the guarantee reads are stale");
    assert_eq!(stale(1), 0, "with it none is");
    assert!(summary["points"][1]["reads"]["parked"].as_u64().unwrap() > 0);
    for file in [
        "manifest.json",
        "summary.csv",
        "charts/wait_ccdf.svg",
        "charts/wait_ccdf.png",
        "charts/wait_ccdf.csv",
    ] {
        assert!(place.out().join(file).is_file(), "{file}");
    }
    for file in
        ["plan.toml", "history.jsonl.gz", "observed.json", "verdict.json", "measures.json", "latency.hgrm"]
    {
        assert!(place.out().join("trials/wait,r1").join(file).is_file(), "{file}");
    }

    let before = place.summary();
    fs::remove_file(place.out().join("summary.json")).unwrap();
    fs::remove_dir_all(place.out().join("charts")).unwrap();
    let out = place.out();
    let checked = run(&["check", out.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    assert_eq!(place.summary(), before, "judging again gives the same");
    assert!(place.out().join("charts/wait_ccdf.svg").is_file());
    assert_eq!(run(&["chart", out.to_str().unwrap()]).status.code(), Some(0));

    let again = place.run(&[]);
    assert_eq!(again.status.code(), Some(3));
    assert!(text(&again.stderr).contains("the folder is not empty"));
}

#[test]
fn a_history_that_was_tampered_with_is_violated_and_the_saved_verdict_is_named() {
    let place = Place::with(SMALL);
    // In virtual time the control is stale however busy the machine is.
    assert_eq!(place.run(&["--substrate", "sim"]).status.code(), Some(0));
    // The unguarded history with the header of the guarantee: its stale reads now break a promise.
    let trials = place.out().join("trials");
    let [unguarded, guarded] =
        ["none,r1", "wait,r1"].map(|id| gunzip(&trials.join(id).join("history.jsonl.gz")));
    let (_, lines) = unguarded.split_once('\n').unwrap();
    let (header, _) = guarded.split_once('\n').unwrap();
    fs::write(trials.join("wait,r1/history.jsonl.gz"), format!("{header}\n{lines}")).unwrap();
    let out = place.out();
    let checked = run(&["check", out.to_str().unwrap()]);
    let about = text(&checked.stderr);
    assert_eq!(checked.status.code(), Some(1), "{about}");
    assert!(about.contains("wait,r1/verdict.json: `"), "{about}");
    assert_eq!(place.summary()["verdict"], "violated");
}

#[test]
fn a_saved_verdict_that_its_history_does_not_give_is_named_and_ends_with_5() {
    let place = Place::with(SMALL);
    assert_eq!(place.run(&["--substrate", "sim"]).status.code(), Some(0));
    let path = place.out().join("trials/none,r1/verdict.json");
    let saved = fs::read_to_string(&path).unwrap();
    fs::write(&path, saved.replacen("\"valid\"", "\"unknown\"", 1)).unwrap();
    let out = place.out();
    let checked = run(&["check", out.to_str().unwrap()]);
    let about = text(&checked.stderr);
    assert_eq!(checked.status.code(), Some(5), "{about}");
    let named = "verdict.json: `verdict` was saved as \"unknown\", and is \"valid\"; written again";
    assert!(about.contains(named), "{about}");
    assert_eq!(fs::read_to_string(&path).unwrap(), saved);
    assert_eq!(
        run(&["check", out.to_str().unwrap()]).status.code(),
        Some(0),
        "the second time nothing differs"
    );
}

#[test]
fn a_folder_whose_histories_are_gone_is_refused_and_stays_as_it_was() {
    let place = Place::with(SMALL);
    assert_eq!(place.run(&["--substrate", "sim"]).status.code(), Some(0));
    let (out, before) = (place.out(), place.summary());
    let picture = fs::read(out.join("charts/wait_ccdf.svg")).unwrap();
    fs::remove_dir_all(out.join("trials")).unwrap();
    for command in ["check", "chart"] {
        let refused = run(&[command, out.to_str().unwrap()]);
        let about = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(3), "{command}: {about}");
        assert!(
            about.contains("history.jsonl.gz: there is no such file; bring it back"),
            "{command}: {about}"
        );
    }
    assert_eq!(place.summary(), before);
    assert_eq!(fs::read(out.join("charts/wait_ccdf.svg")).unwrap(), picture);
}

#[test]
fn a_report_says_that_a_run_has_lost_its_control_and_without_it_the_verdict_is_unknown() {
    let place = Place::with(SMALL);
    assert_eq!(place.run(&["--substrate", "sim"]).status.code(), Some(0));
    let out = place.out();
    let report =
        |format: &str| text(&run(&["report", "--format", format, out.to_str().unwrap()]).stdout).to_owned();
    assert!(report("markdown").contains("Verdict: valid; fitness: ") && report("answers").contains("[valid"));
    fs::remove_dir_all(out.join("trials/none,r1")).unwrap();
    for (format, said) in
        [("markdown", "none,r1/history.jsonl.gz: there is no such"), ("answers", "incomplete")]
    {
        assert!(report(format).contains(said), "{}", report(format));
    }
    assert!(report("table").contains("none,r1/history.jsonl.gz: there is no such"), "{}", report("table"));
    // Without its summary what is left can be judged; the pictures were of both trials.
    fs::remove_file(out.join("summary.json")).unwrap();
    assert_eq!(run(&["check", out.to_str().unwrap()]).status.code(), Some(5));
    assert_eq!(run(&["check", out.to_str().unwrap()]).status.code(), Some(2));
    let interrupted = report("markdown");
    assert!(interrupted.contains("interrupted: 1 of 2 trials are missing"), "{interrupted}");
    assert!(interrupted.contains("there is no control; add `none` to the strategies"), "{interrupted}");
}

#[test]
fn a_dry_run_lists_the_trials_and_makes_nothing() {
    let place = Place::with(SMALL);
    let dry = place.run(&["--dry-run", "--repetitions", "3", "--set", "workload.sessions=7"]);
    assert_eq!(dry.status.code(), Some(0), "{}", text(&dry.stderr));
    assert!(text(&dry.stdout).contains("trials: 6;"));
    assert!(!place.out().exists());
}

#[test]
fn five_things_that_are_wrong_with_a_file_are_reported_with_place_key_and_remedy() {
    let wrong = [
        (
            SMALL.replace("duration_s", "duratoin_s"),
            "small.toml:5:1: unknown field `duratoin_s`",
            "did you mean `duration_s`?",
        ),
        (
            SMALL.replace("constant_ms = 20", "constant_s = 0.02"),
            "small.toml:17:11: unknown variant `constant_s`",
            "did you mean `constant_ms`?",
        ),
        (
            SMALL.replace("poisson_per_s = 300", "poisson_per_s = -5"),
            "small.toml:13:13: `arrival.poisson_per_s` is -5",
            "give a finite number above 0",
        ),
        (
            format!("{SMALL}{}", fault("branch = 4", 0.1, 0.2)),
            "small.toml:21:1: `branch`: branch 4 is not in this cluster",
            "which has 1, 2, 3",
        ),
        (
            format!("{SMALL}{}", fault("branch = 1", 0.3, 0.2)),
            "small.toml:23:1: `until_s`: the window ends at 200ms, and it starts at 300ms",
            "let it end after it starts",
        ),
    ];
    for (file, place, about) in wrong {
        let ran = Place::with(&file).run(&[]);
        let printed = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(3), "{printed}");
        assert!(printed.contains(place) && printed.contains(about), "{printed}");
    }
}

#[test]
fn the_experiments_are_listed_and_the_schema_is_json() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let quickstart = include_str!("../../../experiments/quickstart.toml");
    fs::write(folder.path().join("quickstart.toml"), quickstart).expect("it can be written");
    fs::write(folder.path().join("broken.toml"), "question = 1").expect("it can be written");
    let list = run(&["list", folder.path().to_str().expect("the path is UTF-8")]);
    let lines: Vec<&str> = text(&list.stdout).lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}{}", text(&list.stderr));
    assert!(lines[0].starts_with("broken ") && lines[0].contains("broken.toml:1:"), "{lines:?}");
    assert!(lines[1].starts_with("quickstart ") && lines[1].contains(" 12 trials "), "{lines:?}");
    let schema = run(&["schema"]);
    let schema: Value = serde_json::from_str(text(&schema.stdout)).unwrap();
    assert_eq!(schema["title"], "An experiment of readback");
}

fn fault(whom: &str, from_s: f64, until_s: f64) -> String {
    format!("\n[[fault]]\nkind = \"isolate\"\n{whom}\nfrom_s = {from_s}\nuntil_s = {until_s}\n")
}

fn gunzip(path: &Path) -> String {
    let file = fs::File::open(path).unwrap();
    std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap()
}
