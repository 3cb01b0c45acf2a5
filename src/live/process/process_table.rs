//! What is known of branches that are processes, by all threads that deal with them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::live::record::event_buffer::EventBuffer;
use crate::live::record::ipc::{BranchStanding, FinalReport, FromChild, Observation};
use crate::model::{BranchId, Time, VersionVector};
use crate::results::RecoveryObserved;
use crate::scenario::{TrialEvent, WriteRange};

/// How long a process may take until it says how it stands, the time when it is stopped not counted.
pub(in crate::live) const RISE_MAX: Duration = Duration::from_secs(15);

/// Why processes spoil a trial.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("branch {branch}: {problem}: {source}")]
    Io { branch: BranchId, problem: &'static str, source: io::Error },
    #[error("the process of branch {branch} ended by itself ({status}): {last_words}")]
    Ended { branch: BranchId, status: String, last_words: String },
    #[error("branch {branch} did not come up within {RISE_MAX:?}: {last_words}")]
    Late { branch: BranchId, last_words: String },
    #[error("branch {branch} does not say how it ended")]
    Silent { branch: BranchId },
}

/// What all threads know.
pub(in crate::live) struct ProcessTable {
    pub places: BTreeMap<BranchId, ProcessEntry>,
    /// The director's, for what it does and not the branches.
    pub tape: Arc<EventBuffer>,
    pub failure: Mutex<Option<ProcessError>>,
    /// Processor time of all processes, those that have ended included.
    pub cpu: Mutex<Duration>,
    pub base: Mutex<Option<Time>>,
}

/// One branch, whichever process it is.
pub(in crate::live) struct ProcessEntry {
    pub tape: Arc<EventBuffer>,
    pub state: Mutex<ProcessState>,
}

#[derive(Default)]
pub(in crate::live) struct ProcessState {
    pub address: Option<SocketAddr>,
    pub started: Option<Time>,
    /// How it stands, if it has said so in its present life.
    pub standing: Option<BranchStanding>,
    /// The writes that its history has as visible.
    pub told: VersionVector,
    pub account: Option<FinalReport>,
    pub recoveries: Vec<RecoveryObserved>,
}

impl ProcessEntry {
    pub fn state(&self) -> MutexGuard<'_, ProcessState> {
        lock(&self.state)
    }
}

pub(in crate::live) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics with it in hand")
}

impl ProcessTable {
    pub fn new(tapes: &BTreeMap<BranchId, Arc<EventBuffer>>, director: &Arc<EventBuffer>) -> ProcessTable {
        let place = |(&branch, tape): (&BranchId, &Arc<EventBuffer>)| {
            (branch, ProcessEntry { tape: Arc::clone(tape), state: Mutex::default() })
        };
        ProcessTable {
            places: tapes.iter().map(place).collect(),
            tape: Arc::clone(director),
            failure: Mutex::default(),
            cpu: Mutex::default(),
            base: Mutex::default(),
        }
    }

    pub fn fail(&self, error: ProcessError) {
        lock(&self.failure).get_or_insert(error);
    }

    /// Who has not said how it ended, if anybody has not.
    pub fn silent(&self) -> Option<BranchId> {
        let is_silent = |(_, place): &(&BranchId, &ProcessEntry)| place.state().account.is_none();
        self.places.iter().find(is_silent).map(|(&branch, _)| branch)
    }

    /// A process has ended, and all that it said is heard.
    pub fn gone(&self, branch: BranchId) {
        let place = &self.places[&branch];
        place.state().standing = None;
        place.tape.follow(None);
    }

    /// What a process says goes where it belongs.
    pub fn hear(&self, branch: BranchId, is_first: bool, news: FromChild) {
        let place = &self.places[&branch];
        match news {
            FromChild::Listening(address) => place.state().address = Some(address),
            FromChild::Began { at, applied, recovery } => {
                let mut state = place.state();
                place.tape.relay(at, state.catch_up(branch, &applied));
                if !is_first {
                    let took = at.since(state.started.unwrap_or(at));
                    let recovered = self.recovered(branch, at, took, recovery);
                    state.recoveries.push(recovered);
                }
            }
            FromChild::Seen(at, seen) => {
                let mut state = place.state();
                place.tape.relay(at, seen.into_iter().map(|seen| state.happened(branch, seen)));
            }
            FromChild::Standing(at, standing) => {
                place.state().standing = Some(standing);
                place.tape.follow(Some(at));
            }
            FromChild::Account(account) => place.state().account = Some(*account),
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
        self.tape.record(TrialEvent::Note(note));
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

impl ProcessState {
    /// A write that was synced, and whose branch was killed before it could tell, is visible now.
    fn catch_up(&mut self, branch: BranchId, applied: &VersionVector) -> Vec<TrialEvent> {
        let mut runs = Vec::new();
        for (origin, last) in applied.iter() {
            let first = self.told.get(origin) + 1;
            if first <= last {
                self.told.raise(origin, last);
                runs.push(TrialEvent::Applied { branch, run: WriteRange { origin, first, last } });
            }
        }
        runs
    }

    fn happened(&mut self, branch: BranchId, seen: Observation) -> TrialEvent {
        match seen {
            Observation::Applied(run) => {
                self.told.raise(run.origin, run.last);
                TrialEvent::Applied { branch, run }
            }
            Observation::Sent { to, run, copy, delays } => {
                TrialEvent::Sent { from: branch, to, run, copy, delays: delays.into() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRANCHES: [BranchId; 2] = [BranchId(1), BranchId(2)];

    fn household() -> ProcessTable {
        let tapes = BRANCHES.map(|branch| (branch, Arc::default())).into();
        ProcessTable::new(&tapes, &Arc::default())
    }

    #[test]
    fn a_branch_that_came_back_does_not_stand_as_it_stood_in_its_former_life() {
        let household = household();
        let standing = |branch: usize| household.places[&BRANCHES[branch]].state().standing.clone();
        household.hear(BRANCHES[0], true, FromChild::Standing(Time(5), BranchStanding::default()));
        assert_eq!((standing(0), standing(1)), (Some(BranchStanding::default()), None));
        household.gone(BRANCHES[0]);
        assert_eq!(standing(0), None);
        let began = FromChild::Began { at: Time(9), applied: VersionVector::new(), recovery: None };
        household.hear(BRANCHES[0], false, began);
        assert_eq!(standing(0), None);
        household.hear(BRANCHES[0], false, FromChild::Standing(Time(10), BranchStanding::default()));
        assert_eq!(standing(0), Some(BranchStanding::default()));
    }
    #[test]
    fn the_branch_that_is_silent_at_the_end_is_named_and_no_other() {
        let household = household();
        for branch in BRANCHES {
            assert_eq!(household.silent(), Some(branch));
            let account = FinalReport {
                applied: VersionVector::new(),
                balances: Vec::new(),
                observed: String::new(),
                late: Vec::new(),
            };
            household.hear(branch, true, FromChild::Account(Box::new(account)));
        }
        assert_eq!(household.silent(), None);
    }
}
