//! From a trial that fails to a small one that fails in the same way.
//!
//! Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2), 2002)
//! over the parts of a scenario, the largest first: a candidate is run, and kept if it fails alike. Fates belong to
//! the names of messages, so that what is taken out leaves most of the rest as it was.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::case::Case;
use super::failure::TrialFailure;
use super::reduction::{Reduction, Removable};
use super::swarm::Failed;
use super::trial::{Keep, SeedTrial, SeedTrialError, TrialRecord, run};
use crate::history::{History, Substrate};
use crate::model::Time;
use crate::network::Route;
use crate::workload::{Sequence, Workload};

/// A trial that fails, with as little around it as was found in time.
#[derive(Debug)]
pub struct Shrunk {
    /// Its name, which suffices to run it again.
    pub case: Case,
    /// The smallest trial that was found, with its messages.
    pub trial: SeedTrial,
    /// Its failure.
    pub failure: TrialFailure,
    /// Trials that were run to find it.
    pub runs: u32,
    /// Why shrinking stopped.
    pub end: ShrinkEnd,
}

/// Why shrinking stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShrinkEnd {
    /// Nothing more can be taken out alone.
    Minimal,
    /// As many runs were made, or messages sent, as are allowed; what is left may hold more than it needs.
    Bound,
    /// The caller broke it off.
    GivenUp,
    /// A live trial is not the same twice: nothing can be taken out.
    NotRepeatable,
    /// It had been shrunk before.
    Replayed,
}

/// The most trials that are run to shrink one failure.
pub const RUNS_MAX: u32 = 4_000;

/// The most messages that these trials send together: some trials send millions each.
const MESSAGES_MAX: u64 = 200_000_000;

/// Progress of shrinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrinking {
    /// Trials that were run.
    pub runs: u32,
    /// Operations that are left.
    pub operations: u64,
}

/// Shrinks a trial that fails; a live one stays as it is.
///
/// # Errors
///
/// A trial that cannot be run.
pub fn shrink(
    failed: Failed,
    watch: &mut dyn FnMut(Shrinking) -> ControlFlow<()>,
) -> Result<Shrunk, SeedTrialError> {
    let Failed { case, failure, trial } = failed;
    match case.substrate {
        Substrate::Sim => {
            let state = Cell::new(Shrinking { runs: 0, operations: trial.operations });
            let watch = RefCell::new(watch);
            let mut run = |case: &Case, keep| {
                run(case, keep, &mut |_| match keep {
                    Keep::Nothing => (watch.borrow_mut())(state.get()),
                    // Without the last run there is nothing to report.
                    Keep::All => ControlFlow::Continue(()),
                })
            };
            let mut note = |now| {
                state.set(now);
                (watch.borrow_mut())(now)
            };
            shrink_by(&case, failure, &trial, &mut run, &mut note)
        }
        Substrate::Live => {
            Ok(Shrunk { case, trial: *trial, failure, runs: 0, end: ShrinkEnd::NotRepeatable })
        }
    }
}

/// How a case is run.
type RunCase<'a> = &'a mut dyn FnMut(&Case, Keep) -> Result<SeedTrial, SeedTrialError>;

/// The same with any way to run a case.
pub(super) fn shrink_by(
    case: &Case,
    failure: TrialFailure,
    trial: &SeedTrial,
    run: RunCase,
    watch: &mut dyn FnMut(Shrinking) -> ControlFlow<()>,
) -> Result<Shrunk, SeedTrialError> {
    let operations = trial.operations;
    let best = case.clone();
    let mut shrinker = Shrinker { best, failure, operations, runs: 0, messages: 0, end: None, run, watch };
    shrinker.cut_after_the_failure(&trial.evidence)?;
    while shrinker.end.is_none() {
        let before = shrinker.best.reduction.clone();
        shrinker.round()?;
        if shrinker.best.reduction == before {
            shrinker.end = Some(ShrinkEnd::Minimal);
        }
    }
    let Shrinker { best, failure, runs, end, run, .. } = shrinker;
    let trial = run(&best, Keep::All)?;
    let failure = trial.failure.clone().unwrap_or(failure);
    Ok(Shrunk { case: best, trial, failure, runs, end: end.unwrap_or(ShrinkEnd::Minimal) })
}

struct Shrinker<'a> {
    best: Case,
    failure: TrialFailure,
    operations: u64,
    runs: u32,
    /// The messages of all of them.
    messages: u64,
    end: Option<ShrinkEnd>,
    run: RunCase<'a>,
    watch: &'a mut dyn FnMut(Shrinking) -> ControlFlow<()>,
}

/// One operation by session and number.
type Name = (usize, u64);

