//! The repair path to one peer: writes of other origins that it keeps lacking.
//!
//! Usually the origin itself brings its writes. If its link to the peer is cut, or it is down or gone, the peer's
//! vector stands still, and a branch that has the writes becomes a *helper*: it sends a run, and the next as soon
//! as the peer's vector shows the last. It stops once the peer has something that it did not bring, or answers
//! that it had it already.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{Origin, Time};

/// What one peer lacks of foreign origins, as far as it told.
#[derive(Debug, Default)]
pub(super) struct Relays {
    origins: BTreeMap<Origin, Relay>,
}

#[derive(Debug)]
struct Relay {
    /// What the peer has, by its own word.
    known: u64,
    /// Since when it has that and lacks more.
    since: Time,
    helping: Option<Help>,
}

#[derive(Debug)]
struct Help {
    sent_up_to: u64,
    /// How often a run beginning behind `known` was sent.
    copy: u32,
}

/// A run to be sent: from `first` on, as many as fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Errand {
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
    ) -> Option<Errand> {
        if peer_has >= here && !self.is_helping(origin) {
            self.origins.remove(&origin);
            return None;
        }
        let relay =
            self.origins.entry(origin).or_insert(Relay { known: peer_has, since: now, helping: None });
        relay.advance(peer_has, now);
        if peer_has >= here || now.since(relay.since) < patience {
            return None;
        }
        relay.since = now;
        let help = relay.helping.get_or_insert(Help { sent_up_to: peer_has, copy: 0 });
        let copy = help.copy;
        help.copy += 1;
        Some(Errand { origin, first: peer_has + 1, copy })
    }

    /// Something changed, here or there: sends what an ongoing help can bring at once.
    pub fn proceed(&mut self, origin: Origin, peer_has: u64, here: u64, now: Time) -> Option<Errand> {
        let relay = self.origins.get_mut(&origin)?;
        relay.advance(peer_has, now);
        let help = relay.helping.as_mut()?;
        if peer_has >= here || help.sent_up_to > peer_has {
            return None;
        }
        relay.since = now;
        help.copy = 1;
        Some(Errand { origin, first: peer_has + 1, copy: 0 })
    }

    /// An errand left with writes up to `last`.
    pub fn sent(&mut self, origin: Origin, last: u64) {
        if let Some(help) = self.origins.get_mut(&origin).and_then(|relay| relay.helping.as_mut()) {
            help.sent_up_to = last;
        }
    }

    /// The peer had what was brought: somebody else serves it.
    pub fn unneeded(&mut self, origin: Origin) {
        self.origins.remove(&origin);
    }

    pub fn clear(&mut self) {
        self.origins.clear();
    }

    fn is_helping(&self, origin: Origin) -> bool {
        self.origins.get(&origin).is_some_and(|relay| relay.helping.is_some())
    }
}

impl Relay {
    fn advance(&mut self, peer_has: u64, now: Time) {
        if peer_has <= self.known {
            return;
        }
        self.known = peer_has;
        self.since = now;
        match &mut self.helping {
            Some(help) if peer_has > help.sent_up_to => self.helping = None,
            Some(help) => help.copy = 0,
            None => {}
        }
    }
}
