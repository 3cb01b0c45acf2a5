//! A branch: one replica of every account, as a synchronous state machine.
//!
//! ```text
//!             customers                          peers
//!        request |  ^ reply                run, ack |  ^ run, ack
//!                v  |                               v  |
//!   validate -> park -> execute       reorder buffer   fast path, repair
//!                ^         |  (client       |              ^
//!                |         |   table,       | no gaps      |
//!                |         v   ledger)      v              |
//!                |        log record  ...  log record      |
//!                |                 | synced                |
//!                +-- wake ------ apply: visible, answered, sent onwards
//! ```
//!
//! Input goes in with the time; replies, messages to peers and log records come out through the [`Outbox`],
//! and which writes became visible, for a caller that keeps a history.
//! The caller appends the records to its log, in order, and reports with [`Input::Synced`] how far they are safe;
//! only then do they have an effect that can be seen from outside. A volatile log has nothing to wait for.
//!
//! **Parts.** A branch has four, and each step borrows only the parts that it may touch: a handler of the part that
//! acts has it and the store mutably, and reads the others.
//!
//! | part | what it holds | its handler changes | and reads |
//! |---|---|---|---|
//! | `store` | writes in the log and visible ones | | |
//! | `bank` | balances, client table, parked requests | bank, store | replication, transfer |
//! | `replication` | peers, and what each is sent when | replication, store | transfer |
//! | `transfer` | whether the branch serves, snapshots | transfer, store | bank, replication |
//!
//! `handle` leads each input from part to part; `recovery` brings a branch back from its log; `io`, `message`, `config`
//! and `counters` are its data.
//!
//! **Invariants.** The applied vector has no gaps, and a balance is exactly the sum of the writes that it names.
//! A write is applied nowhere before what it carries as `after`. What a reply or an ack names is synced. A counter
//! of an incarnation is used once. A guarded request is answered when its token is dominated, or with an error.
//!
//! **Absent.** No clock, no randomness, no socket, no thread; no map whose order depends on anything but its keys.
//! The same inputs give the same outputs, byte by byte. Nothing is promised about delivery: messages may be lost,
//! duplicated, reordered and delayed at will.
//!
//! **Caveats.** New streams and heartbeats carry the full vector: O(origins). A log that is full because a peer stays
//! away makes room only while a majority keeps up; else it refuses customers' writes until the peer is back, as it
//! always does among two branches. If branches of that majority then lose their state before the peer is back, no
//! state may be left that includes both their writes and the peer's. A donor and a receiver each hold a snapshot in
//! memory as a whole. A snapshot has no client table: the writes of sessions to a branch that lost its state, which no
//! other branch had, are lost, and a retry there is refused. Where all branches lost their state at once, none serves.

mod bank;
mod config;
mod counters;
mod handle;
mod io;
mod message;
mod recovery;
mod replication;
mod store;
#[cfg(test)]
mod testing;
mod transfer;

pub use config::{Config, ConfigError, Limits, Timing};
pub use counters::Counters;
pub use io::{CallId, Input, Outbox, Start};
pub use message::{
    Ack, BatchAck, PeerBody, PeerMessage, SnapshotChunk, SnapshotPart, SnapshotRequest, WriteBatch,
};

use crate::model::{AccountId, Greeting, Incarnation, Origin, RequestError, RequestId, Time, VersionVector};
use bank::Bank;
use replication::Replication;
use store::Store;
use transfer::{Serving, StateTransfer};

/// One replica of every account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Branch {
    config: Config,
    bank: Bank,
    store: Store,
    replication: Replication,
    transfer: StateTransfer,
    counters: Counters,
}

impl Branch {
    /// A branch as it starts. The incarnation is new with every start but a recovery, where it is the log's own.
    ///
    /// # Errors
    ///
    /// Those of [`Config::check`].
    pub fn new(config: Config, incarnation: Incarnation, start: Start) -> Result<Branch, ConfigError> {
        config.check()?;
        let own = Origin { branch: config.branch, incarnation };
        let (serving, records) = match start {
            Start::NewCluster => (Serving::Yes, Vec::new()),
            Start::Recovered(records) if !records.is_empty() => (Serving::Yes, records),
            Start::Unknown | Start::Recovered(_) => (Serving::joining(&config, false), Vec::new()),
        };
        let mut branch = Branch {
            bank: Bank::new(&config),
            store: Store::new(own, config.limits.early_max),
            replication: Replication::new(&config),
            transfer: StateTransfer::new(serving),
            counters: Counters::default(),
            config,
        };
        records.into_iter().for_each(|record| branch.recover(record));
        Ok(branch)
    }

    /// When [`Input::Timeout`] is due, if ever.
    pub fn next_timeout(&self) -> Option<Time> {
        let parts = [
            self.bank.parking.next_deadline(),
            self.replication.next_timeout(),
            self.transfer.next_timeout(),
        ];
        parts.into_iter().flatten().min()
    }

    /// Who this branch is, while it serves.
    ///
    /// # Errors
    ///
    /// `NotServing` and `ShuttingDown`.
    pub fn greeting(&self) -> Result<Greeting, RequestError> {
        self.transfer.check_serving(self.replication.peers.len())?;
        let Origin { branch, incarnation } = self.store.own;
        Ok(Greeting { branch, incarnation })
    }

    /// The name of this life; a branch that comes back from its log keeps it.
    pub fn incarnation(&self) -> Incarnation {
        self.store.own.incarnation
    }

    /// The witness of a read that would be answered now.
    pub fn applied(&self) -> &VersionVector {
        &self.store.applied
    }

    /// The visible balance in minor units, which concurrent writes may have taken outside `i64`; `None` for an
    /// account that does not exist.
    pub fn balance(&self, account: AccountId) -> Option<i128> {
        self.bank.ledger.balance(account)
    }

    /// Counts of what happened since the start.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many requests are parked now.
    pub fn parked(&self) -> usize {
        self.bank.parking.len()
    }

    /// A parked request that lacks nothing any more, if there is one. There never should be.
    pub fn overlooked(&self) -> Option<RequestId> {
        self.bank.parking.satisfied_by(&self.store.applied)
    }

    /// How many writes are kept for peers that may lack them.
    pub fn retained(&self) -> usize {
        self.store.log.len()
    }
}
