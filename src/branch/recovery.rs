//! How a branch comes back from its log, and the one record that replaces all that were synced.

use super::Branch;
use super::transfer::Serving;
use crate::model::{Checkpoint, Record, Snapshot, WriteRange, mutated};

impl Branch {
    /// One record in the place of all that are synced: a branch that recovers from it, and from the records behind the
    /// last synced one, comes back as from all of them. `None` while the branch does not know whether it may serve.
    pub fn checkpoint(&self) -> Option<Record> {
        match self.transfer.serving {
            Serving::Yes | Serving::Stopping => {}
            Serving::Joining { .. } | Serving::Installing => return None,
        }
        let state = Snapshot {
            applied: self.store.applied.clone(),
            balances: self.bank.ledger.changed(&self.config.initial_balances),
            kept: self.store.log.iter().cloned().collect(),
        };
        Some(Record::Checkpoint(Checkpoint {
            state,
            answers: self.bank.client_table.synced(|request| self.store.unsynced.holds(request)),
            forgotten: self.bank.client_table.watermark(),
            took_state_over: self.transfer.took_state_over && !mutated!(self.config, TookOverForgotten),
            lost_state: self.transfer.lost_state,
        }))
    }

    /// Repeats the effect of a log record, which is synced.
    pub(super) fn recover(&mut self, record: Record) {
        match record {
            Record::Write(write) => {
                if write.dot.origin == self.store.own && !mutated!(self.config, ForgottenDeduplication) {
                    self.bank.client_table.remember(write.request, Ok(write.dot));
                }
                self.replication.remember_first_known(write.dot.origin);
                self.store.reorder.note(write.dot.origin, write.dot.counter);
                self.apply_write(&write);
                self.retain(write);
            }
            Record::Refused { request, refusal } => {
                self.bank.client_table.remember(request, Err(refusal));
            }
            Record::Forgotten { up_to } => self.bank.client_table.forget(up_to),
            Record::Joining => self.transfer.serving = Serving::joining(&self.config, true),
            Record::Joined => self.transfer.serving = Serving::Yes,
            Record::Snapshot(snapshot) => {
                self.store.reorder.jump(&snapshot.applied);
                self.install(snapshot);
            }
            Record::Checkpoint(Checkpoint { state, answers, forgotten, took_state_over, lost_state }) => {
                self.transfer.serving = Serving::Yes;
                self.store.reorder.jump(&state.applied);
                self.install(state);
                self.bank.client_table.restore(answers, forgotten);
                (self.transfer.took_state_over, self.transfer.lost_state) = (took_state_over, lost_state);
            }
        }
    }

    /// Puts a snapshot whose record is synced in the place of the state; returns which writes became visible.
    pub(super) fn install(&mut self, snapshot: Snapshot) -> Vec<WriteRange> {
        let Snapshot { applied, balances, kept } = snapshot;
        self.bank.ledger.replace(&self.config.initial_balances, &balances);
        // Writes that are here and not in the snapshot come on top of it.
        for write in self.store.log.iter().filter(|write| !applied.contains(write.dot)) {
            self.bank.ledger.apply(write);
        }
        applied.iter().for_each(|(origin, _)| self.replication.remember_first_known(origin));
        self.transfer.installed();
        self.store.install(&applied, kept)
    }
}
