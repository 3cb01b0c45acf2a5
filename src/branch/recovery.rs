//! What a log does to a branch that comes back, and one record that does the same as all that were synced.

use super::{Branch, Serving};
use crate::model::{Checkpoint, Record, Snapshot, mutated};

impl Branch {
    /// All that the synced records say, as one that can stand in their place: whoever recovers from it, and from the
    /// records that follow the last synced one, comes back as from all of them. `None` while the branch has no
    /// standing.
    pub fn checkpoint(&self) -> Option<Record> {
        match self.serving {
            Serving::Yes | Serving::Stopping => {}
            Serving::Joining { .. } | Serving::Installing => return None,
        }
        let state = Snapshot {
            applied: self.applied.clone(),
            balances: self.ledger.changed(&self.config.initial_balances),
            kept: self.log.iter().cloned().collect(),
        };
        Some(Record::Checkpoint(Checkpoint {
            state,
            answers: self.memory.synced(|request| self.unsynced.holds(request)),
            forgotten: self.memory.watermark(),
            took_state_over: self.took_state_over,
            lost_state: self.lost_state,
        }))
    }

    /// Everything that a log record does to a branch that comes back, synced as it is.
    pub(super) fn recover(&mut self, record: Record) {
        match record {
            Record::Write(write) => {
                if write.dot.origin == self.origin && !mutated!(self.config, ForgottenDeduplication) {
                    self.memory.remember(write.request, Ok(write.dot));
                }
                self.remember_first_known(write.dot.origin);
                self.intake.note(write.dot.origin, write.dot.counter);
                self.apply_write(&write);
                self.retain(write);
            }
            Record::Refused { request, refusal } => {
                self.memory.remember(request, Err(refusal));
            }
            Record::Forgotten { up_to } => self.memory.forget(up_to),
            Record::Joining => self.serving = Serving::joining(&self.config, true),
            Record::Joined => self.serving = Serving::Yes,
            Record::Snapshot(snapshot) => {
                self.intake.jump(&snapshot.applied);
                self.install(snapshot);
            }
            Record::Checkpoint(Checkpoint { state, answers, forgotten, took_state_over, lost_state }) => {
                self.serving = Serving::Yes;
                self.intake.jump(&state.applied);
                self.install(state);
                self.memory.restore(answers, forgotten);
                (self.took_state_over, self.lost_state) = (took_state_over, lost_state);
            }
        }
    }
}
