//! The thread that makes a branch's records durable: group commit.
//!
//! The branch puts records into a queue while it holds its lock, so their order is the core's. The thread takes all
//! that wait, up to a bound, writes them in one piece, and syncs once; then it reports the synced position to the core.
//! While one group is on its way to the disk the next one gathers. So the slower the disk, the more records each sync
//! makes durable, without a delay to tune.
//!
//! **A full disk** is tried again until it has room, and the core refuses customers' writes meanwhile. **A sync that
//! fails** is never tried again: what the system then holds of the file is unknown (Rebello et al., USENIX ATC 2020).
//! The branch ends with an error, and acknowledges nothing that may not be durable.
//!
//! **A checkpoint** replaces old records once they have grown enough. The core gives it at the moment when all written
//! records are synced and reported, so that it lies exactly between two groups.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, mem};

use super::disk::FileDisk;
use super::driver::BranchDriver;
use super::sync_queue::SyncQueue;
use crate::log::Log;
use crate::model::Record;

/// How soon a disk that was full is tried again.
const FULL_PAUSE: Duration = Duration::from_millis(20);

/// The thread that syncs one branch's log. Dropping it writes what waits, then ends the thread.
pub(super) struct Syncer {
    queue: Arc<SyncQueue>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    /// Starts to write what `driver` puts into `queue`.
    pub fn start(
        log: Log<FileDisk>,
        group_max: usize,
        queue: Arc<SyncQueue>,
        driver: Arc<BranchDriver>,
    ) -> io::Result<Syncer> {
        let sync_loop = SyncLoop { log, group_max, queue: Arc::clone(&queue), driver, position: 0 };
        let name = format!("log-{}", sync_loop.driver.id());
        let thread = std::thread::Builder::new().name(name).spawn(move || sync_loop.run())?;
        Ok(Syncer { queue, thread: Some(thread) })
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.queue.end();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a log panicked");
        }
    }
}

struct SyncLoop {
    log: Log<FileDisk>,
    group_max: usize,
    queue: Arc<SyncQueue>,
    driver: Arc<BranchDriver>,
    /// The number of records that are synced.
    position: u64,
}

impl SyncLoop {
    fn run(mut self) {
        while let Some(records) = self.queue.take(self.group_max) {
            match self.commit(&records) {
                Ok(true) => {}
                // It ended while the disk was full: no reply has acknowledged what waits.
                Ok(false) => return,
                Err(error) => return self.driver.fail(&error),
            }
        }
    }

    /// Writes, syncs and reports one group. Returns whether it was written before the end.
    fn commit(&mut self, records: &[Record]) -> io::Result<bool> {
        if !self.append(records)? {
            return Ok(false);
        }
        self.log.sync()?;
        self.position += records.len() as u64;
        self.queue.count_sync(records.len());
        let wants_checkpoint = self.log.wants_checkpoint();
        let checkpoint = {
            let _gate = self.queue.hold_back();
            self.driver.synced(self.position, wants_checkpoint)
        };
        let Some(checkpoint) = checkpoint else { return Ok(true) };
        match self.log.checkpoint(&checkpoint) {
            Ok(()) => self.queue.count_checkpoint(),
            // The older records are still there.
            Err(error) if is_full(&error) => {
                tracing::warn!(branch = %self.driver.id(), %error, "the disk has no room for a checkpoint");
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Appends as soon as the disk has room. Returns whether it had room before the end.
    fn append(&mut self, records: &[Record]) -> io::Result<bool> {
        let mut was_full = false;
        loop {
            match self.log.append(records) {
                Ok(()) => break,
                Err(error) if is_full(&error) => {
                    if !mem::replace(&mut was_full, true) {
                        tracing::warn!(branch = %self.driver.id(), %error, "the log has no room");
                        self.driver.disk_full(true);
                    }
                }
                Err(error) => return Err(error),
            }
            if !self.queue.pause(FULL_PAUSE) {
                return Ok(false);
            }
        }
        if was_full {
            tracing::info!(branch = %self.driver.id(), "the log has room again");
            self.driver.disk_full(false);
        }
        Ok(true)
    }
}

/// Whether the disk has no room, which may pass.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
