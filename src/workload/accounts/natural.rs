//! Natural accounts: realistic amounts of which no two sets have the same sum.

use super::decoded::Decoded;
use super::family::Natural;
use super::write_set::WriteSet;
use crate::rng::KeyedRng;

/// Writes per account at the most: 2^14 sums are quickly searched.
const WRITES_MAX: u32 = 14;

/// So many amounts are looked at together.
const BLOCK: u64 = u64::BITS as u64;

/// How many writes an account takes: before each, fewer amounts are barred than there are.
pub(super) fn writes(plan: &Natural) -> usize {
    let amounts = plan.amount_max_minor_units - plan.amount_min_minor_units + 1;
    let barred_before = |write: u32| (3_u64.pow(write) - 1) / 2;
    (0..WRITES_MAX).take_while(|&write| barred_before(write) < amounts).count()
}

/// Log-uniform amounts, each moved up, and from the greatest on to the least, to one that keeps all sums apart.
pub(super) fn amounts(plan: &Natural, rng: &mut KeyedRng) -> Vec<u64> {
    let count = writes(plan);
    let mut apart = Differences::default();
    let mut amounts = Vec::with_capacity(count);
    while amounts.len() < count {
        let amount = free_from(plan, &apart, log_uniform(plan, rng.unit()));
        amounts.push(amount);
        // Nothing comes after the last, and its differences are as many as all before.
        if amounts.len() < count {
            apart.add(amount);
        }
    }
    amounts
}

/// By how much the sums of two sets of amounts may be apart: the sums of all amounts that are taken, left out or taken
/// with a minus. Those are 3^n, and they are held as two lists of which each sum is made, so that n amounts cost the
/// root of it (Horowitz and Sahni, "Computing Partitions with Applications to the Knapsack Problem", 1974).
struct Differences {
    /// Rising, and not longer than `right`.
    left: Vec<i64>,
    right: Vec<i64>,
}

impl Default for Differences {
    fn default() -> Differences {
        Differences { left: vec![0], right: vec![0] }
    }
}

impl Differences {
    fn add(&mut self, amount: u64) {
        let amount = amount.cast_signed();
        let half = &mut self.left;
        let sums = half.len();
        half.extend_from_within(..);
        half.extend_from_within(..sums);
        half[..sums].iter_mut().for_each(|sum| *sum -= amount);
        half[2 * sums..].iter_mut().for_each(|sum| *sum += amount);
        // Stable sorting finds the three rising runs and merges them.
        half.sort();
        half.dedup();
        if self.left.len() > self.right.len() {
            std::mem::swap(&mut self.left, &mut self.right);
        }
    }

    /// Which of the amounts from `first` on are among them, so that a set with it equals one without. The lowest bit
    /// means `first`, the next one for the amount after it, and so on.
    fn barred(&self, first: u64) -> u64 {
        let (mut barred, mut end) = (0, self.right.len());
        for left in &self.left {
            let least = first.cast_signed() - left;
            while end > 0 && self.right[end - 1] >= least + BLOCK.cast_signed() {
                end -= 1;
            }
            let within = self.right[..end].iter().rev().take_while(|&&right| right >= least);
            within.for_each(|right| barred |= 1 << (right - least));
        }
        barred
    }
}

/// The meaning of an account's balances.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    /// The balance that includes every withdrawal and no deposit.
    least: i64,
    withdrawals: WriteSet,
    /// The sums of all sets of amounts, rising.
    sums: Vec<(u64, WriteSet)>,
}

impl Sums {
    /// The sums of an account that starts with `opening_balance` and on which these amounts are moved.
    pub(super) fn new(opening_balance: i64, amounts: &[u64], withdrawals: WriteSet) -> Sums {
        let mut sums = vec![(0, WriteSet::EMPTY)];
        for (position, &amount) in amounts.iter().enumerate() {
            let half = sums.len();
            sums.extend_from_within(..);
            sums[half..].iter_mut().for_each(|(sum, set)| (*sum, *set) = (*sum + amount, set.with(position)));
            // Stable sorting finds the two rising runs and merges them.
            sums.sort();
        }
        let withdrawn: u64 = withdrawals.iter().map(|position| amounts[position]).sum();
        Sums { least: opening_balance - withdrawn.cast_signed(), withdrawals, sums }
    }

    /// A balance exceeds the least by the deposits that it includes and the withdrawals that it does not.
    pub(super) fn decode(&self, balance: i64) -> Decoded {
        let above = balance.checked_sub(self.least).and_then(|above| u64::try_from(above).ok());
        let found = above.and_then(|above| self.sums.binary_search_by_key(&above, |entry| entry.0).ok());
        let Some(index) = found else { return Decoded::NoSubset };
        let applied = self.sums[index].1.symmetric_difference(self.withdrawals);
        Decoded::Writes { applied, twice: WriteSet::EMPTY }
    }
}

