//! Errors as gRPC statuses with details that a program can read, and back.
//!
//! Every status that a branch sends has a code, a reason and a text. The text is the error's own. The details
//! (`grpc-status-details-bin`, a `google.rpc.Status`) are a `google.rpc.ErrorInfo` with the reason, in the domain
//! `readback`, and a `readback.v1.Failure` with the figures:
//!
//! | cause | code | reason | a client should |
//! |---|---|---|---|
//! | [`WireError`] | `INVALID_ARGUMENT` | `MALFORMED_REQUEST` | be repaired; the metadata names the `field` |
//! | `Refusal::Overflow` | `OUT_OF_RANGE` | `OVERFLOW` | take it as an answer: refused for good |
//! | `WrongBranch` | `FAILED_PRECONDITION` | `WRONG_BRANCH` | look up the branch's address again |
//! | `UnknownAccount` | `NOT_FOUND` | `UNKNOWN_ACCOUNT` | name an account that exists |
//! | `UnknownBranch` | `INVALID_ARGUMENT` | `UNKNOWN_BRANCH` | not carry a token from cluster to cluster |
//! | `IncarnationMissing` | `INVALID_ARGUMENT` | `INCARNATION_MISSING` | greet first |
//! | `IncarnationGone` | `ABORTED` | `INCARNATION_GONE` | greet, and go on with the next operation |
//! | `Deadline` | `DEADLINE_EXCEEDED` | `DEADLINE` | try again, wait longer, or ask another branch |
//! | `TokenLost` | `DATA_LOSS` | `TOKEN_LOST` | open a new session with an empty token |
//! | `ParkedFull` | `RESOURCE_EXHAUSTED` | `PARKED_FULL` | try again later |
//! | `TooManyCopies` | `RESOURCE_EXHAUSTED` | `TOO_MANY_COPIES` | wait for the copies on their way |
//! | `LogFull` | `RESOURCE_EXHAUSTED` | `LOG_FULL` | try again later |
//! | `DiskFull` | `RESOURCE_EXHAUSTED` | `DISK_FULL` | try again later, or ask another branch |
//! | `StaleNumber` | `FAILED_PRECONDITION` | `STALE_NUMBER` | number its operations upwards |
//! | `SessionForgotten` | `ABORTED` | `SESSION_FORGOTTEN` | open a new session and keep the token |
//! | `BalanceOutOfRange` | `OUT_OF_RANGE` | `BALANCE_OUT_OF_RANGE` | withdraw |
//! | `NotServing`, joining | `UNAVAILABLE` | `JOINING` | try again later |
//! | `NotServing`, state lost | `FAILED_PRECONDITION` | `STATE_LOST` | ask another branch |
//! | `ShuttingDown` | `UNAVAILABLE` | `SHUTTING_DOWN` | ask another branch |
//!
//! The transport uses some of these codes too (a broken connection is `UNAVAILABLE`, a stream that was reset
//! `RESOURCE_EXHAUSTED`). Only the details distinguish the two: a status with a `Failure` is a branch's reply, one
//! without says nothing about the request.

use std::collections::HashMap;
use std::time::Duration;

use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};
use tonic_types::pb;

use super::wire::proto::failure::Cause;
use super::wire::proto::{self, Failure};
use super::wire::{CallReply, Sending, VectorMessage, WireError, listed, nanoseconds, outcome};
use crate::model::{Answer, Refusal, Reply, RequestError};

/// `domain` of every `ErrorInfo`, within which reasons are unique.
pub const DOMAIN: &str = "readback";

const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";
const FAILURE: &str = "type.googleapis.com/readback.v1.Failure";

/// The status of a request that got no answer. It names the first 32 missing writes (`MISSING_MAX` in
/// `wire/failure.rs`) and counts the others, so that it fits the trailers.
pub fn error(error: &RequestError, parked_for: Duration, sending: Option<Sending>) -> Status {
    status(error.into(), text(error), parked_for, sending)
}

/// The status of a deposit that is refused for overflow.
pub fn overflow(parked_for: Duration, sending: Option<Sending>) -> Status {
    status(Cause::Overflow(Default::default()), Refusal::Overflow.to_string(), parked_for, sending)
}

/// The response to `Deposit` and `Withdraw`. A balance is none, and gives `INTERNAL`.
impl TryFrom<CallReply> for proto::WriteReply {
    type Error = Status;

    fn try_from(CallReply { reply, sending }: CallReply) -> Result<proto::WriteReply, Status> {
        let outcome = match reply.outcome {
            Ok(Answer::Written { dot }) => proto::write_reply::Outcome::Accepted(dot.into()),
            Ok(Answer::Refused(Refusal::InsufficientFunds)) => {
                let reason = proto::RefusalReason::InsufficientFunds.into();
                proto::write_reply::Outcome::Refused(proto::Refused { reason })
            }
            Ok(Answer::Refused(Refusal::Overflow)) => {
                return Err(overflow(reply.parked_for, sending));
            }
            Ok(Answer::Balance { .. }) => {
                return Err(Status::internal("a write was answered with a balance"));
            }
            Err(failure) => return Err(error(&failure, reply.parked_for, sending)),
        };
        Ok(proto::WriteReply {
            outcome: Some(outcome),
            parked_for_ns: nanoseconds(reply.parked_for),
            sending: sending.map(Into::into),
        })
    }
}

/// The response to `Query`. A write's answer is none, and gives `INTERNAL`.
impl TryFrom<CallReply> for proto::QueryReply {
    type Error = Status;

