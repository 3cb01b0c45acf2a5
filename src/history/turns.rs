//! Whether each session's operations begin and end in turn.

use crate::model::Time;

use super::finding::Malformed;
use super::{Complete, Invoke, RecordedOutcome, RecordedSuccess, SessionIndex};

/// Per session, what is in flight and which number comes next.
#[derive(Debug, Default)]
pub(super) struct Turns {
    sessions: Vec<SessionTurn>,
}

#[derive(Debug, Clone)]
struct SessionTurn {
    next: u64,
    in_flight: Option<InFlight>,
}

#[derive(Debug, Clone, Copy)]
struct InFlight {
    number: u64,
    is_write: bool,
    t: Time,
    line: u64,
}

impl Turns {
    pub fn knows(&self, session: SessionIndex) -> bool {
        session.at() < self.sessions.len()
    }

    /// A session that is opened out of order is left out: its index may be any number.
    pub fn open(&mut self, session: SessionIndex) -> Option<Malformed> {
        let expected = self.sessions.len();
        if session.at() != expected {
            return Some(Malformed::SessionIndex { expected, found: session });
        }
        self.sessions.push(SessionTurn { next: 1, in_flight: None });
        None
    }

    pub fn invoke(&mut self, line: u64, invoke: &Invoke) -> Vec<Malformed> {
        let Invoke { t, session, number, .. } = *invoke;
        let Some(turn) = self.sessions.get_mut(session.at()) else {
            return vec![Malformed::SessionUnknown { session }];
        };
        let is_write = invoke.operation.is_write();
        let before = turn.in_flight.replace(InFlight { number, is_write, t, line });
        let expected = std::mem::replace(&mut turn.next, number.saturating_add(1));
        let overlaps = before.map(|InFlight { number: open, line: since, .. }| Malformed::InvokedWhileOpen {
            session,
            number,
            open,
            since,
        });
        let skips = Malformed::NumberSkipped { session, expected, found: number };
        overlaps.into_iter().chain((number != expected).then_some(skips)).collect()
    }

    pub fn complete(&mut self, complete: &Complete) -> Option<Malformed> {
        let Complete { session, number, .. } = *complete;
        let Some(turn) = self.sessions.get_mut(session.at()) else {
            return Some(Malformed::SessionUnknown { session });
        };
        let Some(in_flight) = turn.in_flight.take() else {
            turn.next = turn.next.max(number.saturating_add(1));
            return Some(Malformed::NotInvoked { session, number });
        };
        in_flight.disagrees(complete)
    }
}

impl InFlight {
    fn disagrees(&self, complete: &Complete) -> Option<Malformed> {
        let Complete { t: completed, session, number: found, .. } = *complete;
        let InFlight { number: open, is_write, t: invoked, line: since } = *self;
        if found != open {
            return Some(Malformed::CompletedOther { session, open, since, found });
        }
        let fits = match complete.outcome {
            RecordedOutcome::Ok(RecordedSuccess::Written { .. }) => is_write,
            RecordedOutcome::Ok(RecordedSuccess::Balance { .. }) => !is_write,
            RecordedOutcome::Fail(_) | RecordedOutcome::Info(_) => true,
        };
        if !fits {
            return Some(Malformed::OtherAnswer { session, number: found });
        }
        let outside = complete.answered.filter(|answered| !(invoked..=completed).contains(answered));
        outside.map(|answered| Malformed::AnsweredOutside { answered, invoked, completed })
    }
}
