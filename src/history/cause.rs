//! Why an operation did not end `ok`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Refusal, RequestError};

/// The reason, as a word for counting and as text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    pub word: CauseWord,
    /// What the customer was told: missing dots, bounds, the last of several failures.
    pub text: Box<str>,
}

/// The reason as a word that never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseWord {
    /// Refused for good: the balance does not cover the withdrawal.
    InsufficientFunds,
    /// Refused for good: the balance would leave the range.
    Overflow,
    /// Given up after as many attempts as the policy allows; the text tells the last failure.
    GivenUp,
    WrongBranch,
    UnknownAccount,
    UnknownBranch,
    IncarnationMissing,
    IncarnationGone,
    Deadline,
    TokenLost,
    ParkedFull,
    TooManyCopies,
    LogFull,
    DiskFull,
    StaleNumber,
    SessionForgotten,
    BalanceOutOfRange,
    NotServing,
    ShuttingDown,
}

impl Cause {
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
