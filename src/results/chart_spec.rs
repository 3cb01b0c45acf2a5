//! The charts that an experiment asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One chart.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartSpec {
    /// The kind of chart.
    pub kind: ChartKind,
    /// The swept key along the axis, for the kinds `stale_rate`, `load` and `cost`. Default: the first one.
    /// `stale_rate` and `cost` take the first that has numbers, and `load` the first one of the arrivals.
    pub x: Option<String>,
}

/// The kind of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// Latencies of reads by percentile under each strategy, of all and of eligible reads, and how much longer the same
    /// read takes than under the baseline.
    ReadLatency,
    /// Which share of reads waits longer than so long, on logarithmic axes.
    WaitCcdf,
    /// The share of eligible reads that are stale, against a swept key.
    StaleRate,
    /// How likely a read is fresh, against the time since the write.
    PFresh,
    /// Throughput and latency, against a swept key.
    Load,
    /// Rates and latencies over the time of a trial, with its faults.
    TimeLine,
    /// The injection error: actual minus drawn delay of messages, by leg.
    InjectionError,
    /// Messages and bytes per write and bytes of tokens, against a swept key.
    Cost,
    /// Simulated against live figures, where `run.substrate` is swept.
    Agreement,
}

impl ChartKind {
    /// Its name in experiment files and file names.
    pub fn name(self) -> &'static str {
        match self {
            ChartKind::ReadLatency => "read_latency",
            ChartKind::WaitCcdf => "wait_ccdf",
            ChartKind::StaleRate => "stale_rate",
            ChartKind::PFresh => "p_fresh",
            ChartKind::Load => "load",
            ChartKind::TimeLine => "time_line",
            ChartKind::InjectionError => "injection_error",
            ChartKind::Cost => "cost",
            ChartKind::Agreement => "agreement",
        }
    }

    /// Whether its horizontal axis is a swept key.
    pub fn has_swept_axis(self) -> bool {
        match self {
            ChartKind::StaleRate | ChartKind::Load | ChartKind::Cost => true,
            ChartKind::ReadLatency
            | ChartKind::WaitCcdf
            | ChartKind::PFresh
            | ChartKind::TimeLine
            | ChartKind::InjectionError
            | ChartKind::Agreement => false,
        }
    }
}
