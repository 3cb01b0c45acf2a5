//! The disk that a log needs.

use std::io;

/// One directory of files with plain names. Both substrates have one.
///
/// Nothing is durable before [`Disk::sync`] of its file, and no name before [`Disk::sync_names`].
pub trait Disk {
    /// Names of all files, in order.
    ///
    /// # Errors
    ///
    /// Those of the system, as of every method here.
    fn files(&self) -> io::Result<Vec<String>>;

    /// The content of a file.
    fn read(&self, file: &str) -> io::Result<Vec<u8>>;

    /// Adds bytes at the end of a file, which is made if it does not exist. After an error some of them may be there.
    fn append(&mut self, file: &str, bytes: &[u8]) -> io::Result<()>;

    /// Cuts a file to its first `len` bytes.
    fn truncate(&mut self, file: &str, len: u64) -> io::Result<()>;

    /// Makes what a file holds durable.
    fn sync(&mut self, file: &str) -> io::Result<()>;

    /// Makes names durable: which files there are.
    fn sync_names(&mut self) -> io::Result<()>;

    /// Gives a file another name. If one had that name, it is gone.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    fn remove(&mut self, file: &str) -> io::Result<()>;
}
