//! Runs the trials of a plan, one after another.

use std::ops::ControlFlow;

use super::judge::{JudgeError, judge_trial};
use crate::experiment::{Plan, Trial};
use crate::live::{self, TrialError};
use crate::results::{Folder, FolderError, Judgement, Measures, TrialFolder};
use crate::scenario::{ScenarioError, Standing};

/// How a run stands, for whoever watches.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The `number`-th trial begins, counted from 1.
    Begins {
        number: usize,
        trial: &'a Trial,
    },
    Runs(Standing),
    Ended {
        trial: &'a Trial,
        measures: &'a Measures,
        judgement: &'a Judgement,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Complete,
    /// Whoever watches broke it off; trials before that are complete.
    BrokenOff,
}

/// Why a run came to nothing. What is complete stays.
#[derive(Debug, thiserror::Error)]
pub enum PerformError {
    #[error("trial {trial}: {source}")]
    Scenario { trial: String, source: ScenarioError },
    #[error("trial {trial}: {source}")]
    Trial { trial: String, source: TrialError },
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Judge(#[from] JudgeError),
}

/// Runs, saves, judges and measures every trial of `plan` in its order. Between trials and within them `watch` is
/// asked whether to go on.
///
/// # Errors
///
/// The first trial that cannot be run, saved or judged.
pub fn perform(
    plan: &Plan,
    folder: &Folder,
    watch: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Ended, PerformError> {
    for (number, trial) in (1..).zip(&plan.trials) {
        if watch(Progress::Begins { number, trial }).is_break() {
            return Ok(Ended::BrokenOff);
        }
        let place = folder.begin_trial(&trial.id)?;
        let mut watch_trial = |standing| watch(Progress::Runs(standing));
        match run(trial, &place, &mut watch_trial)? {
            Ended::BrokenOff => return Ok(Ended::BrokenOff),
            Ended::Complete => {}
        }
        let (measures, judgement) = judge_trial(&trial.id, &place)?;
        let ended = Progress::Ended { trial, measures: &measures, judgement: &judgement };
        if watch(ended).is_break() && number < plan.trials.len() {
            return Ok(Ended::BrokenOff);
        }
    }
    Ok(Ended::Complete)
}

/// Runs one trial and saves what cannot be had again.
fn run(
    trial: &Trial,
    place: &TrialFolder,
    watch: &mut dyn FnMut(Standing) -> ControlFlow<()>,
) -> Result<Ended, PerformError> {
    let scenario = &trial.scenario;
    let unfit = |source| PerformError::Scenario { trial: trial.id.clone(), source };
    let workload = scenario.check().map_err(unfit)?;
    place.write_plan(&trial.spec_text)?;
    let history = place.begin_history()?;
    let ran = match live::run_trial(scenario, &workload, history, watch) {
        Err(TrialError::GivenUp) => return Ok(Ended::BrokenOff),
        Err(source) => return Err(PerformError::Trial { trial: trial.id.clone(), source }),
        Ok(ran) => ran,
    };
    ran.out.keep()?;
    place.write_histograms(&ran.late, scenario.warm_up..scenario.load_ends())?;
    place.write_observed(&ran.observed)?;
    Ok(Ended::Complete)
}
