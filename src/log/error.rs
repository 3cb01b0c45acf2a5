//! Why a log cannot be opened, and what was cut off one that could be.

use std::{fmt, io};

use crate::model::BranchId;

/// The end of a log that was never synced as a whole, cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// The file's name.
    pub file: String,
    /// The offset in bytes from which it was cut.
    pub offset: u64,
    /// How many bytes were cut.
    pub bytes: u64,
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file was changed behind the log's back.
    #[error(
        "{file} at byte {offset}: {damage}; restore it from a copy, or remove it: the branch then starts without state"
    )]
    Damaged {
        /// The file's name.
        file: String,
        /// Where the damage begins, in bytes.
        offset: u64,
        /// The kind of damage.
        damage: Damage,
    },
    /// The log is another branch's.
    #[error("{file} is the log of branch {found}, and this is branch {branch}; name this one's directory")]
    OtherBranch {
        /// The file's name.
        file: String,
        /// The branch whose log it is.
        found: BranchId,
        /// The branch that opens it.
        branch: BranchId,
    },
    /// The log was begun with other accounts.
    #[error("{file} was begun with other accounts or initial balances; start the branch with the same ones")]
    OtherBank {
        /// The file's name.
        file: String,
    },
    /// The log is of a version that this program does not know.
    #[error("{file} has format version {found}, and this program knows version {}", super::frame::VERSION)]
    OtherVersion {
        /// The file's name.
        file: String,
        /// Its version.
        found: u32,
    },
    /// The directory holds another file.
    #[error("{file} is not part of a log; name a directory that holds nothing else")]
    StrangeFile {
        /// The file's name.
        file: String,
    },
    /// The disk refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The kinds of damage to a part of a file that had been made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The head's checksum or magic word is wrong.
    #[error("the head is damaged")]
    Head,
    /// The head names another file.
    #[error("the head is that of another file")]
    Number,
    /// There is no sound checkpoint where one must be.
    #[error("the checkpoint is damaged")]
    Checkpoint,
    /// A bad frame before the end of what was synced.
    #[error("records that had been synced are damaged")]
    Records,
    /// A frame has another position than the records before it.
    #[error("a frame is where it does not belong")]
    Order,
    /// The records of a frame cannot be decoded.
    #[error("a frame is sound and its records are not")]
    Encoding,
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of {} from byte {} on", self.bytes, self.file, self.offset)
    }
}
