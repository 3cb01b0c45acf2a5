//! What goes wrong with a branch itself: crashes, lost logs, slow disks.

use std::fmt;
use std::time::Duration;

use super::{Scenario, ScenarioError};
use crate::history::Substrate;
use crate::model::BranchId;

/// What is left of a branch's log after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Nothing: the branch comes back as a new incarnation.
    Volatile,
    /// What was synced: the branch comes back as it was, with every write that it acknowledged.
    Durable,
}

/// One accident, and when: from `from` (included) to `until` (excluded), counted from the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accident {
    /// Unique among accidents and the network's fault windows.
    pub id: u32,
    pub from: Duration,
    pub until: Duration,
    pub branch: BranchId,
    pub kind: AccidentKind,
}

/// What happens to the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccidentKind {
    /// It is down. What was not synced is lost; it comes back with its log, or, if that is volatile, as a new
    /// incarnation.
    Crash,
    /// It is down, and all of its log is lost: it comes back as a new incarnation whatever the durability.
    LoseState,
    /// Every sync of its log that begins takes so much longer.
    SlowDisk { extra: Duration },
    /// Its disk takes no more bytes. Customers' writes are refused, and what was taken before waits for room.
    FullDisk,
    /// A sync of its log fails: the branch ends with an error, since nothing it holds is certain to be durable, and is
    /// started again when the window ends. If nothing is synced in the window, nothing happens.
    FailingSync,
}

/// What is wrong with an accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccidentError {
    #[error("it ends at {until:?}, and it starts at {from:?}")]
    EndsBeforeStart { from: Duration, until: Duration },
    #[error("it ends at {until:?}, and the load at {load:?}; it must be over by then")]
    OutsideLoad { until: Duration, load: Duration },
    #[error("branch {0} is not in this cluster")]
    UnknownBranch(BranchId),
    #[error("its id belongs to another accident or fault window")]
    IdTaken,
    #[error("accident {other} of the same branch overlaps it")]
    Overlaps { other: u32 },
    #[error("fault window {other} stops the same process meanwhile, and it cannot be stopped and dead")]
    OverlapsPause { other: u32 },
}

impl AccidentKind {
    /// A stable word, as in files.
    pub fn word(self) -> &'static str {
        match self {
            AccidentKind::Crash => "crash",
            AccidentKind::LoseState => "lose_state",
            AccidentKind::SlowDisk { .. } => "slow_disk",
            AccidentKind::FullDisk => "full_disk",
            AccidentKind::FailingSync => "failing_sync",
        }
    }

    /// Whether the branch is down, or may be.
    pub fn may_end_it(self) -> bool {
        match self {
            AccidentKind::Crash | AccidentKind::LoseState | AccidentKind::FailingSync => true,
            AccidentKind::SlowDisk { .. } | AccidentKind::FullDisk => false,
        }
    }

    /// Whether the branch comes back without any of its log.
    pub fn loses_log(self, durability: Durability) -> bool {
        match (self, durability) {
            (AccidentKind::Crash | AccidentKind::FailingSync, Durability::Volatile) => true,
            (AccidentKind::LoseState, _) => true,
            (AccidentKind::Crash | AccidentKind::FailingSync, Durability::Durable) => false,
            (AccidentKind::SlowDisk { .. } | AccidentKind::FullDisk, _) => false,
        }
    }
}

/// What it does to whom, for people.
impl fmt::Display for Accident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let branch = self.branch;
        match self.kind {
            AccidentKind::Crash => write!(f, "crash {branch}"),
            AccidentKind::LoseState => write!(f, "crash {branch}, its log is lost"),
            AccidentKind::SlowDisk { extra } => write!(f, "slow disk of {branch}, {extra:?} more"),
            AccidentKind::FullDisk => write!(f, "full disk of {branch}"),
            AccidentKind::FailingSync => write!(f, "failing sync of {branch}"),
        }
    }
}

impl Scenario {
    pub(super) fn check_accidents(&self) -> Result<(), ScenarioError> {
        for (index, accident) in self.accidents.iter().enumerate() {
            let named = |error| ScenarioError::Accident { id: accident.id, error };
            self.check_accident(accident, &self.accidents[..index]).map_err(named)?;
        }
        match self.substrate {
            Substrate::Sim => Ok(()),
            Substrate::Live => self.accidents.iter().try_for_each(|accident| self.check_live(accident)),
        }
    }

    /// A process can be killed, and a disk can fail that is there.
    fn check_live(&self, accident: &Accident) -> Result<(), ScenarioError> {
        match accident.kind {
            AccidentKind::Crash | AccidentKind::LoseState if !self.processes => {
                Err(ScenarioError::NeedsProcesses)
            }
            AccidentKind::FailingSync if !self.processes => Err(ScenarioError::NeedsProcesses),
            AccidentKind::SlowDisk { .. } | AccidentKind::FullDisk | AccidentKind::FailingSync
                if self.durability == Durability::Volatile =>
            {
                Err(ScenarioError::NeedsDisk)
            }
            AccidentKind::Crash
            | AccidentKind::LoseState
            | AccidentKind::SlowDisk { .. }
            | AccidentKind::FullDisk
            | AccidentKind::FailingSync => Ok(()),
        }
    }

    fn check_accident(&self, accident: &Accident, before: &[Accident]) -> Result<(), AccidentError> {
        let Accident { id, from, until, branch, kind } = *accident;
        if from >= until {
            return Err(AccidentError::EndsBeforeStart { from, until });
        }
        let load = self.load_ends();
        if until > load {
            return Err(AccidentError::OutsideLoad { until, load });
        }
        if !self.network.branches.contains(&branch) {
            return Err(AccidentError::UnknownBranch(branch));
        }
        let windows = self.network.faults.iter().map(|window| window.id);
        if windows.chain(before.iter().map(|other| other.id)).any(|taken| taken == id) {
            return Err(AccidentError::IdTaken);
        }
        let is_real = self.substrate == Substrate::Live && kind.may_end_it();
        let pause = self.network.faults.iter().find(|window| {
            is_real && window.fault.stopped() == Some(branch) && window.from < until && from < window.until
        });
        if let Some(window) = pause {
            return Err(AccidentError::OverlapsPause { other: window.id });
        }
        let overlaps = |other: &&Accident| other.branch == branch && other.from < until && from < other.until;
        match before.iter().find(overlaps) {
            Some(other) => Err(AccidentError::Overlaps { other: other.id }),
            None => Ok(()),
        }
    }
}
