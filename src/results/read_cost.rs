//! The cost of a strategy: how much longer its reads take than those of the baseline.

use serde::{Deserialize, Serialize};

use super::statistics::{Interval, Rate};

/// How much longer reads take under a strategy than under the baseline: positive where the strategy is slower.
///
/// Latency runs from the intended start to the end. Measured reads count, those of the warm-up do not. A read that
/// failed or timed out counts until then, and one that never ended at its age at the trial's end.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadCost {
    /// Over all measured reads, and arrivals of reads that still queued when the load was over, at their age.
    pub all: LatencyDifference,
    /// Over eligible reads: those of a session with an `ok` write at another branch that this branch has not shown it.
    pub eligible: LatencyDifference,
    /// Read by read; `null` where reads have no partners in the baseline's run.
    pub paired: Option<PairedDifference>,
}

/// The percentiles and the mean of the strategy's latencies less those of the baseline, in milliseconds. Of percentiles
/// these are differences within a repetition, over the paired repetitions; `null` where one of these lacks it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatencyDifference {
    /// Of the medians.
    pub p50_ms: Option<Interval>,
    /// At 99 %.
    pub p99_ms: Option<Interval>,
    /// At 99.9 %.
    pub p999_ms: Option<Interval>,
    /// Of the means over the reads of all repetitions; `null` where fewer than six blocks of time have reads.
    pub mean_ms: Option<Interval>,
}

/// The latency of a read less that of its partner: the same planned operation, under the baseline and in the same
/// repetition. Quantiles of these differences, in milliseconds, over the paired repetitions.
///
/// A read has a partner if both runs began it and measured it. A quantile q is `null` where a repetition has too few
/// differences beyond it, n min(q, 1 - q) < 10.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairedDifference {
    /// Pairs of all repetitions.
    pub n: u64,
    /// Measured reads of the strategy without a partner.
    pub unpaired: u64,
    /// The mean over all pairs; `null` where fewer than six blocks of time have some.
    pub mean_ms: Option<Interval>,
    /// 1 %.
    pub p1_ms: Option<Interval>,
    /// 10 %.
    pub p10_ms: Option<Interval>,
    /// The median.
    pub p50_ms: Option<Interval>,
    /// 90 %.
    pub p90_ms: Option<Interval>,
    /// 99 %.
    pub p99_ms: Option<Interval>,
    /// 99.9 %.
    pub p999_ms: Option<Interval>,
    /// The share of reads that are slower than their partner by more than a millisecond, from 0 to 1.
    pub slower_share: Rate,
    /// The quantile function, for a chart: rising by share; a share that a repetition cannot carry is absent.
    pub curve: Vec<DifferenceQuantile>,
}

/// A point of a quantile function.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DifferenceQuantile {
    /// The share of the differences that are not larger, from 0 to 1.
    pub share: f64,
    /// The difference, the median over the repetitions.
    pub ms: f64,
}
