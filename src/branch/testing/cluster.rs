//! Branches, what is on the way between them, and their customers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::branch::{Branch, CallId, Config, Input, Outbox, PeerMessage, Start};
use crate::model::{
    Answer, BranchId, Dot, Guarantees, Incarnation, Operation, Record, Reply, Request, RequestId, SessionId,
    SessionToken, Time, VersionVector, Write, WriteRange,
};

/// A message on the way.
#[derive(Debug, Clone)]
pub struct Packet {
    pub from: BranchId,
    pub to: BranchId,
    pub message: PeerMessage,
}

/// An event that can be seen from outside.
#[derive(Debug, Clone)]
pub enum VisibleEvent {
    Sent { packet: Packet, cut: bool },
    Logged { branch: BranchId, record: Record },
    Replied { name: String, request: Request, reply: Reply },
}

/// A branch and its log. A crash loses the branch and what was not synced.
pub struct TestBranch {
    pub config: Config,
    pub incarnation: Incarnation,
    pub branch: Option<Branch>,
    pub log: Vec<Record>,
    pub synced: usize,
    /// Records in the log before the first that this life appended, from which positions count. A checkpoint takes the
    /// place of many: then it is below zero.
    life_began: i64,
    pub connected: BTreeSet<BranchId>,
    /// The writes that the branch has reported as visible, and those that it came back with.
    reported: VersionVector,
}

pub struct TestSession {
    pub id: SessionId,
    pub number: u64,
    pub token: SessionToken,
    pub guarantees: Guarantees,
}

pub struct TestCluster {
    pub now: Time,
    pub durable: bool,
    pub hosts: BTreeMap<BranchId, TestBranch>,
    pub packets: Vec<Packet>,
    pub cut: BTreeSet<(BranchId, BranchId)>,
    pub sessions: BTreeMap<String, TestSession>,
    /// Every write as its origin logged it last.
    pub writes: BTreeMap<Dot, Write>,
    calls: BTreeMap<CallId, (String, Request)>,
    next_call: u64,
    events: Vec<VisibleEvent>,
}

impl TestCluster {
    /// All branches started as a new cluster and connected with each other; the first vectors are exchanged.
    pub fn new(configs: Vec<Config>, durable: bool) -> TestCluster {
        let mut cluster = TestCluster {
            now: Time::default(),
            durable,
            hosts: BTreeMap::new(),
            packets: Vec::new(),
            cut: BTreeSet::new(),
            sessions: BTreeMap::new(),
            writes: BTreeMap::new(),
            calls: BTreeMap::new(),
            next_call: 0,
            events: Vec::new(),
        };
        for config in configs {
            cluster.start(config, Incarnation { started_at: 1, nonce: 0 }, Start::NewCluster, Vec::new());
        }
        let ids = cluster.ids();
        ids.iter().for_each(|&id| cluster.connect(id));
        cluster.deliver_all();
        cluster.events.clear();
        cluster
    }

    pub fn ids(&self) -> Vec<BranchId> {
        self.hosts.keys().copied().collect()
    }

    pub fn branch(&self, id: BranchId) -> &Branch {
        self.hosts[&id].branch.as_ref().expect("the branch runs")
    }

    /// The events since the last call.
    pub fn take_events(&mut self) -> Vec<VisibleEvent> {
        std::mem::take(&mut self.events)
    }

    /// Asks for a session's next operation, or for an earlier one again if `number` says so.
    pub fn ask(
        &mut self,
        name: &str,
        branch: BranchId,
        operation: Operation,
        number: Option<u64>,
        max_wait: Duration,
    ) {
        let request = self.next_request(name, branch, operation, number, max_wait);
        self.ask_exactly(name, request);
    }

    pub fn next_request(
        &mut self,
        name: &str,
        branch: BranchId,
        operation: Operation,
        number: Option<u64>,
        max_wait: Duration,
    ) -> Request {
        let incarnation = self.hosts[&branch].incarnation;
        let session = self.sessions.get_mut(name).expect("the session was opened");
        let number = number.unwrap_or_else(|| {
            session.number += 1;
            session.number
        });
        Request {
            id: RequestId { session: session.id, number },
            branch,
            incarnation: Some(incarnation),
            operation,
            token: session.guarantees.needed(&operation, &session.token),
            guarantees: session.guarantees,
            max_wait,
        }
    }

    /// A request as it is, to the branch that it names.
    pub fn ask_exactly(&mut self, name: &str, request: Request) {
        self.next_call += 1;
        let call = CallId(self.next_call);
        let branch = request.branch;
        self.calls.insert(call, (name.to_owned(), request.clone()));
        self.handle(branch, Input::Request { call, request });
    }

    pub fn deliver(&mut self, packet: Packet) {
        if self.hosts[&packet.to].branch.is_some() {
            self.handle(packet.to, Input::Peer { from: packet.from, message: packet.message });
        }
    }

    /// Delivers, oldest first, until nothing is on the way.
    pub fn deliver_all(&mut self) {
        let mut bound = 100_000;
        while !self.packets.is_empty() {
            let packet = self.packets.remove(0);
            self.deliver(packet);
            bound -= 1;
            assert!(bound > 0, "messages beget messages without end");
        }
    }

    /// Reports the branch's log synced, all or the next `count` records.
    pub fn sync(&mut self, id: BranchId, count: Option<usize>) {
        let host = self.hosts.get_mut(&id).expect("the branch exists");
        let unsynced = host.log.len() - host.synced;
        host.synced += count.unwrap_or(unsynced).min(unsynced);
        let position = (host.synced as i64 - host.life_began) as u64;
        self.handle(id, Input::Synced { position });
    }

