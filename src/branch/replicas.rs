//! The other branches: messages in and out, and the fast path of this branch's own writes.

use super::message::{Ack, PeerBody, PeerMessage, WriteBatch};
use super::peer::{AwaitedAck, OwnRun};
use super::sender::Departure;
use super::unsynced::SyncEffect;
use super::{Branch, Outbox, Serving};
use crate::model::{Amount, BranchId, Incarnation, Origin, Record, Time, Write, mutated};

impl Branch {
    pub(super) fn connected(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        let (origin, version) = (self.origin, self.applied_version);
        let Some(known) = self.peers.get_mut(&peer) else { return };
        known.connect(now, origin);
        let ack = known.full_ack(now, &self.applied, version);
        self.connected.retain(|&other| other != peer);
        self.connected.push(peer);
        self.note_help(peer);
        self.stirred.peer(peer);
        self.send(peer, PeerBody::Ack(ack), outbox);
        self.ask_standing(now, peer, outbox);
        self.giver_connected(now, outbox);
    }

    pub(super) fn disconnected(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        self.connected.retain(|&other| other != peer);
        if let Some(known) = self.peers.get_mut(&peer) {
            known.disconnect();
        }
        self.due.retain(|&other| other != peer);
        self.rearm(peer);
        self.giver_gone(now, peer, outbox);
    }

    pub(super) fn peer_message(
        &mut self,
        now: Time,
        from: BranchId,
        message: PeerMessage,
        outbox: &mut Outbox,
    ) {
        if mutated!(self.config, WaitersExhaust) && self.parking.len() >= 4 {
            return;
        }
        let timing = &self.config.timing;
        let known = self.peers.get(&from).and_then(|peer| peer.incarnation);
        let listened = self.peers.get_mut(&from).is_some_and(|peer| peer.hear(now, message.sender, timing));
        self.note_help(from);
        self.stirred.peer(from);
        if listened && known.is_some_and(|known| known != message.sender) {
            self.giver_gone(now, from, outbox);
        }
        match message.body {
            PeerBody::Run(run) if listened && self.admits(&run) => self.run(now, from, run, outbox),
            PeerBody::Ack(ack) if listened && self.believes(&ack) => self.ack(now, from, ack, outbox),
            PeerBody::Ask(ask) if listened => self.asked(now, from, &ask, outbox),
            PeerBody::Piece(piece) if listened => self.piece(now, from, piece, outbox),
            PeerBody::Run(_) | PeerBody::Ack(_) | PeerBody::Ask(_) | PeerBody::Piece(_) => {
                self.counters.ignored_messages += 1;
            }
        }
    }

    /// After an input that may have changed what is applied, known or connected: runs that may leave, acks whose run
    /// is applied, and the next heartbeat if one is needed.
    pub(super) fn settle_peers(&mut self, now: Time, outbox: &mut Outbox) {
        for peer in self.take_stirred() {
            self.fill(now, peer, outbox);
            self.answer(now, peer, outbox);
            self.rearm(peer);
        }
        if self.heartbeat_at.is_none() && self.needs_heartbeat() {
            self.heartbeat_at = Some(now + self.config.timing.heartbeat);
        }
    }

    /// Writes of `origin` became visible: peers that are helped get them, and its branch hears of it, unless the run
    /// that brought them is about to be answered.
    pub(super) fn spread(&mut self, now: Time, origin: Origin, outbox: &mut Outbox) {
        if origin == self.origin {
            return;
        }
        let answered_soon = self.intake.staged(origin) == self.applied.get(origin);
        if let Some(peer) = self.peers.get_mut(&origin.branch)
            && peer.is(origin.branch, origin)
            && !(answered_soon && peer.due.is_some_and(|due| due.origin == origin))
        {
            let ack = peer.changes(now, &self.applied, &self.changes, self.applied_version);
            self.send(origin.branch, PeerBody::Ack(ack), outbox);
        }
        if !self.helping.is_empty() {
            for peer in self.in_order(self.helping.iter().copied().collect()) {
                self.proceed(now, peer, origin, outbox);
            }
        }
    }

    /// Sends again what is overdue at every peer.
    pub(super) fn retransmit(&mut self, now: Time, outbox: &mut Outbox) {
        for peer in self.overdue_peers(now) {
            self.retransmit_to(now, peer, outbox);
            self.rearm(peer);
        }
    }

