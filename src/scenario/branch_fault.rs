//! Faults of a branch itself: crashes, lost logs, slow disks.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Scenario, ScenarioError};
use crate::history::Substrate;
use crate::model::BranchId;

/// Whether a branch keeps its writes over a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// It does not: a branch that was down comes back without state, as a new incarnation.
    Volatile,
    /// It keeps what was synced: the branch comes back with every write that it acknowledged.
    Durable,
}

/// One fault of a branch, and when: from `from` (included) to `until` (excluded), counted from the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BranchFault {
    /// Unique among faults of branches and the network's fault windows.
    pub id: u32,
    /// When it begins.
    pub from: Duration,
    /// When it is over.
    pub until: Duration,
    /// The branch that it strikes.
    pub branch: BranchId,
    /// Its kind.
    pub kind: BranchFaultKind,
}

/// The kinds of faults of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BranchFaultKind {
    /// It is down. What was not synced is lost; it comes back with its log, or, if that is volatile, as a new
    /// incarnation.
    Crash,
    /// It is down, and all of its log is lost: it comes back as a new incarnation whatever the durability.
    LoseState,
    /// Every sync of its log that begins takes so much longer.
    SlowDisk {
        /// How much longer.
        extra: Duration,
    },
    /// Its disk takes no more bytes. Customers' writes are refused, and records that were accepted before wait for
    /// room.
    FullDisk,
    /// A sync of its log fails: the branch ends with an error, since nothing it holds is certain to be durable, and is
    /// started again when the window ends. If nothing is synced in the window, nothing happens.
    FailingSync,
}

/// An error of a fault of a branch.
#[allow(missing_docs, reason = "each message says what is wrong, and with what")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BranchFaultError {
    #[error("it ends at {until:?}, and it starts at {from:?}")]
    EndsBeforeStart { from: Duration, until: Duration },
    #[error("it ends at {until:?}, and the load at {load:?}; it must be over by then")]
    OutsideLoad { until: Duration, load: Duration },
    #[error("branch {0} is not in this cluster")]
    UnknownBranch(BranchId),
    #[error("its id belongs to another fault")]
    IdTaken,
    #[error("fault {other} of the same branch overlaps it")]
    Overlaps { other: u32 },
    #[error("fault window {other} stops the same process meanwhile, and it cannot be stopped and dead")]
    OverlapsPause { other: u32 },
}

impl BranchFaultKind {
    /// A stable word, as in files.
    pub fn word(self) -> &'static str {
        match self {
            BranchFaultKind::Crash => "crash",
            BranchFaultKind::LoseState => "lose_state",
            BranchFaultKind::SlowDisk { .. } => "slow_disk",
            BranchFaultKind::FullDisk => "full_disk",
            BranchFaultKind::FailingSync => "failing_sync",
        }
    }

    /// Whether the branch is down, or may be.
    pub fn may_end_it(self) -> bool {
        match self {
            BranchFaultKind::Crash | BranchFaultKind::LoseState | BranchFaultKind::FailingSync => true,
            BranchFaultKind::SlowDisk { .. } | BranchFaultKind::FullDisk => false,
        }
    }

    /// Whether the branch comes back without any of its log.
    pub fn loses_log(self, durability: Durability) -> bool {
        match (self, durability) {
            (BranchFaultKind::Crash | BranchFaultKind::FailingSync, Durability::Volatile) => true,
            (BranchFaultKind::LoseState, _) => true,
            (BranchFaultKind::Crash | BranchFaultKind::FailingSync, Durability::Durable) => false,
            (BranchFaultKind::SlowDisk { .. } | BranchFaultKind::FullDisk, _) => false,
        }
    }
}

/// Its effect and the branch, for a reader.
impl fmt::Display for BranchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let branch = self.branch;
        match self.kind {
            BranchFaultKind::Crash => write!(f, "crash {branch}"),
            BranchFaultKind::LoseState => write!(f, "crash {branch}, its log is lost"),
            BranchFaultKind::SlowDisk { extra } => write!(f, "slow disk of {branch}, {extra:?} more"),
            BranchFaultKind::FullDisk => write!(f, "full disk of {branch}"),
            BranchFaultKind::FailingSync => write!(f, "failing sync of {branch}"),
        }
    }
}

impl Scenario {
    pub(super) fn check_branch_faults(&self) -> Result<(), ScenarioError> {
        for (index, accident) in self.accidents.iter().enumerate() {
            let named = |error| ScenarioError::BranchFault { id: accident.id, error };
            self.check_branch_fault(accident, &self.accidents[..index]).map_err(named)?;
        }
        match self.substrate {
            Substrate::Sim => Ok(()),
            Substrate::Live => self.accidents.iter().try_for_each(|accident| self.check_live(accident)),
        }
    }

    /// A process can be killed, and a disk can fail that is there.
    fn check_live(&self, accident: &BranchFault) -> Result<(), ScenarioError> {
        match accident.kind {
            BranchFaultKind::Crash | BranchFaultKind::LoseState if !self.processes => {
                Err(ScenarioError::NeedsProcesses)
            }
            BranchFaultKind::FailingSync if !self.processes => Err(ScenarioError::NeedsProcesses),
            BranchFaultKind::SlowDisk { .. } | BranchFaultKind::FullDisk | BranchFaultKind::FailingSync
                if self.durability == Durability::Volatile =>
            {
                Err(ScenarioError::NeedsDisk)
            }
            BranchFaultKind::Crash
            | BranchFaultKind::LoseState
            | BranchFaultKind::SlowDisk { .. }
            | BranchFaultKind::FullDisk
            | BranchFaultKind::FailingSync => Ok(()),
        }
    }

    fn check_branch_fault(
        &self,
        accident: &BranchFault,
        before: &[BranchFault],
    ) -> Result<(), BranchFaultError> {
        let BranchFault { id, from, until, branch, kind } = *accident;
        if from >= until {
            return Err(BranchFaultError::EndsBeforeStart { from, until });
        }
        let load = self.load_ends();
        if until > load {
            return Err(BranchFaultError::OutsideLoad { until, load });
        }
        if !self.network.branches.contains(&branch) {
            return Err(BranchFaultError::UnknownBranch(branch));
        }
        let windows = self.network.faults.iter().map(|window| window.id);
        if windows.chain(before.iter().map(|other| other.id)).any(|taken| taken == id) {
            return Err(BranchFaultError::IdTaken);
        }
        let is_real = self.substrate == Substrate::Live && kind.may_end_it();
        let pause = self.network.faults.iter().find(|window| {
            is_real && window.fault.stopped() == Some(branch) && window.from < until && from < window.until
        });
        if let Some(window) = pause {
            return Err(BranchFaultError::OverlapsPause { other: window.id });
        }
        let overlaps =
            |other: &&BranchFault| other.branch == branch && other.from < until && from < other.until;
        match before.iter().find(overlaps) {
            Some(other) => Err(BranchFaultError::Overlaps { other: other.id }),
            None => Ok(()),
        }
    }
}
