//! The file as written: a mirror of the TOML, in which units are part of the keys.
//!
//! The JSON Schema takes the comments of these types, so they are for the author of a file. The default of a key is in
//! its table's `Default`, or in its comment.

mod fault;
mod network;
mod units;
mod workload;

pub(super) use fault::{AnyFaultKind, EndsTable, FaultTable};
pub(super) use network::{
    BurstsTable, DelayTable, LinkTable, NetworkFile, NetworkTable, PartTable, RuleTable,
};
pub(super) use units::{Millis, PositiveCount, Seconds};
pub(super) use workload::{ArrivalTable, ThinkTimeTable, WorkloadTable};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::branch::{Limits, Timing};
use crate::history::Substrate;
use crate::model::Strategy;
use crate::results::ChartSpec;
use crate::scenario::Durability;

/// An experiment of `readback run`: one question, and all that decides its trials.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "An experiment of readback")]
pub(super) struct Spec {
    /// The one question that the experiment answers, as a sentence. It is the title of every result.
    pub question: String,
    /// How long each trial takes, and how many there are.
    #[serde(default)]
    pub run: RunTable,
    /// The branches, their bounds and their timing.
    #[serde(default)]
    pub cluster: ClusterTable,
    /// The guarantees of sessions, and how they are kept.
    #[serde(default)]
    pub guarantee: GuaranteeTable,
    /// The operations of customers: which, where and when.
    #[serde(default)]
    pub workload: WorkloadTable,
    /// Delay, loss, duplication and order of messages. Default: no delay, no loss, no duplication.
    #[serde(default)]
    pub network: NetworkTable,
    /// Faults, each for a while. All faults end before the load does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fault: Vec<FaultTable>,
    /// Keys that take several values, one after another.
    pub sweep: Option<SweepTable>,
    /// Pictures. Default: `wait_ccdf`, `stale_rate` where something is swept, and `injection_error`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chart: Vec<ChartSpec>,
    /// What figures must be: the run ends with status 4 if one of them is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<ExpectTable>,
    /// Makes the file one trial of an experiment. The program writes it into the plan that it saves with each trial.
    pub trial: Option<TrialTable>,
}

/// How long each trial takes, and how many there are.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RunTable {
    /// `live` runs branches over gRPC in real time; `sim` runs them in virtual time.
    pub substrate: Substrate,
    /// How long is measured, in seconds, after the warm-up.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 86_400))]
    pub duration_s: Seconds,
    /// Load before the measured time, in seconds. Its operations are recorded, and no measure counts them.
    #[schemars(extend("maximum" = 3_600))]
    pub warm_up_s: Seconds,
    /// How often each strategy runs at each point, from 1 to 1000. Intervals need six.
    #[schemars(range(min = 1, max = 1000))]
    pub repetitions: u32,
    /// The seed of everything random. Repetition r has the same arrivals and fates under every strategy, and at every
    /// point unless `seeds` says otherwise.
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    pub seed: u64,
    /// Whether points have the same seeds.
    #[serde(skip_serializing_if = "SeedsWord::is_default")]
    pub seeds: SeedsWord,
    /// How long the cluster may take to converge after the load, in seconds.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 3_600))]
    pub drain_s: Seconds,
}

/// Whether points have the same seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SeedsWord {
    /// Points meet the same arrivals and fates, so that differences between them are not chance.
    #[default]
    Equal,
    /// Each point has seeds of its own, so that points are independent evidence.
    PerPoint,
}

impl SeedsWord {
    fn is_default(&self) -> bool {
        *self == SeedsWord::default()
    }
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
    pub durability: Durability,
    /// Records of a durable log that one sync covers at most. 1 switches group commit off.
    pub group_max: PositiveCount,
    /// How long one sync of a log takes in `sim`, in milliseconds. A sync is for all that was appended before it began.
    pub sync_ms: Millis,
    /// Processor time of a branch for each message in `sim`, in milliseconds. 0: no processor is modelled.
    pub service_ms: Millis,
    /// Unacknowledged batches of writes on the way to one peer.
    pub window_runs: PositiveCount,
    /// Writes in one batch.
    pub run_max: PositiveCount,
    /// Parked requests of one branch at one time.
    pub parked_max: PositiveCount,
    /// Copies of one request that wait for the same answer.
    pub copies_max: PositiveCount,
    /// Writes that a branch keeps for peers that lack them; beyond it customers' writes are refused.
    pub retained_max: PositiveCount,
    /// Sessions whose last write a branch remembers.
    pub sessions_max: PositiveCount,
    /// Writes of one origin that a branch keeps because they arrived before their predecessors.
    pub early_max: PositiveCount,
    /// Retransmission timeout before the first round trip was measured, in milliseconds.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub retransmit_initial_ms: Millis,
    /// Least retransmission timeout, in milliseconds.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub retransmit_least_ms: Millis,
    /// Greatest retransmission timeout, in milliseconds.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub retransmit_greatest_ms: Millis,
    /// A branch sends a changed vector to every peer at least this often, in milliseconds.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub heartbeat_ms: Millis,
    /// How long a peer lacks a third branch's writes before a branch relays them, in milliseconds; or for
    /// `relay_round_trips`, whichever is longer.
    pub relay_after_ms: Millis,
    /// How many measured round trips a peer lacks a third branch's writes before a branch relays them.
    pub relay_round_trips: u32,
}

