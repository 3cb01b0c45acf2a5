//! Who makes operations: one after another, and each checked to be what its case says.

use std::time::Duration;

use readback::live::Customer;
use readback::model::{AccountId, Amount, BranchId, Operation, WriteKind};
use readback::session::{Completion, Outcome};

use crate::echo::EchoClient;

pub enum Worker {
    Echo(EchoClient),
    Customer { customer: Box<Customer>, branch: BranchId, operation: Operation },
}

pub const QUERY: Operation = Operation::Query { account: AccountId(0) };

/// One minor unit.
pub fn deposit() -> Operation {
    let amount = Amount::new(1).expect("one is positive");
    Operation::Write { kind: WriteKind::Deposit, account: AccountId(0), amount }
}

impl Worker {
    /// # Panics
    ///
    /// If the operation fails or, being a query, was parked.
    pub async fn operate(&mut self) {
        match self {
            Worker::Echo(client) => client.call().await.expect("the echo answers"),
            Worker::Customer { customer, branch, operation } => {
                let completion = perform(customer, *branch, *operation).await;
                let parked_for = completion.parked_for;
                assert!(operation.is_write() || parked_for == Duration::ZERO, "parked for {parked_for:?}");
            }
        }
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
