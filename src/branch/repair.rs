//! Anti-entropy: the heartbeat that tells vectors, help for peers that lack a foreign origin's writes, and trimming of
//! what all are known to have.

use std::time::Duration;

use super::message::{PeerBody, WriteBatch};
use super::peer::Peer;
use super::relay::RelayedBatch;
use super::{Branch, Outbox, Serving};
use crate::model::{BranchId, Origin, Time, VersionVector, Write};

/// A helper further down the order waits longer, up to this many times as long.
const HELPERS_APART_MAX: u32 = 8;

/// Heartbeats that it takes at most until a helper has seen that a peer lacks something, and begins.
const HEARTBEATS_TO_NOTICE: u32 = 3;

impl Branch {
    pub(super) fn timeout(&mut self, now: Time, outbox: &mut Outbox) {
        self.expire(now, outbox);
        self.retransmit(now, outbox);
        self.transfer_timeout(now, outbox);
        self.watch_timeout(now, outbox);
        if self.heartbeat_at.is_some_and(|at| at <= now) {
            self.heartbeat_at = None;
            self.trim();
            self.release_idle_snapshots(now);
            self.repair(now, outbox);
            for index in 0..self.connected.len() {
                self.tell(now, self.connected[index], outbox);
                self.ask_standing(now, self.connected[index], outbox);
            }
        }
    }

    /// Drops the writes that every member has, by its own word; an origin has its own as long as it lasts. Members
    /// that are behind by too much do not count, as long as the others are a majority: any two majorities share a
    /// member, so that branches that were apart cannot have dropped what each of them alone had. That member must not
    /// have lost its state since: once anybody has, everybody counts.
    pub(super) fn trim(&mut self) {
        if self.pins_writes() {
            return;
        }
        let is_near = |peer: &Peer| {
            // Nobody lacks more than there is.
            self.log.len() <= self.config.limits.behind_max || self.is_near(peer)
        };
        let near: Vec<(&BranchId, &Peer)> = self.peers.iter().filter(|(_, peer)| is_near(peer)).collect();
        let is_majority = 2 * (near.len() + 1) > self.config.members.len();
        let somebody_forgot = self.lost_state || self.peers.values().any(Peer::has_lost_state);
        let counted = if is_majority && !somebody_forgot { near } else { self.peers.iter().collect() };
        let mut everyone: Vec<(Origin, u64)> =
            self.log.ends().map(|(origin, _)| (origin, u64::MAX)).collect();
        for (&id, peer) in counted {
            side_by_side(&mut everyone, &peer.has, |origin, least, has| {
                if !peer.is(id, origin) {
                    *least = has.min(*least);
                }
            });
        }
        self.log.trim(&everyone);
    }

    /// Whether a peer lacks few writes, and none that is trimmed here: that one has to be taken over from somebody who
    /// may lose it, so whoever lacks it cannot yet stand for those who have it.
    fn is_near(&self, peer: &Peer) -> bool {
        let mut lacking = 0;
        for (origin, here) in self.applied.iter() {
            let has = peer.has.get(origin);
            if has < here && has + 1 < self.log.first(origin).unwrap_or(here + 1) {
                return false;
            }
            lacking += here.saturating_sub(has);
        }
        lacking <= self.config.limits.behind_max as u64
    }

    /// Goes on with help for a peer, if some is under way and there is something to bring.
    pub(super) fn proceed(&mut self, now: Time, id: BranchId, origin: Origin, outbox: &mut Outbox) {
        let here = self.applied.get(origin);
        let Some(peer) = self.peers.get_mut(&id).filter(|peer| peer.connected) else { return };
        if let Some(errand) = peer.relays.proceed(origin, peer.has.get(origin), here, now)
            && let Some(writes) = self.log.run(origin, errand.first, self.config.limits.run_max)
        {
            self.run_errand(now, id, errand, writes, outbox);
        }
        self.note_help(id);
    }

    pub(super) fn needs_heartbeat(&self) -> bool {
        let is_untold = |id| self.peers.get(id).is_some_and(|peer| peer.is_untold(self.applied_version));
        let is_joining = matches!(self.serving, Serving::Joining { .. });
        is_joining || self.log.len() > 0 || self.connected.iter().any(is_untold)
    }

