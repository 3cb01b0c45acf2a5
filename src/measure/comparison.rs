//! A strategy against the baseline at the same point, repetition by repetition.

use crate::results::{Comparison, Interval, LatencyDifference, Measures, ReadCost, Span, Spread, SumBlock};

use super::clusters::mean_difference;
use super::point::cpu_us_per_op;
use super::repetitions::interval_over;
use super::saturation::is_saturated;
use super::strategy_runs::StrategyRuns;
use super::trial_result::TrialResult;

type Pair<'a> = (&'a TrialResult, &'a TrialResult);

/// Ratios of the strategy's figures to the baseline's; `None` if no pair of repetitions has figures to divide.
pub(super) fn comparison(baseline: &StrategyRuns, runs: &StrategyRuns) -> Option<Comparison> {
    let pairs = same_repetition(&baseline.trials, &runs.trials);
    let ratio = |figure: fn(&TrialResult) -> Option<f64>| -> Option<Interval> {
        let ratio = |(base, own): &Pair| Some(figure(own)? / figure(base).filter(|&base| base > 0.0)?);
        pairs.iter().map(ratio).collect::<Option<Vec<f64>>>().map(|ratios| interval_over(&ratios))
    };
    let percentile = |of: fn(&Spread) -> Option<f64>| -> Option<Interval> {
        let latency =
            |trial: &TrialResult| of(&trial.spreads.get(Span::Latency)).filter(|&value| value > 0.0);
        let ratio = |(base, own): &Pair| Some(latency(own)? / latency(base)?);
        pairs.iter().map(ratio).collect::<Option<Vec<f64>>>().map(|ratios| interval_over(&ratios))
    };
    (!pairs.is_empty()).then(|| Comparison {
        point: runs.point.clone(),
        baseline: baseline.strategy.to_owned(),
        strategy: runs.strategy.to_owned(),
        pairs: pairs.len(),
        load: runs.trials[0].load,
        throughput_ratio: ratio(sustained_throughput),
        latency_p50_ratio: percentile(|spread| spread.p50),
        latency_p99_ratio: percentile(|spread| spread.p99),
        read_cost: ReadCost {
            all: difference(&pairs, Span::ReadLatency, |of| &of.read_latency_blocks),
            eligible: difference(&pairs, Span::EligibleReadLatency, |of| &of.eligible_read_latency_blocks),
            paired: None,
        },
        cpu_per_op_ratio: ratio(cpu_us_per_op),
        is_saturated: [baseline, runs].into_iter().all(|runs| is_saturated(runs).unwrap_or(true)),
    })
}

/// The trials behind a comparison: baseline and strategy of each paired repetition.
pub fn paired_trials<'a>(
    comparison: &Comparison,
    trials: &'a [TrialResult],
) -> Vec<(&'a TrialResult, &'a TrialResult)> {
    let of = |strategy: &str| -> Vec<&'a TrialResult> {
        let own = |trial: &&TrialResult| trial.point == comparison.point && trial.strategy == strategy;
        trials.iter().filter(own).collect()
    };
    same_repetition(&of(&comparison.baseline), &of(&comparison.strategy))
}

/// The strategy's latencies less the baseline's, from their spread and their sums by time. A figure that one repetition
/// lacks is absent.
fn difference(pairs: &[Pair], span: Span, blocks: fn(&Measures) -> &[SumBlock]) -> LatencyDifference {
    let over = |of: fn(&Spread) -> Option<f64>| {
        let less = |(base, own): &Pair| Some(of(&own.spreads.get(span))? - of(&base.spreads.get(span))?);
        pairs.iter().map(less).collect::<Option<Vec<f64>>>().map(|differences| interval_over(&differences))
    };
    let sums: Vec<_> =
        pairs.iter().map(|(base, own)| [base, own].map(|trial| blocks(&trial.measures))).collect();
    LatencyDifference {
        p50_ms: over(|spread| spread.p50),
        p99_ms: over(|spread| spread.p99),
        p999_ms: over(|spread| spread.p999),
        mean_ms: mean_difference(&sums),
    }
}

