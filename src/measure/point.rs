//! The figures of one strategy at one point, over its repetitions.

use crate::results::{BranchObserved, PointSummary, ReadCounts, Recoveries, Span, Spread};

use super::evidence::Evidence;
use super::fault_figures::faults_over;
use super::oracle;
use super::repetitions::spread_over;
use super::saturation::is_saturated;
use super::strategy_runs::{StrategyRuns, stale_rate_of};
use super::trial_result::TrialResult;

/// The summary of all repetitions.
pub(super) fn point(runs: &StrategyRuns, all: &[StrategyRuns], evidence: &Evidence) -> PointSummary {
    let late: Vec<Spread> = runs.trials.iter().map(|trial| late(trial)).collect();
    let theory = runs.trials.iter().find_map(|trial| trial.expectation);
    let ids = runs.trials.iter().map(|trial| trial.id.clone());
    let stale_rate = stale_rate_of(runs.measures(), runs.control_effect(all));
    let mut by_fault = faults_over(runs.measures().map(|measures| &measures.by_fault[..]));
    by_fault.iter_mut().for_each(|fault| fault.stale_rate = fault.stale_rate.as_dependent_as(&stale_rate));
    PointSummary {
        point: runs.point.clone(),
        strategy: runs.strategy.to_owned(),
        trials: ids.collect(),
        reads: runs.trials.iter().map(|trial| trial.measures.reads).fold(ReadCounts::default(), sum),
        stale_rate,
        wait_ms: runs.spread(Span::Wait),
        wait_parked_ms: runs.spread(Span::WaitParked),
        excess_wait_ms: runs.spread(Span::ExcessWait),
        latency_ms: runs.spread(Span::Latency),
        read_latency_ms: runs.spread(Span::ReadLatency),
        eligible_read_latency_ms: Some(runs.spread(Span::EligibleReadLatency)),
        write_latency_ms: runs.spread(Span::WriteLatency),
        service_ms: runs.spread(Span::Service),
        injection_error_ms: spread_over(&late),
        throughput_ops_s: runs.interval(|trial| trial.measures.throughput_ops_s),
        offered_ops_s: runs.offered_ops_s(),
        is_saturated: is_saturated(runs),
        cpu_us_per_op: runs.interval_if_all(cpu_us_per_op),
        peer_messages_per_write: runs.interval_if_all(peer_messages_per_write),
        peer_bytes_per_write: runs.interval_if_all(peer_bytes_per_write),
        token_bytes_max: most(runs, |trial| trial.observed.token_bytes_max),
        memory_bytes_max: runs.trials.iter().filter_map(|trial| trial.observed.memory_bytes_max).max(),
        parked_peak: most(runs, parked_peak),
        unknown_writes: runs.trials.iter().map(|trial| trial.measures.totals.unknown_writes).sum(),
        recoveries: recoveries(runs),
        records_per_sync: runs.interval_if_all(records_per_sync),
        bare_syncs_per_s: runs.interval_if_all(|trial| trial.observed.bare_syncs_per_s),
        by_fault,
        others_cpu_share_max: runs
            .trials
            .iter()
            .filter_map(|trial| trial.observed.others_cpu_share)
            .reduce(f64::max),
        late_generators: runs.trials.iter().filter(|trial| trial.measures.generator.is_late).count(),
        refused: runs.trials.iter().map(|trial| trial.measures.generator.refused).sum(),
        never_began: runs.trials.iter().map(|trial| trial.measures.generator.never_began).sum(),
        expected: theory.and_then(|theory| oracle::expected(&theory, runs)),
        verdict: runs.verdict().max(evidence.verdict()),
        fitness: None,
    }
}

/// Processor time by operations that ended; `None` without any.
pub(super) fn cpu_us_per_op(trial: &TrialResult) -> Option<f64> {
    let ended = trial.measures.totals.ended;
    (ended > 0).then(|| trial.observed.cpu_s * 1e6 / ended as f64)
}

/// The counts of all branches; `None` where a process was killed: it took those of its life with it.
fn whole_counts(trial: &TrialResult) -> Option<&[BranchObserved]> {
    trial.observed.recoveries.is_empty().then_some(&trial.observed.branches)
}

/// A count of all branches by `ok` writes; `None` without a write, or where the counts are not whole.
fn per_write(trial: &TrialResult, count: fn(&BranchObserved) -> u64) -> Option<f64> {
    let (writes, sum) =
        (trial.measures.totals.ok_writes, whole_counts(trial)?.iter().map(count).sum::<u64>());
    (writes > 0).then(|| sum as f64 / writes as f64)
}

