//! How an operation ended.

use std::time::Duration;

use crate::model::{BranchId, Operation, Outcome, Refusal, RequestError, RequestId, SessionId, Time};

use super::Lost;

/// The end of one operation; there is exactly one for every `Begin` that is not still in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The operation's name, under the session id that it was begun with.
    pub request: RequestId,
    /// The branch that was asked.
    pub branch: BranchId,
    /// The operation.
    pub operation: Operation,
    /// How it ended.
    pub outcome: Outcome<FailureCause>,
    /// How many attempts were made, greetings included.
    pub attempts: u32,
    /// How long the branch parked the request, from the reply that ended it; zero if none did.
    pub parked_for: Duration,
    /// When the operation began.
    pub invoked_at: Time,
    /// When it ended.
    pub completed_at: Time,
    /// Set if the session has reopened at this operation's end.
    pub reopened: Option<Reopened>,
}

/// Why an operation did not end `ok`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailureCause {
    /// The branch refused the write for good.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The branch answered with an error that does not pass.
    #[error(transparent)]
    Error(#[from] RequestError),
    /// As many attempts failed as the policy allows.
    #[error("given up, failed attempts: {failures}, the last: {last}")]
    GivenUp {
        /// How many attempts failed.
        failures: u32,
        /// Why the last one did.
        last: AttemptFailure,
    },
}

/// Why one attempt failed, though another may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttemptFailure {
    /// The transport gave it up.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// No answer came in time.
    #[error("no answer within {waited:?}")]
    TimedOut {
        /// How long the session waited.
        waited: Duration,
    },
    /// The branch answered with an error that passes ([`RequestError::is_passing`]).
    #[error(transparent)]
    Passing(RequestError),
}

/// A session goes on under a new id, with numbers from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopened {
    /// The new id.
    pub session: SessionId,
    /// Whether the new session is still owed what the old one had written and seen.
    pub token_kept: bool,
}
