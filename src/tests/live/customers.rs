//! What customers do, and what they insist on.

use std::time::Duration;

use readback::live::Customer;
use readback::model::{
    AccountId, Amount, BranchId, Dot, Guarantees, Operation, Strategy, VersionVector, WriteKind,
};
use readback::session::{Completion, Outcome, Policy, Success};

use super::bank::PATIENCE;

/// The account of tests that need but one.
pub const SHARED: AccountId = AccountId(0);

/// Waits for as long as it takes: these guarantees hold, or the test has ended.
pub fn insisting_on(guarantees: Guarantees) -> Policy {
    Policy {
        strategy: Strategy::Wait,
        guarantees,
        max_wait: PATIENCE,
        attempt_timeout: PATIENCE,
        ..Policy::default()
    }
}

pub fn insisting() -> Policy {
    insisting_on(Guarantees::READ_YOUR_WRITES)
}

/// Takes what the branch has. The negative control.
pub fn careless() -> Policy {
    Policy { strategy: Strategy::None, ..insisting() }
}

/// Asks again soon, for tests in which answers are lost.
pub fn impatient() -> Policy {
    Policy {
        max_wait: Duration::from_millis(200),
        attempt_timeout: Duration::from_millis(100),
        backoff_max: Duration::from_millis(20),
        ..insisting()
    }
}

pub fn amount(minor_units: u64) -> Amount {
    Amount::new(minor_units).expect("a positive sum")
}

pub fn deposit(account: AccountId, minor_units: u64) -> Operation {
    Operation::Write { kind: WriteKind::Deposit, account, amount: amount(minor_units) }
}

pub fn withdrawal(account: AccountId, minor_units: u64) -> Operation {
    Operation::Write { kind: WriteKind::Withdraw, account, amount: amount(minor_units) }
}

pub async fn perform(customer: &mut Customer, branch: u32, operation: Operation) -> Completion {
    customer.perform(BranchId(branch), operation).await
}

/// A deposit into the shared account, which must be accepted.
pub async fn pay_in(customer: &mut Customer, branch: u32, minor_units: u64) -> Dot {
    dot(&perform(customer, branch, deposit(SHARED, minor_units)).await)
}

/// A read of the shared account, which must be answered.
pub async fn look(customer: &mut Customer, branch: u32) -> (i64, VersionVector) {
    balance(&perform(customer, branch, Operation::Query { account: SHARED }).await)
}

/// The name of the write that ended so.
pub fn dot(completion: &Completion) -> Dot {
    match &completion.outcome {
        Outcome::Ok(Success::Written { dot }) => *dot,
        Outcome::Ok(Success::Balance { .. }) | Outcome::Fail(_) | Outcome::Info(_) => {
            panic!("not an accepted write: {completion:?}")
        }
    }
}

/// The balance, and the witness, of the read that ended so.
pub fn balance(completion: &Completion) -> (i64, VersionVector) {
    match &completion.outcome {
        Outcome::Ok(Success::Balance { balance, witness }) => (*balance, witness.clone()),
        Outcome::Ok(Success::Written { .. }) | Outcome::Fail(_) | Outcome::Info(_) => {
            panic!("not an answered read: {completion:?}")
        }
    }
}
