//! The decision of a network, and the simplest networks.

use std::sync::Arc;
use std::time::Duration;

use smallvec::{SmallVec, smallvec};

use super::{Leg, MessageInfo};

/// The network's decision about one message.
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
    /// The fate of this message. It is asked for once, when the message is sent.
    fn fate(&self, message: &MessageInfo) -> Fate;
}

impl<F: Fn(&MessageInfo) -> Fate + Send + Sync> Network for F {
    fn fate(&self, message: &MessageInfo) -> Fate {
        self(message)
    }
}

/// Delivers everything at once: the transport as it is.
pub fn perfect() -> Arc<dyn Network> {
    Arc::new(|_: &MessageInfo| Fate::at_once())
}

/// Delays every message of one leg by the same time, and no other.
pub fn constant_delay(leg: Leg, delay: Duration) -> Arc<dyn Network> {
    Arc::new(
        move |message: &MessageInfo| if message.leg == leg { Fate::after(delay) } else { Fate::at_once() },
    )
}
