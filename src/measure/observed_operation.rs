//! One operation with all facts of the history about it.

use crate::history::{
    CauseWord, Complete, History, Invoke, PairedOperation, RecordedOutcome, RecordedSuccess,
};
use crate::model::{self, AccountId, Time};

use super::apply_times::ApplyTimes;
use super::customers::{CustomerTrace, Customers, Lack};
use super::period::Period;

/// An operation, and the state of its customer and its branch at that time.
#[derive(Debug)]
pub(super) struct ObservedOperation<'a> {
    pub invoke: &'a Invoke,
    pub complete: Option<&'a Complete>,
    pub ending: Ending,
    pub is_measured: bool,
    /// Whether its customer had nothing in flight at the intended start.
    pub was_idle: bool,
    /// `None` for a write.
    pub read: Option<ReadFacts>,
}

/// The facts about a read.
#[derive(Debug)]
pub(super) struct ReadFacts {
    pub is_eligible: bool,
    /// When the request came to the branch, if that is known.
    pub arrival: Option<RequestArrival>,
    /// The own writes that the answer misses, if it ended `ok`.
    pub missed: Option<Lack>,
    /// When the customer heard of its latest `ok` write elsewhere, if there is one.
    pub latest_elsewhere: Option<Time>,
}

/// A request's arrival at its branch.
#[derive(Debug)]
pub(super) struct RequestArrival {
    pub t: Time,
    /// The customer's own writes that the branch lacked then.
    pub lack: Lack,
    /// Whether one of them was on the account that is read.
    pub on_account: bool,
}

/// The end of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Ok,
    /// A write that was refused for good.
    Refused,
    /// A read whose wait reached its bound.
    TimedOut,
    Failed,
    Unknown,
}

/// All operations in the order of their invocations.
pub(super) fn observed_operations<'a>(
    history: &'a History,
    period: &Period,
    applied: &ApplyTimes,
) -> impl Iterator<Item = ObservedOperation<'a>> {
    let mut customers = Customers::of(history);
    history.operations.iter().map(move |operation| {
        let customer = customers.of_session(operation.invoke.event.session);
        let observed = ObservedOperation::of(operation, customer, period, applied);
        observed.update(customer);
        observed
    })
}

impl<'a> ObservedOperation<'a> {
    fn of(
        operation: &'a PairedOperation,
        customer: &CustomerTrace,
        period: &Period,
        applied: &ApplyTimes,
    ) -> ObservedOperation<'a> {
        let invoke = &operation.invoke.event;
        let complete = operation.complete.as_ref().map(|at| &at.event);
        let read = match invoke.operation {
            model::Operation::Query { account } => {
                Some(ReadFacts::of(invoke, account, complete, customer, applied))
            }
            model::Operation::Write { .. } => None,
        };
        ObservedOperation {
            invoke,
            complete,
            ending: Ending::of(complete),
            is_measured: period.measures(invoke),
            was_idle: customer.idle_since <= invoke.intended,
            read,
        }
    }

    /// Adds to the customer's trace what this operation wrote or showed.
    fn update(&self, customer: &mut CustomerTrace) {
        let Invoke { branch, operation, .. } = *self.invoke;
        customer.idle_since = self.complete.map_or(Time(u64::MAX), |complete| complete.t);
        let Some(Complete { t, outcome: RecordedOutcome::Ok(success), .. }) = self.complete else { return };
        match success {
            RecordedSuccess::Written { dot } => customer.wrote(*dot, operation.account(), *t),
            RecordedSuccess::Balance { witness, .. } => customer.saw(branch, witness),
        }
    }

    /// How long the branch held it, in nanoseconds; 0 without a reply.
    pub fn parked_ns(&self) -> u64 {
        self.complete.map_or(0, |complete| u64::try_from(complete.parked.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl ReadFacts {
    fn of(
        invoke: &Invoke,
        account: AccountId,
        complete: Option<&Complete>,
        customer: &CustomerTrace,
        applied: &ApplyTimes,
    ) -> ReadFacts {
        let branch = invoke.branch;
        let arrival = complete.and_then(arrived).map(|t| {
            let lack = customer.lacked_by(|origin| applied.at(branch, origin, t));
            RequestArrival { t, on_account: customer.touches(&lack, account), lack }
        });
        let missed = match complete.map(|complete| &complete.outcome) {
            Some(RecordedOutcome::Ok(RecordedSuccess::Balance { witness, .. })) => {
                Some(customer.lacked_by(|origin| witness.get(origin)))
            }
            Some(
                RecordedOutcome::Ok(RecordedSuccess::Written { .. })
                | RecordedOutcome::Fail(_)
                | RecordedOutcome::Info(_),
            )
            | None => None,
        };
        ReadFacts {
            is_eligible: customer.is_owed_by(branch, applied),
            arrival,
            missed,
            latest_elsewhere: customer.latest_elsewhere(branch, applied),
        }
    }

    /// Eligible, and the `ok` answer misses an own write.
    pub fn is_stale(&self) -> bool {
        self.is_eligible && self.missed.as_ref().is_some_and(|lack| !lack.is_empty())
    }

    /// Whether the branch had all of the customer's own writes on arrival; `None` if the arrival is not known. An
    /// answer that misses one proves that the branch lacked it before.
    pub fn was_fresh(&self) -> Option<bool> {
        let misses = self.missed.as_ref().is_some_and(|lack| !lack.is_empty());
        self.arrival.as_ref().map(|arrival| arrival.lack.is_empty() && !misses)
    }

    /// Eligible, and the branch was provably behind on arrival.
    pub fn is_opportunity(&self) -> bool {
        self.is_stale() || (self.is_eligible && self.was_fresh() == Some(false))
    }
}

impl Ending {
    fn of(complete: Option<&Complete>) -> Ending {
        match complete.map(|complete| &complete.outcome) {
            Some(RecordedOutcome::Ok(_)) => Ending::Ok,
            Some(RecordedOutcome::Fail(cause)) => Ending::of_failure(cause.word),
            Some(RecordedOutcome::Info(_)) | None => Ending::Unknown,
        }
    }

    fn of_failure(word: CauseWord) -> Ending {
        match word {
            CauseWord::InsufficientFunds | CauseWord::Overflow => Ending::Refused,
            CauseWord::Deadline => Ending::TimedOut,
            CauseWord::GivenUp
            | CauseWord::WrongBranch
            | CauseWord::UnknownAccount
            | CauseWord::UnknownBranch
            | CauseWord::IncarnationMissing
            | CauseWord::IncarnationGone
            | CauseWord::TokenLost
            | CauseWord::ParkedFull
            | CauseWord::TooManyCopies
            | CauseWord::LogFull
            | CauseWord::DiskFull
            | CauseWord::StaleNumber
            | CauseWord::SessionForgotten
            | CauseWord::BalanceOutOfRange
            | CauseWord::NotServing
            | CauseWord::ShuttingDown => Ending::Failed,
        }
    }
}

fn arrived(complete: &Complete) -> Option<Time> {
    let parked = u64::try_from(complete.parked.as_nanos()).unwrap_or(u64::MAX);
    complete.answered.map(|answered| Time(answered.0.saturating_sub(parked)))
}
