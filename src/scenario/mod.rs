//! One trial as plain data, which both substrates take.
//!
//! ```text
//! experiment: spec -> plan -> Scenario --> live, sim --> history, results::Observed
//!                                |
//!                                +-> judges: the workload's accounts decode balances
//! ```
//!
//! A [`Scenario`] holds everything that decides a trial: two runs of the same one meet the same arrivals, and drops
//! and delays of the same distributions; in `sim` they are equal to the last byte. [`Scenario::check`] is the last
//! place that can refuse it, and gives the [`Workload`] that belongs to it.
//!
//! **Time.** A trial's base is 0. Load runs from there to [`Scenario::load_ends`]: the warm-up first, then what is
//! measured. Fault windows count from the base too, and have closed when the load ends. Then the cluster drains.
//!
//! **Accidents** are faults of branches themselves, beside the fault windows of the network: a
//! crash, the loss of a log, a slow disk. Their windows close before the load ends too, and those of one branch do not
//! overlap. In `live` they need branches that are processes.
//!
//! **In its history** a trial looks alike whatever ran it: both substrates report [`TrialEvent`]s, and those that are
//! due by the clock alone are known before ([`schedule`]). Both report their [`TrialProgress`] and leave a
//! [`TrialOutput`].
//!
//! **Seeds.** From one seed come the network's, the workload's and the sessions', so a baseline and a guarantee with
//! equal seeds differ in their strategy alone.
//!
//! **Absent.** No file and no default: `experiment` reads and fills in. No clock, nothing that runs.

mod branch_fault;
mod identity;
mod schedule;
mod trial_event;
mod trial_output;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use branch_fault::{BranchFault, BranchFaultError, BranchFaultKind, Durability};
pub use identity::identify;
pub use schedule::schedule;
pub use trial_event::{IntendedOperation, Observation, TrialEvent, UnknownOrigin, since};
pub use trial_output::{TrialOutput, TrialProgress, lateness};

use crate::branch::{Limits, Timing};
use crate::history::{self, Header, Member, Substrate};
use crate::model::{BranchId, Incarnation, Origin, SessionId, wide_integer};
use crate::network::{Endpoint, NetworkPlan, NetworkPlanError as NetworkError, Region};
use crate::rng::{SPLIT_MIX_GAMMA, split_mix64};
use crate::session::{Policy, PolicyError};
use crate::workload::{Load, Workload, WorkloadPlan, WorkloadPlanError as WorkloadError};

/// Everything that decides one trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// A readable id, unique in its experiment.
    pub trial: String,
    /// The seed of everything random.
    #[serde(with = "wide_integer")]
    pub seed: u64,
    /// Where it runs.
    pub substrate: Substrate,
    /// The strategy, guarantees and retries of sessions.
    pub policy: Policy,
    /// The bounds of a branch.
    pub limits: Limits,
    /// The intervals of a branch.
    pub timing: Timing,
    /// Its branches are the cluster's.
    pub network: NetworkPlan,
    /// In an open loop its duration is [`Scenario::load_ends`].
    pub workload: WorkloadPlan,
    /// From the base; operations that are due in it are marked, and no measure counts them.
    pub warm_up: Duration,
    /// After the warm-up.
    pub measured: Duration,
    /// Arrivals that may wait for one busy session in an open loop.
    pub queued_max: usize,
    /// A write waits until the previous one of its branch is applied everywhere. This is what the closed form of a
    /// read's staleness supposes, since vectors have no gaps.
    pub isolated_writes: bool,
    /// How long the cluster may take to converge after the load.
    pub drain_max: Duration,
    /// In `live`, whether each branch is a process of its own.
    pub processes: bool,
    /// The part of a log that is left after a crash.
    pub durability: Durability,
    /// Faults of branches, beside the network's fault windows.
    pub accidents: Vec<BranchFault>,
    /// Virtual processor time that a branch takes for each message; zero: no processor is modelled. `live` has a real
    /// one instead.
    pub service_time: Duration,
    /// Records of a durable log that one sync covers at most.
    pub group_max: usize,
    /// How long one sync of a log takes in virtual time, whatever is left of the log after a crash; zero: it is synced
    /// as soon as it is appended to. A volatile log in `live` is synced a few tasks later.
    pub sync_time: Duration,
    /// The plan for the history's header, in the form in which it was written.
    #[serde(skip)]
    pub plan: Value,
}

/// Why a scenario cannot run.
#[allow(missing_docs, reason = "each message says what is wrong, and with what")]
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScenarioError {
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    #[error("the workload goes to branch {0}, which the cluster does not have")]
    StrangeBranch(BranchId),
    #[error("nothing is measured: the measured time is 0")]
    NothingMeasured,
    #[error("arrivals end after {arrivals:?} and the load after {load:?}; they must end together")]
    UnequalEnds { arrivals: Duration, load: Duration },
    #[error("isolated writes need a closed loop: arrivals of an open one do not wait")]
    IsolatedArrivals,
    #[error("branch fault {id}: {error}")]
    BranchFault { id: u32, error: BranchFaultError },
    #[error(
        "branches of one process cannot die alone; write cluster.processes = true, or use substrate = \"sim\""
    )]
    NeedsProcesses,
    #[error(
        "a volatile log is on no disk; write cluster.durability = \"durable\", or use substrate = \"sim\""
    )]
    NeedsDisk,
    #[error(
        "isolated writes look into the branches, which processes do not allow; write cluster.processes = false"
    )]
    IsolatedProcesses,
}

