//! The figures of one trial.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::histograms::Span;
use super::statistics::{HitBlock, Rate, Spread, SumBlock};
use crate::model::BranchId;

/// The figures of one trial, from the end of the warm-up to the end of the load. Operations belong to it by their
/// intended start. The histograms of a trial are apart: [`Span`](super::Span).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// The id of the trial.
    pub trial: String,
    /// The measured time.
    pub measured_s: f64,
    /// Counts of measured reads.
    pub reads: ReadCounts,
    /// Counts of measured writes.
    pub writes: WriteCounts,
    /// Counts of the whole trial, not of the measured time alone.
    pub totals: OperationTotals,
    /// Percentiles of each span that has a value, but for the injection errors.
    pub spreads: BTreeMap<Span, Spread>,
    /// Operations that ended `ok` while measured, whenever they began, per second. In a closed loop that ran out of
    /// planned operations, only the time in which every session still had some counts.
    pub throughput_ops_s: f64,
    /// That time, if the loop ran out; else absent: `measured_s`.
    pub throughput_over_s: Option<f64>,
    /// Arrivals that were intended while measured, per second; `null` in a closed loop.
    pub offered_ops_s: Option<f64>,
    /// Stale reads, and how stale they are.
    pub stale: Staleness,
    /// Latencies of reads by intended start, in parts of equal length; the sums of the histogram `read_latency`.
    pub read_latency_blocks: Vec<SumBlock>,
    /// The same of eligible reads.
    pub eligible_read_latency_blocks: Vec<SumBlock>,
    /// The effect of waiting.
    pub shadow: ShadowReads,
    /// Whether the generator kept up.
    pub generator: GeneratorHealth,
    /// P(fresh) against the time since the write.
    pub fresh: Vec<FreshBin>,
    /// The parts of reads' waits; those of each wait add up to it.
    pub wait_parts: WaitParts,
    /// By link: from visible at the origin to visible at the peer.
    pub propagation: Vec<LinkLag>,
    /// From the trial's base, warm-up and drain included, so that the first has the number 0.
    pub seconds: Vec<TimeBin>,
    /// Fault windows as they happened.
    pub faults: Vec<FaultPeriod>,
    /// Reads inside the windows of each fault, and outside all windows; empty without a fault.
    pub by_fault: Vec<FaultFigures>,
    /// Mean number of operations in flight.
    pub in_flight_mean: f64,
    /// The same by Little's law, rate times mean service time; equal if nothing is miscounted.
    pub in_flight_by_little: f64,
}

/// Reads that were measured. Every count is a part of `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadCounts {
    /// Invoked.
    pub total: u64,
    /// Answered.
    pub ok: u64,
    /// The session has an `ok` write accepted at another branch that no earlier reply of this branch has shown it.
    pub eligible: u64,
    /// Eligible, `ok`, and the answer misses an own `ok` write (of any account, by its witness).
    pub stale: u64,
    /// Eligible, and the branch was provably behind the session's writes when the request arrived.
    pub opportunities: u64,
    /// Held by the branch for some time.
    pub parked: u64,
    /// Ended because the wait reached its bound. Their waits are censored: the true ones are longer.
    pub timed_out: u64,
    /// Ended `fail` for any other reason.
    pub failed: u64,
    /// Without a completion when the history ended, or `info`.
    pub unknown: u64,
}

/// Writes that were measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteCounts {
    /// Invoked.
    pub total: u64,
    /// Acknowledged.
    pub ok: u64,
    /// Refused for good: insufficient funds, overflow.
    pub refused: u64,
    /// Held by the branch for some time.
    pub parked: u64,
    /// Ended `fail` for any other reason.
    pub failed: u64,
    /// Without a completion when the history ended, or `info`.
    pub unknown: u64,
}

/// Operations of the whole trial, warm-up and drain included. The substrate's figures cover the whole trial too, and
/// are divided by these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationTotals {
    /// Completed, however they ended.
    pub ended: u64,
    /// Writes that ended `ok`.
    pub ok_writes: u64,
    /// Writes that ended `info`: whether they happened is unknown.
    pub unknown_writes: u64,
}

/// Stale reads, and how stale they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staleness {
    /// Stale reads of eligible ones that ended `ok`.
    pub rate: Rate,
    /// The same by time: parts of equal length of the measured time, by a read's intended start.
    pub blocks: Vec<HitBlock>,
    /// The most own writes that a stale read misses.
    pub versions_max: u64,
    /// The mean over stale reads; `null` without any.
    pub versions_mean: Option<f64>,
    /// From the acknowledgement of the oldest missing write to the read's arrival.
    pub age_ms: Spread,
}

