//! A branch: one replica of every account, as a synchronous state machine.
//!
//! ```text
//!             customers                          peers
//!        request |  ^ reply                run, ack |  ^ run, ack
//!                v  |                               v  |
//!   validate -> park -> execute              intake     fast path, relay
//!                ^         |  (memory,          |              ^
//!                |         |   ledger)          | no gaps      |
//!                |         v                    v              |
//!                |        log record  ...  log record          |
//!                |                 | synced                    |
//!                +-- wake ------ apply: visible, answered, sent onwards
//! ```
//!
//! Input goes in with the time; replies, messages to peers and log records come out through the [`Outbox`],
//! and which writes became visible, for whoever keeps a history.
//! The caller appends the records to its log, in order, and reports with [`Input::Synced`] how far they are safe;
//! only then do they have an effect that anybody can see. A volatile log has nothing to wait for.
//!
//! **Invariants.** The applied vector has no gaps, and a balance is exactly the sum of the writes that it names.
//! A write is applied nowhere before what it carries as `after`. What a reply or an ack names is synced. A counter
//! of an incarnation is used once. A guarded request is answered when its token is dominated, or with an error.
//!
//! **Absent.** No clock, no randomness, no socket, no thread; no map whose order depends on anything but its keys.
//! The same inputs give the same outputs, byte by byte. Whoever runs a branch keeps its promises of delivery: none.
//! Messages may be lost, duplicated, reordered and delayed at will.
//!
//! **Caveats.** The vector is told in full on a new stream and on a heartbeat, so those cost O(origins). A log that
//! is full because a peer stays away makes room only while a majority keeps up; else it refuses customers' writes
//! until the peer is back, as it always does among two branches. If branches of that majority then lose their state
//! before the peer is back, nobody may be left whose state holds both what they and what the peer dropped. A snapshot
//! is held in memory as a whole by its giver and by its receiver. It has no memory of sessions: what they wrote to a
//! branch that lost its state, and no other branch had, is lost, and a retry there is refused. Where all branches
//! lost their state at once, none serves.
//!
//! | file | what |
//! |---|---|
//! | `config`, `counters` | members, accounts, bounds, timing; what is counted |
//! | `customers` | requests: validation, parking, waking, execution |
//! | `replicas` | peers: messages in and out, the fast path |
//! | `repair` | anti-entropy: the heartbeat, help for peers that lack writes, trimming |
//! | `snapshots` | state taken over from a peer, by a branch that joins or is too far behind |
//! | `transfer`, `given` | a snapshot's pieces on their way in, and on their way out |
//! | `ledger` | balances and the withdrawal check |
//! | `memory` | exactly once: the last write of each session |
//! | `parking` | requests that wait, by dot |
//! | `intake` | peers' writes: gaps, early arrivals, what comes after what |
//! | `changes`, `stirred` | what rose since a peer was told; which peers an input concerns |
//! | `recovery` | coming back from a log, and what sums a log up |
//! | `unsynced` | records whose effect waits for the disk |
//! | `write_log` | writes that somebody may still lack |
//! | `peer`, `sender`, `relay`, `rtt` | what is known of one peer, and what it is sent when |

mod changes;
mod config;
mod counters;
mod customers;
mod given;
mod intake;
mod ledger;
mod memory;
mod message;
mod parking;
mod peer;
mod recovery;
mod relay;
mod repair;
mod replicas;
mod rtt;
mod sender;
mod snapshots;
mod stirred;
#[cfg(test)]
mod testing;
mod transfer;
mod unsynced;
mod write_log;

use std::collections::{BTreeMap, BTreeSet};

pub use config::{Config, ConfigError, Limits, Timing};
pub use counters::Counters;
pub use message::{
    Ack, BatchAck, PeerBody, PeerMessage, SnapshotChunk, SnapshotPart, SnapshotRequest, WriteBatch,
};

use smallvec::SmallVec;

use crate::model::{
    AccountId, Answer, BranchId, Dot, Greeting, Incarnation, NotServing, Origin, Record, Reply, Request,
    RequestError, Time, VersionVector, Write, WriteRange, mutated,
};
use changes::Changes;
use given::OutgoingSnapshots;
use intake::ReorderBuffer;
use ledger::Ledger;
use memory::ClientTable;
use parking::Parking;
use peer::Peer;
use snapshots::LagWatch;
use stirred::DirtyPeers;
use transfer::IncomingSnapshot;
use unsynced::{SyncEffect, Unsynced};
use write_log::WriteLog;

