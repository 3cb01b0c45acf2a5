//! A branch's log on its virtual disk.
//!
//! Where a crash may ask for it, the log is the real one ([`crate::log`]), on a disk in memory that loses power:
//! records that were not synced are torn, and recovery reads what is left. Else only positions are counted, which is
//! all that the core sees.

use std::mem;
use std::ops::Add;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::log::{self, MemoryDisk, Opened};
use crate::model::{Origin, Record};

/// So few bytes make a checkpoint pay: trials are short, and checkpoints are to occur in them.
const CHECKPOINT_LEAST: u64 = 4 << 10;

/// The records that were appended, and how many are synced. One sync runs at a time, and covers what was appended
/// before it began (group commit). One that takes no time ends with its instant and covers all of it, however many
/// records that is, as `live` syncs a volatile log. Positions count from 1 in each life of the branch, as the core
/// counts them.
#[derive(Debug)]
pub(super) struct SimLog {
    /// The log, if a crash may ask for it, and what is to be written with the next sync.
    file: Option<LogState>,
    waiting: Vec<Record>,
    appended: u64,
    synced: u64,
    /// The position up to which a sync runs, and how long it takes.
    syncing: Option<(u64, Duration)>,
    /// The time of one sync.
    time: Duration,
    group_max: u64,
    is_full: bool,
    fails: bool,
    pub seen: DiskSeen,
}

/// The log of a branch that runs, or the disk of one that is down.
#[derive(Debug)]
enum LogState {
    Open { log: log::Log<MemoryDisk>, bank: u32 },
    Closed { disk: MemoryDisk, origin: Origin, bank: u32 },
}

/// Events of disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DiskSeen {
    /// Crashes before records were written.
    pub unwritten: u64,
    /// Crashes while a sync ran.
    pub unsynced: u64,
    /// Crashes after a sync and before the branch knew of it.
    pub unreported: u64,
    /// Recoveries that cut a torn end off.
    pub torn: u64,
    /// Checkpoints that replaced old records.
    pub checkpoints: u64,
}

impl Add for DiskSeen {
    type Output = DiskSeen;

    fn add(self, other: DiskSeen) -> DiskSeen {
        DiskSeen {
            unwritten: self.unwritten + other.unwritten,
            unsynced: self.unsynced + other.unsynced,
            unreported: self.unreported + other.unreported,
            torn: self.torn + other.torn,
            checkpoints: self.checkpoints + other.checkpoints,
        }
    }
}

impl SimLog {
    /// With an `origin` and the fingerprint of a bank the log is kept for a crash.
    pub fn new(kept: Option<(Origin, u32)>, time: Duration, group_max: usize) -> SimLog {
        SimLog {
            file: kept.map(|(origin, bank)| created(origin, bank)),
            waiting: Vec::new(),
            appended: 0,
            synced: 0,
            syncing: None,
            time,
            group_max: group_max as u64,
            is_full: false,
            fails: false,
            seen: DiskSeen::default(),
        }
    }

    /// Takes the records, in their order.
    pub fn append(&mut self, records: &mut Vec<Record>) {
        self.appended += records.len() as u64;
        match &self.file {
            Some(_) => self.waiting.append(records),
            None => records.clear(),
        }
    }

    /// Begins a sync if one is needed, none runs and the disk has room, and returns how long it takes.
    pub fn begin_sync(&mut self) -> Option<Duration> {
        if self.syncing.is_some() || self.is_synced() || self.is_full {
            return None;
        }
        let count = self.group_max.min(self.appended - self.synced);
        self.write(usize::try_from(count).unwrap_or(usize::MAX));
        self.syncing = Some((self.synced + count, self.time));
        Some(self.time)
    }

    /// The running sync is over: up to where the log is synced now, or that it failed.
    pub fn end_sync(&mut self) -> Option<Result<u64, SyncFailed>> {
        let (mut position, takes) = self.syncing.take()?;
        if self.fails {
            return Some(Err(SyncFailed));
        }
        if takes.is_zero() && !self.is_full {
            self.write(usize::MAX);
            position = self.appended;
        }
        self.sync();
        self.synced = position;
        Some(Ok(position))
    }

