//! How an operation ended.

use super::{Dot, VersionVector};

/// Jepsen's three: it happened, it did not and never will, or that is unknown.
///
/// `C` is a cause. `D` and `W` are the names of a write and of a witness: in full while a trial runs, short in a
/// history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<C, D = Dot, W = VersionVector> {
    /// It happened.
    Ok(Success<D, W>),
    /// A write certainly did not and will not happen; a read has no answer.
    Fail(C),
    /// Only of writes: it may have happened, may still happen, or never.
    Info(C),
}

/// The result of an operation that happened: an [`Answer`](super::Answer) other than the refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Success<D = Dot, W = VersionVector> {
    /// A write was applied.
    Written {
        /// The write's name.
        dot: D,
    },
    /// A query was answered.
    Balance {
        /// In minor units.
        balance: i64,
        /// Exactly the writes that the balance includes.
        witness: W,
    },
}
