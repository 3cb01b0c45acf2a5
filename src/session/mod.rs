//! The customer's side of the protocol: one [`Session`] turns an operation into attempts, and whatever comes
//! back, or does not, into exactly one [`Completion`].
//!
//! A session is a synchronous state machine. Inputs go in with the time, outputs come out, and a driver carries them
//! (real calls in `live`, an event loop in `sim`):
//!
//! ```text
//!                 Begin(branch, operation)      Greeted, Replied      Timeout
//!                            |                         |                 |  at next_timeout()
//!                            v                         v                 v
//!                       +-----------------------------------------------------+
//!                       |  token: writes, reads     incarnation per branch    |
//!                       |  at most one operation in flight                    |
//!                       +-----------------------------------------------------+
//!                            |                         |                 |
//!                            v                         v                 v
//!                          Greet                     Send            Completed
//! ```
//!
//! # One operation
//!
//! It has one [`RequestId`] and any number of *attempts*, counted from 0; the two together
//! name a message on the network. A write must name the incarnation that it is meant for, so that a branch that has
//! lost its memory cannot execute it a second time: a branch not yet known is greeted first, and the greeting is an
//! attempt like any other. Every later attempt repeats the first request byte for byte: the same id, branch,
//! incarnation and token. That lets the branch recognise a copy, and lets any attempt's answer, however late, count for
//! all of them.
//!
//! An attempt fails when the transport gives it up ([`Lost`]), when nothing came back in time, or when the branch
//! reports a state that passes (`RequestError::is_passing`). Then the session pauses and tries again: the pause is
//! drawn evenly from zero to a ceiling that doubles up to a cap, which is the "full jitter" of M. Brooker,
//! "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. After [`Policy::attempts_max`] failed attempts it
//! gives up.
//!
//! # How it ends
//!
//! [`Outcome`] has Jepsen's three values. `ok` and `fail` are certain; `info` means unknown.
//!
//! | what came | a read | a write |
//! |---|---|---|
//! | an answer | ok | ok |
//! | a refusal | | fail |
//! | an error that depends on the request alone | fail | fail |
//! | any other error that does not pass | fail | info; fail if it came to a greeting |
//! | nothing, and it was given up | fail | info; fail if no attempt but greetings was made |
//!
//! Three errors change the session. `IncarnationGone`: the next write there names the incarnation that the error
//! reports. `SessionForgotten`: the session reopens under a fresh id and keeps its token. `TokenLost`: it reopens
//! without its token, which no branch can satisfy any more ([`Reopened`]).
//!
//! # Invariants
//!
//! * At most one operation is in flight; numbers rise by one per operation, from 1 for each session id.
//! * The token never falls under one session id, and only answers raise it: a write's dot raises `writes`, a
//!   balance's witness raises `reads`. It is raised under the strategy `none` too, where no request carries it: it
//!   is then the measure of what would have been asked for.
//! * Every wait is bounded: while an operation is in flight there is a [`Session::next_timeout`], and an operation
//!   makes at most [`Policy::attempts_max`] attempts and one greeting more.
//! * What arrives for an operation that is over changes nothing. An `info` write whose answer arrives after all
//!   could raise the token, but then two sessions with the same history would ask for different things; it may be
//!   there or not, and it stays so.
//! * Memory is O(branches) and the token O(origins), however many operations were made.
//!
//! # What is absent
//!
//! No clock, no socket, no task. No latency is measured and no history is written here: a completion has the times
//! that were handed in. A session does not choose its branch; the workload does. It never looks inside a witness, so
//! it cannot recognise a stale answer: that is the checker's part.
//!
//! # Files
//!
//! `handle` has the steps, `flight` the operation in flight, and `policy` the timeouts and retries. `mutants` has the
//! mistakes that a session can be made to commit.

mod completion;
mod flight;
mod handle;
mod io;
#[cfg(feature = "mutants")]
mod mutants;
mod policy;
#[cfg(test)]
mod testing;

use std::collections::BTreeMap;

pub use crate::model::{Outcome, Success};
pub use completion::{AttemptFailure, Completion, FailureCause, Reopened};
pub use io::{Lost, Output, SessionInput};
pub use policy::{Policy, PolicyError};

use crate::model::{BranchId, Incarnation, RequestId, SessionId, SessionToken, Time};
use crate::rng::SubstreamRng;
use flight::Flight;

/// One customer's ordered operations and what they oblige branches to show.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Session {
    id: SessionId,
    /// When `id` was opened.
    opened: Time,
    /// The number of the latest operation under `id`; 0 before the first.
    number: u64,
    policy: Policy,
    token: SessionToken,
    /// The incarnation that writes to a branch name, once it is known.
    incarnations: BTreeMap<BranchId, Incarnation>,
    flight: Option<Flight>,
    rng: SubstreamRng,
    #[cfg(feature = "mutants")]
    mutation: mutants::SessionMutation,
}

impl Session {
    /// A session that has seen nothing. `opened` is the same instant as `id.opened_at`, on the clock that inputs
    /// use; `policy` has passed [`Policy::check`]. From `seed` come the pauses between attempts and the nonce of a
    /// reopened id, so no two sessions of a trial may share one.
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
            mutation: mutants::SessionMutation::new(policy.mutant),
        }
    }

    /// When [`SessionInput::Timeout`] is due; `None` when no operation is in flight.
    pub fn next_timeout(&self) -> Option<Time> {
        self.flight.as_ref().map(|flight| flight.until)
    }

    /// The present id; another one after the session has reopened.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The writes that the session has made and seen.
    pub fn token(&self) -> &SessionToken {
        &self.token
    }

    /// The policy that the session was made with.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The operation in flight, if there is one.
    pub fn in_flight(&self) -> Option<RequestId> {
        self.flight.as_ref().map(|flight| flight.request.id)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{
        AccountId, Amount, Answer, Greeting, Guarantees, Operation, Origin, Reply, WriteKind,
    };

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
