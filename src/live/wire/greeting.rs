//! Greetings: which incarnation a branch is.

use super::error::{WireError, optional, required};
use super::ids::branch;
use super::{Sending, proto};
use crate::model::{BranchId, Greeting, RequestId, Time};

/// A greeting on its way to a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreetCall {
    /// The branch that the customer means.
    pub branch: BranchId,
    /// The operation that the greeting precedes; `None` from a customer that does not name it.
    pub request: Option<RequestId>,
    /// Which try of this operation it is, from 0.
    pub attempt: u32,
    /// When it was sent, on the clock of the machine; `None` from a customer that does not say it.
    pub sent_at: Option<Time>,
    /// As [`IncomingCall::holds_replies`](super::IncomingCall::holds_replies).
    pub holds_replies: bool,
}

/// A branch's answer to a greeting, and what the network must know of the message that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GreetAnswer {
    pub greeting: Greeting,
    /// `None` from a branch that does not report it.
    pub sending: Option<Sending>,
}

impl From<GreetCall> for proto::GreetRequest {
    fn from(call: GreetCall) -> proto::GreetRequest {
        proto::GreetRequest {
            branch: call.branch.0,
            request_id: call.request.map(Into::into),
            attempt: call.attempt,
            sent_at_ns: call.sent_at.map(|time| time.0),
            holds_replies: call.holds_replies,
        }
    }
}

impl TryFrom<proto::GreetRequest> for GreetCall {
    type Error = WireError;

    fn try_from(message: proto::GreetRequest) -> Result<GreetCall, WireError> {
        Ok(GreetCall {
            branch: branch(message.branch, "branch")?,
            request: optional(message.request_id, "request_id")?,
            attempt: message.attempt,
            sent_at: message.sent_at_ns.map(Time),
            holds_replies: message.holds_replies,
        })
    }
}

impl From<GreetAnswer> for proto::GreetReply {
    fn from(GreetAnswer { greeting, sending }: GreetAnswer) -> proto::GreetReply {
        proto::GreetReply {
            branch: greeting.branch.0,
            incarnation: Some(greeting.incarnation.into()),
            sending: sending.map(Into::into),
        }
    }
}

impl TryFrom<proto::GreetReply> for GreetAnswer {
    type Error = WireError;

    fn try_from(message: proto::GreetReply) -> Result<GreetAnswer, WireError> {
        let greeting = Greeting {
            branch: branch(message.branch, "branch")?,
            incarnation: required(message.incarnation, "incarnation")?,
        };
        Ok(GreetAnswer { greeting, sending: message.sending.map(Into::into) })
    }
}
