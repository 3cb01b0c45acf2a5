//! The network of one trial at work.

use std::sync::Mutex;
use std::time::Duration;

use smallvec::SmallVec;

use super::floors::BaseDelays;
use super::journey::FateEvaluation;
use super::key::draws;
use super::queues::FifoLinks;
use super::{Fate, FaultWindow, MessageInfo, Network, NetworkPlan, NetworkPlanError, Order};
use crate::model::{BranchId, Time};
use crate::rng::HashedDraws;

/// A [`NetworkPlan`] with its seed, from its start on.
///
/// A fate is a function of plan, seed and passage. [`Order::Fifo`] adds the one thing that is remembered: per
/// link that was ever used in that order, when its last message is due. A message asked about later is due no
/// earlier, so its delay depends on what went before, and asking twice for the same message may give a longer
/// delay. Messages are asked about in the order in which they are sent.
///
/// With a topology, a passage from or to a branch that the plan does not name is a broken invariant: it panics.
pub struct PlannedNetwork {
    plan: NetworkPlan,
    floors: Option<BaseDelays>,
    draws: HashedDraws,
    start: Time,
    queues: Mutex<FifoLinks>,
}

/// A branch stands still from `from` (included) to `until` (excluded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedPause {
    pub from: Time,
    pub until: Time,
    pub branch: BranchId,
}

impl Network for PlannedNetwork {
    fn fate(&self, passage: &MessageInfo) -> Fate {
        let elapsed = (passage.sent_at >= self.start).then(|| passage.sent_at - self.start);
        let journey = FateEvaluation::new(&self.plan, &self.draws, passage, elapsed);
        let floor = self.floors.as_ref().map_or(Duration::ZERO, |floors| floors.floor(passage.link()));
        let Some(mut delays) = journey.delays(floor) else { return Fate::Drop };
        match journey.conduct.order {
            Order::Independent => {}
            Order::Fifo => self.line_up(passage, &mut delays),
        }
        Fate::Deliver(delays)
    }
}

impl PlannedNetwork {
    /// Fault windows count from `start`. Error: [`NetworkPlan::check`]'s.
    pub fn start(plan: NetworkPlan, seed: u64, start: Time) -> Result<PlannedNetwork, NetworkPlanError> {
        plan.check()?;
        let (floors, queues) = (BaseDelays::of(&plan), FifoLinks::new(plan.branches.iter().copied()));
        Ok(PlannedNetwork { plan, floors, draws: draws(seed), start, queues: Mutex::new(queues) })
    }

    pub fn plan(&self) -> &NetworkPlan {
        &self.plan
    }

    /// What whoever runs the trial has to do itself, in order of time.
    pub fn pauses(&self) -> Vec<PlannedPause> {
        let pause = |window: &FaultWindow| {
            let branch = window.fault.stopped()?;
            Some(PlannedPause { from: self.start + window.from, until: self.start + window.until, branch })
        };
        let mut pauses: Vec<PlannedPause> = self.plan.faults.iter().filter_map(pause).collect();
        pauses.sort_unstable();
        pauses
    }

    /// Lengthens delays so that nothing is due before what was asked about earlier on this link.
    fn line_up(&self, passage: &MessageInfo, delays: &mut SmallVec<[Duration; 1]>) {
        delays.sort_unstable();
        let mut queues = self.queues.lock().expect("no fate panics");
        let last = queues.last_due(passage.link());
        for delay in delays {
            *last = (*last).max(passage.sent_at + *delay);
            *delay = *last - passage.sent_at;
        }
    }
}
