//! Branches whose messages arrive at once and whose logs are volatile: what stands around the branch at which
//! something is counted.
//!
//! The peers are real branches, so that what a branch is sent is what a branch sends, and its runs are
//! acknowledged. Time stands still and no timeout comes: nothing is repeated, and no heartbeat makes room in
//! the log of writes.

use std::time::Duration;

use readback::branch::{Branch, CallId, Config, Input, Outbox, PeerBody, PeerMessage, Start};
use readback::model::{
    AccountId, Amount, Answer, BranchId, Guarantees, Incarnation, Operation, Origin, Request, RequestId,
    SessionId, SessionToken, Time, VersionVector, WriteKind,
};

const ACCOUNTS: u64 = 1024;

/// Messages go back and forth no more often than this before there are none.
const ROUNDS_MAX: usize = 16;

const NOW: Time = Time(1_000_000_000);

/// Branches 1, 2 and so on. What is counted happens at the first.
pub struct Cluster {
    nodes: Vec<Node>,
    /// Names requests and their calls.
    next: u64,
    /// So many sessions take turns.
    sessions: u64,
}

/// A branch, and what its shell keeps for it.
pub struct Node {
    id: BranchId,
    branch: Branch,
    outbox: Outbox,
    appended: u64,
}

impl Cluster {
    /// Every branch is connected to every other, and each has accepted and spread a write.
    pub fn new(branches: u32, sessions: u64) -> Cluster {
        let mut cluster = Cluster::apart(branches, sessions);
        for node in &mut cluster.nodes {
            let id = node.id;
            let peers = (1..=branches).map(BranchId).filter(|&peer| peer != id);
            peers.for_each(|peer| node.handle(Input::Connected { peer }));
        }
        cluster.settle();
        for branch in 1..=branches {
            let deposit = cluster.deposit(branch);
            cluster.node(branch).ask(deposit);
            cluster.node(branch).sync();
            cluster.settle();
        }
        let spread = cluster.nodes.iter().all(|node| node.applied().len() == cluster.nodes.len());
        assert!(spread, "every branch has every branch's write");
        cluster
    }

    /// No branch ever hears of another.
    pub fn apart(branches: u32, sessions: u64) -> Cluster {
        let members: Vec<BranchId> = (1..=branches).map(BranchId).collect();
        let nodes = members.iter().map(|&branch| Node::new(branch, &members)).collect();
        Cluster { nodes, next: 0, sessions }
    }

    pub fn node(&mut self, branch: u32) -> &mut Node {
        &mut self.nodes[branch as usize - 1]
    }

    /// The branch at which operations are counted.
    pub fn first(&mut self) -> &mut Node {
        self.node(1)
    }

    /// Delivers all messages, and forgets all replies.
    pub fn settle(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let mut on_the_way = Vec::new();
            for node in &mut self.nodes {
                node.outbox.replies.clear();
                node.outbox.applied.clear();
                let from = node.id;
                on_the_way.extend(node.outbox.messages.drain(..).map(|(to, message)| (from, to, message)));
            }
            if on_the_way.is_empty() {
                return;
            }
            for (from, to, message) in on_the_way {
                self.node(to.0).hear(from, message);
                self.node(to.0).sync();
            }
        }
        panic!("the branches go on talking");
    }

    /// A query at the first branch, which waits for `token` if it has to. As if it had come in a message, it shares the
    /// token's entries with no other.
    pub fn query(&mut self, token: &VersionVector) -> Request {
        let operation = Operation::Query { account: AccountId(self.next % ACCOUNTS) };
        let guarantees = match token.is_empty() {
            true => Guarantees::NONE,
            false => Guarantees::READ_YOUR_WRITES,
        };
        let token = SessionToken { writes: token.iter().collect(), reads: VersionVector::new() };
        Request { token, guarantees, ..self.request(1, operation) }
    }

    /// A deposit without any guarantee.
    pub fn deposit(&mut self, branch: u32) -> Request {
        let account = AccountId(self.next % ACCOUNTS);
        let amount = Amount::new(1).expect("one is no zero");
        self.request(branch, Operation::Write { kind: WriteKind::Deposit, account, amount })
    }

    /// Has the second branch accept so many deposits and sync them together: the run that the first is sent.
    pub fn run_of(&mut self, writes: usize) -> PeerMessage {
        for _ in 0..writes {
            let deposit = self.deposit(2);
            self.node(2).ask(deposit);
        }
        let second = self.node(2);
        second.sync();
        let messages = &mut second.outbox.messages;
        let is_ours = |(to, message): &(BranchId, PeerMessage)| match &message.body {
            PeerBody::Run(run) => *to == BranchId(1) && run.writes.len() == writes,
            PeerBody::Ack(_) | PeerBody::Ask(_) | PeerBody::Piece(_) => false,
        };
        let ours = messages.iter().position(is_ours).expect("what is synced together is sent together");
        messages.remove(ours).1
    }

    fn request(&mut self, branch: u32, operation: Operation) -> Request {
        self.next += 1;
        let (number, opened_at) = (self.next / self.sessions + 1, self.next % self.sessions + 1);
        Request {
            id: RequestId { session: SessionId { opened_at, nonce: 0 }, number },
            branch: BranchId(branch),
            incarnation: Some(incarnation(BranchId(branch))),
            operation,
            token: SessionToken::default(),
            guarantees: Guarantees::NONE,
            max_wait: Duration::from_secs(1),
        }
    }
}

impl Node {
    fn new(id: BranchId, members: &[BranchId]) -> Node {
        let balances = vec![1_000_000; usize::try_from(ACCOUNTS).expect("a small number")];
        let config = Config::new(id, members.iter().copied(), balances);
        let branch =
            Branch::new(config, incarnation(id), Start::NewCluster).expect("the configuration is sound");
        Node { id, branch, outbox: Outbox::default(), appended: 0 }
    }

    /// A customer's request arrives.
    pub fn ask(&mut self, request: Request) {
        let call = CallId(request.id.number);
        self.handle(Input::Request { call, request });
    }

    /// A peer's message arrives.
    pub fn hear(&mut self, from: BranchId, message: PeerMessage) {
        self.handle(Input::Peer { from, message });
    }

    /// Reports what was appended as synced, as the shell of a volatile log does.
    pub fn sync(&mut self) {
        while !self.outbox.records.is_empty() {
            self.appended += self.outbox.records.len() as u64;
            self.outbox.records.clear();
            self.handle(Input::Synced { position: self.appended });
        }
    }

    /// What customers were answered since the cluster settled last.
    pub fn answers(&self) -> Vec<&Answer> {
        let given = self.outbox.replies.iter().map(|(_, reply)| reply.outcome.as_ref());
        given.collect::<Result<_, _>>().expect("nothing is asked for that a branch has to refuse")
    }

    /// What is applied, and so may be asked for.
    pub fn applied(&self) -> &VersionVector {
        self.branch.applied()
    }

    /// Who accepts writes here.
    pub fn origin(&self) -> Origin {
        Origin { branch: self.id, incarnation: self.branch.incarnation() }
    }

    /// Messages to peers since the cluster settled last.
    pub fn sent(&self) -> usize {
        self.outbox.messages.len()
    }

    /// Writes that are kept for peers.
    pub fn retained(&self) -> usize {
        self.branch.retained()
    }

    pub fn parked(&self) -> usize {
        self.branch.parked()
    }

    fn handle(&mut self, input: Input) {
        self.branch.handle(NOW, input, &mut self.outbox);
    }
}

fn incarnation(branch: BranchId) -> Incarnation {
    Incarnation { started_at: 1, nonce: u64::from(branch.0) }
}
