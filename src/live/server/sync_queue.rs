//! The queue between a branch and the thread that syncs its log.

use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::model::Record;

/// Records that wait for the disk.
#[derive(Debug, Default)]
pub(super) struct SyncQueue {
    state: Mutex<QueueState>,
    changed: Condvar,
    /// Locked while the branch is paused: no sync is reported to it.
    gate: Mutex<()>,
}

#[derive(Debug, Default)]
struct QueueState {
    records: Vec<Record>,
    ends: bool,
    traffic: LogTraffic,
}

/// What a durable log has taken since the branch started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogTraffic {
    /// Records that were synced.
    pub records: u64,
    /// Syncs that made them durable.
    pub syncs: u64,
    /// How often a checkpoint replaced older records.
    pub checkpoints: u64,
}

impl SyncQueue {
    /// Takes records in their order, and leaves none.
    pub fn put(&self, records: &mut Vec<Record>) {
        self.lock().records.append(records);
        self.changed.notify_one();
    }

    pub fn traffic(&self) -> LogTraffic {
        self.lock().traffic
    }

    /// Reports no sync to the branch until the guard is dropped.
    pub fn hold_back(&self) -> MutexGuard<'_, ()> {
        self.gate.lock().expect("nothing panics at the gate")
    }

    /// The next records, at most `group_max`. `None` at the end.
    pub fn take(&self, group_max: usize) -> Option<Vec<Record>> {
        let mut state = self.lock();
        loop {
            if !state.records.is_empty() {
                let count = group_max.min(state.records.len());
                let later = state.records.split_off(count);
                return Some(mem::replace(&mut state.records, later));
            }
            if state.ends {
                return None;
            }
            state = self.changed.wait(state).expect("nothing panics with the queue locked");
        }
    }

    /// Waits for a while. Returns whether to go on.
    pub fn pause(&self, span: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), span, |state| !state.ends);
        !waited.expect("nothing panics with the queue locked").0.ends
    }

    /// Counts one sync of so many records.
    pub fn count_sync(&self, records: usize) {
        let mut state = self.lock();
        state.traffic.records += records as u64;
        state.traffic.syncs += 1;
    }

    pub fn count_checkpoint(&self) {
        self.lock().traffic.checkpoints += 1;
    }

    /// Lets the thread end once all records are taken.
    pub fn end(&self) {
        self.lock().ends = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().expect("nothing panics with the queue locked")
    }
}
