//! Each input's way from part to part.

use smallvec::SmallVec;

use super::bank::RequestHandler;
use super::message::{Ack, PeerBody, PeerMessage, WriteBatch};
use super::replication::{ReplicationHandler, Speaker};
use super::store::SyncEffect;
use super::transfer::{Serving, TransferHandler};
use super::{Branch, Input, Outbox};
use crate::model::{Answer, BranchId, Origin, Record, Time, Write, mutated};

impl Branch {
    /// Takes one input at `now`, which never falls, and puts what follows from it into `outbox`.
    pub fn handle(&mut self, now: Time, input: Input, outbox: &mut Outbox) {
        if self.transfer.note_joining() {
            self.store.append(Record::Joining, SyncEffect::Noted, outbox);
        }
        match input {
            // Peers see the changes of a request only once they are synced.
            Input::Request { call, request } => return self.bank(now, outbox).receive(call, request),
            Input::Peer { from, message } => self.peer_message(now, from, message, outbox),
            Input::Connected { peer } => self.connected(now, peer, outbox),
            Input::Disconnected { peer } => {
                self.replication.disconnected(peer);
                self.transfer(now, outbox).peer_gone(peer);
            }
            Input::Synced { position } => self.synced(now, position, outbox),
            Input::Timeout => self.timeout(now, outbox),
            Input::DiskFull(is_full) => self.bank.disk_is_full = is_full,
            Input::ShutDown => self.stop_serving(Serving::Stopping, now, outbox),
        }
        self.replication(now, outbox).settle();
    }

    fn bank<'a>(&'a mut self, now: Time, outbox: &'a mut Outbox) -> RequestHandler<'a> {
        let Branch { config, bank, store, replication, transfer, counters } = self;
        RequestHandler { now, config, bank, store, replication, transfer, counters, outbox }
    }

    fn replication<'a>(&'a mut self, now: Time, outbox: &'a mut Outbox) -> ReplicationHandler<'a> {
        let Branch { config, bank, store, replication, transfer, counters } = self;
        ReplicationHandler { now, config, replication, store, transfer, bank, counters, outbox }
    }

    fn transfer<'a>(&'a mut self, now: Time, outbox: &'a mut Outbox) -> TransferHandler<'a> {
        let Branch { config, bank, store, replication, transfer, counters } = self;
        TransferHandler { now, config, transfer, store, bank, replication, counters, outbox }
    }

    fn connected(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        if self.replication.peers.contains_key(&peer) {
            self.replication(now, outbox).connected(peer);
            self.transfer(now, outbox).ask_standing(peer);
            self.transfer(now, outbox).peer_connected();
        }
    }

    fn peer_message(&mut self, now: Time, from: BranchId, message: PeerMessage, outbox: &mut Outbox) {
        if mutated!(self.config, WaitersExhaust) && self.bank.parking.len() >= 4 {
            return;
        }
        let speaker = self.replication.hear(now, from, message.sender, &self.config);
        if speaker == Speaker::New {
            self.transfer(now, outbox).peer_gone(from);
        }
        let is_heard = speaker != Speaker::Ended;
        match message.body {
            PeerBody::Run(run) if is_heard && self.admits(&run) => {
                self.replication(now, outbox).receive(from, run);
            }
            PeerBody::Ack(ack) if is_heard && self.believes(&ack) => {
                self.acknowledged(now, from, &ack, outbox);
            }
            PeerBody::Ask(request) if is_heard => self.transfer(now, outbox).give(from, &request),
            PeerBody::Piece(chunk) if is_heard => self.transfer(now, outbox).receive(from, chunk),
            PeerBody::Run(_) | PeerBody::Ack(_) | PeerBody::Ask(_) | PeerBody::Piece(_) => {
                self.counters.ignored_messages += 1;
            }
        }
    }

    /// Whether a run is of this cluster. Another one comes from a member that was configured differently.
    fn admits(&self, run: &WriteBatch) -> bool {
        let accounts = self.bank.ledger.accounts();
        self.config.members.contains(&run.origin.branch)
            && run.writes.iter().all(|write| write.account.0 < accounts)
    }

    /// Whether an ack may be true: no peer has writes of this branch that it has not.
    fn believes(&self, ack: &Ack) -> bool {
        let own = self.store.own;
        ack.applied.get(own) <= self.store.applied.get(own)
    }