    /// How long it may take until every helper has had its turn.
    pub(super) fn helped_within(&self) -> Duration {
        let helpers = u32::try_from(self.peers.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let turns = helpers.clamp(1, HELPERS_APART_MAX);
        let longest = self.peers.keys().map(|&peer| self.patience_of_one(peer)).max().unwrap_or_default();
        let noticed = self.config.timing.heartbeat.saturating_mul(HEARTBEATS_TO_NOTICE);
        longest.saturating_mul(turns).saturating_add(noticed)
    }

    /// Tells the vector to a peer to whom no ack has carried its changes for a heartbeat.
    fn tell(&mut self, now: Time, id: BranchId, outbox: &mut Outbox) {
        let heartbeat = self.config.timing.heartbeat;
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.is_untold(self.applied_version) && now.since(peer.told_at()) >= heartbeat {
            self.tell_in_full(now, id, outbox);
        }
    }

    /// Tells the whole vector, whatever was told before: changes may have been lost, and what is lacking and trimmed is
    /// known by nothing else.
    pub(super) fn tell_in_full(&mut self, now: Time, id: BranchId, outbox: &mut Outbox) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let ack = peer.full_ack(now, &self.applied, self.applied_version);
        self.send(id, PeerBody::Ack(ack), outbox);
    }

    /// Helps peers that have lacked a foreign origin's writes for too long.
    fn repair(&mut self, now: Time, outbox: &mut Outbox) {
        let mut ends: Vec<(Origin, u64)> =
            self.log.ends().filter(|&(origin, _)| origin != self.origin).collect();
        let places: Vec<usize> = ends.iter().map(|&(origin, _)| self.place(origin.branch)).collect();
        for index in 0..self.connected.len() {
            let id = self.connected[index];
            for (origin, here, has, patience) in self.lagging(id, &mut ends, &places) {
                let Some(peer) = self.peers.get_mut(&id) else { continue };
                let Some(errand) = peer.relays.check(origin, has, here, now, patience) else { continue };
                // What was trimmed away cannot be sent: the peer is asked whether it has it by now, and told of it.
                let writes = self.log.run(origin, errand.first, self.config.limits.run_max);
                if writes.is_none() {
                    self.tell_in_full(now, id, outbox);
                }
                self.run_errand(now, id, errand, writes.unwrap_or_default(), outbox);
            }
            self.note_help(id);
        }
    }

    /// Of which origins a peer lacks writes, or did: what is here of them, what it has, and how long this branch waits
    /// before it helps. `places` are those of the branches of `ends`.
    fn lagging(
        &self,
        id: BranchId,
        ends: &mut [(Origin, u64)],
        places: &[usize],
    ) -> Vec<(Origin, u64, u64, Duration)> {
        let mut lagging = Vec::new();
        let Some(peer) = self.peers.get(&id) else { return lagging };
        let (one, from) = (self.patience_of_one(id), self.place(id));
        let patiences: [Duration; HELPERS_APART_MAX as usize + 1] =
            std::array::from_fn(|turns| one.saturating_mul(turns as u32));
        let mut places = places.iter();
        side_by_side(ends, &peer.has, |origin, &mut here, has| {
            let Some(&place) = places.next() else { return };
            if !peer.is(id, origin) && (has < here || peer.relays.watches(origin)) {
                lagging.push((origin, here, has, patiences[self.turns(from, place)]));
            }
        });
        lagging
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

    fn run_errand(
        &mut self,
        now: Time,
        id: BranchId,
        errand: RelayedBatch,
        writes: Vec<Write>,
        outbox: &mut Outbox,
    ) {
        let RelayedBatch { origin, first, copy } = errand;
        let run = WriteBatch { origin, first, copy, sent_at: now, writes };
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.relays.sent(origin, run.last());
        }
        self.counters.relayed_runs += 1;
        self.send(id, PeerBody::Run(run), outbox);
    }

    /// How many turns this branch waits before it helps the peer at place `from` with an origin of the branch at `to`:
    /// helpers stand in order of id, beginning behind the peer, and each waits one turn longer than the one before it.
    fn turns(&self, from: usize, to: usize) -> usize {
        let distance = |to: usize| if to >= from { to - from } else { to + self.ranks.len() - from };
        let mine = distance(self.place);
        let is_between = to != from && distance(to) < mine;
        (mine - usize::from(is_between)).min(HELPERS_APART_MAX as usize)
    }

    /// Where a member stands in the order of ids.
    fn place(&self, member: BranchId) -> usize {
        self.ranks.partition_point(|&other| other < member)
    }

    fn patience_of_one(&self, peer: BranchId) -> Duration {
        let timing = &self.config.timing;
        let round_trip = self.peers.get(&peer).and_then(|known| known.sender.smoothed_round_trip());
        timing.relay_after.max(round_trip.unwrap_or_default().saturating_mul(timing.relay_round_trips))
    }
}

/// Calls `look` with each entry of `ends`, which are in order of origins, and what `has` counts of that origin.
fn side_by_side(
    ends: &mut [(Origin, u64)],
    has: &VersionVector,
    mut look: impl FnMut(Origin, &mut u64, u64),
) {
    let mut has = has.cursor();
    for (origin, end) in ends {
        look(*origin, end, has.get(*origin));
    }
}
