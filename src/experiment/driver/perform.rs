//! Runs the trials of a plan, one after another.

use std::ops::ControlFlow;

use super::judge::{JudgeError, JudgedTrial, judge_trial};
use crate::experiment::{Plan, Trial};
use crate::history::Substrate;
use crate::live::{self, MemoryMeter, Meter};
use crate::results::{Folder, FolderError, HistoryFile, Host, Judgement, Measures, TrialFolder};
use crate::scenario::{Scenario, ScenarioError, TrialOutput, TrialProgress};
use crate::sim;
use crate::workload::Workload;

/// The progress of a run, for the caller that watches.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The `number`-th trial begins, counted from 1.
    Begins {
        /// From 1.
        number: usize,
        /// Its plan.
        trial: &'a Trial,
    },
    /// The trial is running.
    Runs(TrialProgress),
    /// The trial was run and saved, and is being judged.
    Judges,
    /// The trial was run and judged.
    Ended {
        /// Its plan.
        trial: &'a Trial,
        /// Its figures.
        measures: &'a Measures,
        /// Its verdict.
        judgement: &'a Judgement,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All trials were run.
    Complete,
    /// The caller broke it off; trials before that are complete and judged.
    BrokenOff,
}

/// Why a run ended early. Complete trials stay.
#[derive(Debug, thiserror::Error)]
pub enum PerformError {
    /// A plan makes no scenario.
    #[error("trial {trial}: {source}")]
    Scenario {
        /// The trial's id.
        trial: String,
        /// Why not.
        source: ScenarioError,
    },
    /// The live cluster could not run a trial.
    #[error("trial {trial}: {source}")]
    Live {
        /// The trial's id.
        trial: String,
        /// Why not.
        source: live::LiveTrialError,
    },
    /// The simulator could not run a trial.
    #[error("trial {trial}: {source}")]
    Sim {
        /// The trial's id.
        trial: String,
        /// Why not.
        source: sim::SimTrialError,
    },
    /// A file of the folder cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A saved trial cannot be judged.
    #[error(transparent)]
    Judge(#[from] JudgeError),
}

/// Runs, saves, judges and measures every trial of `plan` in its order. Between trials and within them `watch`
/// may break off. A trial that is broken off while it is judged stays saved, without a verdict.
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
        let judged = judge_trial(trial, &place, &mut || watch(Progress::Judges))?;
        let Some(JudgedTrial { measures, judgement, .. }) = judged else { return Ok(Ended::BrokenOff) };
        let ended = Progress::Ended { trial, measures: &measures, judgement: &judgement };
        if watch(ended).is_break() && number < plan.trials.len() {
            return Ok(Ended::BrokenOff);
        }
    }
    Ok(Ended::Complete)
}

/// Runs one trial, and saves everything that cannot be had again.
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
        Substrate::Sim => match run_sim(scenario, &workload, history, watch) {
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

/// A trial in virtual time, with the time and load of this machine. Other programs on the machine change nothing in it,
/// so their processor time is not recorded.
fn run_sim(
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
