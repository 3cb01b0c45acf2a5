//! A reply on its way from a branch to a customer.
//!
//! An answer is a message of its RPC, with one exception: a deposit that is refused for overflow. That one, and
//! every error, is a status. [`status`](crate::live::status) makes the message or the status of a reply.

use std::time::Duration;

use super::error::{FieldProblem, WireError, required};
use super::version::VectorMessage;
use super::{nanoseconds, proto};
use crate::model::{Answer, Refusal, Reply, Time};

/// A reply, and what the network must know of the message that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallReply {
    pub reply: Reply,
    /// `None` from a branch that does not report it.
    pub sending: Option<Sending>,
}

/// When a reply was sent, on the clock of the machine, and how long its receiver holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sending {
    pub at: Time,
    pub delay: Duration,
}

impl From<Sending> for proto::Sending {
    fn from(Sending { at, delay }: Sending) -> proto::Sending {
        proto::Sending { sent_at_ns: at.0, delay_ns: nanoseconds(delay) }
    }
}

impl From<proto::Sending> for Sending {
    fn from(message: proto::Sending) -> Sending {
        Sending { at: Time(message.sent_at_ns), delay: Duration::from_nanos(message.delay_ns) }
    }
}

impl TryFrom<proto::WriteReply> for CallReply {
    type Error = WireError;

    fn try_from(message: proto::WriteReply) -> Result<CallReply, WireError> {
        let answer = match message.outcome {
            None => return Err(WireError::missing("outcome")),
            Some(proto::write_reply::Outcome::Accepted(dot)) => {
                Answer::Written { dot: required(Some(dot), "accepted")? }
            }
            Some(proto::write_reply::Outcome::Refused(refused)) => {
                Answer::Refused(required(Some(refused), "refused")?)
            }
        };
        Ok(call_reply(answer, message.parked_for_ns, message.sending))
    }
}

impl TryFrom<proto::QueryReply> for CallReply {
    type Error = WireError;

    fn try_from(message: proto::QueryReply) -> Result<CallReply, WireError> {
        let witness = VectorMessage::vector(message.witness, "witness")?;
        let answer = Answer::Balance { balance: message.balance, witness };
        Ok(call_reply(answer, message.parked_for_ns, message.sending))
    }
}

impl TryFrom<proto::Refused> for Refusal {
    type Error = WireError;

    fn try_from(message: proto::Refused) -> Result<Refusal, WireError> {
        match proto::RefusalReason::try_from(message.reason) {
            Ok(proto::RefusalReason::InsufficientFunds) => Ok(Refusal::InsufficientFunds),
            Ok(proto::RefusalReason::Unspecified) => Err(WireError::missing("reason")),
            Err(unknown) => Err(WireError::new("reason", FieldProblem::UnknownValue(unknown.0))),
        }
    }
}

fn call_reply(answer: Answer, parked_for_ns: u64, sending: Option<proto::Sending>) -> CallReply {
    let reply = Reply { outcome: Ok(answer), parked_for: Duration::from_nanos(parked_for_ns) };
    CallReply { reply, sending: sending.map(Into::into) }
}
