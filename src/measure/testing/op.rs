//! One operation of a history script.

use std::time::Duration;

use crate::history::{
    Cause, CauseWord, Complete, Event, Invoke, OriginIndex, RecordedOutcome, RecordedSuccess, SessionIndex,
};
use crate::model::{AccountId, Amount, BranchId, Operation, WriteKind};

use super::ms;

/// Times are in milliseconds. Without an end it stays open.
#[derive(Clone)]
pub(in crate::measure) struct Op {
    pub session: u32,
    pub branch: u32,
    kind: Option<WriteKind>,
    account: u64,
    intended: Option<u64>,
    invoked: u64,
    warm_up: bool,
    parked: u64,
    end: Option<OpEnd>,
}

#[derive(Clone)]
struct OpEnd {
    t: u64,
    is_answered: bool,
    how: How,
}

#[derive(Clone)]
enum How {
    Written,
    /// The witness: a counter for each branch, in order; the rest count 0.
    Shown(Vec<u64>),
    Failed(CauseWord),
    Unknown,
}

impl Op {
    pub fn deposit(session: u32, branch: u32) -> Op {
        Op {
            session,
            branch,
            kind: Some(WriteKind::Deposit),
            account: 0,
            intended: None,
            invoked: 0,
            warm_up: false,
            parked: 0,
            end: None,
        }
    }

    pub fn withdraw(session: u32, branch: u32) -> Op {
        Op { kind: Some(WriteKind::Withdraw), ..Op::deposit(session, branch) }
    }

    pub fn query(session: u32, branch: u32) -> Op {
        Op { kind: None, ..Op::deposit(session, branch) }
    }

    pub fn account(self, account: u64) -> Op {
        Op { account, ..self }
    }

    /// If it is not when the operation was invoked.
    pub fn intended(self, t: u64) -> Op {
        Op { intended: Some(t), ..self }
    }

    pub fn invoked(self, t: u64) -> Op {
        Op { invoked: t, ..self }
    }

    pub fn warm_up(self) -> Op {
        Op { warm_up: true, ..self }
    }

    /// Held for so long before it was answered.
    pub fn parked(self, parked: u64) -> Op {
        Op { parked, ..self }
    }

    /// A write that the branch accepts, applies and answers in the moment in which the customer hears of it.
    pub fn ok(self, t: u64) -> Op {
        self.ends(t, true, How::Written)
    }

    /// A read that is answered, with a counter for each branch.
    pub fn shows(self, t: u64, witness: &[u64]) -> Op {
        self.ends(t, true, How::Shown(witness.to_vec()))
    }

    pub fn fails(self, t: u64, word: CauseWord) -> Op {
        self.ends(t, true, How::Failed(word))
    }

    /// The time of the branch's answer is unknown.
    pub fn without_answer_time(self) -> Op {
        let end = self.end.map(|end| OpEnd { is_answered: false, ..end });
        Op { end, ..self }
    }

    pub fn unknown(self, t: u64) -> Op {
        self.ends(t, false, How::Unknown)
    }

    fn ends(self, t: u64, is_answered: bool, how: How) -> Op {
        Op { end: Some(OpEnd { t, is_answered, how }), ..self }
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.end.as_ref().is_some_and(|end| matches!(end.how, How::Written))
    }

    pub(super) fn answered_ms(&self) -> u64 {
        self.end.as_ref().map_or(0, |end| end.t)
    }

    /// The invocation and, if it ends, the completion; an accepted write is its origin's `counter`-th.
    pub(super) fn events(self, number: u64, counter: u64) -> Vec<Event> {
        let session = SessionIndex(self.session);
        let invoke = Invoke {
            t: ms(self.invoked),
            session,
            number,
            branch: BranchId(self.branch),
            operation: self.operation(),
            intended: ms(self.intended.unwrap_or(self.invoked)),
            warm_up: self.warm_up,
        };
        let origin = OriginIndex(self.branch - 1);
        let complete = self.end.map(|OpEnd { t, is_answered, how }| Complete {
            t: ms(t),
            session,
            number,
            outcome: how.outcome(origin, counter),
            attempts: 1,
            parked: Duration::from_millis(self.parked),
            answered: is_answered.then_some(ms(t)),
        });
        [Event::Invoke(invoke)].into_iter().chain(complete.map(Event::Complete)).collect()
    }

    fn operation(&self) -> Operation {
        let account = AccountId(self.account);
        let amount = Amount::new(1).expect("one is an amount");
        self.kind.map_or(Operation::Query { account }, |kind| Operation::Write { kind, account, amount })
    }
}

impl How {
    fn outcome(self, origin: OriginIndex, counter: u64) -> RecordedOutcome {
        match self {
            How::Written => RecordedOutcome::Ok(RecordedSuccess::Written { dot: origin.dot(counter) }),
            How::Shown(counters) => {
                let witness = (0..).map(OriginIndex).zip(counters).collect();
                RecordedOutcome::Ok(RecordedSuccess::Balance { balance: 1_000, witness })
            }
            How::Failed(word) => RecordedOutcome::Fail(Cause::new(word, "a test's failure")),
            How::Unknown => RecordedOutcome::Info(Cause::new(CauseWord::GivenUp, "a test's silence")),
        }
    }
}
