//! An example of each exit status of `run`. Those of `check`, 1 and 5, are beside its other tests.

use std::fs;

use super::{run, text};

/// One point in virtual time, under two strategies.
const SMALL: &str = r#"
question = "How does it end?"

[run]
substrate = "sim"
duration_s = 2
warm_up_s = 0.1
repetitions = 1

[workload]
arrival = { poisson_per_s = 300 }
sessions = 32

[network.between_branches]
delay = { constant_ms = 50 }
"#;

/// Runs the file, with what is appended to it. The exit status, and what was printed.
fn ended(appended: &str, options: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("small.toml");
    fs::write(&file, format!("{SMALL}{appended}")).unwrap();
    let out = folder.path().join("out");
    let arguments = ["run", file.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let ran = run(&[&arguments, options].concat());
    (ran.status.code(), format!("{}{}", text(&ran.stdout), text(&ran.stderr)))
}

#[test]
fn each_exit_status_has_a_run_that_ends_with_it() {
    let expect =
        |bound: &str| format!("\n[[expect]]\nmeasure = \"wait_ms.max\"\nstrategy = \"wait\"\n{bound}\n");
    let closed = ["--set", "workload.arrival={ closed = {} }", "--set", "workload.operations_per_session=1"];
    let strict = [&closed[..], &["--strict"]].concat();
    let agreement = "\n[[expect]]\nmeasure = \"theory_agreement\"\nat_least = 0.5\n";
    let rows: [(&str, &str, &[&str], i32, &str); 8] = [
        ("valid and fit", "", &["--strict"], 0, "fitness: fit\nverdict: valid"),
        ("as expected", &expect("below = 500"), &[], 0, "expected wait_ms.max@wait < 500: holds"),
        ("not as expected", &expect("below = 1"), &[], 4, "expected wait_ms.max@wait < 1: fails"),
        (
            "absent",
            "\n[[expect]]\nmeasure = \"wait_ms.p9999\"\nabove = 0\n",
            &[],
            4,
            "fails, absent under `none`",
        ),
        ("without a control", "\n[guarantee]\nstrategy = \"wait\"\n", &[], 2, "verdict: unknown"),
        (
            "an error",
            "\n[[expect]]\nmeasure = \"wait_ms.p98\"\nabove = 0\n",
            &[],
            3,
            "`wait_ms.p98` is no measure",
        ),
        (
            "without theory",
            agreement,
            &[],
            4,
            "disagreement: expected theory_agreement >= 0.5: fails, absent",
        ),
        ("unfit", "", &strict, 2, "ran out: "),
    ];
    for (name, appended, options, status, about) in rows {
        let (found, printed) = ended(appended, options);
        assert_eq!(found, Some(status), "{name}: {printed}");
        assert!(printed.contains(about), "{name}: {printed}");
    }
}
