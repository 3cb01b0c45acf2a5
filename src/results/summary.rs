//! The outcome of an experiment: the file that other programs read.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::expectation::ExpectationOutcome;
use super::fitness::Fitness;
use super::judgement::Verdict;
use super::measures::{FaultFigures, ReadCounts};
use super::read_cost::ReadCost;
use super::statistics::{Interval, Rate, Spread};

/// The contents of `summary.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: String,
    /// The name of the experiment's file, without folder and ending.
    pub experiment: String,
    /// The question that it answers.
    pub question: String,
    /// The seed of everything random.
    #[serde(with = "crate::model::wide_integer")]
    pub seed: u64,
    /// `live`, `sim` or `live and sim`.
    pub substrate: String,
    /// RFC 3339, in UTC.
    pub started: String,
    /// The verdict on the whole run.
    pub verdict: Verdict,
    /// Why it, or one of its points, is not valid: sentences.
    pub reasons: Vec<String>,
    /// Whether its figures can be believed.
    pub fitness: Fitness,
    /// The expectations of the experiment's file, and whether they hold.
    pub expectations: Vec<ExpectationOutcome>,
    /// Eligible reads of all trials whose strategy promises the guarantee, and how many of them were stale.
    pub guaranteed: Rate,
    /// Every strategy at every combination of swept values.
    pub points: Vec<PointSummary>,
    /// Every strategy but the first against the first, point by point.
    pub comparisons: Vec<Comparison>,
    /// One for each strategy that met open loops of different loads; empty where load does not vary by a tenth.
    pub saturation: Vec<Saturation>,
    /// Live beside simulated figures, where an experiment ran on both substrates.
    pub agreements: Vec<Agreement>,
}

/// All repetitions of one strategy at one point of the sweep.
///
/// Percentiles are never pooled: each is the median of the repetitions' own percentile, `null` where a repetition has
/// too few samples for it. `max` is the largest of all, `n` their sum, and `mean` that of all samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointSummary {
    /// The swept values, by key; empty if nothing was swept.
    pub point: Map<String, Value>,
    /// Its name in experiment files.
    pub strategy: String,
    /// Ids of the trials, by repetition.
    pub trials: Vec<String>,
    /// Counts of reads, summed over the repetitions.
    pub reads: ReadCounts,
    /// Stale reads by eligible ones that ended `ok`.
    pub stale_rate: Rate,
    /// The wait of eligible reads, zeros included.
    pub wait_ms: Spread,
    /// The wait of reads that waited.
    pub wait_parked_ms: Spread,
    /// The wait beyond the injected network delay.
    pub excess_wait_ms: Spread,
    /// From an operation's intended start to its end.
    pub latency_ms: Spread,
    /// The latency of reads.
    pub read_latency_ms: Spread,
    /// The latency of eligible reads.
    pub eligible_read_latency_ms: Spread,
    /// The latency of writes.
    pub write_latency_ms: Spread,
    /// From an operation's invocation to its end.
    pub service_ms: Spread,
    /// The injection error of messages, all legs together; without figures where a killed process took its own along.
    pub injection_error_ms: Spread,
    /// Operations that ended `ok`, per second.
    pub throughput_ops_s: Interval,
    /// Arrivals per second, median of the repetitions; `null` in a closed loop.
    pub offered_ops_s: Option<f64>,
    /// Whether less than 95 % of it was achieved; `null` in a closed loop.
    pub is_saturated: Option<bool>,
    /// Processor time of all sides per operation, in microseconds; `null` where a trial has no operation that ended.
    pub cpu_us_per_op: Option<Interval>,
    /// Messages between branches per `ok` write; `null` where a trial has no `ok` write, or a killed process took its
    /// counts with it.
    pub peer_messages_per_write: Option<Interval>,
    /// Bytes of these messages per `ok` write; `null` in the same cases.
    pub peer_bytes_per_write: Option<Interval>,
    /// Bytes of the largest token that a session carried.
    pub token_bytes_max: u64,
    /// The most memory that the process of a trial had at once; `null` if the system does not report it.
    pub memory_bytes_max: Option<u64>,
    /// The most requests that were parked at once.
    pub parked_peak: u64,
    /// Records that one sync of a log made durable; `null` where logs are not on a real disk.
    pub records_per_sync: Option<Interval>,
    /// Syncs of the bare device per second, one after another; `null` where logs are not on a real disk.
    pub bare_syncs_per_s: Option<Interval>,
    /// Writes that ended `info`, summed over repetitions.
    pub unknown_writes: u64,
    /// Recoveries of branches that are processes; `null` if there were none.
    pub recoveries: Option<Recoveries>,
    /// Reads inside the windows of each fault, and outside all windows; empty without a fault.
    pub by_fault: Vec<FaultFigures>,
    /// The largest share of the host's processors that other programs used in a trial.
    pub others_cpu_share_max: Option<f64>,
    /// Trials whose generator was late.
    pub late_generators: usize,
    /// Arrivals refused because a session's queue was full.
    pub refused: u64,
    /// Arrivals that still queued when the load ended; their age then is in `latency_ms`.
    pub never_began: u64,
    /// The closed form, where it applies.
    pub expected: Option<ClosedForm>,
    /// The worst verdict of its trials; `unknown` without evidence.
    pub verdict: Verdict,
    /// Whether its figures can be believed.
    pub fitness: Fitness,
}

