//! The file as written: a mirror of the TOML, in which units are part of the keys.
//!
//! What these types say of a key is what the JSON Schema says of it, so their comments are for whoever writes a file.
//! Where a key may be left out its default stands in the table's `Default`, or in its comment.

mod fault;
mod network;
mod workload;

pub(super) use fault::{EndsTable, FaultName, FaultTable};
pub(super) use network::{
    BurstsTable, Delay, EverybodyName, LegName, LinkTable, NetworkFile, NetworkTable, OrderName, PartTable,
    RuleTable, SideTable,
};
pub(super) use workload::{
    ArrivalTable, FamiliesTable, MixTable, PauseTable, QueriesName, RoamTable, WorkloadTable,
};

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::branch::{Limits, Timing};
use crate::results::ChartKind;

/// An experiment of `readback run`: one question, and all that decides its trials.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "An experiment of readback")]
pub(super) struct Spec {
    /// The one question that the experiment answers, as a sentence. It stands above every result.
    pub question: String,
    /// How long each trial takes, and how many there are.
    #[serde(default)]
    pub run: RunTable,
    /// The branches, their bounds and their timing.
    #[serde(default)]
    pub cluster: ClusterTable,
    /// What customers are promised, and how the promise is kept.
    #[serde(default)]
    pub guarantee: GuaranteeTable,
    /// What customers ask, where and when.
    #[serde(default)]
    pub workload: WorkloadTable,
    /// What the network does to messages. What nothing says of it is no delay, no loss, no duplication.
    #[serde(default)]
    pub network: NetworkTable,
    /// What goes wrong for a while. All faults end before the load does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fault: Vec<FaultTable>,
    /// Keys that take several values, one after another.
    pub sweep: Option<SweepTable>,
    /// Pictures. Default: `wait_ccdf`, `stale_rate` where something is swept, and `fidelity`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chart: Vec<ChartTable>,
    /// Makes the file one trial of an experiment. The program writes it into the plan that it saves with each trial.
    pub trial: Option<TrialTable>,
}

/// How long each trial takes, and how many there are.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RunTable {
    /// `live` runs branches over gRPC in real time; `sim` runs them in virtual time.
    pub substrate: SubstrateName,
    /// How long is measured, in seconds, after the warm-up.
    pub duration_s: f64,
    /// Load before the measured time, in seconds. Its operations are recorded, and no measure counts them.
    pub warm_up_s: f64,
    /// How often each strategy runs at each point, from 1 to 1000. Intervals need six.
    #[schemars(range(min = 1, max = 1000))]
    pub repetitions: u32,
    /// What everything random follows from. Repetition r has the same arrivals and fates at every point and under
    /// every strategy.
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    pub seed: u64,
    /// How long the cluster may take to converge after the load, in seconds.
    pub drain_s: f64,
}

/// What a trial runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SubstrateName {
    /// gRPC and real time.
    Live,
    /// Virtual time.
    Sim,
}

/// The branches, their bounds and their timing.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ClusterTable {
    /// How many branches there are, from 1 to 64 and in `sim` to 1000. Their ids count from 1.
    #[schemars(range(min = 1, max = 1000))]
    pub branches: u32,
    /// Whether each branch is a process of its own, in `live`: then it can be killed and stopped.
    pub processes: bool,
    /// Whether a branch keeps its writes over a crash. A `durable` log is synced before anything is acknowledged.
    pub durability: DurabilityName,
    /// Records of a durable log that one sync covers at most. 1 switches group commit off.
    #[schemars(range(min = 1))]
    pub group_max: u64,
    /// How long one sync of a log takes in `sim`, in milliseconds. A sync is for all that was appended before it began.
    pub sync_ms: f64,
    /// Processor time of a branch for each message in `sim`, in milliseconds. 0: no processor is modelled.
    pub service_ms: f64,
    /// Unacknowledged runs of writes on the way to one peer.
    #[schemars(range(min = 1))]
    pub window_runs: u64,
    /// Writes in one run.
    #[schemars(range(min = 1))]
    pub run_max: u64,
    /// Parked requests of one branch at one time.
    #[schemars(range(min = 1))]
    pub parked_max: u64,
    /// Copies of one request that wait for the same answer.
    #[schemars(range(min = 1))]
    pub copies_max: u64,
    /// Writes that a branch keeps for peers that lack them; beyond it customers' writes are refused.
    #[schemars(range(min = 1))]
    pub retained_max: u64,
    /// Sessions whose last write a branch remembers.
    #[schemars(range(min = 1))]
    pub sessions_max: u64,
    /// Writes of one origin that a branch keeps because they arrived before their predecessors.
    #[schemars(range(min = 1))]
    pub early_max: u64,
    /// Retransmission timeout before the first round trip was measured, in milliseconds.
    pub retransmit_initial_ms: f64,
    /// Its lower bound, in milliseconds.
    pub retransmit_least_ms: f64,
    /// Its upper bound, in milliseconds.
    pub retransmit_greatest_ms: f64,
    /// A changed vector is told to every peer at least this often, in milliseconds.
    pub heartbeat_ms: f64,
    /// A peer that lacks a third branch's writes for this long gets them from here, in milliseconds...
    pub relay_after_ms: f64,
    /// ...or for this many measured round trips, whichever is longer.
    pub relay_round_trips: u32,
}

/// Whether a branch keeps its writes over a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DurabilityName {
    /// It does not: a branch that was down has lost its state.
    Volatile,
    /// It keeps all that was synced.
    Durable,
}

