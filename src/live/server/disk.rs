//! A data directory: the files of one branch's log, a lock that keeps a second process out, and faults on demand.
//!
//! Faults are injected here, between the log and the system, since a device that fails on time cannot be had
//! everywhere. They are windows of time on the system's monotonic clock. What a fault does is what the system would
//! do: a slow disk syncs late, a full one takes no bytes, and a sync fails with an error.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use crate::live::clock;
use crate::log::Disk;
use crate::model::Time;
use crate::scenario::BranchFaultKind;

/// The process that holds a lock on this file owns the directory. The file is empty, and never removed.
const LOCK_FILE: &str = "lock";

/// Bounds of the test of the bare device.
const BARE_SYNCS_MAX: u32 = 200;
const BARE_TIME_MAX: Duration = Duration::from_millis(500);

/// A fault of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// Every sync takes longer.
    Slow {
        /// By how much.
        extra: Duration,
    },
    /// Appends fail with `StorageFull`.
    Full,
    /// Syncs fail.
    FailingSync,
}

/// Faults of one disk, each from a time (included) until another (excluded).
#[derive(Debug, Clone, Default)]
pub struct DiskFaults {
    windows: Arc<Mutex<Vec<(Time, Time, DiskFault)>>>,
}

/// Why a directory cannot hold a branch's log.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The directory cannot be made or opened.
    #[error("{}: {source}; name a directory that can be written", dir.display())]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another branch has locked the directory.
    #[error("{} belongs to a branch that is running; end it, or name another directory", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
}

/// A directory on the system's disk, for the log of one branch.
#[derive(Debug)]
pub struct FileDisk {
    dir: PathBuf,
    /// Open for as long as they are appended to.
    open: BTreeMap<String, File>,
    faults: DiskFaults,
    /// Holds the lock until the disk is dropped, or the process ends in whatever way.
    _lock: File,
}

impl DiskFault {
    /// The fault of the disk that this fault of a branch is; `None` for one of the branch itself.
    pub(in crate::live) fn of(kind: BranchFaultKind) -> Option<DiskFault> {
        match kind {
            BranchFaultKind::SlowDisk { extra } => Some(DiskFault::Slow { extra }),
            BranchFaultKind::FullDisk => Some(DiskFault::Full),
            BranchFaultKind::FailingSync => Some(DiskFault::FailingSync),
            BranchFaultKind::Crash | BranchFaultKind::LoseState => None,
        }
    }
}

impl DiskFaults {
    /// Adds a window, on the clock of [`now`](crate::live::now).
    pub fn add(&self, from: Time, until: Time, fault: DiskFault) {
        self.windows.lock().expect("nothing panics with the windows locked").push((from, until, fault));
    }

    /// Removes all windows.
    pub fn clear(&self) {
        self.windows.lock().expect("nothing panics with the windows locked").clear();
    }

    /// The faults of this moment.
    fn active(&self) -> Vec<DiskFault> {
        let windows = self.windows.lock().expect("nothing panics with the windows locked");
        if windows.is_empty() {
            return Vec::new();
        }
        let now = clock::now();
        windows
            .iter()
            .filter(|&&(from, until, _)| from <= now && now < until)
            .map(|&(.., fault)| fault)
            .collect()
    }
}

impl FileDisk {
    /// Locks the directory for the caller alone, and makes it if it does not exist.
    ///
    /// # Errors
    ///
    /// A directory that cannot be written, or that another branch has locked.
    pub fn take(dir: &Path, faults: DiskFaults) -> Result<FileDisk, DataError> {
        let failed = |source| DataError::Directory { dir: dir.to_owned(), source };
        let is_new = !dir.exists();
        std::fs::create_dir_all(dir).map_err(failed)?;
        if let Some(parent) = dir.parent().filter(|parent| is_new && !parent.as_os_str().is_empty()) {
            // The directory itself must survive a loss of power.
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(failed)?;
        }
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join(LOCK_FILE));
        let lock = lock.map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(DataError::Locked { dir: dir.to_owned() }),
            Err(error) => return Err(failed(error.into())),
        }
        Ok(FileDisk { dir: dir.to_owned(), open: BTreeMap::new(), faults, _lock: lock })
    }

    fn file(&mut self, name: &str) -> io::Result<&mut File> {
        if !self.open.contains_key(name) {
            let file = OpenOptions::new().create(true).append(true).open(self.dir.join(name))?;
            self.open.insert(name.to_owned(), file);
        }
        Ok(self.open.get_mut(name).expect("it is open now"))
    }
}

impl Disk for FileDisk {
    fn files(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name != LOCK_FILE {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, file: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.dir.join(file))
    }

    fn append(&mut self, file: &str, bytes: &[u8]) -> io::Result<()> {
        if self.faults.active().contains(&DiskFault::Full) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device (injected)"));
        }
        self.file(file)?.write_all(bytes)
    }

    fn truncate(&mut self, file: &str, len: u64) -> io::Result<()> {
        self.file(file)?.set_len(len)
    }

    fn sync(&mut self, file: &str) -> io::Result<()> {
        for fault in self.faults.active() {
            match fault {
                DiskFault::Slow { extra } => std::thread::sleep(extra),
                DiskFault::FailingSync => return Err(io::Error::other("input/output error (injected)")),
                DiskFault::Full => {}
            }
        }
        self.file(file)?.sync_data()
    }

    fn sync_names(&mut self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.dir.join(from), self.dir.join(to))?;
        if let Some(file) = self.open.remove(from) {
            self.open.insert(to.to_owned(), file);
        }
        Ok(())
    }

    fn remove(&mut self, file: &str) -> io::Result<()> {
        self.open.remove(file);
        std::fs::remove_file(self.dir.join(file))
    }
}

/// Syncs per second of the bare device, each after an append of 512 bytes to a temporary file in `dir`.
///
/// # Errors
///
/// When the file cannot be written.
pub fn bare_syncs_per_s(dir: &Path) -> io::Result<f64> {
    let mut file = tempfile::tempfile_in(dir)?;
    let began = clock::now();
    let mut syncs = 0;
    while syncs < BARE_SYNCS_MAX && clock::now().since(began) < BARE_TIME_MAX {
        file.write_all(&[0; 512])?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / clock::now().since(began).as_secs_f64())
}
