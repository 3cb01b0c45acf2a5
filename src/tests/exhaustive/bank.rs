//! The model: what may happen next, and what must hold.

use std::time::Duration;

use readback::branch::{BatchAck, Config, PeerBody, Timing};
use readback::model::{AccountId, BranchId, Operation, WriteKind};
use readback::session::Policy;
use stateright::{Model, Property};

use super::customer::Step;
use super::digits::Digits;
use super::hashed::Hashed;
use super::heal::heals;
use super::host::Host;
use super::packet::Packet;
use super::world::{Broken, World, origin};

pub const OWN_WRITES: &str = "a read shows the session's own writes";
pub const ONCE: &str = "no write is executed twice";
pub const EXACT: &str = "a balance is what its vector names";
pub const FORWARD: &str = "reads do not go back in time";
pub const HEALS: &str = "once healed all agree and nothing is lost";

/// A cluster, its customers' scripts, and how much may go wrong.
#[derive(Debug, Clone)]
pub struct Bank {
    pub members: Vec<BranchId>,
    pub durable: bool,
    pub policy: Policy,
    pub scripts: Vec<Vec<Step>>,
    pub digits: Digits,
    pub bounds: Bounds,
    /// Links, from branch to branch, that lose everything and never heal.
    pub cut: &'static [(u32, u32)],
    /// What must be reached.
    pub sometimes: &'static [Sometimes],
}

/// How often each thing may happen, in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bounds {
    pub losses: u8,
    /// A message arrives and stays on the way, to arrive again.
    pub copies: u8,
    /// Of branches.
    pub timeouts: u8,
    /// Attempts that a customer takes for lost.
    pub given_up: u8,
    pub crashes: u8,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Begin { customer: usize, branch: BranchId },
    Deliver(Hashed<Packet>),
    DeliverCopy(Hashed<Packet>),
    Lose(Hashed<Packet>),
    TimeOut(BranchId),
    GiveUp(usize),
    Sync(BranchId),
    Crash(BranchId),
    Restart(BranchId),
}

/// States that show that the model does what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sometimes {
    Parked,
    CopyAnswered,
    GapHeld,
    Retransmitted,
    DuplicateRun,
    Relayed,
    EndsUnknown,
    AcceptedAndTaken,
    RecoveredWhilePeersPark,
}

impl Bank {
    /// A cluster of branches 1 to `branches` whose customers do nothing yet, and in which nothing goes wrong.
    pub fn new(branches: u32, policy: Policy) -> Bank {
        Bank {
            members: (1..=branches).map(BranchId).collect(),
            durable: false,
            policy,
            scripts: Vec::new(),
            digits: Digits::default(),
            bounds: Bounds::default(),
            cut: &[],
            sometimes: &[],
        }
    }

    /// One more customer.
    pub fn customer(mut self) -> Bank {
        self.scripts.push(Vec::new());
        self
    }

    /// The last customer's next step, at any of these branches.
    pub fn deposits(self, at: &[u32]) -> Bank {
        self.writes(WriteKind::Deposit, at)
    }

    pub fn withdraws(self, at: &[u32]) -> Bank {
        self.writes(WriteKind::Withdraw, at)
    }

    pub fn queries(self, at: &[u32]) -> Bank {
        self.step(Operation::Query { account: AccountId(0) }, None, at)
    }

    pub fn config(&self, id: BranchId) -> Config {
        // One span for all: whatever is due at a branch is due at its next timeout.
        let span = Duration::from_millis(100);
        let timing = Timing {
            timeout_initial: span,
            timeout_least: span,
            timeout_greatest: span,
            heartbeat: span,
            relay_after: span,
            relay_round_trips: 1,
        };
        let mut config = Config::new(id, self.members.iter().copied(), vec![self.digits.initial()]);
        config.timing = timing;
        #[cfg(feature = "mutants")]
        {
            config.mutant = self.policy.mutant;
        }
        config
    }

    pub fn is_cut(&self, from: BranchId, to: BranchId) -> bool {
        self.cut.contains(&(from.0, to.0))
    }

    /// What an idle customer does next.
    pub fn next_step(&self, world: &World, number: usize) -> Option<&Step> {
        let customer = &world.customers[number];
        self.scripts[number].get(customer.begun).filter(|_| !customer.is_busy())
    }

    fn writes(mut self, kind: WriteKind, at: &[u32]) -> Bank {
        let position = self.digits.add(kind);
        let amount = self.digits.amount(position);
        self.step(Operation::Write { kind, account: AccountId(0), amount }, Some(position), at)
    }

    fn step(mut self, operation: Operation, position: Option<usize>, at: &[u32]) -> Bank {
        let step = Step { operation, position, at: at.iter().copied().map(BranchId).collect() };
        self.scripts.last_mut().expect("steps belong to a customer").push(step);
        self
    }
}

