//! The real binary, as a user starts it: exit status, standard output, files, signals.
//!
//! Nothing here sleeps, and no port is fixed: where an address must be known before a process starts, each test
//! process takes a loopback address of its own, derived from its process id.

mod damages;
mod guides;
mod judging;
mod processes;
mod replay;
mod report;
mod run;
mod serve;
mod statuses;
mod verify;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary under test.
fn readback() -> Command {
    Command::new(env!("CARGO_BIN_EXE_readback"))
}

/// Runs it to its end.
fn run(arguments: &[&str]) -> Output {
    readback().args(arguments).output().expect("the binary starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the binary prints UTF-8")
}

fn sample(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/course").join(name);
    path.to_str().expect("the path is UTF-8").to_owned()
}

#[test]
fn help_and_version_go_to_standard_output_and_usage_errors_end_with_3() {
    let help = run(&["replay", "--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("readback replay experiments/course/cross-branch.json"));
    let version = run(&["--version"]);
    let printed = text(&version.stdout);
    assert!(printed.starts_with(concat!("readback ", env!("CARGO_PKG_VERSION"), " (")), "{printed}");
    assert!(
        printed.ends_with(", clean)\n")
            || printed.ends_with(" with changes)\n")
            || printed.ends_with(" unknown)\n")
    );
    for wrong in [&["replay"][..], &["serve", "--branches", "0"], &["nonsense"]] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(3), "{wrong:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_completion_script_names_the_subcommands() {
    let script = run(&["completions", "bash"]);
    assert_eq!(script.status.code(), Some(0));
    assert!(text(&script.stdout).contains("replay"));
}
