//! The figures of one trial.

use serde::{Deserialize, Serialize};

use super::{Rate, Spread};
use crate::model::BranchId;

/// What was measured in one trial, from the end of the warm-up to the end of the load. Operations belong to it by
/// their intended start. Spans that have a histogram of their own ([`Span`](super::Span)) are told by that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// How long was measured.
    pub measured_s: f64,
    pub reads: Reads,
    pub writes: Writes,
    /// Of the whole trial, not of the measured time alone.
    pub totals: Totals,
    /// Operations that ended `ok` while measured, whenever they began, per second.
    pub throughput_ops_s: f64,
    /// Arrivals that were intended while measured, per second; `null` in a closed loop.
    pub offered_ops_s: Option<f64>,
    pub stale: Stale,
    pub shadow: Shadow,
    pub generator: Generator,
    /// P(fresh) against the time since the write.
    pub fresh: Vec<Fresh>,
    /// Reads' waits taken apart; the parts of each wait add up to it.
    pub wait_parts: Parts,
    /// By link: from visible at the origin to visible at the peer.
    pub propagation: Vec<Path>,
    /// From the trial's base, warm-up and drain included, so that the first has the number 0.
    pub seconds: Vec<Second>,
    /// Faults as they happened.
    pub faults: Vec<Window>,
    /// Mean number of operations in flight, and by Little's law rate times mean service time; equal if nothing is
    /// miscounted.
    pub in_flight_mean: f64,
    pub in_flight_by_little: f64,
}

/// Reads that were measured. Every count is a part of `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reads {
    /// Invoked.
    pub total: u64,
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
pub struct Writes {
    pub total: u64,
    pub ok: u64,
    /// Refused for good: insufficient funds, overflow.
    pub refused: u64,
    pub parked: u64,
    /// Ended `fail` for any other reason.
    pub failed: u64,
    /// Without a completion when the history ended, or `info`.
    pub unknown: u64,
}

/// Operations of the whole trial, warm-up and drain included: what the substrate's figures, which are of the whole
/// trial too, are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Completed, however they ended.
    pub ended: u64,
    /// Writes that ended `ok`.
    pub ok_writes: u64,
    /// Writes that ended `info`: whether they happened nobody was told.
    #[serde(default)]
    pub unknown_writes: u64,
}

/// How stale the stale reads are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// Stale reads of eligible ones that ended `ok`.
    pub rate: Rate,
    /// How many own writes are missing: the largest, and the mean over stale reads.
    pub versions_max: u64,
    pub versions_mean: Option<f64>,
    /// From the acknowledgement of the oldest missing write to the read's arrival.
    pub age_ms: Spread,
}

/// What the same reads would have been answered on arrival, without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shadow {
    /// Parked reads whose balance on arrival missed an own write of the account: stale answers that waiting prevented.
    pub prevented: u64,
    /// Parked reads whose account was fresh: they waited for writes of other accounts.
    pub false_waits: u64,
    /// Parked reads whose arrival is not known, because no reply of theirs came.
    pub undecided: u64,
}

/// How well the generator of load kept up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// The generator's lag exceeds 10 % of the median latency at p99, so latencies are in part its own. Here a
    /// percentile is taken of however few samples.
    pub is_late: bool,
    /// Arrivals that were never begun because their session's queue was full.
    pub refused: u64,
}

/// P(fresh) in one bin of the time since the session's latest write elsewhere. Reads count whether they waited or not,
/// and whether or not the branch has shown them the write before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    /// From the write's acknowledgement to the read's invocation: bounds of the bin, the lower one included.
    pub from_ms: f64,
    pub until_ms: f64,
    /// Mean of the times in the bin.
    pub mean_ms: f64,
    /// Reads of the bin that were up to date with the session's writes on arrival, and all of them.
    pub rate: Rate,
}

/// A wait taken apart, over reads that waited and whose missing writes are known. Means, and what they rest on.
///
/// The write that is followed is the missing one that was applied last. In time, recovery comes before transport, and
/// the others as they stand; what was over when the read arrived is no part of its wait.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
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
    pub n: u64,
}

/// How long writes take over one link.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    #[serde(with = "super::measures::id")]
    pub from: BranchId,
    #[serde(with = "super::measures::id")]
    pub to: BranchId,
    pub lag_ms: Spread,
}

/// One second of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Second {
    /// From the base; the bin lasts `width_s` from here.
    pub from_s: f64,
    pub width_s: f64,
    /// Operations that ended `ok`.
    pub ok: u64,
    /// Operations that ended otherwise.
    pub not_ok: u64,
    /// Reads that ended `ok` and stale.
    pub stale: u64,
    /// The most requests that were parked at once.
    pub parked_max: u64,
    /// Of operations that ended here, from their intended start.
    pub latency_p50_ms: Option<f64>,
    pub latency_p99_ms: Option<f64>,
    pub latency_max_ms: Option<f64>,
}

/// A fault window as it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub fault: u32,
    pub kind: String,
    pub text: String,
    pub from_s: f64,
    pub until_s: f64,
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
