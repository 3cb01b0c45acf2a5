//! A branch that is frozen while the others go on, as a process that is stopped.

use std::time::Duration;

use futures_util::future::join_all;
use readback::model::BranchId;
use readback::network;
use tokio::time::timeout;

use super::bank::{Bank, options, query, written};
use super::customers::{SHARED, impatient, insisting, look, pay_in};

const CUSTOMERS: u32 = 6;
const WRITES: u32 = 20;
/// As long without an answer, and the branch counts as frozen.
const SILENCE: Duration = Duration::from_millis(100);
const PROBES_MAX: u32 = 50;

/// Returns once the branch answers nothing any more.
async fn until_silent(bank: &Bank, branch: u32) {
    for _ in 0..PROBES_MAX {
        if timeout(SILENCE, bank.branches.send(query(BranchId(branch)), 0)).await.is_err() {
            return;
        }
    }
    panic!("branch {branch} was paused and has answered {PROBES_MAX} probes");
}

#[test]
fn a_branch_that_was_paused_has_every_write_once_and_answers_what_it_kept_waiting() {
    let bank = Bank::start(options(3, 1, 0, network::perfect()));
    bank.live(async {
        let mut customers: Vec<_> = (0..CUSTOMERS).map(|_| bank.customer(insisting())).collect();
        for customer in &mut customers {
            pay_in(customer, 3, 1).await;
        }
        let pause = bank.branch(3).pause();
        until_silent(&bank, 3).await;
        join_all(customers.iter_mut().zip(0..).map(|(customer, number)| async move {
            for write in 0..WRITES {
                pay_in(customer, 1 + (number + write) % 2, 1).await;
            }
        }))
        .await;
        let writes = written(&customers);
        assert_ne!(bank.branch(3).report().applied, writes, "a paused branch takes nothing in");
        let mut reads = Box::pin(join_all(customers.iter_mut().map(|customer| look(customer, 3))));
        assert!(timeout(SILENCE, &mut reads).await.is_err(), "a paused branch answers no customer");
        drop(pause);
        let all = i64::from(CUSTOMERS * (1 + WRITES));
        for (balance, _) in reads.await {
            assert!((i64::from(1 + WRITES)..=all).contains(&balance), "own writes at least, {balance}");
        }
        bank.settle(&writes).await;
        assert_eq!(bank.balances(SHARED), [i128::from(all); 3]);
    });
}

#[test]
fn a_write_that_is_retried_while_the_branch_is_paused_is_there_once() {
    let bank = Bank::start(options(2, 1, 0, network::perfect()));
    bank.live(async {
        let policy = readback::session::Policy { attempts_max: 1_000, ..impatient() };
        let mut customer = bank.customer(policy);
        pay_in(&mut customer, 1, 1).await;
        let pause = bank.branch(1).pause();
        until_silent(&bank, 1).await;
        let mut write = Box::pin(pay_in(&mut customer, 1, 1));
        // Longer than two attempts.
        assert!(timeout(8 * SILENCE, &mut write).await.is_err(), "a paused branch accepts nothing");
        drop(pause);
        write.await;
        bank.settle(&written([&customer])).await;
        assert_eq!(bank.balances(SHARED), [2; 2]);
    });
}

#[test]
fn a_cluster_ends_although_a_branch_of_it_is_paused() {
    let bank = Bank::start(options(2, 1, 0, network::perfect()));
    let pause = bank.branch(2).pause();
    bank.live(until_silent(&bank, 2));
    let (ended, has_ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(bank);
        ended.send(())
    });
    assert!(has_ended.recv_timeout(Duration::from_secs(30)).is_ok(), "it waits for the pause, which lasts");
    drop(pause);
}
