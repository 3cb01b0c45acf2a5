//! The states of branches that are processes, shared by all threads that deal with them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::live::record::EventBuffer;
use crate::live::record::ipc::{BranchStatus, FinalState, FromChild};
use crate::model::{BranchId, Time, VersionVector};
use crate::results::RecoveryObserved;
use crate::scenario::{Observation, TrialEvent};

/// How long a process may take until it reports a status, the time when it is stopped not counted.
pub(super) const START_MAX: Duration = Duration::from_secs(15);

/// Why a branch that is a process spoils a trial.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The system refuses something that the process needs.
    #[error("branch {branch}: {problem}: {source}")]
    Io {
        /// The branch.
        branch: BranchId,
        /// What failed.
        problem: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The process ended unexpectedly.
    #[error("the process of branch {branch} ended by itself ({status}): {messages}")]
    Ended {
        /// The branch.
        branch: BranchId,
        /// Its exit status.
        status: String,
        /// The last lines of its standard error.
        messages: String,
    },
    /// The process has reported no status in time.
    #[error("branch {branch} did not start within {START_MAX:?}: {messages}")]
    Late {
        /// The branch.
        branch: BranchId,
        /// The last lines of its standard error.
        messages: String,
    },
    /// The process has not reported its final state.
    #[error("branch {branch} did not report its final state")]
    Silent {
        /// The branch.
        branch: BranchId,
    },
}

/// The states of all processes.
pub(super) struct ProcessTable {
    pub entries: BTreeMap<BranchId, ProcessEntry>,
    /// The events of the supervisor, apart from those of the branches.
    pub events: Arc<EventBuffer>,
    /// The first reason for which the trial is spoilt.
    pub failure: Mutex<Option<ProcessError>>,
    /// Processor time of all processes, those that have ended included.
    pub cpu: Mutex<Duration>,
    /// The trial's base, once its network has started.
    pub base: Mutex<Option<Time>>,
}

/// One branch, whichever process serves it now.
pub(super) struct ProcessEntry {
    pub buffer: Arc<EventBuffer>,
    state: Mutex<ProcessState>,
}

#[derive(Default)]
pub(super) struct ProcessState {
    pub address: Option<SocketAddr>,
    /// When its present process was started.
    pub started: Option<Time>,
    /// The last status that its present process has reported.
    pub status: Option<BranchStatus>,
    /// The writes that the history has as visible.
    pub recorded: VersionVector,
    pub final_state: Option<FinalState>,
    pub recoveries: Vec<RecoveryObserved>,
}

impl ProcessEntry {
    pub fn state(&self) -> MutexGuard<'_, ProcessState> {
        lock(&self.state)
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics with it locked")
}

impl ProcessTable {
    pub fn new(buffers: &BTreeMap<BranchId, Arc<EventBuffer>>, events: &Arc<EventBuffer>) -> ProcessTable {
        let entry = |(&branch, buffer): (&BranchId, &Arc<EventBuffer>)| {
            (branch, ProcessEntry { buffer: Arc::clone(buffer), state: Mutex::default() })
        };
        ProcessTable {
            entries: buffers.iter().map(entry).collect(),
            events: Arc::clone(events),
            failure: Mutex::default(),
            cpu: Mutex::default(),
            base: Mutex::default(),
        }
    }

    /// The trial is spoilt, for this reason unless there was one before.
    pub fn fail(&self, error: ProcessError) {
        lock(&self.failure).get_or_insert(error);
    }

    /// The first branch that has not reported its final state.
    pub fn without_final_state(&self) -> Option<BranchId> {
        let is_silent = |(_, entry): &(&BranchId, &ProcessEntry)| entry.state().final_state.is_none();
        self.entries.iter().find(is_silent).map(|(&branch, _)| branch)
    }

    /// A process has ended, and all its messages are received.
    pub fn mark_ended(&self, branch: BranchId) {
        let entry = &self.entries[&branch];
        entry.state().status = None;
        entry.buffer.follow(None);
    }

