//! Each mutant of the branch changes what customers or peers can see: one short script, with it and without.

use std::time::Duration;

use super::cluster::TestSession;
use super::{Packet, TestCluster, VisibleEvent};
use crate::branch::Config;
use crate::model::{
    AccountId, Amount, Answer, BranchId, Guarantees, Mutant, Operation, SessionId, SessionToken, WriteKind,
};

const ONE: BranchId = BranchId(1);
const TWO: BranchId = BranchId(2);
const THREE: BranchId = BranchId(3);

/// A cluster with an empty account and customers `a` to `e`, who ask for read-your-writes.
fn cluster(branches: u32, durable: bool, mutant: Option<Mutant>) -> TestCluster {
    let members: Vec<BranchId> = (1..=branches).map(BranchId).collect();
    let config = |&id| Config { mutant, ..Config::new(id, members.clone(), vec![0]) };
    let mut cluster = TestCluster::new(members.iter().map(config).collect(), durable);
    for (name, opened_at) in ["a", "b", "c", "d", "e"].into_iter().zip(1..) {
        let id = SessionId { opened_at, nonce: 0 };
        let (token, guarantees) = (SessionToken::default(), Guarantees::READ_YOUR_WRITES);
        cluster.sessions.insert(name.to_owned(), TestSession { id, number: 0, token, guarantees });
    }
    cluster
}

fn deposit(cluster: &mut TestCluster, name: &str, branch: BranchId, amount: u64) {
    deposit_again(cluster, name, branch, amount, None);
}

fn deposit_again(cluster: &mut TestCluster, name: &str, branch: BranchId, amount: u64, number: Option<u64>) {
    let amount = Amount::new(amount).expect("tests deposit something");
    let operation = Operation::Write { kind: WriteKind::Deposit, account: AccountId(0), amount };
    cluster.ask(name, branch, operation, number, Duration::from_secs(1));
}

fn query(cluster: &mut TestCluster, name: &str, branch: BranchId) {
    let operation = Operation::Query { account: AccountId(0) };
    cluster.ask(name, branch, operation, None, Duration::from_secs(1));
}

/// Delivers what is on the way from one branch to another now.
fn deliver(cluster: &mut TestCluster, from: BranchId, to: BranchId) {
    let packets = std::mem::take(&mut cluster.packets);
    let goes_there = |packet: &Packet| packet.from == from && packet.to == to;
    let (now, later): (Vec<Packet>, Vec<Packet>) = packets.into_iter().partition(goes_there);
    cluster.packets = later;
    now.into_iter().for_each(|packet| cluster.deliver(packet));
}

/// Answers since this was last asked: of a write its counter, of a read its balance.
fn answers(cluster: &mut TestCluster) -> Vec<i64> {
    let events = cluster.take_events().into_iter();
    let answers = events.filter_map(|event| match event {
        VisibleEvent::Replied { reply, .. } => reply.outcome.ok(),
        VisibleEvent::Sent { .. } | VisibleEvent::Logged { .. } => None,
    });
    let number = answers.filter_map(|answer| match answer {
        Answer::Written { dot } => i64::try_from(dot.counter).ok(),
        Answer::Balance { balance, .. } => Some(balance),
        Answer::Refused(_) => None,
    });
    number.collect()
}

fn balance(cluster: &TestCluster, branch: BranchId) -> i128 {
    cluster.branch(branch).balance(AccountId(0)).expect("the account exists")
}

/// How many writes of a branch's first incarnation another has applied.
fn applied(cluster: &TestCluster, at: BranchId, of: BranchId) -> u64 {
    let of = cluster.branch(at).applied().iter().filter(|(origin, _)| origin.branch == of);
    of.map(|(_, counter)| counter).sum()
}

#[test]
fn a_forgotten_execution_is_repeated_after_a_restart() {
    let play = |mutant| {
        let mut cluster = cluster(2, true, mutant);
        deposit(&mut cluster, "a", ONE, 5);
        cluster.sync(ONE, None);
        cluster.crash(ONE);
        cluster.restart(ONE, false);
        deposit_again(&mut cluster, "a", ONE, 5, Some(1));
        cluster.sync(ONE, None);
        (answers(&mut cluster), balance(&cluster, ONE))
    };
    assert_eq!(play(None), (vec![1, 1], 5));
    assert_eq!(play(Some(Mutant::ForgottenDeduplication)), (vec![1, 2], 10));
}

