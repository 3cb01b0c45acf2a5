//! Messages between branches.

use std::time::Duration;

use super::error::{FieldProblem, WireError, each, optional, positive, required};
use super::version::VectorMessage;
use super::{nanoseconds, proto};
use crate::branch::{Ack, BatchAck, PeerBody, PeerMessage, WriteBatch};
use crate::model::{AccountId, Amount, BranchId, Dot, Origin, Time, Write, WriteKind};

/// A message between branches, and what the network must know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The branch that sends; the message names its incarnation.
    pub from: BranchId,
    /// When it was sent, on the clock of the machine.
    pub sent_at: Time,
    /// The delay that the sender's network drew: it is handed over at `sent_at + delay`, not before.
    pub delay: Duration,
    pub message: PeerMessage,
}

impl From<Envelope> for proto::PeerMessage {
    fn from(Envelope { from, sent_at, delay, message }: Envelope) -> proto::PeerMessage {
        let sender = Origin { branch: from, incarnation: message.sender };
        let body = match message.body {
            PeerBody::Run(run) => proto::peer_message::Body::Run(run.into()),
            PeerBody::Ack(ack) => proto::peer_message::Body::Ack(ack.into()),
            PeerBody::Ask(ask) => proto::peer_message::Body::SnapshotAsk(ask.into()),
            PeerBody::Piece(piece) => proto::peer_message::Body::SnapshotPiece(piece.into()),
        };
        proto::PeerMessage {
            sender: Some(sender.into()),
            sent_at_ns: sent_at.0,
            delay_ns: nanoseconds(delay),
            body: Some(body),
        }
    }
}

impl TryFrom<proto::PeerMessage> for Envelope {
    type Error = WireError;

    fn try_from(message: proto::PeerMessage) -> Result<Envelope, WireError> {
        let sender: Origin = required(message.sender, "sender")?;
        let body = match message.body {
            None => return Err(WireError::missing("body")),
            Some(proto::peer_message::Body::Run(run)) => PeerBody::Run(required(Some(run), "run")?),
            Some(proto::peer_message::Body::Ack(ack)) => PeerBody::Ack(required(Some(ack), "ack")?),
            Some(proto::peer_message::Body::SnapshotAsk(ask)) => PeerBody::Ask(ask.into()),
            Some(proto::peer_message::Body::SnapshotPiece(piece)) => {
                PeerBody::Piece(required(Some(piece), "snapshot_piece")?)
            }
        };
        Ok(Envelope {
            from: sender.branch,
            sent_at: Time(message.sent_at_ns),
            delay: Duration::from_nanos(message.delay_ns),
            message: PeerMessage { sender: sender.incarnation, body },
        })
    }
}

impl From<WriteBatch> for proto::Run {
    fn from(WriteBatch { origin, first, copy, sent_at, writes }: WriteBatch) -> proto::Run {
        let dots = (first..).map(|counter| origin.dot(counter));
        debug_assert!(writes.iter().map(|write| write.dot).eq(dots.take(writes.len())), "a run has no gaps");
        proto::Run {
            origin: Some(origin.into()),
            first,
            copy,
            sent_at_ns: sent_at.0,
            writes: writes.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<proto::Run> for WriteBatch {
    type Error = WireError;

    fn try_from(message: proto::Run) -> Result<WriteBatch, WireError> {
        let origin: Origin = required(message.origin, "origin")?;
        let first = positive(message.first, "first")?;
        // So that the counter after the run is a number too.
        if first.checked_add(message.writes.len() as u64).is_none() {
            return Err(WireError::new("writes", FieldProblem::BeyondLastCounter));
        }
        let writes = each(message.writes.into_iter().zip(first..), "writes", |(entry, counter)| {
            write(entry, origin.dot(counter))
        })?;
        Ok(WriteBatch { origin, first, copy: message.copy, sent_at: Time(message.sent_at_ns), writes })
    }
}

/// Without the dot: the receiver knows it from the write's place in the run.
impl From<Write> for proto::RunWrite {
    fn from(Write { dot: _, request, account, kind, amount, after }: Write) -> proto::RunWrite {
        let kind = match kind {
            WriteKind::Deposit => proto::WriteKind::Deposit,
            WriteKind::Withdraw => proto::WriteKind::Withdraw,
        };
        proto::RunWrite {
            request: Some(request.into()),
            account: account.0,
            kind: kind.into(),
            amount: amount.get(),
            after: VectorMessage::field(after),
        }
    }
}

pub(super) fn write(message: proto::RunWrite, dot: Dot) -> Result<Write, WireError> {
    let kind = match proto::WriteKind::try_from(message.kind) {
        Ok(proto::WriteKind::Deposit) => WriteKind::Deposit,
        Ok(proto::WriteKind::Withdraw) => WriteKind::Withdraw,
        Ok(proto::WriteKind::Unspecified) => return Err(WireError::missing("kind")),
        Err(unknown) => return Err(WireError::new("kind", FieldProblem::UnknownValue(unknown.0))),
    };
    Ok(Write {
        dot,
        request: required(message.request, "request")?,
        account: AccountId(message.account),
        kind,
        amount: Amount::new(message.amount).ok_or_else(|| WireError::new("amount", FieldProblem::Zero))?,
        after: VectorMessage::vector(message.after, "after")?,
    })
}

impl From<Ack> for proto::Ack {
    fn from(Ack { number, applied, about, first_known }: Ack) -> proto::Ack {
        proto::Ack {
            number,
            applied: VectorMessage::field(applied),
            about: about.map(Into::into),
            first_known: first_known.map(Into::into),
        }
    }
}

impl TryFrom<proto::Ack> for Ack {
    type Error = WireError;

    fn try_from(message: proto::Ack) -> Result<Ack, WireError> {
        Ok(Ack {
            number: message.number,
            applied: VectorMessage::vector(message.applied, "applied")?,
            about: optional(message.about, "about")?,
            first_known: optional(message.first_known, "first_known")?,
        })
    }
}

impl From<BatchAck> for proto::About {
    fn from(BatchAck { origin, echo, held, duplicate, direct }: BatchAck) -> proto::About {
        let held = held.into_iter().map(|(first, last)| proto::CounterRange { first, last }).collect();
        proto::About { origin: Some(origin.into()), echo_ns: echo.0, held, duplicate, direct }
    }
}

impl TryFrom<proto::About> for BatchAck {
    type Error = WireError;

    fn try_from(message: proto::About) -> Result<BatchAck, WireError> {
        let count = message.held.len();
        if count > BatchAck::HELD_MAX {
            return Err(WireError::new("held", FieldProblem::TooMany { count, most: BatchAck::HELD_MAX }));
        }
        let held = each(message.held, "held", |range| {
            Ok((positive(range.first, "first")?, positive(range.last, "last")?))
        })?;
        if !rises(&held) {
            return Err(WireError::new("held", FieldProblem::NotRising));
        }
        Ok(BatchAck {
            origin: required(message.origin, "origin")?,
            echo: Time(message.echo_ns),
            held,
            duplicate: message.duplicate,
            direct: message.direct,
        })
    }
}

/// Whether no range ends before it begins, and each begins after its predecessor ended.
fn rises(ranges: &[(u64, u64)]) -> bool {
    ranges.iter().all(|(first, last)| first <= last) && ranges.is_sorted_by(|left, right| left.1 < right.0)
}
