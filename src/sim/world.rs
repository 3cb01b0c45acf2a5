//! The state of a simulation, and its event loop.

use std::ops::{Add, ControlFlow};
use std::time::Duration;

use super::SimTrialError;
use super::customers::SimCustomer;
use super::faults::{ScheduledFault, scheduled_faults};
use super::history_emitter::HistoryEmitter;
use super::isolation::IsolationGates;
use super::load::SimLoad;
use super::log::{DiskSeen, SimLog};
use super::observer::Observer;
use super::queue::EventQueue;
use super::rules::RuleWatch;
use super::sim_branch::{SimBranch, SimMessage};
use super::trial::Simulated;
use super::{branches, size};
use crate::branch::{Branch, Counters, Input, Outbox, Start};
use crate::history::Milestone;
use crate::model::{BranchId, Time, VersionVector};
use crate::network::{InjectionError, Leg, PlannedNetwork};
use crate::scenario::{Scenario, SeededPart, TrialEvent, TrialProgress, schedule};
use crate::session;
use crate::workload::Workload;

/// Events between two calls of the caller's `watch`.
const EVENTS_BETWEEN_WATCHES: u32 = 1 << 14;

/// Something that is due at a time.
pub(super) enum SimEvent {
    Arrives {
        place: u32,
        leg: Leg,
        message: SimMessage,
    },
    /// A branch's processor is done with a message.
    Served {
        place: u32,
        life: u32,
    },
    Synced {
        place: u32,
        life: u32,
    },
    /// A branch's own timeout.
    BranchTimeout {
        place: u32,
        life: u32,
    },
    /// A customer receives the answer to an attempt; `sent_at` is when a branch sent it, if one did.
    Reply {
        customer: u32,
        input: session::SessionInput,
        sent_at: Option<Time>,
    },
    /// A session's own timeout.
    SessionTimeout {
        customer: u32,
    },
    /// A customer has thought for long enough.
    Thought {
        customer: u32,
    },
    /// The next arrival of an open loop.
    Arrival,
    /// An event that is due by the clock alone.
    Scheduled(Box<TrialEvent>),
    Fault(ScheduledFault),
    /// The end of the longest drain.
    Bound,
}

/// How far a simulation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Branches find each other; nothing delays their messages.
    Connecting,
    Load,
    Drain,
    Over,
}

pub(super) struct World<'a> {
    pub scenario: &'a Scenario,
    pub initial_balances: Vec<i64>,
    pub network: PlannedNetwork,
    pub now: Time,
    pub ends: Time,
    pub stage: Stage,
    pub queue: EventQueue<SimEvent>,
    /// In the order of `ids`; an index into both is a place.
    pub branches: Vec<SimBranch>,
    pub ids: Vec<BranchId>,
    pub customers: Vec<SimCustomer>,
    pub load: SimLoad,
    pub isolation: Option<IsolationGates>,
    pub emitter: HistoryEmitter<'a>,
    /// `None`: the observer does not ask for them.
    pub rules: Option<RuleWatch>,
    /// Kept for their room.
    pub outbox: Outbox,
    pub outputs: Vec<session::Output>,
    /// Messages to branches that are not yet handled.
    pub under_way: usize,
    /// Operations that have ended.
    pub ended: u64,
    /// A session made all its planned operations before the load was over.
    pub ran_out: bool,
    messages: u64,
    /// By leg, while measured.
    handed_over: [u64; Leg::ALL.len()],
}