#[test]
fn a_write_is_acknowledged_before_its_sync() {
    let play = |mutant| {
        let mut cluster = cluster(2, true, mutant);
        deposit(&mut cluster, "a", ONE, 5);
        let before = answers(&mut cluster);
        cluster.sync(ONE, None);
        (before, answers(&mut cluster))
    };
    assert_eq!(play(None), (vec![], vec![1]));
    assert_eq!(play(Some(Mutant::AcknowledgedBeforeSynced)), (vec![1], vec![]));
}

#[test]
fn a_counter_that_a_peer_has_seen_is_given_out_again() {
    let play = |mutant| {
        let mut cluster = cluster(2, true, mutant);
        // A branch whose log is empty would have to join again.
        deposit(&mut cluster, "a", ONE, 1);
        cluster.sync(ONE, None);
        deposit(&mut cluster, "a", ONE, 5);
        cluster.deliver_all();
        cluster.sync(TWO, None);
        cluster.crash(ONE);
        cluster.restart(ONE, false);
        deposit(&mut cluster, "b", ONE, 7);
        cluster.sync(ONE, None);
        cluster.deliver_all();
        cluster.sync(TWO, None);
        (balance(&cluster, ONE), balance(&cluster, TWO))
    };
    assert_eq!(play(None), (8, 8));
    assert_eq!(play(Some(Mutant::CountersUsedTwice)), (8, 6));
}

#[test]
fn a_run_is_applied_over_a_gap() {
    let play = |mutant| {
        let mut cluster = cluster(2, false, mutant);
        deposit(&mut cluster, "a", ONE, 5);
        cluster.packets.clear();
        deposit(&mut cluster, "a", ONE, 7);
        deliver(&mut cluster, ONE, TWO);
        (balance(&cluster, TWO), applied(&cluster, TWO, ONE))
    };
    assert_eq!(play(None), (0, 0));
    assert_eq!(play(Some(Mutant::AppliedOverGap)), (7, 2));
}

#[test]
fn a_read_is_woken_before_what_it_waits_for_is_applied() {
    let play = |mutant| {
        let mut cluster = cluster(2, false, mutant);
        deposit(&mut cluster, "a", ONE, 5);
        query(&mut cluster, "a", TWO);
        cluster.deliver_all();
        answers(&mut cluster)
    };
    assert_eq!(play(None), [1, 5]);
    assert_eq!(play(Some(Mutant::WakeBeforeApply)), [1, 0]);
}

#[test]
fn balances_that_are_replicated_undo_each_other() {
    let play = |mutant| {
        let mut cluster = cluster(2, false, mutant);
        deposit(&mut cluster, "a", ONE, 5);
        deposit(&mut cluster, "b", TWO, 7);
        cluster.deliver_all();
        (balance(&cluster, ONE), balance(&cluster, TWO))
    };
    assert_eq!(play(None), (12, 12));
    assert_eq!(play(Some(Mutant::AbsoluteBalances)), (7, 5));
}

#[test]
fn the_write_after_a_thousand_is_counted_and_not_executed() {
    let play = |mutant| {
        let mut cluster = cluster(2, false, mutant);
        (0..1_001).for_each(|_| deposit(&mut cluster, "a", ONE, 1));
        cluster.deliver_all();
        (balance(&cluster, TWO), applied(&cluster, TWO, ONE))
    };
    assert_eq!(play(None), (1_001, 1_001));
    assert_eq!(play(Some(Mutant::IdsCollide)), (1_000, 1_001));
}

#[test]
fn four_that_wait_keep_out_what_they_wait_for() {
    let play = |mutant| {
        let mut cluster = cluster(2, false, mutant);
        for name in ["a", "b", "c", "d"] {
            deposit(&mut cluster, name, ONE, 1);
            query(&mut cluster, name, TWO);
        }
        cluster.run(Duration::from_secs(60));
        (cluster.branch(TWO).parked(), balance(&cluster, TWO))
    };
    assert_eq!(play(None), (0, 4));
    assert_eq!(play(Some(Mutant::WaitersExhaust)), (4, 0));
}

#[test]
fn a_write_of_an_ended_incarnation_is_not_waited_for() {
    let play = |mutant| {
        let mut cluster = cluster(3, false, mutant);
        deposit(&mut cluster, "a", ONE, 5);
        deliver(&mut cluster, ONE, THREE);
        cluster.packets.clear();
        cluster.crash(ONE);
        cluster.restart(ONE, true);
        deliver(&mut cluster, ONE, TWO);
        query(&mut cluster, "a", TWO);
        (answers(&mut cluster), cluster.branch(TWO).parked())
    };
    assert_eq!(play(None), (vec![1], 1));
    assert_eq!(play(Some(Mutant::LostIncarnationAccepted)), (vec![1, 0], 0));
}
