//! A branch's durable log: how records become bytes, and bytes records again, over a [`Disk`] that is handed in.
//!
//! ```text
//!  records --append--> one frame --Disk::append--> 0000000000000003.log     head, frame, frame, mark, frame, mark,
//! ...          --sync----> Disk::sync, then a mark: "synced up to here"
//!          --checkpoint--> 0000000000000004.new --sync, rename, sync names--> 0000000000000004.log; 3 is removed
//!
//!  open: newest .log -> head? -> frames, one after another -> records;   torn tail: cut, reported;   else: refused
//! ```
//!
//! **A file.** It begins with a head (magic word, format version, branch, incarnation, number of the file,
//! fingerprint of the initial balances). Frames
//! follow: a magic word, a length, a CRC-32 of all the rest, the position of the first record, the position up to
//! which the log was synced before, and the records of one append. A frame without records is a mark. It is written
//! after each sync, and not itself synced: it follows with the next sync, or when the system likes.
//!
//! **What is cut and what is refused.** A crash may leave any part of what was not synced: a frame that is too short,
//! whose blocks are missing, zero or old, or a good frame behind a bad one (Pillai et al., OSDI 2014). So a bad frame
//! is the torn end of the log, *unless* a good frame anywhere behind it says that the log was synced past it: then
//! something was changed that had been made durable, and the log is refused with file and offset. Behind a torn frame
//! nothing is believed, and everything is cut off: none of it was acknowledged. Damage to the very last frame can be
//! distinguished from a torn write by its mark alone, and no longer if that is gone as well: so it is in every log.
//!
//! **A sync that failed** leaves the file in an unknown state: the system may have dropped the bytes and
//! call the next sync a success (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
//! So the log is *spoilt* from then on, and takes nothing more. An append that failed, on a full disk, is undone and
//! may be tried again.
//!
//! After such a failure the system is not to be trusted until it restarts: a process that reads the file again may
//! read from memory what the device does not have.
//!
//! **Space.** A [checkpoint](Record::Checkpoint) sums up all records before it. It begins a new file,
//! which is complete before it has its name; then the older ones go. There is one file at any time but for a moment.
//!
//! **Why not a store from elsewhere.** It would have to send all its input and output through [`Disk`], for the
//! simulator runs the same recovery on a disk that loses power, and it would have to sync on demand. `redb`
//! has such a trait and is a B-tree with copies of pages and a commit of its own, several syncs' worth for what is
//! one append here. `fjall`, `okaywal` and `raft-engine` open files themselves, with threads of their own. What is
//! needed is an append, a checksum and a sync. Records are encoded with `postcard`, whose format is specified and
//! stable.
//!
//! **Absent.** No thread, no clock, no file: those are the substrates'. Nothing is kept in memory but the end's
//! position.

mod disk;
mod error;
mod frame;
mod memory;
mod read;
#[cfg(test)]
mod testing;

use std::io;

pub use disk::Disk;
pub use error::{Damage, OpenError, Torn};
pub use memory::MemoryDisk;

use crate::model::{BranchId, Incarnation, Origin, Record};
use frame::Head;

/// Bytes of records behind the checkpoint before another one pays, if the checkpoint is small.
const CHECKPOINT_LEAST: u64 = 16 << 20;

/// A fingerprint of the initial balances. A log holds what came on top of them, and means nothing beside others.
pub fn bank(initial_balances: &[i64]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    initial_balances.iter().for_each(|balance| hasher.update(&balance.to_le_bytes()));
    hasher.finalize()
}

/// A log that is open for more.
#[derive(Debug)]
pub struct Log<D> {
    disk: D,
    origin: Origin,
    bank: u32,
    /// The number of the present file.
    number: u64,
    /// Its length, which is where the next frame begins.
    len: u64,
    /// The length of its head and its checkpoint.
    base: u64,
    /// Records appended, and synced, in this file.
    appended: u64,
    synced: u64,
    checkpoint_least: u64,
    is_spoilt: bool,
}

/// The result of opening a directory.
#[derive(Debug)]
pub enum Opened<D> {
    /// The directory holds no log.
    Empty(D),
    /// The log, open for more, and what it held.
    Log(Log<D>, LogContents),
}

/// The content of a log when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogContents {
    /// The incarnation whose log it is.
    pub incarnation: Incarnation,
    /// Its records, in order; all of them are durable now.
    pub records: Vec<Record>,
    /// The torn end that was cut off, if there was one.
    pub torn: Option<Torn>,
}

impl<D: Disk> Log<D> {
    /// Reads what the disk holds of this branch of this [`bank`], cuts a torn end off, and removes what a crash left
    /// over.
    ///
    /// # Errors
    ///
    /// A log that is damaged, another branch's, or of another version; and errors of the disk.
    pub fn open(mut disk: D, branch: BranchId, bank: u32) -> Result<Opened<D>, OpenError> {
        let Some((number, leftover)) = read::newest(&disk)? else { return Ok(Opened::Empty(disk)) };
        let file = frame::name(number);
        let bytes = disk.read(&file)?;
        let (origin, contents) = read::file(&file, &bytes, number, (branch, bank))?;
        let read::Contents { records, len, base, torn } = contents;
        if torn.is_some() {
            disk.truncate(&file, len)?;
        }
        // What was read may be in the system's memory alone: of a process that was killed between a write and its sync.
        // It counts from now on, so it is made durable first; and so is the file's name, before what it replaces goes.
        disk.sync(&file)?;
        disk.sync_names()?;
        leftover.iter().try_for_each(|file| disk.remove(file))?;
        let count = records.len() as u64;
        let (appended, synced) = (count, count);
        let log = Log { number, len, base, appended, synced, ..Log::empty(disk, origin, bank) };
        Ok(Opened::Log(log, LogContents { incarnation: origin.incarnation, records, torn }))
    }

