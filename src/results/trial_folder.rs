//! The folder of one trial.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file::{self, FolderError};
use super::histograms::{Histograms, Span};
use super::judgement::Judgement;
use super::measures::Measures;
use super::observed::Observed;
use super::{hgrm, hlog, tables};

const PLAN: &str = "plan.toml";
const HISTORY: &str = "history.jsonl.gz";
const OBSERVED: &str = "observed.json";
const HISTOGRAMS: &str = "histograms.hlog";
const VERDICT: &str = "verdict.json";
const MEASURES: &str = "measures.json";

const RUN_AGAIN: &str = "the trial did not run to its end; run the experiment again";
const JUDGE_AGAIN: &str = "`readback check` of the run's folder writes it again";

/// The folder of one trial.
///
/// First come the files that cannot be made again: the plan, the history, the histograms of what only the substrate
/// saw, and `observed.json`. Once the history and `observed.json` are there the trial is complete. Everything else
/// follows from them and can be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialFolder {
    path: PathBuf,
}

/// A history while it is written. Unless it is kept, it stays beside the others as `history.jsonl.gz.part`, which
/// nothing here reads.
#[derive(Debug)]
pub struct HistoryFile {
    file: BufWriter<File>,
    part: PathBuf,
    whole: PathBuf,
}

impl TrialFolder {
    pub(super) fn new(path: PathBuf) -> TrialFolder {
        TrialFolder { path }
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the history and `observed.json` are there.
    pub fn is_complete(&self) -> bool {
        [OBSERVED, HISTORY].iter().all(|name| self.path.join(name).is_file())
    }

    /// Writes `plan.toml`.
    pub fn write_plan(&self, plan: &str) -> Result<(), FolderError> {
        file::write(&self.path.join(PLAN), plan.as_bytes())
    }

    /// Reads `plan.toml`.
    pub fn plan(&self) -> Result<String, FolderError> {
        file::read_text(&self.path.join(PLAN), RUN_AGAIN)
    }

    /// Begins the history, and replaces the part that an earlier attempt left.
    pub fn begin_history(&self) -> Result<HistoryFile, FolderError> {
        let whole = self.path.join(HISTORY);
        let part = self.path.join(format!("{HISTORY}.part"));
        let file = File::create(&part).map_err(|source| file::unwritable(&part, source))?;
        Ok(HistoryFile { file: BufWriter::new(file), part, whole })
    }

    /// Opens the history: compressed lines.
    pub fn history(&self) -> Result<BufReader<File>, FolderError> {
        file::open(&self.path.join(HISTORY), RUN_AGAIN).map(BufReader::new)
    }

    /// Writes `observed.json`.
    pub fn write_observed(&self, observed: &Observed) -> Result<(), FolderError> {
        file::write_json(&self.path.join(OBSERVED), observed)
    }

    /// Reads `observed.json`.
    pub fn observed(&self) -> Result<Observed, FolderError> {
        file::read_json(&self.path.join(OBSERVED), RUN_AGAIN)
    }

    /// Writes an `.hgrm` of each histogram, and `histograms.hlog`; texts of spans that have none are removed.
    /// `measured` is the part of the trial that they are about, from its base.
    pub fn write_histograms(
        &self,
        histograms: &Histograms,
        measured: Range<Duration>,
    ) -> Result<(), FolderError> {
        for span in Span::ALL {
            let path = self.path.join(format!("{}.hgrm", span.name()));
            match histograms.get(span) {
                Some(histogram) => file::write(&path, hgrm::text(histogram).as_bytes())?,
                None => remove(&path)?,
            }
        }
        file::write(&self.path.join(HISTOGRAMS), hlog::text(histograms, measured).as_bytes())
    }

    /// Reads `histograms.hlog`.
    pub fn histograms(&self) -> Result<Histograms, FolderError> {
        let path = self.path.join(HISTOGRAMS);
        let text = file::read(&path, RUN_AGAIN)?;
        hlog::parse(&text).map_err(|error| file::damaged(&path, error, RUN_AGAIN))
    }

    /// Writes `verdict.json`.
    pub fn write_judgement(&self, judgement: &Judgement) -> Result<(), FolderError> {
        file::write_json(&self.path.join(VERDICT), judgement)
    }

    /// Reads `verdict.json`.
    pub fn judgement(&self) -> Result<Judgement, FolderError> {
        file::read_json(&self.path.join(VERDICT), JUDGE_AGAIN)
    }

    /// Writes `seconds.csv` and `measures.json`.
    pub fn write_measures(&self, measures: &Measures) -> Result<(), FolderError> {
        let seconds = tables::seconds_csv(&measures.seconds);
        file::write(&self.path.join("seconds.csv"), seconds.as_bytes())?;
        file::write_json(&self.path.join(MEASURES), measures)
    }

    /// Reads `measures.json`.
    pub fn measures(&self) -> Result<Measures, FolderError> {
        file::read_json(&self.path.join(MEASURES), JUDGE_AGAIN)
    }
}

impl HistoryFile {
    /// Gives the history its name: it is whole.
    pub fn keep(mut self) -> Result<(), FolderError> {
        let on_disk = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        let kept = on_disk.and_then(|()| fs::rename(&self.part, &self.whole));
        kept.map_err(|source| file::unwritable(&self.whole, source))
    }
}

impl Write for HistoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn remove(path: &Path) -> Result<(), FolderError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(file::unwritable(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