    pub(super) fn send(&self, to: BranchId, body: PeerBody, outbox: &mut Outbox) {
        if self.peers.get(&to).is_some_and(|peer| peer.connected) {
            outbox.messages.push((to, PeerMessage { sender: self.origin.incarnation, body }));
        }
    }

    /// A branch that does not yet know whether the cluster knew it before asks with a probe: the ack tells.
    pub(super) fn ask_standing(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        let Serving::Joining { unheard, asked, .. } = &mut self.serving else { return };
        if unheard.contains(&peer) {
            *asked += 1;
            let (first, copy) = (self.applied.get(self.origin) + 1, *asked);
            let probe = WriteBatch { origin: self.origin, first, copy, sent_at: now, writes: Vec::new() };
            self.send(peer, PeerBody::Run(probe), outbox);
        }
    }

    /// Whether a run speaks of this cluster. One that does not comes of a member that was configured differently.
    fn admits(&self, run: &WriteBatch) -> bool {
        let accounts = self.ledger.accounts();
        self.config.members.contains(&run.origin.branch)
            && run.writes.iter().all(|write| write.account.0 < accounts)
    }

    /// Whether an ack may be true: nobody has writes of this branch that it has not.
    fn believes(&self, ack: &Ack) -> bool {
        ack.applied.get(self.origin) <= self.applied.get(self.origin)
    }

