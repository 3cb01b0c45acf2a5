//! The folder of one trial.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hdrhistogram::Histogram;

use super::difference::Difference;
use super::file::{self, FolderError};
use super::histograms::{Histograms, Span};
use super::judgement::Judgement;
use super::measures::Measures;
use super::observed::Observed;
use super::read_latencies::{self, ReadLatency};
use super::{hgrm, hlog, tables};

const PLAN: &str = "plan.toml";
const HISTORY: &str = "history.jsonl.gz";
const OBSERVED: &str = "observed.json";
const HISTOGRAMS: &str = "histograms.hlog";
const VERDICT: &str = "verdict.json";
const READS: &str = "reads.csv.gz";
const MEASURES: &str = "measures.json";

const RUN_AGAIN: &str = "the trial did not run to its end; run the experiment again";
const JUDGE_AGAIN: &str = "`readback check` of the run's folder writes it again";
const ORIGINAL_ELSEWHERE: &str = "put the trial's own file back, or run the experiment again";
const DERIVED_ELSEWHERE: &str =
    "put the trial's own file back, or remove it: `readback check` writes it again";

/// The comment of a log of histograms that names its trial, up to the name.
const NAMED: &str = "#[Trial: ";

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

    /// The id of the trial: the folder's name.
    pub fn id(&self) -> &str {
        self.path.file_name().and_then(OsStr::to_str).expect("a trial's folder is named by text")
    }

    /// The first file of a judged trial that is gone; `None` if the trial is complete, or was never judged.
    pub(super) fn lost(&self) -> Option<PathBuf> {
        let is_there = |name: &str| self.path.join(name).is_file();
        let was_judged = is_there(VERDICT) || is_there(MEASURES);
        [HISTORY, OBSERVED, PLAN]
            .iter()
            .find(|name| was_judged && !is_there(name))
            .map(|name| self.path.join(name))
    }

    /// The first file of a complete trial that is not there.
    pub(super) fn first_missing(&self) -> Option<PathBuf> {
        [HISTORY, OBSERVED].iter().map(|name| self.path.join(name)).find(|path| !path.is_file())
    }

    /// Where the history is, or would be.
    pub fn history_path(&self) -> PathBuf {
        self.path.join(HISTORY)
    }

    /// Where the plan is, or would be.
    pub fn plan_path(&self) -> PathBuf {
        self.path.join(PLAN)
    }

    /// Whether the history and `observed.json` are there.
    pub fn is_complete(&self) -> bool {
        self.first_missing().is_none()
    }

    /// Whether `verdict.json` is there, which is written last.
    pub fn is_judged(&self) -> bool {
        self.path.join(VERDICT).is_file()
    }

    /// Writes `plan.toml`.
    pub fn write_plan(&self, plan: &str) -> Result<(), FolderError> {
        file::write(&self.path.join(PLAN), plan.as_bytes())
    }

    /// Reads `plan.toml`.
    pub fn plan(&self) -> Result<String, FolderError> {
        file::read_text(&self.path.join(PLAN), RUN_AGAIN)
    }

    /// Refuses a plan of another trial.
    pub fn check_id(&self, id: &str) -> Result<(), FolderError> {
        file::check_place(&self.path.join(PLAN), "trial.id", id, self.id(), ORIGINAL_ELSEWHERE)
    }

    /// Refuses a history of another trial.
    pub fn check_history_id(&self, id: &str) -> Result<(), FolderError> {
        self.check_name(HISTORY, id, ORIGINAL_ELSEWHERE)
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
        let observed: Observed = file::read_json(&self.path.join(OBSERVED), RUN_AGAIN)?;
        self.check_name(OBSERVED, &observed.trial, ORIGINAL_ELSEWHERE)?;
        Ok(observed)
    }

    /// Writes an `.hgrm` of each histogram, and `histograms.hlog`; texts of spans that have none are removed.
    /// `measured` is the part of the trial that they are about, from its base. Returns what was saved otherwise before.
    pub fn write_histograms(
        &self,
        histograms: &Histograms,
        measured: Range<Duration>,
    ) -> Result<Vec<Difference>, FolderError> {
        let mut differences = Vec::new();
        let path = self.path.join(HISTOGRAMS);
        if path.is_file() {
            // Before a trial is judged, only the substrate's histograms are there.
            let saved = self.histograms()?;
            let differs = |(span, saved): &(Span, &Histogram<u64>)| histograms.get(*span) != Some(saved);
            let first = saved.iter().find(differs);
            differences.extend(first.map(|(span, _)| {
                Difference::new(&path, format!("the histogram `{}` was saved otherwise", span.name()))
            }));
        }
        for span in Span::ALL {
            let path = self.path.join(format!("{}.hgrm", span.name()));
            match histograms.get(span) {
                Some(histogram) => {
                    differences.extend(file::replace(&path, hgrm::text(histogram).as_bytes())?);
                }
                None if path.is_file() => {
                    remove(&path)?;
                    differences.push(Difference::new(&path, "the trial has no such histogram"));
                }
                None => {}
            }
        }
        file::write(&path, self.named(&hlog::text(histograms, measured)).as_bytes())?;
        Ok(differences)
    }

    /// Reads `histograms.hlog`.
    pub fn histograms(&self) -> Result<Histograms, FolderError> {
        let path = self.path.join(HISTOGRAMS);
        let text = file::read(&path, RUN_AGAIN)?;
        let lines = text.split(|&byte| byte == b'\n').filter_map(|line| str::from_utf8(line).ok());
        let name = lines.filter_map(|line| line.strip_prefix(NAMED)).find_map(|rest| rest.strip_suffix(']'));
        let Some(name) = name else { return Err(file::damaged(&path, "it names no trial", RUN_AGAIN)) };
        self.check_name(HISTOGRAMS, name, ORIGINAL_ELSEWHERE)?;
        hlog::parse(&text).map_err(|error| file::damaged(&path, error, RUN_AGAIN))
    }

    /// Writes `verdict.json`, and returns what was saved otherwise before.
    pub fn write_judgement(&self, judgement: &Judgement) -> Result<Option<Difference>, FolderError> {
        file::replace_json(&self.path.join(VERDICT), judgement)
    }

    /// Reads `verdict.json`.
    pub fn judgement(&self) -> Result<Judgement, FolderError> {
        let judgement: Judgement = file::read_json(&self.path.join(VERDICT), JUDGE_AGAIN)?;
        self.check_name(VERDICT, &judgement.trial, DERIVED_ELSEWHERE)?;
        Ok(judgement)
    }

    /// Writes `seconds.csv` and `measures.json`, and returns what was saved otherwise before.
    pub fn write_measures(&self, measures: &Measures) -> Result<Vec<Difference>, FolderError> {
        let seconds = tables::seconds_csv(&measures.seconds);
        let seconds = file::replace(&self.path.join("seconds.csv"), seconds.as_bytes())?;
        let measures = file::replace_json(&self.path.join(MEASURES), measures)?;
        Ok(measures.into_iter().chain(seconds).collect())
    }

    /// Reads `measures.json`.
    pub fn measures(&self) -> Result<Measures, FolderError> {
        let measures: Measures = file::read_json(&self.path.join(MEASURES), JUDGE_AGAIN)?;
        self.check_name(MEASURES, &measures.trial, DERIVED_ELSEWHERE)?;
        Ok(measures)
    }

    /// Refuses saved verdicts and measures of another trial. Those that are gone or damaged are no error: they can be
    /// made again.
    pub fn check_derived(&self) -> Result<(), FolderError> {
        let verdict = self.judgement().map(drop);
        for misplaced in [verdict, self.measures().map(drop)] {
            if let Err(error @ FolderError::Misplaced { .. }) = misplaced {
                return Err(error);
            }
        }
        Ok(())
    }

    /// The log with a comment that names the trial, behind the line that names the format.
    fn named(&self, log: &str) -> String {
        let (format, rest) = log.split_once('\n').expect("a log begins with its format");
        format!("{format}\n{NAMED}{}]\n{rest}", self.id())
    }

    fn check_name(&self, file: &str, found: &str, remedy: &'static str) -> Result<(), FolderError> {
        file::check_place(&self.path.join(file), "trial", found, self.id(), remedy)
    }

    /// Writes `reads.csv.gz`, and returns what was saved otherwise before.
    pub fn write_reads(&self, reads: &[ReadLatency]) -> Result<Option<Difference>, FolderError> {
        file::replace(&self.path.join(READS), &read_latencies::bytes(reads))
    }

    /// Reads `reads.csv.gz`.
    pub fn reads(&self) -> Result<Vec<ReadLatency>, FolderError> {
        let path = self.path.join(READS);
        let bytes = file::read(&path, JUDGE_AGAIN)?;
        read_latencies::parse(&bytes).map_err(|error| file::damaged(&path, error, JUDGE_AGAIN))
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