/// Names one call of a customer until it is answered; the caller of [`Branch::handle`] chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// What happens to a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Request {
        call: CallId,
        request: Request,
    },
    Peer {
        from: BranchId,
        message: PeerMessage,
    },
    /// The stream from this branch to the peer stands anew.
    Connected {
        peer: BranchId,
    },
    /// The stream from this branch to the peer broke.
    Disconnected {
        peer: BranchId,
    },
    /// All records up to this position are synced; the first record has position 1.
    Synced {
        position: u64,
    },
    /// The disk has no room for what was appended last, or has room again. Meanwhile customers' writes are refused;
    /// what was taken before, and what peers send, waits for the disk.
    DiskFull(bool),
    /// [`Branch::next_timeout`] has come.
    Timeout,
    /// No more customers: everything parked is answered, and every later request is refused.
    ShutDown,
}

/// What a branch wants done. The caller empties it.
#[derive(Debug, Default)]
pub struct Outbox {
    pub replies: Vec<(CallId, Reply)>,
    pub messages: Vec<(BranchId, PeerMessage)>,
    /// To be appended to the log in this order.
    pub records: Vec<Record>,
    /// Writes that became visible, in this order, before any reply or message here was made: one by one, or all at
    /// once with a snapshot.
    pub applied: Vec<WriteRange>,
}

/// Where a branch's state comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The cluster is new, by the word of whoever started it: the branch serves at once.
    NewCluster,
    /// The branch has no state. It serves once every peer has said that it knows no earlier incarnation of it, or
    /// else once it has taken over a peer's state.
    Unknown,
    /// The synced records of this incarnation's log, in order. A log without any says no more than
    /// [`Start::Unknown`].
    Recovered(Vec<Record>),
}

/// One replica of every account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Branch {
    config: Config,
    origin: Origin,
    serving: Serving,
    ledger: Ledger,
    memory: ClientTable,
    parking: Parking,
    intake: ReorderBuffer,
    unsynced: Unsynced,
    log: WriteLog,
    /// What is visible here. Shared with the witnesses of replies.
    applied: VersionVector,
    peers: BTreeMap<BranchId, Peer>,
    /// The peers to whom this branch's stream stands.
    connected: Vec<BranchId>,
    /// Rises whenever `applied` does.
    applied_version: u64,
    changes: Changes,
    stirred: DirtyPeers,
    /// Peers whose last run is to be answered.
    due: Vec<BranchId>,
    /// Every member, in order of ids, and this branch's place there.
    ranks: Vec<BranchId>,
    place: usize,
    /// Peers who are being helped.
    helping: BTreeSet<BranchId>,
    heartbeat_at: Option<Time>,
    /// A snapshot that is being taken over from a peer.
    transfer: Option<IncomingSnapshot>,
    /// Transfers begun so far: the name of the last.
    transfers: u64,
    /// A snapshot is in the log and not yet synced.
    installing: bool,
    /// The cluster may know earlier incarnations: a peer's state stands in for theirs.
    took_state_over: bool,
    /// An earlier life of this branch left its state, as far as it knows.
    lost_state: bool,
    /// States frozen for peers.
    given: OutgoingSnapshots,
    watch: Option<LagWatch>,
    disk_is_full: bool,
    counters: Counters,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Serving {
    Yes,
    /// Some peers have not yet said whether they knew an earlier incarnation, however often they were asked.
    Joining {
        unheard: BTreeSet<BranchId>,
        asked: u32,
        /// The log says so.
        noted: bool,
    },
    /// Peers knew an earlier incarnation: one of them has to bring its state.
    Installing,
    Stopping,
}

