//! An operation's end, as its readers see it and as a line has it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Outcome, Success, Time};

use super::cause::{Cause, CauseWord};
use super::witness::{CounterChange, Deltas, OutOfRange};
use super::{SessionIndex, ShortDot, Witness, json};

/// A session's operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complete {
    /// When.
    pub t: Time,
    /// Whose operation.
    pub session: SessionIndex,
    /// Which of the session's operations, counted from 1.
    pub number: u64,
    /// How it ended.
    pub outcome: RecordedOutcome,
    /// How many attempts were made.
    pub attempts: u32,
    /// How long the branch parked the request; zero if it did not.
    pub parked: Duration,
    /// When the branch answered, if it did.
    pub answered: Option<Time>,
}

/// How an operation ended, by short names.
pub type RecordedOutcome = Outcome<Cause, ShortDot, Witness>;

/// What an operation that happened returned, by short names.
pub type RecordedSuccess = Success<ShortDot, Witness>;

/// A completion in a file: the witness as what changed since the session's last one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompleteLine {
    t: Time,
    s: SessionIndex,
    n: u64,
    outcome: OutcomeWord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dot: Option<ShortDot>,
    #[serde(with = "json", default, skip_serializing_if = "Option::is_none")]
    balance: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    witness: Option<Vec<CounterChange>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<CauseWord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<Box<str>>,
    attempts: u32,
    #[serde(with = "json", default, skip_serializing_if = "Duration::is_zero")]
    parked: Duration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<Time>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeWord {
    Ok,
    Fail,
    Info,
}

/// Why a line is no completion.
pub(super) enum NoCompletion {
    /// The keys that are there do not go together.
    Keys,
    Witness(SessionIndex, OutOfRange),
}

impl CompleteLine {
    /// The line of a completion, its witness as what changed.
    pub fn write(complete: Complete, deltas: &mut Deltas) -> Result<CompleteLine, OutOfRange> {
        let Complete { t, session, number, outcome, attempts, parked, answered } = complete;
        let mut line = CompleteLine {
            t,
            s: session,
            n: number,
            outcome: OutcomeWord::Ok,
            dot: None,
            balance: None,
            witness: None,
            cause: None,
            text: None,
            attempts,
            parked,
            answered,
        };
        match outcome {
            RecordedOutcome::Ok(RecordedSuccess::Written { dot }) => line.dot = Some(dot),
            RecordedOutcome::Ok(RecordedSuccess::Balance { balance, witness }) => {
                line.balance = Some(balance);
                line.witness = Some(deltas.shrink(session, &witness)?);
            }
            RecordedOutcome::Fail(cause) => line.set_cause(OutcomeWord::Fail, cause),
            RecordedOutcome::Info(cause) => line.set_cause(OutcomeWord::Info, cause),
        }
        Ok(line)
    }

    /// The completion of a line, its witness in full.
    pub fn read(self, deltas: &mut Deltas) -> Result<Complete, NoCompletion> {
        let CompleteLine { t, s: session, n: number, attempts, parked, answered, .. } = self;
        let outcome = match (self.outcome, self.dot, self.balance, self.witness, self.cause, self.text) {
            (OutcomeWord::Ok, Some(dot), None, None, None, None) => {
                RecordedOutcome::Ok(RecordedSuccess::Written { dot })
            }
            (OutcomeWord::Ok, None, Some(balance), Some(changes), None, None) => {
                let witness = deltas.grow(session, &changes);
                let witness = witness.map_err(|error| NoCompletion::Witness(session, error))?;
                RecordedOutcome::Ok(RecordedSuccess::Balance { balance, witness })
            }
            (OutcomeWord::Fail, None, None, None, Some(word), Some(text)) => {
                RecordedOutcome::Fail(Cause { word, text })
            }
            (OutcomeWord::Info, None, None, None, Some(word), Some(text)) => {
                RecordedOutcome::Info(Cause { word, text })
            }
            (OutcomeWord::Ok | OutcomeWord::Fail | OutcomeWord::Info, ..) => return Err(NoCompletion::Keys),
        };
        Ok(Complete { t, session, number, outcome, attempts, parked, answered })
    }

    fn set_cause(&mut self, outcome: OutcomeWord, cause: Cause) {
        self.outcome = outcome;
        self.cause = Some(cause.word);
        self.text = Some(cause.text);
    }
}
