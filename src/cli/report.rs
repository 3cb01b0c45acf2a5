//! `readback report`: saved runs as text.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::markdown::{self, SavedRun};
use super::{CommandOutcome, Status, answers, how_fast, outcome, output};
use crate::results::{Folder, FolderError};

const EXAMPLES: &str = "\
Nothing runs and nothing is judged again: the figures are those of each folder's summary.json and manifest.json.
Links and pictures lead to the folders as they are named here, so name them from where the page is.
Answers link to README.md in the folder of all results. A floor, which `cargo bench --bench floor -- --save` leaves
behind, has a section of its own: name it alone, or among others for their answers.

Examples:
  readback report results/quickstart/20261123T224501Z
  readback report --format table results/quickstart/20261123T224501Z
  readback report --format answers results/quickstart/20261123T224501Z results/floor/20261123T224501Z
  readback report results/floor/20261123T224501Z";

/// Print saved runs: a section for a README, the tables that `readback run` ended with, or one row for each question.
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
    /// A section for a README, with tables and charts.
    Markdown,
    /// The tables and the verdict that `readback run` ended with.
    Table,
    /// A table for a README, with a row for each question.
    Answers,
}

impl Report {
    pub(super) fn run(&self) -> CommandOutcome {
        match self.format {
            ReportFormat::Markdown => output::print(&self.section()?)?,
            ReportFormat::Table => output::print_styled(&tables(&self.runs()?))?,
            ReportFormat::Answers => output::print(&answers::table(&self.answers()?))?,
        }
        Ok(Status::Valid)
    }

    fn section(&self) -> Result<String, FolderError> {
        if let [path] = self.folders.as_slice()
            && let Some((_, floor)) = Folder::floor(path)?
        {
            return Ok(how_fast::section(&named(path), &floor));
        }
        Ok(markdown::section(&self.runs()?))
    }

    fn answers(&self) -> Result<Vec<String>, FolderError> {
        let row = |path: &PathBuf| {
            Ok(match Folder::floor(path)? {
                Some((_, floor)) => answers::of_floor(&named(path), &floor),
                None => answers::of_run(&saved(path)?),
            })
        };
        self.folders.iter().map(row).collect()
    }

    fn runs(&self) -> Result<Vec<SavedRun>, FolderError> {
        self.folders.iter().map(|path| saved(path)).collect()
    }
}

fn saved(path: &Path) -> Result<SavedRun, FolderError> {
    let folder = Folder::open(path)?;
    Ok(SavedRun {
        folder: named(path),
        manifest: folder.manifest()?,
        summary: folder.summary()?,
        // A run that is shown without its trials has lost nothing.
        lost: path
            .join("trials")
            .is_dir()
            .then(|| folder.check_whole().err())
            .flatten()
            .map(|error| error.to_string()),
        charts: folder.charts()?,
    })
}

/// The path without a slash at its end, which shells add.
fn named(path: &Path) -> String {
    path.components().collect::<PathBuf>().display().to_string()
}

fn tables(runs: &[SavedRun]) -> String {
    let table = |run: &SavedRun| {
        let lost = run.lost.as_ref().map_or_else(String::new, |lost| format!("{lost}\n"));
        format!("{}{lost}{}\n", outcome::text(&run.summary, outcome::WIDTH), run.folder)
    };
    runs.iter().map(table).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_about_a_folder_that_is_no_run_names_its_path_and_a_remedy() {
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
