//! A small experiment by hand, for tests.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::input::{ChartInput, ChartTrial, TheoryCurve};
use crate::results::{
    ChartKind, FaultPeriod, Fitness, FreshBin, GeneratorHealth, Histograms, Interval, Measures, Method,
    OperationTotals, PointSummary, Rate, ReadCounts, SCHEMA, ShadowReads, Span, Spread, Staleness, Summary,
    TimeBin, Verdict, WaitParts, WriteCounts,
};

pub(super) const KEY: &str = "network.between_branches.delay.exponential.mean_ms";

/// All kinds of charts.
pub(super) const KINDS: [ChartKind; 9] = [
    ChartKind::ReadLatency,
    ChartKind::WaitCcdf,
    ChartKind::StaleRate,
    ChartKind::PFresh,
    ChartKind::Load,
    ChartKind::TimeLine,
    ChartKind::InjectionError,
    ChartKind::Cost,
    ChartKind::Agreement,
];

/// Results that charts are drawn from.
#[derive(Debug, Clone)]
pub(super) struct Experiment {
    pub summary: Summary,
    pub trials: Vec<ChartTrial>,
    pub curves: Vec<TheoryCurve>,
}

impl Experiment {
    /// Every strategy at every point, two repetitions each.
    pub fn new(points: &[Map<String, Value>], strategies: &[&str]) -> Experiment {
        let mut trials = Vec::new();
        let mut summaries = Vec::new();
        for point in points {
            for strategy in strategies {
                let own: Vec<ChartTrial> =
                    (0..2).map(|repetition| trial(point, strategy, repetition)).collect();
                summaries.push(summary_of(point, strategy, &own));
                trials.extend(own);
            }
        }
        Experiment { summary: summary(summaries), trials, curves: Vec::new() }
    }

    /// `none` and `wait`, at 10 and at 20 ms.
    pub fn small() -> Experiment {
        Experiment::new(&[mean(10), mean(20)], &["none", "wait"])
    }

    pub fn input(&self) -> ChartInput<'_> {
        ChartInput { summary: &self.summary, trials: &self.trials, curves: &self.curves }
    }
}