    /// Takes a message of a branch's process, which is its first one or started again.
    pub fn receive(&self, branch: BranchId, is_first: bool, message: FromChild) {
        let entry = &self.entries[&branch];
        match message {
            FromChild::Listening(address) => entry.state().address = Some(address),
            FromChild::Started { at, applied, recovery } => {
                let mut state = entry.state();
                // A write that was synced, but whose branch was killed before it could report it, is visible now.
                let recovered = state.recorded.merge_new(&applied).into_iter().map(Observation::Applied);
                entry.buffer.record_at(at, recovered.map(|applied| TrialEvent::Observed(branch, applied)));
                if !is_first {
                    let took = at.since(state.started.unwrap_or(at));
                    let recovered = self.recovered(branch, at, took, recovery);
                    state.recoveries.push(recovered);
                }
            }
            FromChild::Observed(at, observations) => {
                let mut state = entry.state();
                for observation in &observations {
                    if let Observation::Applied(range) = observation {
                        state.recorded.raise(range.origin, range.last);
                    }
                }
                let events = observations.into_iter().map(|one| TrialEvent::Observed(branch, one));
                entry.buffer.record_at(at, events);
            }
            FromChild::Status(at, status) => {
                entry.state().status = Some(status);
                entry.buffer.follow(Some(at));
            }
            FromChild::Final(last) => entry.state().final_state = Some(*last),
        }
    }

    fn recovered(
        &self,
        branch: BranchId,
        at: Time,
        took: Duration,
        recovery: Option<(u64, Duration)>,
    ) -> RecoveryObserved {
        let (records, replay) = recovery.unwrap_or_default();
        let note =
            format!("branch {branch} came back in {took:.1?}: {records} records replayed in {replay:.1?}");
        self.events.record(TrialEvent::Note(note));
        let base = lock(&self.base).unwrap_or(at);
        let ms = |span: Duration| span.as_secs_f64() * 1e3;
        RecoveryObserved {
            branch,
            at_s: at.since(base).as_secs_f64(),
            took_ms: ms(took),
            records,
            replay_ms: ms(replay),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::InjectionError;
    use crate::results::BranchObserved;

    const BRANCHES: [BranchId; 2] = [BranchId(1), BranchId(2)];

    fn process_table() -> ProcessTable {
        let buffers = BRANCHES.map(|branch| (branch, Arc::default())).into();
        ProcessTable::new(&buffers, &Arc::default())
    }

    fn final_state(branch: BranchId) -> FinalState {
        FinalState {
            branch,
            applied: VersionVector::new(),
            balances: BTreeMap::new(),
            observed: BranchObserved::nothing(branch),
            injection_error: InjectionError::new(),
        }
    }

    #[test]
    fn a_branch_that_came_back_does_not_have_the_status_of_its_former_life() {
        let table = process_table();
        let status = |branch: usize| table.entries[&BRANCHES[branch]].state().status.clone();
        table.receive(BRANCHES[0], true, FromChild::Status(Time(5), BranchStatus::default()));
        assert_eq!((status(0), status(1)), (Some(BranchStatus::default()), None));
        table.mark_ended(BRANCHES[0]);
        assert_eq!(status(0), None);
        let started = FromChild::Started { at: Time(9), applied: VersionVector::new(), recovery: None };
        table.receive(BRANCHES[0], false, started);
        assert_eq!(status(0), None);
        table.receive(BRANCHES[0], false, FromChild::Status(Time(10), BranchStatus::default()));
        assert_eq!(status(0), Some(BranchStatus::default()));
    }

    #[test]
    fn the_branch_that_is_silent_at_the_end_is_named_and_no_other() {
        let table = process_table();
        for branch in BRANCHES {
            assert_eq!(table.without_final_state(), Some(branch));
            table.receive(branch, true, FromChild::Final(Box::new(final_state(branch))));
        }
        assert_eq!(table.without_final_state(), None);
    }
}
