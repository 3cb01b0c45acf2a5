//! The next operation of one session, before amounts: whether it writes, and on which account.

use super::accounts::{AccountFamily, AccountSlot};
use super::plan::Queries;
use super::purpose::WorkloadPurpose;
use super::shared::SharedPlan;
use crate::model::AccountId;
use crate::rng::KeyedRng;

/// One operation of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pick {
    pub family: AccountFamily,
    pub account: AccountId,
    /// The session's slot, by its number among all of them.
    pub slot: usize,
    pub action: OperationChoice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OperationChoice {
    /// The write at this position of the session's script for the account.
    Write {
        position: usize,
    },
    Query,
}

/// One session's picks, one after another.
#[derive(Debug, Clone)]
pub(super) struct Picker {
    session: usize,
    rng: KeyedRng,
    /// By number of the slot: how many writes the session has made there, over all generations.
    written: Vec<u64>,
    last_written: Option<Pick>,
}

/// The draws for one operation, whether they are used or not: so plans that differ in one share draw alike.
struct Units {
    action: f64,
    family: f64,
    slot: f64,
    asked: usize,
}

impl Picker {
    pub(super) fn new(shared: &SharedPlan, session: usize) -> Picker {
        let rng = shared.rng(WorkloadPurpose::Operation, [session as u64, 0]);
        Picker { session, rng, written: vec![0; shared.accounts.layout.slots()], last_written: None }
    }

    /// The next operation, as the mix has it.
    pub(super) fn next(&mut self, shared: &SharedPlan) -> Pick {
        let units = self.units(shared);
        let slot = shared.slot(units.family, units.slot);
        if units.action < shared.plan.mix.query {
            self.query(shared, slot, units.asked)
        } else {
            self.write(shared, slot)
        }
    }

    /// The next operation, which is a write.
    pub(super) fn next_write(&mut self, shared: &SharedPlan) -> Pick {
        let units = self.units(shared);
        self.write(shared, shared.slot(units.family, units.slot))
    }

    /// How many generations of accounts the picks so far have used; at least one.
    pub(super) fn generations(&self, shared: &SharedPlan) -> u64 {
        let of = |(number, &written): (usize, &u64)| {
            written.div_ceil(shared.accounts.layout.writes(shared.accounts.layout.family(number)) as u64)
        };
        self.written.iter().enumerate().map(of).max().unwrap_or(1).max(1)
    }

    fn units(&mut self, shared: &SharedPlan) -> Units {
        Units {
            action: self.rng.unit(),
            family: self.rng.unit(),
            slot: self.rng.unit(),
            asked: self.rng.below(shared.plan.sessions),
        }
    }

    fn write(&mut self, shared: &SharedPlan, slot: AccountSlot) -> Pick {
        let number = shared.accounts.layout.number(slot);
        let writes = shared.accounts.layout.writes(slot.family) as u64;
        let (generation, position) = (self.written[number] / writes, self.written[number] % writes);
        let account = shared.accounts.layout.account(self.session, slot, generation);
        self.written[number] += 1;
        let action = OperationChoice::Write { position: position as usize };
        let pick = Pick { family: slot.family, account, slot: number, action };
        self.last_written = Some(pick);
        pick
    }

    fn query(&self, shared: &SharedPlan, slot: AccountSlot, asked: usize) -> Pick {
        let number = shared.accounts.layout.number(slot);
        let written = self.written[number];
        let generation = written.saturating_sub(1) / shared.accounts.layout.writes(slot.family) as u64;
        let of = |session| Pick {
            family: slot.family,
            account: shared.accounts.layout.account(session, slot, generation),
            slot: number,
            action: OperationChoice::Query,
        };
        let last = || self.last_written.map(|pick| Pick { action: OperationChoice::Query, ..pick });
        match shared.plan.queries {
            Queries::Written if written > 0 => of(self.session),
            Queries::Written | Queries::LastWritten => last().unwrap_or(of(self.session)),
            Queries::Anyones => of(asked),
        }
    }
}
