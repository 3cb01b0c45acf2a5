//! `readback report`: saved runs as text.

use std::fs;

use readback::results::{Code, Folder, Host, Manifest, SCHEMA, Summary};
use tempfile::TempDir;

use super::{run, text};

const SUMMARY: &str = include_str!("../../results/testing/summary.json");
const FLOOR: &str = include_str!("../../results/testing/floor.json");

/// A folder as a run leaves it, but for its trials.
fn saved() -> (TempDir, String) {
    let root = TempDir::new().expect("a folder can be made");
    let mut summary: Summary = serde_json::from_str(SUMMARY).expect("the sample is a summary");
    for point in &mut summary.points {
        (point.records_per_sync, point.bare_syncs_per_s, point.recoveries) = (None, None, None);
    }
    let folder = Folder::create(root.path(), &summary.experiment, &summary.started).expect("it can be made");
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        experiment: summary.experiment.clone(),
        question: summary.question.clone(),
        started: summary.started.clone(),
        seed: summary.seed,
        spec: String::new(),
        command_line: ["readback", "run", "quickstart.toml"].map(str::to_owned).to_vec(),
        code: Code::current(),
        machine: Host::current(),
        points: Vec::new(),
        trials: summary.points.iter().flat_map(|point| point.trials.clone()).collect(),
    };
    folder.write_manifest(&manifest).expect("it can be written");
    folder.write_summary(&summary).expect("it can be written");
    folder.write_chart("wait_ccdf.svg", b"<svg/>").expect("it can be written");
    let path = folder.path().to_str().expect("the path is UTF-8").to_owned();
    (root, path)
}

#[test]
fn a_section_links_to_the_folder_as_it_was_named() {
    let (_root, folder) = saved();
    let report = run(&["report", &format!("{folder}/")]);
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stderr));
    let markdown = text(&report.stdout);
    assert!(markdown.starts_with("## What does read-your-writes cost?\n\n"), "{markdown}");
    let source = format!("{folder}/charts/wait_ccdf.svg");
    let picture = format!("\n<img src=\"{source}\" width=\"49%\" alt=\"wait_ccdf of quickstart\">\n");
    assert!(markdown.ends_with(&picture), "{markdown}");
}

#[test]
fn a_saved_run_is_printed_as_the_table_it_ended_with_and_a_pipe_gets_no_colours() {
    let (_root, folder) = saved();
    let report = run(&["report", "--format", "table", &folder]);
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stderr));
    let table = text(&report.stdout);
    let expected = include_str!("../../cli/testing/outcome.txt");
    assert_eq!(table, format!("{expected}{folder}\n"));
}

#[test]
fn answers_are_one_row_for_each_folder_and_a_floor_may_be_among_them() {
    let (_root, folder) = saved();
    let floor = TempDir::new().expect("a folder can be made");
    fs::write(floor.path().join("floor.json"), FLOOR).expect("it can be written");
    let floor = floor.path().to_str().expect("the path is UTF-8");
    let report = run(&["report", "--format", "answers", &folder, floor, &folder]);
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stderr));
    let rows: Vec<&str> = text(&report.stdout).lines().skip(2).collect();
    let leads_to = |row: &str, to: &str| row.contains(&format!("]({to})"));
    assert!(rows.len() == 3 && rows[0] == rows[2], "{rows:#?}");
    assert!(leads_to(rows[0], &folder) && leads_to(rows[1], floor), "{rows:#?}");
}

#[test]
fn a_folder_that_is_no_run_ends_with_3_and_a_remedy() {
    let empty = TempDir::new().expect("a folder can be made");
    let report = run(&["report", empty.path().to_str().expect("the path is UTF-8")]);
    assert_eq!(report.status.code(), Some(3));
    assert!(report.stdout.is_empty());
    let error = text(&report.stderr);
    assert!(error.contains("manifest.json: there is no such file; give the folder of one run"), "{error}");
}
