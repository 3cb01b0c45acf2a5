//! `readback report`: what saved runs say.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::markdown::{self, SavedRun};
use super::{CommandOutcome, Status, how_fast, outcome, output};
use crate::results::{Folder, FolderError};

const EXAMPLES: &str = "\
Nothing is run and nothing is judged again: what is printed stands in each folder's summary.json and manifest.json.
Links and pictures lead to the folders as they are named here, so name them from where the README is.
A floor, which `cargo bench --bench floor -- --save` leaves behind, is told alone.

Examples:
  readback report results/quickstart/20261123T224501Z
  readback report --format table results/quickstart/20261123T224501Z
  readback report results/floor/20261123T224501Z";

/// Print what saved runs say: a section for a README, or the tables that `readback run` ended with.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Report {
    /// Folders of runs.
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Shape of the report.
    #[arg(short, long, value_enum, default_value_t = ReportFormat::Markdown)]
    format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    Markdown,
    Table,
}

impl Report {
    pub(super) fn run(&self) -> CommandOutcome {
        if let [path] = self.folders.as_slice()
            && let Some((_, floor)) = Folder::floor(path)?
        {
            output::print(&how_fast::section(&named(path), &floor))?;
            return Ok(Status::Valid);
        }
        let runs: Vec<SavedRun> = self.folders.iter().map(|path| saved(path)).collect::<Result<_, _>>()?;
        match self.format {
            ReportFormat::Markdown => output::print(&markdown::section(&runs))?,
            ReportFormat::Table => output::print_styled(&tables(&runs))?,
        }
        Ok(Status::Valid)
    }
}

fn saved(path: &Path) -> Result<SavedRun, FolderError> {
    let folder = Folder::open(path)?;
    Ok(SavedRun {
        folder: named(path),
        manifest: folder.manifest()?,
        summary: folder.summary()?,
        charts: folder.charts()?,
    })
}

/// Without a slash at the end, which shells add.
fn named(path: &Path) -> String {
    path.components().collect::<PathBuf>().display().to_string()
}

fn tables(runs: &[SavedRun]) -> String {
    let of_run = |run: &SavedRun| format!("{}{}\n", outcome::text(&run.summary, outcome::WIDTH), run.folder);
    runs.iter().map(of_run).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_no_run_is_told_with_its_path_and_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let report = Report { folders: vec![folder.path().to_owned()], format: ReportFormat::Markdown };
        let error = report.run().unwrap_err().to_string();
        let path = folder.path().join("manifest.json");
        assert!(
            error.starts_with(&format!("{}: there is no such file; give the folder", path.display())),
            "{error}"
        );
    }
}