    fn try_from(CallReply { reply, sending }: CallReply) -> Result<proto::QueryReply, Status> {
        match reply.outcome {
            Ok(Answer::Balance { balance, witness }) => Ok(proto::QueryReply {
                balance,
                witness: VectorMessage::field(witness),
                parked_for_ns: nanoseconds(reply.parked_for),
                sending: sending.map(Into::into),
            }),
            Ok(Answer::Written { .. } | Answer::Refused(_)) => {
                Err(Status::internal("a query was answered as a write"))
            }
            Err(failure) => Err(error(&failure, reply.parked_for, sending)),
        }
    }
}

/// The status of a message that breaks a rule of the wire, whatever the branch's state.
impl From<WireError> for Status {
    fn from(error: WireError) -> Status {
        status((&error).into(), error.to_string(), Duration::ZERO, None)
    }
}

/// The reply that a branch put into `status`. `None` if the details hold none that this version understands, as
/// when the transport made the status: what became of the request is then unknown. `None` too for
/// `MALFORMED_REQUEST`, which a client of this project cannot cause and which answers nothing.
pub fn reply(status: &Status) -> Option<CallReply> {
    let details = pb::Status::decode(status.details()).ok()?.details;
    let detail = details.iter().find(|detail| message_name(&detail.type_url) == message_name(FAILURE))?;
    let failure = Failure::decode(detail.value.as_slice()).ok()?;
    let parked_for = Duration::from_nanos(failure.parked_for_ns);
    let reply = Reply { outcome: outcome(failure.cause?)?, parked_for };
    Some(CallReply { reply, sending: failure.sending.map(Into::into) })
}

fn status(cause: Cause, text: String, parked_for: Duration, sending: Option<Sending>) -> Status {
    let (code, reason) = class(&cause);
    let info =
        pb::ErrorInfo { reason: reason.to_owned(), domain: DOMAIN.to_owned(), metadata: metadata(&cause) };
    let failure = Failure {
        cause: Some(cause),
        parked_for_ns: nanoseconds(parked_for),
        sending: sending.map(Into::into),
    };
    let details = pb::Status {
        code: code.into(),
        message: text.clone(),
        details: vec![any(ERROR_INFO, &info), any(FAILURE, &failure)],
    };
    Status::with_details(code, text, details.encode_to_vec().into())
}

fn class(cause: &Cause) -> (Code, &'static str) {
    match cause {
        Cause::MalformedRequest(_) => (Code::InvalidArgument, "MALFORMED_REQUEST"),
        Cause::Overflow(_) => (Code::OutOfRange, "OVERFLOW"),
        Cause::WrongBranch(_) => (Code::FailedPrecondition, "WRONG_BRANCH"),
        Cause::UnknownAccount(_) => (Code::NotFound, "UNKNOWN_ACCOUNT"),
        Cause::UnknownBranch(_) => (Code::InvalidArgument, "UNKNOWN_BRANCH"),
        Cause::IncarnationMissing(_) => (Code::InvalidArgument, "INCARNATION_MISSING"),
        Cause::IncarnationGone(_) => (Code::Aborted, "INCARNATION_GONE"),
        Cause::Deadline(_) => (Code::DeadlineExceeded, "DEADLINE"),
        Cause::TokenLost(_) => (Code::DataLoss, "TOKEN_LOST"),
        Cause::ParkedFull(_) => (Code::ResourceExhausted, "PARKED_FULL"),
        Cause::TooManyCopies(_) => (Code::ResourceExhausted, "TOO_MANY_COPIES"),
        Cause::LogFull(_) => (Code::ResourceExhausted, "LOG_FULL"),
        Cause::DiskFull(_) => (Code::ResourceExhausted, "DISK_FULL"),
        Cause::StaleNumber(_) => (Code::FailedPrecondition, "STALE_NUMBER"),
        Cause::SessionForgotten(_) => (Code::Aborted, "SESSION_FORGOTTEN"),
        Cause::BalanceOutOfRange(_) => (Code::OutOfRange, "BALANCE_OUT_OF_RANGE"),
        Cause::Joining(_) => (Code::Unavailable, "JOINING"),
        Cause::StateLost(_) => (Code::FailedPrecondition, "STATE_LOST"),
        Cause::ShuttingDown(_) => (Code::Unavailable, "SHUTTING_DOWN"),
    }
}

/// The path of a malformed field, for clients without the schema. All other figures are in the `Failure` alone.
fn metadata(cause: &Cause) -> HashMap<String, String> {
    let mut metadata = HashMap::new();
    if let Cause::MalformedRequest(malformed) = cause {
        metadata.insert("field".to_owned(), malformed.field.clone());
    }
    metadata
}

/// The error's own text, with no more missing writes than the details list.
fn text(error: &RequestError) -> String {
    let mut short = error.clone();
    if let RequestError::Deadline { missing, .. } | RequestError::TokenLost { missing, .. } = &mut short {
        let (all, kept) = (missing.len(), listed(missing).len());
        if kept < all {
            missing.truncate(kept);
            return format!("{short} ({} more are not listed)", all - kept);
        }
    }
    short.to_string()
}

fn any(type_url: &str, message: &impl Message) -> Any {
    Any { type_url: type_url.to_owned(), value: message.encode_to_vec() }
}

/// What follows the last slash; what precedes it names a registry and does not matter.
fn message_name(type_url: &str) -> &str {
    type_url.rsplit('/').next().unwrap_or(type_url)
}

#[cfg(test)]
mod tests;
