//! Each input's effect, step by step.

use std::time::Duration;

use super::flight::{Flight, FlightPhase};
#[cfg(feature = "mutants")]
use super::mutants::MutationPoint;
use super::{
    AttemptFailure, Completion, FailureCause, Lost, Outcome, Output, Reopened, Session, SessionInput, Success,
};
use crate::model::{
    Answer, BranchId, Greeting, Guarantees, Operation, Reply, Request, RequestError, RequestId, SessionId,
    SessionToken, Strategy, Time, mutated,
};

const IN_FLIGHT: &str = "invariant: only the operation in flight is answered or given up";

impl Session {
    /// Takes one input at `now` and appends the outputs that follow.
    ///
    /// # Panics
    ///
    /// When a rule is broken that the driver or the decoder of replies has to keep: an operation is begun while one
    /// is in flight; an attempt that was never made is answered; a write is answered with a balance or a query with
    /// a dot.
    pub fn handle(&mut self, now: Time, input: SessionInput, outbox: &mut Vec<Output>) {
        match input {
            SessionInput::Begin { branch, operation } => self.begin(now, branch, operation, outbox),
            SessionInput::Greeted { request, attempt, greeting } if self.awaits(request, attempt) => {
                self.greeted(now, attempt, greeting, outbox);
            }
            SessionInput::Replied { request, attempt, reply } if self.awaits(request, attempt) => {
                self.replied(now, attempt, reply, outbox);
            }
            SessionInput::Greeted { .. } | SessionInput::Replied { .. } => {}
            SessionInput::Timeout => self.timeout(now, outbox),
        }
    }

    fn begin(&mut self, now: Time, branch: BranchId, operation: Operation, outbox: &mut Vec<Output>) {
        assert!(self.flight.is_none(), "invariant: at most one operation of a session is in flight");
        self.number += 1;
        self.rng.next_step();
        #[cfg(feature = "mutants")]
        self.mutation.change(now, MutationPoint::Begin, &mut self.token);
        let request = Request {
            id: RequestId { session: self.id, number: self.number },
            branch,
            incarnation: if operation.is_write() { self.incarnations.get(&branch).copied() } else { None },
            operation,
            token: SessionToken::default(),
            guarantees: match self.policy.strategy {
                Strategy::None => Guarantees::NONE,
                Strategy::Wait => self.policy.guarantees,
            },
            max_wait: self.policy.max_wait,
        };
        self.flight = Some(Flight::new(request, now));
        self.attempt(now, outbox);
    }

    /// Sends the request with the part of the token that it needs, or greets the branch first.
    fn attempt(&mut self, now: Time, outbox: &mut Vec<Output>) {
        let flight = self.flight.as_ref().expect(IN_FLIGHT);
        let token = flight.request.guarantees.needed(&flight.request.operation, &self.token);
        #[cfg(feature = "mutants")]
        let token = self.mutation.changed(now, MutationPoint::Send(flight), token);
        let policy = self.policy;
        outbox.push(self.flight().attempt(now, &policy, token));
    }

    fn greeted(
        &mut self,
        now: Time,
        attempt: u32,
        greeting: Result<Greeting, Lost>,
        outbox: &mut Vec<Output>,
    ) {
        match greeting {
            Ok(greeting) if self.flight().lacks_incarnation() => self.meet(now, greeting, outbox),
            // An earlier greeting was answered first, and the request names that one's incarnation.
            Ok(_) => {}
            Err(lost) => self.attempt_failed(now, attempt, lost.into(), outbox),
        }
    }

    fn replied(&mut self, now: Time, attempt: u32, reply: Result<Reply, Lost>, outbox: &mut Vec<Output>) {
        let Reply { outcome, parked_for } = match reply {
            Ok(reply) => reply,
            Err(lost) => return self.attempt_failed(now, attempt, lost.into(), outbox),
        };
        match outcome {
            Ok(answer) => self.answered(now, answer, parked_for, outbox),
            Err(error) if error.is_passing() || self.retries_unmet_read(&error) => {
                self.attempt_failed(now, attempt, AttemptFailure::Passing(error), outbox);
            }
            Err(error) => self.failed(now, error, parked_for, outbox),
        }
    }

    fn timeout(&mut self, now: Time, outbox: &mut Vec<Output>) {
        let Some(flight) = &mut self.flight else { return };
        match flight.due(now) {
            Some(FlightPhase::Attempt { allowed }) => {
                let latest = flight.attempts - 1;
                self.attempt_failed(now, latest, AttemptFailure::TimedOut { waited: allowed }, outbox);
            }
            Some(FlightPhase::Pause) => self.attempt(now, outbox),
            None => {}
        }
    }

    /// The branch has greeted: the request names its incarnation from here on, and goes out at once.
    fn meet(&mut self, now: Time, greeting: Greeting, outbox: &mut Vec<Output>) {
        let meant = self.flight().request.branch;
        if greeting.branch != meant {
            let error = RequestError::WrongBranch { meant, actual: greeting.branch };
            return self.failed(now, error, Duration::ZERO, outbox);
        }
        self.incarnations.insert(meant, greeting.incarnation);
        self.flight().name(greeting.incarnation);
        self.attempt(now, outbox);
    }