impl Branch {
    /// A branch as it starts. The incarnation is new with every start but a recovery, where it is the log's own.
    ///
    /// # Errors
    ///
    /// What [`Config::check`] says.
    pub fn new(config: Config, incarnation: Incarnation, start: Start) -> Result<Branch, ConfigError> {
        config.check()?;
        let origin = Origin { branch: config.branch, incarnation };
        let (serving, records) = match start {
            Start::NewCluster => (Serving::Yes, Vec::new()),
            Start::Recovered(records) if !records.is_empty() => (Serving::Yes, records),
            Start::Unknown | Start::Recovered(_) => (Serving::joining(&config, false), Vec::new()),
        };
        let mut branch = Branch {
            origin,
            serving,
            ledger: Ledger::new(&config.initial_balances),
            memory: ClientTable::new(config.limits.sessions_max),
            parking: Parking::default(),
            intake: ReorderBuffer::new(VersionVector::new(), config.limits.early_max),
            unsynced: Unsynced::default(),
            log: WriteLog::default(),
            applied: VersionVector::new(),
            peers: config.peers().map(|peer| (peer, Peer::new(&config))).collect(),
            connected: Vec::new(),
            applied_version: 0,
            changes: Changes::default(),
            stirred: DirtyPeers::default(),
            due: Vec::new(),
            ranks: config.members.iter().copied().collect(),
            place: config.members.range(..config.branch).count(),
            helping: BTreeSet::new(),
            heartbeat_at: None,
            transfer: None,
            transfers: 0,
            installing: false,
            took_state_over: false,
            lost_state: false,
            given: OutgoingSnapshots::default(),
            watch: None,
            disk_is_full: false,
            counters: Counters::default(),
            config,
        };
        records.into_iter().for_each(|record| branch.recover(record));
        Ok(branch)
    }

    /// Takes one input at `now`, which never falls, and puts what follows from it into `outbox`.
    pub fn handle(&mut self, now: Time, input: Input, outbox: &mut Outbox) {
        self.note_joining(outbox);
        match input {
            // What a request changes is seen by peers only once it is synced.
            Input::Request { call, request } => return self.request(now, call, request, outbox),
            Input::Peer { from, message } => self.peer_message(now, from, message, outbox),
            Input::Connected { peer } => self.connected(now, peer, outbox),
            Input::Disconnected { peer } => self.disconnected(now, peer, outbox),
            Input::Synced { position } => self.synced(now, position, outbox),
            Input::Timeout => self.timeout(now, outbox),
            Input::DiskFull(is_full) => self.disk_is_full = is_full,
            Input::ShutDown => self.stop_serving(Serving::Stopping, now, outbox),
        }
        self.settle_peers(now, outbox);
    }

    /// When [`Input::Timeout`] is due, if ever.
    pub fn next_timeout(&self) -> Option<Time> {
        let snapshot = self.transfer.as_ref().and_then(|transfer| transfer.due);
        let watch = self.watch.as_ref().map(|watch| watch.due);
        let others = [self.parking.next_deadline(), self.heartbeat_at, snapshot, watch];
        self.stirred.next_timeout().into_iter().chain(others.into_iter().flatten()).min()
    }

    /// Who this branch is, or why it serves nobody.
    ///
    /// # Errors
    ///
    /// `NotServing` and `ShuttingDown`.
    pub fn greeting(&self) -> Result<Greeting, RequestError> {
        self.check_serving()?;
        Ok(Greeting { branch: self.origin.branch, incarnation: self.origin.incarnation })
    }

    /// Of this life; a branch that comes back from its log keeps it.
    pub fn incarnation(&self) -> Incarnation {
        self.origin.incarnation
    }

    /// The witness of a read that would be answered now.
    pub fn applied(&self) -> &VersionVector {
        &self.applied
    }

    /// The visible balance in minor units, which concurrent writes may have taken outside `i64`; `None` for an
    /// account that does not exist.
    pub fn balance(&self, account: AccountId) -> Option<i128> {
        self.ledger.balance(account)
    }

    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Requests that wait now.
    pub fn parked(&self) -> usize {
        self.parking.len()
    }

    /// Writes kept for peers that may lack them.
    pub fn retained(&self) -> usize {
        self.log.len()
    }

    fn check_serving(&self) -> Result<(), RequestError> {
        match &self.serving {
            Serving::Yes => Ok(()),
            Serving::Joining { .. } => Err(RequestError::NotServing { reason: NotServing::Joining }),
            Serving::Installing => Err(RequestError::NotServing { reason: self.why_installing() }),
            Serving::Stopping => Err(RequestError::ShuttingDown),
        }
    }

    /// While all peers say that they are joining themselves, nobody has the state.
    fn why_installing(&self) -> NotServing {
        let joining = self.transfer.as_ref().map_or(0, |transfer| transfer.joining.len());
        if joining < self.peers.len() { NotServing::Joining } else { NotServing::StateLost }
    }

    fn stop_serving(&mut self, serving: Serving, now: Time, outbox: &mut Outbox) {
        self.serving = serving;
        let Err(error) = self.check_serving() else { return };
        for parked in self.parking.drain() {
            let parked_for = now.since(parked.arrived_at);
            reply_all(outbox, &parked.calls, Err(error.clone()), parked_for);
        }
    }