/// Branches that came back, over all repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recoveries {
    /// Processes that were started again.
    pub count: usize,
    /// From the start of the process until the branch ran again, the median.
    pub took_ms_p50: f64,
    /// The longest.
    pub took_ms_max: f64,
    /// The most records that were read from a log and replayed.
    pub records_max: u64,
    /// The longest replay.
    pub replay_ms_max: f64,
}

/// The closed form for two branches. Replication delay is exponential with rate a per ms, a read comes a think time t
/// after the acknowledgement, and customer legs are exponential with rate m per ms or instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedForm {
    /// Rate a of the replication delay.
    pub a_per_ms: f64,
    /// Rate m of the customer legs; `null`: instant.
    pub m_per_ms: Option<f64>,
    /// Think time t.
    pub t_ms: f64,
    /// The measured addition of the legs to t: reply, customer and request, less replication.
    pub floor_ms: f64,
    /// The expected share of reads that are stale on arrival, from 0 to 1.
    pub stale_rate: f64,
    /// The expected mean wait over all reads.
    pub wait_mean_ms: f64,
    /// Whether `stale_rate_interval` holds the expected rate; `null` where nothing was measured.
    pub stale_rate_agrees: Option<bool>,
    /// Whether `wait_mean_interval_ms` holds the expected wait; `null` where nothing was measured.
    pub wait_mean_agrees: Option<bool>,
    /// The measured mean wait over eligible reads, with the interval over repetitions; `null` where nothing waits.
    pub wait_mean_measured_ms: Option<Interval>,
    /// From and to: the measured interval of the stale rate, as `measure` defines it.
    pub stale_rate_interval: Option<[f64; 2]>,
    /// From and to: the measured interval of the mean wait.
    pub wait_mean_interval_ms: Option<[f64; 2]>,
}

/// The load of a trial, which decides what a ratio of throughputs means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadKind {
    /// Arrivals have their times. Only where the system is saturated a ratio of throughputs is a cost.
    Open,
    /// Each customer thinks between two operations, so a wait costs a part of its time.
    ClosedWithThinkTime,
    /// Each customer asks again at once, so every wait is lost throughput: the worst case.
    ClosedWithoutThinkTime,
}

impl fmt::Display for LoadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LoadKind::Open => "open loop",
            LoadKind::ClosedWithThinkTime => "closed loop with think time",
            LoadKind::ClosedWithoutThinkTime => "closed loop without think time (the worst case)",
        })
    }
}

/// A strategy against the baseline at the same point, repetition by repetition: ratios above 1 mean that the
/// strategy's figure is the larger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The swept values, by key.
    pub point: Map<String, Value>,
    /// The first strategy.
    pub baseline: String,
    /// The strategy whose figures are divided by the baseline's.
    pub strategy: String,
    /// Paired repetitions whose baseline did something.
    pub pairs: usize,
    /// The load that both met.
    pub load: LoadKind,
    /// Ratio of throughputs; `null` where a loop ran out of planned operations.
    pub throughput_ratio: Option<Interval>,
    /// Ratio of median latencies, from the intended start; `null` where a repetition has too few samples.
    pub latency_p50_ratio: Option<Interval>,
    /// The same of p99.
    pub latency_p99_ratio: Option<Interval>,
    /// The strategy's read latencies less the baseline's.
    pub read_cost: ReadCost,
    /// Ratio of processor times per operation; `null` where one is unknown.
    pub cpu_per_op_ratio: Option<Interval>,
    /// Whether throughput was limited by the system on both sides, so that its ratio says something: a closed loop, or
    /// an open one that is saturated.
    pub is_saturated: bool,
}

/// The load from which on a strategy falls behind. Loads of all points count, whatever else was swept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saturation {
    /// Which strategy.
    pub strategy: String,
    /// The least offered load at which it is saturated; `null` if there is none.
    pub from_offered_ops_s: Option<f64>,
    /// The most that it achieved in an open loop.
    pub throughput_max_ops_s: f64,
}

/// One figure of one strategy at one point, on both substrates: medians over repetitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The swept values but the substrate.
    pub point: Map<String, Value>,
    /// Which strategy.
    pub strategy: String,
    /// A key of [`PointSummary`], or two of its words: `wait_p99_ms`.
    pub figure: String,
    /// In real time.
    pub live: f64,
    /// In virtual time.
    pub sim: f64,
    /// The largest accepted difference.
    pub tolerance: f64,
    /// Whether the difference is within it.
    pub agrees: bool,
}
