//! The session itself: inputs to outputs.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{
    Answer, BranchId, Greeting, Guarantees, Incarnation, Operation, Reply, Request, RequestError, RequestId,
    SessionId, SessionToken, Strategy, Time, VersionVector, mutated,
};
use crate::rng::SubstreamRng;

use super::flight::{Flight, FlightPhase};
use super::{
    AttemptFailure, Completion, FailureCause, Lost, Outcome, Output, Policy, Reopened, SessionInput, Success,
};

/// One customer's ordered operations and what they oblige branches to show. See the [module](super) for the rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Session {
    id: SessionId,
    /// When `id` was opened.
    opened: Time,
    /// Of the latest operation under `id`; 0 before the first.
    number: u64,
    policy: Policy,
    token: SessionToken,
    /// The incarnation that writes to a branch name, once it was told.
    incarnations: BTreeMap<BranchId, Incarnation>,
    flight: Option<Flight>,
    rng: SubstreamRng,
    /// When the latest write was acknowledged.
    #[cfg(feature = "mutants")]
    wrote_at: Time,
    /// What branches were seen to have.
    #[cfg(feature = "mutants")]
    progress: BTreeMap<BranchId, VersionVector>,
}

impl Session {
    /// A session that has seen nothing. `opened` is the same instant as `id.opened_at`, on the clock that inputs
    /// use; `policy` has passed [`Policy::check`]. From `seed` come the pauses between attempts and the nonce of an
    /// id that is opened anew, so no two sessions of a trial may share one.
    pub fn new(id: SessionId, opened: Time, policy: Policy, seed: u64) -> Session {
        Session {
            id,
            opened,
            number: 0,
            policy,
            token: SessionToken::default(),
            incarnations: BTreeMap::new(),
            flight: None,
            rng: SubstreamRng::new(seed),
            #[cfg(feature = "mutants")]
            wrote_at: opened,
            #[cfg(feature = "mutants")]
            progress: BTreeMap::new(),
        }
    }

    /// Takes one input at `now` and appends what is to be done.
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

    /// When [`SessionInput::Timeout`] is due; `None` when no operation is in flight.
    pub fn next_timeout(&self) -> Option<Time> {
        self.flight.as_ref().map(|flight| flight.until)
    }