    fn answered(&mut self, now: Time, answer: Answer, parked_for: Duration, outbox: &mut Vec<Output>) {
        let is_write = self.flight().request.operation.is_write();
        let outcome = match answer {
            Answer::Written { dot } => {
                assert!(is_write, "invariant: a query is answered with a balance, not with {dot}");
                #[cfg(feature = "mutants")]
                self.mutation.change(now, MutationPoint::Written, &mut self.token);
                self.token.writes.raise(dot.origin, dot.counter);
                Outcome::Ok(Success::Written { dot })
            }
            Answer::Balance { balance, witness } => {
                assert!(!is_write, "invariant: a write is answered with a dot, not with a balance");
                self.token.reads.merge(&witness);
                #[cfg(feature = "mutants")]
                {
                    let branch = self.flight().request.branch;
                    self.mutation.change(now, MutationPoint::Read(branch, &witness), &mut self.token);
                }
                Outcome::Ok(Success::Balance { balance, witness })
            }
            Answer::Refused(refusal) => Outcome::Fail(refusal.into()),
        };
        self.complete(now, outcome, parked_for, None, outbox);
    }

    /// The branch has answered with an error that does not pass.
    fn failed(&mut self, now: Time, error: RequestError, parked_for: Duration, outbox: &mut Vec<Output>) {
        let reopened = self.learn(now, &error);
        let flight = self.flight();
        let was_sent = flight.request.operation.is_write() && !flight.lacks_incarnation();
        let is_unknown = was_sent && !error.is_final_for_writes();
        let cause = FailureCause::Error(error);
        let outcome = if is_unknown { Outcome::Info(cause) } else { Outcome::Fail(cause) };
        self.complete(now, outcome, parked_for, reopened, outbox);
    }

    /// One attempt came to nothing: pause before the next, or give up.
    fn attempt_failed(&mut self, now: Time, attempt: u32, failure: AttemptFailure, outbox: &mut Vec<Output>) {
        let Some(failures) = self.flight().fail(attempt) else { return };
        if failures < self.policy.attempts_max {
            let pause = self.rng.duration_up_to(self.policy.backoff_ceiling(failures));
            self.flight().pause(pause, now);
        } else {
            let outcome = self.flight().give_up(failure);
            #[cfg(feature = "mutants")]
            self.mutation.change(now, MutationPoint::GivenUp, &mut self.token);
            self.complete(now, outcome, Duration::ZERO, None, outbox);
        }
    }

    /// Learns from an error what holds for later operations.
    fn learn(&mut self, now: Time, error: &RequestError) -> Option<Reopened> {
        match error {
            RequestError::IncarnationGone { current } => {
                let branch = self.flight().request.branch;
                self.incarnations.insert(branch, *current);
                None
            }
            RequestError::SessionForgotten => Some(self.reopen(now, true)),
            RequestError::TokenLost { .. } => Some(self.reopen(now, false)),
            RequestError::WrongBranch { .. }
            | RequestError::UnknownAccount { .. }
            | RequestError::UnknownBranch { .. }
            | RequestError::IncarnationMissing
            | RequestError::Deadline { .. }
            | RequestError::ParkedFull { .. }
            | RequestError::TooManyCopies { .. }
            | RequestError::LogFull { .. }
            | RequestError::DiskFull
            | RequestError::StaleNumber { .. }
            | RequestError::BalanceOutOfRange
            | RequestError::NotServing { .. }
            | RequestError::ShuttingDown => None,
        }
    }

    /// Goes on under an id that is opened now, on the same scale as the old one: branches forget by opening time.
    fn reopen(&mut self, now: Time, token_kept: bool) -> Reopened {
        let elapsed = u64::try_from(now.since(self.opened).as_nanos()).unwrap_or(u64::MAX);
        let opened_at = self.id.opened_at.saturating_add(elapsed);
        self.id = SessionId { opened_at, nonce: self.rng.bits() };
        self.opened = now;
        self.number = 0;
        if !token_kept {
            self.token = SessionToken::default();
        }
        Reopened { session: self.id, token_kept }
    }

    fn complete(
        &mut self,
        now: Time,
        outcome: Outcome<FailureCause>,
        parked_for: Duration,
        reopened: Option<Reopened>,
        outbox: &mut Vec<Output>,
    ) {
        let Flight { request, invoked_at, attempts, .. } = self.flight.take().expect(IN_FLIGHT);
        outbox.push(Output::Completed(Completion {
            request: request.id,
            branch: request.branch,
            operation: request.operation,
            outcome,
            attempts,
            parked_for,
            invoked_at,
            completed_at: now,
            reopened,
        }));
    }

    /// Whether a read that missed its deadline is tried again. Only a mutant does, and then without its token.
    fn retries_unmet_read(&self, error: &RequestError) -> bool {
        let is_read = self.flight.as_ref().is_some_and(|flight| !flight.request.operation.is_write());
        mutated!(self.policy, RetryWithoutToken) && is_read && matches!(error, RequestError::Deadline { .. })
    }

    /// Whether an answer to this attempt concerns the operation in flight; else that operation is over.
    fn awaits(&self, request: RequestId, attempt: u32) -> bool {
        let Some(flight) = self.flight.as_ref().filter(|flight| flight.request.id == request) else {
            return false;
        };
        assert!(attempt < flight.attempts, "invariant: only attempts that were made are answered");
        true
    }

    fn flight(&mut self) -> &mut Flight {
        self.flight.as_mut().expect(IN_FLIGHT)
    }
}