/// The answers that parked reads would have had on arrival, without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShadowReads {
    /// Parked reads whose balance on arrival missed an own write of the account: stale answers that waiting prevented.
    pub prevented: u64,
    /// Parked reads whose account was fresh: they waited for writes of other accounts.
    pub false_waits: u64,
    /// Parked reads whose arrival is not known, because no reply of theirs came.
    pub undecided: u64,
}

/// The health of the load generator.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorHealth {
    /// The generator's lag exceeds 10 % of the median latency at p99, so latencies are in part its own. Here a
    /// percentile is taken of however few samples.
    pub is_late: bool,
    /// Arrivals that were never begun because their session's queue was full.
    pub refused: u64,
    /// Arrivals that were never begun because they still queued when the load ended. Their age then is in the
    /// latencies.
    pub never_began: u64,
}

/// P(fresh) in one bin of the time since the session's latest write elsewhere. Reads count whether they waited or not,
/// and whether or not the branch has shown them the write before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreshBin {
    /// Lower bound of the bin, included: from the write's acknowledgement to the read's invocation.
    pub from_ms: f64,
    /// Upper bound of the bin, excluded.
    pub until_ms: f64,
    /// Mean of the times in the bin.
    pub mean_ms: f64,
    /// Reads of the bin that were up to date with the session's writes on arrival, and all of them.
    pub rate: Rate,
}

/// The parts of a wait: means over reads that waited and whose missing writes are known.
///
/// The parts follow the missing write that was applied last. In time, recovery comes before transport, and the others
/// in the order of the fields. Time before the read's arrival is no part of its wait.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitParts {
    /// From the read's arrival until the missing write's first copy left its origin.
    pub queue_ms: f64,
    /// The drawn delay of the copy that arrived first.
    pub transport_ms: f64,
    /// Loss and retransmission: until that copy left, after the first one.
    pub recovery_ms: f64,
    /// Held for a predecessor at its origin.
    pub predecessor_ms: f64,
    /// From there until it was applied.
    pub apply_ms: f64,
    /// From the last missing write's apply to the answer.
    pub wake_ms: f64,
    /// Number of waits.
    pub n: u64,
}

/// The delay of writes over one link.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkLag {
    /// The origin.
    #[serde(with = "super::measures::id")]
    pub from: BranchId,
    /// The peer.
    #[serde(with = "super::measures::id")]
    pub to: BranchId,
    /// From visible at the origin to visible at the peer.
    pub lag_ms: Spread,
}

/// One bin of a trial's time: a second, or less in a short trial.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeBin {
    /// Its beginning, from the base.
    pub from_s: f64,
    /// Its length.
    pub width_s: f64,
    /// Operations that ended `ok`.
    pub ok: u64,
    /// Operations that ended otherwise.
    pub not_ok: u64,
    /// Reads that ended `ok` and stale.
    pub stale: u64,
    /// The most requests that were parked at once.
    pub parked_max: u64,
    /// Median latency of operations that ended here, from their intended start; `null` if they are too few.
    pub latency_p50_ms: Option<f64>,
    /// Their p99; `null` if they are too few.
    pub latency_p99_ms: Option<f64>,
    /// Their largest latency; `null` if none ended.
    pub latency_max_ms: Option<f64>,
}

/// A fault window as it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPeriod {
    /// Its number in the fault plan, from 0.
    pub fault: u32,
    /// The kind of the fault, such as `partition`.
    pub kind: String,
    /// The fault as a chart names it.
    pub text: String,
    /// Its beginning, from the base.
    pub from_s: f64,
    /// Its end, from the base.
    pub until_s: f64,
}

/// Measured reads that were meant to start inside the windows of one fault, or outside all windows. Windows of faults
/// with the same kind and text count together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultFigures {
    /// The kind of the fault; `null` outside all windows.
    pub kind: Option<String>,
    /// The fault as a chart names it.
    pub text: String,
    /// Number of its windows in the measured time.
    pub windows: u64,
    /// Their measured time together.
    pub measured_s: f64,
    /// The latency of reads.
    pub read_latency_ms: Spread,
    /// The wait of eligible reads, zeros included.
    pub wait_ms: Spread,
    /// Stale reads of eligible ones that ended `ok`.
    pub stale_rate: Rate,
}

/// A branch as its number.
pub(super) mod id {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::model::BranchId;

    pub fn serialize<S: Serializer>(branch: &BranchId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(branch.0)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BranchId, D::Error> {
        u32::deserialize(deserializer).map(BranchId)
    }
}
