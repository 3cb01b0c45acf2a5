//! Rates and means over reads that depend on one another.
//!
//! Reads of one trial cluster: those that come while the same write is under way are stale together. So a rate's
//! variance is that between clusters (W. G. Cochran, Sampling Techniques, 1977, the ratio estimator of section 6.3).
//! From six repetitions on, these are the clusters. Below, they are blocks of time within the trials.
//!
//! A block is a twelfth of a trial, as few blocks of batch means are as good as many (B. Schmeiser, Operations Research
//! 1982), or a sixth, if the variance still grows with the length (H. Flyvbjerg and H. G. Petersen, Journal of Chemical
//! Physics 1989). So what lasts longer than a sixth of a trial shows between repetitions alone.
//!
//! The *design effect* is the variance between clusters by that of independent reads, and at least 1. The effective
//! number of reads is their number by the design effect, less what few clusters cost: times (z / t)^2, with Student's
//! t by their number (E. L. Korn and B. I. Graubard, Survey Methodology 1998). The interval is Wilson's at that number
//! (N. Dean and M. Pagano, Journal of Survey Statistics and Methodology 2015).
//!
//! Where nothing was hit, a trial shows no clusters, and the control's design effect takes their place. Without one, a
//! trial counts as few independent looks: a cluster may be that long.
//!
//! A difference of means between two arms is one of two such ratios, sums of latencies by numbers of reads. Both arms
//! of a repetition meet the same arrivals, so a cluster is the same time in both, and its deviations are subtracted
//! before they are squared: what slows both arms alike adds nothing. The interval is Student's t by the number of
//! clusters that have reads in both. Between the two lengths of blocks the wider interval decides. A mean over fewer
//! than six clusters has none.
//!
//! **Caveats.** Where few long waits are most of a mean, it is skewed, and Student's t holds less than its level: the
//! bench `intervals` says how much. Where no read waited at all, the interval of a mean does not know what was missed.

use crate::model::Time;
use crate::results::{HitBlock, Interval, Method, Rate, RateMethod, SumBlock};

use super::period::Period;
use super::repetitions::{LEVEL, REPETITIONS_MIN};

/// A trial's time is kept in so many parts: a multiple of those below.
pub(super) const BLOCKS: usize = 48;

/// The lengths of blocks, as parts of a trial.
const PARTS: [usize; 2] = [12, 6];

/// A trial of which nothing is known has so many independent looks.
const LOOKS: f64 = 16.0;

/// The rate over several trials, each with its hits and reads by time. `control` is a design effect for the case that
/// there was no hit.
pub(super) fn clustered_rate(trials: &[&[HitBlock]], control: Option<f64>) -> Rate {
    let totals: Vec<(u64, u64)> = trials.iter().map(|blocks| total(blocks)).collect();
    let independent = Rate::over(&totals);
    let (hits, n) = (independent.hits, independent.n);
    if n == 0 || trials.iter().any(|blocks| blocks.is_empty()) {
        return independent;
    }
    let method = if trials.len() < REPETITIONS_MIN { RateMethod::Blocks } else { RateMethod::Repetitions };
    let effective_n = if hits == 0 || hits == n {
        control.map_or(LOOKS * trials.len() as f64, |effect| n as f64 / effect)
    } else {
        let (effect, clusters) = match method {
            RateMethod::Repetitions => (design_effect(&totals), totals.len()),
            RateMethod::Blocks | RateMethod::Independent => {
                (effect_of_blocks(trials), PARTS[0] * trials.len())
            }
        };
        n as f64 / effect * (Rate::Z / student_t(clusters as f64 - 1.0)).powi(2)
    };
    independent.with_effective_n(effective_n.min(n as f64), method)
}