pub(super) fn mean(ms: u64) -> Map<String, Value> {
    object(json!({ KEY: ms }))
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

fn summary(points: Vec<PointSummary>) -> Summary {
    Summary {
        schema: SCHEMA.to_owned(),
        experiment: "cost-of-delay".to_owned(),
        question: "What does it cost?".to_owned(),
        seed: 7,
        substrate: "sim".to_owned(),
        started: "2026-01-01T00:00:00Z".to_owned(),
        verdict: Verdict::Valid,
        reasons: Vec::new(),
        fitness: Fitness::of(Vec::new()),
        expectations: Vec::new(),
        guaranteed: Rate::new(0, 1),
        points,
        comparisons: Vec::new(),
        saturation: Vec::new(),
        agreements: Vec::new(),
    }
}

fn summary_of(point: &Map<String, Value>, strategy: &str, trials: &[ChartTrial]) -> PointSummary {
    let stale: Vec<(u64, u64)> = trials.iter().map(|trial| rate_of(&trial.measures)).collect();
    PointSummary {
        point: point.clone(),
        strategy: strategy.to_owned(),
        trials: trials.iter().map(|trial| trial.id.clone()).collect(),
        reads: ReadCounts::default(),
        stale_rate: Rate::over(&stale),
        wait_ms: Spread::default(),
        wait_parked_ms: Spread::default(),
        excess_wait_ms: Spread::default(),
        latency_ms: Spread { p50: Some(2.0), p99: Some(8.0), n: 40, ..Spread::default() },
        read_latency_ms: Spread::default(),
        eligible_read_latency_ms: Spread::default(),
        write_latency_ms: Spread::default(),
        service_ms: Spread { p99: Some(4.0), n: 40, ..Spread::default() },
        injection_error_ms: Spread::default(),
        throughput_ops_s: interval(99.0),
        offered_ops_s: Some(100.0),
        is_saturated: Some(false),
        cpu_us_per_op: Some(interval(10.0)),
        peer_messages_per_write: Some(interval(2.0)),
        peer_bytes_per_write: Some(interval(80.0)),
        memory_bytes_max: Some(50_000_000),
        token_bytes_max: 20,
        parked_peak: 3,
        unknown_writes: 0,
        recoveries: None,
        records_per_sync: None,
        bare_syncs_per_s: None,
        by_fault: Vec::new(),
        others_cpu_share_max: None,
        late_generators: 0,
        refused: 0,
        never_began: 0,
        expected: None,
        fitness: Fitness::of(Vec::new()),
        verdict: Verdict::Valid,
    }
}

fn rate_of(measures: &Measures) -> (u64, u64) {
    (measures.stale.rate.hits, measures.stale.rate.n)
}

pub(super) fn interval(value: f64) -> Interval {
    Interval { value, low: value - 1.0, high: value + 1.0, method: Method::Range, level: None, n: 2 }
}

/// A trial with ten eligible reads: `none` answers five of them stale; `wait` lets these five wait up to 16 ms.
fn trial(point: &Map<String, Value>, strategy: &str, repetition: usize) -> ChartTrial {
    let is_waiting = strategy != "none";
    let mut histograms = Histograms::default();
    for wait_ms in [0, 0, 0, 0, 0, 1, 2, 4, 8, 16] {
        histograms.record(Span::Wait, if is_waiting { wait_ms * 1_000_000 } else { 0 });
    }
    for latency_ms in 1..=20 {
        let waited_ms = if is_waiting { latency_ms } else { 0 };
        histograms.record(Span::ReadLatency, (latency_ms + waited_ms) * 1_000_000);
        histograms.record(Span::EligibleReadLatency, (latency_ms + 2 * waited_ms) * 1_000_000);
    }
    for late_us in [10, 20, 400] {
        histograms.record(Span::InjectionErrorRequest, late_us * 1_000);
    }
    ChartTrial {
        id: format!("{strategy}-{repetition}"),
        point: point.clone(),
        strategy: strategy.to_owned(),
        repetition,
        warm_up_ends_s: Some(0.5),
        load_ends_s: Some(3.0),
        measures: measures(if is_waiting { 0 } else { 5 }),
        histograms,
    }
}

fn measures(stale: u64) -> Measures {
    let fresh = |from_ms, until_ms, mean_ms, hits: u64| FreshBin {
        from_ms,
        until_ms,
        mean_ms,
        rate: Rate::new(2 * hits, 8),
    };
    Measures {
        trial: String::new(),
        measured_s: 2.5,
        reads: ReadCounts::default(),
        writes: WriteCounts::default(),
        totals: OperationTotals::default(),
        spreads: BTreeMap::new(),
        throughput_ops_s: 99.0,
        throughput_over_s: None,
        offered_ops_s: Some(100.0),
        stale: Staleness {
            rate: Rate::new(stale, 10),
            blocks: Vec::new(),
            versions_max: 1,
            versions_mean: None,
            age_ms: Spread::default(),
        },
        read_latency_blocks: Vec::new(),
        eligible_read_latency_blocks: Vec::new(),
        shadow: ShadowReads::default(),
        generator: GeneratorHealth { is_late: false, refused: 0, never_began: 0 },
        fresh: vec![fresh(0.0, 1.0, 0.5, 1), fresh(1.0, 10.0, 4.0, 3)],
        wait_parts: WaitParts::default(),
        propagation: Vec::new(),
        seconds: (0..4).map(second).collect(),
        faults: vec![FaultPeriod {
            fault: 0,
            kind: "partition".to_owned(),
            text: "partition 1 | 2, 3".to_owned(),
            from_s: 1.0,
            until_s: 2.0,
        }],
        by_fault: Vec::new(),
        in_flight_mean: 1.0,
        in_flight_by_little: 1.0,
    }
}

fn second(index: u32) -> TimeBin {
    TimeBin {
        from_s: f64::from(index),
        width_s: 1.0,
        ok: 100,
        not_ok: u64::from(index == 1),
        stale: u64::from(index),
        parked_max: 2,
        latency_p50_ms: (index < 3).then_some(1.5),
        latency_p99_ms: None,
        latency_max_ms: Some(9.0),
    }
}
