//! One state, and how it changes.

use std::collections::BTreeMap;

use readback::branch::{Branch, Input, Outbox};
use readback::model::{AccountId, BranchId, Dot, Origin, Record, RequestId, VersionVector};
use readback::session::{self, Completion, Lost, Outcome, Output, Success};

use super::bank::{Action, Bank, Bounds};
use super::customer::Customer;
use super::hashed::Hashed;
use super::host::{Host, INCARNATION};
use super::packet::{Call, Packet};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub hosts: BTreeMap<BranchId, Hashed<Host>>,
    pub customers: Vec<Hashed<Customer>>,
    /// What is on the way, in order of rank: equal sets are equal states.
    pub packets: Vec<Hashed<Packet>>,
    /// What may still go wrong.
    pub left: Bounds,
    /// The position of each write, by the name that its branch gave it; one that a crash took may be given again.
    pub accepted: BTreeMap<Dot, usize>,
    pub broken: Option<Broken>,
}

/// The promise that a step broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Broken {
    /// A read's witness lacks an own acknowledged write.
    Stale,
    /// A read's witness names an own acknowledged write that its balance lacks.
    Hidden,
    /// A balance includes a write twice.
    Twice,
    /// A balance is not the sum of what its vector names.
    Unlike,
    /// A read lacks what an earlier one of the session included.
    BackInTime,
}

impl World {
    /// All branches run and have sent each other their empty vectors; no customer has asked for anything.
    pub fn new(bank: &Bank) -> World {
        let host = |&id: &BranchId| (id, Hashed::new(Host::new(bank.config(id))));
        let customer = |number| Hashed::new(Customer::new(number, bank.policy));
        let mut world = World {
            hosts: bank.members.iter().map(host).collect(),
            customers: (0..bank.scripts.len()).map(customer).collect(),
            packets: Vec::new(),
            left: bank.bounds,
            accepted: BTreeMap::new(),
            broken: None,
        };
        bank.members.iter().for_each(|&id| world.connect(bank, id));
        while let Some(packet) = world.packets.pop() {
            world.arrive(bank, &packet);
        }
        world.begin_where_there_is_no_choice(bank);
        world
    }