fn peer_messages_per_write(trial: &TrialResult) -> Option<f64> {
    per_write(trial, |branch| branch.batches_sent + branch.acks_sent)
}

fn peer_bytes_per_write(trial: &TrialResult) -> Option<f64> {
    per_write(trial, |branch| branch.peer_bytes)
}

/// The injection error of all messages; nothing where a killed process took a part of it with it.
fn late(trial: &TrialResult) -> Spread {
    whole_counts(trial).map_or_else(Spread::default, |_| trial.spreads.late())
}

/// Records of all branches by their syncs; `None` where nothing was synced, or the counts are not whole.
fn records_per_sync(trial: &TrialResult) -> Option<f64> {
    let branches = whole_counts(trial)?;
    let syncs: u64 = branches.iter().map(|branch| branch.log_syncs).sum();
    let records: u64 = branches.iter().map(|branch| branch.log_records).sum();
    (syncs > 0).then(|| records as f64 / syncs as f64)
}

fn recoveries(runs: &StrategyRuns) -> Option<Recoveries> {
    let all = runs.trials.iter().flat_map(|trial| &trial.observed.recoveries);
    let (mut took, mut replay_ms_max, mut records_max) = (Vec::new(), 0.0_f64, 0);
    for one in all {
        took.push(one.took_ms);
        replay_ms_max = replay_ms_max.max(one.replay_ms);
        records_max = records_max.max(one.records);
    }
    took.sort_by(f64::total_cmp);
    let (&took_ms_p50, &took_ms_max) = (took.get(took.len() / 2)?, took.last()?);
    Some(Recoveries { count: took.len(), took_ms_p50, took_ms_max, records_max, replay_ms_max })
}

fn parked_peak(trial: &TrialResult) -> u64 {
    trial.measures.seconds.iter().map(|second| second.parked_max).max().unwrap_or_default()
}

fn most(runs: &StrategyRuns, figure: impl Fn(&TrialResult) -> u64) -> u64 {
    runs.trials.iter().map(|trial| figure(trial)).max().unwrap_or_default()
}

