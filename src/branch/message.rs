//! The messages between branches: runs of writes one way, acks the other; and a state that is taken over, in pieces
//! that are requested one by one.

use std::fmt;

use crate::model::{Incarnation, Origin, Snapshot, Time, VersionVector, Write};

/// A message between two branches, with the incarnation that sent it: what is known of a peer is known of one
/// incarnation of it, and messages of an ended one are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeerMessage {
    /// The incarnation of the branch that sent it.
    pub sender: Incarnation,
    /// The message itself.
    pub body: PeerBody,
}

/// The kinds of messages between branches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PeerBody {
    /// Writes, or a probe.
    Run(WriteBatch),
    /// The writes that the sender has applied.
    Ack(Ack),
    /// A request for a piece of a snapshot.
    Ask(SnapshotRequest),
    /// A piece of a snapshot.
    Piece(SnapshotChunk),
}

/// Consecutive writes of one origin, from `first` on. Without writes it is a probe, which asks for an ack.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WriteBatch {
    /// Who accepted the writes.
    pub origin: Origin,
    /// Counter of the first write.
    pub first: u64,
    /// How often a run beginning with `first` was sent to this peer before: part of its name on the network.
    pub copy: u32,
    /// When this copy was sent, on the sender's clock. The ack echoes it (as RFC 7323 does), so that a round trip
    /// can be measured on a retransmission too.
    pub sent_at: Time,
    /// The writes, in order of their counters.
    pub writes: Vec<Write>,
}

/// The writes that the sender has applied, and the answer to a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ack {
    /// Rises by one with every ack from this branch to this peer: its name on the network.
    pub number: u64,
    /// The vector of applied, hence synced, writes: only what changed since the last ack on this stream, and the
    /// origin that is acknowledged. Entries are absolute, so a lost ack does no harm to a later one.
    pub applied: VersionVector,
    /// The run that is acknowledged, if one is.
    pub about: Option<BatchAck>,
    /// The incarnation of the receiver that the sender first knew, if it knew any.
    pub first_known: Option<Incarnation>,
}

/// Which run an ack answers, and which writes of that origin are received and not yet applied.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BatchAck {
    /// The origin of the run.
    pub origin: Origin,
    /// [`WriteBatch::sent_at`] of the latest run received.
    pub echo: Time,
    /// Received but not applied: ranges of counters, both ends included, rising; at most [`BatchAck::HELD_MAX`].
    pub held: Vec<(u64, u64)>,
    /// Whether that run held nothing new.
    pub duplicate: bool,
    /// Whether the origin itself has brought writes of late, so that a helper is not needed.
    pub direct: bool,
}

/// A request for a piece of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotRequest {
    /// Rises by one with every request from this branch to this peer: its name on the network.
    pub number: u64,
    /// The transfer that it belongs to, by the count of the branch that asks. With the first request of a transfer the
    /// peer freezes its state.
    pub transfer: u64,
    /// Which piece, from 0.
    pub index: u32,
}

/// The answer to a [`SnapshotRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotChunk {
    /// Rises by one with every piece from this branch to this peer: its name on the network.
    pub number: u64,
    /// The [`SnapshotRequest::transfer`] that it answers.
    pub transfer: u64,
    /// `None`: the sender has no state to give, since it is joining, or is about to end.
    pub part: Option<SnapshotPart>,
}

/// A piece of a frozen state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotPart {
    /// Which state: a number that rises with every one that the sender freezes. It need not be the state that was
    /// requested: in the place of one that was dropped the sender freezes a new one.
    pub snapshot: u64,
    /// Which piece, from 0.
    pub index: u32,
    /// How many pieces there are.
    pub count: u32,
    /// Some of the accounts or of the kept writes, and the whole vector with the first piece.
    pub content: Snapshot,
}

impl BatchAck {
    /// The most ranges that an ack names; writes of further ones count as not received.
    pub const HELD_MAX: usize = 32;
}

impl WriteBatch {
    /// Counter of the last write; for a probe, the one before `first`.
    pub fn last(&self) -> u64 {
        self.first + self.writes.len() as u64 - 1
    }
}

impl fmt::Display for PeerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerBody::Run(run) => run.fmt(f),
            PeerBody::Ack(ack) => ack.fmt(f),
            PeerBody::Ask(ask) => ask.fmt(f),
            PeerBody::Piece(piece) => piece.fmt(f),
        }
    }
}

impl fmt::Display for WriteBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.writes.len() {
            0 => write!(f, "probe {}", self.origin.dot(self.first))?,
            1 => write!(f, "run {}", self.origin.dot(self.first))?,
            _ => write!(f, "run {}-{}", self.origin.dot(self.first), self.last())?,
        }
        if self.copy > 0 {
            write!(f, " copy {}", self.copy)?;
        }
        Ok(())
    }
}

impl fmt::Display for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ack {}", self.applied)?;
        if let Some(about) = &self.about {
            for (first, last) in &about.held {
                write!(f, " held {}-{last}", about.origin.dot(*first))?;
            }
            if about.duplicate {
                f.write_str(" duplicate")?;
            }
            if about.direct {
                f.write_str(" direct")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for SnapshotRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ask {} for piece {}", self.transfer, self.index + 1)
    }
}

impl fmt::Display for SnapshotChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            None => write!(f, "answer {}: no state", self.transfer),
            Some(part) => write!(f, "answer {}: {part}", self.transfer),
        }
    }
}

impl fmt::Display for SnapshotPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SnapshotPart { snapshot, index, count, content } = self;
        write!(f, "snapshot {snapshot} piece {}/{count}", index + 1)?;
        if *index == 0 {
            write!(f, " {}", content.applied)?;
        }
        for (account, balance) in &content.balances {
            write!(f, " {account}={balance}")?;
        }
        for write in &content.kept {
            write!(f, " keep {}", write.dot)?;
        }
        Ok(())
    }
}
