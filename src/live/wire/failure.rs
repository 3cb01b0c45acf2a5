//! Why a call got no answer, as the `Failure` that rides in the details of a status.

use std::time::Duration;

use super::error::WireError;
use super::ids::branch;
use super::nanoseconds;
use super::proto::failure::{self, Cause};
use crate::model::{Answer, Dot, NotServing, Refusal, RequestError};

/// How many missing writes a status names, in its text and in its details; the others are only counted.
///
/// Statuses travel in HTTP/2 trailers, of which common gRPC clients accept 8 KiB (tonic's 16 KiB). A status that
/// names 32 writes takes at most 7.3 KiB, text and details together.
pub const MISSING_MAX: usize = 32;

/// The missing writes that a status names.
pub(in crate::live) fn listed(missing: &[Dot]) -> &[Dot] {
    &missing[..missing.len().min(MISSING_MAX)]
}

impl From<&WireError> for Cause {
    fn from(error: &WireError) -> Cause {
        let (field, problem) = (error.field.clone(), error.problem.to_string());
        Cause::MalformedRequest(failure::MalformedRequest { field, problem })
    }
}

impl From<&RequestError> for Cause {
    fn from(error: &RequestError) -> Cause {
        match error {
            RequestError::WrongBranch { meant, actual } => {
                Cause::WrongBranch(failure::WrongBranch { meant: meant.0, actual: actual.0 })
            }
            &RequestError::UnknownAccount { account, last } => {
                Cause::UnknownAccount(failure::UnknownAccount { account, last })
            }
            RequestError::UnknownBranch { branch } => {
                Cause::UnknownBranch(failure::UnknownBranch { branch: branch.0 })
            }
            RequestError::IncarnationMissing => Cause::IncarnationMissing(failure::IncarnationMissing {}),
            &RequestError::IncarnationGone { current } => {
                Cause::IncarnationGone(failure::IncarnationGone { current: Some(current.into()) })
            }
            RequestError::Deadline { missing, waited } => Cause::Deadline(unsatisfied(missing, *waited)),
            RequestError::TokenLost { missing, waited } => Cause::TokenLost(unsatisfied(missing, *waited)),
            RequestError::ParkedFull { parked } => {
                Cause::ParkedFull(failure::ParkedFull { parked: *parked as u64 })
            }
            RequestError::TooManyCopies { copies } => {
                Cause::TooManyCopies(failure::TooManyCopies { copies: *copies as u64 })
            }
            RequestError::LogFull { retained } => {
                Cause::LogFull(failure::LogFull { retained: *retained as u64 })
            }
            RequestError::DiskFull => Cause::DiskFull(failure::DiskFull {}),
            &RequestError::StaleNumber { number, remembered } => {
                Cause::StaleNumber(failure::StaleNumber { number, remembered })
            }
            RequestError::SessionForgotten => Cause::SessionForgotten(failure::SessionForgotten {}),
            RequestError::BalanceOutOfRange => Cause::BalanceOutOfRange(failure::BalanceOutOfRange {}),
            RequestError::NotServing { reason: NotServing::Joining } => Cause::Joining(failure::Joining {}),
            RequestError::NotServing { reason: NotServing::StateLost } => {
                Cause::StateLost(failure::StateLost {})
            }
            RequestError::ShuttingDown => Cause::ShuttingDown(failure::ShuttingDown {}),
        }
    }
}

fn unsatisfied(missing: &[Dot], waited: Duration) -> failure::Unsatisfied {
    failure::Unsatisfied {
        missing: listed(missing).iter().map(|&dot| dot.into()).collect(),
        missing_total: missing.len() as u64,
        waited_ns: nanoseconds(waited),
    }
}

/// The outcome that the cause is for the customer. `None` for a request that broke a rule of the wire, which is no
/// reply of a branch; and for a cause that breaks a rule itself.
pub(in crate::live) fn outcome(cause: Cause) -> Option<Result<Answer, RequestError>> {
    let error = match cause {
        Cause::MalformedRequest(_) => return None,
        Cause::Overflow(_) => return Some(Ok(Answer::Refused(Refusal::Overflow))),
        Cause::WrongBranch(failure::WrongBranch { meant, actual }) => RequestError::WrongBranch {
            meant: branch(meant, "meant").ok()?,
            actual: branch(actual, "actual").ok()?,
        },
        Cause::UnknownAccount(failure::UnknownAccount { account, last }) => {
            RequestError::UnknownAccount { account, last }
        }
        Cause::UnknownBranch(unknown) => {
            RequestError::UnknownBranch { branch: branch(unknown.branch, "branch").ok()? }
        }
        Cause::IncarnationMissing(_) => RequestError::IncarnationMissing,
        Cause::IncarnationGone(gone) => RequestError::IncarnationGone { current: gone.current?.into() },
        Cause::Deadline(unsatisfied) => {
            let (missing, waited) = missing_and_waited(unsatisfied)?;
            RequestError::Deadline { missing, waited }
        }
        Cause::TokenLost(unsatisfied) => {
            let (missing, waited) = missing_and_waited(unsatisfied)?;
            RequestError::TokenLost { missing, waited }
        }
        Cause::ParkedFull(full) => RequestError::ParkedFull { parked: usize::try_from(full.parked).ok()? },
        Cause::TooManyCopies(many) => {
            RequestError::TooManyCopies { copies: usize::try_from(many.copies).ok()? }
        }
        Cause::LogFull(full) => RequestError::LogFull { retained: usize::try_from(full.retained).ok()? },
        Cause::DiskFull(_) => RequestError::DiskFull,
        Cause::StaleNumber(failure::StaleNumber { number, remembered }) => {
            RequestError::StaleNumber { number, remembered }
        }
        Cause::SessionForgotten(_) => RequestError::SessionForgotten,
        Cause::BalanceOutOfRange(_) => RequestError::BalanceOutOfRange,
        Cause::Joining(_) => RequestError::NotServing { reason: NotServing::Joining },
        Cause::StateLost(_) => RequestError::NotServing { reason: NotServing::StateLost },
        Cause::ShuttingDown(_) => RequestError::ShuttingDown,
    };
    Some(Err(error))
}

fn missing_and_waited(message: failure::Unsatisfied) -> Option<(Vec<Dot>, Duration)> {
    let missing: Result<Vec<Dot>, WireError> = message.missing.into_iter().map(Dot::try_from).collect();
    Some((missing.ok()?, Duration::from_nanos(message.waited_ns)))
}
