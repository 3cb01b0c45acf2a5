//! What all customers of a workload share.

use super::family::AccountFamily;
use super::layout::{AccountSlot, Layout};
use super::plan::WorkloadPlan;
use super::purpose::WorkloadPurpose;
use super::radix::Positional;
use super::weights::Weights;
use crate::rng::KeyedRng;

/// A checked plan, its seed, and what is computed from it once.
#[derive(Debug)]
pub(super) struct SharedPlan {
    pub plan: WorkloadPlan,
    pub layout: Layout,
    pub positional: Positional,
    seed: u64,
    families: Weights,
    /// By family, in the order of [`AccountFamily::ALL`].
    lanes: [Weights; 3],
}

impl SharedPlan {
    /// The plan has passed its check.
    pub(super) fn new(plan: WorkloadPlan, seed: u64) -> SharedPlan {
        let families = &plan.families;
        let lanes = [
            Weights::even(families.natural.accounts_per_session),
            Weights::even(families.digit.accounts_per_session),
            Weights::zipf(families.radix.accounts_per_group, families.radix.zipf_exponent),
        ];
        SharedPlan {
            layout: Layout::new(&plan),
            positional: Positional::of(&plan),
            seed,
            families: Weights::new(families.shares()),
            lanes,
            plan,
        }
    }

    pub(super) fn rng(&self, purpose: WorkloadPurpose, index: [u64; 2]) -> KeyedRng {
        purpose.rng(self.seed, index)
    }

    /// The lane that two units, from 0 (included) to 1 (excluded), fall on.
    pub(super) fn lane(&self, family: f64, lane: f64) -> AccountSlot {
        let family = AccountFamily::ALL[self.families.pick(family)];
        AccountSlot { family, index: self.lanes[family.index()].pick(lane) as u64 }
    }
}
