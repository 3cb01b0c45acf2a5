//! Short names of writes, the same as in the texts of the checkers: `n3:17` is the seventeenth write that branch 3
//! accepted, `n3.2:17` in its second incarnation.

use crate::history::{
    Edge, FaultEvent, Final, History, OriginIndex, RecordedOutcome, RecordedSuccess, ShortDot,
};
use crate::model::Operation;

/// The names of one history.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShortNames<'a> {
    pub history: &'a History,
}

impl ShortNames<'_> {
    pub fn origin(self, index: OriginIndex) -> String {
        let origins = &self.history.origins;
        let Some(origin) = origins.origin(index) else { return format!("origin {index}") };
        let earlier = (0..index.0).filter_map(|earlier| origins.origin(OriginIndex(earlier)));
        match earlier.filter(|earlier| earlier.branch == origin.branch).count() {
            0 => format!("n{}", origin.branch),
            lives => format!("n{}.{}", origin.branch, lives + 1),
        }
    }

    pub fn dot(self, ShortDot(origin, counter): ShortDot) -> String {
        format!("{}:{counter}", self.origin(origin))
    }

    /// A batch of writes: `n3:17-19`.
    pub fn batch(self, origin: OriginIndex, first: u64, last: u64) -> String {
        let name = self.dot(origin.dot(first));
        if last > first { format!("{name}-{last}") } else { name }
    }

    /// All writes that a vector includes: `n1:4 n3:17`.
    fn vector(self, counters: impl Iterator<Item = (OriginIndex, u64)>) -> String {
        counters.map(|(origin, counter)| self.dot(origin.dot(counter))).collect::<Vec<_>>().join(" ")
    }

    /// How an operation ended; `separator` precedes the cause of a failure.
    pub fn outcome(self, outcome: &RecordedOutcome, separator: &str) -> String {
        match outcome {
            RecordedOutcome::Ok(RecordedSuccess::Written { dot }) => {
                format!("ok, written as {}", self.dot(*dot))
            }
            RecordedOutcome::Ok(RecordedSuccess::Balance { balance, witness }) => {
                format!("ok, balance {balance}, witness [{}]", self.vector(witness.iter()))
            }
            RecordedOutcome::Fail(cause) => format!("fail{separator}{}", self.shortened(&cause.text)),
            RecordedOutcome::Info(cause) => format!("unknown{separator}{}", self.shortened(&cause.text)),
        }
    }

    /// The writes that a branch has at the end.
    pub fn final_state(self, event: &Final) -> String {
        format!("branch {} ends with [{}]", event.branch, self.vector(event.applied.iter()))
    }

    /// A text with short names in place of the full names of origins.
    pub fn shortened(self, text: &str) -> String {
        let all = (0..self.history.origins.len() as u32).map(OriginIndex);
        all.fold(text.to_owned(), |text, index| match self.history.origins.origin(index) {
            Some(origin) => text.replace(&origin.to_string(), &self.origin(index)),
            None => text,
        })
    }
}

/// `partition begins`
pub(super) fn fault_edge(fault: &FaultEvent) -> String {
    match fault.edge {
        Edge::Begin => format!("{} begins", fault.text),
        Edge::End => format!("{} ends", fault.text),
    }
}

/// `reads account 3`, `deposits 64 to account 3`
pub(super) fn request(operation: &Operation) -> String {
    use crate::model::WriteKind::{Deposit, Withdraw};
    match operation {
        Operation::Query { account } => format!("reads account {account}"),
        Operation::Write { kind: Deposit, account, amount } => {
            format!("deposits {amount} to account {account}")
        }
        Operation::Write { kind: Withdraw, account, amount } => {
            format!("withdraws {amount} from account {account}")
        }
    }
}
