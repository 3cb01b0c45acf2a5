//! Links that are cut. A branch that a detour reaches is not stale; one that nothing reaches says what it lacks.

use std::sync::Arc;
use std::time::Duration;

use readback::branch::Timing;
use readback::live::{BlockingClient, ClusterOptions, NotDrained};
use readback::model::{BranchId, Operation, RequestError};
use readback::session::{FailureCause, Outcome, Policy};

use super::bank::{Bank, options, written};
use super::customers::{SHARED, insisting, look, pay_in, perform};
use super::network::Cut;

const ROUNDS: u32 = 5;

fn bank_with(cut: &Arc<Cut>) -> Bank {
    let timing = Timing {
        relay_after: Duration::from_millis(20),
        heartbeat: Duration::from_millis(20),
        ..Timing::default()
    };
    let network = Arc::clone(cut) as _;
    Bank::start(ClusterOptions { timing, ..options(3, 1, 0, network) })
}

/// A read that is not to be waited for long.
fn hasty() -> Policy {
    Policy { max_wait: Duration::from_millis(100), ..insisting() }
}

#[test]
fn two_branches_without_a_link_read_each_others_writes_through_the_third() {
    let bank = bank_with(&Cut::new(&[(1, 2)]));
    bank.live(async {
        let mut customer = bank.customer(insisting());
        for round in 0..ROUNDS {
            let (here, there) = if round % 2 == 0 { (1, 2) } else { (2, 1) };
            let dot = pay_in(&mut customer, here, 1).await;
            let (balance, witness) = look(&mut customer, there).await;
            assert_eq!(balance, i64::from(round + 1));
            assert!(witness.contains(dot));
        }
        bank.settle(&written([&customer])).await;
        assert_eq!(bank.balances(SHARED), [i128::from(ROUNDS); 3]);
    });
    assert!(bank.branch(3).report().counters.batches_relayed > 0, "who brought the writes, if not branch 3?");
}

#[test]
fn an_isolated_branch_names_the_missing_write_and_catches_up_once_healed() {
    let cut = Cut::new(&[(1, 2), (3, 2)]);
    let bank = bank_with(&cut);
    bank.live(async {
        let mut customer = bank.customer(hasty());
        let dot = pay_in(&mut customer, 1, 1).await;
        let read = perform(&mut customer, 2, Operation::Query { account: SHARED }).await;
        let Outcome::Fail(FailureCause::Error(RequestError::Deadline { missing, .. })) = &read.outcome else {
            panic!("branch 2 cannot have {dot}, and answers {read:?}");
        };
        assert_eq!(*missing, [dot]);
        cut.heal();
        bank.settle(&written([&customer])).await;
        assert_eq!(look(&mut customer, 2).await.0, 1);
        assert_eq!(bank.balances(SHARED), [1; 3]);
    });
}

#[test]
fn a_drain_names_the_branch_that_is_cut_off_and_the_write_that_it_lacks() {
    let cut = Cut::new(&[(1, 2), (3, 2)]);
    let bank = bank_with(&cut);
    let addresses = bank.handles().map(|branch| (branch.id(), branch.address())).collect();
    let reception = BlockingClient::new(addresses).expect("the system grants a runtime");
    let mut customer = reception.customer(hasty());
    let operation = super::customers::deposit(SHARED, 1);
    let dot = super::customers::dot(&reception.perform(&mut customer, BranchId(1), operation));
    let writes = written([&customer]);
    let NotDrained { branch, error } =
        reception.drain(&writes, Duration::from_millis(100)).expect_err("branch 2 is isolated");
    assert_eq!(branch, BranchId(2));
    assert!(matches!(error, Some(RequestError::Deadline { missing, .. }) if missing == [dot]));
    cut.heal();
    reception.drain(&writes, super::bank::PATIENCE).expect("no branch is isolated");
    assert_eq!(bank.balances(SHARED), [1; 3]);
}
