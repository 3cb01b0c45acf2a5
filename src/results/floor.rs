//! The results of `cargo bench --bench floor -- --save`: the bank's calls beside a bare call, the floor.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::host::Host;
use super::statistics::{Interval, Spread};

/// The contents of `floor.json`: each case beside a bare call under the same load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: String,
    /// RFC 3339, in UTC.
    pub started: String,
    /// As it was typed, the program's name first.
    pub command_line: Vec<String>,
    /// The program that ran.
    pub code: Code,
    /// The host that it ran on.
    pub machine: Host,
    /// Share of all processors that other programs used meanwhile, from 0 to 1; `null` if the system does not report
    /// it.
    pub others_cpu_share: Option<f64>,
    /// Bytes of a bare call's request, which is as long as a satisfied query.
    pub request_bytes: u64,
    /// Bytes of its reply, which is as long as the answer to that query.
    pub reply_bytes: u64,
    /// How many turns each lane had.
    pub rounds: usize,
    /// Every case under every load.
    pub lanes: Vec<FloorLane>,
    /// Throughput of satisfied queries by that of unguarded ones, in short slices by turns, where the machine is
    /// saturated.
    pub guarded_to_unguarded: Interval,
    /// The same ratio of unguarded queries to unguarded queries, in the same slices: the control.
    pub unguarded_to_itself: Interval,
    /// The last estimates of criterion for the core alone; empty if there are none.
    pub core: Vec<CoreFigure>,
}

/// A step of the core, as criterion estimates it: the slope over its samples, or their mean, with the interval at 95 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreFigure {
    /// The id of the benchmark.
    pub id: String,
    /// Nanoseconds of one step.
    pub ns: f64,
    /// Lower end of the interval.
    pub ns_low: f64,
    /// Upper end of the interval.
    pub ns_high: f64,
}

/// A case under one load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloorLane {
    /// `echo` is the floor.
    pub case: String,
    /// The load of its turns.
    pub load: FloorLoad,
    /// Operations of one round.
    pub operations: u64,
    /// Operations per second.
    pub throughput_ops_s: Interval,
    /// Processor time of servers and load, replication included; in an open loop of the servers alone, since its
    /// generator spins.
    pub cpu_us_per_op: Interval,
    /// Latency from sending in a closed loop, from the intended start in an open one.
    pub latency_ms: Spread,
    /// Throughput by the floor's of the same round and load.
    pub throughput_ratio: Interval,
    /// Processor time per operation, in the same way.
    pub cpu_per_op_ratio: Interval,
    /// Median latency, in the same way.
    pub latency_p50_ratio: Interval,
    /// For a chart: latencies by quantile.
    pub spectrum: Vec<SpectrumPoint>,
    /// Share of operations that were parked, from 0 to 1.
    pub waited_share: f64,
    /// The generator's lag at p99 in its worst round; `null` in a closed loop.
    pub lag_ms_p99: Option<f64>,
}

/// The load of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum FloorLoad {
    /// Workers, each of which makes one operation after another.
    Closed {
        /// How many workers.
        in_flight: u64,
    },
    /// Poisson arrivals, however many operations are in flight.
    Open {
        /// Arrivals per second.
        rate_ops_s: f64,
    },
}

/// One quantile of the latencies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpectrumPoint {
    /// From 0 to below 1.
    pub quantile: f64,
    /// The median of the rounds.
    pub ms: f64,
    /// Lower end of its interval.
    pub ms_low: f64,
    /// Upper end of its interval.
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
    /// The name of the case that is the floor.
    pub const CASE: &str = "echo";
}
