//! What a customer asks of a branch, and every way in which it is answered.
//!
//! The protocol's answer to a request is a [`Reply`]. How an operation *ends* (`ok`, `fail` or `info`) is decided
//! by the session, from the reply or its absence.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BranchId, Dot, Guarantees, Incarnation, Operation, RequestId, SessionToken, VersionVector};

/// One attempt at one operation, as a branch receives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    pub id: RequestId,
    /// The branch that is meant; another one refuses.
    pub branch: BranchId,
    /// The incarnation that is meant, from a [`Greeting`]. Writes must name it; reads may.
    pub incarnation: Option<Incarnation>,
    pub operation: Operation,
    /// The part of the session's token that the guarantees need.
    pub token: SessionToken,
    pub guarantees: Guarantees,
    /// How long the customer accepts to be parked; the branch's own bound holds too.
    pub max_wait: Duration,
}

/// Who a branch is: what a session must know before it writes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Greeting {
    pub branch: BranchId,
    pub incarnation: Incarnation,
}

/// A branch's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reply {
    pub outcome: Result<Answer, RequestError>,
    /// How long the request was parked, zero if it was not.
    pub parked_for: Duration,
}

/// An answer that stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The write is executed, synced and visible here.
    Written { dot: Dot },
    /// The write was refused for good; the refusal is synced.
    Refused(Refusal),
    /// The balance, and the witness: exactly the writes that it includes.
    Balance { balance: i64, witness: VersionVector },
}

/// Why a well-formed write is refused for good.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, thiserror::Error,
)]
pub enum Refusal {
    #[error("the balance does not cover the withdrawal")]
    InsufficientFunds,
    #[error("the balance would exceed 2^63 - 1")]
    Overflow,
}

/// Why a request got no answer. Whether a write ends `fail` or `info` by it: [`RequestError::is_final_for_writes`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RequestError {
    #[error("the request is meant for branch {meant}, and this is branch {actual}")]
    WrongBranch { meant: BranchId, actual: BranchId },
    #[error("account {account} does not exist; accounts are 0 to {last}")]
    UnknownAccount { account: u64, last: u64 },
    #[error("the token names branch {branch}, which is not in this cluster")]
    UnknownBranch { branch: BranchId },
    #[error("a write must name the branch's incarnation; Greet tells it")]
    IncarnationMissing,
    #[error("the branch is now incarnation {current} and may have forgotten earlier requests")]
    IncarnationGone { current: Incarnation },
    #[error("waited {waited:?} for writes that have not arrived: {}", list(missing))]
    Deadline { missing: Vec<Dot>, waited: Duration },
    #[error(
        "writes of an ended incarnation that no reachable branch has: {}; open a new session",
        list(missing)
    )]
    TokenLost { missing: Vec<Dot>, waited: Duration },
    #[error("{parked} requests are parked already, as many as this branch holds")]
    ParkedFull { parked: usize },
    #[error("{copies} copies of this request wait already")]
    TooManyCopies { copies: usize },
    #[error("the log holds {retained} writes that some branch still lacks, as many as it may")]
    LogFull { retained: usize },
    #[error("the branch's disk is full; it takes writes again once there is room")]
    DiskFull,
    #[error("request number {number} comes after {remembered}, which was executed")]
    StaleNumber { number: u64, remembered: u64 },
    #[error(
        "this branch no longer remembers sessions opened that early; open a new session and keep the token"
    )]
    SessionForgotten,
    #[error("the balance is outside the range of 64 bits")]
    BalanceOutOfRange,
    #[error("the branch does not serve: {reason}")]
    NotServing { reason: NotServing },
    #[error("the branch is shutting down")]
    ShuttingDown,
}

/// Why a branch answers no customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum NotServing {
    #[error(
        "it is joining: peers have yet to say whether the cluster knew it before, or to bring their state"
    )]
    Joining,
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
