//! A write as it is logged and replicated, and what a branch's log holds.

use super::{AccountId, Amount, Dot, Refusal, RequestId, SessionId, VersionVector, WriteKind};

/// One accepted write. Signed deltas commute, so branches agree whatever the order in which they apply them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Write {
    pub dot: Dot,
    /// The request that it answers; the deduplication memory of its origin is rebuilt from it.
    pub request: RequestId,
    pub account: AccountId,
    pub kind: WriteKind,
    pub amount: Amount,
    /// Dots before which no branch applies it: monotonic writes and writes-follow-reads, else empty.
    pub after: VersionVector,
}

impl Write {
    /// What applying it adds to the balance, in minor units.
    pub fn delta(&self) -> i128 {
        match self.kind {
            WriteKind::Deposit => i128::from(self.amount.get()),
            WriteKind::Withdraw => -i128::from(self.amount.get()),
        }
    }
}

/// What a branch appends to its log, in order. A record counts only once it is synced.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Record {
    /// A write accepted here or received from a peer.
    Write(Write),
    /// A write that was refused for good; the same request gets the same answer.
    Refused { request: RequestId, refusal: Refusal },
    /// The memory of sessions up to this one was given up: their writes are refused from here on.
    Forgotten { up_to: SessionId },
}
