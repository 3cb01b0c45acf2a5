//! Whether the figures of a point can be believed: the consumer of every warning that a substrate records.

use std::collections::BTreeMap;

use crate::results::{
    BranchObserved, Fitness, GeneratorHealth, Measures, Observed, PointSummary, UnfitKind, UnfitReason,
};

use super::saturation::{ACHIEVED_MIN, is_saturated};
use super::strategy_runs::{StrategyRuns, place};
use super::trial_result::TrialResult;

/// Above this share of the processors, other programs put the figures in doubt.
const OTHERS_MAX: f64 = 0.10;

/// Of all arrivals, the share that may never begin. Latencies are published up to p99.9.
const NEVER_BEGUN_MAX: f64 = 0.001;

/// So many may still queue as the load ends. They count at their age, and a percentile is published only if ten samples
/// lie beyond it, so fewer cannot be all that lies there.
const QUEUED_MAX: f64 = 9.0;

/// An injection error at p99 above this many milliseconds is too large, if it is above this share of the median
/// latency, too. Delays are made to be kept to well under a millisecond.
const INJECTION_ERROR_MAX_MS: f64 = 1.0;
const INJECTION_ERROR_MAX_SHARE: f64 = 0.10;

/// The fitness of one strategy at one point. `load_varies` says whether the experiment looks for the load that
/// saturates: what follows from saturation speaks against a point only where it does not.
pub(super) fn of_point(runs: &StrategyRuns, load_varies: bool) -> Fitness {
    let saturated = is_saturated(runs);
    let is_sought = load_varies && saturated == Some(true);
    let mut found: BTreeMap<UnfitKind, Vec<String>> = BTreeMap::new();
    for trial in &runs.trials {
        for (kind, text) in warnings(trial) {
            let is_expected = match kind {
                UnfitKind::NeverBegun => is_sought,
                // Where the processors are the limit, messages wait for them: that is what is measured there.
                UnfitKind::InjectionError => saturated != Some(false),
                UnfitKind::LostByTheMachine
                | UnfitKind::RanOut
                | UnfitKind::LateGenerator
                | UnfitKind::Overloaded
                | UnfitKind::OtherPrograms
                | UnfitKind::NotAssessed
                | UnfitKind::Disagreement => false,
            };
            if !is_expected {
                found.entry(kind).or_default().push(text);
            }
        }
    }
    if saturated == Some(true) && !load_varies && runs.trials.iter().any(|trial| falls_behind(trial)) {
        let text = "less was achieved than offered, so latencies grow with the trial; offer less".to_owned();
        found.insert(UnfitKind::Overloaded, vec![text]);
    }
    let all = runs.trials.len();
    let reason = |(kind, texts): (UnfitKind, Vec<String>)| {
        let times = if kind == UnfitKind::Overloaded { all } else { texts.len() };
        UnfitReason { kind, text: format!("in {times} of {all} trials: {}", texts[0]) }
    };
    Fitness::of(found.into_iter().map(reason).collect())
}

/// The fitness of a run: the reasons of all of its points, one of each kind.
pub(super) fn of_run(points: &[PointSummary]) -> Fitness {
    let mut found: BTreeMap<UnfitKind, (usize, String)> = BTreeMap::new();
    for point in points {
        for UnfitReason { kind, text } in &point.fitness.reasons {
            let first = || (0, format!("`{}` at {}: {text}", point.strategy, place(&point.point)));
            found.entry(*kind).or_insert_with(first).0 += 1;
        }
    }
    let all = points.len();
    let reason = |(kind, (at, first)): (UnfitKind, (usize, String))| {
        let count = if at > 1 { format!("at {at} of {all} points, first ") } else { String::new() };
        UnfitReason { kind, text: format!("{count}{first}") }
    };
    Fitness::of(found.into_iter().map(reason).collect())
}