    /// The synced records of the branch's log give way to one, if the branch can make it.
    pub fn checkpoint(&mut self, id: BranchId) {
        let host = self.hosts.get_mut(&id).expect("the branch exists");
        let Some(record) = host.branch.as_ref().and_then(Branch::checkpoint) else { return };
        host.log.splice(..host.synced, [record]);
        host.life_began -= host.synced as i64 - 1;
        host.synced = 1;
    }

    /// Lets time pass, with every timeout on the way.
    pub fn advance(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some((due, id)) = self.next_timeout().filter(|&(due, _)| due <= end) {
            self.now = self.now.max(due);
            self.handle(id, Input::Timeout);
        }
        self.now = end;
    }

    /// Lets time pass and delivers everything at once, as a network without delay would.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        self.deliver_all();
        while let Some((due, id)) = self.next_timeout().filter(|&(due, _)| due <= end) {
            self.now = self.now.max(due);
            self.handle(id, Input::Timeout);
            self.deliver_all();
        }
        self.now = end;
    }

    pub fn next_timeout(&self) -> Option<(Time, BranchId)> {
        let timeouts =
            self.hosts.iter().filter_map(|(&id, host)| Some((host.branch.as_ref()?.next_timeout()?, id)));
        timeouts.min()
    }

    /// Connects a branch with all that run, in both directions.
    pub fn connect(&mut self, id: BranchId) {
        for other in self.ids() {
            if other != id && self.hosts[&other].branch.is_some() && self.hosts[&id].branch.is_some() {
                self.connect_one(id, other);
                self.connect_one(other, id);
            }
        }
    }

    pub fn connect_one(&mut self, from: BranchId, to: BranchId) {
        if self.hosts.get_mut(&from).is_some_and(|host| host.connected.insert(to)) {
            self.handle(from, Input::Connected { peer: to });
        }
    }

    /// The stream breaks. What is on the way stays there: a network may deliver it late.
    pub fn disconnect_one(&mut self, from: BranchId, to: BranchId) {
        let host = self.hosts.get_mut(&from).expect("the branch exists");
        if host.connected.remove(&to) && host.branch.is_some() {
            self.handle(from, Input::Disconnected { peer: to });
        }
    }

    /// The branch is gone, with what was not synced and all its connections. Its calls are never answered.
    pub fn crash(&mut self, id: BranchId) {
        let host = self.hosts.get_mut(&id).expect("the branch exists");
        host.branch = None;
        host.log.truncate(host.synced);
        for other in self.ids() {
            self.disconnect_one(id, other);
            self.disconnect_one(other, id);
        }
    }

    /// The branch comes back: with its log, or without it as a new incarnation that does not know it is one.
    pub fn restart(&mut self, id: BranchId, lost: bool) {
        let host = self.hosts.remove(&id).expect("the branch exists");
        if lost {
            let incarnation = Incarnation { started_at: host.incarnation.started_at + 1, nonce: 0 };
            self.start(host.config, incarnation, Start::Unknown, Vec::new());
        } else {
            self.start(host.config, host.incarnation, Start::Recovered(host.log.clone()), host.log);
        }
        self.connect(id);
    }

    pub fn handle(&mut self, id: BranchId, input: Input) {
        let mut outbox = Outbox::default();
        let now = self.now;
        let host = self.hosts.get_mut(&id).expect("the branch exists");
        let branch = host.branch.as_mut().expect("the branch runs");
        branch.handle(now, input, &mut outbox);
        for WriteRange { origin, first, last } in outbox.applied {
            assert_eq!(
                host.reported.get(origin) + 1,
                first,
                "a branch reports each write once, without gaps"
            );
            assert!(first <= last, "a run is not empty");
            host.reported.raise(origin, last);
        }
        assert_eq!(&host.reported, branch.applied(), "a branch reports every write that becomes visible");
        for (call, reply) in outbox.replies {
            self.reply(call, reply);
        }
        for (to, message) in outbox.messages {
            let (packet, cut) = (Packet { from: id, to, message }, self.cut.contains(&(id, to)));
            self.events.push(VisibleEvent::Sent { packet: packet.clone(), cut });
            if !cut {
                self.packets.push(packet);
            }
        }
        let logged = !outbox.records.is_empty();
        for record in outbox.records {
            if let Record::Write(write) = &record
                && write.dot.origin.branch == id
            {
                self.writes.insert(write.dot, write.clone());
            }
            if self.durable {
                self.events.push(VisibleEvent::Logged { branch: id, record: record.clone() });
            }
            self.hosts.get_mut(&id).expect("the branch exists").log.push(record);
        }
        if logged && !self.durable {
            self.sync(id, None);
        }
    }

    fn start(&mut self, config: Config, incarnation: Incarnation, start: Start, log: Vec<Record>) {
        let id = config.branch;
        let branch = Branch::new(config.clone(), incarnation, start).expect("the configuration is sound");
        let (synced, reported) = (log.len(), branch.applied().clone());
        let host = TestBranch {
            config,
            incarnation,
            branch: Some(branch),
            reported,
            log,
            synced,
            life_began: synced as i64,
            connected: BTreeSet::new(),
        };
        self.hosts.insert(id, host);
    }

    fn reply(&mut self, call: CallId, reply: Reply) {
        let (name, request) = self.calls.remove(&call).expect("a call is answered once");
        let session = self.sessions.get_mut(&name).expect("the session was opened");
        match &reply.outcome {
            Ok(Answer::Written { dot }) => {
                session.token.writes.raise(dot.origin, dot.counter);
            }
            Ok(Answer::Balance { witness, .. }) => session.token.reads.merge(witness),
            Ok(Answer::Refused(_)) | Err(_) => {}
        }
        self.events.push(VisibleEvent::Replied { name, request, reply });
    }
}
