//! The cause of an end that is not `ok`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Refusal, RequestError};

/// The reason, as a word for counting and as text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// For counting.
    pub word: CauseWord,
    /// The error that the customer received: missing dots, bounds, the last of several failures.
    pub text: Box<str>,
}

/// The reason as a word that never changes its meaning; see [`RequestError`] for those of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseWord {
    /// Refused for good: the balance does not cover the withdrawal.
    InsufficientFunds,
    /// Refused for good: the balance would leave the range.
    Overflow,
    /// Given up after as many attempts as the policy allows; the text has the last failure.
    GivenUp,
    /// The request was meant for another branch.
    WrongBranch,
    /// The account does not exist.
    UnknownAccount,
    /// The token names a branch outside the cluster.
    UnknownBranch,
    /// A write named no incarnation of the branch.
    IncarnationMissing,
    /// The branch has begun another life since.
    IncarnationGone,
    /// The writes of the token did not arrive in time.
    Deadline,
    /// No reachable branch has a write of the token.
    TokenLost,
    /// The branch had as many parked requests as it holds.
    ParkedFull,
    /// Too many copies of the request waited already.
    TooManyCopies,
    /// The log held as many writes that some branch lacks as it may.
    LogFull,
    /// The branch's disk was full.
    DiskFull,
    /// A later request of the session was executed before.
    StaleNumber,
    /// The branch no longer remembers sessions opened that early.
    SessionForgotten,
    /// The balance is outside the range of 64 bits.
    BalanceOutOfRange,
    /// The branch did not serve customers.
    NotServing,
    /// The branch was shutting down.
    ShuttingDown,
}

impl Cause {
    /// The text is what `text` displays.
    pub fn new(word: CauseWord, text: impl fmt::Display) -> Cause {
        Cause { word, text: text.to_string().into() }
    }
}

impl From<&Refusal> for Cause {
    fn from(refusal: &Refusal) -> Cause {
        let word = match refusal {
            Refusal::InsufficientFunds => CauseWord::InsufficientFunds,
            Refusal::Overflow => CauseWord::Overflow,
        };
        Cause::new(word, refusal)
    }
}

impl From<&RequestError> for Cause {
    fn from(error: &RequestError) -> Cause {
        Cause::new(word(error), error)
    }
}

fn word(error: &RequestError) -> CauseWord {
    match error {
        RequestError::WrongBranch { .. } => CauseWord::WrongBranch,
        RequestError::UnknownAccount { .. } => CauseWord::UnknownAccount,
        RequestError::UnknownBranch { .. } => CauseWord::UnknownBranch,
        RequestError::IncarnationMissing => CauseWord::IncarnationMissing,
        RequestError::IncarnationGone { .. } => CauseWord::IncarnationGone,
        RequestError::Deadline { .. } => CauseWord::Deadline,
        RequestError::TokenLost { .. } => CauseWord::TokenLost,
        RequestError::ParkedFull { .. } => CauseWord::ParkedFull,
        RequestError::TooManyCopies { .. } => CauseWord::TooManyCopies,
        RequestError::LogFull { .. } => CauseWord::LogFull,
        RequestError::DiskFull => CauseWord::DiskFull,
        RequestError::StaleNumber { .. } => CauseWord::StaleNumber,
        RequestError::SessionForgotten => CauseWord::SessionForgotten,
        RequestError::BalanceOutOfRange => CauseWord::BalanceOutOfRange,
        RequestError::NotServing { .. } => CauseWord::NotServing,
        RequestError::ShuttingDown => CauseWord::ShuttingDown,
    }
}
