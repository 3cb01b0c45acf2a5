//! Judges and measures saved trials.

use crate::checker;
use crate::experiment::{Plan, SpecError, Trial, trial_of};
use crate::history::{History, Reader, Unfit};
use crate::measure;
use crate::results::{Difference, Folder, FolderError, Judgement, Measures, Span, TrialFolder};
use crate::scenario::ScenarioError;
use crate::workload::Load;

use super::place::{self, ManifestError};

/// Why saved results cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// A file of the folder cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The manifest is not that of a run.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
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

/// A trial that was judged.
#[derive(Debug)]
pub struct JudgedTrial {
    /// Its figures.
    pub measures: Measures,
    /// Its verdict.
    pub judgement: Judgement,
    /// Files that were saved before, and are not what its history gives.
    pub differences: Vec<Difference>,
}

/// Judges and measures every complete trial once more; `watch` receives each. Nothing is written before every trial
/// was found in its place.
///
/// # Errors
///
/// A file that is missing or belongs elsewhere, and the first trial that cannot be read or written.
pub fn judge(
    folder: &Folder,
    plan: &Plan,
    watch: &mut dyn FnMut(&Trial, &JudgedTrial),
) -> Result<(), JudgeError> {
    folder.check_whole()?;
    let places = folder.complete_trials()?;
    let planned = |id: &str| plan.trials.iter().find(|trial| trial.id == id);
    let trials = || places.iter().filter_map(|(id, place)| Some((planned(id)?, place)));
    trials().try_for_each(|(_, place)| place.check_derived())?;
    for (trial, place) in trials() {
        watch(trial, &judge_trial(trial, place)?);
    }
    Ok(())
}

/// Judges and measures one saved trial, and saves the outcome. Its plan and history must be those of this trial.
pub(super) fn judge_trial(planned: &Trial, place: &TrialFolder) -> Result<JudgedTrial, JudgeError> {
    let trial = || planned.id.clone();
    let plan = trial_of(&place.plan()?).map_err(|source| JudgeError::Plan { trial: trial(), source })?;
    place::check_plan(place, &plan, planned)?;
    place.observed()?;
    let scenario = &plan.scenario;
    let workload = scenario.check().map_err(|source| JudgeError::Scenario { trial: trial(), source })?;
    let reader =
        Reader::new(place.history()?).map_err(|source| JudgeError::Unreadable { trial: trial(), source })?;
    let history = History::load(reader).map_err(|source| JudgeError::Unfit { trial: trial(), source })?;
    place::check_history(place, &history.header, &plan, &workload)?;
    let judgement = checker::judge(&history, workload.accounts());
    let is_open = matches!(scenario.workload.load, Load::Open { .. });
    let (mut measures, mut histograms) = measure::measure(&history, is_open);
    if place.observed()?.ran_out {
        measure::count_until_it_ran_out(&history, &mut measures);
    }
    // Only the substrate knows the injection errors: they stay as saved.
    let before = place.histograms()?;
    for (span, histogram) in before.iter().filter(|(span, _)| Span::LATE.contains(span)) {
        histograms.insert(span, histogram.clone());
    }
    let mut differences = place.write_histograms(&histograms, scenario.warm_up..scenario.load_ends())?;
    differences.extend(place.write_measures(&measures)?);
    differences.extend(place.write_reads(&measure::read_latencies(&history))?);
    differences.extend(place.write_judgement(&judgement)?);
    Ok(JudgedTrial { measures, judgement, differences })
}