impl Shrinker<'_> {
    /// Runs a smaller case and keeps it if it fails alike.
    fn attempt(&mut self, reduction: Reduction) -> Result<bool, SeedTrialError> {
        if self.end.is_some() || reduction == self.best.reduction {
            return Ok(false);
        }
        if self.runs == RUNS_MAX || self.messages >= MESSAGES_MAX {
            self.end = Some(ShrinkEnd::Bound);
            return Ok(false);
        }
        self.runs += 1;
        let case = Case { reduction, ..self.best.clone() };
        let trial = match (self.run)(&case, Keep::Nothing) {
            Ok(trial) => trial,
            // Too much was left out.
            Err(SeedTrialError::Scenario(_)) => return Ok(false),
            Err(SeedTrialError::GivenUp) => {
                self.end = Some(ShrinkEnd::GivenUp);
                return Ok(false);
            }
            Err(other) => return Err(other),
        };
        self.messages += trial.messages;
        let fails_alike = trial.failure.as_ref().is_some_and(|found| found.is_like(&self.failure));
        if fails_alike {
            self.best = case;
            self.operations = trial.operations;
        }
        if (self.watch)(Shrinking { runs: self.runs, operations: self.operations }).is_break() {
            self.end = Some(ShrinkEnd::GivenUp);
        }
        Ok(fails_alike)
    }

    /// Tries a change of what is best so far.
    fn change(&mut self, change: impl FnOnce(&mut Reduction)) -> Result<bool, SeedTrialError> {
        let mut reduction = self.best.reduction.clone();
        change(&mut reduction);
        self.attempt(reduction)
    }

    /// Leaves out the operations that began after the last line that proves the failure. Where they have a part in it
    /// (a failure at the end of a trial), only lists all operations.
    fn cut_after_the_failure(&mut self, evidence: &TrialRecord) -> Result<(), SeedTrialError> {
        let (_, workload) = self.best.prepare()?;
        let all = all_operations(&workload);
        let at = evidence.history.as_ref().and_then(|history| time_of(history, &self.failure));
        let before = evidence.history.as_ref().zip(at).map(|(history, at)| begun_by(history, at));
        let operations = |names: &[Name]| {
            let mut operations: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
            for &(session, number) in names {
                operations.entry(session).or_default().insert(number);
            }
            Some(operations)
        };
        if let Some(before) = before {
            let names: Vec<Name> = all.iter().copied().filter(|name| before.contains(name)).collect();
            if self.change(|reduction| reduction.operations = operations(&names))? {
                return Ok(());
            }
        }
        self.change(|reduction| reduction.operations = operations(&all))?;
        Ok(())
    }

    /// Everything that can be taken out, once.
    fn round(&mut self) -> Result<(), SeedTrialError> {
        self.sessions()?;
        self.halve_the_load()?;
        self.faults()?;
        self.rules()?;
        for plain in Removable::ALL {
            self.change(|reduction| {
                reduction.plain.insert(plain);
            })?;
        }
        self.branches()?;
        self.operations()
    }

    /// Sessions alone or in halves, then one by one.
    fn sessions(&mut self) -> Result<(), SeedTrialError> {
        let sessions: Vec<usize> =
            self.best.reduction.operations.iter().flatten().map(|(&session, _)| session).collect();
        self.minimize(&sessions, |reduction, kept| {
            if let Some(operations) = &mut reduction.operations {
                operations.retain(|session, _| kept.contains(session));
            }
        })
    }

    fn operations(&mut self) -> Result<(), SeedTrialError> {
        let operations = self.best.reduction.operations.iter().flatten();
        let names: Vec<Name> = operations
            .flat_map(|(&session, numbers)| numbers.iter().map(move |&number| (session, number)))
            .collect();
        self.minimize(&names, |reduction, kept| {
            if let Some(operations) = &mut reduction.operations {
                for (session, numbers) in operations.iter_mut() {
                    numbers.retain(|number| kept.contains(&(*session, *number)));
                }
                operations.retain(|_, numbers| !numbers.is_empty());
            }
        })
    }

    /// The load ends earlier, as long as that changes nothing.
    fn halve_the_load(&mut self) -> Result<(), SeedTrialError> {
        loop {
            let (scenario, _) = self.best.prepare()?;
            let half = u64::try_from(scenario.load_ends().as_nanos() / 2).unwrap_or(u64::MAX);
            if half < 1_000_000 || !self.change(|reduction| reduction.load_ends_ns = Some(half))? {
                return Ok(());
            }
        }
    }

    fn faults(&mut self) -> Result<(), SeedTrialError> {
        let (scenario, _) = self.best.prepare()?;
        let windows: Vec<u32> = scenario.network.faults.iter().map(|window| window.id).collect();
        self.minimize(&windows.clone(), |reduction, kept| {
            reduction.windows.extend(windows.iter().filter(|id| !kept.contains(id)));
        })?;
        let accidents: Vec<u32> = scenario.accidents.iter().map(|accident| accident.id).collect();
        self.minimize(&accidents.clone(), |reduction, kept| {
            reduction.accidents.extend(accidents.iter().filter(|id| !kept.contains(id)));
        })
    }

    fn rules(&mut self) -> Result<(), SeedTrialError> {
        let whole = Case { reduction: Reduction::default(), ..self.best.clone() };
        let (scenario, _) = whole.prepare()?;
        let rules = scenario.network.rules.iter().enumerate();
        // A network without any delay is no simpler to read: everything happens at once.
        let dispensable = rules.filter(|(_, rule)| rule.delay.is_none() || rule.route != Route::everywhere());
        let dispensable: Vec<usize> = dispensable.map(|(place, _)| place).collect();
        for rule in dispensable {
            self.change(|reduction| {
                reduction.rules.insert(rule);
            })?;
        }
        Ok(())
    }

    fn branches(&mut self) -> Result<(), SeedTrialError> {
        let (scenario, _) = self.best.prepare()?;
        for branch in scenario.network.branches {
            self.change(|reduction| {
                reduction.branches.insert(branch.0);
            })?;
        }
        Ok(())
    }

    /// Zeller's ddmin: `take` leaves only some of `all`; ever finer parts are kept alone or left out.
    fn minimize<T: Copy + Ord>(
        &mut self,
        all: &[T],
        take: impl Fn(&mut Reduction, &BTreeSet<T>),
    ) -> Result<(), SeedTrialError> {
        if all.is_empty() || self.change(|reduction| take(reduction, &BTreeSet::new()))? {
            return Ok(());
        }
        let mut left = all.to_vec();
        let mut parts = 2;
        while left.len() >= 2 && self.end.is_none() {
            let size = left.len().div_ceil(parts);
            let chunks: Vec<Vec<T>> = left.chunks(size).map(<[T]>::to_vec).collect();
            let rest =
                |chunk: &[T]| left.iter().copied().filter(|one| !chunk.contains(one)).collect::<Vec<T>>();
            let others: Vec<Vec<T>> = chunks.iter().map(|chunk| rest(chunk)).collect();
            let alone = chunks.iter().map(|chunk| (chunk.clone(), 2));
            let without = others.iter().map(|others| (others.clone(), parts.saturating_sub(1).max(2)));
            // Each part alone, then each without one part.
            let mut found = None;
            for (candidate, parts) in
                alone.chain(without).filter(|(candidate, _)| candidate.len() < left.len())
            {
                let kept = candidate.iter().copied().collect();
                if self.change(|reduction| take(reduction, &kept))? {
                    found = Some((candidate, parts));
                    break;
                }
            }
            // Go on with what failed alike, or cut finer.
            match found {
                Some((candidate, finer)) => (left, parts) = (candidate, finer),
                None if parts >= left.len() => return Ok(()),
                None => parts = (parts * 2).min(left.len()),
            }
        }
        Ok(())
    }
}