/// Baseline and strategy of each repetition whose baseline did something that can be compared with.
fn same_repetition<'a>(baseline: &[&'a TrialResult], own: &[&'a TrialResult]) -> Vec<Pair<'a>> {
    let base = |own: &TrialResult| {
        let same = |base: &&&TrialResult| base.repetition == own.repetition;
        baseline.iter().find(same).copied()
    };
    let pairs = own.iter().filter_map(|own| Some((base(own)?, *own)));
    pairs.filter(|(base, _)| throughput(base) > 0.0).collect()
}

fn throughput(trial: &TrialResult) -> f64 {
    trial.measures.throughput_ops_s
}

/// The throughput of a load that lasted. Where sessions ran out of operations, arms meet different parts of the plan.
fn sustained_throughput(trial: &TrialResult) -> Option<f64> {
    (!trial.observed.ran_out).then(|| throughput(trial))
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::measure::testing::{near, trial};
    use crate::results::{Histograms, LoadKind, Method};

    /// A trial with this throughput, with so many latencies of so many milliseconds.
    fn trial_with(
        strategy: &str,
        repetition: usize,
        throughput: f64,
        (count, ms): (usize, u64),
    ) -> TrialResult {
        let mut histograms = Histograms::default();
        (0..count).for_each(|_| histograms.record(Span::Latency, ms * 1_000_000));
        let mut trial = trial(strategy, repetition, &histograms);
        trial.measures.throughput_ops_s = throughput;
        trial.measures.totals.ended = 1;
        trial.observed.cpu_s = ms as f64;
        trial
    }

    fn compared(trials: &[TrialResult]) -> Option<Comparison> {
        let strategies = ["none", "wait"].map(str::to_owned);
        let points = [Map::new()];
        let all = StrategyRuns::all(&points, &strategies, trials);
        comparison(&all[0], &all[1])
    }

    #[test]
    fn ratios_are_made_repetition_by_repetition() {
        // The ratio of the medians would be 1, and that of the means 1.25.
        let trials = [
            trial_with("none", 0, 100.0, (20, 10)),
            trial_with("wait", 2, 450.0, (20, 20)),
            trial_with("none", 2, 300.0, (20, 10)),
            trial_with("none", 1, 200.0, (20, 10)),
            trial_with("wait", 1, 100.0, (20, 30)),
            trial_with("wait", 0, 200.0, (20, 10)),
            // Without a partner.
            trial_with("wait", 3, 1.0, (20, 10)),
        ];
        let comparison = compared(&trials).unwrap();
        assert_eq!((comparison.pairs, &*comparison.baseline, &*comparison.strategy), (3, "none", "wait"));
        let Interval { low, value, high, .. } = comparison.throughput_ratio.unwrap();
        assert_eq!((low, value, high), (0.5, 1.5, 2.0));
        near(comparison.latency_p50_ratio.map(|ratio| ratio.high), 3.0);
        assert_eq!(comparison.latency_p99_ratio, None, "twenty samples carry no p99");
        assert_eq!(comparison.cpu_per_op_ratio.map(|ratio| ratio.value), Some(2.0));
    }

    #[test]
    fn a_percentile_that_one_repetition_lacks_is_not_compared() {
        let trials = [
            trial_with("none", 0, 1.0, (20, 10)),
            trial_with("wait", 0, 1.0, (20, 10)),
            trial_with("none", 1, 1.0, (20, 10)),
            trial_with("wait", 1, 1.0, (19, 10)),
        ];
        assert_eq!(compared(&trials).unwrap().latency_p50_ratio, None);
    }

    /// A trial with so many reads of each latency, of which those that are long are eligible.
    fn reads(strategy: &str, repetition: usize, (count, ms): (usize, u64), eligible_ms: u64) -> TrialResult {
        let mut histograms = Histograms::default();
        for _ in 0..count {
            histograms.record(Span::ReadLatency, ms * 1_000_000);
            histograms.record(Span::ReadLatency, eligible_ms * 1_000_000);
            histograms.record(Span::EligibleReadLatency, eligible_ms * 1_000_000);
        }
        let mut trial = trial(strategy, repetition, &histograms);
        trial.measures.throughput_ops_s = 1.0;
        trial.observed.cpu_s = 1.0;
        trial
    }

    #[test]
    fn the_cost_of_reads_is_a_difference_within_each_repetition() {
        let trials = [
            reads("none", 0, (1_000, 10), 12),
            reads("none", 1, (1_000, 50), 52),
            reads("wait", 1, (1_000, 51), 61),
            reads("wait", 0, (1_000, 9), 41),
        ];
        let cost = compared(&trials).unwrap().read_cost;
        let ends = |figure: Option<Interval>| figure.map(|Interval { low, high, .. }| [low, high]).unwrap();
        let close = |found: [f64; 2], expected: [f64; 2]| {
            found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 0.1)
        };
        assert!(close(ends(cost.all.p50_ms), [-1.0, 1.0]), "{cost:?}");
        assert!(close(ends(cost.all.p99_ms), [9.0, 29.0]), "{cost:?}");
        assert_eq!(cost.all.p999_ms, None, "two thousand samples carry no p99.9");
        assert!(close(ends(cost.eligible.p50_ms), [9.0, 29.0]), "{cost:?}");
        assert_eq!(cost.all.mean_ms, None, "their latencies have no times");
    }

    #[test]
    fn the_mean_cost_is_of_all_reads_with_an_interval_by_their_time() {
        let sums = |n: u64, ms: u64| vec![SumBlock { sum_ns: n * ms * 1_000_000, n }; 48];
        // By numbers of reads, 12 ms and 25 ms.
        let mut trials = [("none", 0, 1, 18), ("none", 1, 3, 10), ("wait", 0, 1, 55), ("wait", 1, 3, 15)]
            .map(|(strategy, repetition, n, ms)| {
                let mut trial = reads(strategy, repetition, (1, 1), 1);
                trial.measures.read_latency_blocks = sums(n, ms);
                trial.measures.eligible_read_latency_blocks = sums(n, ms);
                trial
            });
        trials[3].measures.eligible_read_latency_blocks = sums(3, 16);
        let cost = compared(&trials).unwrap().read_cost;
        let [all, eligible] = [cost.all, cost.eligible].map(|cost| cost.mean_ms.unwrap());
        assert_eq!((all.value, all.method), (13.0, Method::Blocks));
        assert!(all.low < 13.0 && all.high > 13.0, "{all:?}");
        near(Some(eligible.value), 13.75);
    }

    #[test]
    fn a_baseline_without_eligible_reads_leaves_their_cost_open() {
        let mut histograms = Histograms::default();
        (0..1_000).for_each(|_| histograms.record(Span::ReadLatency, 1_000_000));
        let mut baseline = trial("none", 0, &histograms);
        (baseline.measures.throughput_ops_s, baseline.observed.cpu_s) = (1.0, 1.0);
        let cost = compared(&[baseline, reads("wait", 0, (1_000, 1), 3)]).unwrap().read_cost;
        assert_eq!(cost.eligible, LatencyDifference::default());
        assert!(cost.all.p50_ms.is_some());
    }

    #[test]
    fn a_load_that_ran_out_has_no_ratio_of_throughputs() {
        for (which, expected) in [(0, None), (1, None), (2, Some(5.0))] {
            let mut trials = [trial_with("none", 0, 1.0, (20, 10)), trial_with("wait", 0, 5.0, (20, 10))];
            trials.iter_mut().skip(which).take(1).for_each(|trial| trial.observed.ran_out = true);
            let comparison = compared(&trials).unwrap();
            assert_eq!(comparison.throughput_ratio.map(|ratio| ratio.value), expected);
            assert_eq!(comparison.load, LoadKind::ClosedWithoutThinkTime);
        }
    }

    #[test]
    fn an_arm_without_an_operation_has_no_processor_time_per_operation() {
        let mut trials = [trial_with("none", 0, 1.0, (20, 10)), trial_with("wait", 0, 5.0, (20, 10))];
        trials[1].measures.totals.ended = 0;
        assert_eq!(compared(&trials).unwrap().cpu_per_op_ratio, None);
    }

    #[test]
    fn a_baseline_that_did_nothing_is_not_compared_with() {
        let trials = [trial_with("none", 0, 0.0, (0, 1)), trial_with("wait", 0, 5.0, (20, 1))];
        assert_eq!(compared(&trials), None);
    }

    #[test]
    fn throughput_says_something_if_both_were_at_their_limits() {
        // Offered to both, achieved by the baseline and by the strategy, writes refused per second.
        let rows = [
            (None, 90.0, 50.0, 0, true),
            (Some(100.0), 94.0, 50.0, 0, true),
            (Some(100.0), 96.0, 50.0, 0, false),
            (Some(100.0), 94.0, 96.0, 0, false),
            (Some(100.0), 94.0, 50.0, 3, false),
        ];
        for (offered, base, own, refused, is_saturated) in rows {
            let mut trials = [trial_with("none", 0, base, (20, 1)), trial_with("wait", 0, own, (20, 1))];
            for trial in &mut trials {
                trial.measures.offered_ops_s = offered;
                trial.measures.measured_s = 1.0;
                trial.measures.writes.refused = refused;
            }
            let comparison = compared(&trials).unwrap();
            assert_eq!(comparison.is_saturated, is_saturated, "{offered:?} {base} {own} {refused}");
        }
    }
}
