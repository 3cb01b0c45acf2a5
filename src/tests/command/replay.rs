//! `readback replay`: runs and judges.

use std::fmt::Write as _;
use std::fs;

use tempfile::TempDir;

use super::{run, sample, text};

/// `events` events of one customer: a deposit at branch k, then a query at branch k+1.
fn deposits_then_queries(events: usize, branches: usize) -> String {
    let mut list = Vec::new();
    for index in 0..events / 2 {
        let (at, next) = (index % branches + 1, (index + 1) % branches + 1);
        list.push(format!(r#"{{"id":{},"interface":"deposit","money":10,"branch":{at}}}"#, 2 * index + 1));
        list.push(format!(r#"{{"id":{},"interface":"query","branch":{next}}}"#, 2 * index + 2));
    }
    let mut file = format!(r#"[{{"id":1,"type":"customer","events":[{}]}}"#, list.join(","));
    for branch in 1..=branches {
        write!(file, r#",{{"id":{branch},"type":"branch","balance":0}}"#).expect("a string takes all");
    }
    file + "]"
}

/// A folder with one file in it.
fn folder_with(name: &str, content: &str) -> (TempDir, String) {
    let folder = TempDir::new().expect("a folder can be made");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("a file can be written");
    let path = path.to_str().expect("the path is UTF-8").to_owned();
    (folder, path)
}

#[test]
fn every_sample_runs_and_is_valid_in_every_format() {
    let samples = [
        "cross-branch.json",
        "dest.json",
        "first-stage.json",
        "logical-clock.json",
        "repeated-customers.json",
    ];
    let folder = TempDir::new().expect("a folder can be made");
    for (name, format) in samples.iter().zip(["events", "customers", "balances"].iter().cycle()) {
        let results = folder.path().join(name);
        let results = results.to_str().expect("the path is UTF-8");
        let replay = run(&["replay", "--output", results, "--format", format, &sample(name)]);
        assert_eq!(replay.status.code(), Some(0), "{name}: {}", text(&replay.stderr));
        assert!(replay.stdout.is_empty(), "{name}: the results go to the file");
        let check = run(&["replay", "--check", results, &sample(name)]);
        assert_eq!(check.status.code(), Some(0), "{name} as {format}: {}", text(&check.stdout));
        assert!(text(&check.stdout).starts_with("valid: "), "{}", text(&check.stdout));
    }
}

#[test]
fn the_results_are_the_course_s_to_the_byte() {
    let (_folder, input) = folder_with(
        "input.json",
        r#"[{"id":7,"type":"customer","events":[
            {"id":1,"interface":"deposit","money":400,"branch":1},
            {"id":2,"interface":"query","branch":2},
            {"id":3,"interface":"withdraw","money":500,"branch":2},
            {"id":4,"interface":"deposit","money":-1,"branch":1},
            {"id":5,"interface":"transfer","branch":1}]},
           {"id":1,"type":"branch","balance":0},{"id":2,"type":"branch","balance":0}]"#,
    );
    let replay = run(&["replay", &input]);
    let expected = r#"[
{"id":7,"recv":[{"interface":"deposit","branch":1,"result":"success"}]},
{"id":7,"recv":[{"interface":"query","branch":2,"balance":400}]},
{"id":7,"recv":[{"interface":"withdraw","branch":2,"result":"fail"}]},
{"id":7,"recv":[{"interface":"deposit","branch":1,"result":"fail"}]},
{"id":7,"recv":[{"interface":"transfer","branch":1,"result":"fail"}]}
]
"#;
    assert_eq!(text(&replay.stdout), expected);
    assert_eq!(replay.status.code(), Some(0));
    let figures = text(&replay.stderr);
    let silently = "2 of 5 events were answered `fail` without asking";
    for figure in ["5 events", "ops/s", "writes", "reads", "p50", "p99", silently] {
        assert!(figures.contains(figure), "{figure} is missing in: {figures}");
    }
}

#[test]
fn two_thousand_events_that_change_branch_each_time_are_all_right() {
    let (folder, input) = folder_with("input.json", &deposits_then_queries(2000, 10));
    let results = folder.path().join("results.json").to_str().expect("the path is UTF-8").to_owned();
    assert_eq!(run(&["replay", "--output", &results, &input]).status.code(), Some(0));
    let check = run(&["replay", "--check", &results, &input]);
    assert_eq!(text(&check.stdout), "valid: all 2000 results follow from the sequence of the file\n");
}

#[test]
fn with_slow_replication_waiting_stays_right_and_not_waiting_is_stale() {
    let (folder, input) = folder_with("input.json", &deposits_then_queries(100, 4));
    let results = folder.path().join("results.json").to_str().expect("the path is UTF-8").to_owned();
    let mut verdicts = Vec::new();
    for strategy in ["wait", "none"] {
        let arguments =
            ["replay", "--replication-delay", "20ms", "--strategy", strategy, "-o", &results, &input];
        assert_eq!(run(&arguments).status.code(), Some(0));
        let check = run(&["replay", "--check", &results, &input]);
        let last = text(&check.stdout).lines().last().expect("a verdict").to_owned();
        verdicts.push((check.status.code(), last));
    }
    assert_eq!(
        verdicts[0],
        (Some(0), "valid: all 100 results follow from the sequence of the file".to_owned())
    );
    let (status, summary) = &verdicts[1];
    assert_eq!(*status, Some(1));
    let stale: usize =
        summary.split_whitespace().nth(1).and_then(|count| count.parse().ok()).expect("a count");
    assert!(stale > 25, "without waiting most of the 50 reads are stale: {summary}");
}

#[test]
fn outputs_that_a_course_checker_passes_are_rejected_with_the_event() {
    let zeros = r#"[{"id":1,"recv":[{"interface":"deposit","branch":1,"result":"success"}]},
        {"id":1,"recv":[{"interface":"query","branch":2,"balance":0}]}]"#;
    let refused = zeros.replace("success", "fail").replace(":0}", ":10}");
    for (results, violation) in [
        (zeros, "event 2 (customer 1, query at branch 2, line 1): expected balance 10, found 0"),
        (&refused, "event 1 (customer 1, deposit at branch 1, line 1): expected success, found fail"),
    ] {
        let (_input_folder, input) = folder_with("input.json", &deposits_then_queries(2, 2));
        let (_folder, results) = folder_with("results.json", results);
        let check = run(&["replay", "--check", &results, &input]);
        assert_eq!(check.status.code(), Some(1));
        assert!(text(&check.stdout).contains(violation), "{}", text(&check.stdout));
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_before_anything_runs() {
    let branch = r#"{"id":1,"type":"branch","balance":0}"#;
    let rows = [
        (format!("[{branch},]"), ":1:38: "),
        (format!("[\n{branch}\n{branch}]"), ":3:1: "),
        (format!("[{branch},{branch}]"), "branch 1"),
        ("[]".to_owned(), "branch"),
        (format!(r#"[{branch},{{"id":1,"type":"robot"}}]"#), "robot"),
        (format!(r#"[{branch},{{"id":2,"type":"branch","balance":5}}]"#), "balance"),
    ];
    for (content, clue) in rows {
        let (_folder, input) = folder_with("input.json", &content);
        let replay = run(&["replay", &input]);
        let message = text(&replay.stderr);
        assert_eq!(replay.status.code(), Some(3), "{content}");
        assert!(replay.stdout.is_empty(), "{content}");
        assert!(message.contains(&format!("{input}:")) && message.contains(clue), "{content}: {message}");
    }
}

#[test]
fn a_file_that_is_not_there_and_a_folder_that_cannot_be_written_are_named() {
    let missing = run(&["replay", "no-such-file.json"]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(text(&missing.stderr).contains("no-such-file.json: cannot be read"), "{}", text(&missing.stderr));
    let nowhere = run(&["replay", "-o", "no-such-folder/out.json", &sample("dest.json")]);
    assert_eq!(nowhere.status.code(), Some(3));
    assert!(text(&nowhere.stderr).contains("no-such-folder/out.json: cannot be written"));
}

#[test]
fn a_file_in_the_place_of_the_other_is_recognised() {
    let (_folder, results) =
        folder_with("results.json", r#"[{"id":1,"recv":[{"interface":"query","branch":1,"balance":0}]}]"#);
    for (arguments, clue) in [
        (["replay", "--check", &results, &results], "these are results, not an input"),
        (["replay", "--check", &sample("dest.json"), &sample("dest.json")], "this is an input, not results"),
    ] {
        let check = run(&arguments);
        assert_eq!(check.status.code(), Some(3));
        assert!(text(&check.stderr).contains(clue), "{}", text(&check.stderr));
    }
}

#[test]
fn a_quiet_run_prints_results_and_nothing_else() {
    let quiet = run(&["-q", "replay", &sample("dest.json")]);
    assert_eq!(quiet.status.code(), Some(0));
    assert!(quiet.stderr.is_empty() && text(&quiet.stdout).starts_with("[\n{"), "{}", text(&quiet.stderr));
}

#[test]
fn results_of_another_file_are_counted_as_missing_not_as_stale() {
    let (_input_folder, input) = folder_with("input.json", &deposits_then_queries(4, 2));
    let first = r#"[{"id":1,"recv":[{"interface":"deposit","branch":1,"result":"success"}]}]"#;
    let (_folder, results) = folder_with("results.json", first);
    let check = run(&["replay", "--check", &results, &input]);
    assert_eq!(check.status.code(), Some(1));
    let last = text(&check.stdout).lines().last().expect("a verdict");
    let expected =
        "violated: 0 reads stale or wrong, 0 writes wrong, 3 results missing, out of place or surplus";
    assert!(last.starts_with(expected), "{last}");
}
