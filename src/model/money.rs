//! Money in integer minor units, and the operations on it.

use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::AccountId;

/// A positive sum in minor units, from 1 to `u64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Amount(NonZeroU64);

impl Amount {
    /// An amount of so many minor units; `None` for zero.
    pub fn new(minor_units: u64) -> Option<Amount> {
        NonZeroU64::new(minor_units).map(Amount)
    }

    /// The amount in minor units.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

/// Which way a write moves money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WriteKind {
    /// The balance rises.
    Deposit,
    /// The balance falls, if it covers the amount.
    Withdraw,
}

/// A customer's request to the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Moves money.
    Write {
        /// The direction.
        kind: WriteKind,
        /// The account.
        account: AccountId,
        /// The amount.
        amount: Amount,
    },
    /// Reads a balance.
    Query {
        /// The account.
        account: AccountId,
    },
}

impl Operation {
    /// The account that it concerns.
    pub fn account(&self) -> AccountId {
        match self {
            Operation::Write { account, .. } | Operation::Query { account } => *account,
        }
    }

    /// Whether it is a deposit or a withdrawal.
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
