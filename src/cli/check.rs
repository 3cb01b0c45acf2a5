//! `readback check` and `readback chart`: judging and drawing again, from what was saved.

use std::path::PathBuf;

use clap::Args;

use super::interrupt::Interrupt;
use super::{CommandOutcome, Status, chart, output, run, status};
use crate::experiment::{self, Ended, JudgeProgress};
use crate::results::Folder;

/// Judge and measure a run again, from what it saved.
///
/// Reads the histories of all complete trials, and writes their verdicts, measures, summary and charts again. Every
/// file must be that of its place; a result that was saved otherwise is named, and ends the command with status 5.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLE}\n\n{}", status::help()))]
pub(super) struct Check {
    /// The folder that `readback run` printed last.
    dir: PathBuf,

    /// End with status 2 if the measurement is unfit.
    #[arg(long)]
    strict: bool,
}

const EXAMPLE: &str = "Example:\n  readback check results/quickstart/20261123T224501Z";

/// Draw a run's charts again, from its measures.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  readback chart results/quickstart/20261123T224501Z")]
pub(super) struct ChartCommand {
    /// The folder that `readback run` printed last.
    dir: PathBuf,
}

impl Check {
    pub fn run(&self, quiet: bool) -> CommandOutcome {
        let folder = Folder::open(&self.dir)?;
        let plan = experiment::plan_of(&folder.manifest()?)?;
        let mut differences = Vec::new();
        let interrupt = Interrupt::listen()?;
        let ended = experiment::judge(&folder, &plan, &mut |progress| {
            if let JudgeProgress::Ended { trial, judged } = progress {
                if !quiet {
                    output::report(&format!("{}: {}", trial.id, judged.judgement.verdict));
                }
                differences.extend_from_slice(&judged.differences);
            }
            interrupt.goes_on()
        })?;
        if ended == Ended::BrokenOff {
            return Err(
                "interrupted: verdicts of the trials above are saved, and the summary is as it was; \
                        check the folder again"
                    .into(),
            );
        }
        let (status, others) = run::conclude(&folder, &plan, self.strict)?;
        differences.extend(others);
        differences.iter().for_each(|difference| output::report(&format!("{difference}; written again")));
        Ok(if differences.is_empty() { status } else { status.max(Status::Differs) })
    }
}

impl ChartCommand {
    pub fn run(&self) -> CommandOutcome {
        let folder = Folder::open(&self.dir)?;
        let plan = experiment::plan_of(&folder.manifest()?)?;
        folder.check_whole()?;
        let drawn = chart::draw(&folder, &plan, &folder.summary()?)?;
        let lines: Vec<String> = drawn.paths.iter().map(|path| format!("{}\n", path.display())).collect();
        output::print(&lines.concat())?;
        Ok(Status::Valid)
    }
}
