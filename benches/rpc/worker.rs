//! Who makes operations: one after another, and each checked to be what its case says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use readback::live::transport::CONNECTIONS;
use readback::live::{ClientPool, Customer};
use readback::model::{
    AccountId, Amount, Answer, BranchId, Dot, Guarantees, Operation, Origin, Reply, Request, RequestId,
    SessionId, SessionToken, Strategy, VersionVector, WriteKind,
};
use readback::session::{Completion, Outcome, Policy, Success};

use crate::bank::{ASKED, BRANCHES, OTHER};
use crate::echo::EchoClient;

/// What is measured in turns, the floor first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    Echo,
    EchoTuned,
    QueryNone,
    QuerySatisfied,
    QueryWaiting,
    Deposit,
}

/// What one operation was like.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    pub took: Duration,
    /// It was parked.
    pub waited: bool,
}

/// What workers share, beside the bank.
pub struct Shared {
    pub plain: [EchoClient; CONNECTIONS],
    pub tuned: [EchoClient; CONNECTIONS],
    /// See [`Waiter`].
    pub promised: Arc<AtomicU64>,
}

pub enum Worker {
    Echo(EchoClient),
    Customer { customer: Box<Customer>, case: Case },
    Waiter(Box<Waiter>),
}

/// Reads what is being written. Its read leaves together with a write at another branch, and its token names a write
/// there that has not happened yet: it has to wait for that, and for its replication.
pub struct Waiter {
    branches: ClientPool,
    writer: Customer,
    reader: SessionId,
    /// Of the latest read.
    number: u64,
    /// The other branch, as it names its writes.
    origin: Origin,
    /// The last write there that any worker makes or has made. All waiters share it: each counts on one more, and makes
    /// one, so that whatever one counts on is made.
    promised: Arc<AtomicU64>,
}

pub const QUERY: Operation = Operation::Query { account: AccountId(0) };

/// One minor unit.
pub fn deposit() -> Operation {
    let amount = Amount::new(1).expect("one is positive");
    Operation::Write { kind: WriteKind::Deposit, account: AccountId(0), amount }
}

impl Case {
    pub const ALL: [Case; 6] = [
        Case::Echo,
        Case::EchoTuned,
        Case::QueryNone,
        Case::QuerySatisfied,
        Case::QueryWaiting,
        Case::Deposit,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Case::Echo => "echo",
            Case::EchoTuned => "echo tuned",
            Case::QueryNone => "query none",
            Case::QuerySatisfied => "query satisfied",
            Case::QueryWaiting => "query waiting",
            Case::Deposit => "deposit",
        }
    }
}

impl Worker {
    /// The `which`-th of a lane: workers take turns at the connections. Each has a customer of its own. Satisfied
    /// and unguarded ones have written at every branch before, so that they differ by their strategy alone.
    pub async fn new(case: Case, branches: &ClientPool, shared: &Shared, which: usize) -> Worker {
        let none = Policy { strategy: Strategy::None, ..Policy::default() };
        let customer = match case {
            Case::Echo => return Worker::Echo(shared.plain[which % CONNECTIONS].clone()),
            Case::EchoTuned => return Worker::Echo(shared.tuned[which % CONNECTIONS].clone()),
            Case::QueryNone => has_written(branches, none).await,
            Case::QueryWaiting => {
                return Worker::Waiter(Box::new(Waiter::new(branches, &shared.promised).await));
            }
            Case::Deposit => branches.customer(Policy::default()),
            Case::QuerySatisfied => has_written(branches, Policy::default()).await,
        };
        Worker::Customer { customer: Box::new(customer), case }
    }

    /// Makes one operation.
    ///
    /// # Panics
    ///
    /// If the operation fails, is parked where nothing is to be waited for, or does not show the write before it.
    pub async fn operate(&mut self) -> Made {
        let (customer, case) = match self {
            Worker::Echo(client) => {
                let start = Instant::now();
                client.call().await.expect("the echo answers");
                return Made { took: start.elapsed(), waited: false };
            }
            Worker::Waiter(waiter) => return waiter.operate().await,
            Worker::Customer { customer, case } => (customer, *case),
        };
        let start = Instant::now();
        let operation = if case == Case::Deposit { deposit() } else { QUERY };
        let completion = perform(customer, ASKED, operation).await;
        let took = start.elapsed();
        let parked_for = completion.parked_for;
        assert!(parked_for.is_zero(), "parked for {parked_for:?}");
        Made { took, waited: false }
    }

