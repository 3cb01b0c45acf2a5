//! The command line: parses arguments, prints, and sets the exit status. The only room that does.
//!
//! | status | means |
//! |---|---|
//! | 0 | valid |
//! | 1 | violated |
//! | 2 | unknown; with --strict also unfit |
//! | 3 | error |
//! | 4 | an expectation of the file fails |
//! | 5 | check: saved results are not what their histories give |
//!
//! Of several statuses 3 comes first, then 1, 5, 4 and 2. What is done without a judgement, such as `list`, ends with
//! 0. `verify` and `replay` end with 0 to 3.
//!
//! Results go to standard output; everything about the run (progress, logs, figures, errors) to standard error.
//! Colours and progress appear on a terminal only, and `NO_COLOR` is honoured.

mod agreement;
mod answers;
mod branch;
mod chart;
mod check;
mod choice;
mod cost;
mod coverage;
mod durable;
mod figure;
mod findings;
mod how_fast;
mod injection_error;
mod interrupt;
mod list;
mod log;
mod markdown;
mod outcome;
mod output;
mod progress;
mod reads_by_fault;
mod replay;
mod report;
mod run;
mod serve;
mod status;
mod theory;
mod verify;

use std::error::Error;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::results::Code;

use status::Status;

/// The end of a command: its exit status, or an error.
type CommandOutcome = Result<Status, Box<dyn Error>>;

/// What `--version` prints after the name.
static VERSION: LazyLock<String> = LazyLock::new(|| version(&Code::current()));

/// Measures what read-your-writes costs: a bank of replicated branches over gRPC.
#[derive(Debug, Parser)]
#[command(name = "readback", version = VERSION.as_str(), propagate_version = true, arg_required_else_help = true)]
#[command(after_help = status::help())]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// Log more (-v: what happens, -vv: every message between branches). RUST_LOG overrides it.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    verbose: u8,

    /// Print nothing but results and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunCommand),
    Check(check::Check),
    Chart(check::ChartCommand),
    Report(report::Report),
    List(list::List),
    Schema(list::Schema),
    Serve(serve::Serve),
    Replay(replay::ReplayCommand),
    Verify(verify::Verify),
    #[command(hide = true)]
    Branch(branch::BranchCommand),
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  readback completions bash > ~/.local/share/bash-completion/completions/readback"
    )]
    Completions {
        shell: Shell,
    },
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, and go to standard output. If that is closed, nothing can be printed.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(status::ERROR) } else { ExitCode::SUCCESS };
        }
    };
    let serves = matches!(arguments.command, Command::Serve(_));
    log::start(arguments.verbose, arguments.quiet, serves);
    match execute(&arguments) {
        Ok(status) => status.into(),
        Err(error) => {
            output::error(&*error);
            ExitCode::from(status::ERROR)
        }
    }
}

/// The version with the commit that was built, and whether its work tree was clean.
fn version(code: &Code) -> String {
    let Code { version, commit, is_clean, .. } = code;
    let Some(commit) = commit else { return format!("{version} (commit unknown)") };
    let short = commit.get(..12).unwrap_or(commit);
    let state = if *is_clean == Some(true) { "clean" } else { "with changes" };
    format!("{version} ({short}, {state})")
}

fn execute(arguments: &Arguments) -> CommandOutcome {
    match &arguments.command {
        Command::Run(run) => run.run(arguments.quiet),
        Command::Check(check) => check.run(arguments.quiet),
        Command::Chart(chart) => chart.run(),
        Command::List(list) => list.run(),
        Command::Schema(schema) => schema.run(),
        Command::Serve(serve) => serve.run(arguments.quiet),
        Command::Replay(replay) => replay.run(arguments.quiet),
        Command::Report(report) => report.run(),
        Command::Branch(branch) => branch.run(),
        Command::Verify(verify) => verify.run(arguments.quiet),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "readback", &mut script);
            output::print(&String::from_utf8(script)?)?;
            Ok(Status::Valid)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_version_names_the_commit_and_whether_it_was_clean() {
        let code = |commit: Option<&str>, is_clean| Code {
            version: "0.1.0".to_owned(),
            commit: commit.map(str::to_owned),
            is_clean,
            ..Code::current()
        };
        let commit = Some("0123456789abcdef0123456789abcdef01234567");
        assert_eq!(version(&code(commit, Some(true))), "0.1.0 (0123456789ab, clean)");
        assert_eq!(version(&code(commit, Some(false))), "0.1.0 (0123456789ab, with changes)");
        assert_eq!(version(&code(None, None)), "0.1.0 (commit unknown)");
    }

    #[test]
    fn a_release_reads_the_schema_and_the_history_version_of_its_minor_number() {
        let minor = env!("CARGO_PKG_VERSION_MINOR");
        assert_eq!(crate::results::SCHEMA, format!("readback-summary-{minor}"));
        assert_eq!(crate::history::VERSION.to_string(), minor);
    }

    #[test]
    fn every_subcommand_shows_an_example() {
        for subcommand in Arguments::command().get_subcommands() {
            let help = subcommand.clone().render_long_help().to_string();
            assert!(help.contains("Example"), "{} has no example", subcommand.get_name());
        }
    }
}
