//! Accounts whose balances decode to the writes that they include.
//!
//! Amounts are chosen so that a judge needs nothing that the cluster says about itself. With amounts drawn at will it
//! would have to solve a subset-sum problem with many answers. Three families of accounts ride in one workload:
//!
//! | [`AccountFamily`] | written by | the balance shows | writes per account and session |
//! |---|---|---|---|
//! | natural | one session | which writes, if each was applied at most once | 12 for 1.00 to 1,000.00 |
//! | digit | one session | which writes, and which of them twice | 31 |
//! | radix | a group of sessions | how many deposits and withdrawals of each | 116 for 4 sessions |
//!
//! *Digit.* The i-th write, from 0, moves 4^i. A deposit position starts with the digit 0 and a withdrawal position
//! with 3, so that withdrawals count down and never borrow; applied once it shows 1 or 2, twice 2 or 1, and the
//! fourth digit is corrupt. Capacity: 31 digits end at 4^31 - 1 = 2^62 - 1. A 32nd would fit once, not twice.
//!
//! *Radix.* With G sessions there are P = 2G positions (G without withdrawals); a write of the session with position p
//! moves R^p, where R is the largest radix with R^P <= 2^63, but at most 511. Withdrawal positions start with R - 1.
//! A session makes (R - 1) / 2 writes there, so that all of them applied twice carry into no other digit. So 4
//! sessions have R = 234 and 116 writes, 8 have 15 and 7, and 19 have 3 and 1: more do not fit.
//!
//! *Natural.* Amounts are log-uniform, as payments have many small and few large ones; a drawn amount that would give
//! two sets of the account's writes the same sum is moved up to the next that does not. After i writes at most
//! (3^i - 1) / 2 amounts are barred (the positive sums of the earlier ones with signs -1, 0 and 1), so as many
//! amounts as that and one more always suffice for the next. The capacity is what that bound allows, up to 14: 12 for
//! a range of 99,901 amounts. These accounts look like accounts: withdrawals may be refused, and branches that do
//! not know of each other's may overdraw them. Theirs are the latencies to publish.
//!
//! # Invariants
//!
//! * No balance, whatever subset of an account's writes it includes and in whatever order they were applied, leaves
//!   the range of `i64`.
//! * Where a session has made as many writes on an account as fit, it goes on to a fresh one, by itself: sessions that
//!   share a radix account need no agreement.
//! * Accounts are numbered in generations, each a row with one account for every slot of every owner, so that a longer
//!   load has the accounts of a shorter one and more.
//!
//! # Absent
//!
//! The plan and the order of operations: a place, a seed and the shares of the families are all that decides an
//! account. Nothing is held for one: its balance, its writes and its meaning are computed when they are asked for.

mod decoded;
mod decoder;
mod digit;
mod family;
mod layout;
mod natural;
mod radix;
mod rules;
mod script;
#[cfg(test)]
mod tests;
mod weights;
mod write_set;

pub use decoded::{Decoded, Visible};
pub use decoder::Decoder;
pub use family::{AccountFamily, Digit, Families, Natural, Radix};
pub use layout::AccountPlace;
pub(super) use layout::AccountSlot;
pub(super) use radix::Positional;
pub(super) use rules::AccountRules;
pub use script::{PlannedWrite, WriteScript};
pub(super) use weights::Weights;
pub use write_set::WriteSet;

use self::decoder::DecodeRule;
use self::natural::Sums;
use crate::model::AccountId;

/// All accounts of a workload, from 0.
#[derive(Debug, Clone)]
pub struct Accounts {
    rules: AccountRules,
    generations: u64,
}

impl Accounts {
    pub(super) fn new(rules: AccountRules, generations: u64) -> Accounts {
        Accounts { rules, generations }
    }

    /// The balance that every branch starts with, in minor units, by account.
    pub fn initial_balances(&self) -> Vec<i64> {
        (0..self.count()).map(|account| self.opening_balance(AccountId(account))).collect()
    }

    /// How many accounts there are.
    pub fn count(&self) -> u64 {
        self.generations * self.rules.layout.width()
    }

    /// Whose the account is; `None` if there is no such account.
    pub fn place(&self, account: AccountId) -> Option<AccountPlace> {
        (account.0 < self.count()).then(|| self.rules.layout.place(account))
    }

    /// The writes that `session` makes on the account, in this order; `None` if there is no such account or the
    /// session does not write it.
    pub fn script(&self, account: AccountId, session: usize) -> Option<WriteScript> {
        let place = self.place(account).filter(|place| place.sessions.contains(&session))?;
        Some(WriteScript::new(&self.rules, place.family, account, session))
    }

    /// The decoder of the account's balances; `None` if there is no such account.
    pub fn decoder(&self, account: AccountId) -> Option<Decoder> {
        let AccountPlace { family, sessions, .. } = self.place(account)?;
        let script = || WriteScript::new(&self.rules, family, account, sessions.start);
        let rule = match family {
            AccountFamily::Natural => {
                let script = script();
                let opening = self.opening_balance(account);
                DecodeRule::Natural(Sums::new(opening, &script.amounts(), script.withdrawals()))
            }
            AccountFamily::Digit => DecodeRule::Digit { withdrawals: script().withdrawals() },
            AccountFamily::Radix => DecodeRule::Radix { positional: self.rules.positional, sessions },
        };
        Some(Decoder { rule })
    }

    /// Decodes one balance of the account; `None` if there is no such account. For many balances of one account,
    /// ask for its [`Accounts::decoder`] once.
    pub fn decode(&self, account: AccountId, balance: i64) -> Option<Decoded> {
        Some(self.decoder(account)?.decode(balance))
    }

    fn opening_balance(&self, account: AccountId) -> i64 {
        let AccountPlace { family, sessions, .. } = self.rules.layout.place(account);
        let balance = match family {
            AccountFamily::Natural => self.rules.families.natural.opening_balance_minor_units,
            AccountFamily::Digit => {
                let script = WriteScript::new(&self.rules, family, account, sessions.start);
                digit::opening_balance(script.withdrawals())
            }
            AccountFamily::Radix => self.rules.positional.opening_balance(sessions.len() as u32),
        };
        i64::try_from(balance).expect("every family's balances fit 64 bits")
    }
}
