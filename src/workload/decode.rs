//! What a balance says about the writes that it includes.

use std::ops::Range;

use super::digit;
use super::natural::Sums;
use super::radix::Positional;
use super::write_set::WriteSet;

/// What a balance says. Whether that agrees with what was written is for a checker to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// Digit and natural: exactly the writes in `applied`, and of those the ones in `twice` two times. On natural
    /// accounts `twice` is empty: a write that was applied twice gives [`Decoded::NoSubset`], or by chance the sum of
    /// another set: 4,096 sets lie among some 170,000 balances.
    Writes { applied: WriteSet, twice: WriteSet },
    /// Radix: for each session of the group, in order, how many of its writes; copies count, and no session's
    /// exceed twice its capacity.
    Counts(Vec<Visible>),
    /// Natural: no set of the account's writes gives this balance.
    NoSubset,
    /// Digit and radix: no writes of the account, applied once or twice, give this balance. A foreign amount that
    /// happens to be a sum of digits passes for the writes that have them.
    Corrupt,
}

/// One session's writes on a radix account, as a balance shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visible {
    pub session: usize,
    pub deposits: u64,
    pub withdrawals: u64,
}

/// Reads balances of one account. Worth keeping for an account that is read often: for a natural one it holds a
/// table of all sums.
#[derive(Debug, Clone)]
pub struct Decoder {
    rule: DecodeRule,
}

#[derive(Debug, Clone)]
enum DecodeRule {
    Digit { withdrawals: WriteSet },
    Radix { positional: Positional, sessions: Range<usize> },
    Natural(Sums),
}

impl Decoder {
    /// Which writes `balance` includes.
    pub fn decode(&self, balance: i64) -> Decoded {
        match &self.rule {
            DecodeRule::Digit { withdrawals } => digit::decode(*withdrawals, balance),
            DecodeRule::Radix { positional, sessions } => positional.decode(sessions.clone(), balance),
            DecodeRule::Natural(sums) => sums.decode(balance),
        }
    }

    pub(super) fn digit(withdrawals: WriteSet) -> Decoder {
        Decoder { rule: DecodeRule::Digit { withdrawals } }
    }

    pub(super) fn radix(positional: Positional, sessions: Range<usize>) -> Decoder {
        Decoder { rule: DecodeRule::Radix { positional, sessions } }
    }

    pub(super) fn natural(sums: Sums) -> Decoder {
        Decoder { rule: DecodeRule::Natural(sums) }
    }
}