    pub fn act(&mut self, bank: &Bank, action: &Action) {
        match action {
            Action::Begin { customer, branch } => self.begin(bank, *customer, *branch),
            Action::Deliver(packet) => {
                self.remove(packet);
                self.arrive(bank, packet);
            }
            Action::DeliverCopy(packet) => {
                self.left.copies -= 1;
                self.arrive(bank, packet);
            }
            Action::Lose(packet) => {
                self.left.losses -= 1;
                self.remove(packet);
            }
            Action::TimeOut(branch) => {
                self.left.timeouts -= 1;
                self.time_out(bank, *branch);
            }
            Action::GiveUp(customer) => {
                self.left.given_up -= 1;
                self.give_up(bank, *customer);
            }
            Action::Sync(branch) => self.sync(bank, *branch),
            Action::Crash(branch) => {
                self.left.crashes -= 1;
                self.crash(bank, *branch);
            }
            Action::Restart(branch) => self.restart(bank, *branch),
        }
        self.begin_where_there_is_no_choice(bank);
    }

    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.hosts.values().filter_map(|host| host.branch.as_ref())
    }

    /// A message comes to where it was sent. What comes to a branch that is down is lost.
    pub fn arrive(&mut self, bank: &Bank, packet: &Packet) {
        match packet {
            Packet::Request { call, request } => {
                let input = Input::Request { call: call.id(), request: request.clone() };
                self.handle(bank, request.branch, input);
            }
            Packet::Peer { from, to, message } => {
                self.handle(bank, *to, Input::Peer { from: *from, message: message.clone() });
            }
            Packet::Reply { call, reply } => {
                let session = self.customers[call.customer].session.id();
                let request = RequestId { session, number: call.number };
                let (attempt, reply) = (call.attempt, Ok(reply.clone()));
                self.hear(bank, call.customer, session::SessionInput::Replied { request, attempt, reply });
            }
        }
    }

    pub fn begin(&mut self, bank: &Bank, customer: usize, branch: BranchId) {
        let begun = self.customers[customer].begun;
        let operation = bank.scripts[customer][begun].operation;
        self.customers[customer].change(|customer| customer.begun += 1);
        self.hear(bank, customer, session::SessionInput::Begin { branch, operation });
    }

    pub fn time_out(&mut self, bank: &Bank, id: BranchId) {
        let outbox = self.host(id).change(|host| host.time_out(bank.durable));
        self.post(bank, id, outbox);
    }

    /// The customer's attempt has taken too long: the next one is made, or the operation ends.
    pub fn give_up(&mut self, bank: &Bank, number: usize) {
        let (begun, sent) = (self.customers[number].begun, self.packets.len());
        let mut bound = 4;
        while self.customers[number].begun == begun && self.packets.len() == sent && bound > 0 {
            let Some(at) = self.customers[number].session.next_timeout() else { break };
            self.customers[number].change(|customer| customer.now = customer.now.max(at));
            self.hear(bank, number, session::SessionInput::Timeout);
            bound -= 1;
        }
    }

    pub fn sync(&mut self, bank: &Bank, id: BranchId) {
        let outbox = self.host(id).change(Host::sync);
        self.post(bank, id, outbox);
    }

    fn crash(&mut self, bank: &Bank, id: BranchId) {
        self.host(id).change(Host::crash);
        for other in self.others(bank, id) {
            self.handle(bank, other, Input::Disconnected { peer: id });
        }
    }

    pub fn restart(&mut self, bank: &Bank, id: BranchId) {
        self.host(id).change(|host| host.restart(bank.config(id)));
        self.connect(bank, id);
        for other in self.others(bank, id) {
            self.handle(bank, other, Input::Connected { peer: id });
        }
    }

    /// The streams from a branch to its peers.
    fn connect(&mut self, bank: &Bank, id: BranchId) {
        for peer in self.others(bank, id) {
            if self.hosts[&peer].is_up() {
                self.handle(bank, id, Input::Connected { peer });
            }
        }
    }

    fn others(&self, bank: &Bank, id: BranchId) -> Vec<BranchId> {
        bank.members.iter().copied().filter(|&other| other != id).collect()
    }

    /// When an idle customer goes on is no choice if where is none: the message may take as long as it likes.
    fn begin_where_there_is_no_choice(&mut self, bank: &Bank) {
        for number in 0..self.customers.len() {
            if let Some([branch]) = bank.next_step(self, number).map(|step| step.at.as_slice()) {
                self.begin(bank, number, *branch);
            }
        }
    }

    fn host(&mut self, id: BranchId) -> &mut Hashed<Host> {
        self.hosts.get_mut(&id).expect("the branch is a member")
    }

    fn handle(&mut self, bank: &Bank, id: BranchId, input: Input) {
        if self.hosts[&id].is_up() {
            let outbox = self.host(id).change(|host| host.handle(input, bank.durable));
            self.post(bank, id, outbox);
        }
    }

    fn post(&mut self, bank: &Bank, from: BranchId, outbox: Outbox) {
        for record in &outbox.records {
            if let Record::Write(write) = record
                && write.dot.origin.branch == from
            {
                self.accepted.insert(write.dot, bank.digits.position(write.amount));
            }
        }
        for (call, reply) in outbox.replies {
            self.send(Packet::Reply { call: Call::of(call), reply });
        }
        for (to, message) in outbox.messages {
            if !bank.is_cut(from, to) {
                self.send(Packet::Peer { from, to, message });
            }
        }
        self.look_at(bank, from);
    }

    fn send(&mut self, packet: Packet) {
        let packet = Hashed::new(packet);
        let at = self.packets.partition_point(|other| other.rank() < packet.rank());
        self.packets.insert(at, packet);
    }

    fn remove(&mut self, packet: &Hashed<Packet>) {
        let at = self.packets.iter().position(|other| other == packet).expect("it is on the way");
        self.packets.remove(at);
    }

    fn hear(&mut self, bank: &Bank, number: usize, input: session::SessionInput) {
        let outputs = self.customers[number].change(|customer| {
            let mut outputs = Vec::new();
            customer.session.handle(customer.now, input, &mut outputs);
            outputs
        });
        for output in outputs {
            match output {
                // Greetings are not on trial: they are answered at once.
                Output::Greet { request, branch, attempt } => {
                    let host = &self.hosts[&branch];
                    let greeting = host.branch.as_ref().and_then(|branch| branch.greeting().ok()).ok_or(Lost);
                    self.hear(bank, number, session::SessionInput::Greeted { request, attempt, greeting });
                }
                Output::Send { attempt, request } => {
                    let call = Call { customer: number, number: request.id.number, attempt };
                    self.send(Packet::Request { call, request });
                }
                Output::Completed(completion) => self.judge(bank, number, &completion),
            }
        }
    }

    fn judge(&mut self, bank: &Bank, number: usize, completion: &Completion) {
        match &completion.outcome {
            Outcome::Ok(Success::Balance { balance, witness }) => {
                let broken = self.judge_read(bank, number, *balance, witness);
                self.broken = self.broken.or(broken);
            }
            Outcome::Ok(Success::Written { dot }) => {
                let step = &bank.scripts[number][self.customers[number].begun - 1];
                let position = step.position.expect("a write has a position");
                self.customers[number].change(|customer| customer.acknowledged.push((position, *dot)));
            }
            Outcome::Info(_) => self.customers[number].change(|customer| customer.unknown += 1),
            Outcome::Fail(_) => {}
        }
    }

    fn judge_read(
        &mut self,
        bank: &Bank,
        number: usize,
        balance: i64,
        witness: &VersionVector,
    ) -> Option<Broken> {
        let customer = &self.customers[number];
        if customer.acknowledged.iter().any(|(_, dot)| !witness.contains(*dot)) {
            return Some(Broken::Stale);
        }
        let counts = bank.digits.decode(i128::from(balance));
        let shows = |&(position, _): &(usize, Dot)| counts.as_ref().is_some_and(|c| c[position] > 0);
        if !customer.acknowledged.iter().all(shows) {
            return Some(Broken::Hidden);
        }
        let unlike = self.compare(bank, counts.as_deref(), witness);
        if unlike.is_some() {
            return unlike;
        }
        let counts = counts.unwrap_or_default();
        let fell = customer.seen.iter().zip(&counts).any(|(before, now)| now < before);
        if bank.policy.guarantees.monotonic_reads {
            self.customers[number].change(|customer| customer.seen = counts);
        }
        fell.then_some(Broken::BackInTime)
    }

    fn look_at(&mut self, bank: &Bank, id: BranchId) {
        let Some(branch) = &self.hosts[&id].branch else { return };
        let balance = branch.balance(AccountId(0)).expect("the account exists");
        let broken = self.compare(bank, bank.digits.decode(balance).as_deref(), branch.applied());
        self.broken = self.broken.or(broken);
    }

    /// Whether a balance includes each write that its vector names once, and no other.
    fn compare(&self, bank: &Bank, counts: Option<&[u8]>, vector: &VersionVector) -> Option<Broken> {
        let Some(counts) = counts else { return Some(Broken::Unlike) };
        if counts.iter().any(|&count| count > 1) {
            return Some(Broken::Twice);
        }
        let mut named = vec![0; bank.digits.len()];
        for (origin, last) in vector.iter() {
            for counter in 1..=last {
                let Some(&position) = self.accepted.get(&origin.dot(counter)) else {
                    return Some(Broken::Unlike);
                };
                named[position] += 1;
            }
        }
        (named != counts).then_some(Broken::Unlike)
    }
}

/// The only origin of a branch: none loses its state here.
pub fn origin(branch: BranchId) -> Origin {
    Origin { branch, incarnation: INCARNATION }
}