impl Model for Bank {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.broken.is_some() {
            return;
        }
        for customer in 0..world.customers.len() {
            if let Some(step) = self.next_step(world, customer) {
                actions.extend(step.at.iter().map(|&branch| Action::Begin { customer, branch }));
            }
            if world.customers[customer].is_busy() && world.left.given_up > 0 {
                actions.push(Action::GiveUp(customer));
            }
        }
        let mut last = None;
        for packet in world.packets.iter().filter(|&packet| last.replace(packet) != Some(packet)) {
            actions.push(Action::Deliver(packet.clone()));
            actions.extend((world.left.copies > 0).then(|| Action::DeliverCopy(packet.clone())));
            actions.extend((world.left.losses > 0).then(|| Action::Lose(packet.clone())));
        }
        for (&id, host) in &world.hosts {
            let Some(branch) = &host.branch else {
                actions.push(Action::Restart(id));
                continue;
            };
            let can_time_out = world.left.timeouts > 0 && branch.next_timeout().is_some();
            actions.extend(can_time_out.then_some(Action::TimeOut(id)));
            actions.extend((host.unsynced() > 0).then_some(Action::Sync(id)));
            actions.extend((world.left.crashes > 0).then_some(Action::Crash(id)));
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.act(self, &action);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Bank>> {
        let mut properties = vec![
            always(OWN_WRITES, |_, world| !matches!(world.broken, Some(Broken::Stale | Broken::Hidden))),
            always(ONCE, |_, world| world.broken != Some(Broken::Twice)),
            always(EXACT, |_, world| world.broken != Some(Broken::Unlike)),
            always(FORWARD, |_, world| world.broken != Some(Broken::BackInTime)),
            always(HEALS, |bank, world| !is_quiet(world) || heals(bank, world)),
        ];
        properties.extend(self.sometimes.iter().map(|sometimes| sometimes.property()));
        properties
    }
}

fn always(name: &'static str, condition: fn(&Bank, &World) -> bool) -> Property<Bank> {
    Property::always(name, condition)
}

/// Nothing is on the way, and no promise was broken before.
fn is_quiet(world: &World) -> bool {
    world.packets.is_empty() && world.broken.is_none()
}

impl Sometimes {
    fn property(self) -> Property<Bank> {
        let (name, condition): (&'static str, fn(&Bank, &World) -> bool) = match self {
            Sometimes::Parked => {
                ("a request is parked", |_, world| world.branches().any(|branch| branch.parked() > 0))
            }
            Sometimes::CopyAnswered => ("a copy of a request gets the answer of the first", copy_answered),
            Sometimes::GapHeld => ("a write is held until its predecessor comes", gap_held),
            Sometimes::Retransmitted => ("a lost run is sent again", |_, world| {
                world.branches().any(|branch| branch.counters().batches_retransmitted > 0)
            }),
            Sometimes::DuplicateRun => ("a run arrives twice", |_, world| {
                world.branches().any(|branch| branch.counters().batches_duplicated > 0)
            }),
            Sometimes::Relayed => ("a third branch brings a write", |_, world| {
                world.branches().any(|branch| branch.counters().batches_relayed > 0)
            }),
            Sometimes::EndsUnknown => ("a write ends unknown", |_, world| {
                world.customers.iter().any(|customer| customer.unknown > 0)
            }),
            Sometimes::AcceptedAndTaken => ("a crash takes an accepted write", taken),
            Sometimes::RecoveredWhilePeersPark => {
                ("a branch has recovered while another parks a request", recovered_while_peers_park)
            }
        };
        Property::sometimes(name, condition)
    }
}

/// Two attempts at one operation have the same good answer on the way.
fn copy_answered(_: &Bank, world: &World) -> bool {
    let answers = || {
        world.packets.iter().filter_map(|packet| match &**packet {
            Packet::Reply { call, reply } if reply.outcome.is_ok() => Some((call, reply)),
            Packet::Reply { .. } | Packet::Request { .. } | Packet::Peer { .. } => None,
        })
    };
    answers().any(|(call, reply)| {
        answers().any(|(other, same)| {
            (call.customer, call.number) == (other.customer, other.number)
                && call.attempt != other.attempt
                && reply.outcome == same.outcome
        })
    })
}

fn gap_held(_: &Bank, world: &World) -> bool {
    let holds = |about: &BatchAck| !about.held.is_empty();
    world.packets.iter().any(|packet| match &**packet {
        Packet::Peer { message, .. } => match &message.body {
            PeerBody::Ack(ack) => ack.about.as_ref().is_some_and(holds),
            PeerBody::Run(_) | PeerBody::Ask(_) | PeerBody::Piece(_) => false,
        },
        Packet::Request { .. } | Packet::Reply { .. } => false,
    })
}

/// A branch gave a name to a write that its log no longer has.
fn taken(_: &Bank, world: &World) -> bool {
    world.hosts.iter().any(|(&id, host)| {
        let given = world.accepted.keys().filter(|dot| dot.origin.branch == id).count();
        given > host.own_logged(origin(id))
    })
}

fn recovered_while_peers_park(_: &Bank, world: &World) -> bool {
    let has_recovered = world.hosts.values().any(|host| host.lives > 1 && host.is_up());
    let parks = |host: &Host| host.branch.as_ref().is_some_and(|branch| branch.parked() > 0);
    has_recovered && world.hosts.values().any(|host| host.lives == 1 && parks(host))
}