/// The mean latency of the second arm less that of the first, in milliseconds, over all reads of several repetitions.
/// Each repetition has the blocks of both arms, equally many. `None` where too few clusters have reads in both.
pub fn mean_difference(repetitions: &[[&[SumBlock]; 2]]) -> Option<Interval> {
    let (method, lengths) = if repetitions.len() < REPETITIONS_MIN {
        (Method::Blocks, &PARTS[..])
    } else {
        (Method::Repetitions, &[1][..])
    };
    let of_length = |&parts: &usize| {
        let sums = |arm: &[SumBlock]| -> Vec<SumBlock> {
            arm.chunks(arm.len().div_ceil(parts).max(1)).map(sum_of).collect()
        };
        let clusters = repetitions.iter().flat_map(|arms| {
            let [first, second] = arms.map(sums);
            first.into_iter().zip(second).map(|(first, second)| [first, second])
        });
        difference_over(&clusters.collect::<Vec<_>>(), method)
    };
    let width = |interval: &Interval| interval.high - interval.low;
    lengths.iter().filter_map(of_length).max_by(|one, other| width(one).total_cmp(&width(other)))
}

/// The same over given clusters, each with its sums in both arms.
fn difference_over(clusters: &[[SumBlock; 2]], method: Method) -> Option<Interval> {
    let n = clusters.iter().filter(|arms| arms.iter().all(|arm| arm.n > 0)).count();
    if n < REPETITIONS_MIN {
        return None;
    }
    let ms = |sum: SumBlock| sum.sum_ns as f64 / 1e6;
    let totals = [0, 1].map(|arm| sum_of(&clusters.iter().map(|arms| arms[arm]).collect::<Vec<_>>()));
    let means = totals.map(|total| ms(total) / total.n as f64);
    let deviation = |arms: &[SumBlock; 2]| {
        let of_arm = |arm: usize| (ms(arms[arm]) - means[arm] * arms[arm].n as f64) / totals[arm].n as f64;
        of_arm(1) - of_arm(0)
    };
    let squares: f64 = clusters.iter().map(|arms| deviation(arms).powi(2)).sum();
    let freedom = n as f64 - 1.0;
    let half = student_t(freedom) * (squares * n as f64 / freedom).sqrt();
    let value = means[1] - means[0];
    Some(Interval { value, low: value - half, high: value + half, method, level: Some(LEVEL), n })
}

/// The part of the measured time that holds a moment, from 0; what lies behind is of the last.
pub(super) fn block_of(t: Time, period: &Period) -> usize {
    let (since, all) = (t.since(period.from), period.until.since(period.from));
    let index = since.as_nanos() * BLOCKS as u128 / all.as_nanos().max(1);
    (index as usize).min(BLOCKS - 1)
}

/// The design effect of trials that were hit; `None` without a hit, or where all reads are hits.
pub(super) fn design_effect_of(trials: &[&[HitBlock]]) -> Option<f64> {
    let (hits, n) =
        trials.iter().map(|blocks| total(blocks)).fold((0, 0), |(h, m), (hits, n)| (h + hits, m + n));
    let is_known = hits > 0 && hits < n && trials.iter().all(|blocks| !blocks.is_empty());
    is_known.then(|| effect_of_blocks(trials))
}

/// The design effect between blocks of the length that has the greatest.
fn effect_of_blocks(trials: &[&[HitBlock]]) -> f64 {
    let effect = |parts: usize| {
        let blocks = trials.iter().flat_map(|trial| trial.chunks(trial.len().div_ceil(parts)).map(total));
        design_effect(&blocks.collect::<Vec<_>>())
    };
    PARTS.into_iter().map(effect).fold(1.0, f64::max)
}

fn total(blocks: &[HitBlock]) -> (u64, u64) {
    blocks.iter().fold((0, 0), |(hits, n), block| (hits + block.hits, n + block.n))
}

fn sum_of(blocks: &[SumBlock]) -> SumBlock {
    blocks.iter().fold(SumBlock::default(), |sum, block| SumBlock {
        sum_ns: sum.sum_ns.saturating_add(block.sum_ns),
        n: sum.n + block.n,
    })
}

/// The variance of the ratio of sums between clusters, by that of independent reads; at least 1.
fn design_effect(clusters: &[(u64, u64)]) -> f64 {
    let (hits, n) = clusters.iter().fold((0.0, 0.0), |(h, m), &(hits, n)| (h + hits as f64, m + n as f64));
    let (k, rate) = (clusters.len() as f64, hits / n);
    let squares: f64 = clusters.iter().map(|&(hits, n)| (hits as f64 - rate * n as f64).powi(2)).sum();
    let independent = n * rate * (1.0 - rate);
    if independent > 0.0 { (squares * k / (k - 1.0) / independent).max(1.0) } else { 1.0 }
}