/// The guarantees of sessions, and how they are kept.
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
    #[schemars(extend("maximum" = 60_000))]
    pub max_wait_ms: Millis,
    /// How long an attempt may stay unanswered beyond the time for which it may be parked, in milliseconds.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub attempt_timeout_ms: Millis,
    /// With this many failed attempts an operation is given up.
    #[schemars(range(min = 1))]
    pub attempts_max: u32,
    /// Ceiling of the pause after the first failed attempt, in milliseconds; it doubles with each further one.
    pub backoff_initial_ms: Millis,
    /// Greatest ceiling of the pause after a failed attempt, in milliseconds.
    pub backoff_max_ms: Millis,
}

/// One strategy, or several to compare.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "write \"none\", \"wait\", or a list of them such as [\"none\", \"wait\"]")]
pub(super) enum StrategyTable {
    /// One alone, without a baseline.
    One(Strategy),
    /// The first is the baseline.
    Several(Vec<Strategy>),
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

/// What a figure must be. It holds at all points and under all strategies that it does not leave out, and a figure that
/// is absent fails it. Give one of `below`, `at_most`, `above`, `at_least` and `within`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectTable {
    /// A column of `summary.csv` such as `wait_ms.p99`, or of the whole run the share of figures that agree:
    /// `theory_agreement` or `substrate_agreement`.
    pub measure: String,
    /// The strategy that it is about. Default: all.
    pub strategy: Option<Strategy>,
    /// Swept values that it is about, by their keys, such as `{ "run.substrate" = "sim" }`. Default: all.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub point: serde_json::Map<String, serde_json::Value>,
    /// The figure is less.
    pub below: Option<f64>,
    /// The figure is not more.
    pub at_most: Option<f64>,
    /// The figure is more.
    pub above: Option<f64>,
    /// The figure is not less.
    pub at_least: Option<f64>,
    /// The figure is between both, or one of them.
    pub within: Option<[f64; 2]>,
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
    /// The swept values that it was made with, by path. The other tables hold them too, and those count.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub point: serde_json::Map<String, serde_json::Value>,
}

/// Ten seconds after half a second of warm-up, six times.
impl Default for RunTable {
    fn default() -> RunTable {
        RunTable {
            substrate: Substrate::Live,
            duration_s: Seconds::new(10.0),
            warm_up_s: Seconds::new(0.5),
            repetitions: 6,
            seed: 1,
            seeds: SeedsWord::default(),
            drain_s: Seconds::new(10.0),
        }
    }
}

/// Three branches in one process; bounds and timing are those of [`Limits`] and [`Timing`].
impl Default for ClusterTable {
    fn default() -> ClusterTable {
        let (limits, timing) = (Limits::default(), Timing::default());
        ClusterTable {
            branches: 3,
            processes: false,
            durability: Durability::Volatile,
            group_max: PositiveCount::from(4096),
            sync_ms: Millis::new(0.0),
            service_ms: Millis::new(0.0),
            window_runs: limits.window_runs.into(),
            run_max: limits.run_max.into(),
            parked_max: limits.parked_max.into(),
            copies_max: limits.copies_max.into(),
            retained_max: limits.retained_max.into(),
            sessions_max: limits.sessions_max.into(),
            early_max: limits.early_max.into(),
            retransmit_initial_ms: timing.timeout_initial.into(),
            retransmit_least_ms: timing.timeout_least.into(),
            retransmit_greatest_ms: timing.timeout_greatest.into(),
            heartbeat_ms: timing.heartbeat.into(),
            relay_after_ms: timing.relay_after.into(),
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
            strategy: StrategyTable::Several(vec![Strategy::None, Strategy::Wait]),
            max_wait_ms: Millis::new(1000.0),
            attempt_timeout_ms: Millis::new(1000.0),
            attempts_max: 5,
            backoff_initial_ms: Millis::new(20.0),
            backoff_max_ms: Millis::new(1000.0),
        }
    }
}
