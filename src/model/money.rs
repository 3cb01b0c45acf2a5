//! Money in integer minor units, and what a customer does with it.

use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::AccountId;

/// A positive sum in minor units, from 1 to `u64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Amount(NonZeroU64);

impl Amount {
    /// `None` for zero, which is no amount.
    pub fn new(minor_units: u64) -> Option<Amount> {
        NonZeroU64::new(minor_units).map(Amount)
    }

    /// Minor units.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

/// Which way a write moves money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WriteKind {
    Deposit,
    Withdraw,
}

/// What a customer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    Write { kind: WriteKind, account: AccountId, amount: Amount },
    Query { account: AccountId },
}

impl Operation {
    pub fn account(&self) -> AccountId {
        match self {
            Operation::Write { account, .. } | Operation::Query { account } => *account,
        }
    }

    pub fn is_write(&self) -> bool {
        match self {
            Operation::Write { .. } => true,
            Operation::Query { .. } => false,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for WriteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WriteKind::Deposit => "deposit",
            WriteKind::Withdraw => "withdraw",
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Write { kind, account, amount } => write!(f, "{kind} {amount} account={account}"),
            Operation::Query { account } => write!(f, "query account={account}"),
        }
    }
}