fn sum(one: ReadCounts, other: ReadCounts) -> ReadCounts {
    let ReadCounts { total, ok, eligible, stale, opportunities, parked, timed_out, failed, unknown } = other;
    ReadCounts {
        total: one.total + total,
        ok: one.ok + ok,
        eligible: one.eligible + eligible,
        stale: one.stale + stale,
        opportunities: one.opportunities + opportunities,
        parked: one.parked + parked,
        timed_out: one.timed_out + timed_out,
        failed: one.failed + failed,
        unknown: one.unknown + unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::measure::testing::{near, trial};
    use crate::measure::trial_result::Spreads;
    use crate::model::BranchId;
    use crate::results::{Histograms, Method, Rate, RecoveryObserved, TimeBin, Verdict};

    /// Two repetitions, in the wrong order.
    fn trials() -> [TrialResult; 2] {
        let branch = BranchObserved {
            branch: BranchId(1),
            batches_sent: 30,
            acks_sent: 20,
            peer_bytes: 4_000,
            batches_retransmitted: 0,
            batches_relayed: 0,
            batches_duplicated: 0,
            overdrafts: 0,
            log_records: 0,
            log_syncs: 0,
            lost_by_the_machine: 0,
        };
        let trial_of = |repetition: usize| {
            let mut histograms = Histograms::default();
            let ms = 10 * (repetition as u64 + 1);
            (0..20).for_each(|_| histograms.record(Span::Latency, ms * 1_000_000));
            let mut trial = trial("none", repetition, &histograms);
            trial.measures.reads =
                ReadCounts { total: 10, ok: 8, eligible: 5, stale: 1, ..ReadCounts::default() };
            trial.measures.stale.rate = Rate::new(repetition as u64, 5);
            trial.measures.throughput_ops_s = 100.0 * (repetition as f64 + 1.0);
            trial.measures.totals.ended = 1_000;
            trial.measures.totals.ok_writes = 10;
            trial.measures.seconds =
                [3, 7, 2].map(|parked_max| TimeBin { parked_max, ..TimeBin::default() }).to_vec();
            trial.observed.cpu_s = 0.5 * (repetition as f64 + 1.0);
            trial.observed.branches = vec![branch, branch];
            trial.observed.others_cpu_share = (repetition == 1).then_some(0.25);
            trial
        };
        [trial_of(1), trial_of(0)]
    }

    fn point_of(trials: &[TrialResult]) -> PointSummary {
        let strategies = ["none".to_owned()];
        let points = [Map::new()];
        let all = StrategyRuns::all(&points, &strategies, trials);
        assert_eq!(all.len(), 1);
        point(&all[0], &all, &Evidence::default())
    }

    #[test]
    fn a_point_has_sums_medians_and_intervals_over_its_repetitions() {
        let point = point_of(&trials());
        assert_eq!(point.trials, ["none-0", "none-1"]);
        assert_eq!((point.reads.total, point.reads.stale), (20, 2));
        assert_eq!((point.stale_rate.hits, point.stale_rate.n), (1, 10));
        assert_eq!(point.stale_rate.repetitions, Some([0.0, 0.2]));
        near(point.latency_ms.p50, 15.0);
        near(point.latency_ms.max, 20.0);
        let throughput = point.throughput_ops_s;
        assert_eq!((throughput.low, throughput.value, throughput.high), (100.0, 150.0, 200.0));
        assert_eq!(throughput.method, Method::Range);
        assert_eq!((point.parked_peak, point.others_cpu_share_max), (7, Some(0.25)));
    }

    #[test]
    fn costs_are_divided_by_what_the_whole_trial_did() {
        let point = point_of(&trials());
        // Half a second and a whole one over 1,000 operations.
        let cpu = point.cpu_us_per_op.unwrap();
        assert_eq!((cpu.low, cpu.high), (500.0, 1_000.0));
        // Two branches, 50 messages and 4,000 bytes each, over ten writes.
        let [messages, bytes] =
            [point.peer_messages_per_write, point.peer_bytes_per_write].map(|figure| figure.unwrap().value);
        assert_eq!((messages, bytes), (10.0, 800.0));
    }

    #[test]
    fn without_an_operation_or_a_write_nothing_is_divided() {
        let mut trials = trials();
        trials[0].measures.totals.ended = 0;
        trials[1].measures.totals.ok_writes = 0;
        let point = point_of(&trials);
        let figures = [point.cpu_us_per_op, point.peer_messages_per_write, point.peer_bytes_per_write];
        assert_eq!(figures, [None; 3]);
    }

    #[test]
    fn counts_that_a_killed_process_took_with_it_are_absent_and_not_divided() {
        let mut trials = trials();
        let branch = BranchId(1);
        let killed = RecoveryObserved { branch, at_s: 1.0, took_ms: 9.0, records: 3, replay_ms: 1.0 };
        trials[0].observed.recoveries = vec![killed];
        trials.iter_mut().for_each(|trial| {
            trial.observed.branches.iter_mut().for_each(|branch| branch.log_syncs = 5);
            let mut histograms = Histograms::default();
            histograms.record(Span::InjectionErrorAck, 1_000);
            trial.spreads = Spreads::of(&histograms);
        });
        let point = point_of(&trials);
        let figures = [point.peer_messages_per_write, point.peer_bytes_per_write, point.records_per_sync];
        assert_eq!(figures, [None; 3]);
        assert_eq!(point.injection_error_ms.p50, None);
        assert!(point.cpu_us_per_op.is_some(), "the system counts the time of killed processes, too");
        trials[0].observed.recoveries.clear();
        let whole = point_of(&trials);
        assert!(whole.peer_messages_per_write.is_some() && whole.records_per_sync.is_some());
        assert_eq!(whole.injection_error_ms.n, 2);
    }

    #[test]
    fn an_open_loop_was_offered_the_median_and_a_closed_one_nothing() {
        let mut trials = trials();
        assert_eq!(point_of(&trials).offered_ops_s, None);
        trials
            .iter_mut()
            .zip([90.0, 110.0])
            .for_each(|(trial, rate)| trial.measures.offered_ops_s = Some(rate));
        assert_eq!(point_of(&trials).offered_ops_s, Some(100.0));
    }

    #[test]
    fn the_verdict_is_the_worst_and_lacking_evidence_is_never_valid() {
        let mut trials = trials();
        assert_eq!(point_of(&trials).verdict, Verdict::Valid);
        let lacking = Evidence::lacking_one();
        let points = [Map::new()];
        let strategies = ["none".to_owned()];
        assert_eq!(
            point(&StrategyRuns::all(&points, &strategies, &trials)[0], &[], &lacking).verdict,
            Verdict::Unknown
        );
        trials[0].judgement.verdict = Verdict::Violated;
        assert_eq!(
            point(&StrategyRuns::all(&points, &strategies, &trials)[0], &[], &lacking).verdict,
            Verdict::Violated
        );
    }
}
