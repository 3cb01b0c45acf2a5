//! The outcome of an experiment: the file that other programs read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Interval, Rate, Reads, Spread, Verdict};

/// `summary.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: String,
    pub experiment: String,
    pub question: String,
    pub seed: u64,
    /// `live` or `sim`.
    pub substrate: String,
    /// RFC 3339, in UTC.
    pub started: String,
    /// Of the whole run, by the rules of `readback`'s verdicts.
    pub verdict: Verdict,
    /// Why it, or one of its points, is not valid, for people.
    pub reasons: Vec<String>,
    /// Eligible reads of all trials whose strategy promises the guarantee, and how many of them were stale.
    pub guaranteed: Rate,
    pub points: Vec<Point>,
    /// Every strategy but the first against the first, point by point.
    pub comparisons: Vec<Comparison>,
    /// Of each strategy that met open loops of different loads; empty where load does not vary by a tenth.
    pub saturation: Vec<Saturation>,
    /// Live beside simulated figures, where an experiment ran on both substrates.
    #[serde(default)]
    pub agreements: Vec<Agreement>,
}

/// All repetitions of one strategy at one point of the sweep.
///
/// Percentiles are never pooled: each is the median of the repetitions' own percentile, `null` where a repetition has
/// too few samples for it. `max` is the largest of all, `n` their sum, and `mean` that of all samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The swept values, by key; empty if nothing was swept.
    pub point: Map<String, Value>,
    pub strategy: String,
    /// Ids.
    pub trials: Vec<String>,
    /// Sums over the repetitions.
    pub reads: Reads,
    pub stale_rate: Rate,
    /// Over eligible reads, zeros included.
    pub wait_ms: Spread,
    /// Over reads that waited.
    pub wait_parked_ms: Spread,
    pub excess_wait_ms: Spread,
    pub latency_ms: Spread,
    pub latency_reads_ms: Spread,
    pub latency_writes_ms: Spread,
    pub service_ms: Spread,
    /// How much later than drawn messages were delivered, all legs together.
    pub fidelity_ms: Spread,
    pub throughput_ops_s: Interval,
    /// Median of the repetitions; `null` in a closed loop.
    pub offered_ops_s: Option<f64>,
    /// Whether less than 95 % of it was achieved; `null` in a closed loop.
    pub is_saturated: Option<bool>,
    /// Processor time of all sides per operation, in microseconds.
    pub cpu_us_per_op: Interval,
    /// Messages between branches and their bytes per `ok` write.
    pub peer_messages_per_write: Interval,
    pub peer_bytes_per_write: Interval,
    pub token_bytes_max: u64,
    /// The most memory that the process of a trial had at once; `null` if the system does not tell.
    #[serde(default)]
    pub memory_bytes_max: Option<u64>,
    pub parked_peak: u64,
    /// Records that one sync of a log made durable, and what the bare device syncs in a second, one after another;
    /// `null` where logs are not on a real disk.
    #[serde(default)]
    pub records_per_sync: Option<Interval>,
    #[serde(default)]
    pub bare_syncs_per_s: Option<Interval>,
    /// Writes that ended `info`, summed over repetitions.
    #[serde(default)]
    pub unknown_writes: u64,
    /// How often branches that are processes came back; `null` if they never went.
    #[serde(default)]
    pub recoveries: Option<Recoveries>,
    /// The largest share of the machine's processors that others used in a trial.
    pub others_cpu_share_max: Option<f64>,
    /// Trials whose generator was late.
    pub late_generators: usize,
    /// Arrivals refused because a session's queue was full.
    pub refused: u64,
    /// What theory says, where it has something to say.
    pub expected: Option<ClosedForm>,
    pub verdict: Verdict,
}

/// Branches that came back, over all repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recoveries {
    pub count: usize,
    /// From the start of the process until the branch ran again.
    pub took_ms_p50: f64,
    pub took_ms_max: f64,
    /// Records that were read from a log and replayed, and what that took.
    pub records_max: u64,
    pub replay_ms_max: f64,
}

/// The closed form for two branches: exponential replication delay with rate a per ms, a read a think time t after the
/// acknowledgement, customer legs exponential with rate m per ms or instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedForm {
    pub a_per_ms: f64,
    /// `null`: instant.
    pub m_per_ms: Option<f64>,
    pub t_ms: f64,
    /// What the measured floor of the legs adds to t: reply, customer and request, less replication.
    pub floor_ms: f64,
    pub stale_rate: f64,
    pub wait_mean_ms: f64,
    /// Whether the measured rate's interval holds the expected one, and that of the mean wait the expected wait;
    /// `null` where nothing was measured. `measure` says which intervals.
    pub stale_rate_agrees: Option<bool>,
    pub wait_mean_agrees: Option<bool>,
    /// The measured mean wait over eligible reads, with the interval over repetitions; `null` where nothing waits.
    pub wait_mean_measured_ms: Option<Interval>,
    /// From and to: what the expected figure has to lie in to agree.
    pub stale_rate_interval: Option<[f64; 2]>,
    pub wait_mean_interval_ms: Option<[f64; 2]>,
}

/// A strategy against the baseline at the same point, repetition by repetition: ratios above 1 mean that the
/// strategy's figure is the larger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    pub point: Map<String, Value>,
    pub baseline: String,
    pub strategy: String,
    /// Paired repetitions whose baseline did something.
    pub pairs: usize,
    pub throughput_ratio: Interval,
    /// Of p50 and p99, from the intended start; `null` where a repetition has too few samples.
    pub latency_p50_ratio: Option<Interval>,
    pub latency_p99_ratio: Option<Interval>,
    pub cpu_per_op_ratio: Interval,
    /// Whether throughput was limited by the system on both sides, so that its ratio says something: a closed loop, or
    /// an open one that is saturated.
    pub is_saturated: bool,
}

/// From which load on a strategy falls behind. Loads of all points count, whatever else was swept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saturation {
    pub strategy: String,
    /// The least offered load at which it is saturated; `null` if it nowhere is.
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
    pub strategy: String,
    /// A key of [`Point`], or two of its words: `wait_p99_ms`.
    pub figure: String,
    pub live: f64,
    pub sim: f64,
    /// How far apart they may be.
    pub tolerance: f64,
    pub agrees: bool,
}
