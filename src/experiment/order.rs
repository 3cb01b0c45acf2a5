//! The order of trials, and their seeds.
//!
//! Repetition by repetition, every point and every strategy once, so that a slow drift of the machine meets all alike.
//! The order of points is drawn for each repetition; at a point the strategies follow one another directly,
//! forwards in odd repetitions and backwards in even ones (A B, then B A), so that neither is always the first.

use serde_json::{Map, Value};

use crate::rng::{Uniform64, shuffle, split_mix64};

/// One trial's place in the experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RunSlot {
    /// From 1.
    pub repetition: u32,
    /// From 0.
    pub point: usize,
    /// From 0, the baseline.
    pub strategy: usize,
}

/// All trials in the order in which they run.
pub(super) fn turns(seed: u64, points: usize, strategies: usize, repetitions: u32) -> Vec<RunSlot> {
    let mut turns = Vec::new();
    for repetition in 1..=repetitions {
        for point in shuffled(points, trial_seed(seed, repetition)) {
            let forwards = (0..strategies).map(|strategy| RunSlot { repetition, point, strategy });
            match repetition % 2 {
                1 => turns.extend(forwards),
                _ => turns.extend(forwards.rev()),
            }
        }
    }
    turns
}

/// The seed of all trials of one repetition: every point and every strategy has the same one, so that they meet the
/// same arrivals and fates wherever their plans are alike.
pub(super) fn trial_seed(seed: u64, repetition: u32) -> u64 {
    split_mix64(split_mix64(seed).wrapping_add(u64::from(repetition)))
}

/// The seed of a point that has seeds of its own. It follows from the swept values alone, so that another point may be
/// added without changing it.
pub(super) fn point_seed(seed: u64, point: &Map<String, Value>) -> u64 {
    let values = point.iter().map(|(key, value)| format!("{key}={value};"));
    values.collect::<String>().bytes().fold(seed, |hash, byte| split_mix64(hash ^ u64::from(byte)))
}

/// The numbers below `count` in an order drawn from `seed`.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..count).collect();
    shuffle(&mut numbers, |end| {
        let last = end as u64 - 1;
        Uniform64::from_bits(split_mix64(seed ^ split_mix64(last))).below(end as u64) as usize
    });
    numbers
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn strategies_run_forwards_then_backwards() {
        let order: Vec<(u32, usize)> =
            turns(1, 1, 2, 4).iter().map(|turn| (turn.repetition, turn.strategy)).collect();
        assert_eq!(order, [(1, 0), (1, 1), (2, 1), (2, 0), (3, 0), (3, 1), (4, 1), (4, 0)]);
    }

    #[test]
    fn a_point_s_strategies_follow_one_another() {
        for pair in turns(3, 5, 2, 3).chunks(2) {
            assert_eq!((pair[0].repetition, pair[0].point), (pair[1].repetition, pair[1].point));
        }
    }

    #[test]
    fn every_trial_has_one_turn_and_repetitions_do_not_mix() {
        let turns = turns(9, 7, 3, 4);
        assert_eq!(turns.len(), 7 * 3 * 4);
        assert_eq!(turns.iter().collect::<BTreeSet<_>>().len(), turns.len());
        assert!(turns.is_sorted_by_key(|turn| turn.repetition));
    }

    #[test]
    fn points_are_shuffled_by_seed_and_repetition() {
        let points = |seed, repetition| {
            let turns = turns(seed, 8, 1, 2).into_iter().filter(move |turn| turn.repetition == repetition);
            turns.map(|turn| turn.point).collect::<Vec<usize>>()
        };
        assert_eq!(points(1, 1), points(1, 1));
        assert_ne!(points(1, 1), points(1, 2));
        assert_ne!(points(1, 1), points(2, 1));
    }

    #[test]
    fn a_point_of_its_own_seed_has_it_from_its_values_alone() {
        let point = |value: u64| Map::from_iter([("cluster.branches".to_owned(), value.into())]);
        assert_eq!(point_seed(7, &Map::new()), 7, "nothing is swept");
        assert_eq!(point_seed(7, &point(2)), point_seed(7, &point(2)));
        let seeds: BTreeSet<u64> =
            (0..100).flat_map(|value| [7, 8].map(|seed| point_seed(seed, &point(value)))).collect();
        assert_eq!(seeds.len(), 200);
    }

    #[test]
    fn every_order_of_three_points_is_as_likely() {
        let mut counts = std::collections::BTreeMap::<Vec<usize>, u32>::new();
        for seed in 0..6000 {
            *counts.entry(shuffled(3, trial_seed(seed, 1))).or_default() += 1;
        }
        assert_eq!(counts.len(), 6);
        // Six standard deviations of a count around its mean of 1000.
        assert!(counts.values().all(|count| count.abs_diff(1000) < 174), "{counts:?}");
    }

    #[test]
    fn seeds_of_repetitions_differ() {
        let seeds: BTreeSet<u64> =
            (0..30).flat_map(|seed| (1..=30).map(move |r| trial_seed(seed, r))).collect();
        assert_eq!(seeds.len(), 900);
    }
}
