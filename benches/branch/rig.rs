//! A branch, and just enough around it to keep it going: a volatile log, peers that acknowledge, and virtual
//! time.

use std::mem;
use std::time::Duration;

use readback::branch::Start;
use readback::branch::{
    Ack, BatchAck, Branch, CallId, Config, Input, Limits, Outbox, PeerBody, PeerMessage, WriteBatch,
};
use readback::model::{
    AccountId, Amount, BranchId, Guarantees, Incarnation, Operation, Origin, Reply, Request, RequestId,
    SessionId, SessionToken, Time, VersionVector, Write, WriteKind,
};

/// Accounts of the bank.
const ACCOUNTS: u64 = 1_000;
/// The branch under measurement.
const OWN: BranchId = BranchId(1);
/// The peer whose writes it receives.
pub const PEER: BranchId = BranchId(2);
/// What one write takes of virtual time.
const PER_WRITE: Duration = Duration::from_micros(10);
/// Nothing that is parked here comes to its deadline.
const FOREVER: Duration = Duration::from_secs(1 << 30);

/// A branch of a cluster, which serves.
pub struct Rig {
    pub core: Branch,
    outbox: Outbox,
    now: Time,
    members: u32,
    /// Records so far; all are synced.
    appended: u64,
    calls: u64,
    /// Acks so far, of all peers.
    acks: u64,
}

impl Rig {
    /// All members know each other and are connected. Of the limits those on parking are lifted.
    pub fn new(members: u32, limits: Limits) -> Rig {
        let limits = Limits { parked_max: usize::MAX, max_wait: FOREVER, ..limits };
        let balances = vec![0; usize::try_from(ACCOUNTS).expect("few accounts")];
        let config = Config { limits, ..Config::new(OWN, (1..=members).map(BranchId), balances) };
        let core = Branch::new(config, origin(OWN).incarnation, Start::NewCluster);
        let core = core.expect("the configuration is sound");
        let (outbox, now) = (Outbox::default(), Time::default());
        let mut rig = Rig { core, outbox, now, members, appended: 0, calls: 0, acks: 0 };
        for peer in rig.peers() {
            rig.input(Input::Connected { peer });
            rig.acknowledge(peer, None);
        }
        rig.outbox.messages.clear();
        rig
    }

    /// A customer's request, until all that follows from it at once is done. `None`: it is parked.
    pub fn request(&mut self, request: Request) -> Option<Reply> {
        self.calls += 1;
        self.input(Input::Request { call: CallId(self.calls), request });
        self.answer_runs();
        self.outbox.replies.pop().map(|(_, reply)| reply)
    }

    /// A peer's run, until it is applied. Returns the reply to what waited for it, if something did.
    pub fn receive(&mut self, run: WriteBatch) -> Option<Reply> {
        let message = PeerMessage { sender: origin(PEER).incarnation, body: PeerBody::Run(run) };
        self.input(Input::Peer { from: PEER, message });
        self.outbox.messages.clear();
        self.outbox.replies.pop().map(|(_, reply)| reply)
    }

    /// So many writes' time passes, with the heartbeat that may fall into it.
    pub fn pass(&mut self, writes: u64) {
        self.now = self.now + PER_WRITE.saturating_mul(u32::try_from(writes).expect("a run is short"));
        while self.core.next_timeout().is_some_and(|due| due <= self.now) {
            for peer in self.peers() {
                self.acknowledge(peer, None);
            }
            self.input(Input::Timeout);
            self.answer_runs();
        }
    }

    fn peers(&self) -> impl Iterator<Item = BranchId> + use<> {
        (2..=self.members).map(BranchId)
    }

    fn input(&mut self, input: Input) {
        self.core.handle(self.now, input, &mut self.outbox);
        while !self.outbox.records.is_empty() {
            self.appended += self.outbox.records.len() as u64;
            self.outbox.records.clear();
            self.core.handle(self.now, Input::Synced { position: self.appended }, &mut self.outbox);
        }
        self.outbox.applied.clear();
    }

    /// The peers acknowledge what they are sent. It is all that they ever say to it.
    fn answer_runs(&mut self) {
        while !self.outbox.messages.is_empty() {
            for (peer, message) in mem::take(&mut self.outbox.messages) {
                if let PeerBody::Run(run) = message.body {
                    let (origin, echo) = (run.origin, run.sent_at);
                    let about = BatchAck { origin, echo, held: Vec::new(), duplicate: false, direct: false };
                    self.acknowledge(peer, Some((about, run.last())));
                }
            }
        }
    }

    /// A peer acknowledges how far it is with the run that it answers; with nothing to answer, that it has all that
    /// is here.
    fn acknowledge(&mut self, from: BranchId, answer: Option<(BatchAck, u64)>) {
        self.acks += 1;
        let (applied, about) = match answer {
            Some((about, last)) => ([(about.origin, last)].into_iter().collect(), Some(about)),
            None => (self.core.applied().clone(), None),
        };
        let first_known = Some(self.core.incarnation());
        let ack = Ack { number: self.acks, applied, about, first_known };
        let message = PeerMessage { sender: origin(from).incarnation, body: PeerBody::Ack(ack) };
        self.input(Input::Peer { from, message });
    }
}

/// The outbox is empty between two steps.
impl Clone for Rig {
    fn clone(&self) -> Rig {
        Rig { core: self.core.clone(), outbox: Outbox::default(), ..*self }
    }
}

/// Whose writes are whose.
pub fn origin(branch: BranchId) -> Origin {
    Origin { branch, incarnation: Incarnation { started_at: 1 << 60, nonce: u64::from(branch.0) } }
}

/// The first request of a session; sessions are opened one after the other.
pub fn deposit(session: u64) -> Request {
    request(session, Operation::Write { kind: WriteKind::Deposit, account: account(session), amount: one() })
}

/// A query whose token names these writes of the session.
pub fn query(session: u64, guarantees: Guarantees, writes: VersionVector) -> Request {
    let token = SessionToken { writes, reads: VersionVector::new() };
    Request { token, guarantees, ..request(session, Operation::Query { account: account(session) }) }
}

/// So many writes of [`PEER`], from counter `first` on.
pub fn run(first: u64, count: u64, sent_at: Time) -> WriteBatch {
    let write = |counter| Write {
        dot: origin(PEER).dot(counter),
        request: RequestId { session: session_id(counter), number: 1 },
        account: account(counter),
        kind: WriteKind::Deposit,
        amount: one(),
        after: VersionVector::new(),
    };
    let writes = (first..first + count).map(write).collect();
    WriteBatch { origin: origin(PEER), first, copy: 0, sent_at, writes }
}

/// Any number below `end`, the next one far away (multiplication by the golden ratio: Knuth, "The Art of
/// Computer Programming", volume 3, section 6.4).
pub fn scattered(number: u64, end: u64) -> u64 {
    (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24) % end
}

fn request(session: u64, operation: Operation) -> Request {
    Request {
        id: RequestId { session: session_id(session), number: 1 },
        branch: OWN,
        incarnation: Some(origin(OWN).incarnation),
        operation,
        token: SessionToken::default(),
        guarantees: Guarantees::NONE,
        max_wait: FOREVER,
    }
}

fn session_id(session: u64) -> SessionId {
    SessionId { opened_at: (1 << 60) + session, nonce: scattered(session, u64::MAX) }
}

fn account(number: u64) -> AccountId {
    AccountId(scattered(number, ACCOUNTS))
}

fn one() -> Amount {
    Amount::new(1).expect("one is positive")
}
