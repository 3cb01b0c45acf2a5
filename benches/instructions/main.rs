//! Has a hot path of the core become longer? Instructions are counted, under `valgrind`, and each count has a
//! limit.
//!
//! Time says it poorly: on a shared machine a tenth more is lost in the noise. A count is the same on every
//! run, so a tenth more is found by one. What is counted is one operation in steady state, on a branch that
//! has done the same before; setting it up, and looking at what came of it, is not.
//!
//! | benchmark | what is counted |
//! |---|---|
//! | `query` | a request for a balance, to its reply: without a token, or with 3 or 16 origins in it |
//! | `deposit` | a deposit at one of three branches and the report of its sync, to its reply and two runs |
//! | `run` | a peer's run of 1 or 64 writes and the report of their sync, to its ack |
//! | `park_and_wake` | a query parked beside 1000 others, and the `run` that it waits for, to its reply |
//! | `dominates` | of two vectors of 3 or 16 origins, a hundred times |
//! | `merge` | of a vector of 3 or 16 origins into a hundred that are behind in each, or that lack half of them |
//! | `session` | a query with a token of 3 origins, from its beginning over its reply to its end |
//! | `fate` | a log-normal delay or a loss, drawn a hundred times |
//!
//! **Limits** are in `limits`: what the last count was, and a tenth on top. Where a change
//! is worth its price, or has made a path shorter, the new count goes there.
//!
//! **Caveats.** Instructions are not time: one that waits for memory costs as much as a hundred and counts as
//! one. Counts hold for one compiler, one C library (its allocator is part of them) and one architecture;
//! another release of the compiler may move them by a few hundredths, which is what the tenth is for. Nothing
//! is counted in `live`, where most of an operation's time goes: see the bench `rpc`.
//!
//! It needs `valgrind`, and `gungraun-runner` in the version of the crate `gungraun`, and so stands behind a
//! feature: `cargo bench --bench instructions --features instructions`.

#![expect(missing_docs, reason = "the macros of the harness make public modules without documentation")]

mod cluster;
mod customer;
mod limits;

use std::hint::black_box;

use gungraun::prelude::*;
use readback::branch::PeerMessage;
use readback::model::{Answer, BranchId, Incarnation, Origin, Request, VersionVector};
use readback::network::{Fate, MessageInfo, Network as _, PlannedNetwork};

use cluster::Cluster;
use customer::{Customer, lossy_network, passage};
use limits::limit;

/// So often what takes few instructions is done.
const REPETITIONS: u64 = 100;

/// Sessions that take turns, so that the memory of sessions has a size.
const SESSIONS: u64 = 1_000;

/// Requests that wait while another one is parked and woken.
const PARKED: usize = 1_000;

#[library_benchmark(setup = cluster_with_query, teardown = has_answered_with_a_balance)]
#[bench::without_token(args = (3, 0), config = limit(limits::QUERY_WITHOUT_TOKEN))]
#[bench::of_3_origins(args = (3, 3), config = limit(limits::QUERY_OF_3_ORIGINS))]
#[bench::of_16_origins(args = (16, 16), config = limit(limits::QUERY_OF_16_ORIGINS))]
fn query((mut cluster, request): (Cluster, Request)) -> Cluster {
    cluster.first().ask(black_box(request));
    cluster
}

#[library_benchmark(setup = cluster_with_deposit, teardown = has_written)]
#[bench::of_3_branches(args = (3), config = limit(limits::DEPOSIT))]
fn deposit((mut cluster, request): (Cluster, Request)) -> Cluster {
    cluster.first().ask(black_box(request));
    cluster.first().sync();
    cluster
}

#[library_benchmark(setup = cluster_with_run, teardown = has_applied)]
#[bench::of_1(args = (1), config = limit(limits::RUN_OF_1))]
#[bench::of_64(args = (64), config = limit(limits::RUN_OF_64))]
fn run((mut cluster, run, last): (Cluster, PeerMessage, u64)) -> (Cluster, u64) {
    cluster.first().hear(BranchId(2), black_box(run));
    cluster.first().sync();
    (cluster, last)
}

#[library_benchmark(setup = cluster_with_parked, teardown = has_woken_one)]
#[bench::of_1000(args = (PARKED), config = limit(limits::PARK_AND_WAKE))]
fn park_and_wake((mut cluster, request, run): (Cluster, Request, PeerMessage)) -> Cluster {
    cluster.first().ask(black_box(request));
    cluster.first().hear(BranchId(2), black_box(run));
    cluster.first().sync();
    cluster
}

#[library_benchmark(setup = vectors, teardown = all_dominated)]
#[bench::of_3(args = (3), config = limit(limits::DOMINATES_OF_3))]
#[bench::of_16(args = (16), config = limit(limits::DOMINATES_OF_16))]
fn dominates((one, other): (VersionVector, VersionVector)) -> u64 {
    (0..REPETITIONS).map(|_| u64::from(black_box(&one).dominates(black_box(&other)))).sum()
}

#[library_benchmark(setup = behind, teardown = are_merged)]
#[bench::of_3(args = (3, 3), config = limit(limits::MERGE_OF_3))]
#[bench::of_16(args = (16, 16), config = limit(limits::MERGE_OF_16))]
#[bench::of_16_into_8(args = (16, 8), config = limit(limits::MERGE_OF_16_INTO_8))]
fn merge((one, mut others): (VersionVector, Vec<VersionVector>)) -> (VersionVector, Vec<VersionVector>) {
    others.iter_mut().for_each(|other| black_box(other).merge(black_box(&one)));
    (one, others)
}

