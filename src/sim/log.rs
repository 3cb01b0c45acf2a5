//! A branch's log on its virtual disk.

use std::time::Duration;

use crate::model::Record;

/// What was appended, and how much of it is synced. One sync runs at a time, and covers what was appended before it
/// began (group commit). Positions count from 1 in each life of the branch, as the core counts them.
#[derive(Debug)]
pub(super) struct Log {
    /// The records themselves, if a crash may ask for them.
    records: Option<Vec<Record>>,
    /// Records of earlier lives.
    began: usize,
    appended: u64,
    synced: u64,
    /// The position up to which a sync runs.
    syncing: Option<u64>,
    /// Of one sync.
    time: Duration,
}

impl Log {
    pub fn new(keeps_records: bool, time: Duration) -> Log {
        let records = keeps_records.then(Vec::new);
        Log { records, began: 0, appended: 0, synced: 0, syncing: None, time }
    }

    /// Takes the records, in their order.
    pub fn append(&mut self, records: &mut Vec<Record>) {
        self.appended += records.len() as u64;
        match &mut self.records {
            Some(kept) => kept.append(records),
            None => records.clear(),
        }
    }

    /// Syncs everything if that takes no time, and tells up to where.
    pub fn sync_at_once(&mut self) -> Option<u64> {
        if !self.time.is_zero() || self.syncing.is_some() {
            return None;
        }
        self.synced = self.appended;
        Some(self.synced)
    }

    /// Begins a sync if one is needed and none runs, and tells how long it takes.
    pub fn begin_sync(&mut self) -> Option<Duration> {
        if self.syncing.is_some() || self.is_synced() {
            return None;
        }
        self.syncing = Some(self.appended);
        Some(self.time)
    }

    /// The running sync is over: up to where the log is synced now.
    pub fn end_sync(&mut self) -> Option<u64> {
        self.synced = self.syncing.take()?;
        Some(self.synced)
    }

    pub fn is_synced(&self) -> bool {
        self.appended == self.synced
    }

    /// From now on a sync that begins takes this long.
    pub fn set_time(&mut self, time: Duration) {
        self.time = time;
    }

    /// What was not synced is gone.
    pub fn crash(&mut self) {
        if let Some(records) = &mut self.records {
            let synced = usize::try_from(self.synced).expect("the records are in memory");
            records.truncate(self.began + synced);
            self.began = records.len();
        }
        (self.appended, self.synced, self.syncing) = (0, 0, None);
    }

    /// All of it is gone.
    pub fn lose(&mut self) {
        self.crash();
        self.began = 0;
        self.records.iter_mut().for_each(Vec::clear);
    }

    /// What a branch comes back with.
    pub fn recovered(&self) -> Vec<Record> {
        self.records.clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SessionId;

    const SYNC: Duration = Duration::from_millis(1);

    fn record(number: u64) -> Record {
        Record::Forgotten { up_to: SessionId { opened_at: number, nonce: 0 } }
    }

    #[test]
    fn a_sync_covers_what_was_appended_before_it_began() {
        let mut log = Log::new(true, SYNC);
        log.append(&mut vec![record(1), record(2)]);
        assert_eq!(log.sync_at_once(), None);
        assert_eq!(log.begin_sync(), Some(SYNC));
        log.append(&mut vec![record(3)]);
        assert_eq!(log.begin_sync(), None, "one sync at a time");
        assert_eq!(log.end_sync(), Some(2));
        assert_eq!(log.begin_sync(), Some(SYNC));
        assert_eq!(log.end_sync(), Some(3));
        assert!(log.is_synced());
    }

    #[test]
    fn a_crash_leaves_what_was_synced_and_positions_count_anew() {
        let mut log = Log::new(true, SYNC);
        log.append(&mut vec![record(1)]);
        log.begin_sync();
        log.append(&mut vec![record(2)]);
        log.end_sync();
        log.begin_sync();
        log.crash();
        assert_eq!(log.recovered(), [record(1)]);
        log.append(&mut vec![record(3), record(4)]);
        log.begin_sync();
        assert_eq!(log.end_sync(), Some(2));
        log.crash();
        assert_eq!(log.recovered(), [record(1), record(3), record(4)]);
        log.lose();
        assert_eq!(log.recovered(), []);
    }

    #[test]
    fn a_log_without_delay_is_synced_as_it_is_appended_to() {
        let mut log = Log::new(false, Duration::ZERO);
        log.append(&mut vec![record(1)]);
        assert_eq!(log.sync_at_once(), Some(1));
        assert_eq!(log.begin_sync(), None);
        assert_eq!(log.recovered(), []);
    }
}
