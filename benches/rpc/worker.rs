//! Who makes operations: one after another, and each checked to be what its case says.

use std::time::{Duration, Instant};

use readback::live::transport::CHANNELS;
use readback::live::{Branches, Customer};
use readback::model::{AccountId, Amount, BranchId, Operation, Strategy, WriteKind};
use readback::session::{Completion, Outcome, Policy};

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

/// Callers of both bare servers.
pub struct Echoes {
    pub plain: [EchoClient; CHANNELS],
    pub tuned: [EchoClient; CHANNELS],
}

pub enum Worker {
    Echo(EchoClient),
    Customer { customer: Box<Customer>, case: Case },
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
    /// The `which`-th of a lane: workers take turns at the connections. Each has a customer of its own, who has written
    /// everywhere if its reads are to be guarded.
    pub async fn new(case: Case, branches: &Branches, echo: &Echoes, which: usize) -> Worker {
        let none = Policy { strategy: Strategy::None, ..Policy::default() };
        let customer = match case {
            Case::Echo => return Worker::Echo(echo.plain[which % CHANNELS].clone()),
            Case::EchoTuned => return Worker::Echo(echo.tuned[which % CHANNELS].clone()),
            Case::QueryNone => branches.customer(none),
            Case::QueryWaiting | Case::Deposit => branches.customer(Policy::default()),
            Case::QuerySatisfied => {
                let mut writer = branches.customer(Policy::default());
                for branch in BRANCHES {
                    perform(&mut writer, branch, deposit()).await;
                }
                // What was written has to arrive before it can be found there.
                perform(&mut writer, ASKED, QUERY).await;
                writer
            }
        };
        Worker::Customer { customer: Box::new(customer), case }
    }

    /// Makes one operation. Where a read is to wait, its write is made before, at another branch, and not timed.
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
            Worker::Customer { customer, case } => (customer, *case),
        };
        if case == Case::QueryWaiting {
            perform(customer, OTHER, deposit()).await;
        }
        let start = Instant::now();
        let operation = if case == Case::Deposit { deposit() } else { QUERY };
        let completion = perform(customer, ASKED, operation).await;
        let took = start.elapsed();
        let (waited, parked_for) = (completion.parked_for > Duration::ZERO, completion.parked_for);
        match case {
            Case::QueryWaiting => self.assert_own_writes_were_seen(),
            _ => assert!(!waited, "parked for {parked_for:?}"),
        }
        Made { took, waited }
    }

    /// # Panics
    ///
    /// If no read has shown all that the customer wrote: whatever was measured, the guarantee was not kept.
    pub fn assert_own_writes_were_seen(&self) {
        let Worker::Customer { customer, case: Case::QuerySatisfied | Case::QueryWaiting } = self else {
            return;
        };
        let token = customer.session().token();
        assert!(token.reads.dominates(&token.writes), "{} does not include {}", token.reads, token.writes);
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
