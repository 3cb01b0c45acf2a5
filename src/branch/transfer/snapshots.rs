//! Taking a peer's state over, and giving one's own, step by step.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::incoming_snapshot::{IncomingSnapshot, Taken};
use super::{LagWatch, Serving, StateTransfer, next_number};
use crate::branch::bank::Bank;
use crate::branch::message::{Ack, PeerBody, SnapshotChunk, SnapshotPart, SnapshotRequest, WriteBatch};
use crate::branch::replication::Replication;
use crate::branch::store::{Store, SyncEffect};
use crate::branch::{Config, Counters, Outbox};
use crate::model::{BranchId, Origin, Record, Snapshot, Time, Write};

/// A state is held for a peer that has not asked for this many of the greatest timeouts.
const IDLE_TIMEOUTS: u32 = 8;

/// Writes are out of reach if no peer brought any for this many times as long as every helper's turn takes.
const TURNS_WITHOUT_HELP: u32 = 2;

/// A step of state transfer: it may change its own part and the store, and only reads balances and what is known of
/// peers.
pub struct TransferHandler<'a> {
    pub now: Time,
    pub config: &'a Config,
    pub transfer: &'a mut StateTransfer,
    pub store: &'a mut Store,
    pub bank: &'a Bank,
    pub replication: &'a Replication,
    pub counters: &'a mut Counters,
    pub outbox: &'a mut Outbox,
}

