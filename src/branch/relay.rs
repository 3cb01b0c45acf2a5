//! The repair path to one peer: writes of other origins that it keeps lacking.
//!
//! Usually the origin itself brings its writes. If its link to the peer is cut, or it is down or gone, the peer's
//! vector stands still, and a branch that has the writes becomes a *helper*: it sends a run, and the next as soon
//! as the peer's vector shows the last. Where no answer comes, it goes on with the next run after a while, since the
//! way back may be cut and not the way there. It stops once the peer has something that it did not bring, or says
//! that the origin serves it again.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{Origin, Time, VersionVector};

/// What one peer lacks of foreign origins, as far as it told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Relays {
    origins: BTreeMap<Origin, Relay>,
    /// With how many origins the peer is being helped.
    helped: usize,
    /// Errands so far: the copy number of the next one, so that each run has a name of its own on the network.
    errands: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Relay {
    /// What the peer has, by its own word.
    known: u64,
    /// Since when it has that and lacks more, or since when it was last helped.
    since: Time,
    /// Counter of the last write that was brought, while this branch helps.
    brought: Option<u64>,
}

/// A run to be sent: from `first` on, as many as fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RelayedBatch {
    pub origin: Origin,
    pub first: u64,
    pub copy: u32,
}

impl Relays {
    /// Compares what the peer has of `origin` with what is here. `patience` is how long this branch waits before
    /// it helps, or helps again.
    pub fn check(
        &mut self,
        origin: Origin,
        peer_has: u64,
        here: u64,
        now: Time,
        patience: Duration,
    ) -> Option<RelayedBatch> {
        self.forget_if_even(origin, peer_has, here);
        if peer_has >= here {
            return None;
        }
        let relay =
            self.origins.entry(origin).or_insert(Relay { known: peer_has, since: now, brought: None });
        let helped = relay.brought.is_some();
        relay.advance(peer_has, now);
        let brought = relay.brought.filter(|&brought| peer_has < brought && brought < here);
        let is_due = now.since(relay.since) >= patience;
        if is_due {
            relay.since = now;
            relay.brought.get_or_insert(peer_has);
        }
        let helps = relay.brought.is_some();
        self.count(helped, helps);
        is_due.then(|| self.errand(origin, brought.unwrap_or(peer_has) + 1))
    }

    /// Something changed, here or there: sends what an ongoing help can bring at once.
    pub fn proceed(&mut self, origin: Origin, peer_has: u64, here: u64, now: Time) -> Option<RelayedBatch> {
        self.forget_if_even(origin, peer_has, here);
        let relay = self.origins.get_mut(&origin)?;
        let helped = relay.brought.is_some();
        relay.advance(peer_has, now);
        let is_next = relay.brought.is_some_and(|brought| brought <= peer_has) && peer_has < here;
        if is_next {
            relay.since = now;
        }
        let helps = relay.brought.is_some();
        self.count(helped, helps);
        is_next.then(|| self.errand(origin, peer_has + 1))
    }

    /// An errand left with writes up to `last`.
    pub fn sent(&mut self, origin: Origin, last: u64) {
        if let Some(relay) = self.origins.get_mut(&origin) {
            let helped = relay.brought.replace(last).is_some();
            self.count(helped, true);
        }
    }

    /// The origin serves the peer itself.
    pub fn unneeded(&mut self, origin: Origin) {
        let relay = self.origins.remove(&origin);
        self.count(relay.is_some_and(|relay| relay.brought.is_some()), false);
    }

    /// Whether the peer lacked some of `origin` when last looked at, or is being helped.
    pub fn watches(&self, origin: Origin) -> bool {
        self.origins.contains_key(&origin)
    }

    /// The peer has told `told`, which makes what it has `has`; `here` is what is here. Returns the origins with which
    /// it is being helped: [`Relays::proceed`] is for those.
    pub fn hear(
        &mut self,
        told: &VersionVector,
        has: &VersionVector,
        here: &VersionVector,
        now: Time,
    ) -> Vec<Origin> {
        let mut helped = Vec::new();
        if self.origins.is_empty() {
            return helped;
        }
        let mut told = told.iter().map(|(origin, _)| origin).peekable();
        let (mut has, mut here) = (has.cursor(), here.cursor());
        self.origins.retain(|&origin, relay| {
            while told.next_if(|&other| other < origin).is_some() {}
            if told.next_if(|&other| other == origin).is_none() {
                return true;
            }
            if relay.brought.is_some() {
                helped.push(origin);
                return true;
            }
            let has = has.get(origin);
            relay.advance(has, now);
            has < here.get(origin)
        });
        helped
    }

    /// Whether this branch helps the peer with anything.
    pub fn helps(&self) -> bool {
        self.helped > 0
    }

    pub fn clear(&mut self) {
        self.helped = 0;
        self.origins.clear();
    }

    /// A peer that lacks nothing and is not being helped has had no need: its next one begins anew.
    fn forget_if_even(&mut self, origin: Origin, peer_has: u64, here: u64) {
        if peer_has >= here && self.origins.get(&origin).is_some_and(|relay| relay.brought.is_none()) {
            self.origins.remove(&origin);
        }
    }

    /// Whether the peer was being helped with one origin, and whether it is.
    fn count(&mut self, helped: bool, helps: bool) {
        self.helped = self.helped + usize::from(helps) - usize::from(helped);
    }

    fn errand(&mut self, origin: Origin, first: u64) -> RelayedBatch {
        let copy = self.errands;
        self.errands = self.errands.wrapping_add(1);
        RelayedBatch { origin, first, copy }
    }
}

impl Relay {
    fn advance(&mut self, peer_has: u64, now: Time) {
        if peer_has > self.known {
            self.known = peer_has;
            self.since = now;
            self.brought = self.brought.filter(|&brought| peer_has <= brought);
        }
    }
}