impl<'a> World<'a> {
    pub fn new(
        scenario: &'a Scenario,
        workload: &Workload,
        observer: &'a mut dyn Observer,
    ) -> Result<World<'a>, SimTrialError> {
        let initial_balances = workload.accounts().initial_balances();
        let seed = scenario.seed_of(SeededPart::Network);
        let ids: Vec<BranchId> = scenario.network.branches.iter().copied().collect();
        let branches = ids.iter().map(|&id| first_start(scenario, &initial_balances, id));
        let branches = branches.collect::<Result<Vec<SimBranch>, SimTrialError>>()?;
        let emitter = HistoryEmitter::new(observer);
        let cores: Vec<&Branch> = branches.iter().filter_map(|branch| branch.core.as_ref()).collect();
        let rules = emitter.wants_rules().then(|| RuleWatch::new(&cores));
        Ok(World {
            network: PlannedNetwork::start(scenario.network.clone(), seed, Time(0))?,
            initial_balances,
            now: Time(0),
            ends: Time(0) + scenario.load_ends(),
            stage: Stage::Connecting,
            queue: EventQueue::new(),
            isolation: scenario.isolated_writes.then(|| IsolationGates::new(branches.len())),
            branches,
            ids,
            customers: Vec::new(),
            load: SimLoad::new(workload, scenario.queued_max),
            emitter,
            rules,
            outbox: Outbox::default(),
            outputs: Vec::new(),
            under_way: 0,
            ended: 0,
            ran_out: false,
            messages: 0,
            handed_over: [0; Leg::ALL.len()],
            scenario,
        })
    }

    /// Runs to the end.
    ///
    /// # Errors
    ///
    /// An event that cannot be recorded, and a `watch` that breaks it off.
    pub fn run(
        &mut self,
        watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
    ) -> Result<(), SimTrialError> {
        self.open();
        let mut until_watch = 0;
        while self.stage != Stage::Over {
            self.emitter.check()?;
            if until_watch == 0 {
                until_watch = EVENTS_BETWEEN_WATCHES;
                if watch(self.progress()).is_break() {
                    return Err(SimTrialError::GivenUp);
                }
            }
            until_watch -= 1;
            let (at, due) = self.queue.pop().expect("the end of the load and of the drain are due");
            self.now = at;
            self.dispatch(due);
            self.advance_stage();
        }
        self.emitter.check()
    }

    pub fn simulated(self) -> Simulated {
        let mut injection_error = InjectionError::new();
        for (leg, count) in Leg::ALL.into_iter().zip(self.handed_over) {
            injection_error.note_many(leg, Duration::ZERO, count);
        }
        let token = |customer: &SimCustomer| size::token(customer.session.token());
        Simulated {
            operations: self.ended,
            messages: self.messages,
            token_bytes_max: self.customers.iter().map(token).max().unwrap_or_default(),
            ran_out: self.ran_out,
            branches: self.branches.iter().map(SimBranch::observed).collect(),
            disks: self.branches.iter().map(|branch| branch.log.seen).fold(DiskSeen::default(), Add::add),
            counters: self.branches.iter().map(SimBranch::counters).fold(Counters::default(), Add::add),
            injection_error,
        }
    }

    /// Counts a message that is handed over.
    pub fn count(&mut self, leg: Leg) {
        self.messages += 1;
        self.handed_over[leg as usize] += 1;
    }

    /// The place of a branch of this cluster.
    pub fn place(&self, branch: BranchId) -> usize {
        self.ids.binary_search(&branch).expect("branches name branches of their cluster")
    }

    /// Adds an event to the history, now.
    pub fn emit(&mut self, event: impl FnOnce() -> TrialEvent) {
        self.emitter.emit(self.now, event);
    }

    pub fn note(&mut self, text: &str) {
        self.emit(|| TrialEvent::Note(text.to_owned()));
    }

    /// The state at the base: branches and customers, the schedule, and the first operations.
    fn open(&mut self) {
        let (scenario, initial_balances) = (self.scenario, &self.initial_balances);
        self.emitter.header(|| scenario.header(initial_balances));
        for at in 0..self.branches.len() {
            let origin = self.branches[at].origin;
            self.emit(|| TrialEvent::Began(origin));
        }
        self.meet();
        self.stage = Stage::Load;
        for (at, event) in schedule(scenario) {
            self.queue.push(Time(0) + at, SimEvent::Scheduled(Box::new(event)));
        }
        for (at, fault) in scheduled_faults(scenario, &self.network, &self.ids) {
            self.queue.push(at, SimEvent::Fault(fault));
        }
        self.enter_customers();
        self.begin_load();
    }

    /// Branches connect with each other, and hear of each other without delay.
    fn meet(&mut self) {
        for at in 0..self.branches.len() {
            for peer in self.ids.clone() {
                if peer != self.ids[at] {
                    self.input(at, Input::Connected { peer });
                }
            }
        }
        // Timeouts are later than the base, so that nothing else is due but syncs.
        while self.under_way > 0 {
            let (_, due) = self.queue.pop().expect("a message is under way");
            self.dispatch(due);
        }
    }

    fn dispatch(&mut self, due: SimEvent) {
        match due {
            SimEvent::Arrives { place, leg, message } => {
                self.count(leg);
                self.arrive(place as usize, message);
            }
            SimEvent::Served { place, life } => self.served(place as usize, life),
            SimEvent::Synced { place, life } => self.synced(place as usize, life),
            SimEvent::BranchTimeout { place, life } => self.expire(place as usize, life),
            SimEvent::Reply { customer, input, sent_at } => {
                self.count(Leg::Reply);
                self.hear(customer as usize, input, sent_at);
            }
            SimEvent::SessionTimeout { customer } => self.wake(customer as usize),
            SimEvent::Thought { customer } => self.thought(customer as usize),
            SimEvent::Arrival => self.arrival(),
            SimEvent::Scheduled(event) => self.scheduled(*event),
            SimEvent::Fault(fault) => self.fault_step(fault),
            SimEvent::Bound => self.close(Milestone::DrainBound),
        }
    }

    fn scheduled(&mut self, event: TrialEvent) {
        if let TrialEvent::Reached(Milestone::WarmUpOver) = event {
            self.handed_over = [0; Leg::ALL.len()];
        }
        let is_end = matches!(event, TrialEvent::Reached(Milestone::LoadOver));
        self.emit(|| event);
        if is_end {
            self.open_all_gates();
        }
    }

    /// Goes on to the next stage, if this one is over.
    fn advance_stage(&mut self) {
        if self.stage == Stage::Load && self.now >= self.ends && self.all_are_gone() {
            if self.ran_out {
                self.note("a session ran out of planned operations before the load was over");
            }
            self.stage = Stage::Drain;
            self.queue.push(self.now + self.scenario.drain_max, SimEvent::Bound);
        }
        if self.stage == Stage::Drain && self.under_way == 0 && self.is_at_rest() {
            self.close(Milestone::Drained);
        }
    }

    /// Nothing is parked or waits for a disk, and all branches show the same.
    fn is_at_rest(&self) -> bool {
        let is_idle = |branch: &SimBranch| {
            branch.log.is_synced() && branch.core.as_ref().is_some_and(|core| core.parked() == 0)
        };
        let applied = |at: usize| self.branches[at].core.as_ref().map(Branch::applied);
        self.branches.iter().all(is_idle) && (1..self.branches.len()).all(|at| applied(at) == applied(0))
    }

    /// Records the final state of the branches, and ends the history.
    fn close(&mut self, reached: Milestone) {
        self.emit(|| TrialEvent::Reached(reached));
        for branch in &self.branches {
            let Some(core) = &branch.core else { continue };
            let (initial, balance) = (&self.initial_balances, |account| core.balance(account));
            self.emitter
                .emit(self.now, || TrialEvent::at_end(branch.id, core.applied().clone(), initial, balance));
        }
        self.emitter.end(self.now);
        self.stage = Stage::Over;
    }

    fn progress(&self) -> TrialProgress {
        let parked = self.branches.iter().filter_map(|branch| branch.core.as_ref()).map(Branch::parked).sum();
        TrialProgress { elapsed: self.now - Time(0), operations: self.ended, parked }
    }
}

/// A branch as it first starts.
fn first_start(
    scenario: &Scenario,
    initial_balances: &[i64],
    id: BranchId,
) -> Result<SimBranch, SimTrialError> {
    let origin = scenario.origin(id);
    let config = branches::config(scenario, initial_balances, id);
    let core = Branch::new(config, origin.incarnation, Start::NewCluster)?;
    let is_kept = super::faults::asks_for_log(scenario, id);
    let kept = is_kept.then(|| (origin, crate::log::bank(initial_balances)));
    let mut branch = SimBranch::new(origin, core, SimLog::new(kept, scenario.sync_time, scenario.group_max));
    branch.reported = is_kept.then(VersionVector::new);
    Ok(branch)
}
