//! The fast path: this branch's own writes to every peer, and acks of the writes that peers bring.

use super::peer::{AwaitedAck, OwnRun};
use super::sender::Departure;
use super::{Replication, ReplicationHandler};
use crate::branch::Outbox;
use crate::branch::message::{Ack, PeerBody, WriteBatch};
use crate::model::{Amount, BranchId, Origin, Record, Time, Write, mutated};

impl Replication {
    /// This branch's stream to the peer broke.
    pub fn disconnected(&mut self, id: BranchId) {
        self.connected.retain(|&other| other != id);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.disconnect();
        }
        self.due.retain(|&other| other != id);
        self.rearm(id);
    }

    /// After synced records were applied: marks the peers to visit. `own_rose` says whether own writes were among them.
    pub fn mark_synced(&mut self, own_rose: bool) {
        if own_rose {
            self.dirty.all();
        }
        // A run that waits for its ack may be applied now.
        self.due.iter().for_each(|&peer| self.dirty.peer(peer));
    }

    /// Sends a write as it is accepted, whether it will survive a crash or not. Only a mutant does.
    pub fn send_unsynced(&self, now: Time, own: Origin, outbox: &mut Outbox) {
        let Some(Record::Write(write)) = outbox.records.last().cloned() else { return };
        // A copy number that no other sending of this run has.
        let (first, copy) = (write.dot.counter, u32::MAX);
        let run = WriteBatch { origin: own, first, copy, sent_at: now, writes: vec![write] };
        for &peer in &self.connected {
            self.send(peer, own, PeerBody::Run(run.clone()), outbox);
        }
    }
}

