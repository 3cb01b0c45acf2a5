//! The three families of accounts, and what a plan says about each.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the amounts on an account are chosen, and so what its balance shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountFamily {
    /// One writer, realistic amounts: the balance shows which writes it includes.
    Natural,
    /// One writer, powers of four: the balance shows that, and which were applied twice.
    Digit,
    /// Several writers, powers of a radix: the balance shows how many writes of each it includes.
    Radix,
}

/// How each family is used. The shares, of all operations, lie within 0 and 1 and sum to 1; a family without a share
/// has no accounts.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Families {
    /// Private accounts with realistic amounts.
    pub natural: Natural,
    /// Private accounts whose balance shows which writes it includes, and which of them twice.
    pub digit: Digit,
    /// Accounts of several sessions, whose balance shows how many writes of each it includes.
    pub radix: Radix,
}

/// Private accounts with realistic amounts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Natural {
    /// Its share of all operations, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub share: f64,
    /// How many of them a session uses side by side, evenly. At least 1.
    #[schemars(range(min = 1))]
    pub accounts_per_session: u32,
    /// The balance that each account starts with, in minor units, up to 10^15. Withdrawals beyond it are refused.
    pub opening_balance_minor_units: u64,
    /// The least amount, in minor units, at least 1.
    #[schemars(range(min = 1))]
    pub amount_min_minor_units: u64,
    /// The greatest amount, in minor units, up to 10^15. How many amounts there are from the least to the greatest
    /// decides how many writes an account takes.
    #[schemars(range(min = 1))]
    pub amount_max_minor_units: u64,
}

/// Private accounts on which the i-th write moves 4^i.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Digit {
    /// Its share of all operations, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub share: f64,
    /// How many of them a session uses side by side, evenly. At least 1.
    #[schemars(range(min = 1))]
    pub accounts_per_session: u32,
}

/// Accounts that several sessions write, each at a digit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Radix {
    /// Its share of all operations, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub share: f64,
    /// How many sessions share an account: consecutive ones, which round-robin homes put at different branches.
    /// From 1 to 19; to 39 where nothing is withdrawn.
    #[schemars(range(min = 1, max = 39))]
    pub sharers: u32,
    /// How many accounts such a group uses side by side. At least 1.
    #[schemars(range(min = 1))]
    pub accounts_per_group: u32,
    /// How unevenly: the k-th of them is chosen with a probability proportional to 1 / k^exponent (Zipf). From 0,
    /// which is even, to 10; YCSB's skew is 0.99.
    #[schemars(range(min = 0, max = 10))]
    pub zipf_exponent: f64,
}

/// 1.00 to 1,000.00, on accounts that start with 500.00: few withdrawals exceed the balance, but some do.
impl Default for Natural {
    fn default() -> Natural {
        Natural {
            share: 0.6,
            accounts_per_session: 1,
            opening_balance_minor_units: 50_000,
            amount_min_minor_units: 100,
            amount_max_minor_units: 100_000,
        }
    }
}

impl Default for Digit {
    fn default() -> Digit {
        Digit { share: 0.2, accounts_per_session: 1 }
    }
}

/// Four sessions to an account.
impl Default for Radix {
    fn default() -> Radix {
        Radix { share: 0.2, sharers: 4, accounts_per_group: 1, zipf_exponent: 0.0 }
    }
}

impl Families {
    /// The shares in the order of [`AccountFamily::ALL`].
    pub(in crate::workload) fn shares(&self) -> [f64; 3] {
        [self.natural.share, self.digit.share, self.radix.share]
    }
}

impl AccountFamily {
    /// All families, in the order in which a row has their accounts.
    pub const ALL: [AccountFamily; 3] = [AccountFamily::Natural, AccountFamily::Digit, AccountFamily::Radix];

    /// The index in [`AccountFamily::ALL`].
    pub(in crate::workload) fn index(self) -> usize {
        match self {
            AccountFamily::Natural => 0,
            AccountFamily::Digit => 1,
            AccountFamily::Radix => 2,
        }
    }
}

impl fmt::Display for AccountFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AccountFamily::Natural => "natural",
            AccountFamily::Digit => "digit",
            AccountFamily::Radix => "radix",
        })
    }
}