fn log_uniform(plan: &Natural, unit: f64) -> u64 {
    let (least, greatest) = (plan.amount_min_minor_units, plan.amount_max_minor_units);
    let (low, high) = (libm::log(least as f64), libm::log(greatest as f64));
    (libm::exp(low + unit * (high - low)).round() as u64).clamp(least, greatest)
}

/// The first amount from this one on, and from the greatest on to the least, by which no two sums are apart.
fn free_from(plan: &Natural, apart: &Differences, mut amount: u64) -> u64 {
    let (least, greatest) = (plan.amount_min_minor_units, plan.amount_max_minor_units);
    loop {
        let free = amount + u64::from(apart.barred(amount).trailing_ones());
        if free < amount + BLOCK && free <= greatest {
            return free;
        }
        amount = if greatest - amount < BLOCK { least } else { amount + BLOCK };
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::purpose::WorkloadPurpose;
    use super::*;

    fn range(least: u64, greatest: u64) -> Natural {
        Natural { amount_min_minor_units: least, amount_max_minor_units: greatest, ..Natural::default() }
    }

    fn drawn(plan: &Natural, seed: u64) -> Vec<u64> {
        amounts(plan, &mut WorkloadPurpose::Script.rng(seed, [0, 0]))
    }

    #[test]
    fn the_capacity_is_what_the_range_of_amounts_allows() {
        let rows = [(5, 5, 1), (1, 2, 2), (1, 4, 2), (1, 5, 3), (100, 100_000, 12), (1, 1_000_000_000, 14)];
        for (least, greatest, expected) in rows {
            assert_eq!(writes(&range(least, greatest)), expected, "{least} to {greatest}");
        }
    }

    #[test]
    fn no_two_sets_of_an_account_have_the_same_sum() {
        for plan in [range(100, 100_000), range(1, 1_100), range(7_000, 8_093), range(1, 5)] {
            for seed in 0..20 {
                let amounts = drawn(&plan, seed);
                assert_eq!(amounts.len(), writes(&plan));
                let sums = Sums::new(0, &amounts, WriteSet::EMPTY).sums;
                assert!(sums.windows(2).all(|pair| pair[0].0 < pair[1].0), "{plan:?} {amounts:?}");
            }
        }
    }

    #[test]
    fn amounts_drawn_at_will_do_collide() {
        let plan = range(100, 100_000);
        let mut rng = WorkloadPurpose::Script.rng(1, [0, 0]);
        let amounts: Vec<u64> = (0..12).map(|_| log_uniform(&plan, rng.unit())).collect();
        let sums = Sums::new(0, &amounts, WriteSet::EMPTY).sums;
        assert!(sums.windows(2).any(|pair| pair[0].0 == pair[1].0), "{amounts:?}");
    }

    #[test]
    fn amounts_are_even_in_their_logarithm() {
        let plan = range(100, 100_000);
        let amounts: Vec<u64> = (0..250).flat_map(|seed| drawn(&plan, seed)).collect();
        for (from, to) in [(100, 1_000), (1_000, 10_000), (10_000, 100_001)] {
            let share = amounts.iter().filter(|amount| (from..to).contains(*amount)).count();
            assert!((900..1_100).contains(&share), "{share} of 3000 amounts lie from {from} to {to}");
        }
    }

    fn apart(amounts: &[u64]) -> Differences {
        let mut apart = Differences::default();
        amounts.iter().for_each(|&amount| apart.add(amount));
        apart
    }

    #[test]
    fn an_amount_is_barred_if_it_is_the_difference_of_two_sums() {
        let amounts = [3, 10, 40, 77];
        let apart = apart(&amounts);
        let sums: Vec<i64> = (0..1 << amounts.len())
            .map(|set| (0..amounts.len()).filter(|at| set >> at & 1 == 1).map(|at| amounts[at] as i64).sum())
            .collect();
        for first in 1..200 {
            let is_difference =
                |amount: u64| sums.iter().any(|with| sums.contains(&(with - amount.cast_signed())));
            let expected: u64 =
                (0..BLOCK).filter(|bit| is_difference(first + bit)).map(|bit| 1_u64 << bit).sum();
            assert_eq!(apart.barred(first), expected, "from {first}");
        }
    }

    #[test]
    fn from_a_barred_amount_it_goes_up_and_from_the_greatest_to_the_least() {
        // All sums of the powers of two up to 64: every amount below 128 is barred.
        let all = apart(&[1, 2, 4, 8, 16, 32, 64]);
        let rows = [(5, 300, 7, 128), (5, 300, 150, 150), (1, 200, 90, 128), (2, 130, 129, 129)];
        for (least, greatest, amount, expected) in rows {
            assert_eq!(free_from(&range(least, greatest), &all, amount), expected);
        }
        assert_eq!(free_from(&range(1, 9), &apart(&[8]), 8), 9);
        assert_eq!(free_from(&range(1, 8), &apart(&[8]), 8), 1);
    }
}
