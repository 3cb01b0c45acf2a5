//! One message on its way: what a network is told when it is asked for a fate.

use crate::model::{BranchId, Origin, RequestId, SessionId, Time};

/// One directed hop of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leg {
    /// Customer to branch.
    Request,
    /// Branch to customer.
    Reply,
    /// Branch to branch: a run of writes, or a piece of a snapshot: what brings writes, at length.
    Replicate,
    /// Branch to branch: what was received and applied, or an ask for a piece: what is had and lacked, in short.
    Ack,
}

/// One end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    Branch(BranchId),
    Customer(SessionId),
}

/// The way from one end to another; the way back is another link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    pub from: Endpoint,
    pub to: Endpoint,
}

/// A message's name, from which its fate is drawn: the same message meets the same fate whatever else is
/// sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// A request or its reply. `attempt` counts from 0.
    Call { request: RequestId, attempt: u32 },
    /// A run of writes: its origin, first counter, and how often it was sent to this peer before.
    Run { origin: Origin, first: u64, copy: u32 },
    /// An ack, by its number from this branch to this peer.
    Ack { number: u64 },
    /// An ask for a piece of a snapshot, likewise.
    Ask { number: u64 },
    /// A piece of a snapshot, likewise.
    Piece { number: u64 },
}

/// One message on its way over one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageInfo {
    pub from: Endpoint,
    pub to: Endpoint,
    pub leg: Leg,
    pub identity: Identity,
    pub sent_at: Time,
}

impl Leg {
    pub const ALL: [Leg; 4] = [Leg::Request, Leg::Reply, Leg::Replicate, Leg::Ack];
}

impl Link {
    /// The way from one branch to another.
    pub fn between(from: BranchId, to: BranchId) -> Link {
        Link { from: Endpoint::Branch(from), to: Endpoint::Branch(to) }
    }

    /// Both ends, if both are branches.
    pub fn branches(self) -> Option<(BranchId, BranchId)> {
        match (self.from, self.to) {
            (Endpoint::Branch(from), Endpoint::Branch(to)) => Some((from, to)),
            (Endpoint::Branch(_), Endpoint::Customer(_)) | (Endpoint::Customer(_), _) => None,
        }
    }

    /// Whether `branch` is one of the ends.
    pub fn touches(self, branch: BranchId) -> bool {
        [self.from, self.to].contains(&Endpoint::Branch(branch))
    }
}

impl MessageInfo {
    pub fn link(&self) -> Link {
        Link { from: self.from, to: self.to }
    }
}
