//! The other branches: messages in and out, repair of what a peer lacks, and trimming of what all have.

use std::time::Duration;

use super::message::{Ack, PeerBody, PeerMessage, Run};
use super::peer::Due;
use super::relay::Errand;
use super::sender::Departure;
use super::unsynced::Effect;
use super::{Branch, Outbox, Serving};
use crate::model::{BranchId, Incarnation, Origin, Record, Time};

/// A helper further down the order waits longer, up to this many times as long.
const HELPERS_APART_MAX: u32 = 8;

impl Branch {
    pub(super) fn connected(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        let origin = self.origin;
        let Some(known) = self.peers.get_mut(&peer) else { return };
        known.connect(origin);
        let ack = known.full_ack(now, &self.applied);
        self.send(peer, PeerBody::Ack(ack), outbox);
    }

    pub(super) fn disconnected(&mut self, peer: BranchId) {
        if let Some(known) = self.peers.get_mut(&peer) {
            known.disconnect();
        }
    }

    pub(super) fn peer_message(
        &mut self,
        now: Time,
        from: BranchId,
        message: PeerMessage,
        outbox: &mut Outbox,
    ) {
        let timing = &self.config.timing;
        let listened = self.peers.get_mut(&from).is_some_and(|peer| peer.hear(now, message.sender, timing));
        match message.body {
            PeerBody::Run(run) if listened && self.config.members.contains(&run.origin.branch) => {
                self.run(from, run, outbox);
            }
            PeerBody::Ack(ack) if listened => self.ack(now, from, ack, outbox),
            PeerBody::Run(_) | PeerBody::Ack(_) => self.counters.ignored_messages += 1,
        }
    }

    pub(super) fn timeout(&mut self, now: Time, outbox: &mut Outbox) {
        self.expire(now, outbox);
        self.retransmit(now, outbox);
        if self.heartbeat_at.is_some_and(|at| at <= now) {
            self.heartbeat_at = None;
            self.trim();
            self.repair(now, outbox);
            self.tell(now, outbox);
        }
    }

    /// After every input: runs that may leave, acks whose run is applied, and the next heartbeat if one is needed.
    pub(super) fn settle_peers(&mut self, now: Time, outbox: &mut Outbox) {
        let peers: Vec<BranchId> = self.connected_peers().collect();
        for peer in peers {
            self.fill(now, peer, outbox);
            self.answer(now, peer, outbox);
        }
        if self.heartbeat_at.is_none() && self.needs_heartbeat() {
            self.heartbeat_at = Some(now + self.config.timing.heartbeat);
        }
    }

    /// Writes of `origin` became visible: peers that are helped get them, and its branch hears of it even if the
    /// run that is answered next was not its own.
    pub(super) fn spread(&mut self, now: Time, origin: Origin, outbox: &mut Outbox) {
        if origin == self.origin {
            return;
        }
        if let Some(peer) = self.peers.get_mut(&origin.branch)
            && peer.is(origin.branch, origin)
            && peer.due.is_none_or(|due| due.origin != origin)
        {
            let ack = peer.changes(now, &self.applied);
            self.send(origin.branch, PeerBody::Ack(ack), outbox);
        }
        let peers: Vec<BranchId> = self.connected_peers().collect();
        for peer in peers {
            self.proceed(now, peer, origin, outbox);
        }
    }

    /// Drops the writes that every member has, by its own word; an origin has its own as long as it lasts.
    pub(super) fn trim(&mut self) {
        let peers = &self.peers;
        let others = |origin: Origin| peers.iter().filter(move |(id, peer)| !peer.is(**id, origin));
        self.log
            .trim(|origin| others(origin).map(|(_, peer)| peer.has.get(origin)).min().unwrap_or(u64::MAX));
    }

