//! All that stands in a simulation, and what happens next.

use std::ops::{Add, ControlFlow};
use std::time::Duration;

use super::SimTrialError;
use super::accidents::{ScheduledFault, turns};
use super::customers::SimCustomer;
use super::isolation::IsolationGates;
use super::load::SimLoad;
use super::log::{DiskSeen, SimLog};
use super::onlooker::Observer;
use super::queue::EventQueue;
use super::site::{SimBranch, SimMessage};
use super::telling::HistoryEmitter;
use super::trial::Simulated;
use super::{branches, size};
use crate::branch::{Branch, Counters, Input, Outbox, Start};
use crate::history::Milestone;
use crate::model::{BranchId, Time, VersionVector};
use crate::network::{InjectionError, Leg, PlannedNetwork};
use crate::scenario::{Scenario, SeededPart, TrialEvent, TrialProgress, schedule};
use crate::session;
use crate::workload::Workload;

/// How many things happen between two looks of whoever watches.
const THINGS_BETWEEN_LOOKS: u32 = 1 << 14;

/// Something that is due at a time.
pub(super) enum SimEvent {
    Arrives {
        site: u32,
        leg: Leg,
        message: SimMessage,
    },
    /// A branch's processor is done with a message.
    Served {
        site: u32,
        life: u32,
    },
    Synced {
        site: u32,
        life: u32,
    },
    /// A branch's own timeout.
    Expires {
        site: u32,
        life: u32,
    },
    /// A customer hears of an attempt; when the branch sent that, if it did.
    Heard {
        customer: u32,
        input: session::SessionInput,
        sent_at: Option<Time>,
    },
    /// A session's own timeout.
    Wakes {
        customer: u32,
    },
    /// A customer has thought for long enough.
    Thought {
        customer: u32,
    },
    /// The next arrival of an open loop.
    Arrival,
    /// By the schedule.
    Told(Box<TrialEvent>),
    Turn(ScheduledFault),
    /// The drain takes no longer.
    Bound,
}