/// The quantile 97.5 % of Student's t, by the expansion of E. A. Cornish and R. A. Fisher; within 0.003 from five
/// degrees of freedom on.
fn student_t(freedom: f64) -> f64 {
    let z = Rate::Z;
    let powers = |coefficients: [f64; 4]| {
        coefficients.iter().enumerate().map(|(power, c)| c * z.powi(2 * power as i32 + 1)).sum::<f64>()
    };
    z + powers([1.0, 1.0, 0.0, 0.0]) / (4.0 * freedom)
        + powers([3.0, 16.0, 5.0, 0.0]) / (96.0 * freedom.powi(2))
        + powers([-15.0, 17.0, 19.0, 3.0]) / (384.0 * freedom.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(counts: &[(u64, u64)]) -> Vec<HitBlock> {
        counts.iter().map(|&(hits, n)| HitBlock { hits, n }).collect()
    }

    #[test]
    fn student_s_t_has_its_published_values() {
        for (freedom, expected) in [(5.0, 2.571), (9.0, 2.262), (29.0, 2.045), (1_000.0, 1.962)] {
            assert!((student_t(freedom) - expected).abs() < 0.004, "{freedom}: {}", student_t(freedom));
        }
    }

    #[test]
    fn hits_that_come_together_widen_the_interval() {
        // Twelve hits of 480, one in each fourth block, or all in one.
        let spread: Vec<(u64, u64)> = (0..48).map(|i| (u64::from(i % 4 == 3), 10)).collect();
        let together: Vec<(u64, u64)> = (0..48).map(|i| (if i == 21 { 12 } else { 0 }, 10)).collect();
        let [spread, together] = [spread, together].map(|counts| clustered_rate(&[&blocks(&counts)], None));
        assert_eq!((spread.value, together.value), (Some(0.025), Some(0.025)));
        assert_eq!(spread.method, RateMethod::Blocks);
        let [few, many] = [together, spread].map(|rate| rate.effective_n.unwrap());
        assert!(few < 40.0 && many > 375.0, "{few} {many}");
        assert!(together.high > spread.high && together.low < spread.low, "{together:?} {spread:?}");
    }

    #[test]
    fn six_repetitions_are_the_clusters_and_five_are_not() {
        // Within a trial all is even; between trials the rate is 10 % or 30 %.
        let trials: Vec<Vec<HitBlock>> = (0..6).map(|i| blocks(&[(1 + 2 * (i % 2), 10); 48])).collect();
        let all: Vec<&[HitBlock]> = trials.iter().map(Vec::as_slice).collect();
        let rate = clustered_rate(&all, None);
        assert_eq!((rate.value, rate.method), (Some(0.2), RateMethod::Repetitions));
        // Variance between clusters: 6 x 48^2 / 5 x 6 / 2,880 / 0.16, so the effect is 36; then (1.96 / 2.57)^2.
        let expected: f64 = 2_880.0 / 36.0 * (1.96_f64 / 2.5706).powi(2);
        assert!((rate.effective_n.unwrap() - expected).abs() < 0.3, "{rate:?}");
        assert_eq!(clustered_rate(&all[..5], None).method, RateMethod::Blocks);
    }

    #[test]
    fn what_lasts_for_a_sixth_of_a_trial_counts_as_one() {
        // A state that lasts for twelfths or for sixths, with the same counts in all.
        let lasting =
            |blocks: u64| (0..48_u64).map(move |i| (if (i / blocks).is_multiple_of(3) { 6 } else { 0 }, 10));
        let [twelfths, sixths] = [4, 8].map(|length| lasting(length).collect::<Vec<_>>());
        let [short, long] = [twelfths, sixths].map(|counts| design_effect_of(&[&blocks(&counts)]).unwrap());
        assert!(long > 1.8 * short, "{long} {short}");
    }

    #[test]
    fn nothing_seen_is_bounded_by_the_clusters_of_the_control() {
        let none = blocks(&[(0, 30); 100]);
        let bound = |control| clustered_rate(&[&none], control).rule_of_three.unwrap();
        assert!((bound(Some(1.0)) - 0.001).abs() < 1e-12);
        assert!((bound(Some(10.0)) - 0.01).abs() < 1e-12);
        assert!((bound(None) - 3.0 / 16.0).abs() < 1e-12, "nothing is known of its clusters");
        let control: Vec<(u64, u64)> = (0..48).map(|i| (if i % 12 == 0 { 10 } else { 0 }, 30)).collect();
        let effect = design_effect_of(&[&blocks(&control)]).unwrap();
        assert!((7.0..8.0).contains(&effect), "{effect}");
        assert_eq!(design_effect_of(&[&none]), None);
    }

    /// Blocks of ten reads each, with these mean latencies.
    fn latencies(ms: &[u64]) -> Vec<SumBlock> {
        ms.iter().map(|ms| SumBlock { sum_ns: 10 * ms * 1_000_000, n: 10 }).collect()
    }

    #[test]
    fn a_mean_over_six_repetitions_has_student_s_interval_of_their_differences() {
        // Both arms vary by 10 ms between repetitions, and their difference is 1 to 6 ms.
        let arms = |repetition: u64| [latencies(&[10 * repetition; 48]), latencies(&[11 * repetition; 48])];
        let repetitions: Vec<_> = (1..=6).map(arms).collect();
        let all: Vec<_> = repetitions.iter().map(|arms| arms.each_ref().map(Vec::as_slice)).collect();
        let Interval { value, low, high, method, level, n } = mean_difference(&all).unwrap();
        assert_eq!((method, level, n), (Method::Repetitions, Some(0.95), 6));
        // 2.5706 standard deviations of 1.8708 by the root of 6.
        let half = 1.9633;
        for (found, expected) in [(value, 3.5), (low, 3.5 - half), (high, 3.5 + half)] {
            assert!((found - expected).abs() < 0.003, "{found} {expected}");
        }
        assert_eq!(mean_difference(&all[..5]).unwrap().method, Method::Blocks);
    }

    #[test]
    fn below_six_repetitions_the_wider_of_two_lengths_of_blocks_decides() {
        // Means of twelfths or sixths alternate between 0 and 2 ms. For twelfths, 2.2010 times the root of
        // 12 / (12 x 11); for sixths, 2.5706 times that of 6 / (6 x 5).
        for (length, clusters, half) in [(4, 12, 0.6636), (8, 6, 1.1496)] {
            let own: Vec<u64> = (0..48).map(|block| 100 + block / length % 2 * 2).collect();
            let [baseline, own] = [vec![100; 48], own].map(|ms| latencies(&ms));
            let Interval { value, low, high, method, n, .. } = mean_difference(&[[&baseline, &own]]).unwrap();
            assert_eq!((value, method, n), (1.0, Method::Blocks, clusters));
            assert!((high - 1.0 - half).abs() < 0.002 && (1.0 - low - half).abs() < 0.002, "{low} {high}");
        }
    }

    #[test]
    fn a_mean_over_fewer_than_six_clusters_has_no_interval() {
        let with_reads_in = |twelfths: usize| -> Vec<SumBlock> {
            let mut blocks = latencies(&[1; 48]);
            blocks[4 * twelfths..].fill(SumBlock::default());
            blocks
        };
        let [five, six, all] = [5, 6, 12].map(with_reads_in);
        assert_eq!(mean_difference(&[[&all, &five]]), None);
        assert_eq!(mean_difference(&[[&all, &six]]).map(|mean| mean.n), Some(6));
        assert_eq!(mean_difference(&[[&[], &[]]]), None, "nothing was measured");
        assert_eq!(mean_difference(&[]), None);
    }

    #[test]
    fn trials_without_blocks_have_wilson_s_interval_as_before() {
        assert_eq!(clustered_rate(&[&[]], None), Rate::over(&[(0, 0)]));
    }
}
