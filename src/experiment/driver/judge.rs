//! Judges and measures saved trials.

use crate::checker;
use crate::experiment::{SpecError, trial_of};
use crate::history::{History, Reader, Unfit};
use crate::measure;
use crate::results::{Folder, FolderError, Judgement, Measures, Span, TrialFolder};
use crate::scenario::ScenarioError;
use crate::workload::Load;

/// Why saved results cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// A file of the folder cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A saved plan is none of this version.
    #[error("trial {trial}, plan.toml:{source}; the plan was changed, or another version wrote it")]
    Plan {
        /// The trial's id.
        trial: String,
        /// The first problem of the plan.
        source: SpecError,
    },
    /// A saved plan makes no scenario.
    #[error("trial {trial}, plan.toml: {source}")]
    Scenario {
        /// The trial's id.
        trial: String,
        /// Why not.
        source: ScenarioError,
    },
    /// A history cannot be read.
    #[error("trial {trial}, history.jsonl.gz: {source}")]
    Unreadable {
        /// The trial's id.
        trial: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A history cannot be judged.
    #[error("trial {trial}, history.jsonl.gz: {source}")]
    Unfit {
        /// The trial's id.
        trial: String,
        /// Why not.
        source: Unfit,
    },
}

/// Judges and measures every complete trial once more; `watch` receives each.
///
/// # Errors
///
/// The first trial that cannot be read or written.
pub fn judge(folder: &Folder, watch: &mut dyn FnMut(&str, &Measures, &Judgement)) -> Result<(), JudgeError> {
    for (id, place) in folder.complete_trials()? {
        let (measures, judgement) = judge_trial(&id, &place)?;
        watch(&id, &measures, &judgement);
    }
    Ok(())
}

/// Judges and measures one saved trial, and saves the outcome.
pub(super) fn judge_trial(id: &str, place: &TrialFolder) -> Result<(Measures, Judgement), JudgeError> {
    let trial = || id.to_owned();
    let plan = trial_of(&place.plan()?).map_err(|source| JudgeError::Plan { trial: trial(), source })?;
    let scenario = plan.scenario;
    let workload = scenario.check().map_err(|source| JudgeError::Scenario { trial: trial(), source })?;
    let reader =
        Reader::new(place.history()?).map_err(|source| JudgeError::Unreadable { trial: trial(), source })?;
    let history = History::load(reader).map_err(|source| JudgeError::Unfit { trial: trial(), source })?;
    let judgement = checker::judge(&history, workload.accounts());
    let is_open = matches!(scenario.workload.load, Load::Open { .. });
    let (measures, mut histograms) = measure::measure(&history, is_open);
    // Only the substrate knows the injection errors: they stay as saved.
    let before = place.histograms()?;
    for (span, histogram) in before.iter().filter(|(span, _)| Span::LATE.contains(span)) {
        histograms.insert(span, histogram.clone());
    }
    place.write_histograms(&histograms, scenario.warm_up..scenario.load_ends())?;
    place.write_measures(&measures)?;
    place.write_judgement(&judgement)?;
    Ok((measures, judgement))
}
