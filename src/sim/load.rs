//! Which operation starts when: an open loop's arrivals, or a closed loop's steps.

use std::time::Duration;

use super::world::{SimEvent, World};
use crate::model::{Dot, Time};
use crate::scenario::IntendedOperation;
use crate::workload::{self, Backlog, Offered, Schedule, Sequence, Step, Steps, Workload};

/// The operations that customers have before them.
pub(super) struct SimLoad {
    plan: LoadPlan,
    /// How many sessions have a name.
    pub named: u32,
}

enum LoadPlan {
    Open {
        schedule: Box<Schedule>,
        /// The arrival that is due next.
        next: Option<workload::Arrival>,
        backlog: Backlog,
        /// Sessions with an operation in flight.
        busy: usize,
    },
    Closed {
        /// By customer.
        rounds: Vec<Round>,
        /// Customers that have not left.
        staying: usize,
    },
}

/// A customer of a closed loop.
struct Round {
    steps: Steps,
    /// The step that it thinks about or waits for, and when it was to start.
    ahead: Option<(Step, Time)>,
}

impl SimLoad {
    pub fn new(workload: &Workload, queued_max: usize) -> SimLoad {
        let plan = match workload.sequence() {
            Sequence::Open(schedule) => {
                let backlog = Backlog::new(workload.plan().sessions, queued_max);
                LoadPlan::Open { schedule, next: None, backlog, busy: 0 }
            }
            Sequence::Closed(steps) => {
                let staying = steps.len();
                let rounds = steps.into_iter().map(|steps| Round { steps, ahead: None }).collect();
                LoadPlan::Closed { rounds, staying }
            }
        };
        SimLoad { plan, named: 0 }
    }
}

impl World<'_> {
    /// The first operations are due from here on.
    pub fn begin_load(&mut self) {
        match &self.load.plan {
            LoadPlan::Open { .. } => {
                if self.scenario.service_time.is_zero() {
                    self.note(
                        "no processor is modelled: branches take no time for a message, so nothing saturates",
                    );
                }
                self.await_arrival();
            }
            LoadPlan::Closed { rounds, .. } => (0..rounds.len()).for_each(|which| self.next_step(which)),
        }
    }

    /// Whether no operation is in flight and none will start.
    pub fn all_are_gone(&self) -> bool {
        match &self.load.plan {
            LoadPlan::Open { next, busy, .. } => next.is_none() && *busy == 0,
            LoadPlan::Closed { staying, .. } => *staying == 0,
        }
    }

    /// The next arrival is now.
    pub fn arrival(&mut self) {
        let LoadPlan::Open { next, backlog, busy, .. } = &mut self.load.plan else { return };
        let Some(arrival) = next.take() else { return };
        let offered = backlog.offer(self.now - Time(0), arrival);
        *busy += usize::from(offered == Offered::Start);
        let (which, planned) = (arrival.session, self.planned(arrival));
        match offered {
            Offered::Start => self.perform(which, planned),
            Offered::Queued => {}
            Offered::Refused => self.refuse(which, planned),
        }
        self.await_arrival();
    }

    /// The customer has thought for long enough about its next step.
    pub fn thought(&mut self, which: usize) {
        let LoadPlan::Closed { rounds, .. } = &self.load.plan else { return };
        let Some((step, _)) = rounds[which].ahead else { return };
        if self.isolation.is_some() && step.operation.is_write() {
            let place = self.place(step.branch);
            self.come_to_gate(place, which);
        } else {
            self.start(which);
        }
    }

    /// The customer starts the step before it, if the load is not over.
    pub fn start(&mut self, which: usize) {
        let is_isolated = self.isolation.is_some();
        let LoadPlan::Closed { rounds, .. } = &mut self.load.plan else { return };
        let Some((step, intended)) = rounds[which].ahead.take() else { return };
        if self.now >= self.ends {
            return self.leave();
        }
        let Step { branch, operation, .. } = step;
        // An isolated write is meant to wait.
        let intended = if is_isolated && operation.is_write() { intended.max(self.now) } else { intended };
        let warm_up = self.is_warm_up(intended);
        self.perform(which, IntendedOperation { branch, operation, intended, warm_up });
    }

    /// The customer's operation has ended, with the write's name if it is one and is `ok`.
    pub fn go_on(&mut self, which: usize, written: Option<Dot>) {
        match &self.load.plan {
            LoadPlan::Open { .. } => self.work_off(which),
            LoadPlan::Closed { .. } => {
                self.leave_gate(which, written);
                self.next_step(which);
            }
        }
    }

    /// A customer of a closed loop has nothing more to do.
    pub fn leave(&mut self) {
        let LoadPlan::Closed { staying, .. } = &mut self.load.plan else { return };
        *staying -= 1;
    }

    fn await_arrival(&mut self) {
        let LoadPlan::Open { schedule, next, .. } = &mut self.load.plan else { return };
        *next = schedule.next();
        if let Some(arrival) = next {
            self.queue.push(Time(0) + arrival.at, SimEvent::Arrival);
        }
    }

    /// The session's operation has ended: the arrival that has waited longest is next.
    fn work_off(&mut self, which: usize) {
        loop {
            let LoadPlan::Open { backlog, busy, .. } = &mut self.load.plan else { return };
            let Some(arrival) = backlog.ended(which) else {
                *busy -= 1;
                return;
            };
            let planned = self.planned(arrival);
            if self.now < self.ends {
                return self.perform(which, planned);
            }
            self.refuse(which, planned);
        }
    }

    fn next_step(&mut self, which: usize) {
        let LoadPlan::Closed { rounds, .. } = &mut self.load.plan else { return };
        let Some(step) = rounds[which].steps.next() else {
            self.ran_out = true;
            return self.leave();
        };
        let intended = self.now + step.think;
        if intended >= self.ends {
            return self.leave();
        }
        rounds[which].ahead = Some((step, intended));
        if step.think.is_zero() {
            self.thought(which);
        } else {
            self.queue.push(intended, SimEvent::Thought { customer: which as u32 });
        }
    }

    fn planned(&self, arrival: workload::Arrival) -> IntendedOperation {
        let workload::Arrival { at, branch, operation, .. } = arrival;
        let intended = Time(0) + at;
        IntendedOperation { branch, operation, intended, warm_up: self.is_warm_up(intended) }
    }

    fn is_warm_up(&self, intended: Time) -> bool {
        let elapsed: Duration = intended - Time(0);
        elapsed < self.scenario.warm_up
    }
}
