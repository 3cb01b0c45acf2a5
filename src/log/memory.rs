//! A disk in memory that can lose power: for the simulator, and for tests.

use std::collections::BTreeMap;
use std::io;

use super::Disk;

/// Bytes that a disk writes in one piece.
const BLOCK: usize = 512;

/// Files in memory, each with what of it is durable.
///
/// [`MemoryDisk::lose_power`] leaves the synced bytes. Of those behind them any prefix may be left, and any block of
/// that may be zero. Renaming and removing is durable in the order in which it was done, up to any point.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemoryDisk {
    files: BTreeMap<String, MemoryFile>,
    /// The names as they were last made durable.
    durable: BTreeMap<String, u64>,
    /// Changes of names since then.
    undone: Vec<DiskChange>,
    /// Files that have lost their names since: they have them again if that was not durable.
    nameless: Vec<MemoryFile>,
    made: u64,
    is_full: bool,
    fails_to_sync: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct MemoryFile {
    id: u64,
    bytes: Vec<u8>,
    /// How many of them are durable.
    synced: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum DiskChange {
    Made(String, u64),
    Renamed(String, String),
    Removed(String),
}

impl MemoryDisk {
    /// The power is gone and comes back. `draw` gives an even choice from 0 to its argument, both included.
    pub fn lose_power(&mut self, mut draw: impl FnMut(u64) -> u64) {
        let kept = draw(self.undone.len() as u64) as usize;
        let mut names = std::mem::take(&mut self.durable);
        self.undone.drain(..).take(kept).for_each(|change| change.apply(&mut names));
        let mut contents: BTreeMap<u64, MemoryFile> = std::mem::take(&mut self.files)
            .into_values()
            .chain(self.nameless.drain(..))
            .map(|file| (file.id, file))
            .collect();
        for (name, id) in &names {
            let mut file = contents.remove(id).expect("a file is kept for as long as it may have a name");
            file.tear(&mut draw);
            self.files.insert(name.clone(), file);
        }
        self.durable = self.files.iter().map(|(name, file)| (name.clone(), file.id)).collect();
    }

    /// From now on it takes no more bytes, or takes them again.
    pub fn set_full(&mut self, is_full: bool) {
        self.is_full = is_full;
    }

    /// From now on syncs fail, or succeed again.
    pub fn set_failing_sync(&mut self, fails: bool) {
        self.fails_to_sync = fails;
    }

    fn file(&mut self, name: &str) -> io::Result<&mut MemoryFile> {
        self.files.get_mut(name).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, name.to_owned()))
    }
}

impl MemoryFile {
    fn tear(&mut self, draw: &mut impl FnMut(u64) -> u64) {
        let loose = self.bytes.len() - self.synced;
        if loose == 0 {
            return;
        }
        self.bytes.truncate(self.synced + draw(loose as u64) as usize);
        let first = self.synced / BLOCK;
        for block in first..self.bytes.len().div_ceil(BLOCK) {
            if draw(3) == 0 {
                let (from, until) =
                    ((block * BLOCK).max(self.synced), (block * BLOCK + BLOCK).min(self.bytes.len()));
                self.bytes[from..until].fill(0);
            }
        }
        self.synced = self.bytes.len();
    }
}

impl DiskChange {
    fn apply(self, names: &mut BTreeMap<String, u64>) {
        match self {
            DiskChange::Made(name, id) => {
                names.insert(name, id);
            }
            DiskChange::Renamed(from, to) => {
                let id = names.remove(&from);
                names.extend(id.map(|id| (to, id)));
            }
            DiskChange::Removed(name) => {
                names.remove(&name);
            }
        }
    }
}

impl Disk for MemoryDisk {
    fn files(&self) -> io::Result<Vec<String>> {
        Ok(self.files.keys().cloned().collect())
    }

    fn read(&self, file: &str) -> io::Result<Vec<u8>> {
        let found =
            self.files.get(file).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, file.to_owned()))?;
        Ok(found.bytes.clone())
    }

    fn append(&mut self, file: &str, bytes: &[u8]) -> io::Result<()> {
        if self.is_full {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is full"));
        }
        if !self.files.contains_key(file) {
            self.made += 1;
            self.files.insert(file.to_owned(), MemoryFile { id: self.made, bytes: Vec::new(), synced: 0 });
            self.undone.push(DiskChange::Made(file.to_owned(), self.made));
        }
        self.file(file)?.bytes.extend(bytes);
        Ok(())
    }

    fn truncate(&mut self, file: &str, len: u64) -> io::Result<()> {
        let file = self.file(file)?;
        file.bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        file.synced = file.synced.min(file.bytes.len());
        Ok(())
    }

    fn sync(&mut self, file: &str) -> io::Result<()> {
        if self.fails_to_sync {
            return Err(io::Error::other("the sync failed"));
        }
        let file = self.file(file)?;
        file.synced = file.bytes.len();
        Ok(())
    }

    fn sync_names(&mut self) -> io::Result<()> {
        if self.fails_to_sync {
            return Err(io::Error::other("the sync failed"));
        }
        self.undone.clear();
        self.nameless.clear();
        self.durable = self.files.iter().map(|(name, file)| (name.clone(), file.id)).collect();
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.file(from)?;
        let file = self.files.remove(from).expect("it was just found");
        self.nameless.extend(self.files.insert(to.to_owned(), file));
        self.undone.push(DiskChange::Renamed(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&mut self, file: &str) -> io::Result<()> {
        self.file(file)?;
        self.nameless.extend(self.files.remove(file));
        self.undone.push(DiskChange::Removed(file.to_owned()));
        Ok(())
    }
}
