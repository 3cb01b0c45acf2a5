//! One message on its way: the question to a network for its fate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{BranchId, Origin, RequestId, SessionId, Time};

/// One directed hop of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// From a customer to a branch.
    Request,
    /// From a branch to a customer.
    Reply,
    /// From branch to branch: a batch of writes, or a chunk of a snapshot.
    Replicate,
    /// From branch to branch: an acknowledgement of what was received and applied, or a request for a chunk.
    Ack,
}

/// One end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// A branch.
    Branch(BranchId),
    /// A customer, by its session.
    Customer(SessionId),
}

/// The direction from one end to another; the opposite one is another link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// The sender.
    pub from: Endpoint,
    /// The receiver.
    pub to: Endpoint,
}

/// A message's name, from which its fate is drawn: the same message meets the same fate whatever else is
/// sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// A request or its reply.
    Call {
        /// The request.
        request: RequestId,
        /// Counts from 0.
        attempt: u32,
    },
    /// A batch of writes.
    Run {
        /// The origin of the writes.
        origin: Origin,
        /// The counter of the first.
        first: u64,
        /// How often the batch was sent to this peer before.
        copy: u32,
    },
    /// An acknowledgement.
    Ack {
        /// Its number from this branch to this peer.
        number: u64,
    },
    /// A request for a chunk of a snapshot.
    Ask {
        /// Its number from this branch to this peer.
        number: u64,
    },
    /// A chunk of a snapshot.
    Piece {
        /// Its number from this branch to this peer.
        number: u64,
    },
}

/// One message on its way over one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageInfo {
    /// The sender.
    pub from: Endpoint,
    /// The receiver.
    pub to: Endpoint,
    /// The kind of hop.
    pub leg: Leg,
    /// The name from which its fate is drawn.
    pub identity: Identity,
    /// When it is sent, on the clock of the network's start.
    pub sent_at: Time,
}

impl Leg {
    /// All legs.
    pub const ALL: [Leg; 4] = [Leg::Request, Leg::Reply, Leg::Replicate, Leg::Ack];
}

impl Link {
    /// The link from one branch to another.
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
    /// The link that it takes.
    pub fn link(&self) -> Link {
        Link { from: self.from, to: self.to }
    }
}
