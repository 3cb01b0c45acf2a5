//! Messages that come twice, and messages that do not come, between any two ends.

use std::sync::Arc;

use futures_util::future::join_all;
use readback::branch::Counters;
use readback::live::Customer;
use readback::model::{AccountId, Operation};
use readback::network::Network;

use super::bank::{Bank, options, written};
use super::customers::{SHARED, balance, deposit, dot, insisting, perform, withdrawal};
use super::network::{doubling, leaking};

const BRANCHES: u32 = 3;
const CUSTOMERS: u32 = 6;
const ROUNDS: u32 = 20;

/// Writes into both accounts here, and reads the private one there.
async fn rounds(mut customer: Customer, account: AccountId, first: u32) -> Customer {
    for round in 0..ROUNDS {
        let (here, there) = (1 + (first + round) % BRANCHES, 1 + (first + round + 1) % BRANCHES);
        dot(&perform(&mut customer, here, deposit(SHARED, 1)).await);
        dot(&perform(&mut customer, here, deposit(account, 3)).await);
        let withdrawn = dot(&perform(&mut customer, there, withdrawal(account, 1)).await);
        let (own, witness) = balance(&perform(&mut customer, here, Operation::Query { account }).await);
        assert_eq!(own, i64::from(2 * (round + 1)), "account {account} at branch {here}");
        assert!(witness.contains(withdrawn));
    }
    customer
}

/// Runs all customers over the network, checks every balance, and returns what the branches counted.
fn all_balances_are_right(network: Arc<dyn Network>) -> Vec<Counters> {
    let bank = Bank::start(options(BRANCHES, 1 + CUSTOMERS as usize, 0, network));
    bank.live(async {
        let account = |number: u32| AccountId(u64::from(number));
        let stories = (1..=CUSTOMERS).map(|n| rounds(bank.customer(insisting()), account(n), n));
        let customers = join_all(stories).await;
        bank.settle(&written(&customers)).await;
        for number in 1..=CUSTOMERS {
            assert_eq!(bank.balances(account(number)), [i128::from(2 * ROUNDS); 3]);
        }
        assert_eq!(bank.balances(SHARED), [i128::from(CUSTOMERS * ROUNDS); 3]);
    });
    bank.handles().map(|branch| branch.report().counters).collect()
}

#[test]
fn messages_that_come_twice_on_every_leg_are_applied_once() {
    let counters = all_balances_are_right(doubling());
    assert!(
        counters.iter().all(|counters| counters.batches_duplicated > 0),
        "no run came twice: {counters:?}"
    );
}

#[test]
fn with_a_fifth_of_all_runs_and_acks_lost_every_guarded_read_is_right_and_all_converge() {
    let counters = all_balances_are_right(leaking());
    assert!(
        counters.iter().all(|counters| counters.batches_retransmitted > 0),
        "nothing was lost: {counters:?}"
    );
}