    /// Logs that this branch does not know its standing, so that it will not think better of itself when it comes
    /// back.
    fn note_joining(&mut self, outbox: &mut Outbox) {
        if let Serving::Joining { noted: noted @ false, .. } = &mut self.serving {
            *noted = true;
            self.append(Record::Joining, SyncEffect::Noted, outbox);
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
        while let Some(effect) = self.unsynced.pop_through(position) {
            match effect {
                SyncEffect::Own { write, waiting } => {
                    let dot = write.dot;
                    self.counters.overdrafts += u64::from(self.ledger.apply_accepted(&write));
                    self.retain(write);
                    outbox.tell_applied(dot);
                    reply_all(outbox, &waiting.calls, Ok(Answer::Written { dot }), waiting.parked_for);
                    advance(dot.origin);
                }
                SyncEffect::Foreign { write } => {
                    let dot = write.dot;
                    if mutated!(self.config, WakeBeforeApply) {
                        self.applied.raise(dot.origin, dot.counter);
                        self.wake(now, dot.origin, outbox);
                    }
                    if mutated!(self.config, AppliedOverGap) {
                        let passed = self.applied.get(dot.origin) + 1..dot.counter;
                        passed.for_each(|counter| outbox.tell_applied(dot.origin.dot(counter)));
                    }
                    self.counters.overdrafts += u64::from(self.apply_write(&write));
                    self.retain(write);
                    outbox.tell_applied(dot);
                    advance(dot.origin);
                }
                SyncEffect::Snapshot { snapshot } => {
                    self.counters.installed_snapshots += 1;
                    let runs = self.install(*snapshot);
                    runs.iter().for_each(|run| advance(run.origin));
                    outbox.applied.extend(runs);
                    self.watch_for_help(now);
                }
                SyncEffect::Refused { refusal, waiting, .. } => {
                    reply_all(outbox, &waiting.calls, Ok(Answer::Refused(refusal)), waiting.parked_for);
                }
                SyncEffect::Noted => {}
            }
        }
        advanced.sort_unstable();
        advanced.dedup();
        if advanced.contains(&self.origin) {
            self.stirred.all();
        }
        // What a run brought may be applied now.
        self.due.iter().for_each(|&peer| self.stirred.peer(peer));
        for origin in advanced {
            self.spread(now, origin, outbox);
            self.wake(now, origin, outbox);
        }
    }

    /// Moves the money of a synced write that is nobody's promise here: a peer's, or one that recovery read. Returns
    /// whether it took the account below zero.
    fn apply_write(&mut self, write: &Write) -> bool {
        let is_foreign = write.dot.origin != self.origin;
        if mutated!(self.config, IdsCollide) && is_foreign && write.dot.counter > 1_000 {
            return false;
        }
        if mutated!(self.config, AbsoluteBalances) && is_foreign {
            return self.ledger.set(write.account, i128::from(write.amount.get()));
        }
        self.ledger.apply(write)
    }

    fn retain(&mut self, write: Write) {
        self.applied.raise(write.dot.origin, write.dot.counter);
        self.applied_version += 1;
        self.changes.note(write.dot.origin, self.applied_version);
        let has_gaps = mutated!(self.config, AppliedOverGap) && write.dot.origin != self.origin;
        if !self.peers.is_empty() && !has_gaps {
            self.log.append(write);
        }
    }
}

impl Outbox {
    fn tell_applied(&mut self, dot: Dot) {
        match self.applied.last_mut() {
            Some(run) if run.origin == dot.origin && run.last + 1 == dot.counter => run.last = dot.counter,
            Some(_) | None => {
                let Dot { origin, counter } = dot;
                self.applied.push(WriteRange { origin, first: counter, last: counter });
            }
        }
    }
}

impl Serving {
    /// All peers have yet to say whether they knew an earlier incarnation. Nobody can say so where there are none.
    fn joining(config: &Config, noted: bool) -> Serving {
        let unheard: BTreeSet<BranchId> = config.peers().collect();
        if unheard.is_empty() { Serving::Yes } else { Serving::Joining { unheard, asked: 0, noted } }
    }
}

fn reply_all(
    outbox: &mut Outbox,
    calls: &[CallId],
    outcome: Result<Answer, RequestError>,
    parked_for: std::time::Duration,
) {
    for &call in calls {
        outbox.replies.push((call, Reply { outcome: outcome.clone(), parked_for }));
    }
}
