//! Judges and measures saved trials.

use std::ops::ControlFlow;

use super::perform::Ended;
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

/// The progress of judging, for the caller that watches.
#[derive(Debug)]
pub enum JudgeProgress<'a> {
    /// A trial is being judged.
    Judges,
    /// A trial was judged and measured, and the outcome is saved.
    Ended {
        /// Its plan.
        trial: &'a Trial,
        /// Its outcome.
        judged: &'a JudgedTrial,
    },
}

/// A trial of many millions of operations takes minutes. So often `watch` is asked meanwhile, many times a second.
const STEPS_BETWEEN_LOOKS: u64 = 1 << 8;

/// Judges and measures every complete trial once more. Between trials and within them `watch` may break off; a trial
/// that was broken off keeps the outcome that it had. Nothing is written before every trial was found in its place.
///
/// # Errors
///
/// A file that is missing or belongs elsewhere, and the first trial that cannot be read or written.
pub fn judge(
    folder: &Folder,
    plan: &Plan,
    watch: &mut dyn FnMut(JudgeProgress<'_>) -> ControlFlow<()>,
) -> Result<Ended, JudgeError> {
    folder.check_whole()?;
    let places = folder.complete_trials()?;
    let planned = |id: &str| plan.trials.iter().find(|trial| trial.id == id);
    let trials: Vec<(&Trial, &TrialFolder)> =
        places.iter().filter_map(|(id, place)| Some((planned(id)?, place))).collect();
    trials.iter().try_for_each(|(_, place)| place.check_derived())?;
    for (number, &(trial, place)) in (1..).zip(&trials) {
        let judged = judge_trial(trial, place, &mut || watch(JudgeProgress::Judges))?;
        let Some(judged) = judged else { return Ok(Ended::BrokenOff) };
        let ended = JudgeProgress::Ended { trial, judged: &judged };
        if watch(ended).is_break() && number < trials.len() {
            return Ok(Ended::BrokenOff);
        }
    }
    Ok(Ended::Complete)
}

/// Judges and measures one saved trial, and saves the outcome. Its plan and history must be those of this trial. `None`
/// if `watch` broke off: then nothing is saved.
pub(super) fn judge_trial(
    planned: &Trial,
    place: &TrialFolder,
    watch: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Option<JudgedTrial>, JudgeError> {
    let mut steps = 0_u64;
    let mut watch = || {
        steps += 1;
        if steps.is_multiple_of(STEPS_BETWEEN_LOOKS) { watch() } else { ControlFlow::Continue(()) }
    };
    let trial = || planned.id.clone();
    let plan = trial_of(&place.plan()?).map_err(|source| JudgeError::Plan { trial: trial(), source })?;
    place::check_plan(place, &plan, planned)?;
    place.observed()?;
    let scenario = &plan.scenario;
    let workload = scenario.check().map_err(|source| JudgeError::Scenario { trial: trial(), source })?;
    let reader =
        Reader::new(place.history()?).map_err(|source| JudgeError::Unreadable { trial: trial(), source })?;
    let mut is_over = false;
    let history = History::load(reader.take_while(|_| {
        is_over = watch().is_break();
        !is_over
    }));
    if is_over {
        return Ok(None);
    }
    let history = history.map_err(|source| JudgeError::Unfit { trial: trial(), source })?;
    place::check_history(place, &history.header, &plan, &workload)?;
    let judged = checker::judge_while(&history, workload.accounts(), &mut watch);
    let ControlFlow::Continue(judgement) = judged else { return Ok(None) };
    let is_open = matches!(scenario.workload.load, Load::Open { .. });
    let measured = measure::measure_while(&history, is_open, &mut watch);
    let ControlFlow::Continue((mut measures, mut histograms)) = measured else { return Ok(None) };
    if place.observed()?.ran_out {
        measure::count_until_it_ran_out(&history, &mut measures);
    }
    // Only the substrate knows the injection errors: they stay as saved.
    let before = place.histograms()?;
    for (span, histogram) in before.iter().filter(|(span, _)| Span::INJECTION_ERRORS.contains(span)) {
        histograms.insert(span, histogram.clone());
    }
    let mut differences = place.write_histograms(&histograms, scenario.warm_up..scenario.load_ends())?;
    differences.extend(place.write_measures(&measures)?);
    differences.extend(place.write_reads(&measure::read_latencies(&history))?);
    // Last, so that a trial with a verdict has all the rest.
    differences.extend(place.write_judgement(&judgement)?);
    Ok(Some(JudgedTrial { measures, judgement, differences }))
}
