//! The four session guarantees of Terry et al. (1994), the token that carries them, and how they are kept.
//!
//! | guarantee | binds | needs on arrival |
//! |---|---|---|
//! | read-your-writes | reads, withdrawals | the session's `writes` |
//! | monotonic reads | reads, withdrawals | the session's `reads` |
//! | monotonic writes | writes | the session's `writes` |
//! | writes-follow-reads | writes | the session's `reads` |
//!
//! A withdrawal reads the balance before it writes, so it is bound as a read and as a write. The last two bind
//! every branch, not only the one that is asked: the write carries what it comes after.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Operation, VersionVector, WriteKind};

/// The writes that a session has made and those that it has seen (the write-vector and read-vector of Bayou).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SessionToken {
    /// Raised by the dot of every write that was answered.
    pub writes: VersionVector,
    /// Raised by the witness of every read that was answered.
    pub reads: VersionVector,
}

/// Which of the four guarantees a session asks for; any subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guarantees {
    /// A read includes the session's earlier writes.
    pub read_your_writes: bool,
    /// A read includes the writes that earlier reads included.
    pub monotonic_reads: bool,
    /// A write is applied nowhere before the session's earlier writes.
    pub monotonic_writes: bool,
    /// A write is applied nowhere before the writes that the session has read.
    pub writes_follow_reads: bool,
}

/// The halves of a [`SessionToken`] that an operation waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Whether it waits for [`SessionToken::writes`].
    pub writes: bool,
    /// Whether it waits for [`SessionToken::reads`].
    pub reads: bool,
}

/// How the guarantees are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Not at all: requests carry no token and are answered at once. The baseline.
    None,
    /// A branch that lacks a write of the token parks the request until it has it, or until its deadline.
    Wait,
}

impl Guarantees {
    /// No guarantee.
    pub const NONE: Guarantees = Guarantees {
        read_your_writes: false,
        monotonic_reads: false,
        monotonic_writes: false,
        writes_follow_reads: false,
    };
    /// Read-your-writes alone.
    pub const READ_YOUR_WRITES: Guarantees = Guarantees { read_your_writes: true, ..Guarantees::NONE };
    /// All four.
    pub const ALL: Guarantees = Guarantees {
        read_your_writes: true,
        monotonic_reads: true,
        monotonic_writes: true,
        writes_follow_reads: true,
    };

    /// Which halves of a token bind `operation`.
    pub fn needs(&self, operation: &Operation) -> Needs {
        let (reads_balance, writes) = match operation {
            Operation::Query { .. } => (true, false),
            Operation::Write { kind: WriteKind::Deposit, .. } => (false, true),
            Operation::Write { kind: WriteKind::Withdraw, .. } => (true, true),
        };
        Needs {
            writes: (reads_balance && self.read_your_writes) || (writes && self.monotonic_writes),
            reads: (reads_balance && self.monotonic_reads) || (writes && self.writes_follow_reads),
        }
    }

    /// The part of `token` that `operation` needs: a session sends it, and a branch waits for it.
    pub fn needed(&self, operation: &Operation, token: &SessionToken) -> SessionToken {
        let Needs { writes, reads } = self.needs(operation);
        SessionToken { writes: token.writes.clone_if(writes), reads: token.reads.clone_if(reads) }
    }

    /// The same part of a token that is used for nothing else: nothing is cloned.
    pub fn part(&self, operation: &Operation, token: SessionToken) -> SessionToken {
        let Needs { writes, reads } = self.needs(operation);
        let kept = |vector, is_needed| if is_needed { vector } else { VersionVector::new() };
        SessionToken { writes: kept(token.writes, writes), reads: kept(token.reads, reads) }
    }

    /// The dots that a write carries to every branch: it is applied nowhere before them.
    pub fn carried(&self, token: &SessionToken) -> VersionVector {
        let after = SessionToken {
            writes: token.writes.clone_if(self.monotonic_writes),
            reads: token.reads.clone_if(self.writes_follow_reads),
        };
        after.into_vector()
    }
}

impl SessionToken {
    /// Every dot that the token names, as one vector.
    pub fn into_vector(self) -> VersionVector {
        let SessionToken { mut writes, reads } = self;
        if writes.is_empty() {
            return reads;
        }
        writes.merge(&reads);
        writes
    }
}

impl VersionVector {
    fn clone_if(&self, wanted: bool) -> VersionVector {
        if wanted { self.clone() } else { VersionVector::new() }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Strategy::None => "none",
            Strategy::Wait => "wait",
        })
    }
}
