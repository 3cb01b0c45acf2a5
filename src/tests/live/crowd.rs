//! Many customers at once, each on a private account and on the shared one.
//!
//! A bank whose branches hold a lock while they ask each other stops here for good: both branches have
//! customers who write, so each waits for the other.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::join_all;
use readback::live::Customer;
use readback::model::{AccountId, Operation, Refusal, WriteKind};
use readback::session::{Completion, FailureCause, Outcome, Policy, Success};

use super::bank::{Bank, options, until, written};
use super::customers::{SHARED, careless, deposit, insisting, perform, withdrawal};
use super::network::Cut;

/// On each of the two branches.
const CUSTOMERS: u32 = 40;
const OPERATIONS: u32 = 50;
const START: i64 = 100;

/// A customer, and what it knows of its money.
struct Visitor {
    customer: Customer,
    account: AccountId,
    /// What the private account must hold by the writes that were answered.
    balance: i64,
    paid_into_shared: i64,
    /// Endings that a customer who sees all of the own writes would not expect.
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
            (Outcome::Fail(FailureCause::Refused(Refusal::InsufficientFunds)), operation) => {
                !self.covers(operation)
            }
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

/// What became of all, and whether there was a moment at which every single one had to wait.
struct Crowd {
    visitors: Vec<Visitor>,
    all_waited: bool,
}

/// Lets all roam at once, over a link that is cut until all wait or all are done. Checks all balances at both branches.
fn crowd(policy: Policy) -> Crowd {
    let cut = Cut::new(&[(1, 2)]);
    let bank = Bank::start(options(2, 1 + 2 * CUSTOMERS as usize, START, Arc::clone(&cut) as _));
    bank.live(async {
        let visitor = |number| Visitor {
            customer: bank.customer(policy),
            account: AccountId(u64::from(number)),
            balance: START,
            paid_into_shared: 0,
            surprises: Vec::new(),
        };
        let mut roaming = pin!(join_all((1..=2 * CUSTOMERS).map(|n| visitor(n).roam(n % 2))));
        let waiting = || bank.handles().map(|branch| branch.report().parked).sum::<usize>();
        let (visitors, all_waited) = tokio::select! {
            visitors = &mut roaming => (visitors, false),
            () = until("all customers wait", || waiting() == 2 * CUSTOMERS as usize) => {
                cut.heal();
                (roaming.await, true)
            }
        };
        cut.heal();
        check_balances(&bank, &visitors).await;
        Crowd { visitors, all_waited }
    })
}

async fn check_balances(bank: &Bank, visitors: &[Visitor]) {
    bank.settle(&written(visitors.iter().map(|visitor| &visitor.customer))).await;
    for visitor in visitors {
        assert_eq!(bank.balances(visitor.account), [i128::from(visitor.balance); 2]);
    }
    let shared = START + visitors.iter().map(|visitor| visitor.paid_into_shared).sum::<i64>();
    assert_eq!(bank.balances(SHARED), [i128::from(shared); 2]);
}

#[test]
fn eighty_customers_at_once_all_finish_and_each_sees_exactly_its_own_writes() {
    let Crowd { visitors, all_waited } = crowd(insisting());
    for visitor in &visitors {
        assert!(visitor.surprises.is_empty(), "{:?}", visitor.surprises[0]);
    }
    assert!(all_waited, "the link was cut, and one customer had no need of it");
}

#[test]
fn the_same_crowd_without_the_guarantee_meets_balances_that_lack_its_own_writes() {
    let Crowd { visitors, all_waited } = crowd(careless());
    let surprised = visitors.iter().filter(|visitor| !visitor.surprises.is_empty()).count();
    assert_eq!(surprised, visitors.len(), "a cut link hides what was written beyond it");
    assert!(!all_waited, "who asks for nothing waits for nothing");
}