    /// # Panics
    ///
    /// If satisfied and unguarded customers differ in more than their strategy, or no guarded read has shown all that
    /// the customer wrote: whatever was measured, it was something else.
    pub fn assert_is_of_its_case(&self) {
        let Worker::Customer { customer, case } = self else { return };
        let strategy = match case {
            Case::QueryNone => Strategy::None,
            Case::QuerySatisfied => Strategy::Wait,
            Case::Echo | Case::EchoTuned | Case::QueryWaiting | Case::Deposit => return,
        };
        let session = customer.session();
        let token = session.token();
        assert_eq!(session.policy().strategy, strategy, "{}", case.name());
        assert_eq!(token.writes.len(), BRANCHES.len(), "a customer has not written everywhere");
        if strategy == Strategy::Wait {
            assert!(
                token.reads.dominates(&token.writes),
                "{} does not include {}",
                token.reads,
                token.writes
            );
        }
    }
}

impl Waiter {
    async fn new(branches: &ClientPool, promised: &Arc<AtomicU64>) -> Waiter {
        let mut writer = branches.customer(Policy::default());
        let dot = written(&mut writer).await;
        // No other worker writes while workers are made.
        promised.store(dot.counter, Ordering::Relaxed);
        Waiter {
            branches: branches.clone(),
            reader: branches.customer(Policy::default()).session().id(),
            writer,
            number: 0,
            origin: dot.origin,
            promised: Arc::clone(promised),
        }
    }

    async fn operate(&mut self) -> Made {
        let awaited = self.origin.dot(self.promised.fetch_add(1, Ordering::Relaxed) + 1);
        let request = self.read(awaited);
        let start = Instant::now();
        let read = async {
            let reply = self.branches.send(request, 0).await;
            (reply, start.elapsed())
        };
        let ((reply, took), dot) = tokio::join!(read, written(&mut self.writer));
        // Others may have written there, too.
        self.promised.fetch_max(dot.counter, Ordering::Relaxed);
        let Reply { outcome, parked_for } = reply.expect("nothing is lost on a perfect network");
        match outcome {
            Ok(Answer::Balance { witness, .. }) => {
                assert!(witness.contains(awaited), "{witness} lacks {awaited}")
            }
            other => panic!("a read ended with {other:?}"),
        }
        Made { took, waited: !parked_for.is_zero() }
    }

    fn read(&mut self, awaited: Dot) -> Request {
        self.number += 1;
        let writes = [(awaited.origin, awaited.counter)].into_iter().collect();
        Request {
            id: RequestId { session: self.reader, number: self.number },
            branch: ASKED,
            incarnation: None,
            operation: QUERY,
            token: SessionToken { writes, reads: VersionVector::new() },
            guarantees: Guarantees::READ_YOUR_WRITES,
            max_wait: Policy::default().max_wait,
        }
    }
}

/// A customer who has written at every branch and read at the one that is asked, where all of it must have arrived
/// first if the policy says so.
async fn has_written(branches: &ClientPool, policy: Policy) -> Customer {
    let mut writer = branches.customer(policy);
    for branch in BRANCHES {
        perform(&mut writer, branch, deposit()).await;
    }
    perform(&mut writer, ASKED, QUERY).await;
    writer
}

/// A deposit at the other branch.
async fn written(writer: &mut Customer) -> Dot {
    match perform(writer, OTHER, deposit()).await.outcome {
        Outcome::Ok(Success::Written { dot }) => dot,
        other => panic!("a deposit ended with {other:?}"),
    }
}

/// # Panics
///
/// If the operation does not end `ok`.
pub async fn perform(customer: &mut Customer, branch: BranchId, operation: Operation) -> Completion {
    let completion = customer.perform(branch, operation).await;
    match &completion.outcome {
        Outcome::Ok(_) => completion,
        Outcome::Fail(cause) | Outcome::Info(cause) => {
            panic!("an operation at branch {branch} failed: {cause}")
        }
    }
}
