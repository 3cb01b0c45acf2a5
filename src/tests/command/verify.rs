//! `readback verify`: a swarm from the command line.

use super::{run, text};

#[test]
fn a_clean_swarm_ends_with_a_table_and_a_verdict() {
    let ran = run(&["verify", "--seeds", "6", "--jobs", "2"]);
    let printed = text(&ran.stdout);
    assert_eq!(ran.status.code(), Some(0), "{printed}{}", text(&ran.stderr));
    assert!(printed.contains("outcome: read ok"), "{printed}");
    assert!(printed.contains("seeds: 6; operations: "), "{printed}");
    assert!(printed.trim_end().ends_with("verdict: no violation found"), "{printed}");
    assert!(ran.stderr.is_empty(), "a pipe sees no progress: {}", text(&ran.stderr));
    let again = run(&["verify", "--seeds", "6", "--jobs", "1"]);
    assert_eq!(text(&again.stdout), printed, "threads change nothing");
}

#[test]
fn a_swarm_without_time_decides_nothing() {
    let ran = run(&["verify", "--seeds", "100000", "--minutes", "0", "--jobs", "1"]);
    let printed = text(&ran.stdout);
    assert!(
        printed.contains("seeds: ") && !printed.contains("seeds: 100000;"),
        "it is broken off: {printed}"
    );
}

#[test]
fn one_seed_runs_on_the_live_cluster() {
    let ran = run(&["verify", "--substrate", "live", "--seeds", "1"]);
    let printed = text(&ran.stdout);
    assert_eq!(ran.status.code(), Some(0), "{printed}{}", text(&ran.stderr));
    assert!(printed.contains("seeds: 1;"), "{printed}");
}

#[test]
fn a_folder_without_a_failure_cannot_be_replayed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ran = run(&["verify", "--replay", folder.path().to_str().expect("the path is UTF-8")]);
    assert_eq!(ran.status.code(), Some(3));
    assert!(text(&ran.stderr).contains("case.json: there is no such file"), "{}", text(&ran.stderr));
}

#[test]
fn a_saved_case_is_run_again_from_its_file_alone() {
    let ran = run(&[
        "verify",
        "--replay",
        "src/verify/corpus/known/two-branches-trimmed-what-the-other-lacks.json",
    ]);
    let printed = text(&ran.stdout);
    assert_eq!(ran.status.code(), Some(1), "{printed}{}", text(&ran.stderr));
    assert!(
        printed.starts_with("not_drained: seed 882629") && printed.contains("as it was saved"),
        "{printed}"
    );
}

#[cfg(not(feature = "mutants"))]
#[test]
fn mutants_need_a_build_that_has_them() {
    for arguments in [&["verify", "--mutants"][..], &["verify", "--mutant", "any"]] {
        let ran = run(arguments);
        assert_eq!(ran.status.code(), Some(3), "{arguments:?}");
        assert!(text(&ran.stderr).contains("--features mutants"), "{}", text(&ran.stderr));
    }
}
