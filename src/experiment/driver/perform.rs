//! Runs the trials of a plan, one after another.

use std::ops::ControlFlow;

use super::judge::{JudgeError, judge_trial};
use crate::experiment::{Plan, Trial};
use crate::history::Substrate;
use crate::live::{self, MemoryMeter, Meter};
use crate::results::{Folder, FolderError, HistoryFile, Host, Judgement, Measures, TrialFolder};
use crate::scenario::{Scenario, ScenarioError, TrialOutput, TrialProgress};
use crate::sim;
use crate::workload::Workload;

/// How a run stands, for whoever watches.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The `number`-th trial begins, counted from 1.
    Begins {
        number: usize,
        trial: &'a Trial,
    },
    Runs(TrialProgress),
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
    Live { trial: String, source: live::LiveTrialError },
    #[error("trial {trial}: {source}")]
    Sim { trial: String, source: sim::SimTrialError },
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
    watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
) -> Result<Ended, PerformError> {
    let scenario = &trial.scenario;
    let unfit = |source| PerformError::Scenario { trial: trial.id.clone(), source };
    let workload = scenario.check().map_err(unfit)?;
    place.write_plan(&trial.spec_text)?;
    let history = place.begin_history()?;
    let id = || trial.id.clone();
    let memory = MemoryMeter::start();
    let mut ran = match scenario.substrate {
        Substrate::Live => match live::run_trial(scenario, &workload, history, watch) {
            Err(live::LiveTrialError::GivenUp) => return Ok(Ended::BrokenOff),
            Err(source) => return Err(PerformError::Live { trial: id(), source }),
            Ok(ran) => ran,
        },
        Substrate::Sim => match simulated(scenario, &workload, history, watch) {
            Err(sim::SimTrialError::GivenUp) => return Ok(Ended::BrokenOff),
            Err(source) => return Err(PerformError::Sim { trial: id(), source }),
            Ok(ran) => ran,
        },
    };
    ran.observed.memory_bytes_max = memory.peak_bytes();
    ran.out.keep()?;
    place.write_histograms(&ran.late, scenario.warm_up..scenario.load_ends())?;
    place.write_observed(&ran.observed)?;
    Ok(Ended::Complete)
}

/// A trial in virtual time, with what only the machine's own clock tells of it. What others do on the machine changes
/// nothing in it, so that stays untold.
fn simulated(
    scenario: &Scenario,
    workload: &Workload,
    history: HistoryFile,
    watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
) -> Result<TrialOutput<HistoryFile>, sim::SimTrialError> {
    let load_average = Host::current().load_average;
    let meter = Meter::start();
    let mut ran = sim::run_trial(scenario, workload, history, watch)?;
    let observed = &mut ran.observed;
    observed.wall_s = meter.wall().as_secs_f64();
    observed.cpu_s = meter.own().as_secs_f64();
    observed.load_average = load_average;
    Ok(ran)
}
