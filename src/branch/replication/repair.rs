//! Anti-entropy: vectors on the heartbeat, help for peers that lack another origin's writes, and trimming of the
//! writes that all members have.

use std::time::Duration;

use super::peer::Peer;
use super::relays::RelayedBatch;
use super::{Replication, ReplicationHandler};
use crate::branch::Config;
use crate::branch::config::Timing;
use crate::branch::message::{PeerBody, WriteBatch};
use crate::branch::store::Store;
use crate::branch::transfer::StateTransfer;
use crate::model::{BranchId, Origin, Time, VersionVector, Write};

/// A helper further down the order waits longer, up to this many times as long.
const HELPERS_APART_MAX: u32 = 8;

/// Heartbeats that it takes at most until a helper has seen that a peer lacks something, and begins.
const HEARTBEATS_TO_NOTICE: u32 = 3;

/// Writes of one origin that a peer lacks, or lacked when last checked.
struct Lag {
    origin: Origin,
    /// How many of its writes are here, and how many the peer has.
    here: u64,
    peer_has: u64,
    /// How long this branch waits before it helps.
    patience: Duration,
}

impl Replication {
    /// Whether the heartbeat is due; if so, it is no longer.
    pub fn take_heartbeat(&mut self, now: Time) -> bool {
        self.heartbeat_at.take_if(|at| *at <= now).is_some()
    }

    /// Drops the writes that every member has, by its own acks; an origin has its own as long as it lasts.
    ///
    /// Members that are behind by too much do not count, as long as the others are a majority: any two majorities
    /// share a member, so that branches that were apart cannot have dropped what each of them alone had. That member
    /// must not have lost its state since: once any member has, all count.
    pub fn trim(&self, store: &mut Store, transfer: &StateTransfer, config: &Config) {
        if transfer.pins_writes() {
            return;
        }
        let behind_max = config.limits.behind_max;
        // No peer lacks more than there is.
        let is_near = |peer: &Peer| store.log.len() <= behind_max || is_near(peer, store, behind_max);
        let near: Vec<(&BranchId, &Peer)> = self.peers.iter().filter(|(_, peer)| is_near(peer)).collect();
        let is_majority = 2 * (near.len() + 1) > config.members.len();
        let some_lost_state = transfer.lost_state || self.peers.values().any(Peer::has_lost_state);
        let counted = if is_majority && !some_lost_state { near } else { self.peers.iter().collect() };
        // Per origin, the least that a counted member has.
        let mut had_by_all: Vec<(Origin, u64)> =
            store.log.ends().map(|(origin, _)| (origin, u64::MAX)).collect();
        for (&id, peer) in counted {
            side_by_side(&mut had_by_all, &peer.has, |origin, least, has| {
                if !peer.is(id, origin) {
                    *least = has.min(*least);
                }
            });
        }
        store.log.trim(&had_by_all);
    }

    /// How long it may take until every helper has had its turn.
    pub fn helped_within(&self, timing: &Timing) -> Duration {
        let helpers = u32::try_from(self.peers.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let turns = helpers.clamp(1, HELPERS_APART_MAX);
        let longest = self.peers.values().map(|peer| patience_of_one(peer, timing)).max().unwrap_or_default();
        let noticed = timing.heartbeat.saturating_mul(HEARTBEATS_TO_NOTICE);
        longest.saturating_mul(turns).saturating_add(noticed)
    }

    /// Notes whether the peer is being helped, after anything that may have changed it.
    pub(super) fn note_help(&mut self, id: BranchId) {
        let helps = self.peers.get(&id).is_some_and(|peer| peer.relays.helps());
        if helps {
            self.helping.insert(id);
        } else {
            self.helping.remove(&id);
        }
    }

    /// Compares the ends of the log, `ends`, with what a peer has. `places` are those of the branches of `ends`.
    fn lags(&self, id: BranchId, ends: &mut [(Origin, u64)], places: &[usize], timing: &Timing) -> Vec<Lag> {
        let mut lags = Vec::new();
        let Some(peer) = self.peers.get(&id) else { return lags };
        let (one, from) = (patience_of_one(peer, timing), self.place(id));
        let patiences: [Duration; HELPERS_APART_MAX as usize + 1] =
            std::array::from_fn(|turns| one.saturating_mul(turns as u32));
        let mut places = places.iter();
        side_by_side(ends, &peer.has, |origin, &mut here, peer_has| {
            let Some(&place) = places.next() else { return };
            if !peer.is(id, origin) && (peer_has < here || peer.relays.watches(origin)) {
                lags.push(Lag { origin, here, peer_has, patience: patiences[self.turns(from, place)] });
            }
        });
        lags
    }

    /// How many turns this branch waits before it helps the peer at place `from` with an origin of the branch at `to`:
    /// helpers are in order of id, beginning behind the peer, and each waits one turn longer than the one before it.
    fn turns(&self, from: usize, to: usize) -> usize {
        let distance = |to: usize| if to >= from { to - from } else { to + self.ranks.len() - from };
        let mine = distance(self.place);
        let is_between = to != from && distance(to) < mine;
        (mine - usize::from(is_between)).min(HELPERS_APART_MAX as usize)
    }

    /// The place of a member in the order of ids.
    fn place(&self, member: BranchId) -> usize {
        self.ranks.partition_point(|&other| other < member)
    }
}

impl ReplicationHandler<'_> {
    /// Continues the help for a peer with writes of `origin`, if some is under way and there is something to bring.
    pub(super) fn proceed(&mut self, id: BranchId, origin: Origin) {
        let here = self.store.applied.get(origin);
        let Some(peer) = self.replication.peers.get_mut(&id).filter(|peer| peer.connected) else { return };
        if let Some(batch) = peer.relays.proceed(origin, peer.has.get(origin), here, self.now)
            && let Some(writes) = self.store.log.run(origin, batch.first, self.config.limits.run_max)
        {
            self.relay(id, batch, writes);
        }
        self.replication.note_help(id);
    }

