//! One peer, as far as this branch knows it. Most of that holds for one incarnation of it.

use super::relays::Relays;
use super::sender::Sender;
use crate::branch::config::{Config, Timing};
use crate::branch::message::{Ack, BatchAck};
use crate::branch::store::Store;
use crate::model::{BranchId, Incarnation, Origin, Time, VersionVector};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Peer {
    /// Whether this branch's stream to the peer is open.
    pub connected: bool,
    /// The latest incarnation heard from; messages of earlier ones are ignored.
    pub incarnation: Option<Incarnation>,
    /// The first one heard from. Acks carry it, so that a later one learns that it lost state.
    pub first_known: Option<Incarnation>,
    /// The writes that the peer has applied, by its acks.
    pub has: VersionVector,
    pub sender: Sender,
    pub relays: Relays,
    /// An ack that waits until what it answers is synced.
    pub due: Option<AwaitedAck>,
    /// The last run that the peer brought of its own writes.
    pub own_run: Option<OwnRun>,
    /// The number of the state of this branch's vector that the peer was last sent; `None` on a new stream.
    sent_version: Option<u64>,
    /// When the last ack was sent.
    pub acked_at: Time,
    /// The sender's timeout that [`DirtyPeers`](super::DirtyPeers) holds.
    pub armed: Option<Time>,
    /// Acks sent so far: the number of the last.
    acks: u64,
}

/// Whose message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// An ended incarnation, or a branch outside the cluster: the message is ignored.
    Ended,
    /// The incarnation that was known, or the first to be heard from.
    Present,
    /// A new incarnation of a peer that was known.
    New,
}

/// A run that an origin brought itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OwnRun {
    pub at: Time,
    pub last: u64,
    /// A helper had brought it before.
    pub duplicate: bool,
}

/// The run that the next ack answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AwaitedAck {
    pub origin: Origin,
    pub first: u64,
    pub echo: Time,
    pub duplicate: bool,
    /// The ack does not wait until what the run brought is synced.
    pub at_once: bool,
}

impl Peer {
    pub fn new(config: &Config) -> Peer {
        Peer {
            connected: false,
            incarnation: None,
            first_known: None,
            has: VersionVector::new(),
            sender: Sender::new(config),
            relays: Relays::default(),
            due: None,
            own_run: None,
            sent_version: None,
            acked_at: Time::default(),
            armed: None,
            acks: 0,
        }
    }

    /// Whether an earlier life of the peer left its state.
    pub fn has_lost_state(&self) -> bool {
        self.incarnation.zip(self.first_known).is_some_and(|(present, first)| present != first)
    }

    /// Notes which incarnation speaks. A new one makes void what was known of the old.
    pub fn hear(&mut self, now: Time, sender: Incarnation, timing: &Timing) -> Speaker {
        let speaker = match self.incarnation {
            Some(known) if sender < known => return Speaker::Ended,
            Some(known) if sender > known => {
                self.has = VersionVector::new();
                self.sent_version = None;
                self.due = None;
                self.sender.forget(now, timing);
                self.relays.clear();
                Speaker::New
            }
            Some(_) | None => Speaker::Present,
        };
        self.incarnation = Some(sender);
        self.first_known.get_or_insert(sender);
        self.sender.heard(now);
        speaker
    }

    /// Whether this peer, `id`, is the present incarnation that `origin` names: it has all its own writes.
    pub fn is(&self, id: BranchId, origin: Origin) -> bool {
        id == origin.branch && self.incarnation == Some(origin.incarnation)
    }

    /// The stream to the peer is new: what was on the old one may be lost, and the next ack carries the whole vector.
    pub fn connect(&mut self, now: Time, own: Origin) {
        self.connected = true;
        self.sent_version = None;
        self.sender.restart(now, self.has.get(own));
        self.relays.clear();
    }

    /// The stream to the peer broke.
    pub fn disconnect(&mut self) {
        self.connected = false;
        self.due = None;
    }

    /// Whether the vector has changed since the last ack.
    pub fn lacks_changes(&self, store: &Store) -> bool {
        self.sent_version != Some(store.version())
    }

    /// The whole vector: on a new stream, and when no ack has carried a change for a heartbeat.
    pub fn full_ack(&mut self, now: Time, store: &Store) -> Ack {
        self.ack(now, store, store.applied.clone())
    }

    /// An ack of the entries that changed since the last one.
    pub fn changes(&mut self, now: Time, store: &Store) -> Ack {
        self.ack(now, store, store.changes_since(self.sent_version))
    }

    /// An ack of the changed entries that also answers a run. Its origin is named even if nothing changed, since an
    /// earlier ack that did may have been lost.
    pub fn answer(
        &mut self,
        now: Time,
        store: &Store,
        due: AwaitedAck,
        held: Vec<(u64, u64)>,
        direct: bool,
    ) -> Ack {
        let mut changed = store.changes_since(self.sent_version);
        changed.raise(due.origin, store.applied.get(due.origin));
        let about = BatchAck { origin: due.origin, echo: due.echo, held, duplicate: due.duplicate, direct };
        Ack { about: Some(about), ..self.ack(now, store, changed) }
    }

    fn ack(&mut self, now: Time, store: &Store, applied: VersionVector) -> Ack {
        self.sent_version = Some(store.version());
        self.acked_at = now;
        self.acks += 1;
        Ack { number: self.acks, applied, about: None, first_known: self.first_known }
    }
}
