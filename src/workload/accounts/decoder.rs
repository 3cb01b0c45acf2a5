//! From a balance to the writes that it includes.

use std::ops::Range;

use super::decoded::Decoded;
use super::digit;
use super::natural::Sums;
use super::radix::Positional;
use super::write_set::WriteSet;

/// Reads balances of one account. Worth keeping for an account that is read often: for a natural one it holds a
/// table of all sums.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(super) rule: DecodeRule,
}

#[derive(Debug, Clone)]
pub(super) enum DecodeRule {
    Digit { withdrawals: WriteSet },
    Radix { positional: Positional, sessions: Range<usize> },
    Natural(Sums),
}

impl Decoder {
    /// The writes that `balance` includes.
    pub fn decode(&self, balance: i64) -> Decoded {
        match &self.rule {
            DecodeRule::Digit { withdrawals } => digit::decode(*withdrawals, balance),
            DecodeRule::Radix { positional, sessions } => positional.decode(sessions.clone(), balance),
            DecodeRule::Natural(sums) => sums.decode(balance),
        }
    }
}
