//! Fault windows as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BurstsTable, DelayTable, Millis, Seconds};
use crate::model::BranchId;
use crate::network::{Probability, RouteEnd};

/// One fault, from one time to another. Each kind has keys of its own.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct FaultTable {
    /// Which fault it is.
    pub kind: AnyFaultKind,
    /// When it begins, in seconds from the start of the load, warm-up included.
    pub from_s: Seconds,
    /// When it has ended, in seconds from the start of the load.
    pub until_s: Seconds,
    /// For `partition`: groups that do not hear each other, every branch in one, such as `[[1], [2, 3]]`.
    pub groups: Option<Vec<Vec<BranchId>>>,
    /// For `partial`: pairs that do not hear each other, such as `[[1, 2]]`.
    pub pairs: Option<Vec<[BranchId; 2]>>,
    /// For `one_way`: branches such as `[1]`. For `slow`, `lossy` and `flap`: one side of the route.
    pub from: Option<EndsTable>,
    /// For `one_way`: branches such as `[2, 3]`. For `slow`, `lossy` and `flap`: the other side of the route.
    pub to: Option<EndsTable>,
    /// For `slow`, `lossy` and `flap`: the way back too.
    pub both_ways: Option<bool>,
    /// For `ring`: the branches, each next to its neighbours alone.
    pub order: Option<Vec<BranchId>>,
    /// For `bridge`: the branches on one side of it.
    pub left: Option<Vec<BranchId>>,
    /// For `bridge`: the branch that hears all.
    pub bridge: Option<BranchId>,
    /// For `bridge`: the branches on the other side of it.
    pub right: Option<Vec<BranchId>>,
    /// For `isolate`, `pause`, `crash`, `crashes`, `lose_state`, `slow_disk`, `full_disk` and
    /// `failing_sync`: the branch.
    pub branch: Option<BranchId>,
    /// For `isolate`: whether customers are cut off too. Default: no.
    pub customers: Option<bool>,
    /// For `slow`: what is added to every delay.
    pub extra: Option<DelayTable>,
    /// For `lossy`: the share of messages that are lost, from 0 to 1.
    pub drop: Option<Probability>,
    /// For `lossy`: losses in bursts, instead of `drop`.
    pub bursts: Option<BurstsTable>,
    /// For `flap`: how long the route is cut, in milliseconds.
    pub cut_ms: Option<Millis>,
    /// For `flap`: how long it is open, in milliseconds.
    pub open_ms: Option<Millis>,
    /// For `slow_disk`: how much longer each sync of the log takes, in milliseconds.
    pub extra_ms: Option<Millis>,
    /// For `crashes`: how often the branch goes down between `from_s` and `until_s`, at random moments.
    #[schemars(range(min = 1, max = 1000))]
    pub times: Option<u32>,
    /// For `crashes`: how long it is down each time, in milliseconds.
    pub down_ms: Option<Millis>,
}

/// A fault of the network, or of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum AnyFaultKind {
    /// Groups of branches do not hear each other.
    Partition,
    /// Pairs of branches do not hear each other, and all others do.
    Partial,
    /// Nothing comes from some branches to others; everything comes back.
    OneWay,
    /// Each branch hears its two neighbours alone.
    Ring,
    /// Two halves hear each other through one branch only.
    Bridge,
    /// One branch hears no other and is heard by none.
    Isolate,
    /// Everything on a route takes longer.
    Slow,
    /// Messages on a route are lost.
    Lossy,
    /// A route is cut, open, cut, and so on.
    Flap,
    /// A branch does nothing, and keeps its state.
    Pause,
    /// A branch is down, and has lost what was not synced; with a volatile log, everything.
    Crash,
    /// A branch goes down again and again, at random moments that follow from the trial's seed.
    Crashes,
    /// A branch is down and comes back without its log.
    LoseState,
    /// A branch's log takes longer to sync.
    SlowDisk,
    /// A branch's disk takes no more bytes.
    FullDisk,
    /// A branch's log cannot be synced: the branch ends, and is started again at the end.
    FailingSync,
}

/// Several branches, or one side of a route.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "write branches such as [1, 2], or one side of a route")]
pub(in super::super) enum EndsTable {
    /// The branches on one side of a one-way cut.
    Branches(Vec<BranchId>),
    /// One end of a route.
    Side(RouteEnd),
}
