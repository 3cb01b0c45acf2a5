//! The repair path to one peer: writes of other origins that it keeps lacking.
//!
//! Usually the origin itself brings its writes. If its link to the peer is cut, or it is down or gone, the peer's
//! vector does not move. Then a branch that has the writes becomes a *helper*: it sends a run, and the next as soon
//! as the peer's vector shows the last. Where no ack comes, it goes on with the next run after a while, since only
//! the link for acks may be cut. It stops once the peer has something that it did not bring, or reports that the
//! origin serves it again.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{Origin, Time, VersionVector};

/// Other origins' writes that one peer lacks, by its own acks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Relays {
    origins: BTreeMap<Origin, Relay>,
    /// With how many origins the peer is being helped.
    helped: usize,
    /// Batches so far: the copy number of the next one, so that each has a name of its own on the network.
    batches: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Relay {
    /// How many writes of the origin the peer has, by its acks.
    known: u64,
    /// Since when it has that and lacks more, or since when it was last helped.
    since: Time,
    /// Counter of the last write that was brought, while this branch helps.
    brought: Option<u64>,
}

/// A run to be sent: from `first` on, as many as fit.
#[derive(Debug, PartialEq, Eq)]
pub struct RelayedBatch {
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
        is_due.then(|| self.batch(origin, brought.unwrap_or(peer_has) + 1))
    }

    /// The next batch of an ongoing help, if it can go at once: something changed, here or there.
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
        is_next.then(|| self.batch(origin, peer_has + 1))
    }

    /// A batch of writes up to `last` was sent.
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

    /// Whether the peer lacked writes of `origin` when last checked, or is being helped.
    pub fn watches(&self, origin: Origin) -> bool {
        self.origins.contains_key(&origin)
    }

    /// The peer acknowledged `acked`, so that it has `has`; `here` is what this branch has. Returns the origins with
    /// which it is being helped: [`Relays::proceed`] is for those.
    pub fn hear(
        &mut self,
        acked: &VersionVector,
        has: &VersionVector,
        here: &VersionVector,
        now: Time,
    ) -> Vec<Origin> {
        let mut helped = Vec::new();
        if self.origins.is_empty() {
            return helped;
        }
        let mut acked = acked.iter().map(|(origin, _)| origin).peekable();
        let (mut has, mut here) = (has.cursor(), here.cursor());
        self.origins.retain(|&origin, relay| {
            while acked.next_if(|&other| other < origin).is_some() {}
            if acked.next_if(|&other| other == origin).is_none() {
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

    /// Forgets everything but the count of batches.
    pub fn clear(&mut self) {
        self.helped = 0;
        self.origins.clear();
    }

    /// Forgets an origin of which the peer lacks nothing, unless it is being helped: the next need starts from zero.
    fn forget_if_even(&mut self, origin: Origin, peer_has: u64, here: u64) {
        if peer_has >= here && self.origins.get(&origin).is_some_and(|relay| relay.brought.is_none()) {
            self.origins.remove(&origin);
        }
    }

    /// Counts an origin with which the peer was helped, or is from now on.
    fn count(&mut self, helped: bool, helps: bool) {
        self.helped = self.helped + usize::from(helps) - usize::from(helped);
    }

    fn batch(&mut self, origin: Origin, first: u64) -> RelayedBatch {
        let copy = self.batches;
        self.batches = self.batches.wrapping_add(1);
        RelayedBatch { origin, first, copy }
    }
}

impl Relay {
    /// Notes progress of the peer. Help ends if the peer has more than was brought.
    fn advance(&mut self, peer_has: u64, now: Time) {
        if peer_has > self.known {
            self.known = peer_has;
            self.since = now;
            self.brought = self.brought.filter(|&brought| peer_has <= brought);
        }
    }
}
