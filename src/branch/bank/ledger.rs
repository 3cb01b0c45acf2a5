//! Balances: the visible ones, and what is promised to withdrawals that are not yet synced.
//!
//! A write is checked when it is accepted and never again: applying one, one's own or a peer's, cannot fail, so
//! all branches end with the same balances. Acceptance keeps *this* branch's balance within `i64`; concurrent
//! writes elsewhere may carry it outside, so balances are held as `i128`.

use std::collections::BTreeMap;

use crate::model::{AccountId, Amount, Refusal, Write, WriteKind};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ledger {
    visible: Vec<i128>,
    /// Sums of the writes that were accepted here and are not yet visible.
    pending: BTreeMap<AccountId, Pending>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Pending {
    writes: usize,
    deposits: i128,
    withdrawals: i128,
}

impl Ledger {
    pub fn new(initial_balances: &[i64]) -> Ledger {
        Ledger {
            visible: initial_balances.iter().map(|&balance| i128::from(balance)).collect(),
            pending: BTreeMap::new(),
        }
    }

    /// Accepts a customer's write or refuses it. A withdrawal may use what is visible less the withdrawals
    /// accepted before it, never a deposit that is not yet visible.
    pub fn accept(&mut self, kind: WriteKind, account: AccountId, amount: Amount) -> Result<(), Refusal> {
        let visible = self.visible[index(account)];
        let pending = self.pending.entry(account).or_default();
        let amount = i128::from(amount.get());
        match kind {
            WriteKind::Deposit if visible + pending.deposits + amount > i128::from(i64::MAX) => {
                return Err(Refusal::Overflow);
            }
            WriteKind::Withdraw if visible - pending.withdrawals < amount => {
                return Err(Refusal::InsufficientFunds);
            }
            WriteKind::Deposit => pending.deposits += amount,
            WriteKind::Withdraw => pending.withdrawals += amount,
        }
        pending.writes += 1;
        Ok(())
    }

    /// Makes an accepted write of this branch visible. Returns whether the account went below zero.
    pub fn apply_accepted(&mut self, write: &Write) -> bool {
        let pending =
            self.pending.get_mut(&write.account).expect("an accepted write is pending until applied");
        match write.kind {
            WriteKind::Deposit => pending.deposits -= write.delta(),
            WriteKind::Withdraw => pending.withdrawals += write.delta(),
        }
        pending.writes -= 1;
        if pending.writes == 0 {
            self.pending.remove(&write.account);
        }
        self.apply(write)
    }

    /// Makes a write visible. Returns whether it took the account below zero: an overdraft.
    pub fn apply(&mut self, write: &Write) -> bool {
        let balance = &mut self.visible[index(write.account)];
        let before = *balance;
        *balance += write.delta();
        before >= 0 && *balance < 0
    }

    /// Sets a balance to the one that a peer sent, which only a mutant does. Returns whether that is an overdraft.
    pub fn set(&mut self, account: AccountId, balance: i128) -> bool {
        let before = std::mem::replace(&mut self.visible[index(account)], balance);
        before >= 0 && balance < 0
    }

    /// The visible balances that differ from the initial ones, in order of account.
    pub fn changed(&self, initial_balances: &[i64]) -> Vec<(AccountId, i128)> {
        let pairs = (0..).map(AccountId).zip(self.visible.iter().zip(initial_balances));
        let differing = pairs.filter(|(_, (visible, initial))| **visible != i128::from(**initial));
        differing.map(|(account, (&visible, _))| (account, visible)).collect()
    }

    /// Replaces the visible balances. What is promised to writes that are not yet visible stays.
    pub fn replace(&mut self, initial_balances: &[i64], changed: &[(AccountId, i128)]) {
        self.visible = initial_balances.iter().map(|&balance| i128::from(balance)).collect();
        for &(account, balance) in changed {
            self.visible[index(account)] = balance;
        }
    }

    /// The visible balance; `None` if there is no such account.
    pub fn balance(&self, account: AccountId) -> Option<i128> {
        self.visible.get(index(account)).copied()
    }

    /// How many accounts there are; their ids are the numbers below it.
    pub fn accounts(&self) -> u64 {
        self.visible.len() as u64
    }
}

fn index(account: AccountId) -> usize {
    usize::try_from(account.0).unwrap_or(usize::MAX)
}
