//! All that the customers of a workload share.

use super::accounts::{AccountFamily, AccountRules, AccountSlot, Weights};
use super::plan::WorkloadPlan;
use super::purpose::WorkloadPurpose;
use crate::rng::KeyedRng;

/// A checked plan, its seed, and what is computed from it once.
#[derive(Debug)]
pub(super) struct SharedPlan {
    pub plan: WorkloadPlan,
    pub accounts: AccountRules,
    families: Weights,
    /// By family, in the order of [`AccountFamily::ALL`].
    slots: [Weights; 3],
}

impl SharedPlan {
    /// The plan has passed its check.
    pub(super) fn new(plan: WorkloadPlan, seed: u64) -> SharedPlan {
        let families = &plan.families;
        let withdrawals = plan.mix.withdrawals_of_writes();
        SharedPlan {
            accounts: AccountRules::new(plan.sessions, plan.families, withdrawals, seed),
            families: Weights::new(families.shares()),
            slots: [
                Weights::even(families.natural.accounts_per_session),
                Weights::even(families.digit.accounts_per_session),
                Weights::zipf(families.radix.accounts_per_group, families.radix.zipf_exponent),
            ],
            plan,
        }
    }

    /// The random numbers of one purpose; streams of one purpose differ in their `index`.
    pub(super) fn rng(&self, purpose: WorkloadPurpose, index: [u64; 2]) -> KeyedRng {
        purpose.rng(self.accounts.seed, index)
    }

    /// The slot that two units, from 0 (included) to 1 (excluded), fall on.
    pub(super) fn slot(&self, family: f64, slot: f64) -> AccountSlot {
        let family = AccountFamily::ALL[self.families.pick(family)];
        AccountSlot { family, index: self.slots[family.index()].pick(slot) as u64 }
    }
}
