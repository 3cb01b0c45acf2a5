//! Messages between customer and branch that are lost: what is retried happens once, what is given up is unknown.
//!
//! Operation 1 brings the customer the branch's incarnation, so that attempt 0 of operation 2 is the write itself
//! and not a greeting.

use std::sync::Arc;
use std::time::Duration;

use readback::model::{BranchId, Operation, Request};
use readback::network::{self, Leg, Network};
use readback::session::{Completion, FailureCause, Outcome, Policy};

use tokio::time::timeout;

use super::bank::{Bank, options, query, until, written};
use super::customers::{SHARED, deposit, dot, impatient, look, pay_in, perform};
use super::network::losing;

const SUM: u64 = 10;

/// Two branches, a customer whose first deposit has gone through, and a second one that meets the losses.
fn second_deposit(network: Arc<dyn Network>) -> (Bank, Completion) {
    let bank = Bank::start(options(2, 1, 0, network));
    let completion = bank.live(async {
        let mut customer = bank.customer(impatient());
        pay_in(&mut customer, 1, 1).await;
        let completion = perform(&mut customer, 1, deposit(SHARED, SUM)).await;
        if let Outcome::Ok(_) = completion.outcome {
            bank.settle(&written([&customer])).await;
        }
        completion
    });
    (bank, completion)
}

fn assert_once_after_a_retry(leg: Leg) {
    let (bank, completion) = second_deposit(losing(leg, |number, attempt| number == 2 && attempt == 0));
    assert_eq!(dot(&completion).counter, 2);
    assert!(completion.attempts > 1, "{completion:?}");
    assert_eq!(bank.balances(SHARED), [1 + i128::from(SUM); 2]);
}

#[test]
fn a_write_whose_reply_was_lost_is_retried_and_applied_once() {
    assert_once_after_a_retry(Leg::Reply);
}

#[test]
fn a_write_whose_request_was_lost_is_retried_and_applied_once() {
    assert_once_after_a_retry(Leg::Request);
}

#[test]
fn the_same_deposit_under_two_numbers_is_applied_twice() {
    let bank =
        Bank::start(options(2, 1, 0, losing(Leg::Reply, |number, attempt| number > 1 && attempt == 0)));
    bank.live(async {
        let mut customer = bank.customer(impatient());
        pay_in(&mut customer, 1, 1).await;
        pay_in(&mut customer, 1, SUM).await;
        pay_in(&mut customer, 1, SUM).await;
        bank.settle(&written([&customer])).await;
        assert_eq!(bank.balances(SHARED), [1 + 2 * i128::from(SUM); 2]);
    });
}

#[test]
fn a_write_whose_every_reply_is_lost_ends_unknown_and_is_there_once() {
    let (bank, completion) = second_deposit(losing(Leg::Reply, |number, _| number == 2));
    assert_given_up(&completion);
    let expected = [1 + i128::from(SUM); 2];
    bank.live(until("both branches have the write", || bank.balances(SHARED) == expected));
    assert!(bank.handles().all(|branch| branch.report().applied.iter().all(|(_, counter)| counter == 2)));
}

#[test]
fn a_write_whose_every_request_is_lost_ends_unknown_too_and_is_not_there() {
    let (bank, completion) = second_deposit(losing(Leg::Request, |number, _| number == 2));
    assert_given_up(&completion);
    assert_eq!(bank.balances(SHARED)[0], 1);
}

fn assert_given_up(completion: &Completion) {
    let Policy { attempts_max, .. } = impatient();
    let Outcome::Info(FailureCause::GivenUp { failures, .. }) = completion.outcome else {
        panic!("how the write ended is unknown, and it ended {completion:?}");
    };
    assert_eq!(failures, attempts_max);
}

#[test]
fn a_read_without_an_answer_and_a_write_that_never_left_fail() {
    let bank = Bank::start(options(1, 1, 0, losing(Leg::Reply, |number, _| number <= 2)));
    bank.live(async {
        let mut customer = bank.customer(impatient());
        let rows = [deposit(SHARED, SUM), Operation::Query { account: SHARED }];
        for operation in rows {
            let completion = perform(&mut customer, 1, operation).await;
            let failed = matches!(completion.outcome, Outcome::Fail(FailureCause::GivenUp { .. }));
            assert!(failed, "{operation}: {completion:?}");
        }
        assert_eq!(look(&mut customer, 1).await.0, 0, "only its greetings had left");
    });
}

/// The dangerous copy: a request that its customer has given up, and that the network delivers all the same.
#[test]
fn a_request_that_is_late_arrives_although_its_customer_has_hung_up() {
    let late = network::constant_delay(Leg::Request, Duration::from_millis(300));
    let bank = Bank::start(options(1, 1, 0, late));
    let request = Request {
        incarnation: Some(bank.branch(1).incarnation()),
        operation: deposit(SHARED, SUM),
        ..query(BranchId(1))
    };
    bank.live(async {
        let hung_up = timeout(Duration::from_millis(50), bank.branches.send(request, 0)).await;
        assert!(hung_up.is_err(), "the request is delayed by more than its customer waits");
        until("the deposit has arrived", || bank.balances(SHARED) == [i128::from(SUM)]).await;
    });
}
