//! The network of one trial at work.

use std::sync::Mutex;
use std::time::Duration;

use smallvec::SmallVec;

use super::base_delays::BaseDelays;
use super::fate_evaluation::FateEvaluation;
use super::fifo_links::FifoLinks;
use super::key::draws;
use super::{Fate, FaultWindow, MessageInfo, Network, NetworkPlan, NetworkPlanError, Order};
use crate::model::{BranchId, Time};
use crate::rng::HashedDraws;

/// A [`NetworkPlan`] with its seed, from its start on.
///
/// A fate is a function of plan, seed and message. [`Order::Fifo`] adds the one thing that is remembered: per
/// link that was ever used in that order, when its last message is due. A message asked about later is due no
/// earlier, so its delay depends on what went before, and asking twice for the same message may give a longer
/// delay. Messages are asked about in the order in which they are sent.
///
/// With a topology, a message from or to a branch that the plan does not name is a broken invariant: it panics.
pub struct PlannedNetwork {
    plan: NetworkPlan,
    base_delays: Option<BaseDelays>,
    draws: HashedDraws,
    start: Time,
    fifo_links: Mutex<FifoLinks>,
}

/// A branch is paused from `from` (included) to `until` (excluded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedPause {
    /// When it begins, on the clock of the network's start.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// That branch.
    pub branch: BranchId,
}

impl Network for PlannedNetwork {
    fn fate(&self, message: &MessageInfo) -> Fate {
        let elapsed = (message.sent_at >= self.start).then(|| message.sent_at - self.start);
        let evaluation = FateEvaluation::new(&self.plan, &self.draws, message, elapsed);
        let base = self.base_delays.as_ref().map_or(Duration::ZERO, |table| table.one_way(message.link()));
        let Some(mut delays) = evaluation.delays(base) else { return Fate::Drop };
        match evaluation.policy.order {
            Order::Independent => {}
            Order::Fifo => self.keep_order(message, &mut delays),
        }
        Fate::Deliver(delays)
    }
}

impl PlannedNetwork {
    /// The network of `seed`, whose fault windows count from `start`.
    ///
    /// # Errors
    ///
    /// Those of [`NetworkPlan::check`].
    pub fn start(plan: NetworkPlan, seed: u64, start: Time) -> Result<PlannedNetwork, NetworkPlanError> {
        plan.check()?;
        let base_delays = BaseDelays::of(&plan);
        let fifo_links = Mutex::new(FifoLinks::new(plan.branches.iter().copied()));
        Ok(PlannedNetwork { plan, base_delays, draws: draws(seed), start, fifo_links })
    }

    /// The plan that it follows.
    pub fn plan(&self) -> &NetworkPlan {
        &self.plan
    }

    /// The pauses of branches, which the substrate makes, in order of time.
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
    fn keep_order(&self, message: &MessageInfo, delays: &mut SmallVec<[Duration; 1]>) {
        delays.sort_unstable();
        let mut fifo_links = self.fifo_links.lock().expect("no fate panics");
        let last = fifo_links.last_due(message.link());
        for delay in delays {
            *last = (*last).max(message.sent_at + *delay);
            *delay = *last - message.sent_at;
        }
    }
}