    /// Begins a log on a disk that has none.
    ///
    /// # Errors
    ///
    /// Errors of the disk.
    pub fn create(disk: D, origin: Origin, bank: u32) -> Result<Log<D>, OpenError> {
        let mut log = Log::empty(disk, origin, bank);
        log.begin_file(&[])?;
        Ok(log)
    }

    /// A log without a file.
    fn empty(disk: D, origin: Origin, bank: u32) -> Log<D> {
        Log {
            disk,
            origin,
            bank,
            number: 0,
            len: 0,
            base: 0,
            appended: 0,
            synced: 0,
            checkpoint_least: CHECKPOINT_LEAST,
            is_spoilt: false,
        }
    }

    /// Sets how many bytes of records make [`Log::wants_checkpoint`] true behind a small checkpoint.
    pub fn set_checkpoint_least(&mut self, bytes: u64) {
        self.checkpoint_least = bytes;
    }

    /// Appends records, all or none.
    ///
    /// # Errors
    ///
    /// Errors of the disk. The log is then as it was, and the same may be tried again, unless the log is spoilt.
    pub fn append(&mut self, records: &[Record]) -> io::Result<()> {
        self.check()?;
        let bytes = frame::encode(self.appended, self.synced, records);
        self.write(&bytes)?;
        self.appended += records.len() as u64;
        Ok(())
    }

    /// Makes all that was appended durable.
    ///
    /// # Errors
    ///
    /// When the disk does not: the log is spoilt, and whether the records are there is unknown.
    pub fn sync(&mut self) -> io::Result<()> {
        self.check()?;
        self.disk.sync(&frame::name(self.number)).inspect_err(|_| self.is_spoilt = true)?;
        self.synced = self.appended;
        // The mark helps to find damage. It may be missing, so a full disk does no harm.
        match self.write(&frame::encode(self.appended, self.synced, &[])) {
            Err(error) if error.kind() != io::ErrorKind::StorageFull => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether so much was appended since the last checkpoint that another one pays.
    pub fn wants_checkpoint(&self) -> bool {
        self.len - self.base > self.checkpoint_least.max(2 * self.base)
    }

    /// Begins a new file with a record that sums up all before it. On error the old file remains, and goes on.
    ///
    /// # Errors
    ///
    /// Errors of the disk.
    ///
    /// # Panics
    ///
    /// If something was appended and not synced: the record cannot include it.
    pub fn checkpoint(&mut self, record: &Record) -> io::Result<()> {
        self.check()?;
        assert_eq!(self.appended, self.synced, "a checkpoint sums up synced records");
        let old = frame::name(self.number);
        self.begin_file(std::slice::from_ref(record))?;
        self.disk.remove(&old)
    }

    /// The branch and the life whose log it is.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Bytes of the present file.
    pub fn bytes(&self) -> u64 {
        self.len
    }

    #[cfg(test)]
    fn disk_mut(&mut self) -> &mut D {
        &mut self.disk
    }

    /// Gives the disk back.
    pub fn into_disk(self) -> D {
        self.disk
    }

    /// Makes the next file under another name, and renames it once it is complete.
    fn begin_file(&mut self, records: &[Record]) -> io::Result<()> {
        let number = self.number + 1;
        let (draft, file) = (frame::draft(number), frame::name(number));
        let mut bytes = frame::head(&Head { origin: self.origin, number, bank: self.bank });
        if !records.is_empty() {
            bytes.extend(frame::encode(0, 0, records));
        }
        if self.disk.files()?.contains(&draft) {
            self.disk.remove(&draft)?;
        }
        self.disk.append(&draft, &bytes)?;
        self.disk.sync(&draft).inspect_err(|_| self.is_spoilt = true)?;
        self.disk.rename(&draft, &file)?;
        self.disk.sync_names().inspect_err(|_| self.is_spoilt = true)?;
        (self.number, self.len, self.base) = (number, bytes.len() as u64, bytes.len() as u64);
        (self.appended, self.synced) = (records.len() as u64, records.len() as u64);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = frame::name(self.number);
        if let Err(error) = self.disk.append(&file, bytes) {
            // How much of it arrived is unknown; without it the file is as it was.
            self.disk.truncate(&file, self.len).inspect_err(|_| self.is_spoilt = true)?;
            return Err(error);
        }
        self.len += bytes.len() as u64;
        Ok(())
    }

    fn check(&self) -> io::Result<()> {
        match self.is_spoilt {
            true => Err(io::Error::other("the log is spoilt: a sync failed, and what is durable is unknown")),
            false => Ok(()),
        }
    }
}
