//! The customer's side of the protocol: one [`Session`] turns an operation into attempts, and whatever comes
//! back, or does not, into exactly one [`Completion`].
//!
//! A session is a synchronous state machine. Inputs go in with the time, outputs come out, and whoever drives it
//! (real calls in `live`, an event loop in `sim`) carries them:
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
//! It has one [`RequestId`](crate::model::RequestId) and any number of *attempts*, counted from 0; the two together
//! name a message on the network. A write must name the incarnation that it is meant for, so that a branch that has
//! lost its memory cannot execute it a second time: a branch not yet known is greeted first, and the greeting is an
//! attempt like any other. Every later attempt repeats the first request byte for byte: the same id, branch,
//! incarnation and token. That is what lets the branch recognise a copy, and what lets any attempt's answer, however
//! late, stand for all of them.
//!
//! An attempt fails when the transport gives it up ([`Lost`]), when nothing came back in time, or when the branch
//! reports a state that passes (`RequestError::is_passing`). Then the session pauses and tries again: the pause is
//! drawn evenly from zero to a ceiling that doubles up to a cap, which is the "full jitter" of M. Brooker,
//! "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. After [`Policy::attempts_max`] failed attempts it
//! gives up.
//!
//! # How it ends
//!
//! [`Outcome`] has Jepsen's three values. `ok` and `fail` are certain; `info` says that nobody knows.
//!
//! | what came | a read | a write |
//! |---|---|---|
//! | an answer | ok | ok |
//! | a refusal | | fail |
//! | an error that depends on the request alone | fail | fail |
//! | any other error that does not pass | fail | info; fail if it came to a greeting |
//! | nothing, and it was given up | fail | info; fail if no attempt but greetings was made |
//!
//! Three errors leave a mark on the session. `IncarnationGone`: the next write there names the incarnation that
//! the error told. `SessionForgotten`: the session opens anew under a fresh id and keeps its token. `TokenLost`: it
//! opens anew without its token, which nobody can satisfy any more ([`Reopened`]).
//!
//! # Invariants
//!
//! * At most one operation is in flight; numbers rise by one per operation, from 1 for each session id.
//! * The token never falls while the session id stands, and only answers raise it: a write's dot raises `writes`, a
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
//! it cannot tell a stale answer: that is the checker's part.

mod completion;
mod flight;
mod io;
mod machine;
#[cfg(all(test, feature = "mutants"))]
mod mutants;
mod policy;
#[cfg(test)]
mod script;

pub use completion::{AttemptFailure, Completion, FailureCause, Outcome, Reopened, Success};
pub use io::{Lost, Output, SessionInput};
pub use machine::Session;
pub use policy::{Policy, PolicyError};