impl ReplicationHandler<'_> {
    /// This branch's stream to the peer is open, and new.
    pub fn connected(&mut self, id: BranchId) {
        let Some(peer) = self.replication.peers.get_mut(&id) else { return };
        peer.connect(self.now, self.store.own);
        let ack = peer.full_ack(self.now, self.store);
        self.replication.connected.retain(|&other| other != id);
        self.replication.connected.push(id);
        self.replication.note_help(id);
        self.replication.dirty.peer(id);
        self.send(id, PeerBody::Ack(ack));
    }

    /// Takes a peer's run in, and notes that it is to be acknowledged.
    pub fn receive(&mut self, from: BranchId, run: WriteBatch) {
        let (origin, echo, first, last) = (run.origin, run.sent_at, run.first, run.last());
        let is_probe = run.writes.is_empty();
        if mutated!(self.config, AppliedOverGap) && !is_probe {
            self.store.reorder.note(origin, first.saturating_sub(1));
        }
        let received = self.store.reorder.receive(run);
        let duplicate = received.duplicate && !is_probe;
        self.counters.batches_duplicated += u64::from(duplicate);
        self.counters.early_given_up += received.given_up as u64;
        self.store.append_staged(received.staged, self.outbox);
        if let Some(peer) = self.replication.peers.get_mut(&from) {
            peer.due = Some(AwaitedAck { origin, first, echo, duplicate, at_once: duplicate || is_probe });
            if !self.replication.due.contains(&from) {
                self.replication.due.push(from);
            }
            if origin.branch == from && !is_probe {
                peer.own_run = Some(OwnRun { at: self.now, last, duplicate });
            }
        }
    }

    /// Takes a peer's ack in: what it has, what it holds, and whether it needs help.
    pub fn acknowledged(&mut self, from: BranchId, ack: &Ack) {
        let (now, own) = (self.now, self.store.own);
        let Some(peer) = self.replication.peers.get_mut(&from) else { return };
        peer.has.merge(&ack.applied);
        let about_own = ack.about.as_ref().filter(|about| about.origin == own);
        peer.sender.acknowledged(now, ack.number, peer.has.get(own), about_own);
        // Help for the peer: ended where the origin brings its writes itself, else continued.
        if let Some(about) = ack.about.as_ref().filter(|about| about.direct) {
            peer.relays.unneeded(about.origin);
        }
        let helped = peer.relays.hear(&ack.applied, &peer.has, &self.store.applied, now);
        self.replication.note_help(from);
        for origin in helped {
            self.proceed(from, origin);
        }
        self.retransmit_to(from);
    }

    /// Writes of `origin` became visible: peers that are helped get them. The origin's own branch gets an ack, unless
    /// the run that brought them is about to be answered.
    pub fn spread(&mut self, origin: Origin) {
        if origin == self.store.own {
            return;
        }
        let answered_soon = self.store.reorder.staged(origin) == self.store.applied.get(origin);
        if let Some(peer) = self.replication.peers.get_mut(&origin.branch)
            && peer.is(origin.branch, origin)
            && !(answered_soon && peer.due.is_some_and(|due| due.origin == origin))
        {
            let ack = peer.changes(self.now, self.store);
            self.send(origin.branch, PeerBody::Ack(ack));
        }
        if !self.replication.helping.is_empty() {
            for peer in self.replication.in_order(self.replication.helping.iter().copied().collect()) {
                self.proceed(peer, origin);
            }
        }
    }

    /// Visits the peers that the input may have affected: runs that may leave, acks whose run is applied, and the next
    /// heartbeat if one is needed.
    pub fn settle(&mut self) {
        for peer in self.replication.take_dirty() {
            self.fill(peer);
            self.answer(peer);
            self.replication.rearm(peer);
        }
        if self.replication.heartbeat_at.is_none() && self.needs_heartbeat() {
            self.replication.heartbeat_at = Some(self.now + self.config.timing.heartbeat);
        }
    }

    /// Sends again what is overdue at every peer.
    pub fn retransmit(&mut self) {
        for peer in self.replication.overdue_peers(self.now) {
            self.retransmit_to(peer);
            self.replication.rearm(peer);
        }
    }

    pub(super) fn send(&mut self, to: BranchId, body: PeerBody) {
        self.replication.send(to, self.store.own, body, self.outbox);
    }

    fn fill(&mut self, id: BranchId) {
        let last = self.store.applied.get(self.store.own);
        let first = self.store.log.first(self.store.own).unwrap_or(last + 1);
        let Some(peer) = self.replication.peers.get_mut(&id) else { return };
        let departures = peer.sender.fill(self.now, first, last);
        self.depart(id, departures);
    }

    fn retransmit_to(&mut self, id: BranchId) {
        let Some(peer) = self.replication.peers.get_mut(&id) else { return };
        let departures = peer.sender.overdue(self.now);
        self.counters.batches_retransmitted += departures.len() as u64;
        self.depart(id, departures);
    }

    /// Sends runs of own writes. Trimmed ones cannot be sent: the peer gets the whole vector, and its ack will show
    /// whether it has them by now.
    fn depart(&mut self, id: BranchId, departures: Vec<Departure>) {
        let own = self.store.own;
        for Departure { first, count, copy } in departures {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let writes = if count == 0 { None } else { self.store.log.run(own, first, count) };
            if count > 0 && writes.is_none() {
                self.send_vector(id);
            }
            let mut writes = writes.unwrap_or_default();
            if mutated!(self.config, AbsoluteBalances) {
                writes.iter_mut().for_each(|write| self.put_balance(write));
            }
            let run = WriteBatch { origin: own, first, copy, sent_at: self.now, writes };
            self.send(id, PeerBody::Run(run));
        }
    }

    /// Puts the balance in the place of the amount, if it is one. Only a mutant does.
    fn put_balance(&self, write: &mut Write) {
        let balance = self.bank.ledger.balance(write.account).and_then(|balance| u64::try_from(balance).ok());
        write.amount = balance.and_then(Amount::new).unwrap_or(write.amount);
    }

    /// Acknowledges the last run of a peer once what it brought is synced. A duplicate and a probe are answered at
    /// once, so that their sender learns what is held meanwhile.
    fn answer(&mut self, from: BranchId) {
        let Some(due) = self.replication.peers.get(&from).and_then(|peer| peer.due) else { return };
        let applied = self.store.applied.get(due.origin);
        let staged = self.store.reorder.staged(due.origin);
        if staged > applied && !due.at_once && !mutated!(self.config, ReceivedAcknowledged) {
            return;
        }
        let held = self.store.reorder.held(due.origin, applied);
        let direct = due.origin.branch != from && self.is_served_by_origin(due);
        let Some(peer) = self.replication.peers.get_mut(&from) else { return };
        peer.due = None;
        self.replication.due.retain(|&other| other != from);
        let mut ack = peer.answer(self.now, self.store, due, held, direct);
        if mutated!(self.config, ReceivedAcknowledged) {
            ack.applied.raise(due.origin, staged);
        }
        self.send(from, PeerBody::Ack(ack));
    }

    /// Whether the origin of `due` needs no helper: it has brought writes of late, or it brought the preceding ones,
    /// only later than its helper did.
    fn is_served_by_origin(&self, due: AwaitedAck) -> bool {
        let origin = due.origin;
        let peer = self.replication.peers.get(&origin.branch);
        let Some(peer) = peer.filter(|peer| peer.is(origin.branch, origin)) else { return false };
        peer.own_run.is_some_and(|run| {
            let is_recent = self.now.since(run.at) < self.config.timing.relay_after;
            is_recent || (run.duplicate && run.last + 1 >= due.first)
        })
    }
}