    fn run(&mut self, now: Time, from: BranchId, run: WriteBatch, outbox: &mut Outbox) {
        let (origin, echo, first, last) = (run.origin, run.sent_at, run.first, run.last());
        let is_probe = run.writes.is_empty();
        if mutated!(self.config, AppliedOverGap) && !is_probe {
            self.intake.note(origin, first.saturating_sub(1));
        }
        let received = self.intake.receive(run);
        let duplicate = received.duplicate && !is_probe;
        self.counters.duplicate_runs += u64::from(duplicate);
        self.counters.early_given_up += received.given_up as u64;
        for write in received.staged {
            self.append(Record::Write(write.clone()), SyncEffect::Foreign { write }, outbox);
        }
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.due = Some(AwaitedAck { origin, first, echo, duplicate, at_once: duplicate || is_probe });
            if !self.due.contains(&from) {
                self.due.push(from);
            }
            if origin.branch == from && !is_probe {
                peer.own_run = Some(OwnRun { at: now, last, duplicate });
            }
        }
    }

    fn ack(&mut self, now: Time, from: BranchId, ack: Ack, outbox: &mut Outbox) {
        self.learn_standing(now, from, &ack, outbox);
        let own = self.origin;
        let Some(peer) = self.peers.get_mut(&from) else { return };
        peer.has.merge(&ack.applied);
        let about_own = ack.about.as_ref().filter(|about| about.origin == own);
        peer.sender.acknowledged(now, ack.number, peer.has.get(own), about_own);
        if let Some(about) = ack.about.filter(|about| about.direct) {
            peer.relays.unneeded(about.origin);
        }
        let helped = peer.relays.hear(&ack.applied, &peer.has, &self.applied, now);
        self.note_help(from);
        for origin in helped {
            self.proceed(now, from, origin, outbox);
        }
        if self.watch.is_none() && !self.applied.dominates(&ack.applied) {
            self.watch_for_help(now);
        }
        self.retransmit_to(now, from, outbox);
    }

    /// A peer tells which incarnation of this branch it first knew, and which it has writes of. Another one than this
    /// has left its state, which a peer has to bring. A branch that joins may serve once every peer has known it from
    /// the first as it is.
    fn learn_standing(&mut self, now: Time, from: BranchId, ack: &Ack, outbox: &mut Outbox) {
        let own = self.origin;
        let mut written =
            ack.applied.iter().map(|(origin, _)| origin).filter(|origin| origin.branch == own.branch);
        let earlier_wrote = written.any(|origin| origin != own);
        let known_otherwise = ack.first_known.is_some_and(|first| first != own.incarnation);
        match &mut self.serving {
            Serving::Joining { .. } if earlier_wrote || known_otherwise => self.join_anew(now, outbox),
            Serving::Yes if known_otherwise && !self.took_state_over => self.join_anew(now, outbox),
            Serving::Joining { unheard, .. } if ack.first_known.is_some() => {
                unheard.remove(&from);
                if unheard.is_empty() {
                    self.serving = Serving::Yes;
                    self.append(Record::Joined, SyncEffect::Noted, outbox);
                }
            }
            Serving::Yes | Serving::Joining { .. } | Serving::Installing | Serving::Stopping => {}
        }
    }

    /// The cluster knew this branch before: it serves nobody until it has a peer's state.
    fn join_anew(&mut self, now: Time, outbox: &mut Outbox) {
        self.stop_serving(Serving::Installing, now, outbox);
        self.want_snapshot(now, outbox);
    }

    fn fill(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        let last = self.applied.get(self.origin);
        let first = self.log.first(self.origin).unwrap_or(last + 1);
        let departures = self.peers.get_mut(&peer).map(|known| known.sender.fill(now, first, last));
        self.depart(now, peer, departures.unwrap_or_default(), outbox);
    }

    fn retransmit_to(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        let departures = self.peers.get_mut(&peer).map(|known| known.sender.overdue(now)).unwrap_or_default();
        self.counters.retransmitted_runs += departures.len() as u64;
        self.depart(now, peer, departures, outbox);
    }

    /// Sends runs of own writes. What was trimmed away cannot be sent: the peer is asked whether it has it by now.
    fn depart(&mut self, now: Time, peer: BranchId, departures: Vec<Departure>, outbox: &mut Outbox) {
        for Departure { first, count, copy } in departures {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let writes = if count == 0 { None } else { self.log.run(self.origin, first, count) };
            if count > 0 && writes.is_none() {
                self.tell_in_full(now, peer, outbox);
            }
            let mut writes = writes.unwrap_or_default();
            if mutated!(self.config, AbsoluteBalances) {
                writes.iter_mut().for_each(|write| self.put_balance(write));
            }
            let run = WriteBatch { origin: self.origin, first, copy, sent_at: now, writes };
            self.send(peer, PeerBody::Run(run), outbox);
        }
    }

    /// Puts the balance in the place of the amount, if it is one. Only a mutant does.
    fn put_balance(&self, write: &mut Write) {
        let balance = self.ledger.balance(write.account).and_then(|balance| u64::try_from(balance).ok());
        write.amount = balance.and_then(Amount::new).unwrap_or(write.amount);
    }

    /// Sends what was just accepted here, whether it will survive a crash or not. Only a mutant does.
    pub(super) fn send_unsynced(&self, now: Time, outbox: &mut Outbox) {
        let Some(Record::Write(write)) = outbox.records.last().cloned() else { return };
        // A copy number that no other sending of this run has.
        let (first, copy) = (write.dot.counter, u32::MAX);
        let run = WriteBatch { origin: self.origin, first, copy, sent_at: now, writes: vec![write] };
        for &peer in &self.connected {
            self.send(peer, PeerBody::Run(run.clone()), outbox);
        }
    }

    /// Answers the last run of a peer once what it brought is synced. A duplicate and a probe are answered at once,
    /// so that their sender learns what is held meanwhile.
    fn answer(&mut self, now: Time, from: BranchId, outbox: &mut Outbox) {
        let Some(due) = self.peers.get(&from).and_then(|peer| peer.due) else { return };
        let applied = self.applied.get(due.origin);
        if self.intake.staged(due.origin) > applied && !due.at_once {
            return;
        }
        let held = self.intake.held(due.origin, applied);
        let direct = due.origin.branch != from && self.is_served_by_origin(now, due);
        let Some(peer) = self.peers.get_mut(&from) else { return };
        peer.due = None;
        self.due.retain(|&other| other != from);
        let mut changed = self.changes.since(peer.told_version(), &self.applied);
        changed.raise(due.origin, applied);
        let ack = peer.answer(now, changed, self.applied_version, due, held, direct);
        self.send(from, PeerBody::Ack(ack), outbox);
    }

    /// Whether nobody has to bring what `due` brought in its origin's stead: the origin has brought writes of late, or
    /// what came before, only later than its helper did.
    fn is_served_by_origin(&self, now: Time, due: AwaitedAck) -> bool {
        let origin = due.origin;
        let Some(peer) = self.peers.get(&origin.branch).filter(|peer| peer.is(origin.branch, origin)) else {
            return false;
        };
        peer.own_run.is_some_and(|run| {
            let is_recent = now.since(run.at) < self.config.timing.relay_after;
            is_recent || (run.duplicate && run.last + 1 >= due.first)
        })
    }

    /// The first incarnation of a branch whose writes this log holds is the first one that was known.
    pub(super) fn remember_first_known(&mut self, origin: Origin) {
        if let Some(peer) = self.peers.get_mut(&origin.branch) {
            let known: Incarnation = origin.incarnation;
            peer.first_known = Some(peer.first_known.map_or(known, |first| first.min(known)));
        }
    }
}