    pub fn is_synced(&self) -> bool {
        self.appended == self.synced
    }

    /// Whether a checkpoint pays, now that all that was written is synced and reported.
    pub fn wants_checkpoint(&self) -> bool {
        match &self.file {
            Some(LogState::Open { log, .. }) => {
                self.syncing.is_none() && !self.is_full && log.wants_checkpoint()
            }
            Some(LogState::Closed { .. }) | None => false,
        }
    }

    pub fn checkpoint(&mut self, record: &Record) {
        if let Some(LogState::Open { log, .. }) = &mut self.file {
            log.checkpoint(record).expect("the disk has room, and no sync of it fails");
            self.seen.checkpoints += 1;
        }
    }

    /// From now on a sync that begins takes this long.
    pub fn set_time(&mut self, time: Duration) {
        self.time = time;
    }

    /// From now on nothing can be written, or everything can.
    pub fn set_full(&mut self, is_full: bool) {
        self.is_full = is_full;
    }

    /// From now on syncs fail, or succeed.
    pub fn set_failing(&mut self, fails: bool) {
        self.fails = fails;
    }

    /// The power is gone: what was not synced is lost, or torn. `seed` decides how.
    pub fn crash(&mut self, seed: u64) {
        let is_syncing = self.syncing.is_some();
        let is_waiting = !self.waiting.is_empty();
        self.waiting.clear();
        (self.appended, self.synced, self.syncing) = (0, 0, None);
        self.file = match self.file.take() {
            Some(LogState::Open { mut log, bank }) => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let is_done = is_syncing && !self.fails && rng.random_bool(0.5);
                if is_done {
                    log.sync().expect("a sync of a disk in memory succeeds");
                }
                self.seen.unreported += u64::from(is_done);
                self.seen.unsynced += u64::from(is_syncing && !is_done);
                self.seen.unwritten += u64::from(is_waiting);
                let origin = log.origin();
                let mut disk = log.into_disk();
                disk.lose_power(|most| rng.random_range(0..=most));
                Some(LogState::Closed { disk, origin, bank })
            }
            closed @ (Some(LogState::Closed { .. }) | None) => closed,
        };
    }

    /// All of it is gone, and a new incarnation begins.
    pub fn reset(&mut self, origin: Origin) {
        self.file = match self.file.take() {
            Some(LogState::Open { bank, .. } | LogState::Closed { bank, .. }) => Some(created(origin, bank)),
            None => None,
        };
    }

    /// The records that a branch comes back with.
    pub fn recovered(&mut self) -> Vec<Record> {
        match self.file.take() {
            Some(LogState::Closed { disk, origin, bank }) => {
                match log::Log::open(disk, origin.branch, bank) {
                    Ok(Opened::Log(mut log, found)) => {
                        self.seen.torn += u64::from(found.torn.is_some());
                        log.set_checkpoint_least(CHECKPOINT_LEAST);
                        self.file = Some(LogState::Open { log, bank });
                        found.records
                    }
                    Ok(Opened::Empty(_)) => panic!("a log that was begun is there"),
                    Err(error) => panic!("a loss of power damages nothing that was synced: {error}"),
                }
            }
            open @ (Some(LogState::Open { .. }) | None) => {
                self.file = open;
                Vec::new()
            }
        }
    }

    fn write(&mut self, count: usize) {
        let Some(LogState::Open { log, .. }) = &mut self.file else { return };
        let later = self.waiting.split_off(count.min(self.waiting.len()));
        let now = mem::replace(&mut self.waiting, later);
        if !now.is_empty() {
            log.append(&now).expect("the disk has room");
        }
    }

    fn sync(&mut self) {
        if let Some(LogState::Open { log, .. }) = &mut self.file {
            log.sync().expect("a sync of a disk in memory succeeds");
        }
    }
}

/// A sync that failed: the branch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SyncFailed;

