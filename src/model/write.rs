//! A write as it is logged and replicated.

use serde::{Deserialize, Serialize};

use super::{AccountId, Amount, Dot, Origin, RequestId, VersionVector, WriteKind};

/// One accepted write. Signed deltas commute, so branches agree whatever the order in which they apply them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Write {
    /// Its name.
    pub dot: Dot,
    /// The request that it answers; recovery rebuilds the client table of its origin from it.
    pub request: RequestId,
    /// The account that it changes.
    pub account: AccountId,
    /// Which way the money moves.
    pub kind: WriteKind,
    /// How much moves.
    pub amount: Amount,
    /// Dots before which no branch applies it: monotonic writes and writes-follow-reads, else empty.
    pub after: VersionVector,
}

/// Consecutive writes of one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteRange {
    /// Who accepted them.
    pub origin: Origin,
    /// Counter of the first.
    pub first: u64,
    /// Counter of the last, not below `first`.
    pub last: u64,
}

impl Write {
    /// The change of the balance in minor units.
    pub fn delta(&self) -> i128 {
        match self.kind {
            WriteKind::Deposit => i128::from(self.amount.get()),
            WriteKind::Withdraw => -i128::from(self.amount.get()),
        }
    }
}
