//! The folder of one run.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hdrhistogram::Histogram;

use super::difference::Difference;
use super::file::{self, FolderError};
use super::floor::Floor;
use super::manifest::Manifest;
use super::summary::Summary;
use super::trial_folder::TrialFolder;
use super::{hgrm, tables};

// Remedies for files that are missing or damaged.
const NOT_A_RUN: &str = "give the folder of one run, such as results/quickstart/20261123T224501Z";
const JUDGE_AGAIN: &str = "`readback check` of the folder writes it again";
const SUMMARY_ELSEWHERE: &str =
    "put the run's own file back, or remove it: `readback check` writes it again if the histories are there";
const BRING_BACK: &str =
    "bring it back: without it, results that were made of it cannot be made again, and stay";

const SUMMARY: &str = "summary.json";

/// Only the folder of a floor has this file.
const FLOOR: &str = "floor.json";

/// The most runs that may begin in one second.
const SAME_START_MAX: usize = 100;

/// The folder of one run of an experiment.
///
/// The manifest comes first, then the trials, one after another, then the summary and the charts. Every file is whole
/// or not there: a run that is killed leaves its manifest and the trials that were complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes `root/EXPERIMENT/START`, with a number behind it if that is taken. The start is in UTC, as in
    /// `2026-11-23T22:45:01Z`, and names the folder without marks and fractions: `20261123T224501Z`.
    ///
    /// # Errors
    ///
    /// A folder that cannot be made, and an experiment or a start that cannot name one.
    pub fn create(root: &Path, experiment: &str, started: &str) -> Result<Folder, FolderError> {
        let runs = root.join(file::checked_name(experiment)?);
        let start = stamp(started);
        file::checked_name(&start)?;
        file::make_folder(&runs)?;
        for attempt in 1..=SAME_START_MAX {
            let name = if attempt == 1 { start.clone() } else { format!("{start}-{attempt}") };
            let path = runs.join(name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Folder { path }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(file::unwritable(&path, source)),
            }
        }
        Err(FolderError::Taken(runs.join(start)))
    }

    /// Takes a folder of the user's choice: an empty one, or an absent one, which is made.
    ///
    /// # Errors
    ///
    /// A path that is no folder, holds something, or cannot be made.
    pub fn create_at(path: &Path) -> Result<Folder, FolderError> {
        match fs::read_dir(path) {
            Ok(mut entries) => match entries.next() {
                Some(_) => Err(FolderError::NotEmpty(path.to_owned())),
                None => Ok(Folder { path: path.to_owned() }),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => {
                file::make_folder(path)?;
                Ok(Folder { path: path.to_owned() })
            }
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                Err(FolderError::NotAFolder(path.to_owned()))
            }
            Err(source) => Err(FolderError::Unreadable { path: path.to_owned(), source }),
        }
    }

    /// The folder of a run that was begun.
    ///
    /// # Errors
    ///
    /// Those of [`Folder::manifest`].
    pub fn open(path: &Path) -> Result<Folder, FolderError> {
        let folder = Folder { path: path.to_owned() };
        folder.manifest().map(|_| folder)
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `manifest.json`.
    ///
    /// # Errors
    ///
    /// A file that cannot be written; so for all that write here.
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), FolderError> {
        file::write_json(&self.path.join("manifest.json"), manifest)
    }

    /// Reads `manifest.json`.
    ///
    /// # Errors
    ///
    /// A file that is missing, unreadable, damaged or of another schema; so for all that read here.
    pub fn manifest(&self) -> Result<Manifest, FolderError> {
        file::read_json_of_schema(&self.path.join("manifest.json"), NOT_A_RUN)
    }

    /// Makes the folder of one trial.
    pub fn begin_trial(&self, id: &str) -> Result<TrialFolder, FolderError> {
        let trial = self.trial(id)?;
        file::make_folder(trial.path())?;
        Ok(trial)
    }

    /// The folder of one trial, whether or not it is there.
    ///
    /// # Errors
    ///
    /// An id that would leave the folder.
    pub fn trial(&self, id: &str) -> Result<TrialFolder, FolderError> {
        Ok(TrialFolder::new(self.path.join("trials").join(file::checked_name(id)?)))
    }

    /// Trials that ran to their end and can be judged, with their ids, in the order of the manifest.
    pub fn complete_trials(&self) -> Result<Vec<(String, TrialFolder)>, FolderError> {
        let ids = self.manifest()?.trials;
        let trials = ids.into_iter().map(|id| Ok((self.trial(&id)?, id)));
        let trials: Vec<_> = trials.collect::<Result<_, FolderError>>()?;
        Ok(trials
            .into_iter()
            .filter(|(trial, _)| trial.is_complete())
            .map(|(trial, id)| (id, trial))
            .collect())
    }

    /// Refuses a folder that lacks files of which its results were made, so that these are not made again of less:
    /// trials that were judged or summed up. Refuses a trial that is none of the manifest's, too.
    pub fn check_whole(&self) -> Result<(), FolderError> {
        let ids = self.manifest()?.trials;
        self.check_strays(&ids)?;
        let summed_up = match self.summary() {
            Ok(summary) => summary.points.into_iter().flat_map(|point| point.trials).collect(),
            Err(error @ (FolderError::Misplaced { .. } | FolderError::Schema { .. })) => return Err(error),
            Err(_) => BTreeSet::new(),
        };
        for id in &ids {
            let trial = self.trial(id)?;
            let is_gone = summed_up.contains(id) && !trial.is_complete();
            let gone = is_gone.then(|| trial.first_missing()).flatten();
            if let Some(path) = trial.lost().or(gone) {
                return Err(FolderError::Missing { path, remedy: BRING_BACK });
            }
        }
        Ok(())
    }

    /// Refuses the first folder among the trials that is none of these.
    fn check_strays(&self, ids: &[String]) -> Result<(), FolderError> {
        let trials = self.path.join("trials");
        let unreadable = |source| FolderError::Unreadable { path: trials.clone(), source };
        let entries = match fs::read_dir(&trials) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(unreadable)?,
        };
        let mut strays = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            let is_one = path
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| ids.iter().any(|id| id == name));
            strays.extend((path.is_dir() && !is_one).then_some(path));
        }
        strays.into_iter().min().map_or(Ok(()), |path| Err(FolderError::Stray(path)))
    }

    /// Writes `summary.csv` and then `summary.json`, so that a program that waits for the second finds both. Returns
    /// what was saved otherwise before.
    pub fn write_summary(&self, summary: &Summary) -> Result<Vec<Difference>, FolderError> {
        let table = tables::summary_csv(summary);
        let table = file::replace(&self.path.join("summary.csv"), table.as_bytes())?;
        let summary = file::replace_json(&self.path.join(SUMMARY), summary)?;
        Ok(summary.into_iter().chain(table).collect())
    }

    /// Reads `summary.json`, and checks that it is of the manifest's run.
    pub fn summary(&self) -> Result<Summary, FolderError> {
        let path = self.path.join(SUMMARY);
        let summary: Summary = file::read_json_of_schema(&path, JUDGE_AGAIN)?;
        let Manifest { experiment, question, started, seed, trials, .. } = self.manifest()?;
        let check = |key, found: &str, expected: &str| {
            file::check_place(&path, key, found, expected, SUMMARY_ELSEWHERE)
        };
        check("experiment", &summary.experiment, &experiment)?;
        check("question", &summary.question, &question)?;
        check("started", &summary.started, &started)?;
        check("seed", &summary.seed.to_string(), &seed.to_string())?;
        let mut named = summary.points.iter().flat_map(|point| &point.trials);
        match named.find(|id| !trials.contains(id)) {
            Some(id) => check("points[].trials", id, "trials of manifest.json").map(|()| summary),
            None => Ok(summary),
        }
    }

    /// Writes `floor.json`.
    pub fn write_floor(&self, floor: &Floor) -> Result<(), FolderError> {
        file::write_json(&self.path.join(FLOOR), floor)
    }

    /// Reads `floor.json`; `None` if the folder is of another kind.
    pub fn floor(path: &Path) -> Result<Option<(Folder, Floor)>, FolderError> {
        if !path.join(FLOOR).exists() {
            return Ok(None);
        }
        let floor = file::read_json_of_schema(&path.join(FLOOR), NOT_A_RUN)?;
        Ok(Some((Folder { path: path.to_owned() }, floor)))
    }

    /// Writes `NAME.hgrm`, of latencies in nanoseconds.
    pub fn write_histogram(&self, name: &str, histogram: &Histogram<u64>) -> Result<(), FolderError> {
        let path = self.path.join(file::checked_name(&format!("{name}.hgrm"))?);
        file::write(&path, hgrm::text(histogram).as_bytes())
    }

    /// Writes one file into `charts`: a picture, or the CSV that it was drawn from. Returns what was saved otherwise
    /// before.
    pub fn write_chart(&self, name: &str, bytes: &[u8]) -> Result<Option<Difference>, FolderError> {
        let charts = self.path.join("charts");
        let path = charts.join(file::checked_name(name)?);
        file::make_folder(&charts)?;
        file::replace(&path, bytes)
    }

    /// The names of the files in `charts`, in order; none if nothing was drawn.
    pub fn charts(&self) -> Result<Vec<String>, FolderError> {
        let charts = self.path.join("charts");
        let unreadable = |source| FolderError::Unreadable { path: charts.clone(), source };
        let entries = match fs::read_dir(&charts) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(unreadable)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
        }
        // In order on any disk, and without temporary files of a killed writer.
        names.retain(|name| file::checked_name(name).is_ok());
        names.sort_unstable();
        Ok(names)
    }
}

/// `2026-11-23T22:45:01.5Z` as `20261123T224501Z`.
fn stamp(started: &str) -> String {
    let (whole, zone) = match started.split_once('.') {
        Some((whole, fraction)) => (whole, fraction.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => (started, ""),
    };
    let marks = |c: &char| !matches!(c, '-' | ':');
    whole.chars().chain(zone.chars()).filter(marks).collect()
}
