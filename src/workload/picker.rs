//! What one session does next, before amounts: whether it writes, and on which account.

use super::family::AccountFamily;
use super::frame::SharedPlan;
use super::layout::AccountSlot;
use super::plan::Queries;
use super::purpose::WorkloadPurpose;
use crate::model::AccountId;
use crate::rng::KeyedRng;

/// One operation of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pick {
    pub family: AccountFamily,
    pub account: AccountId,
    /// The session's lane, by its number among all of them.
    pub lane: usize,
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
    /// By number of the lane: how many writes the session has made there, over all generations.
    written: Vec<u64>,
    last_written: Option<Pick>,
}

/// What is drawn for an operation, whether it is used or not: so plans that differ in one share draw alike.
struct Units {
    action: f64,
    family: f64,
    lane: f64,
    asked: usize,
}

impl Picker {
    pub(super) fn new(frame: &SharedPlan, session: usize) -> Picker {
        let rng = frame.rng(WorkloadPurpose::Operation, [session as u64, 0]);
        Picker { session, rng, written: vec![0; frame.layout.lanes()], last_written: None }
    }

    /// The next operation, as the mix has it.
    pub(super) fn next(&mut self, frame: &SharedPlan) -> Pick {
        let units = self.units(frame);
        let lane = frame.lane(units.family, units.lane);
        if units.action < frame.plan.mix.query {
            self.query(frame, lane, units.asked)
        } else {
            self.write(frame, lane)
        }
    }

    /// The next operation, which is a write.
    pub(super) fn next_write(&mut self, frame: &SharedPlan) -> Pick {
        let units = self.units(frame);
        self.write(frame, frame.lane(units.family, units.lane))
    }

    /// How many generations of accounts the picks so far have used; at least one.
    pub(super) fn generations(&self, frame: &SharedPlan) -> u64 {
        let of = |(number, &written): (usize, &u64)| {
            written.div_ceil(frame.layout.writes(frame.layout.family(number)) as u64)
        };
        self.written.iter().enumerate().map(of).max().unwrap_or(1).max(1)
    }

    fn units(&mut self, frame: &SharedPlan) -> Units {
        Units {
            action: self.rng.unit(),
            family: self.rng.unit(),
            lane: self.rng.unit(),
            asked: self.rng.below(frame.plan.sessions),
        }
    }

    fn write(&mut self, frame: &SharedPlan, lane: AccountSlot) -> Pick {
        let number = frame.layout.number(lane);
        let writes = frame.layout.writes(lane.family) as u64;
        let (generation, position) = (self.written[number] / writes, self.written[number] % writes);
        let account = frame.layout.account(self.session, lane, generation);
        self.written[number] += 1;
        let action = OperationChoice::Write { position: position as usize };
        let pick = Pick { family: lane.family, account, lane: number, action };
        self.last_written = Some(pick);
        pick
    }

    fn query(&self, frame: &SharedPlan, lane: AccountSlot, asked: usize) -> Pick {
        let number = frame.layout.number(lane);
        let written = self.written[number];
        let generation = written.saturating_sub(1) / frame.layout.writes(lane.family) as u64;
        let of = |session| Pick {
            family: lane.family,
            account: frame.layout.account(session, lane, generation),
            lane: number,
            action: OperationChoice::Query,
        };
        let last = || self.last_written.map(|pick| Pick { action: OperationChoice::Query, ..pick });
        match frame.plan.queries {
            Queries::Written if written > 0 => of(self.session),
            Queries::Written | Queries::LastWritten => last().unwrap_or(of(self.session)),
            Queries::Anyones => of(asked),
        }
    }
}
