//! `readback check` and `readback chart`: judging and drawing again, from what was saved.

use std::path::PathBuf;

use clap::Args;

use super::{CommandOutcome, Status, chart, output, run};
use crate::experiment::{self, Overrides, Plan};
use crate::results::{Folder, Manifest};

/// Judge and measure a run again, from what it saved.
///
/// Reads the histories of all complete trials, and writes their verdicts, measures, summary and charts again.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  readback check results/quickstart/20261123T224501Z

Exit status: 0 valid, 1 violated, 2 unknown, 3 error.")]
pub(super) struct Check {
    /// The folder that `readback run` printed last.
    dir: PathBuf,
}

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
        let plan = plan(&folder.manifest()?)?;
        experiment::judge(&folder, &mut |id, _, judgement| {
            if !quiet {
                output::report(&format!("{id}: {}", judgement.verdict));
            }
        })?;
        run::conclude(&folder, &plan)
    }
}

impl ChartCommand {
    pub fn run(&self) -> CommandOutcome {
        let folder = Folder::open(&self.dir)?;
        let plan = plan(&folder.manifest()?)?;
        let drawn = chart::draw(&folder, &plan, &folder.summary()?)?;
        let lines: Vec<String> = drawn.iter().map(|path| format!("{}\n", path.display())).collect();
        output::print(&lines.concat())?;
        Ok(Status::Valid)
    }
}

/// The plan of a run, from the text that it saved.
fn plan(manifest: &Manifest) -> Result<Plan, String> {
    experiment::read(&manifest.experiment, &manifest.spec, &Overrides::default())
        .map_err(|error| error.in_file("manifest.json, `spec`"))
}