    pub(super) fn needs_heartbeat(&self) -> bool {
        let Replication { peers, connected, .. } = &*self.replication;
        let lacks_changes = |id| peers.get(id).is_some_and(|peer| peer.lacks_changes(self.store));
        self.transfer.is_joining() || self.store.log.len() > 0 || connected.iter().any(lacks_changes)
    }

    /// Sends the vector to a peer if no ack has carried its changes for a heartbeat.
    pub fn refresh(&mut self, id: BranchId) {
        let Some(peer) = self.replication.peers.get_mut(&id) else { return };
        let is_late = self.now.since(peer.acked_at) >= self.config.timing.heartbeat;
        if is_late && peer.lacks_changes(self.store) {
            self.send_vector(id);
        }
    }

    /// Sends the whole vector, whatever was sent before: changes may have been lost, and nothing else shows a peer that
    /// it lacks writes which are trimmed here.
    pub(super) fn send_vector(&mut self, id: BranchId) {
        let Some(peer) = self.replication.peers.get_mut(&id) else { return };
        let ack = peer.full_ack(self.now, self.store);
        self.send(id, PeerBody::Ack(ack));
    }

    /// Helps peers that have lacked another origin's writes for too long.
    pub fn repair(&mut self) {
        let own = self.store.own;
        let mut ends: Vec<(Origin, u64)> =
            self.store.log.ends().filter(|&(origin, _)| origin != own).collect();
        let places: Vec<usize> =
            ends.iter().map(|&(origin, _)| self.replication.place(origin.branch)).collect();
        for index in 0..self.replication.connected.len() {
            let id = self.replication.connected[index];
            for lag in self.replication.lags(id, &mut ends, &places, &self.config.timing) {
                let Lag { origin, here, peer_has, patience } = lag;
                let Some(peer) = self.replication.peers.get_mut(&id) else { continue };
                let Some(batch) = peer.relays.check(origin, peer_has, here, self.now, patience) else {
                    continue;
                };
                // Trimmed writes cannot be sent: the peer learns of them from the vector, and a probe asks it what it
                // has by now.
                let writes = self.store.log.run(origin, batch.first, self.config.limits.run_max);
                if writes.is_none() {
                    self.send_vector(id);
                }
                self.relay(id, batch, writes.unwrap_or_default());
            }
            self.replication.note_help(id);
        }
    }

    fn relay(&mut self, id: BranchId, batch: RelayedBatch, writes: Vec<Write>) {
        let RelayedBatch { origin, first, copy } = batch;
        let run = WriteBatch { origin, first, copy, sent_at: self.now, writes };
        if let Some(peer) = self.replication.peers.get_mut(&id) {
            peer.relays.sent(origin, run.last());
        }
        self.counters.batches_relayed += 1;
        self.send(id, PeerBody::Run(run));
    }
}

/// Whether a peer lacks few writes, and none that is trimmed here. A trimmed one has to come from a member that may
/// lose it, so a peer that lacks one does not count yet.
fn is_near(peer: &Peer, store: &Store, behind_max: usize) -> bool {
    let mut lacking = 0;
    for (origin, here) in store.applied.iter() {
        let has = peer.has.get(origin);
        if has < here && has + 1 < store.log.first(origin).unwrap_or(here + 1) {
            return false;
        }
        lacking += here.saturating_sub(has);
    }
    lacking <= behind_max as u64
}

/// How long a peer may lack writes before the first helper brings them.
fn patience_of_one(peer: &Peer, timing: &Timing) -> Duration {
    let round_trip = peer.sender.smoothed_round_trip().unwrap_or_default();
    timing.relay_after.max(round_trip.saturating_mul(timing.relay_round_trips))
}

/// Calls `visit` with each entry of `ends`, which are in order of origins, and what `has` counts of that origin.
fn side_by_side(
    ends: &mut [(Origin, u64)],
    has: &VersionVector,
    mut visit: impl FnMut(Origin, &mut u64, u64),
) {
    let mut has = has.cursor();
    for (origin, end) in ends {
        visit(*origin, end, has.get(*origin));
    }
}
