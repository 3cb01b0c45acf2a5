//! `readback report`: what saved runs say.

use readback::results::{Code, Folder, Host, Manifest, SCHEMA, Summary};
use tempfile::TempDir;

use super::{run, text};

const SUMMARY: &str = include_str!("../../results/testing/summary.json");

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
        trials: Vec::new(),
    };
    folder.write_manifest(&manifest).expect("it can be written");
    folder.write_summary(&summary).expect("it can be written");
    folder.write_chart("wait_ccdf.svg", b"<svg/>").expect("it can be written");
    let path = folder.path().to_str().expect("the path is UTF-8").to_owned();
    (root, path)
}

/// The section of the README that begins with this line.
fn section_of_the_readme(heading: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README is there");
    let (_, rest) = readme.split_once(&format!("\n{heading}\n")).expect("it has the section");
    format!("{heading}\n{}", rest.split("\n## ").next().unwrap_or_default())
}

/// Fails unless the section begins with what `readback report` says of the folders that it names.
fn assert_is_reported(section: &str, folders_min: usize) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders: Vec<&str> =
        section.split("kept in [`").skip(1).filter_map(|after| after.split('`').next()).collect();
    assert!(folders.len() >= folders_min, "{folders:?}");
    let paths = folders.iter().map(|folder| root.join(folder).to_str().expect("UTF-8").to_owned());
    let arguments: Vec<String> = ["report".to_owned()].into_iter().chain(paths).collect();
    let report = run(&arguments.iter().map(String::as_str).collect::<Vec<&str>>());
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stderr));
    let expected = text(&report.stdout).replace(&format!("{}/", root.display()), "");
    assert!(section.starts_with(expected.trim_end()), "make the section again with `readback report`");
}

/// Only the README's own runs are in the repository.
#[test]
fn the_readme_tells_what_its_saved_runs_say() {
    assert_is_reported(&section_of_the_readme("## What does read-your-writes cost?"), 10);
}

#[test]
fn the_readme_tells_how_fast_a_saved_floor_was() {
    assert_is_reported(&section_of_the_readme("## How fast"), 1);
}

#[test]
fn a_saved_run_is_printed_as_markdown_with_links_to_the_folder_as_it_was_named() {
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
fn a_folder_that_is_no_run_ends_with_3_and_a_remedy() {
    let empty = TempDir::new().expect("a folder can be made");
    let report = run(&["report", empty.path().to_str().expect("the path is UTF-8")]);
    assert_eq!(report.status.code(), Some(3));
    assert!(report.stdout.is_empty());
    let error = text(&report.stderr);
    assert!(error.contains("manifest.json: there is no such file; give the folder of one run"), "{error}");
}