/// What customers are promised, and how the promise is kept.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GuaranteeTable {
    /// A session's reads and withdrawals include its own earlier writes.
    pub read_your_writes: bool,
    /// A session's reads and withdrawals include what its earlier reads showed.
    pub monotonic_reads: bool,
    /// A session's writes come after its earlier writes, at every branch.
    pub monotonic_writes: bool,
    /// A session's writes come after what its earlier reads showed, at every branch.
    pub writes_follow_reads: bool,
    /// How guarantees are kept: `"none"`, `"wait"`, or a list of both, whose first one is the baseline.
    pub strategy: StrategyTable,
    /// How long a branch may park a request, in milliseconds, up to a minute. 0: it answers at once or refuses.
    pub max_wait_ms: f64,
    /// How long an attempt may stay unanswered beyond the time for which it may be parked, in milliseconds.
    pub attempt_timeout_ms: f64,
    /// With this many failed attempts an operation is given up.
    #[schemars(range(min = 1))]
    pub attempts_max: u32,
    /// Ceiling of the pause after the first failed attempt, in milliseconds; it doubles with each further one.
    pub backoff_initial_ms: f64,
    /// The cap of that ceiling, in milliseconds.
    pub backoff_max_ms: f64,
}

/// One strategy, or several to compare.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "write \"none\", \"wait\", or a list of them such as [\"none\", \"wait\"]")]
pub(super) enum StrategyTable {
    /// One alone, without a baseline.
    One(StrategyName),
    /// The first is the baseline.
    Several(Vec<StrategyName>),
}

/// How guarantees are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StrategyName {
    /// Not at all: requests carry no token and are answered at once.
    None,
    /// A branch that lacks a write of the token parks the request until it has it.
    Wait,
}

/// Keys that take several values. Each is a path in quotes, with dots between its keys and numbers from 0 for entries
/// of lists: `"network.between_branches.delay.exponential.mean_ms" = [5, 10, 20]` or `"fault.0.until_s" = [1, 2]`.
/// Values may be tables: `"workload.arrival" = [{ poisson_per_s = 500 }, { constant_per_s = 500 }]`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
pub(super) struct SweepTable {
    /// How several keys go together.
    #[serde(default)]
    pub mode: SweepMode,
    /// Each key's values, by its path.
    #[serde(flatten)]
    #[schemars(with = "BTreeMap<String, Vec<serde_json::Value>>")]
    pub values: BTreeMap<String, toml::Value>,
}

/// How several swept keys go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SweepMode {
    /// Every value of one with every value of the others.
    #[default]
    Cartesian,
    /// The first values together, then the second ones, and so on; all keys have equally many.
    Zipped,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChartTable {
    /// What it shows.
    pub kind: ChartKind,
    /// Of `stale_rate`, `load` and `cost`: the swept key along the axis. Default: the first one.
    pub x: Option<String>,
}

/// Makes the file one trial of an experiment.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrialTable {
    /// Readable, unique in its experiment, and the name of its folder.
    pub id: String,
    /// From 1. It decides the trial's seed, together with `run.seed`.
    #[schemars(range(min = 1, max = 1000))]
    pub repetition: u32,
    /// The swept values that it was made with, by path. They stand in the other tables too, and there they count.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub point: serde_json::Map<String, serde_json::Value>,
}

/// Ten seconds after half a second of warm-up, six times.
impl Default for RunTable {
    fn default() -> RunTable {
        RunTable {
            substrate: SubstrateName::Live,
            duration_s: 10.0,
            warm_up_s: 0.5,
            repetitions: 6,
            seed: 1,
            drain_s: 10.0,
        }
    }
}

/// Three branches in one process; bounds and timing are those of [`Limits`] and [`Timing`].
impl Default for ClusterTable {
    fn default() -> ClusterTable {
        let (limits, timing) = (Limits::default(), Timing::default());
        let ms = |span: Duration| span.as_secs_f64() * 1e3;
        ClusterTable {
            branches: 3,
            processes: false,
            durability: DurabilityName::Volatile,
            group_max: 4096,
            sync_ms: 0.0,
            service_ms: 0.0,
            window_runs: limits.window_runs as u64,
            run_max: limits.run_max as u64,
            parked_max: limits.parked_max as u64,
            copies_max: limits.copies_max as u64,
            retained_max: limits.retained_max as u64,
            sessions_max: limits.sessions_max as u64,
            early_max: limits.early_max as u64,
            retransmit_initial_ms: ms(timing.timeout_initial),
            retransmit_least_ms: ms(timing.timeout_least),
            retransmit_greatest_ms: ms(timing.timeout_greatest),
            heartbeat_ms: ms(timing.heartbeat),
            relay_after_ms: ms(timing.relay_after),
            relay_round_trips: timing.relay_round_trips,
        }
    }
}

/// Read-your-writes by waiting, against no guarantee; the rest is [`Policy`](crate::session::Policy)'s default.
impl Default for GuaranteeTable {
    fn default() -> GuaranteeTable {
        GuaranteeTable {
            read_your_writes: true,
            monotonic_reads: false,
            monotonic_writes: false,
            writes_follow_reads: false,
            strategy: StrategyTable::Several(vec![StrategyName::None, StrategyName::Wait]),
            max_wait_ms: 1000.0,
            attempt_timeout_ms: 1000.0,
            attempts_max: 5,
            backoff_initial_ms: 20.0,
            backoff_max_ms: 1000.0,
        }
    }
}
