//! A request on its way from a customer to a branch.

use std::time::Duration;

use super::error::{FieldProblem, WireError, optional, required};
use super::ids::branch;
use super::{nanoseconds, proto};
use crate::model::{AccountId, Amount, Guarantees, Operation, Request, Time, WriteKind};

/// A request, and what the network must know of the message that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingCall {
    pub request: Request,
    /// Which try of this operation it is, from 0.
    pub attempt: u32,
    /// When it was sent, on the clock of the machine; `None` from a customer that does not say it.
    pub sent_at: Option<Time>,
    /// The customer holds the reply until its drawn delay is over; else the branch does.
    pub holds_replies: bool,
}

/// A call as a message of the RPC that it belongs to, in a box: on its way to the socket it is passed on many times.
#[derive(Debug, Clone, PartialEq)]
pub enum CallMessage {
    Deposit(Box<proto::DepositRequest>),
    Withdraw(Box<proto::WithdrawRequest>),
    Query(Box<proto::QueryRequest>),
}

impl From<IncomingCall> for CallMessage {
    fn from(call: IncomingCall) -> CallMessage {
        let operation = call.request.operation;
        let header = Some(header(call));
        match operation {
            Operation::Write { kind: WriteKind::Deposit, account: AccountId(account), amount } => {
                CallMessage::Deposit(proto::DepositRequest { header, account, amount: amount.get() }.into())
            }
            Operation::Write { kind: WriteKind::Withdraw, account: AccountId(account), amount } => {
                CallMessage::Withdraw(proto::WithdrawRequest { header, account, amount: amount.get() }.into())
            }
            Operation::Query { account: AccountId(account) } => {
                CallMessage::Query(proto::QueryRequest { header, account }.into())
            }
        }
    }
}

fn header(IncomingCall { request, attempt, sent_at, holds_replies }: IncomingCall) -> proto::RequestHeader {
    proto::RequestHeader {
        branch: request.branch.0,
        incarnation: request.incarnation.map(Into::into),
        request_id: Some(request.id.into()),
        token: Some(request.token.into()),
        guarantees: Some(request.guarantees.into()),
        max_wait_ns: nanoseconds(request.max_wait),
        attempt,
        sent_at_ns: sent_at.map(|time| time.0),
        holds_replies,
    }
}

impl TryFrom<proto::DepositRequest> for IncomingCall {
    type Error = WireError;

    fn try_from(message: proto::DepositRequest) -> Result<IncomingCall, WireError> {
        call(message.header, write(WriteKind::Deposit, message.account, message.amount)?)
    }
}

impl TryFrom<proto::WithdrawRequest> for IncomingCall {
    type Error = WireError;

    fn try_from(message: proto::WithdrawRequest) -> Result<IncomingCall, WireError> {
        call(message.header, write(WriteKind::Withdraw, message.account, message.amount)?)
    }
}

impl TryFrom<proto::QueryRequest> for IncomingCall {
    type Error = WireError;

    fn try_from(message: proto::QueryRequest) -> Result<IncomingCall, WireError> {
        call(message.header, Operation::Query { account: AccountId(message.account) })
    }
}

fn write(kind: WriteKind, account: u64, amount: u64) -> Result<Operation, WireError> {
    let amount = Amount::new(amount).ok_or_else(|| WireError::new("amount", FieldProblem::Zero))?;
    Ok(Operation::Write { kind, account: AccountId(account), amount })
}

fn call(header: Option<proto::RequestHeader>, operation: Operation) -> Result<IncomingCall, WireError> {
    let header = header.ok_or_else(|| WireError::missing("header"))?;
    call_of_header(header, operation).map_err(|error| error.within("header"))
}

fn call_of_header(header: proto::RequestHeader, operation: Operation) -> Result<IncomingCall, WireError> {
    let request = Request {
        branch: branch(header.branch, "branch")?,
        id: required(header.request_id, "request_id")?,
        incarnation: optional(header.incarnation, "incarnation")?,
        operation,
        token: optional(header.token, "token")?.unwrap_or_default(),
        guarantees: header.guarantees.map(Guarantees::from).unwrap_or_default(),
        max_wait: Duration::from_nanos(header.max_wait_ns),
    };
    let (attempt, holds_replies) = (header.attempt, header.holds_replies);
    Ok(IncomingCall { request, attempt, sent_at: header.sent_at_ns.map(Time), holds_replies })
}

impl From<Guarantees> for proto::Guarantees {
    fn from(wanted: Guarantees) -> proto::Guarantees {
        proto::Guarantees {
            read_your_writes: wanted.read_your_writes,
            monotonic_reads: wanted.monotonic_reads,
            monotonic_writes: wanted.monotonic_writes,
            writes_follow_reads: wanted.writes_follow_reads,
        }
    }
}

impl From<proto::Guarantees> for Guarantees {
    fn from(message: proto::Guarantees) -> Guarantees {
        Guarantees {
            read_your_writes: message.read_your_writes,
            monotonic_reads: message.monotonic_reads,
            monotonic_writes: message.monotonic_writes,
            writes_follow_reads: message.writes_follow_reads,
        }
    }
}
