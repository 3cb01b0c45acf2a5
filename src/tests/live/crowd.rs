//! Many customers at once, each on a private account and on the shared one.
//!
//! A bank whose branches hold a lock while they ask each other stands still here for good: both branches have
//! customers who write, so each waits for the other.

use std::time::Duration;

use futures_util::future::join_all;
use readback::live::Customer;
use readback::model::{AccountId, Operation, Refusal, WriteKind};
use readback::network::{Leg, constant_delay};
use readback::session::{Cause, Completion, Outcome, Policy, Success};

use super::bank::{Bank, options, written};
use super::customers::{SHARED, careless, deposit, insisting, perform, withdrawal};

/// On each of the two branches.
const CUSTOMERS: u32 = 40;
const OPERATIONS: u32 = 50;
const START: i64 = 100;
/// Longer than a message waits behind those of eighty others on a busy machine.
const REPLICATION: Duration = Duration::from_millis(80);

/// A customer, and what it knows of its money.
struct Visitor {
    customer: Customer,
    account: AccountId,
    /// What the private account must hold by the writes that were answered.
    balance: i64,
    paid_into_shared: i64,
    /// Endings that somebody who sees all of the own writes would not expect.
    surprises: Vec<Completion>,
}

impl Visitor {
    /// Goes to and fro between the branches, beginning at its own.
    async fn roam(mut self, home: u32) -> Visitor {
        for step in 0..OPERATIONS {
            let branch = 1 + (home + step) % 2;
            let operation = self.choose(step);
            let completion = perform(&mut self.customer, branch, operation).await;
            if !self.is_expected(&completion) {
                self.surprises.push(completion.clone());
            }
            self.note(&completion);
        }
        self
    }

    fn choose(&self, step: u32) -> Operation {
        let sum = u64::from(10 + step);
        let covered = u64::try_from(self.balance.max(1)).expect("at least one");
        match step % 5 {
            0 => deposit(self.account, sum),
            1 => withdrawal(self.account, covered.min(sum / 2)),
            2 => Operation::Query { account: self.account },
            3 => deposit(SHARED, sum),
            _ => withdrawal(self.account, covered + 1),
        }
    }

    fn is_expected(&self, completion: &Completion) -> bool {
        match (&completion.outcome, completion.operation) {
            (Outcome::Ok(Success::Balance { balance, .. }), _) => *balance == self.balance,
            (Outcome::Ok(Success::Written { .. }), operation) => self.covers(operation),
            (Outcome::Fail(Cause::Refused(Refusal::InsufficientFunds)), operation) => !self.covers(operation),
            (Outcome::Fail(_) | Outcome::Info(_), _) => false,
        }
    }

    fn covers(&self, operation: Operation) -> bool {
        self.balance + change(operation) >= 0
    }

    fn note(&mut self, completion: &Completion) {
        if let Outcome::Ok(Success::Written { .. }) = completion.outcome {
            let own = completion.operation.account() == self.account;
            let account = if own { &mut self.balance } else { &mut self.paid_into_shared };
            *account += change(completion.operation);
        }
    }
}

fn change(operation: Operation) -> i64 {
    let signed = |sum: u64| i64::try_from(sum).expect("a small sum");
    match operation {
        Operation::Write { kind: WriteKind::Deposit, amount, .. } => signed(amount.get()),
        Operation::Write { kind: WriteKind::Withdraw, amount, .. } => -signed(amount.get()),
        Operation::Query { .. } => 0,
    }
}

/// What became of all, and how many of their requests had to wait.
struct Crowd {
    visitors: Vec<Visitor>,
    parked: u64,
}

/// Lets all roam at once, waits until both branches have everything, and checks all balances at both.
fn crowd(policy: Policy) -> Crowd {
    let network = constant_delay(Leg::Replicate, REPLICATION);
    let bank = Bank::start(options(2, 1 + 2 * CUSTOMERS as usize, START, network));
    bank.live(async {
        let visitor = |number| Visitor {
            customer: bank.customer(policy),
            account: AccountId(u64::from(number)),
            balance: START,
            paid_into_shared: 0,
            surprises: Vec::new(),
        };
        let roaming = (1..=2 * CUSTOMERS).map(|number| visitor(number).roam(number % 2));
        let visitors = join_all(roaming).await;
        let parked = bank.handles().map(|branch| branch.snapshot().counters.parked).sum();
        bank.settle(&written(visitors.iter().map(|visitor| &visitor.customer))).await;
        for visitor in &visitors {
            assert_eq!(bank.balances(visitor.account), [i128::from(visitor.balance); 2]);
        }
        let shared = START + visitors.iter().map(|visitor| visitor.paid_into_shared).sum::<i64>();
        assert_eq!(bank.balances(SHARED), [i128::from(shared); 2]);
        Crowd { visitors, parked }
    })
}

#[test]
fn eighty_customers_at_once_all_finish_and_each_sees_exactly_its_own_writes() {
    let Crowd { visitors, parked } = crowd(insisting());
    for visitor in &visitors {
        assert!(visitor.surprises.is_empty(), "{:?}", visitor.surprises[0]);
    }
    assert!(parked > 0, "nobody had to wait: the schedule proves nothing");
}

#[test]
fn the_same_crowd_without_the_guarantee_meets_balances_that_lack_its_own_writes() {
    let Crowd { visitors, parked } = crowd(careless());
    let surprised = visitors.iter().filter(|visitor| !visitor.surprises.is_empty()).count();
    assert!(surprised > 0, "none of {} saw a stale balance: the schedule proves nothing", visitors.len());
    assert_eq!(parked, 0, "who asks for nothing waits for nothing");
}
