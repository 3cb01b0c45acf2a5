//! Networks that tests make: cut links, delays that reorder, losses, copies.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use readback::network::{Endpoint, Fate, Identity, Leg, MessageInfo, Network};

/// Links between branches that are cut, both ways, until they are healed. Customers reach every branch.
pub struct Cut {
    links: Vec<(u32, u32)>,
    whole: AtomicBool,
}

impl Cut {
    pub fn new(links: &[(u32, u32)]) -> Arc<Cut> {
        Arc::new(Cut { links: links.to_vec(), whole: AtomicBool::new(false) })
    }

    pub fn heal(&self) {
        self.whole.store(true, Ordering::Relaxed);
    }
}

impl Network for Cut {
    fn fate(&self, message: &MessageInfo) -> Fate {
        let cut = match (message.from, message.to) {
            (Endpoint::Branch(from), Endpoint::Branch(to)) => {
                self.links.contains(&(from.0, to.0)) || self.links.contains(&(to.0, from.0))
            }
            (Endpoint::Customer(_), _) | (_, Endpoint::Customer(_)) => false,
        };
        if cut && !self.whole.load(Ordering::Relaxed) { Fate::Drop } else { Fate::at_once() }
    }
}

/// Loses what of customers' messages `lost` says, by the operation's number and the attempt.
pub fn losing(leg: Leg, lost: impl Fn(u64, u32) -> bool + Send + Sync + 'static) -> Arc<dyn Network> {
    Arc::new(move |message: &MessageInfo| match message.identity {
        Identity::Call { request, attempt } if message.leg == leg && lost(request.number, attempt) => {
            Fate::Drop
        }
        Identity::Call { .. }
        | Identity::Run { .. }
        | Identity::Ack { .. }
        | Identity::Ask { .. }
        | Identity::Piece { .. } => Fate::at_once(),
    })
}

/// Delays every run by up to `longest`, each on its own, so that runs overtake each other; and those of the link
/// `late` by ten times `longest` more.
pub fn reordering(longest: Duration, late: (u32, u32)) -> Arc<dyn Network> {
    Arc::new(move |message: &MessageInfo| match message.leg {
        Leg::Replicate => {
            let is_late = (branch(message.from), branch(message.to)) == late;
            let least = if is_late { 10 * longest } else { Duration::ZERO };
            Fate::after(least + longest * share(message, 1000) / 1000)
        }
        Leg::Request | Leg::Reply | Leg::Ack => Fate::at_once(),
    })
}

/// Delivers every message on every leg twice, the copy somewhat later.
pub fn doubling() -> Arc<dyn Network> {
    Arc::new(|message: &MessageInfo| {
        let later = Duration::from_millis(u64::from(1 + share(message, 4)));
        Fate::Deliver([Duration::ZERO, later].into_iter().collect())
    })
}

/// Loses a fifth of what branches send each other.
pub fn leaking() -> Arc<dyn Network> {
    Arc::new(|message: &MessageInfo| match message.leg {
        Leg::Replicate | Leg::Ack if share(message, 5) == 0 => Fate::Drop,
        Leg::Request | Leg::Reply | Leg::Replicate | Leg::Ack => Fate::at_once(),
    })
}

/// A number below `parts` that depends on nothing but the message's name, without what each run draws afresh.
fn share(message: &MessageInfo, parts: u32) -> u32 {
    let name = match message.identity {
        Identity::Call { request, attempt } => (0, request.number, attempt),
        Identity::Run { origin, first, copy } => (origin.branch.0, first, copy),
        Identity::Ack { number } | Identity::Ask { number } | Identity::Piece { number } => (0, number, 0),
    };
    let mut hasher = DefaultHasher::new();
    (branch(message.from), branch(message.to), message.leg, name).hash(&mut hasher);
    u32::try_from(hasher.finish() % u64::from(parts)).expect("a remainder is below its divisor")
}

fn branch(end: Endpoint) -> u32 {
    match end {
        Endpoint::Branch(branch) => branch.0,
        Endpoint::Customer(_) => 0,
    }
}
