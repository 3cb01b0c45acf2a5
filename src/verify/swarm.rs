//! Many seeds, on several threads, until one fails or the caller breaks off.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use super::case::Case;
use super::coverage::Coverage;
use super::failure::TrialFailure;
use super::trial::{Keep, SeedTrial, SeedTrialError, run};
use crate::history::Substrate;

/// The seeds to run, and how many at a time.
#[derive(Debug, Clone)]
pub struct Swarm {
    /// Its seed is the first.
    pub first: Case,
    /// How many seeds follow from the first, itself included.
    pub seeds: u64,
    /// Threads; at least one.
    pub jobs: usize,
}

/// One trial of a swarm, for the caller that watches.
#[derive(Debug)]
pub struct SeedReport {
    /// Its seed.
    pub seed: u64,
    /// Operations that were begun.
    pub operations: u64,
    /// The rows that it came across.
    pub coverage: Coverage,
    /// Why it proves nothing, if so.
    pub unknown: Option<String>,
    /// No read was answered.
    pub is_idle: bool,
    /// All of it, if it fails.
    pub failed: Option<Failed>,
}

/// A trial that fails.
#[derive(Debug)]
pub struct Failed {
    /// Its name, which suffices to run it again.
    pub case: Case,
    /// The failure.
    pub failure: TrialFailure,
    /// The whole trial.
    pub trial: Box<SeedTrial>,
}

/// The result of a swarm.
#[derive(Debug, Default)]
pub struct SwarmReport {
    /// Trials that ended.
    pub trials: u64,
    /// Operations of all trials.
    pub operations: u64,
    /// The rows that all trials together came across.
    pub coverage: Coverage,
    /// The lowest seed that fails. Seeds are begun in order and what is begun is ended, so it does not depend on
    /// the number of threads.
    pub failed: Option<Failed>,
    /// Seeds in which no read was answered: they put no promise to the test, and everything else.
    pub idle: u64,
    /// Seeds whose trials prove nothing, and why.
    pub unknown: Vec<(u64, String)>,
}

impl Swarm {
    fn case(&self, nth: u64) -> Case {
        Case { seed: self.first.seed.wrapping_add(nth), ..self.first.clone() }
    }
}

/// Runs seed after seed. `watch` receives every trial, in the order in which they end, and may break off.
///
/// # Errors
///
/// The first trial that cannot be run.
pub fn swarm(
    swarm: &Swarm,
    watch: &mut dyn FnMut(&SeedReport) -> ControlFlow<()>,
) -> Result<SwarmReport, SeedTrialError> {
    let next = AtomicU64::new(0);
    let is_over = AtomicBool::new(false);
    let (sender, ended_trials) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..swarm.jobs.max(1) {
            let sender = sender.clone();
            let (next, is_over) = (&next, &is_over);
            scope.spawn(move || work(swarm, next, is_over, &sender));
        }
        drop(sender);
        let mut report = SwarmReport::default();
        let mut error = None;
        for ended in ended_trials {
            match ended {
                Ok(trial) => {
                    let wants_more = watch(&trial).is_continue();
                    if trial.failed.is_some() || !wants_more {
                        is_over.store(true, Ordering::Relaxed);
                    }
                    report.take(trial, swarm);
                }
                Err(SeedTrialError::GivenUp) => {}
                Err(other) => {
                    is_over.store(true, Ordering::Relaxed);
                    error.get_or_insert(other);
                }
            }
        }
        error.map_or(Ok(report), Err)
    })
}

/// One thread: takes seeds until there are none, or one has failed.
fn work(
    swarm: &Swarm,
    next: &AtomicU64,
    is_over: &AtomicBool,
    sender: &mpsc::Sender<Result<SeedReport, SeedTrialError>>,
) {
    while !is_over.load(Ordering::Relaxed) {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        if nth >= swarm.seeds {
            return;
        }
        let case = swarm.case(nth);
        let mut goes_on = |_| match is_over.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        // In virtual time a trial is short, and to end it keeps the lowest seed that fails the same.
        let ended = match case.substrate {
            Substrate::Sim => run(&case, Keep::Nothing, &mut |_| ControlFlow::Continue(())),
            Substrate::Live => run(&case, Keep::Nothing, &mut goes_on),
        };
        let ended = ended.map(|trial| seed_report(case, trial));
        // The receiver is gone only if the swarm is over.
        if sender.send(ended).is_err() {
            return;
        }
    }
}

fn seed_report(case: Case, mut trial: SeedTrial) -> SeedReport {
    SeedReport {
        seed: case.seed,
        operations: trial.operations,
        coverage: std::mem::take(&mut trial.coverage),
        unknown: trial.unknown.take(),
        is_idle: trial.is_idle,
        failed: trial.failure.clone().map(|failure| Failed { case, failure, trial: Box::new(trial) }),
    }
}

impl SwarmReport {
    fn take(&mut self, trial: SeedReport, swarm: &Swarm) {
        self.trials += 1;
        self.operations += trial.operations;
        self.coverage.add(&trial.coverage);
        self.idle += u64::from(trial.is_idle);
        self.unknown.extend(trial.unknown.map(|why| (trial.seed, why)));
        let nth = |seed: u64| seed.wrapping_sub(swarm.first.seed);
        let known = self.failed.as_ref().map(|failed| nth(failed.case.seed));
        if let Some(failed) = trial.failed.filter(|_| known.is_none_or(|known| nth(trial.seed) < known)) {
            self.failed = Some(failed);
        }
    }
}