    /// The present id; another one after the session has opened anew.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// What the session has written and seen.
    pub fn token(&self) -> &SessionToken {
        &self.token
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The operation in flight, if there is one.
    pub fn in_flight(&self) -> Option<RequestId> {
        self.flight.as_ref().map(|flight| flight.request.id)
    }

    fn begin(&mut self, now: Time, branch: BranchId, operation: Operation, outbox: &mut Vec<Output>) {
        assert!(self.flight.is_none(), "invariant: at most one operation of a session is in flight");
        self.number += 1;
        self.rng.next_step();
        #[cfg(feature = "mutants")]
        if mutated!(self.policy, FixedWindow) && now.since(self.wrote_at) >= Duration::from_secs(2) {
            self.token.writes = VersionVector::new();
        }
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

    /// Sends the request, or greets the branch first.
    fn attempt(&mut self, now: Time, outbox: &mut Vec<Output>) {
        let token = self.needed_token();
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
            // An earlier greeting was answered first, and the request names what that one told.
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
            Err(error) if error.is_passing() || self.would_ask_without_token(&error) => {
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

    /// The branch has told who it is: the request names that from here on, and goes out at once.
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
                if mutated!(self.policy, TokenNotMerged) {
                    self.token.writes = VersionVector::new();
                }
                #[cfg(feature = "mutants")]
                {
                    self.wrote_at = now;
                }
                self.token.writes.raise(dot.origin, dot.counter);
                Outcome::Ok(Success::Written { dot })
            }
            Answer::Balance { balance, witness } => {
                assert!(!is_write, "invariant: a write is answered with a dot, not with a balance");
                self.token.reads.merge(&witness);
                #[cfg(feature = "mutants")]
                self.note_progress(&witness);
                if mutated!(self.policy, UnstickAtFirst) {
                    self.token.writes = VersionVector::new();
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
            if mutated!(self.policy, NewClientWithoutToken) {
                self.token = SessionToken::default();
            }
            self.complete(now, outcome, Duration::ZERO, None, outbox);
        }
    }

    /// What an error says about later operations.
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
        outcome: Outcome,
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

    /// What of the token the operation in flight needs: its request carries it.
    fn needed_token(&self) -> SessionToken {
        let request = &self.flight.as_ref().expect(IN_FLIGHT).request;
        let mut token = request.guarantees.needed(&request.operation, &self.token);
        if mutated!(self.policy, NoMonotonicReads) {
            token.reads = VersionVector::new();
        }
        if mutated!(self.policy, NoTokenOnWrites) && request.operation.is_write() {
            token = SessionToken::default();
        }
        if mutated!(self.policy, OversizeTokenDropped) && token.writes.len() + token.reads.len() > 2 {
            token = SessionToken::default();
        }
        #[cfg(feature = "mutants")]
        let token = self.beyond_progress(request, token);
        token
    }

    #[cfg(feature = "mutants")]
    fn note_progress(&mut self, witness: &VersionVector) {
        let branch = self.flight().request.branch;
        self.progress.entry(branch).or_default().merge(witness);
    }

    /// What of a token the branch was never seen to have. Only a mutant leaves the rest out, and of reads alone.
    #[cfg(feature = "mutants")]
    fn beyond_progress(&self, request: &Request, token: SessionToken) -> SessionToken {
        let Some(seen) = self.progress.get(&request.branch) else { return token };
        if request.operation.is_write() || !mutated!(self.policy, StaleProgress) {
            return token;
        }
        let beyond =
            |vector: &VersionVector| vector.iter().filter(|&(origin, n)| seen.get(origin) < n).collect();
        SessionToken { writes: beyond(&token.writes), reads: beyond(&token.reads) }
    }

    /// Whether a read that was refused at its deadline is tried again. Only a mutant does, and then without its token.
    fn would_ask_without_token(&self, error: &RequestError) -> bool {
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

const IN_FLIGHT: &str = "invariant: only the operation in flight is answered or given up";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Amount, Origin, WriteKind};

    const INCARNATION: Incarnation = Incarnation { started_at: 1, nonce: 0 };

    #[test]
    fn the_token_has_an_entry_per_origin_however_many_writes() {
        let policy = Policy { guarantees: Guarantees::ALL, ..Policy::default() };
        let mut session = Session::new(SessionId { opened_at: 0, nonce: 0 }, Time(0), policy, 1);
        for counter in 1..=20_000 {
            write(&mut session, BranchId(1 + counter as u32 % 3), counter);
        }
        let token = session.token();
        assert_eq!((token.writes.len(), token.reads.len()), (3, 0));
        assert_eq!(session.incarnations.len(), 3);
    }

    /// One deposit, answered with a dot; the branch is greeted first if it must be.
    fn write(session: &mut Session, branch: BranchId, counter: u64) {
        let kind = WriteKind::Deposit;
        let amount = Amount::new(1).expect("one is positive");
        let operation = Operation::Write { kind, account: AccountId(0), amount };
        let mut input = SessionInput::Begin { branch, operation };
        loop {
            let mut outbox = Vec::new();
            session.handle(Time(counter), input, &mut outbox);
            input = match outbox.pop().expect("every input here has one output") {
                Output::Greet { request, branch, attempt } => {
                    let greeting = Ok(Greeting { branch, incarnation: INCARNATION });
                    SessionInput::Greeted { request, attempt, greeting }
                }
                Output::Send { attempt, request } => {
                    assert!(request.token.writes.len() <= 3);
                    let dot = Origin { branch, incarnation: INCARNATION }.dot(counter);
                    let outcome = Ok(Answer::Written { dot });
                    let reply = Ok(Reply { outcome, parked_for: Duration::ZERO });
                    SessionInput::Replied { request: request.id, attempt, reply }
                }
                Output::Completed(_) => return,
            };
        }
    }
}
