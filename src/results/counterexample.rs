//! The folder of one failure that `readback verify` has found.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::{self, FolderError};

const NO_FAILURE_HERE: &str = "give a folder that `readback verify` printed, such as results/verify/17";

/// A failure that can be run again: `case.json`, which holds its scenario, and for readers `history.jsonl.gz`,
/// `page.txt`, and `diagram` as SVG and PNG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterexample {
    path: PathBuf,
}

impl Counterexample {
    /// Makes the folder, or takes one that holds an earlier failure, whose files are then replaced.
    ///
    /// # Errors
    ///
    /// A folder that cannot be made, or that holds something else.
    pub fn create_at(path: &Path) -> Result<Counterexample, FolderError> {
        file::make_folder(path)?;
        let folder = Counterexample { path: path.to_owned() };
        let mut entries = fs::read_dir(path).map_err(|source| file::unwritable(path, source))?;
        let holds_another = !folder.case_path().exists() && entries.next().is_some();
        if holds_another { Err(FolderError::NotEmpty(path.to_owned())) } else { Ok(folder) }
    }

    /// The folder of a failure, which need not exist, or its case alone.
    pub fn open(path: &Path) -> Counterexample {
        Counterexample { path: path.to_owned() }
    }

    /// Reads `case.json`: all that a run of the failure needs, in the type of the caller.
    ///
    /// # Errors
    ///
    /// A file that is missing or damaged.
    pub fn case<T: DeserializeOwned>(&self) -> Result<T, FolderError> {
        file::read_json(&self.case_path(), NO_FAILURE_HERE)
    }

    /// Writes `case.json`.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write_case(&self, case: &impl Serialize) -> Result<(), FolderError> {
        file::write_json(&self.case_path(), case)
    }

    /// Writes `history.jsonl.gz`.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write_history(&self, bytes: &[u8]) -> Result<(), FolderError> {
        file::write(&self.path.join("history.jsonl.gz"), bytes)
    }

    /// Writes `page.txt`.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write_page(&self, page: &str) -> Result<(), FolderError> {
        file::write(&self.path.join("page.txt"), page.as_bytes())
    }

    /// Writes `diagram.svg` and `diagram.png`.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write_diagram(&self, svg: &str, png: &[u8]) -> Result<(), FolderError> {
        file::write(&self.path.join("diagram.svg"), svg.as_bytes())?;
        file::write(&self.path.join("diagram.png"), png)
    }

    fn case_path(&self) -> PathBuf {
        if self.path.is_file() { self.path.clone() } else { self.path.join("case.json") }
    }
}