#[library_benchmark(setup = customer, teardown = has_an_answer)]
#[bench::of_3_origins(args = (3), config = limit(limits::SESSION))]
fn session(mut customer: Customer) -> Customer {
    customer.query();
    customer
}

#[library_benchmark(setup = passages, teardown = few_are_lost)]
#[bench::log_normal_with_loss(config = limit(limits::FATE))]
fn fate((network, passages): (PlannedNetwork, Vec<MessageInfo>)) -> usize {
    let delivered = |passage: &&MessageInfo| matches!(network.fate(black_box(passage)), Fate::Deliver(_));
    passages.iter().filter(delivered).count()
}

library_benchmark_group!(
    name = core,
    benchmarks = [query, deposit, run, park_and_wake, dominates, merge, session, fate]
);

main!(library_benchmark_groups = core);

fn cluster_with_query(branches: u32, origins: usize) -> (Cluster, Request) {
    let mut cluster = Cluster::new(branches, SESSIONS);
    let token: VersionVector = cluster.first().applied().iter().take(origins).collect();
    assert_eq!(token.len(), origins, "the token names as many origins as are meant");
    let before = cluster.query(&token);
    cluster.first().ask(before);
    cluster.settle();
    let request = cluster.query(&token);
    (cluster, request)
}

fn has_answered_with_a_balance(mut cluster: Cluster) {
    let answers = cluster.first().answers();
    assert!(matches!(answers[..], [Answer::Balance { .. }]), "{answers:?}");
}

fn cluster_with_deposit(branches: u32) -> (Cluster, Request) {
    let mut cluster = Cluster::new(branches, SESSIONS);
    for _ in 0..SESSIONS {
        let before = cluster.deposit(1);
        cluster.first().ask(before);
        cluster.first().sync();
        cluster.settle();
    }
    let request = cluster.deposit(1);
    (cluster, request)
}

fn has_written(mut cluster: Cluster) {
    let answers = cluster.first().answers();
    assert!(matches!(answers[..], [Answer::Written { .. }]), "{answers:?}");
    assert_eq!(cluster.first().sent(), 2, "each peer is sent the write");
    assert!(cluster.first().retained() > 0, "it is kept until they have it");
}

fn cluster_with_run(writes: usize) -> (Cluster, PeerMessage, u64) {
    let mut cluster = Cluster::new(3, SESSIONS);
    for _ in 0..3 {
        let before = cluster.run_of(writes);
        cluster.first().hear(BranchId(2), before);
        cluster.first().sync();
        cluster.settle();
    }
    let run = cluster.run_of(writes);
    let last = applied_of_second(&mut cluster);
    (cluster, run, last)
}

fn has_applied((mut cluster, last): (Cluster, u64)) {
    let second = cluster.node(2).origin();
    assert_eq!(cluster.first().applied().get(second), last, "all of the run is applied");
    assert_eq!(cluster.first().sent(), 1, "it is acknowledged");
}

fn applied_of_second(cluster: &mut Cluster) -> u64 {
    let second = cluster.node(2);
    second.applied().get(second.origin())
}

/// The others wait for writes that are not made yet, each for another one.
fn cluster_with_parked(others: usize) -> (Cluster, Request, PeerMessage) {
    let mut cluster = Cluster::new(3, SESSIONS);
    let second = cluster.node(2).origin();
    let next = applied_of_second(&mut cluster) + 1;
    let waits_for = |cluster: &mut Cluster, counter: u64| {
        let mut token = cluster.first().applied().clone();
        token.raise(second, counter);
        cluster.query(&token)
    };
    for later in 0..others as u64 {
        let other = waits_for(&mut cluster, next + 10 + later);
        cluster.first().ask(other);
    }
    for counter in [next, next + 1] {
        let before = waits_for(&mut cluster, counter);
        cluster.first().ask(before);
        let run = cluster.run_of(1);
        cluster.first().hear(BranchId(2), run);
        cluster.first().sync();
        cluster.settle();
    }
    let request = waits_for(&mut cluster, next + 2);
    let run = cluster.run_of(1);
    (cluster, request, run)
}

fn has_woken_one(mut cluster: Cluster) {
    assert_eq!(cluster.first().parked(), PARKED, "the others still wait");
    has_answered_with_a_balance(cluster);
}

fn vectors(origins: u32) -> (VersionVector, VersionVector) {
    (vector(origins, 9), vector(origins, 8))
}

/// A vector, and a hundred that know so many of its origins, and of each a write less.
fn behind(origins: u32, known: u32) -> (VersionVector, Vec<VersionVector>) {
    (vector(origins, 9), (0..REPETITIONS).map(|_| vector(known, 8)).collect())
}

fn vector(origins: u32, counter: u64) -> VersionVector {
    let origin = |branch| {
        let incarnation = Incarnation { started_at: 1, nonce: u64::from(branch) };
        Origin { branch: BranchId(branch), incarnation }
    };
    (1..=origins).map(|branch| (origin(branch), counter)).collect()
}

fn all_dominated(times: u64) {
    assert_eq!(times, REPETITIONS);
}

fn are_merged((one, merged): (VersionVector, Vec<VersionVector>)) {
    assert_eq!(merged, vec![one; REPETITIONS as usize]);
}

fn customer(branches: u32) -> Customer {
    let mut customer = Customer::of(branches);
    customer.query();
    customer.hear_of_a_write();
    customer
}

fn has_an_answer(customer: Customer) {
    assert!(customer.is_answered());
}

fn passages() -> (PlannedNetwork, Vec<MessageInfo>) {
    (lossy_network(), (1..=REPETITIONS).map(passage).collect())
}

fn few_are_lost(delivered: usize) {
    assert!((90..100).contains(&delivered), "of {REPETITIONS} messages {delivered} were delivered");
}
