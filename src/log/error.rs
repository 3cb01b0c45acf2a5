//! Why a log cannot be opened, and what was cut off one that could.

use std::{fmt, io};

use crate::model::BranchId;

/// The end of a log that was never synced as a whole, cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    pub file: String,
    /// Where it began.
    pub offset: u64,
    pub bytes: u64,
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{file} at byte {offset}: {damage}; restore it from a copy, or remove it: the branch then starts without state"
    )]
    Damaged { file: String, offset: u64, damage: Damage },
    #[error("{file} is the log of branch {found}, and this is branch {branch}; name this one's directory")]
    OtherBranch { file: String, found: BranchId, branch: BranchId },
    #[error("{file} was begun with other accounts or initial balances; start the branch with the same ones")]
    OtherBank { file: String },
    #[error("{file} has format version {found}, and this program knows version {}", super::frame::VERSION)]
    OtherVersion { file: String, found: u32 },
    #[error("{file} is not part of a log; name a directory that holds nothing else")]
    StrangeFile { file: String },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is wrong with a part of a file that had been made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("the head is damaged")]
    Head,
    #[error("the head is that of another file")]
    Number,
    #[error("the checkpoint is damaged")]
    Checkpoint,
    #[error("records that had been synced are damaged")]
    Records,
    #[error("a frame stands where it does not belong")]
    Order,
    #[error("a frame is sound and its records are not")]
    Encoding,
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of {} from byte {} on", self.bytes, self.file, self.offset)
    }
}
