//! What the network does to one message: its **fate**, decided apart from its application.
//!
//! A [`Network`] is asked once for every message on every leg, with the message's identity, and answers with a
//! [`Fate`]. Whoever carries messages (`live` today) applies it: the receiver holds a message until its send time
//! plus the drawn delay, so that transport time is inside the delay. Nothing here knows a clock, a socket or a
//! branch; a fate may depend on nothing but its arguments and the network's own seed.
//!
//! A closure is a network too, which is how tests cut links.

mod fidelity;

use std::sync::Arc;
use std::time::Duration;

pub use fidelity::Fidelity;

use smallvec::{SmallVec, smallvec};

use crate::model::{BranchId, Origin, RequestId, SessionId, Time};

/// One directed hop of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leg {
    /// Customer to branch.
    Request,
    /// Branch to customer.
    Reply,
    /// Branch to branch: a run of writes.
    Replicate,
    /// Branch to branch: what was received and applied.
    Ack,
}

impl Leg {
    pub const ALL: [Leg; 4] = [Leg::Request, Leg::Reply, Leg::Replicate, Leg::Ack];
}

/// One end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    Branch(BranchId),
    Customer(SessionId),
}

/// A message's name, from which its fate is drawn: the same message meets the same fate whatever else is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// A request or its reply. `attempt` counts from 0.
    Call { request: RequestId, attempt: u32 },
    /// A run of writes: its origin, first counter, and how often it was sent to this peer before.
    Run { origin: Origin, first: u64, copy: u32 },
    /// An ack, by its number from this branch to this peer.
    Ack { number: u64 },
}

/// One message on its way over one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    pub from: Endpoint,
    pub to: Endpoint,
    pub leg: Leg,
    pub identity: Identity,
    pub sent_at: Time,
}

/// What the network does to one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Delivered once per delay, each counted from the send time; several delays: duplicated.
    Deliver(SmallVec<[Duration; 1]>),
    /// Never delivered.
    Drop,
}

impl Fate {
    /// Delivered once, as fast as the transport can.
    pub fn at_once() -> Fate {
        Fate::after(Duration::ZERO)
    }

    /// Delivered once, `delay` after it was sent.
    pub fn after(delay: Duration) -> Fate {
        Fate::Deliver(smallvec![delay])
    }
}

/// Decides the fate of every message.
pub trait Network: Send + Sync {
    fn fate(&self, passage: &Passage) -> Fate;
}

impl<F: Fn(&Passage) -> Fate + Send + Sync> Network for F {
    fn fate(&self, passage: &Passage) -> Fate {
        self(passage)
    }
}

/// Delivers everything at once: the transport as it is.
pub fn perfect() -> Arc<dyn Network> {
    Arc::new(|_: &Passage| Fate::at_once())
}

/// Delays every message of one leg by the same time, and no other.
pub fn constant_delay(leg: Leg, delay: Duration) -> Arc<dyn Network> {
    Arc::new(move |passage: &Passage| if passage.leg == leg { Fate::after(delay) } else { Fate::at_once() })
}
