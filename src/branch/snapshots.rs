//! Snapshots: a branch takes over the state of a peer when nobody can bring the writes that it lacks.
//!
//! A branch that lost its state joins with a snapshot, and serves nobody before. A branch with state takes one when it
//! has lacked writes for longer than any helper takes: the others have trimmed them, since it was too far behind or
//! since nobody knew that it would come back as it is. It asks one peer at a time. When all pieces of one vector are
//! here, the whole goes into the log as one record, and takes effect as a whole once that is synced.
//!
//! **Nothing falls.** From the moment that a snapshot is wanted until it is installed, nothing is trimmed, so that
//! every write that is applied here and that the snapshot lacks is at hand, and is applied on top of it. A snapshot for
//! which that would not hold is not taken.
//!
//! **Who keeps what.** With the state come the writes that the giver keeps for others. So whoever joins can help them
//! just as the giver can, and a write that some branch lacks is kept by every branch that has it, as before.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use super::message::{PeerBody, SnapshotChunk, SnapshotPart, SnapshotRequest};
use super::transfer::{IncomingSnapshot, Taken};
use super::unsynced::SyncEffect;
use super::{Branch, Outbox, Serving};
use crate::model::{BranchId, Origin, Record, Snapshot, Time, Write, WriteRange};

/// A state is held for a peer that has not asked for this many of the greatest timeouts.
const IDLE_TIMEOUTS: u32 = 8;

/// Writes are out of reach if nobody brought any for this many times as long as every helper's turn takes.
const TURNS_WITHOUT_HELP: u32 = 2;

/// Origins of which a peer has more than this branch, and how far it was when it last looked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LagWatch {
    pub due: Time,
    lacking: BTreeMap<Origin, u64>,
}

impl Branch {
    /// Begins to take a peer's state over, unless that is under way.
    pub(super) fn want_snapshot(&mut self, now: Time, outbox: &mut Outbox) {
        if self.transfer.is_none() && !self.installing {
            self.watch = None;
            self.transfer = Some(IncomingSnapshot::default());
            self.choose_giver(now, outbox);
        }
    }

    /// Whether writes must stay: a snapshot that is on its way may lack them.
    pub(super) fn pins_writes(&self) -> bool {
        self.transfer.is_some() || self.installing
    }

    /// A stream to a peer stands, which may give a snapshot.
    pub(super) fn giver_connected(&mut self, now: Time, outbox: &mut Outbox) {
        if self.transfer.as_ref().is_some_and(|transfer| transfer.number == 0) {
            self.choose_giver(now, outbox);
        }
    }

    /// The peer is out of reach, or has lost its state: what it gave or was given is no good.
    pub(super) fn giver_gone(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        self.given.release(peer);
        if self.transfer.as_ref().is_some_and(|transfer| transfer.is_with(peer)) {
            self.pass_over(now, peer, outbox);
        }
    }

    /// A peer asks for a piece. Whoever joins has no state to give, and whoever ends has no time. If too many are
    /// given theirs, the peer waits.
    pub(super) fn asked(&mut self, now: Time, from: BranchId, ask: &SnapshotRequest, outbox: &mut Outbox) {
        let part = match self.serving {
            Serving::Joining { .. } | Serving::Installing | Serving::Stopping => None,
            Serving::Yes => match self.part(now, from, ask) {
                Some(part) => Some(part),
                None => return,
            },
        };
        let Some(peer) = self.peers.get_mut(&from) else { return };
        peer.pieces += 1;
        let piece = SnapshotChunk { number: peer.pieces, transfer: ask.transfer, part };
        self.send(from, PeerBody::Piece(piece), outbox);
    }

    fn part(&mut self, now: Time, from: BranchId, ask: &SnapshotRequest) -> Option<SnapshotPart> {
        let (transfer, limits) = (ask.transfer, &self.config.limits);
        if let held @ Some(_) = self.given.part(now, from, transfer, ask.index, limits.piece_max) {
            return held;
        }
        self.release_idle_snapshots(now);
        let limits = &self.config.limits;
        if !self.given.has_room(from, limits.snapshots_max) {
            return None;
        }
        let state = Snapshot {
            applied: self.applied.clone(),
            balances: self.ledger.changed(&self.config.initial_balances),
            kept: self.kept_for_others(from),
        };
        self.given.hold(now, from, transfer, state);
        self.given.part(now, from, transfer, ask.index, limits.piece_max)
    }

