//! The operation in flight: its one request and the attempts at it.

use std::time::Duration;

use crate::model::{Incarnation, Operation, Request, SessionToken, Time};

use super::{AttemptFailure, FailureCause, Outcome, Output, Policy};

/// One operation between `Begin` and `Completed`. Its timer is always set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Flight {
    /// The request of every attempt, without the token: that is the session's, and nothing changes it while an
    /// operation is in flight. A write's incarnation is filled in later, once, before the first is sent.
    pub(super) request: Request,
    pub(super) invoked_at: Time,
    /// How many attempts were made, greetings included: the number of the next one.
    pub(super) attempts: u32,
    /// How many of them failed.
    pub(super) failures: u32,
    phase: FlightPhase,
    /// When the phase ends by itself.
    pub(super) until: Time,
}

/// The event for which the session waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum FlightPhase {
    /// The answer to the latest attempt, which was given `allowed` to come.
    Attempt { allowed: Duration },
    /// The end of the pause before the next attempt.
    Pause,
}

impl Flight {
    /// An operation before its first attempt, which is due.
    pub(super) fn new(request: Request, now: Time) -> Flight {
        Flight { request, invoked_at: now, attempts: 0, failures: 0, phase: FlightPhase::Pause, until: now }
    }

    /// Makes the next attempt: a greeting if the incarnation must be known first, else the request with its token.
    pub(super) fn attempt(&mut self, now: Time, policy: &Policy, token: SessionToken) -> Output {
        let attempt = self.attempts;
        self.attempts += 1;
        if self.lacks_incarnation() {
            self.allow(policy.attempt_timeout, now);
            return Output::Greet { request: self.request.id, branch: self.request.branch, attempt };
        }
        self.allow(policy.request_timeout(), now);
        Output::Send { attempt, request: Request { token, ..self.request.clone() } }
    }

    /// Whether a greeting must come before the request. For a write this is also "was never sent".
    pub(super) fn lacks_incarnation(&self) -> bool {
        self.request.operation.is_write() && self.request.incarnation.is_none()
    }

    /// From here on every attempt names this incarnation.
    pub(super) fn name(&mut self, incarnation: Incarnation) {
        assert!(self.lacks_incarnation(), "invariant: every attempt at a write names the same incarnation");
        self.request.incarnation = Some(incarnation);
    }

    /// Counts a failed attempt and returns how many failed by now; `None` if it is not the one that is waited for:
    /// its failure was counted before, or a late greeting has overtaken it.
    pub(super) fn fail(&mut self, attempt: u32) -> Option<u32> {
        let awaited = match self.phase {
            FlightPhase::Attempt { .. } => attempt + 1 == self.attempts,
            FlightPhase::Pause => false,
        };
        self.failures += u32::from(awaited);
        awaited.then_some(self.failures)
    }

    /// Pauses before the next attempt.
    pub(super) fn pause(&mut self, pause: Duration, now: Time) {
        self.phase = FlightPhase::Pause;
        self.until = now + pause;
    }

    /// The phase that ends at `now`, if it does.
    pub(super) fn due(&self, now: Time) -> Option<FlightPhase> {
        (self.until <= now).then_some(self.phase)
    }

    /// How the operation ends if no further attempt is made.
    pub(super) fn give_up(&self, last: AttemptFailure) -> Outcome<FailureCause> {
        let cause = FailureCause::GivenUp { failures: self.failures, last };
        match self.request.operation {
            Operation::Write { .. } if !self.lacks_incarnation() => Outcome::Info(cause),
            Operation::Write { .. } | Operation::Query { .. } => Outcome::Fail(cause),
        }
    }

    /// Waits for an answer, for this long.
    fn allow(&mut self, allowed: Duration, now: Time) {
        self.phase = FlightPhase::Attempt { allowed };
        self.until = now + allowed;
    }
}
