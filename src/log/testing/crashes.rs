//! Power that goes at any moment: what was acknowledged is there again, in every order of what the disk does.

use std::cell::Cell;
use std::io;

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{BANK, checkpoint, origin, record, recovered};
use crate::log::{Disk, Log, MemoryDisk, Opened};
use crate::model::Record;

/// A disk that does so much and no more: then the power is gone.
#[derive(Debug)]
struct Dying {
    disk: MemoryDisk,
    left: Cell<usize>,
}

impl Dying {
    fn step(&self) -> io::Result<()> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(io::Error::other("the power is gone")),
        }
    }
}

impl Disk for Dying {
    fn files(&self) -> io::Result<Vec<String>> {
        self.disk.files()
    }

    fn read(&self, file: &str) -> io::Result<Vec<u8>> {
        self.disk.read(file)
    }

    fn append(&mut self, file: &str, bytes: &[u8]) -> io::Result<()> {
        self.step()?;
        self.disk.append(file, bytes)
    }

    fn truncate(&mut self, file: &str, len: u64) -> io::Result<()> {
        self.step()?;
        self.disk.truncate(file, len)
    }

    fn sync(&mut self, file: &str) -> io::Result<()> {
        self.step()?;
        self.disk.sync(file)
    }

    fn sync_names(&mut self) -> io::Result<()> {
        self.step()?;
        self.disk.sync_names()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.step()?;
        self.disk.rename(from, to)
    }

    fn remove(&mut self, file: &str) -> io::Result<()> {
        self.step()?;
        self.disk.remove(file)
    }
}

/// The records that a log was given before the power went: how many were appended, and how many synced.
#[derive(Debug, Default)]
struct LogModel {
    appended: u64,
    synced: u64,
}

/// Groups of up to five records, several of them before a sync now and then, and a checkpoint every third sync.
fn write(log: &mut Log<Dying>, model: &mut LogModel, rounds: u64) -> io::Result<()> {
    for round in 0..rounds {
        for _ in 0..=round % 2 {
            let group: Vec<Record> = (model.appended..model.appended + 1 + round % 5).map(record).collect();
            model.appended += group.len() as u64;
            log.append(&group)?;
        }
        log.sync()?;
        model.synced = model.appended;
        if round % 3 == 2 {
            log.checkpoint(&checkpoint(model.synced))?;
        }
    }
    Ok(())
}

/// How many records these stand for, the one that sums others up included. They must be the first ones.
fn stand_for(records: &[Record], checkpoints: &[u64]) -> u64 {
    let (from, rest) = match records.first() {
        Some(first @ Record::Checkpoint(_)) => {
            let count = checkpoints.iter().copied().find(|&count| *first == checkpoint(count));
            (count.expect("a checkpoint that was made"), &records[1..])
        }
        Some(_) | None => (0, records),
    };
    for (number, found) in (from..).zip(rest) {
        assert_eq!(*found, record(number));
    }
    from + rest.len() as u64
}

fn draws(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    move |most| rng.random_range(0..=most)
}

/// The power goes after so many steps, and comes back; the log goes on for a while, loses the power again, and is read.
fn survives(steps: usize, seed: u64) -> Result<(), TestCaseError> {
    let dying = |disk| Dying { disk, left: Cell::new(steps) };
    let checkpoints: Vec<u64> = (0..500).collect();
    let mut draw = draws(seed);
    let mut model = LogModel::default();
    let mut disk = match Log::create(dying(MemoryDisk::default()), origin(), BANK) {
        Err(_) => return Ok(()),
        Ok(mut log) => {
            let _ = write(&mut log, &mut model, 12);
            log.into_disk().disk
        }
    };
    disk.lose_power(&mut draw);
    let (log, found) = recovered(disk).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let count = stand_for(&found.records, &checkpoints);
    prop_assert!((model.synced..=model.appended).contains(&count), "{count} of {model:?}");
    // It goes on where it was cut.
    let mut log = log;
    log.append(&[record(count)]).unwrap();
    log.sync().unwrap();
    let mut disk = log.into_disk();
    disk.lose_power(&mut draw);
    let (_, found) = recovered(disk).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(stand_for(&found.records, &checkpoints), count + 1);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn what_was_synced_survives_a_loss_of_power_at_any_step(steps in 0_usize..120, seed: u64) {
        survives(steps, seed)?;
    }
}

#[test]
fn what_a_process_left_unsynced_is_durable_once_it_was_recovered() {
    for seed in 0..200 {
        let mut log = Log::create(MemoryDisk::default(), origin(), BANK).unwrap();
        log.append(&[record(0), record(1)]).unwrap();
        // Only the process is gone: what it wrote is in the system's memory.
        let (log, found) = recovered(log.into_disk()).unwrap();
        assert_eq!(found.records, [record(0), record(1)]);
        let mut disk = log.into_disk();
        disk.lose_power(draws(seed));
        let (_, found) = recovered(disk).unwrap();
        assert_eq!(found.records, [record(0), record(1)], "seed {seed}");
    }
}

#[test]
fn without_a_sync_records_are_lost_which_the_test_would_see() {
    let lost = (0..20).any(|seed| {
        let mut log = Log::create(MemoryDisk::default(), origin(), BANK).unwrap();
        log.append(&[record(0), record(1)]).unwrap();
        let mut disk = log.into_disk();
        disk.lose_power(draws(seed));
        let Ok(Opened::Log(_, found)) = Log::open(disk, super::BRANCH, BANK) else {
            panic!("the log was begun")
        };
        found.records.is_empty()
    });
    assert!(lost);
}
