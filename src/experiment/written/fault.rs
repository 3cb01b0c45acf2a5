//! Fault windows as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BurstsTable, Delay, SideTable};

/// One fault, from one time to another. Which keys belong to which kind is checked when it is made.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct FaultTable {
    /// What goes wrong.
    pub kind: FaultName,
    /// When it begins, in seconds from the start of the load, warm-up included.
    pub from_s: f64,
    /// When it has ended, in seconds from the start of the load.
    pub until_s: f64,
    /// Of `partition`: groups that do not hear each other, every branch in one, such as `[[1], [2, 3]]`.
    pub groups: Option<Vec<Vec<u32>>>,
    /// Of `partial`: pairs that do not hear each other, such as `[[1, 2]]`.
    pub pairs: Option<Vec<[u32; 2]>>,
    /// Of `one_way`: branches such as `[1]`. Of `slow`, `lossy` and `flap`: one side of the route.
    pub from: Option<EndsTable>,
    /// Of `one_way`: branches such as `[2, 3]`. Of `slow`, `lossy` and `flap`: the other side of the route.
    pub to: Option<EndsTable>,
    /// Of `slow`, `lossy` and `flap`: the way back too.
    pub both_ways: Option<bool>,
    /// Of `ring`: the branches, each next to its neighbours alone.
    pub order: Option<Vec<u32>>,
    /// Of `bridge`: the branches on one side of it.
    pub left: Option<Vec<u32>>,
    /// Of `bridge`: the branch that hears all.
    pub bridge: Option<u32>,
    /// Of `bridge`: the branches on the other side of it.
    pub right: Option<Vec<u32>>,
    /// Of `isolate`, `pause`, `crash`, `crashes`, `lose_state`, `slow_disk`, `full_disk` and
    /// `failing_sync`: the branch.
    pub branch: Option<u32>,
    /// Of `isolate`: whether customers are cut off too. Default: no.
    pub customers: Option<bool>,
    /// Of `slow`: what is added to every delay.
    pub extra: Option<Delay>,
    /// Of `lossy`: the share of messages that are lost, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub drop: Option<f64>,
    /// Of `lossy`: losses in bursts, instead of `drop`.
    pub bursts: Option<BurstsTable>,
    /// Of `flap`: how long the route is cut, in milliseconds.
    pub cut_ms: Option<f64>,
    /// Of `flap`: how long it is open, in milliseconds.
    pub open_ms: Option<f64>,
    /// Of `slow_disk`: how much longer each sync of the log takes, in milliseconds.
    pub extra_ms: Option<f64>,
    /// Of `crashes`: how often the branch goes down between `from_s` and `until_s`, at random moments.
    #[schemars(range(min = 1, max = 1000))]
    pub times: Option<u32>,
    /// Of `crashes`: how long it is down each time, in milliseconds.
    pub down_ms: Option<f64>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum FaultName {
    /// Groups of branches do not hear each other.
    Partition,
    /// Pairs of branches do not hear each other, and everybody else does.
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
    /// A branch stands still.
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
    /// Of a one-way cut.
    Branches(Vec<u32>),
    /// Of a route.
    Side(SideTable),
}