fn created(origin: Origin, bank: u32) -> LogState {
    let log = log::Log::create(MemoryDisk::default(), origin, bank);
    let mut log = log.expect("a disk in memory takes everything");
    log.set_checkpoint_least(CHECKPOINT_LEAST);
    LogState::Open { log, bank }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BranchId, Incarnation, SessionId};

    const SYNC: Duration = Duration::from_millis(1);

    fn record(number: u64) -> Record {
        Record::Forgotten { up_to: SessionId { opened_at: number, nonce: 0 } }
    }

    fn kept() -> Option<(Origin, u32)> {
        let incarnation = Incarnation { started_at: 1, nonce: 0 };
        Some((Origin { branch: BranchId(1), incarnation }, 7))
    }

    #[test]
    fn a_sync_covers_what_was_appended_before_it_began_and_no_more_than_a_group() {
        let mut log = SimLog::new(kept(), SYNC, 2);
        log.append(&mut vec![record(1), record(2)]);
        assert_eq!(log.begin_sync(), Some(SYNC));
        log.append(&mut vec![record(3), record(4), record(5)]);
        assert_eq!(log.begin_sync(), None, "one sync at a time");
        for synced in [2, 4, 5] {
            assert_eq!(log.end_sync(), Some(Ok(synced)));
            assert_eq!(log.begin_sync().is_some(), synced < 5);
        }
        assert!(log.is_synced());
    }

    #[test]
    fn a_crash_leaves_what_was_synced_and_positions_count_from_the_start() {
        let mut outcomes = std::collections::BTreeSet::new();
        for seed in 0..40 {
            let mut log = SimLog::new(kept(), SYNC, 100);
            log.append(&mut vec![record(1)]);
            log.begin_sync();
            log.append(&mut vec![record(2)]);
            log.end_sync();
            log.begin_sync();
            log.append(&mut vec![record(3)]);
            log.crash(seed);
            let recovered = log.recovered();
            assert!(recovered == [record(1)] || recovered == [record(1), record(2)], "{recovered:?}");
            outcomes.insert((recovered.len(), log.seen.unreported, log.seen.torn));
            log.append(&mut vec![record(4), record(5)]);
            log.begin_sync();
            assert_eq!(log.end_sync(), Some(Ok(2)));
            log.crash(seed);
            assert_eq!(log.recovered(), [recovered, vec![record(4), record(5)]].concat());
            log.reset(kept().expect("it is kept").0);
            log.crash(seed);
            assert_eq!(log.recovered(), []);
        }
        assert!(outcomes.len() > 2, "whole, torn and unreported: {outcomes:?}");
    }

    #[test]
    fn a_full_disk_syncs_nothing_and_a_failing_one_says_so() {
        let mut log = SimLog::new(kept(), Duration::ZERO, 100);
        log.set_full(true);
        log.append(&mut vec![record(1)]);
        assert_eq!(log.begin_sync(), None);
        log.set_full(false);
        log.set_failing(true);
        assert_eq!(log.begin_sync(), Some(Duration::ZERO));
        assert_eq!(log.end_sync(), Some(Err(SyncFailed)));
    }

    #[test]
    fn a_sync_without_delay_covers_all_that_is_appended_until_its_end() {
        let mut log = SimLog::new(kept(), Duration::ZERO, 1);
        log.append(&mut vec![record(1)]);
        assert_eq!(log.begin_sync(), Some(Duration::ZERO));
        log.append(&mut vec![record(2), record(3)]);
        assert_eq!(log.begin_sync(), None);
        assert_eq!(log.end_sync(), Some(Ok(3)));
        assert_eq!(log.begin_sync(), None);
        log.crash(0);
        assert_eq!(log.recovered(), [record(1), record(2), record(3)]);
    }

    #[test]
    fn a_sync_that_runs_as_its_disk_becomes_fast_covers_no_more_than_before() {
        let mut log = SimLog::new(kept(), SYNC, 100);
        log.append(&mut vec![record(1)]);
        assert_eq!(log.begin_sync(), Some(SYNC));
        log.set_time(Duration::ZERO);
        log.append(&mut vec![record(2)]);
        assert_eq!(log.end_sync(), Some(Ok(1)));
    }
}