/// How far a simulation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Branches find each other; nothing delays their messages.
    Curtain,
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
    /// In order of ids, which `ids` tells.
    pub sites: Vec<SimBranch>,
    pub ids: Vec<BranchId>,
    pub customers: Vec<SimCustomer>,
    pub load: SimLoad,
    pub isolation: Option<IsolationGates>,
    pub telling: HistoryEmitter<'a>,
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
        onlooker: &'a mut dyn Observer,
    ) -> Result<World<'a>, SimTrialError> {
        let initial_balances = workload.accounts().initial_balances();
        let seed = scenario.seed_of(SeededPart::Network);
        let ids: Vec<BranchId> = scenario.network.branches.iter().copied().collect();
        let sites = ids.iter().map(|&id| site(scenario, &initial_balances, id));
        let sites = sites.collect::<Result<Vec<SimBranch>, SimTrialError>>()?;
        Ok(World {
            network: PlannedNetwork::start(scenario.network.clone(), seed, Time(0))?,
            initial_balances,
            now: Time(0),
            ends: Time(0) + scenario.load_ends(),
            stage: Stage::Curtain,
            queue: EventQueue::new(),
            isolation: scenario.isolated_writes.then(|| IsolationGates::new(sites.len())),
            sites,
            ids,
            customers: Vec::new(),
            load: SimLoad::new(workload, scenario.queued_max),
            telling: HistoryEmitter::new(onlooker),
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
    /// What cannot be told, and a `watch` that breaks it off.
    pub fn run(
        &mut self,
        watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
    ) -> Result<(), SimTrialError> {
        self.open();
        let mut until_look = 0;
        while self.stage != Stage::Over {
            self.telling.check()?;
            if until_look == 0 {
                until_look = THINGS_BETWEEN_LOOKS;
                if watch(self.standing()).is_break() {
                    return Err(SimTrialError::GivenUp);
                }
            }
            until_look -= 1;
            let (at, due) = self.queue.pop().expect("the end of the load and of the drain are due");
            self.now = at;
            self.happen(due);
            self.move_on();
        }
        self.telling.check()
    }

    pub fn simulated(self) -> Simulated {
        let mut fidelity = InjectionError::new();
        for (leg, count) in Leg::ALL.into_iter().zip(self.handed_over) {
            fidelity.note_many(leg, Duration::ZERO, count);
        }
        let token = |customer: &SimCustomer| size::token(customer.session.token());
        Simulated {
            operations: self.ended,
            messages: self.messages,
            token_bytes_max: self.customers.iter().map(token).max().unwrap_or_default(),
            ran_out: self.ran_out,
            branches: self.sites.iter().map(SimBranch::observed).collect(),
            disks: self.sites.iter().map(|site| site.log.seen).fold(DiskSeen::default(), Add::add),
            counters: self.sites.iter().map(SimBranch::counters).fold(Counters::default(), Add::add),
            fidelity,
        }
    }

    /// A message's arrival is noted.
    pub fn count(&mut self, leg: Leg) {
        self.messages += 1;
        self.handed_over[leg as usize] += 1;
    }

    /// The place of a branch of this cluster.
    pub fn place(&self, branch: BranchId) -> usize {
        self.ids.binary_search(&branch).expect("branches speak of branches of their cluster")
    }

    pub fn tell(&mut self, happened: impl FnOnce() -> TrialEvent) {
        self.telling.tell(self.now, happened);
    }

    pub fn note(&mut self, text: &str) {
        self.tell(|| TrialEvent::Note(text.to_owned()));
    }

    /// Everything that is so at the base: who is there, what is planned, and the first operations.
    fn open(&mut self) {
        let (scenario, initial_balances) = (self.scenario, &self.initial_balances);
        self.telling.header(|| scenario.header(initial_balances));
        for at in 0..self.sites.len() {
            let origin = self.sites[at].origin;
            self.tell(|| TrialEvent::Began(origin));
        }
        self.meet();
        self.stage = Stage::Load;
        for (at, happened) in schedule(scenario) {
            self.queue.push(Time(0) + at, SimEvent::Told(Box::new(happened)));
        }
        for (at, turn) in turns(scenario, &self.network, &self.ids) {
            self.queue.push(at, SimEvent::Turn(turn));
        }
        self.enter_customers();
        self.begin_load();
    }

    /// Branches connect with each other, and hear of each other without delay.
    fn meet(&mut self) {
        for at in 0..self.sites.len() {
            for peer in self.ids.clone() {
                if peer != self.ids[at] {
                    self.input(at, Input::Connected { peer });
                }
            }
        }
        // Timeouts are later than the base, and so are syncs that take time.
        while self.under_way > 0 {
            let (_, due) = self.queue.pop().expect("a message is under way");
            self.happen(due);
        }
    }

    fn happen(&mut self, due: SimEvent) {
        match due {
            SimEvent::Arrives { site, leg, message } => {
                self.count(leg);
                self.arrive(site as usize, message);
            }
            SimEvent::Served { site, life } => self.served(site as usize, life),
            SimEvent::Synced { site, life } => self.synced(site as usize, life),
            SimEvent::Expires { site, life } => self.expire(site as usize, life),
            SimEvent::Heard { customer, input, sent_at } => {
                self.count(Leg::Reply);
                self.hear(customer as usize, input, sent_at);
            }
            SimEvent::Wakes { customer } => self.wake(customer as usize),
            SimEvent::Thought { customer } => self.thought(customer as usize),
            SimEvent::Arrival => self.arrival(),
            SimEvent::Told(happened) => self.scheduled(*happened),
            SimEvent::Turn(turn) => self.turn(turn),
            SimEvent::Bound => self.close(Milestone::DrainBound),
        }
    }

    fn scheduled(&mut self, happened: TrialEvent) {
        if let TrialEvent::Reached(Milestone::WarmUpOver) = happened {
            self.handed_over = [0; Leg::ALL.len()];
        }
        let is_end = matches!(happened, TrialEvent::Reached(Milestone::LoadOver));
        self.tell(|| happened);
        if is_end {
            self.open_all_gates();
        }
    }

    /// Goes on to the next stage, if this one is over.
    fn move_on(&mut self) {
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
        let is_idle = |site: &SimBranch| {
            site.log.is_synced() && site.core.as_ref().is_some_and(|core| core.parked() == 0)
        };
        let applied = |at: usize| self.sites[at].core.as_ref().map(Branch::applied);
        self.sites.iter().all(is_idle) && (1..self.sites.len()).all(|at| applied(at) == applied(0))
    }

    /// Tells how the branches ended.
    fn close(&mut self, reached: Milestone) {
        self.tell(|| TrialEvent::Reached(reached));
        for site in &self.sites {
            let Some(core) = &site.core else { continue };
            let (initial, balance) = (&self.initial_balances, |account| core.balance(account));
            self.telling
                .tell(self.now, || TrialEvent::at_end(site.id, core.applied().clone(), initial, balance));
        }
        self.telling.end(self.now);
        self.stage = Stage::Over;
    }

    fn standing(&self) -> TrialProgress {
        let parked = self.sites.iter().filter_map(|site| site.core.as_ref()).map(Branch::parked).sum();
        TrialProgress { elapsed: self.now - Time(0), operations: self.ended, parked }
    }
}

/// A branch as it first starts.
fn site(scenario: &Scenario, initial_balances: &[i64], id: BranchId) -> Result<SimBranch, SimTrialError> {
    let origin = scenario.origin(id);
    let config = branches::config(scenario, initial_balances, id);
    let core = Branch::new(config, origin.incarnation, Start::NewCluster)?;
    let is_kept = super::accidents::asks_for_log(scenario, id);
    let kept = is_kept.then(|| (origin, crate::log::bank(initial_balances)));
    let mut site = SimBranch::new(origin, core, SimLog::new(kept, scenario.sync_time, scenario.group_max));
    site.told = is_kept.then(VersionVector::new);
    Ok(site)
}
