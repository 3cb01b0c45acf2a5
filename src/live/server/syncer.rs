//! The thread that makes a branch's records durable: group commit.
//!
//! Records wait in a queue, into which the branch puts them with its lock in hand, so their order is the core's. The
//! thread takes all that wait, up to a bound, writes them in one piece, and syncs once; then it tells the core how
//! far it has come. While one group is on its way to the disk the next one gathers. So the slower the disk and the
//! more that wait, the more each sync makes durable, without any delay that somebody has to choose.
//!
//! **A full disk** is tried again until it has room, and the core refuses customers' writes meanwhile. **A sync that
//! fails** is never tried again: what the system then holds of the file is unknown (Rebello et al., USENIX ATC 2020),
//! so the branch ends with an error, and acknowledges nothing that it is not sure of.
//!
//! **A checkpoint** takes the place of old records once they have grown enough. It is taken from the core in the
//! moment in which all that was written is synced and told, so that it stands exactly between two groups.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, mem};

use super::disk::FileDisk;
use super::driver::BranchDriver;
use crate::log::Log;
use crate::model::Record;

/// How soon a disk that was full is tried again.
const FULL_PAUSE: Duration = Duration::from_millis(20);

/// What waits for the disk, and what has become of it.
#[derive(Debug, Default)]
pub(in crate::live) struct SyncQueue {
    inner: Mutex<Inner>,
    news: Condvar,
    /// Held by whoever must not be disturbed: a branch that is paused.
    gate: Mutex<()>,
}

#[derive(Debug, Default)]
struct Inner {
    records: Vec<Record>,
    ends: bool,
    traffic: LogTraffic,
}

/// What went to a log since the branch began its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogTraffic {
    pub records: u64,
    pub syncs: u64,
    /// Times that a checkpoint took the place of older records.
    pub checkpoints: u64,
}

/// The thread of one branch. Dropping it ends it, after what waits has been written.
pub(in crate::live) struct Syncer {
    queue: Arc<SyncQueue>,
    thread: Option<JoinHandle<()>>,
}

impl SyncQueue {
    /// Takes records in their order, and leaves none.
    pub fn put(&self, records: &mut Vec<Record>) {
        self.lock().records.append(records);
        self.news.notify_one();
    }

    pub fn traffic(&self) -> LogTraffic {
        self.lock().traffic
    }

    /// Nothing becomes durable for the branch, as far as it knows, until the guard is dropped.
    pub fn hold_back(&self) -> MutexGuard<'_, ()> {
        self.gate.lock().expect("nothing panics at the gate")
    }

    /// The next records, at most `group_max`. `None` at the end.
    fn take(&self, group_max: usize) -> Option<Vec<Record>> {
        let mut inner = self.lock();
        loop {
            if !inner.records.is_empty() {
                let count = group_max.min(inner.records.len());
                let later = inner.records.split_off(count);
                return Some(mem::replace(&mut inner.records, later));
            }
            if inner.ends {
                return None;
            }
            inner = self.news.wait(inner).expect("nothing panics with the queue in hand");
        }
    }

    /// Waits for a while. Returns whether to go on.
    fn pause(&self, span: Duration) -> bool {
        let inner = self.lock();
        let waited = self.news.wait_timeout_while(inner, span, |inner| !inner.ends);
        !waited.expect("nothing panics with the queue in hand").0.ends
    }

    fn end(&self) {
        self.lock().ends = true;
        self.news.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nothing panics with the queue in hand")
    }
}

impl Syncer {
    /// Begins to write what `shell` puts into `queue`.
    pub fn start(
        log: Log<FileDisk>,
        group_max: usize,
        queue: Arc<SyncQueue>,
        shell: Arc<BranchDriver>,
    ) -> io::Result<Syncer> {
        let work = Work { log, group_max, queue: Arc::clone(&queue), shell, position: 0 };
        let name = format!("log-{}", work.shell.id());
        let thread = std::thread::Builder::new().name(name).spawn(move || work.run())?;
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

struct Work {
    log: Log<FileDisk>,
    group_max: usize,
    queue: Arc<SyncQueue>,
    shell: Arc<BranchDriver>,
    /// Of the last record that is synced.
    position: u64,
}

impl Work {
    fn run(mut self) {
        while let Some(records) = self.queue.take(self.group_max) {
            match self.commit(&records) {
                Ok(true) => {}
                // It ended while the disk was full: what waits was acknowledged to nobody.
                Ok(false) => return,
                Err(error) => return self.shell.fail(&error),
            }
        }
    }

    fn commit(&mut self, records: &[Record]) -> io::Result<bool> {
        if !self.append(records)? {
            return Ok(false);
        }
        self.log.sync()?;
        self.position += records.len() as u64;
        {
            let mut inner = self.queue.lock();
            inner.traffic.records += records.len() as u64;
            inner.traffic.syncs += 1;
        }
        let wants_checkpoint = self.log.wants_checkpoint();
        let checkpoint = {
            let _undisturbed = self.queue.hold_back();
            self.shell.synced(self.position, wants_checkpoint)
        };
        let Some(checkpoint) = checkpoint else { return Ok(true) };
        match self.log.checkpoint(&checkpoint) {
            Ok(()) => self.queue.lock().traffic.checkpoints += 1,
            // The older records are still there.
            Err(error) if is_full(&error) => {
                tracing::warn!(branch = %self.shell.id(), %error, "no checkpoint");
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Appends as soon as the disk has room. Returns whether it had before the end.
    fn append(&mut self, records: &[Record]) -> io::Result<bool> {
        let mut was_full = false;
        loop {
            match self.log.append(records) {
                Ok(()) => break,
                Err(error) if is_full(&error) => {
                    if !mem::replace(&mut was_full, true) {
                        tracing::warn!(branch = %self.shell.id(), %error, "the log takes nothing");
                        self.shell.disk_full(true);
                    }
                }
                Err(error) => return Err(error),
            }
            if !self.queue.pause(FULL_PAUSE) {
                return Ok(false);
            }
        }
        if was_full {
            tracing::info!(branch = %self.shell.id(), "the log has room again");
            self.shell.disk_full(false);
        }
        Ok(true)
    }
}

/// Whether there is no room now, which may pass.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
