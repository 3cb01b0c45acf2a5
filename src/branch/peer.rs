//! What a branch knows of one other branch, per incarnation of it.

use super::changes::Changes;
use super::config::{Config, Timing};
use super::message::{Ack, BatchAck};
use super::relay::Relays;
use super::sender::Sender;
use crate::model::{BranchId, Incarnation, Origin, Time, VersionVector};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Peer {
    /// Whether this branch's stream to the peer stands.
    pub connected: bool,
    /// The latest incarnation heard from; messages of earlier ones are ignored.
    pub incarnation: Option<Incarnation>,
    /// The first one heard from, which the peer is told: another one has lost state.
    pub first_known: Option<Incarnation>,
    /// What the peer has applied, by its own word.
    pub has: VersionVector,
    pub sender: Sender,
    pub relays: Relays,
    /// An ack that waits until what it answers is synced.
    pub due: Option<AwaitedAck>,
    /// The last run that the peer brought of its own writes.
    pub own_run: Option<OwnRun>,
    /// Which state of this branch's vector the peer was told on this stream, by its number, and when last; `None` on a
    /// new stream.
    told_version: Option<u64>,
    told_at: Time,
    /// The sender's timeout, as the branch knows it.
    pub armed: Option<Time>,
    acks: u64,
    /// Pieces of snapshots that were asked of the peer, and given to it.
    pub asks: u64,
    pub pieces: u64,
}

/// A run that an origin brought itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct OwnRun {
    pub at: Time,
    pub last: u64,
    /// Somebody had brought it before.
    pub duplicate: bool,
}

/// The run that the next ack answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct AwaitedAck {
    pub origin: Origin,
    pub first: u64,
    pub echo: Time,
    pub duplicate: bool,
    /// Not to wait until what the run brought is synced.
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
            told_version: None,
            told_at: Time::default(),
            armed: None,
            acks: 0,
            asks: 0,
            pieces: 0,
        }
    }

    /// Whether an earlier life of the peer left its state.
    pub fn has_lost_state(&self) -> bool {
        self.incarnation.zip(self.first_known).is_some_and(|(present, first)| present != first)
    }

    /// Notes which incarnation speaks. Returns whether it is to be listened to.
    pub fn hear(&mut self, now: Time, sender: Incarnation, timing: &Timing) -> bool {
        match self.incarnation {
            Some(known) if sender < known => return false,
            Some(known) if sender > known => {
                self.has = VersionVector::new();
                self.told_version = None;
                self.due = None;
                self.sender.forget(now, timing);
                self.relays.clear();
            }
            Some(_) | None => {}
        }
        self.incarnation = Some(sender);
        self.first_known.get_or_insert(sender);
        self.sender.heard(now);
        true
    }

    /// Whether this peer, `id`, is the present incarnation that `origin` names: it has all its own writes.
    pub fn is(&self, id: BranchId, origin: Origin) -> bool {
        id == origin.branch && self.incarnation == Some(origin.incarnation)
    }

    /// The stream to the peer is new: what was on the old one may be lost, and the peer is told everything.
    pub fn connect(&mut self, now: Time, origin: Origin) {
        self.connected = true;
        self.told_version = None;
        self.sender.restart(now, self.has.get(origin));
        self.relays.clear();
    }

    pub fn disconnect(&mut self) {
        self.connected = false;
        self.due = None;
    }

    /// Which state of the vector the peer was told last.
    pub fn told_version(&self) -> Option<u64> {
        self.told_version
    }

    /// Whether the vector has changed since the peer was last told.
    pub fn is_untold(&self, version: u64) -> bool {
        self.told_version != Some(version)
    }

    pub fn told_at(&self) -> Time {
        self.told_at
    }

    /// The whole vector: on a new stream, and when no ack has carried a change for a heartbeat.
    pub fn full_ack(&mut self, now: Time, applied: &VersionVector, version: u64) -> Ack {
        self.ack(now, applied.clone(), version)
    }

    /// What changed since the last ack.
    pub fn changes(&mut self, now: Time, applied: &VersionVector, changes: &Changes, version: u64) -> Ack {
        let changed = changes.since(self.told_version, applied);
        self.ack(now, changed, version)
    }

    /// What changed, and the answer to a run: its origin is named even if nothing changed, since the ack that said
    /// so may have been lost.
    pub fn answer(
        &mut self,
        now: Time,
        changed: VersionVector,
        version: u64,
        due: AwaitedAck,
        held: Vec<(u64, u64)>,
        direct: bool,
    ) -> Ack {
        let about = BatchAck { origin: due.origin, echo: due.echo, held, duplicate: due.duplicate, direct };
        Ack { about: Some(about), ..self.ack(now, changed, version) }
    }

    fn ack(&mut self, now: Time, changed: VersionVector, version: u64) -> Ack {
        self.told_version = Some(version);
        self.told_at = now;
        self.acks += 1;
        Ack { number: self.acks, applied: changed, about: None, first_known: self.first_known }
    }
}