/// What a trial records against itself. Every field of what a substrate observes is named here: one that is added does
/// not compile before it is decided whether it is a warning.
fn warnings(trial: &TrialResult) -> Vec<(UnfitKind, String)> {
    // Counts and figures, which warn of nothing, are `_`.
    let Observed {
        trial: _,
        wall_s: _,
        cpu_s: _,
        others_cpu_share,
        load_average: _, // before the start; what others took meanwhile is `others_cpu_share`
        memory_bytes_max: _,
        token_bytes_max: _,
        bare_syncs_per_s: _,
        ran_out,
        branches,
        recoveries: _, // follow from faults of the plan
    } = &trial.observed;
    let Measures {
        trial: _,
        measured_s,
        reads: _,
        writes: _,
        totals: _,
        spreads: _,
        throughput_ops_s: _,
        throughput_over_s: _, // follows from `ran_out`
        offered_ops_s,
        stale: _,
        read_latency_blocks: _,
        eligible_read_latency_blocks: _,
        shadow: _,
        generator: GeneratorHealth { is_late, refused, never_began },
        fresh: _,
        wait_parts: _,
        propagation: _,
        seconds: _,
        faults: _,
        by_fault: _,
        in_flight_mean: _, // both are equal in a steady state alone
        in_flight_by_little: _,
    } = &trial.measures;
    let lost: u64 = branches.iter().map(lost_by_the_machine).sum();
    let arrivals = offered_ops_s.unwrap_or_default() * measured_s;
    let mut found = Vec::new();
    if lost > 0 {
        let text = format!("{lost} messages were lost by the host's own bounds; offer less");
        found.push((UnfitKind::LostByTheMachine, text));
    }
    if *ran_out {
        let text = "the planned operations ran out before the load ended; give more `operations_per_session`";
        found.push((UnfitKind::RanOut, text.to_owned()));
    }
    if *is_late {
        let text = "latencies include the generator's own delay; offer less, or use a quiet machine";
        found.push((UnfitKind::LateGenerator, text.to_owned()));
    }
    let (may_be, queued) = (NEVER_BEGUN_MAX * arrivals, *never_began);
    let never = refused + queued;
    // A refused arrival has no latency at all.
    if *refused as f64 > may_be || never as f64 > may_be.max(QUEUED_MAX) {
        let text = format!("{never} arrivals never began, since their session was busy; give more sessions");
        found.push((UnfitKind::NeverBegun, text));
    }
    found.extend(injection_error(trial).map(|text| (UnfitKind::InjectionError, text)));
    if let Some(share) = others_cpu_share.filter(|&share| share > OTHERS_MAX) {
        let text = format!("other programs used {:.0} % of the processors; measure again", 100.0 * share);
        found.push((UnfitKind::OtherPrograms, text));
    }
    found
}

fn lost_by_the_machine(branch: &BranchObserved) -> u64 {
    let BranchObserved {
        branch: _,
        batches_sent: _,
        acks_sent: _,
        peer_bytes: _,
        batches_retransmitted: _,
        batches_relayed: _,
        batches_duplicated: _,
        overdrafts: _, // the verdict counts them
        log_records: _,
        log_syncs: _,
        lost_by_the_machine,
    } = branch;
    *lost_by_the_machine
}

/// Whether a trial in an open loop ended fewer operations than arrived, however they ended: one that is refused costs
/// no later one its time.
fn falls_behind(trial: &TrialResult) -> bool {
    let Measures { reads, writes, measured_s, throughput_ops_s, offered_ops_s, .. } = &trial.measures;
    let unsuccessful =
        reads.timed_out + reads.failed + reads.unknown + writes.refused + writes.failed + writes.unknown;
    let ended = throughput_ops_s * measured_s + unsuccessful as f64;
    ended < ACHIEVED_MIN * offered_ops_s.unwrap_or_default() * measured_s
}