impl Scenario {
    /// A plain trial in the simulator: these parts, no warm-up, no faults of branches, volatile logs that are synced at
    /// once, and all else by default. A caller changes fields as it needs.
    pub fn new(network: NetworkPlan, workload: WorkloadPlan, measured: Duration) -> Scenario {
        Scenario {
            trial: "a-trial".to_owned(),
            seed: 1,
            substrate: Substrate::Sim,
            policy: Policy::default(),
            limits: Limits::default(),
            timing: Timing::default(),
            network,
            workload,
            warm_up: Duration::ZERO,
            measured,
            queued_max: 1000,
            isolated_writes: false,
            drain_max: Duration::from_secs(10),
            processes: false,
            durability: Durability::Volatile,
            accidents: Vec::new(),
            service_time: Duration::ZERO,
            group_max: 4096,
            sync_time: Duration::ZERO,
            plan: Value::Null,
        }
    }

    /// When the load ends and all faults have healed, from the base.
    pub fn load_ends(&self) -> Duration {
        self.warm_up + self.measured
    }

    /// The workload, if everything fits together. Nothing is checked later.
    ///
    /// # Errors
    ///
    /// The first problem found.
    pub fn check(&self) -> Result<Workload, ScenarioError> {
        self.policy.check()?;
        self.network.check()?;
        self.check_branch_faults()?;
        if self.measured.is_zero() {
            return Err(ScenarioError::NothingMeasured);
        }
        let stranger = self.workload.branches.iter().find(|branch| !self.network.branches.contains(branch));
        if let Some(&branch) = stranger {
            return Err(ScenarioError::StrangeBranch(branch));
        }
        if self.isolated_writes && self.processes && self.substrate == Substrate::Live {
            return Err(ScenarioError::IsolatedProcesses);
        }
        match self.workload.load {
            Load::Open { .. } if self.isolated_writes => return Err(ScenarioError::IsolatedArrivals),
            Load::Open { duration: arrivals, .. } if arrivals != self.load_ends() => {
                return Err(ScenarioError::UnequalEnds { arrivals, load: self.load_ends() });
            }
            Load::Open { .. } | Load::Closed { .. } | Load::WriteThenRead { .. } => {}
        }
        Ok(Workload::new(self.workload.clone(), self.seed_of(SeededPart::Workload))?)
    }

    /// The seed of one part, independent of the others'.
    pub fn seed_of(&self, part: SeededPart) -> u64 {
        split_mix64(self.seed.wrapping_add((part as u64).wrapping_mul(SPLIT_MIX_GAMMA)))
    }

    /// The id of the `index`-th session, the same in every trial with this seed: fates are drawn from it.
    pub fn session_id(&self, index: usize) -> SessionId {
        let index = index as u64;
        SessionId { opened_at: index + 1, nonce: self.seed_of(SeededPart::Sessions).wrapping_add(index) }
    }

    /// The origin of a branch as it first starts, the same in every trial with this seed.
    pub fn origin(&self, branch: BranchId) -> Origin {
        self.origin_at(branch, Duration::ZERO)
    }

    /// The origin of a branch that starts without state so long after the base. It follows from seed and time alone,
    /// never from the branch's earlier lives.
    pub fn origin_at(&self, branch: BranchId, at: Duration) -> Origin {
        let at = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        let nonce = self.seed_of(SeededPart::Branches).wrapping_add(u64::from(branch.0)).wrapping_add(at);
        Origin { branch, incarnation: Incarnation { started_at: at.saturating_add(1), nonce } }
    }

    /// Where a branch or customer is, if the network has places.
    pub fn region(&self, endpoint: Endpoint) -> Option<String> {
        self.network.placement.region(endpoint).map(Region::to_string)
    }

    /// The first line of a history of this trial, with what accounts hold at the start.
    pub fn header(&self, initial_balances: &[i64]) -> Header {
        let member = |&branch| Member { branch, region: self.region(Endpoint::Branch(branch)) };
        Header {
            version: history::VERSION,
            trial: self.trial.clone(),
            seed: self.seed,
            substrate: self.substrate,
            branches: self.network.branches.iter().map(member).collect(),
            accounts: accounts(initial_balances),
            strategy: self.policy.strategy,
            guarantees: self.policy.guarantees,
            patience: Some(self.policy.patience()),
            plan: wide_integer::in_value(self.plan.clone()),
        }
    }
}

/// The commonest balance is that of all accounts without an exception.
fn accounts(initial_balances: &[i64]) -> history::InitialBalances {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    initial_balances.iter().for_each(|&balance| *counts.entry(balance).or_default() += 1);
    let balance = counts.into_iter().max_by_key(|&(_, count)| count).map_or(0, |(balance, _)| balance);
    let all = (0..).zip(initial_balances.iter().copied());
    let except = all.filter(|&(_, initial)| initial != balance).collect();
    history::InitialBalances { count: initial_balances.len() as u64, balance, except }
}

/// The parts with a seed of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeededPart {
    /// The fates of messages.
    Network,
    /// The operations.
    Workload,
    /// The ids and pauses of sessions.
    Sessions,
    /// The incarnations of branches.
    Branches,
}