    fn run(&mut self, from: BranchId, run: Run, outbox: &mut Outbox) {
        let (origin, echo) = (run.origin, run.sent_at);
        let is_probe = run.writes.is_empty();
        let received = self.intake.receive(run);
        let duplicate = received.duplicate && !is_probe;
        self.counters.duplicate_runs += u64::from(duplicate);
        self.counters.early_given_up += received.given_up as u64;
        for write in received.staged {
            self.append(Record::Write(write.clone()), Effect::Foreign { write }, outbox);
        }
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.due = Some(Due { origin, echo, duplicate, at_once: duplicate || is_probe });
        }
    }

    fn ack(&mut self, now: Time, from: BranchId, ack: Ack, outbox: &mut Outbox) {
        self.learn_standing(now, from, ack.first_known, outbox);
        let own = self.origin;
        let Some(peer) = self.peers.get_mut(&from) else { return };
        peer.has.merge(&ack.applied);
        let about_own = ack.about.as_ref().filter(|about| about.origin == own);
        peer.sender.acknowledged(now, ack.number, peer.has.get(own), about_own);
        if let Some(about) = ack.about.filter(|about| about.origin != own && about.duplicate) {
            peer.relays.unneeded(about.origin);
        }
        for (origin, _) in ack.applied.iter() {
            self.proceed(now, from, origin, outbox);
        }
        self.retransmit(now, outbox);
    }

    /// A peer says which incarnation of this branch it first knew. Another one than this has left its state.
    fn learn_standing(
        &mut self,
        now: Time,
        from: BranchId,
        first_known: Option<Incarnation>,
        outbox: &mut Outbox,
    ) {
        if first_known.is_some_and(|first| first != self.origin.incarnation) {
            if self.serving != Serving::Stopping {
                self.stop_serving(Serving::StateLost, now, outbox);
            }
        } else if let Serving::Joining(unheard) = &mut self.serving {
            unheard.remove(&from);
            if unheard.is_empty() {
                self.serving = Serving::Yes;
            }
        }
    }

    fn fill(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        let last = self.applied.get(self.origin);
        let departures = self.peers.get_mut(&peer).map(|known| known.sender.fill(now, last));
        self.depart(now, peer, departures.unwrap_or_default(), outbox);
    }

    fn retransmit(&mut self, now: Time, outbox: &mut Outbox) {
        let peers: Vec<BranchId> = self.connected_peers().collect();
        for peer in peers {
            let departures =
                self.peers.get_mut(&peer).map(|known| known.sender.overdue(now)).unwrap_or_default();
            self.counters.retransmitted_runs += departures.len() as u64;
            self.depart(now, peer, departures, outbox);
        }
    }

    /// Sends runs of own writes. What was trimmed away cannot be sent: the peer has it, or has lost its state.
    fn depart(&mut self, now: Time, peer: BranchId, departures: Vec<Departure>, outbox: &mut Outbox) {
        for Departure { first, count, copy } in departures {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let writes = if count == 0 { Some(Vec::new()) } else { self.log.run(self.origin, first, count) };
            let Some(writes) = writes else { continue };
            self.send(
                peer,
                PeerBody::Run(Run { origin: self.origin, first, copy, sent_at: now, writes }),
                outbox,
            );
        }
    }

    /// Answers the last run of a peer once what it brought is synced. A duplicate and a probe are answered at once,
    /// so that their sender learns what is held meanwhile.
    fn answer(&mut self, now: Time, from: BranchId, outbox: &mut Outbox) {
        let Some(peer) = self.peers.get_mut(&from) else { return };
        let Some(due) = peer.due else { return };
        let applied = self.applied.get(due.origin);
        if self.intake.staged(due.origin) > applied && !due.at_once {
            return;
        }
        peer.due = None;
        let held = self.intake.held(due.origin, applied);
        let ack = peer.answer(now, &self.applied, due, held);
        self.send(from, PeerBody::Ack(ack), outbox);
    }

    /// Tells the vector to peers to whom no ack has carried its changes for a heartbeat.
    fn tell(&mut self, now: Time, outbox: &mut Outbox) {
        let heartbeat = self.config.timing.heartbeat;
        let peers: Vec<BranchId> = self.connected_peers().collect();
        for id in peers {
            let Some(peer) = self.peers.get_mut(&id) else { continue };
            if peer.is_untold(&self.applied) && now.since(peer.told_at()) >= heartbeat {
                let ack = peer.full_ack(now, &self.applied);
                self.send(id, PeerBody::Ack(ack), outbox);
            }
        }
    }

    /// Helps peers that have lacked a foreign origin's writes for too long.
    fn repair(&mut self, now: Time, outbox: &mut Outbox) {
        let peers: Vec<BranchId> = self.connected_peers().collect();
        for id in peers {
            let ends: Vec<(Origin, u64)> = self.log.ends().collect();
            for (origin, here) in ends {
                let patience = self.patience(id, origin);
                let Some(peer) = self.peers.get_mut(&id) else { continue };
                if origin == self.origin || peer.is(id, origin) {
                    continue;
                }
                let errand = peer.relays.check(origin, peer.has.get(origin), here, now, patience);
                self.run_errand(now, id, errand, outbox);
            }
        }
    }

    fn proceed(&mut self, now: Time, id: BranchId, origin: Origin, outbox: &mut Outbox) {
        let here = self.applied.get(origin);
        let Some(peer) = self.peers.get_mut(&id).filter(|peer| peer.connected) else { return };
        let errand = peer.relays.proceed(origin, peer.has.get(origin), here, now);
        self.run_errand(now, id, errand, outbox);
    }

    fn run_errand(&mut self, now: Time, id: BranchId, errand: Option<Errand>, outbox: &mut Outbox) {
        let Some(Errand { origin, first, copy }) = errand else { return };
        let Some(writes) = self.log.run(origin, first, self.config.limits.run_max) else { return };
        let run = Run { origin, first, copy, sent_at: now, writes };
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.relays.sent(origin, run.last());
        }
        self.counters.relayed_runs += 1;
        self.send(id, PeerBody::Run(run), outbox);
    }

    /// How long this branch waits before it helps `peer` with `origin`: helpers stand in order of id, beginning
    /// behind the peer, and each waits one turn longer than the one before it.
    fn patience(&self, peer: BranchId, origin: Origin) -> Duration {
        let timing = &self.config.timing;
        let round_trip = self.peers.get(&peer).and_then(|known| known.sender.smoothed_round_trip());
        let measured = round_trip.unwrap_or_default() * timing.relay_round_trips;
        let behind = |from: Option<BranchId>, to: Option<BranchId>| {
            let candidates = self.config.members.iter().copied().filter(|&m| m != origin.branch && m != peer);
            candidates.filter(|&m| from.is_none_or(|f| m > f) && to.is_none_or(|t| m < t)).count()
        };
        let me = self.origin.branch;
        let ahead = match me > peer {
            true => behind(Some(peer), Some(me)),
            false => behind(Some(peer), None) + behind(None, Some(me)),
        };
        let turns = u32::try_from(ahead + 1).unwrap_or(u32::MAX).min(HELPERS_APART_MAX);
        timing.relay_after.max(measured) * turns
    }

    fn needs_heartbeat(&self) -> bool {
        let untold = self.peers.values().any(|peer| peer.connected && peer.is_untold(&self.applied));
        untold || self.log.len() > 0
    }

    fn connected_peers(&self) -> impl Iterator<Item = BranchId> + '_ {
        self.peers.iter().filter(|(_, peer)| peer.connected).map(|(&id, _)| id)
    }

    fn send(&self, to: BranchId, body: PeerBody, outbox: &mut Outbox) {
        if self.peers.get(&to).is_some_and(|peer| peer.connected) {
            outbox.messages.push((to, PeerMessage { sender: self.origin.incarnation, body }));
        }
    }
}
