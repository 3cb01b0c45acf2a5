//! A customer's request to a branch, and every way in which it is answered.
//!
//! The protocol's answer to a request is a [`Reply`]. How an operation *ends* (`ok`, `fail` or `info`) is decided
//! by the session, from the reply or its absence.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BranchId, Dot, Guarantees, Incarnation, Operation, RequestId, SessionToken, VersionVector};

/// One attempt at one operation, as a branch receives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// The operation's name, the same for all its attempts.
    pub id: RequestId,
    /// The branch that is meant; another one refuses.
    pub branch: BranchId,
    /// The incarnation that is meant, from a [`Greeting`]. Writes must name it; reads may.
    pub incarnation: Option<Incarnation>,
    /// The operation.
    pub operation: Operation,
    /// The part of the session's token that the guarantees need.
    pub token: SessionToken,
    /// The guarantees that bind the operation.
    pub guarantees: Guarantees,
    /// The longest that the request may be parked; the branch's own bound holds too.
    pub max_wait: Duration,
}

/// A branch's identity, which a session must know before it writes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Greeting {
    /// The branch.
    pub branch: BranchId,
    /// Its present incarnation.
    pub incarnation: Incarnation,
}

/// A branch's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reply {
    /// An answer, or why there is none.
    pub outcome: Result<Answer, RequestError>,
    /// How long the request was parked, zero if it was not.
    pub parked_for: Duration,
}

/// A definite answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The write is executed, synced and visible here.
    Written {
        /// The write's name.
        dot: Dot,
    },
    /// The write was refused for good; the refusal is synced.
    Refused(Refusal),
    /// A read is answered.
    Balance {
        /// Minor units.
        balance: i64,
        /// Exactly the writes that the balance includes.
        witness: VersionVector,
    },
}

/// Why a well-formed write is refused for good.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, thiserror::Error,
)]
pub enum Refusal {
    /// A withdrawal of more than the balance.
    #[error("the balance does not cover the withdrawal")]
    InsufficientFunds,
    /// A deposit beyond the range of balances.
    #[error("the balance would exceed 2^63 - 1")]
    Overflow,
}

/// Why a request got no answer. [`RequestError::is_final_for_writes`] decides whether a write ends `fail` or `info` by
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RequestError {
    /// The request names another branch.
    #[error("the request is meant for branch {meant}, and this is branch {actual}")]
    WrongBranch {
        /// The branch that the request names.
        meant: BranchId,
        /// The branch that got it.
        actual: BranchId,
    },
    /// The account does not exist.
    #[error("account {account} does not exist; accounts are 0 to {last}")]
    UnknownAccount {
        /// The account that the request names.
        account: u64,
        /// The last that exists.
        last: u64,
    },
    /// The token names a branch outside the cluster.
    #[error("the token names branch {branch}, which is not in this cluster")]
    UnknownBranch {
        /// The branch that the token names.
        branch: BranchId,
    },
    /// The write names no incarnation.
    #[error("a write must name the branch's incarnation, which Greet returns")]
    IncarnationMissing,
    /// The write names an earlier incarnation.
    #[error("the branch is now incarnation {current} and may have forgotten earlier requests")]
    IncarnationGone {
        /// The present one.
        current: Incarnation,
    },
    /// The token was not satisfied in time.
    #[error("waited {waited:?} for writes that have not arrived: {}", list(missing))]
    Deadline {
        /// The last missing write of each origin.
        missing: Vec<Dot>,
        /// How long the request was parked.
        waited: Duration,
    },
    /// The token cannot be satisfied any more.
    #[error(
        "writes of an ended incarnation that no reachable branch has: {}; open a new session",
        list(missing)
    )]
    TokenLost {
        /// The last lost write of each origin.
        missing: Vec<Dot>,
        /// How long the request was parked.
        waited: Duration,
    },
    /// Too many requests are parked.
    #[error("{parked} requests are parked already, as many as this branch holds")]
    ParkedFull {
        /// How many: the bound.
        parked: usize,
    },
    /// Too many copies of the request wait.
    #[error("{copies} copies of this request wait already")]
    TooManyCopies {
        /// How many: the bound.
        copies: usize,
    },
    /// The log keeps too many writes for peers.
    #[error("the log holds {retained} writes that some branch still lacks, as many as it may")]
    LogFull {
        /// How many it keeps.
        retained: usize,
    },
    /// The disk has no room.
    #[error("the branch's disk is full; it takes writes again once there is room")]
    DiskFull,
    /// A later request of the session was executed.
    #[error("request number {number} comes after {remembered}, which was executed")]
    StaleNumber {
        /// The number of the request.
        number: u64,
        /// The number that was executed.
        remembered: u64,
    },
    /// The client table no longer has the session.
    #[error(
        "this branch no longer remembers sessions opened that early; open a new session and keep the token"
    )]
    SessionForgotten,
    /// Concurrent writes took the balance beyond `i64`.
    #[error("the balance is outside the range of 64 bits")]
    BalanceOutOfRange,
    /// The branch has no state to serve from.
    #[error("the branch does not serve: {reason}")]
    NotServing {
        /// Why it has none.
        reason: NotServing,
    },
    /// The branch ends.
    #[error("the branch is shutting down")]
    ShuttingDown,
}

/// Why a branch answers no customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum NotServing {
    /// It is joining the cluster.
    #[error(
        "it is joining: peers have yet to say whether the cluster knew it before, or to bring their state"
    )]
    Joining,
    /// No branch has the state.
    #[error("it lost its state, and so did every peer: only a new cluster takes it in")]
    StateLost,
}

impl RequestError {
    /// Whether a write that got this error certainly did not and will not happen: the error depends on the
    /// request alone. After any other error the write may still happen, and its outcome is unknown.
    pub fn is_final_for_writes(&self) -> bool {
        match self {
            RequestError::WrongBranch { .. }
            | RequestError::UnknownAccount { .. }
            | RequestError::UnknownBranch { .. }
            | RequestError::IncarnationMissing => true,
            RequestError::IncarnationGone { .. }
            | RequestError::Deadline { .. }
            | RequestError::TokenLost { .. }
            | RequestError::ParkedFull { .. }
            | RequestError::TooManyCopies { .. }
            | RequestError::LogFull { .. }
            | RequestError::DiskFull
            | RequestError::StaleNumber { .. }
            | RequestError::SessionForgotten
            | RequestError::BalanceOutOfRange
            | RequestError::NotServing { .. }
            | RequestError::ShuttingDown => false,
        }
    }

    /// Whether the same request may be answered later by the same branch: a bound that was reached, a state that
    /// passes.
    pub fn is_passing(&self) -> bool {
        match self {
            RequestError::ParkedFull { .. }
            | RequestError::TooManyCopies { .. }
            | RequestError::LogFull { .. }
            | RequestError::DiskFull
            | RequestError::NotServing { reason: NotServing::Joining } => true,
            RequestError::WrongBranch { .. }
            | RequestError::UnknownAccount { .. }
            | RequestError::UnknownBranch { .. }
            | RequestError::IncarnationMissing
            | RequestError::IncarnationGone { .. }
            | RequestError::Deadline { .. }
            | RequestError::TokenLost { .. }
            | RequestError::StaleNumber { .. }
            | RequestError::SessionForgotten
            | RequestError::BalanceOutOfRange
            | RequestError::NotServing { reason: NotServing::StateLost }
            | RequestError::ShuttingDown => false,
        }
    }
}

fn list(dots: &[Dot]) -> String {
    dots.iter().map(Dot::to_string).collect::<Vec<_>>().join(" ")
}