fn injection_error(trial: &TrialResult) -> Option<String> {
    let p99 = trial.spreads.late().p99.filter(|&p99| p99 > INJECTION_ERROR_MAX_MS)?;
    let median = trial.spreads.get(crate::results::Span::Latency).p50?;
    (p99 > INJECTION_ERROR_MAX_SHARE * median).then(|| {
        format!("messages are up to {p99:.2} ms late (p99), and half of all operations take {median:.2} ms")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::measure::testing::trial;
    use crate::model::BranchId;
    use crate::results::{Histograms, Span};

    fn found(load_varies: bool, change: impl FnOnce(&mut TrialResult)) -> Vec<(UnfitKind, String)> {
        let mut trials = [trial("none", 0, &latencies(10)), trial("none", 1, &latencies(10))];
        change(&mut trials[1]);
        let (points, strategies) = ([Map::new()], ["none".to_owned()]);
        let runs = &StrategyRuns::all(&points, &strategies, &trials)[0];
        let Fitness { is_fit, reasons } = of_point(runs, load_varies);
        assert_eq!(is_fit, reasons.is_empty());
        reasons.into_iter().map(|reason| (reason.kind, reason.text)).collect()
    }

    fn latencies(ms: u64) -> Histograms {
        let mut histograms = Histograms::default();
        (0..2000).for_each(|_| histograms.record(Span::Latency, ms * 1_000_000));
        histograms
    }

    fn open(trial: &mut TrialResult) {
        trial.measures.measured_s = 1.0;
        trial.measures.offered_ops_s = Some(1000.0);
        trial.measures.throughput_ops_s = 1000.0;
    }

    fn branch(lost_by_the_machine: u64) -> BranchObserved {
        BranchObserved { lost_by_the_machine, ..BranchObserved::nothing(BranchId(1)) }
    }

    #[test]
    fn every_warning_of_a_trial_makes_its_point_unfit() {
        type Row = (UnfitKind, fn(&mut TrialResult), &'static str);
        let rows: [Row; 5] = [
            (UnfitKind::RanOut, |trial| trial.observed.ran_out = true, "ran out before the load ended"),
            (
                UnfitKind::LostByTheMachine,
                |trial| trial.observed.branches = vec![branch(0), branch(3)],
                "3 messages",
            ),
            (
                UnfitKind::LateGenerator,
                |trial| trial.measures.generator.is_late = true,
                "the generator's own delay",
            ),
            (
                UnfitKind::OtherPrograms,
                |trial| trial.observed.others_cpu_share = Some(0.91),
                "used 91 % of the",
            ),
            (UnfitKind::NeverBegun, |trial| trial.measures.generator.refused = 2, "2 arrivals never began"),
        ];
        for (kind, change, text) in rows {
            let reasons = found(false, change);
            assert_eq!(reasons.len(), 1, "{reasons:?}");
            assert_eq!(reasons[0].0, kind);
            assert!(
                reasons[0].1.starts_with("in 1 of 2 trials: ") && reasons[0].1.contains(text),
                "{reasons:?}"
            );
        }
    }

    #[test]
    fn what_stays_within_its_bound_leaves_a_point_fit() {
        assert_eq!(found(false, |_| {}), []);
        let small = |trial: &mut TrialResult| {
            trial.observed.others_cpu_share = Some(0.1);
            trial.observed.branches = vec![branch(0)];
        };
        assert_eq!(found(false, small), []);
    }

    #[test]
    fn a_few_arrivals_that_still_queue_as_the_load_ends_reach_no_published_percentile() {
        let kinds = |queued: u64, refused: u64| {
            let change = |trial: &mut TrialResult| {
                open(trial);
                trial.measures.generator.never_began = queued;
                trial.measures.generator.refused = refused;
            };
            found(false, change).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(9, 0), []);
        assert_eq!(kinds(10, 0), [UnfitKind::NeverBegun]);
        assert_eq!(kinds(0, 2), [UnfitKind::NeverBegun], "a refused one has no latency");
    }

    #[test]
    fn an_overload_speaks_against_a_point_unless_the_experiment_looks_for_it() {
        let point = |load_varies| {
            let mut trials = [trial("none", 0, &latencies(10))];
            open(&mut trials[0]);
            trials[0].measures.throughput_ops_s = 500.0;
            trials[0].measures.generator.refused = 400;
            let (points, strategies) = ([Map::new()], ["none".to_owned()]);
            let runs = &StrategyRuns::all(&points, &strategies, &trials)[0];
            of_point(runs, load_varies).reasons.iter().map(|reason| reason.kind).collect::<Vec<_>>()
        };
        assert_eq!(point(false), [UnfitKind::NeverBegun, UnfitKind::Overloaded]);
        assert_eq!(point(true), []);
        let timed_out = |trial: &mut TrialResult| {
            open(trial);
            trial.measures.throughput_ops_s = 500.0;
            trial.measures.reads.timed_out = 500;
        };
        let mut trials = [trial("none", 0, &latencies(10))];
        timed_out(&mut trials[0]);
        let (points, strategies) = ([Map::new()], ["none".to_owned()]);
        let runs = &StrategyRuns::all(&points, &strategies, &trials)[0];
        assert_eq!(of_point(runs, false), Fitness::of(Vec::new()), "reads that time out are no overload");
    }

    #[test]
    fn an_injection_error_is_too_large_beside_a_millisecond_and_the_latency_where_nothing_is_saturated() {
        let kinds = |late_us: u64, latency_ms: u64, is_open: bool| {
            let mut histograms = latencies(latency_ms);
            (0..2000).for_each(|_| histograms.record(Span::InjectionErrorReplicate, late_us * 1_000));
            let mut trials = [trial("none", 0, &histograms)];
            if is_open {
                open(&mut trials[0]);
            }
            let (points, strategies) = ([Map::new()], ["none".to_owned()]);
            let runs = &StrategyRuns::all(&points, &strategies, &trials)[0];
            of_point(runs, false).reasons.len()
        };
        assert_eq!(kinds(2_000, 10, true), 1);
        assert_eq!(kinds(2_000, 100, true), 0, "small beside the latency");
        assert_eq!(kinds(900, 1, true), 0, "below a millisecond");
        assert_eq!(kinds(2_000, 10, false), 0, "a closed loop waits for its processors");
    }
}
