//! Runs a course file on a live cluster: customers one after another, each really changing branch.
//!
//! The course promises that customers come one after another, so the cluster drains between two: every branch is
//! read with all writes so far as the token. Within one customer only the strategy waits, which is the point.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use super::input::{CourseAction, CourseCustomer as Entry, CourseEvent, CourseInput};
use super::results::{CustomerResults, EventOutcome, EventResult};
use crate::live::{BlockingClient, Cluster, ClusterOptions, Customer, NotDrained, StartError};
use crate::model::{AccountId, Amount, Guarantees, Operation, Strategy, Time, VersionVector, WriteKind};
use crate::network::{self, InjectionError, Leg};
use crate::session::{self, Completion, Policy, Success};

/// How a file is run.
#[derive(Debug, Clone, Copy)]
pub struct ReplayOptions {
    /// How customers read their own writes.
    pub strategy: Strategy,
    /// Constant delay of every batch from branch to branch.
    pub replication_delay: Duration,
    /// How long a read may wait for the customer's own writes, and a drain for all.
    pub max_wait: Duration,
}

/// A file that was run.
#[derive(Debug)]
pub struct Replay {
    /// One for each customer entry.
    pub results: Vec<CustomerResults>,
    /// How long the operations took.
    pub timings: Timings,
    /// Events that were answered `fail` without asking a branch.
    pub not_asked: usize,
    /// The injection error of every message.
    pub injection_error: InjectionError,
    /// Events without an answer, or with an unknown outcome. Their result says `fail`.
    pub unanswered: Vec<Unanswered>,
}

/// An event without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// Counted from 1, in file order.
    pub number: usize,
    /// Why there is no answer.
    pub cause: session::FailureCause,
    /// A write that may have happened nevertheless.
    pub is_unknown: bool,
}

/// Durations of the operations that were sent, invocation to completion, in order of completion.
#[derive(Debug, Default)]
pub struct Timings {
    /// Deposits and withdrawals.
    pub writes: Vec<Duration>,
    /// Queries.
    pub reads: Vec<Duration>,
    span: Option<(Time, Time)>,
}

