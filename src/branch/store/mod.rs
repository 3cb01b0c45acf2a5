//! The store: which writes this branch has, in its log and visible.
//!
//! ```text
//! accepted here --------------+
//! a peer's --> ReorderBuffer -+-> log record, Unsynced -- synced --> applied, WriteLog
//! ```
//!
//! `applied` is the vector that witnesses and acks carry. The reorder buffer's staged vector runs ahead of it: it also
//! counts the writes whose log record is not yet synced. The write log keeps what some peer may still lack.

mod changes;
mod reorder_buffer;
mod unsynced;
mod write_log;

pub use unsynced::{SyncEffect, Waiting};

use super::Outbox;
use crate::model::{Origin, Record, VersionVector, Write, WriteRange};
use changes::Changes;
use reorder_buffer::ReorderBuffer;
use unsynced::Unsynced;
use write_log::WriteLog;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Store {
    /// This branch in its present life: the origin of the writes that it accepts.
    pub own: Origin,
    /// The writes that are visible here. Witnesses of replies share it.
    pub applied: VersionVector,
    /// Rises whenever `applied` does.
    version: u64,
    changes: Changes,
    pub reorder: ReorderBuffer,
    pub unsynced: Unsynced,
    pub log: WriteLog,
}

impl Store {
    pub fn new(own: Origin, early_max: usize) -> Store {
        Store {
            own,
            applied: VersionVector::new(),
            version: 0,
            changes: Changes::default(),
            reorder: ReorderBuffer::new(early_max),
            unsynced: Unsynced::default(),
            log: WriteLog::default(),
        }
    }

    /// Appends a record to the log; `effect` happens once it is synced.
    pub fn append(&mut self, record: Record, effect: SyncEffect, outbox: &mut Outbox) {
        self.unsynced.push(effect);
        outbox.records.push(record);
    }

    /// Appends peers' writes that the reorder buffer has staged.
    pub fn append_staged(&mut self, staged: Vec<Write>, outbox: &mut Outbox) {
        for write in staged {
            self.append(Record::Write(write.clone()), SyncEffect::Foreign { write }, outbox);
        }
    }

    /// Counts a write as applied, and keeps it for peers if some may lack it.
    pub fn retain(&mut self, write: Write, may_be_lacked: bool) {
        self.applied.raise(write.dot.origin, write.dot.counter);
        self.version += 1;
        self.changes.note(write.dot.origin, self.version);
        if may_be_lacked {
            self.log.append(write);
        }
    }

    /// Continues behind a snapshot that includes `applied`; returns which writes became visible.
    pub fn install(&mut self, applied: &VersionVector, kept: Vec<Write>) -> Vec<WriteRange> {
        self.log.take_over(applied, kept);
        self.version += 1;
        let new = self.applied.merge_new(applied);
        new.iter().for_each(|range| self.changes.note(range.origin, self.version));
        new
    }

    /// The number of the present state of `applied`.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The entries of `applied` that rose after the state of this number; all of them for `None`.
    pub fn changes_since(&self, version: Option<u64>) -> VersionVector {
        self.changes.since(version, &self.applied)
    }

    /// Writes that are kept for peers or will be once they are synced, and other records that are not synced.
    pub fn size(&self) -> usize {
        self.log.len() + self.unsynced.len()
    }
}