    fn acknowledged(&mut self, now: Time, from: BranchId, ack: &Ack, outbox: &mut Outbox) {
        // The cluster knew this branch before: it does not serve until it has a peer's state.
        if self.transfer(now, outbox).learn_standing(from, ack) {
            self.stop_serving(Serving::Installing, now, outbox);
            self.transfer(now, outbox).want_snapshot();
        }
        self.replication(now, outbox).acknowledged(from, ack);
        self.transfer(now, outbox).note_ack(ack);
    }

    fn stop_serving(&mut self, serving: Serving, now: Time, outbox: &mut Outbox) {
        self.transfer.serving = serving;
        self.bank(now, outbox).give_up_parked();
    }

    fn timeout(&mut self, now: Time, outbox: &mut Outbox) {
        self.bank(now, outbox).expire();
        self.replication(now, outbox).retransmit();
        self.transfer(now, outbox).transfer_timeout();
        self.transfer(now, outbox).watch_timeout();
        if self.replication.take_heartbeat(now) {
            self.replication.trim(&mut self.store, &self.transfer, &self.config);
            self.transfer(now, outbox).release_idle_snapshots();
            self.replication(now, outbox).repair();
            for index in 0..self.replication.connected.len() {
                let peer = self.replication.connected[index];
                self.replication(now, outbox).refresh(peer);
                self.transfer(now, outbox).ask_standing(peer);
            }
        }
    }

    /// Makes the effects of synced records visible, in log order.
    fn synced(&mut self, now: Time, position: u64, outbox: &mut Outbox) {
        let mut advanced: SmallVec<[Origin; 4]> = SmallVec::new();
        let mut advance = |origin| {
            // A run is of one origin.
            if advanced.last() != Some(&origin) {
                advanced.push(origin);
            }
        };
        while let Some(effect) = self.store.unsynced.pop_through(position) {
            match effect {
                SyncEffect::Own { write, waiting } => {
                    let dot = write.dot;
                    self.counters.overdrafts += u64::from(self.bank.ledger.apply_accepted(&write));
                    self.retain(write);
                    outbox.report_applied(dot);
                    outbox.reply(&waiting.calls, Ok(Answer::Written { dot }), waiting.parked_for);
                    advance(dot.origin);
                }
                SyncEffect::Foreign { write } => {
                    let dot = write.dot;
                    if mutated!(self.config, WakeBeforeApply) {
                        self.store.applied.raise(dot.origin, dot.counter);
                        self.bank(now, outbox).wake(dot.origin);
                    }
                    if mutated!(self.config, AppliedOverGap) {
                        let passed = self.store.applied.get(dot.origin) + 1..dot.counter;
                        passed.for_each(|counter| outbox.report_applied(dot.origin.dot(counter)));
                    }
                    self.counters.overdrafts += u64::from(self.apply_write(&write));
                    self.retain(write);
                    outbox.report_applied(dot);
                    advance(dot.origin);
                }
                SyncEffect::Snapshot { snapshot } => {
                    self.counters.installed_snapshots += 1;
                    let runs = self.install(*snapshot);
                    runs.iter().for_each(|run| advance(run.origin));
                    outbox.applied.extend(runs);
                    self.transfer(now, outbox).watch_for_help();
                }
                SyncEffect::Refused { refusal, waiting, .. } => {
                    outbox.reply(&waiting.calls, Ok(Answer::Refused(refusal)), waiting.parked_for);
                }
                SyncEffect::Noted => {}
            }
        }
        advanced.sort_unstable();
        advanced.dedup();
        self.replication.mark_synced(advanced.contains(&self.store.own));
        let last = advanced.last().copied();
        for origin in advanced {
            self.replication(now, outbox).spread(origin);
            if mutated!(self.config, LastOriginWakes) && Some(origin) != last {
                continue;
            }
            self.bank(now, outbox).wake(origin);
        }
    }

    /// Moves the money of a synced write for which nothing is promised here: a peer's, or one that recovery read.
    /// Returns whether it took the account below zero.
    pub(super) fn apply_write(&mut self, write: &Write) -> bool {
        let is_foreign = write.dot.origin != self.store.own;
        if mutated!(self.config, IdsCollide) && is_foreign && write.dot.counter > 1_000 {
            return false;
        }
        if mutated!(self.config, AbsoluteBalances) && is_foreign {
            return self.bank.ledger.set(write.account, i128::from(write.amount.get()));
        }
        self.bank.ledger.apply(write)
    }

    /// Counts a write as applied, and keeps it for peers. A branch without peers keeps none.
    pub(super) fn retain(&mut self, write: Write) {
        let has_gaps = mutated!(self.config, AppliedOverGap) && write.dot.origin != self.store.own;
        self.store.retain(write, !self.replication.peers.is_empty() && !has_gaps);
    }
}