/// Why a file could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The cluster did not start.
    #[error("the cluster did not start: {0}")]
    Start(#[from] StartError),
    /// The customers could not connect.
    #[error("no connections: {0}")]
    Connections(#[from] io::Error),
    /// A branch lacked writes of a customer before the next one came.
    #[error("after customer {customer}: {source}; allow more time with --max-wait")]
    Drain {
        /// Whose writes it lacked.
        customer: u64,
        /// Which branch, and what.
        source: NotDrained,
    },
}

/// Starts a cluster as the file says, runs it, and stops the cluster. `done` receives the number of events done so far.
///
/// # Errors
///
/// A cluster that does not start, or does not drain between two customers.
pub fn replay(
    input: &CourseInput,
    options: &ReplayOptions,
    mut done: impl FnMut(usize),
) -> Result<Replay, ReplayError> {
    let network = match options.replication_delay {
        Duration::ZERO => network::perfect(),
        delay => network::constant_delay(Leg::Replicate, delay),
    };
    let branches = input.branches.iter().copied();
    let cluster = Cluster::start(ClusterOptions::new(branches, input.initial_balance, network))?;
    let mut run = ReplayRun {
        reception: BlockingClient::new(cluster.addresses())?,
        policy: Policy {
            strategy: options.strategy,
            guarantees: Guarantees::READ_YOUR_WRITES,
            max_wait: options.max_wait,
            ..Policy::default()
        },
        customers: BTreeMap::new(),
        written: VersionVector::new(),
        events: 0,
        replay: Replay {
            results: Vec::new(),
            timings: Timings::default(),
            not_asked: 0,
            injection_error: InjectionError::new(),
            unanswered: Vec::new(),
        },
    };
    // One customer after another, with a drain in between.
    for (index, entry) in input.customers.iter().enumerate() {
        if index > 0 {
            run.drain(input.customers[index - 1].id)?;
        }
        run.entry(entry, &mut done);
    }
    // Injection errors of the customers' and of the branches' messages.
    let mut replay = run.replay;
    replay.injection_error.merge(&run.reception.injection_error());
    cluster.branches().for_each(|branch| replay.injection_error.merge(&branch.report().injection_error));
    Ok(replay)
}

struct ReplayRun {
    reception: BlockingClient,
    policy: Policy,
    /// A customer with several entries is one session.
    customers: BTreeMap<u64, Customer>,
    /// Every write that was acknowledged.
    written: VersionVector,
    events: usize,
    replay: Replay,
}

impl ReplayRun {
    fn entry(&mut self, entry: &Entry, done: &mut impl FnMut(usize)) {
        let mut customer =
            self.customers.remove(&entry.id).unwrap_or_else(|| self.reception.customer(self.policy));
        let mut results = CustomerResults::of(entry);
        for event in &entry.events {
            self.events += 1;
            let outcome = match operation(&event.action) {
                Some(operation) => self.perform(&mut customer, event, operation),
                None => {
                    self.replay.not_asked += 1;
                    refused(&event.action)
                }
            };
            results.results.push(EventResult::of(event, outcome));
            done(self.events);
        }
        self.written.merge(&customer.session().token().writes);
        self.customers.insert(entry.id, customer);
        self.replay.results.push(results);
    }

    fn perform(
        &mut self,
        customer: &mut Customer,
        event: &CourseEvent,
        operation: Operation,
    ) -> EventOutcome {
        let completion = self.reception.perform(customer, event.branch, operation);
        self.replay.timings.note(&completion);
        let (cause, is_unknown) = match completion.outcome {
            session::Outcome::Ok(Success::Written { .. }) => return EventOutcome::Written { success: true },
            session::Outcome::Ok(Success::Balance { balance, .. }) => return EventOutcome::Balance(balance),
            session::Outcome::Fail(session::FailureCause::Refused(_)) => {
                return EventOutcome::Written { success: false };
            }
            session::Outcome::Fail(cause) => (cause, false),
            session::Outcome::Info(cause) => (cause, true),
        };
        self.replay.unanswered.push(Unanswered { number: self.events, cause, is_unknown });
        EventOutcome::Failed
    }

    fn drain(&self, customer: u64) -> Result<(), ReplayError> {
        self.reception
            .drain(&self.written, self.policy.max_wait)
            .map_err(|source| ReplayError::Drain { customer, source })
    }
}

/// The operation of an event; `None` if it is answered `fail` without asking: an unknown interface, no positive money.
fn operation(action: &CourseAction) -> Option<Operation> {
    let account = AccountId::default();
    let (kind, money) = match action {
        CourseAction::Query => return Some(Operation::Query { account }),
        CourseAction::Unknown(_) => return None,
        CourseAction::Deposit(money) => (WriteKind::Deposit, *money),
        CourseAction::Withdraw(money) => (WriteKind::Withdraw, *money),
    };
    let amount = Amount::new(u64::try_from(money).ok()?)?;
    Some(Operation::Write { kind, account, amount })
}

fn refused(action: &CourseAction) -> EventOutcome {
    match action {
        CourseAction::Deposit(_) | CourseAction::Withdraw(_) => EventOutcome::Written { success: false },
        CourseAction::Query | CourseAction::Unknown(_) => EventOutcome::Failed,
    }
}

impl Timings {
    /// From the first invocation to the last completion, drains included.
    pub fn elapsed(&self) -> Duration {
        self.span.map_or(Duration::ZERO, |(first, last)| last - first)
    }

    /// The `q`-quantile of `durations` by the nearest rank; `None` if there are none.
    pub fn quantile(durations: &[Duration], q: f64) -> Option<Duration> {
        let mut sorted = durations.to_vec();
        sorted.sort_unstable();
        let rank = (q * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    }

    fn note(&mut self, completion: &Completion) {
        let (from, to) = (completion.invoked_at, completion.completed_at);
        self.span = Some((self.span.map_or(from, |(first, _)| first), to));
        let durations = if completion.operation.is_write() { &mut self.writes } else { &mut self.reads };
        durations.push(to - from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_nearest_rank() {
        let durations: Vec<Duration> = (1..=10).rev().map(Duration::from_millis).collect();
        let rows = [(0.0, 1), (0.1, 1), (0.5, 5), (0.51, 6), (0.99, 10), (1.0, 10)];
        for (q, expected) in rows {
            assert_eq!(Timings::quantile(&durations, q), Some(Duration::from_millis(expected)), "q = {q}");
        }
        assert_eq!(Timings::quantile(&[], 0.5), None);
    }
}
