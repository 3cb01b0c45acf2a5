//! How close calls come to the floor: what `cargo bench --bench floor -- --save` leaves behind.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Code, Interval, Machine, Spread};

/// The contents of `floor.json`: each case beside a bare call under the same load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: String,
    /// RFC 3339, in UTC.
    pub started: String,
    pub command_line: Vec<String>,
    pub code: Code,
    pub machine: Machine,
    /// Of all processors, what others used meanwhile, from 0 to 1; `null` where the system does not tell.
    pub others_cpu_share: Option<f64>,
    /// Of a bare call's messages, which are those of a satisfied query and its reply.
    pub request_bytes: u64,
    pub reply_bytes: u64,
    /// How often each lane had its turn.
    pub rounds: usize,
    pub lanes: Vec<FloorLane>,
    /// Throughput of satisfied queries by that of unguarded ones, in short slices by turns, where the machine is
    /// saturated.
    pub guarded_to_unguarded: Interval,
    /// The same of unguarded queries by others of their kind, in the same slices: the control.
    pub unguarded_to_itself: Interval,
    /// What criterion last said of the core alone; empty if it was not asked.
    pub core: Vec<CoreFigure>,
}

/// A step of the core, as criterion estimates it: the slope over its samples, or their mean, with the interval at 95 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreFigure {
    /// Of the benchmark.
    pub id: String,
    pub ns: f64,
    pub ns_low: f64,
    pub ns_high: f64,
}

/// A case under one load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloorLane {
    /// `echo` is the floor.
    pub case: String,
    pub load: FloorLoad,
    /// Of one round.
    pub operations: u64,
    pub throughput_ops_s: Interval,
    /// Of servers and load, replication included; in an open loop of the servers alone, since its generator spins.
    pub cpu_us_per_op: Interval,
    /// In a closed loop from sending, in an open one from the intended start.
    pub latency_ms: Spread,
    /// Round by round, by the floor's under the same load.
    pub throughput_ratio: Interval,
    pub cpu_per_op_ratio: Interval,
    pub latency_p50_ratio: Interval,
    /// For a chart: latencies by quantile.
    pub spectrum: Vec<SpectrumPoint>,
    /// Operations that were parked, of all.
    pub waited_share: f64,
    /// How late the generator was at most in one of a hundred starts, the worst round; `null` in a closed loop.
    pub lag_ms_p99: Option<f64>,
}

/// How operations come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum FloorLoad {
    /// So many workers, each of which makes one operation after another.
    Closed { in_flight: u64 },
    /// Poisson arrivals at this rate, whatever became of those before.
    Open { rate_ops_s: f64 },
}

/// One quantile of the latencies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpectrumPoint {
    /// From 0 to below 1.
    pub quantile: f64,
    /// The median of the rounds, and its interval.
    pub ms: f64,
    pub ms_low: f64,
    pub ms_high: f64,
}

impl fmt::Display for FloorLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FloorLoad::Closed { in_flight } => write!(f, "{in_flight} in flight"),
            FloorLoad::Open { rate_ops_s } => write!(f, "open loop, {rate_ops_s:.0}/s"),
        }
    }
}

impl Floor {
    /// The case that is the floor.
    pub const CASE: &str = "echo";
}
