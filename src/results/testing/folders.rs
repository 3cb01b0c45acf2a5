//! The folder of a run.

use std::fs;

use tempfile::tempdir;

use super::{SUMMARY, files, manifest, observed, summary};
use crate::results::{Folder, FolderError, Manifest, Summary};

#[test]
fn a_run_is_named_by_its_experiment_and_start_and_the_next_of_the_same_second_gets_a_number() {
    let root = tempdir().unwrap();
    let rows = [
        ("2026-11-23T22:45:01Z", "quickstart/20261123T224501Z"),
        ("2026-11-23T22:45:01.25Z", "quickstart/20261123T224501Z-2"),
        ("20261123T224501Z", "quickstart/20261123T224501Z-3"),
        ("2026-11-23T22:45:02Z", "quickstart/20261123T224502Z"),
    ];
    for (started, expected) in rows {
        let folder = Folder::create(root.path(), "quickstart", started).unwrap();
        assert_eq!(folder.path(), root.path().join(expected), "{started}");
        assert!(folder.path().is_dir());
    }
}

#[test]
fn a_chosen_folder_is_absent_or_empty() {
    let root = tempdir().unwrap();
    let [absent, empty, full, file] =
        ["a/b/absent", "empty", "full", "file"].map(|name| root.path().join(name));
    fs::create_dir(&empty).unwrap();
    fs::create_dir(&full).unwrap();
    fs::write(full.join("x"), "").unwrap();
    fs::write(&file, "").unwrap();
    for path in [&absent, &empty] {
        assert_eq!(Folder::create_at(path).unwrap().path(), path);
        assert!(path.is_dir());
    }
    let problem = |path| Folder::create_at(path).unwrap_err().to_string();
    assert_eq!(
        problem(&full),
        format!("{}: the folder is not empty; name one that is absent or empty", full.display())
    );
    assert_eq!(
        problem(&file),
        format!("{}: this is no folder; name one that is absent or empty", file.display())
    );
    assert_eq!(files(&full).len(), 1);
}

#[test]
fn a_run_reads_back_as_it_was_written() {
    let root = tempdir().unwrap();
    let folder = Folder::create_at(root.path()).unwrap();
    let Summary { question, seed, points, .. } = summary();
    let trials: Vec<String> = points.into_iter().flat_map(|point| point.trials).collect();
    let manifest = Manifest { question, seed, trials, ..manifest(&[]) };
    folder.write_manifest(&manifest).unwrap();
    folder.write_summary(&summary()).unwrap();
    let folder = Folder::open(root.path()).unwrap();
    assert_eq!(folder.manifest().unwrap(), manifest);
    assert_eq!(folder.summary().unwrap(), summary());
    assert_eq!(fs::read_to_string(root.path().join("summary.json")).unwrap(), SUMMARY);
    let names: Vec<String> = files(root.path()).into_keys().collect();
    assert_eq!(names, ["manifest.json", "summary.csv", "summary.json"]);
}

#[test]
fn charts_are_listed_in_order_of_their_names_without_what_a_killed_writer_left() {
    let root = tempdir().unwrap();
    let folder = Folder::create_at(root.path()).unwrap();
    assert_eq!(folder.charts().unwrap(), [""; 0]);
    for name in ["wait_ccdf.svg", "fresh.svg", "wait_ccdf.csv"] {
        folder.write_chart(name, b"x").unwrap();
    }
    fs::write(root.path().join("charts/.tmp1234"), "").unwrap();
    assert_eq!(folder.charts().unwrap(), ["fresh.svg", "wait_ccdf.csv", "wait_ccdf.svg"]);
}

#[test]
fn complete_trials_come_in_the_order_of_the_manifest() {
    let root = tempdir().unwrap();
    let folder = Folder::create_at(root.path()).unwrap();
    folder.write_manifest(&manifest(&["wait.r1", "none.r1", "wait.r2", "none.r2"])).unwrap();
    // In another order; one without its end, one that never began, and one that the manifest does not know.
    for id in ["none.r1", "stranger", "wait.r1"] {
        let trial = folder.begin_trial(id).unwrap();
        trial.begin_history().unwrap().keep().unwrap();
        trial.write_observed(&observed()).unwrap();
    }
    folder.begin_trial("wait.r2").unwrap().begin_history().unwrap();
    let complete = folder.complete_trials().unwrap();
    let ids: Vec<&str> = complete.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["wait.r1", "none.r1"]);
    assert_eq!(complete[0].1, folder.trial("wait.r1").unwrap());
}

#[test]
fn an_unreadable_file_is_reported_with_its_place_and_a_remedy() {
    let root = tempdir().unwrap();
    let folder = Folder::create_at(root.path()).unwrap();
    let message = |error: FolderError| {
        let text = error.to_string();
        text.strip_prefix(&format!("{}/", root.path().display())).unwrap_or(&text).to_owned()
    };
    let not_a_run = "give the folder of one run, such as results/quickstart/20261123T224501Z";
    let check = "`readback check` of the folder writes it again";
    let opened = |text: &str| {
        fs::write(root.path().join("manifest.json"), text).unwrap();
        message(Folder::open(root.path()).unwrap_err())
    };
    assert_eq!(
        message(Folder::open(root.path()).unwrap_err()),
        format!("manifest.json: there is no such file; {not_a_run}")
    );
    assert_eq!(
        opened("{"),
        format!("manifest.json: EOF while parsing an object at line 1 column 1; {not_a_run}")
    );
    assert_eq!(
        opened("{\"schema\": \"readback-summary-9\", \"new\": 1}"),
        "manifest.json: the schema is `readback-summary-9`, and this program reads `readback-summary-2`; \
         use readback 0.9, or run the experiment again"
    );
    assert_eq!(
        opened("{\"schema\": \"readback-summary-2\", \"new\": 1}"),
        format!(
            "manifest.json: unknown field `new`, expected one of `schema`, `experiment`, `question`, \
             `started`, `seed`, `spec`, `command_line`, `code`, `machine`, `points`, `trials` at line 1 column 38; \
             {not_a_run}"
        )
    );
    assert_eq!(
        message(folder.summary().unwrap_err()),
        format!("summary.json: there is no such file; {check}")
    );
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let root = tempdir().unwrap();
    let folder = Folder::create_at(&root.path().join("run")).unwrap();
    folder.write_manifest(&manifest(&["../../elsewhere"])).unwrap();
    let refused = |error: FolderError| assert!(matches!(error, FolderError::Name(_)), "{error}");
    refused(folder.complete_trials().unwrap_err());
    refused(folder.begin_trial("..").unwrap_err());
    refused(folder.write_chart("../x.svg", b"").unwrap_err());
    refused(Folder::create(root.path(), "a/b", "20261123T224501Z").unwrap_err());
    refused(Folder::create(root.path(), "a", "../..").unwrap_err());
    assert_eq!(files(root.path()).into_keys().collect::<Vec<_>>(), ["run/manifest.json"]);
}