impl TransferHandler<'_> {
    /// Asks a peer with a probe whether it knew an earlier incarnation, while this branch does not know.
    pub fn ask_standing(&mut self, peer: BranchId) {
        let own = self.store.own;
        if let Some(copy) = self.transfer.next_probe(peer) {
            let first = self.store.applied.get(own) + 1;
            let probe = WriteBatch { origin: own, first, copy, sent_at: self.now, writes: Vec::new() };
            self.send(peer, PeerBody::Run(probe));
        }
    }

    /// Learns from a peer's ack which incarnation of this branch it first knew, and which it has writes of. Returns
    /// whether an earlier one left its state, so that a peer has to bring it.
    ///
    /// A branch that joins may serve once every peer has known it from the first as it is.
    pub fn learn_standing(&mut self, from: BranchId, ack: &Ack) -> bool {
        let own = self.store.own;
        let mut written =
            ack.applied.iter().map(|(origin, _)| origin).filter(|origin| origin.branch == own.branch);
        let earlier_wrote = written.any(|origin| origin != own);
        let known_otherwise = ack.first_known.is_some_and(|first| first != own.incarnation);
        match &mut self.transfer.serving {
            Serving::Joining { .. } if earlier_wrote || known_otherwise => return true,
            Serving::Yes if known_otherwise && !self.transfer.took_state_over => return true,
            Serving::Joining { unheard, .. } if ack.first_known.is_some() => {
                unheard.remove(&from);
                if unheard.is_empty() {
                    self.transfer.serving = Serving::Yes;
                    self.store.append(Record::Joined, SyncEffect::Noted, self.outbox);
                }
            }
            Serving::Yes | Serving::Joining { .. } | Serving::Installing | Serving::Stopping => {}
        }
        false
    }

    /// Begins to take a peer's state over, unless that is under way.
    pub fn want_snapshot(&mut self) {
        if !self.transfer.pins_writes() {
            self.transfer.watch = None;
            self.transfer.incoming = Some(IncomingSnapshot::default());
            self.choose_donor();
        }
    }

    /// A stream to a peer is open, which may be a donor.
    pub fn peer_connected(&mut self) {
        if self.transfer.incoming.as_ref().is_some_and(|incoming| incoming.number == 0) {
            self.choose_donor();
        }
    }

    /// The peer is out of reach, or has a new incarnation: its snapshot is void, the one from it and the one for it.
    pub fn peer_gone(&mut self, peer: BranchId) {
        self.transfer.outgoing.release(peer);
        if self.transfer.incoming.as_ref().is_some_and(|incoming| incoming.is_with(peer)) {
            self.pass_over(peer);
        }
    }

    /// A peer asks for a piece. A branch that joins has no state to give, and one that shuts down has no time. If too
    /// many peers are given theirs, this one waits.
    pub fn give(&mut self, to: BranchId, request: &SnapshotRequest) {
        let part = match self.transfer.serving {
            Serving::Joining { .. } | Serving::Installing | Serving::Stopping => None,
            Serving::Yes => match self.part(to, request) {
                Some(part) => Some(part),
                None => return,
            },
        };
        let number = next_number(&mut self.transfer.chunks, to);
        self.send(to, PeerBody::Piece(SnapshotChunk { number, transfer: request.transfer, part }));
    }

    fn part(&mut self, to: BranchId, request: &SnapshotRequest) -> Option<SnapshotPart> {
        let (now, limits) = (self.now, &self.config.limits);
        let &SnapshotRequest { transfer, index, .. } = request;
        if let held @ Some(_) = self.transfer.outgoing.part(now, to, transfer, index, limits.piece_max) {
            return held;
        }
        // A new transfer of this peer: its state is frozen now.
        self.release_idle_snapshots();
        if !self.transfer.outgoing.has_room(to, limits.snapshots_max) {
            return None;
        }
        let state = Snapshot {
            applied: self.store.applied.clone(),
            balances: self.bank.ledger.changed(&self.config.initial_balances),
            kept: self.kept_for_others(to),
        };
        self.transfer.outgoing.hold(now, to, transfer, state);
        self.transfer.outgoing.part(now, to, transfer, index, limits.piece_max)
    }

    /// The writes that some branch beside this peer may lack.
    fn kept_for_others(&self, peer: BranchId) -> Vec<Write> {
        let others = |origin: Origin| {
            let others = self
                .replication
                .peers
                .iter()
                .filter(move |(id, other)| **id != peer && !other.is(**id, origin));
            others.map(|(_, other)| other.has.get(origin)).min().unwrap_or(u64::MAX)
        };
        let had: BTreeMap<Origin, u64> =
            self.store.log.ends().map(|(origin, _)| (origin, others(origin))).collect();
        let is_lacked =
            |write: &&Write| had.get(&write.dot.origin).is_some_and(|&had| had < write.dot.counter);
        self.store.log.iter().filter(is_lacked).cloned().collect()
    }

    /// A piece from the donor, or its answer that it has none to give.
    pub fn receive(&mut self, from: BranchId, chunk: SnapshotChunk) {
        let is_awaited =
            |incoming: &&mut IncomingSnapshot| incoming.is_with(from) && incoming.number == chunk.transfer;
        let Some(incoming) = self.transfer.incoming.as_mut().filter(is_awaited) else { return };
        let Some(part) = chunk.part else {
            incoming.joining.insert(from);
            return self.pass_over(from);
        };
        match incoming.take(part) {
            Taken::Nothing => {}
            Taken::Progress(next) => self.ask(&next),
            Taken::Complete(snapshot) => self.take_over(from, snapshot),
        }
    }

    /// Asks again for pieces that have not come; another donor, if this one has been silent for too long.
    pub fn transfer_timeout(&mut self) {
        let is_due = |incoming: &&mut IncomingSnapshot| incoming.due.is_some_and(|due| due <= self.now);
        let Some(incoming) = self.transfer.incoming.as_mut().filter(is_due) else { return };
        let Some(donor) = incoming.donor.filter(|_| incoming.number > 0) else {
            return self.choose_donor();
        };
        match incoming.ask_again() {
            Some(missing) => self.ask(&missing),
            None => self.pass_over(donor),
        }
    }

    /// Notes an ack. If it names writes that are not here, a watch begins.
    pub fn note_ack(&mut self, ack: &Ack) {
        if self.transfer.watch.is_none() && !self.store.applied.dominates(&ack.applied) {
            self.watch_for_help();
        }
    }

    /// Begins to watch whether helpers bring the writes that peers have and this branch lacks. If none does, the branch
    /// will take a snapshot.
    pub fn watch_for_help(&mut self) {
        if self.transfer.pins_writes() {
            return;
        }
        let within = self.replication.helped_within(&self.config.timing).saturating_mul(TURNS_WITHOUT_HELP);
        let here = &self.store.applied;
        let mut lacking = BTreeMap::new();
        for peer in self.replication.peers.values().filter(|peer| peer.connected) {
            let more = peer.has.iter().filter(|&(origin, counter)| here.get(origin) < counter);
            lacking.extend(more.map(|(origin, _)| (origin, here.get(origin))));
        }
        self.transfer.watch = (!lacking.is_empty()).then(|| LagWatch { due: self.now + within, lacking });
    }

    /// Wants a snapshot if one of the lacking origins has not moved; otherwise watches again.
    pub fn watch_timeout(&mut self) {
        let Some(watch) = self.transfer.watch.take_if(|watch| watch.due <= self.now) else { return };
        let is_stuck = |(&origin, &was): (&Origin, &u64)| {
            let mut peers = self.replication.peers.values();
            self.store.reorder.staged(origin) == was
                && peers.any(|peer| peer.connected && peer.has.get(origin) > was)
        };
        if watch.lacking.iter().any(is_stuck) {
            self.want_snapshot();
        } else {
            self.watch_for_help();
        }
    }

    /// Drops the states that no peer asks for any more.
    pub fn release_idle_snapshots(&mut self) {
        let idle = self.config.timing.timeout_greatest.saturating_mul(IDLE_TIMEOUTS);
        self.transfer.outgoing.release_idle(self.now, idle);
    }

    /// Leaves a donor that brings nothing more for now, for the next.
    fn pass_over(&mut self, peer: BranchId) {
        self.counters.broken_transfers += 1;
        if let Some(incoming) = &mut self.transfer.incoming {
            incoming.passed_over.insert(peer);
        }
        self.choose_donor();
    }

    /// Starts again with the next peer in order of id that may have what is lacking. When all were passed over, a
    /// branch that joins pauses and then starts with all of them; one that has state goes back to waiting for help.
    fn choose_donor(&mut self) {
        let Some(incoming) = &self.transfer.incoming else { return };
        let last = incoming.donor.unwrap_or(self.store.own.branch);
        let joins = matches!(self.transfer.serving, Serving::Installing);
        let may_give = |id: &BranchId| {
            self.replication.peers.get(id).is_some_and(|peer| {
                peer.connected
                    && !incoming.passed_over.contains(id)
                    && (joins || !self.store.applied.dominates(&peer.has))
            })
        };
        let members = &self.config.members;
        let after = members.range((Bound::Excluded(last), Bound::Unbounded));
        let next = after.chain(members.range(..=last)).copied().find(may_give);
        let pause = self.config.timing.timeout_greatest;
        match (next, &mut self.transfer.incoming) {
            (Some(donor), Some(incoming)) => {
                self.transfer.begun += 1;
                incoming.begin(donor, self.transfer.begun);
                self.ask(&[0]);
            }
            (None, Some(incoming)) if joins => incoming.pause(self.now + pause),
            (None | Some(_), _) => {
                self.transfer.incoming = None;
                self.watch_for_help();
            }
        }
    }

    fn ask(&mut self, pieces: &[u32]) {
        let Some(incoming) = &mut self.transfer.incoming else { return };
        let Some((id, peer)) = incoming.donor.and_then(|id| Some((id, self.replication.peers.get(&id)?)))
        else {
            return;
        };
        let patience = incoming.patience(peer.sender.smoothed_round_trip(), &self.config.timing);
        incoming.due = Some(self.now + patience);
        let transfer = incoming.number;
        for &index in pieces {
            let number = next_number(&mut self.transfer.requests, id);
            self.send(id, PeerBody::Ask(SnapshotRequest { number, transfer, index }));
        }
    }

    /// All pieces are here: the snapshot goes into the log, and behind it the early writes that follow on it.
    fn take_over(&mut self, from: BranchId, snapshot: Snapshot) {
        if !self.can_take_over(&snapshot) {
            return self.pass_over(from);
        }
        self.transfer.incoming = None;
        // Helpers may have brought everything meanwhile.
        if self.transfer.serving != Serving::Installing && self.store.applied.dominates(&snapshot.applied) {
            return self.watch_for_help();
        }
        self.transfer.installing = true;
        let follow = self.store.reorder.jump(&snapshot.applied);
        let effect = SyncEffect::Snapshot { snapshot: Box::new(snapshot.clone()) };
        self.store.append(Record::Snapshot(snapshot), effect, self.outbox);
        self.store.append_staged(follow, self.outbox);
    }

    /// Whether a snapshot is of this cluster, is whole, and lacks only writes that are kept here.
    fn can_take_over(&self, snapshot: &Snapshot) -> bool {
        let Snapshot { applied, balances, kept } = snapshot;
        let (own, here) = (self.store.own, &self.store.applied);
        let knows = |origin: Origin| self.config.members.contains(&origin.branch);
        let accounts = self.bank.ledger.accounts();
        // The kept writes of an origin are consecutive, up to the last that the snapshot includes.
        let is_whole = |pair: &[Write]| match pair {
            [one, next] if one.dot.origin == next.dot.origin => one.dot.counter + 1 == next.dot.counter,
            [one, next] => one.dot.origin < next.dot.origin && applied.get(one.dot.origin) == one.dot.counter,
            _ => true,
        };
        let is_covered = |(origin, counter): (Origin, u64)| {
            let at_hand = self.store.log.first(origin).unwrap_or(counter + 1);
            counter <= applied.get(origin) || at_hand <= applied.get(origin) + 1
        };
        applied.iter().all(|(origin, _)| knows(origin))
            && applied.get(own) <= here.get(own)
            && balances.iter().all(|&(account, _)| account.0 < accounts)
            && kept.iter().all(|write| write.account.0 < accounts)
            && kept.windows(2).all(is_whole)
            && kept.last().is_none_or(|last| applied.get(last.dot.origin) == last.dot.counter)
            && here.iter().all(is_covered)
    }

    fn send(&mut self, to: BranchId, body: PeerBody) {
        self.replication.send(to, self.store.own, body, self.outbox);
    }
}