    /// The writes that some branch beside this peer may lack.
    fn kept_for_others(&self, peer: BranchId) -> Vec<Write> {
        let others = |origin: Origin| {
            let others = self.peers.iter().filter(move |(id, other)| **id != peer && !other.is(**id, origin));
            others.map(|(_, other)| other.has.get(origin)).min().unwrap_or(u64::MAX)
        };
        let had: BTreeMap<Origin, u64> =
            self.log.ends().map(|(origin, _)| (origin, others(origin))).collect();
        let is_lacked =
            |write: &&Write| had.get(&write.dot.origin).is_some_and(|&had| had < write.dot.counter);
        self.log.iter().filter(is_lacked).cloned().collect()
    }

    /// A piece arrives.
    pub(super) fn piece(&mut self, now: Time, from: BranchId, piece: SnapshotChunk, outbox: &mut Outbox) {
        let is_awaited =
            |transfer: &&mut IncomingSnapshot| transfer.is_with(from) && transfer.number == piece.transfer;
        let Some(transfer) = self.transfer.as_mut().filter(is_awaited) else { return };
        let Some(part) = piece.part else {
            transfer.joining.insert(from);
            return self.pass_over(now, from, outbox);
        };
        match transfer.take(part) {
            Taken::Nothing => {}
            Taken::Progress(next) => self.ask(now, &next, outbox),
            Taken::Complete(snapshot) => self.take_over(now, from, snapshot, outbox),
        }
    }

    /// Asks again for what has not come; another peer, if this one has been silent for too long.
    pub(super) fn transfer_timeout(&mut self, now: Time, outbox: &mut Outbox) {
        let Some(transfer) = self.transfer.as_mut().filter(|t| t.due.is_some_and(|due| due <= now)) else {
            return;
        };
        let Some(giver) = transfer.giver.filter(|_| transfer.number > 0) else {
            return self.choose_giver(now, outbox);
        };
        match transfer.ask_again() {
            Some(missing) => self.ask(now, &missing, outbox),
            None => self.pass_over(now, giver, outbox),
        }
    }

    /// Peers told of writes that are not here. If nobody brings them, this branch will have to help itself.
    pub(super) fn watch_for_help(&mut self, now: Time) {
        if self.pins_writes() {
            return;
        }
        let within = self.helped_within().saturating_mul(TURNS_WITHOUT_HELP);
        let mut lacking = BTreeMap::new();
        for peer in self.peers.values().filter(|peer| peer.connected) {
            let more = peer.has.iter().filter(|&(origin, counter)| self.applied.get(origin) < counter);
            lacking.extend(more.map(|(origin, _)| (origin, self.applied.get(origin))));
        }
        self.watch = (!lacking.is_empty()).then(|| LagWatch { due: now + within, lacking });
    }

    /// Looks whether what was lacking has come, or at least some of it.
    pub(super) fn watch_timeout(&mut self, now: Time, outbox: &mut Outbox) {
        let Some(watch) = self.watch.take_if(|watch| watch.due <= now) else { return };
        let has_stood = |(&origin, &was): (&Origin, &u64)| {
            self.intake.staged(origin) == was
                && self.peers.values().any(|peer| peer.connected && peer.has.get(origin) > was)
        };
        if watch.lacking.iter().any(has_stood) {
            self.want_snapshot(now, outbox);
        } else {
            self.watch_for_help(now);
        }
    }

    /// Puts a snapshot whose record is synced in the place of the state; returns which writes became visible.
    pub(super) fn install(&mut self, snapshot: Snapshot) -> Vec<WriteRange> {
        let Snapshot { applied, balances, kept } = snapshot;
        self.ledger.replace(&self.config.initial_balances, &balances);
        for write in self.log.iter().filter(|write| !applied.contains(write.dot)) {
            self.ledger.apply(write);
        }
        self.log.take_over(&applied, kept);
        let mut runs = Vec::new();
        for (origin, last) in applied.iter() {
            self.remember_first_known(origin);
            let first = self.applied.get(origin) + 1;
            if first <= last {
                self.changes.note(origin, self.applied_version + 1);
                runs.push(WriteRange { origin, first, last });
            }
        }
        self.applied.merge(&applied);
        self.applied_version += 1;
        self.installing = false;
        self.took_state_over = true;
        if matches!(self.serving, Serving::Joining { .. } | Serving::Installing) {
            self.serving = Serving::Yes;
            self.lost_state = true;
        }
        runs
    }

    /// Nothing more is to be had from this peer for now.
    fn pass_over(&mut self, now: Time, peer: BranchId, outbox: &mut Outbox) {
        self.counters.broken_transfers += 1;
        if let Some(transfer) = &mut self.transfer {
            transfer.passed_over.insert(peer);
        }
        self.choose_giver(now, outbox);
    }

