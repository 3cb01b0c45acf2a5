//! How an operation ended.

use std::time::Duration;

use crate::model::{
    BranchId, Dot, Operation, Refusal, RequestError, RequestId, SessionId, Time, VersionVector,
};

use super::Lost;

/// The end of one operation; there is exactly one for every `Begin` that is not still in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The operation's name, under the session id that it was begun with.
    pub request: RequestId,
    pub branch: BranchId,
    pub operation: Operation,
    pub outcome: Outcome,
    /// How many attempts were made, greetings included.
    pub attempts: u32,
    /// How long the branch parked the request, from the reply that ended it; zero if none did.
    pub parked_for: Duration,
    pub invoked_at: Time,
    pub completed_at: Time,
    /// Set if the session has opened anew by this operation's end.
    pub reopened: Option<Reopened>,
}

/// Jepsen's three: it happened, it did not and never will, nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Ok(Success),
    /// A write certainly did not and will not happen; a read has no answer.
    Fail(FailureCause),
    /// Only of writes: it may have happened, may still happen, or never.
    Info(FailureCause),
}

/// What an operation that happened gave back: of [`Answer`](crate::model::Answer), all but the refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Success {
    /// The write's name.
    Written { dot: Dot },
    /// Minor units, and exactly the writes that the balance includes.
    Balance { balance: i64, witness: VersionVector },
}

/// Why an operation did not end `ok`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailureCause {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Error(#[from] RequestError),
    /// As many attempts failed as the policy allows.
    #[error("given up, failed attempts: {failures}, the last: {last}")]
    GivenUp { failures: u32, last: AttemptFailure },
}

/// Why one attempt failed, though another may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttemptFailure {
    #[error(transparent)]
    Lost(#[from] Lost),
    #[error("no answer within {waited:?}")]
    TimedOut { waited: Duration },
    /// An error for which `RequestError::is_passing` holds.
    #[error(transparent)]
    Passing(RequestError),
}

/// A session goes on under a new id, with numbers from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopened {
    pub session: SessionId,
    /// Whether the new session is still owed what the old one had written and seen.
    pub token_kept: bool,
}