/// Every operation of a load, whether or not there was time for it.
fn all_operations(workload: &Workload) -> Vec<Name> {
    match workload.sequence() {
        Sequence::Closed(sessions) => {
            let counts = sessions.into_iter().map(|steps| steps.count() as u64);
            counts.enumerate().flat_map(|(session, count)| (0..count).map(move |n| (session, n))).collect()
        }
        Sequence::Open(schedule) => {
            let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
            let named = schedule.map(|arrival| {
                let count = counts.entry(arrival.session).or_default();
                *count += 1;
                (arrival.session, *count - 1)
            });
            named.collect()
        }
    }
}

/// When the failure shows: the time of the last line that proves it.
fn time_of(history: &History, failure: &TrialFailure) -> Option<Time> {
    if failure.at.is_some() {
        return failure.at;
    }
    let last = failure.lines.iter().max()?;
    let ends = history.operations.iter().filter_map(|operation| operation.complete.as_ref());
    ends.filter(|complete| complete.line == *last).map(|complete| complete.event.t).next()
}

/// The operations of a whole workload that were due by `at`.
fn begun_by(history: &History, at: Time) -> BTreeSet<Name> {
    let mut customers: Vec<usize> = Vec::new();
    let mut known = 0;
    for opened in &history.sessions {
        let customer = match opened.follows {
            Some(follows) => customers[follows.session.at()],
            None => {
                known += 1;
                known - 1
            }
        };
        customers.push(customer);
    }
    let invoked = history.operations.iter().map(|operation| {
        let invoke = &operation.invoke.event;
        (invoke.intended, invoke.session, invoke.t)
    });
    let refused = history
        .refused
        .iter()
        .map(|refused| (refused.event.intended, refused.event.session, refused.event.t));
    // Operations of one session that are due at one time were asked for in the order of their lines.
    let mut due: Vec<(Time, usize, Time)> =
        invoked.chain(refused).map(|(due, session, t)| (due, customers[session.at()], t)).collect();
    due.sort();
    let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
    let mut begun = BTreeSet::new();
    for (due, customer, _) in due {
        let number = counts.entry(customer).or_default();
        if due <= at {
            begun.insert((customer, *number));
        }
        *number += 1;
    }
    begun
}
