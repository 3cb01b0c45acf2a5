//! The answer of a balance: the writes that it includes.

use super::write_set::WriteSet;

/// The answer of a balance. Whether that agrees with what was written is for a checker to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// Digit and natural accounts.
    Writes {
        /// Exactly the writes that the balance includes.
        applied: WriteSet,
        /// Those of them that it includes two times. On natural accounts it is empty: a write that was applied twice
        /// gives [`Decoded::NoSubset`], or by chance the sum of another set: 4,096 sets lie among some 170,000
        /// balances.
        twice: WriteSet,
    },
    /// Radix accounts: for each session of the group, in order, how many of its writes; copies count, and no session's
    /// exceed twice its capacity.
    Counts(Vec<Visible>),
    /// Natural accounts: no set of the account's writes gives this balance.
    NoSubset,
    /// Digit and radix accounts: no writes of the account, applied once or twice, give this balance. A foreign amount
    /// that happens to be a sum of digits passes for the writes that have them.
    Corrupt,
}

/// One session's writes on a radix account, as a balance shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visible {
    /// The session's number in the workload.
    pub session: usize,
    /// How many of its deposits, copies included.
    pub deposits: u64,
    /// How many of its withdrawals, copies included.
    pub withdrawals: u64,
}