    /// Starts again with the next peer in order of id that may have what is lacking. When all were passed over, a
    /// branch that joins begins anew after a while; one that has state goes back to waiting for help.
    fn choose_giver(&mut self, now: Time, outbox: &mut Outbox) {
        let Some(transfer) = &self.transfer else { return };
        let last = transfer.giver.unwrap_or(self.origin.branch);
        let joins = matches!(self.serving, Serving::Installing);
        let may_give = |id: &BranchId| {
            self.peers.get(id).is_some_and(|peer| {
                peer.connected
                    && !transfer.passed_over.contains(id)
                    && (joins || !self.applied.dominates(&peer.has))
            })
        };
        let members = &self.config.members;
        let after = members.range((Bound::Excluded(last), Bound::Unbounded));
        let next = after.chain(members.range(..=last)).copied().find(may_give);
        let pause = self.config.timing.timeout_greatest;
        match (next, &mut self.transfer) {
            (Some(giver), Some(transfer)) => {
                self.transfers += 1;
                transfer.begin(giver, self.transfers);
                self.ask(now, &[0], outbox);
            }
            (None, Some(transfer)) if joins => transfer.pause(now + pause),
            (None | Some(_), _) => {
                self.transfer = None;
                self.watch_for_help(now);
            }
        }
    }

    fn ask(&mut self, now: Time, pieces: &[u32], outbox: &mut Outbox) {
        let Some(transfer) = &mut self.transfer else { return };
        let Some((id, peer)) = transfer.giver.and_then(|id| Some((id, self.peers.get_mut(&id)?))) else {
            return;
        };
        let patience = transfer.patience(peer.sender.smoothed_round_trip(), &self.config.timing);
        transfer.due = Some(now + patience);
        let (transfer, before) = (transfer.number, peer.asks);
        peer.asks += pieces.len() as u64;
        for (&index, number) in pieces.iter().zip(before + 1..) {
            self.send(id, PeerBody::Ask(SnapshotRequest { number, transfer, index }), outbox);
        }
    }

    /// All pieces are here: the snapshot goes into the log, and behind it what came early and follows on it.
    fn take_over(&mut self, now: Time, from: BranchId, snapshot: Snapshot, outbox: &mut Outbox) {
        if !self.can_take_over(&snapshot) {
            return self.pass_over(now, from, outbox);
        }
        self.transfer = None;
        if self.serving != Serving::Installing && self.applied.dominates(&snapshot.applied) {
            return self.watch_for_help(now);
        }
        self.installing = true;
        let follow = self.intake.jump(&snapshot.applied);
        let effect = SyncEffect::Snapshot { snapshot: Box::new(snapshot.clone()) };
        self.append(Record::Snapshot(snapshot), effect, outbox);
        for write in follow {
            self.append(Record::Write(write.clone()), SyncEffect::Foreign { write }, outbox);
        }
    }

    /// Whether a snapshot speaks of this cluster, is whole, and lacks nothing but what is kept here.
    fn can_take_over(&self, snapshot: &Snapshot) -> bool {
        let Snapshot { applied, balances, kept } = snapshot;
        let knows = |origin: Origin| self.config.members.contains(&origin.branch);
        let accounts = self.ledger.accounts();
        let ends = |pair: &[Write]| match pair {
            [one, next] if one.dot.origin == next.dot.origin => one.dot.counter + 1 == next.dot.counter,
            [one, next] => one.dot.origin < next.dot.origin && applied.get(one.dot.origin) == one.dot.counter,
            _ => true,
        };
        let is_covered = |(origin, counter): (Origin, u64)| {
            let at_hand = self.log.first(origin).unwrap_or(counter + 1);
            counter <= applied.get(origin) || at_hand <= applied.get(origin) + 1
        };
        applied.iter().all(|(origin, _)| knows(origin))
            && applied.get(self.origin) <= self.applied.get(self.origin)
            && balances.iter().all(|&(account, _)| account.0 < accounts)
            && kept.iter().all(|write| write.account.0 < accounts)
            && kept.windows(2).all(ends)
            && kept.last().is_none_or(|last| applied.get(last.dot.origin) == last.dot.counter)
            && self.applied.iter().all(is_covered)
    }

    /// The states that nobody asks for any more are dropped.
    pub(super) fn release_idle_snapshots(&mut self, now: Time) {
        let idle: Duration = self.config.timing.timeout_greatest.saturating_mul(IDLE_TIMEOUTS);
        self.given.release_idle(now, idle);
    }
}
