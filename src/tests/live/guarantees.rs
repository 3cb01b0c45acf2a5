//! Monotonic writes, writes-follow-reads and monotonic reads over a network that reorders.
//!
//! The first two bind branches that the customer never asks: no branch shows a write without the one that it follows.
//! Here the one adds 1 and its follower 1000, both to the shared account, at two branches; another customer watches at
//! the third. A balance then says how many of each are visible, so the watcher needs no witness, but checks it too.

use std::time::Duration;

use readback::live::Customer;
use readback::model::{Dot, Guarantees, VersionVector};
use readback::session::Policy;

use super::bank::{Bank, options, written};
use super::customers::{SHARED, careless, insisting_on, look, pay_in};
use super::network::reordering;

const PAIRS: u32 = 30;
const FOLLOWER: u64 = 1000;
const LONGEST: Duration = Duration::from_millis(20);
/// What branch 1 sends to branch 3 takes so long that even on a busy machine the others overtake it.
const LATE: (u32, u32) = (1, 3);

/// A write, and one that must be visible nowhere without it.
type Pair = (Dot, Dot);
type Sight = (i64, VersionVector);

fn is_in_order((balance, witness): &Sight, pairs: &[Pair]) -> bool {
    let (followers, firsts) = (balance / FOLLOWER as i64, balance % FOLLOWER as i64);
    let in_order =
        pairs.iter().all(|&(first, follower)| !witness.contains(follower) || witness.contains(first));
    let shown = followers <= firsts;
    assert!(shown || !in_order, "the balance {balance} shows what the witness {witness} denies");
    in_order
}

/// One customer writes at branch 1 and then at branch 2.
async fn write_twice(bank: &Bank, policy: Policy) -> (Vec<Pair>, VersionVector) {
    let mut writer = bank.customer(policy);
    let mut pairs = Vec::new();
    for _ in 0..PAIRS {
        let first = pay_in(&mut writer, 1, 1).await;
        pairs.push((first, pay_in(&mut writer, 2, FOLLOWER).await));
    }
    (pairs, written([&writer]))
}

/// One customer writes at branch 1, another sees that there and then writes at branch 2.
async fn read_then_write(bank: &Bank, policy: Policy) -> (Vec<Pair>, VersionVector) {
    let (mut author, mut reader) = (bank.customer(policy), bank.customer(policy));
    let mut pairs = Vec::new();
    for _ in 0..PAIRS {
        let first = pay_in(&mut author, 1, 1).await;
        let (_, witness) = look(&mut reader, 1).await;
        assert!(witness.contains(first), "an answered write is visible where it was accepted");
        pairs.push((first, pay_in(&mut reader, 2, FOLLOWER).await));
    }
    (pairs, written([&author, &reader]))
}

/// Looks at branch 3 until it shows all of so many writes.
async fn watch(mut watcher: Customer, writes: u64) -> Vec<Sight> {
    let mut sights = Vec::new();
    let mut visible = 0;
    while visible < writes {
        let sight = look(&mut watcher, 3).await;
        visible = sight.1.iter().map(|(_, counter)| counter).sum();
        sights.push(sight);
    }
    sights
}

/// Of what the watcher saw until everything was there: how many sights showed a write without the one before it.
fn sights_out_of_order(writers: impl AsyncFnOnce(&Bank) -> (Vec<Pair>, VersionVector)) -> usize {
    let bank = Bank::start(options(3, 1, 0, reordering(LONGEST, LATE)));
    bank.live(async {
        let watching = watch(bank.customer(careless()), u64::from(2 * PAIRS));
        let ((pairs, writes), sights) = tokio::join!(writers(&bank), watching);
        bank.settle(&writes).await;
        let all = i128::from(PAIRS) * i128::from(1 + FOLLOWER);
        assert_eq!(bank.balances(SHARED), [all; 3]);
        sights.iter().filter(|sight| !is_in_order(sight, &pairs)).count()
    })
}

const MONOTONIC_WRITES: Guarantees = Guarantees { monotonic_writes: true, ..Guarantees::NONE };
const WRITES_FOLLOW_READS: Guarantees = Guarantees { writes_follow_reads: true, ..Guarantees::NONE };
const MONOTONIC_READS: Guarantees = Guarantees { monotonic_reads: true, ..Guarantees::NONE };

#[test]
fn under_monotonic_writes_nobody_sees_a_write_before_an_earlier_one_of_its_session() {
    let wrong = sights_out_of_order(async |bank| write_twice(bank, insisting_on(MONOTONIC_WRITES)).await);
    assert_eq!(wrong, 0);
}

#[test]
fn without_monotonic_writes_somebody_does() {
    let wrong = sights_out_of_order(async |bank| write_twice(bank, careless()).await);
    assert!(wrong > 0, "the network has put nothing out of order");
}

#[test]
fn under_writes_follow_reads_nobody_sees_a_write_before_what_its_author_had_read() {
    let wrong =
        sights_out_of_order(async |bank| read_then_write(bank, insisting_on(WRITES_FOLLOW_READS)).await);
    assert_eq!(wrong, 0);
}

#[test]
fn without_writes_follow_reads_somebody_does() {
    let wrong = sights_out_of_order(async |bank| read_then_write(bank, careless()).await);
    assert!(wrong > 0, "the network has put nothing out of order");
}

/// How often a reader who goes from branch to branch, while another deposits, sees less than before.
fn steps_back(policy: Policy) -> usize {
    let bank = Bank::start(options(3, 1, 0, reordering(LONGEST, LATE)));
    bank.live(async {
        let (mut writer, mut reader) = (bank.customer(insisting_on(Guarantees::NONE)), bank.customer(policy));
        let (mut latest, mut back) = ((0, VersionVector::new()), 0);
        for round in 0..PAIRS {
            pay_in(&mut writer, 1 + round % 3, 1).await;
            for branch in [1 + round % 3, 1 + (round + 1) % 3] {
                let sight = look(&mut reader, branch).await;
                assert!(sight.0 >= latest.0 || !sight.1.dominates(&latest.1), "a witness denies its balance");
                back += usize::from(!sight.1.dominates(&latest.1));
                latest = sight;
            }
        }
        back
    })
}

#[test]
fn under_monotonic_reads_what_was_seen_once_is_seen_at_every_branch() {
    assert_eq!(steps_back(insisting_on(MONOTONIC_READS)), 0);
}

#[test]
fn without_monotonic_reads_a_reader_who_roams_sees_money_vanish() {
    assert!(steps_back(careless()) > 0, "the network was never slow enough");
}
