//! How often one operation goes to the allocator.

use std::hint::black_box;

use dhat::HeapStats;
use readback::model::{BranchId, VersionVector};
use readback::network::{Fate, Network as _};

use crate::cluster::Cluster;
use crate::customer::{Customer, lossy_network, passage};

const WARM_UP: u64 = 100;
const OPERATIONS: u64 = 1_000;

/// Fewer than are warmed up for, so that the memory of sessions no longer grows.
const SESSIONS: u64 = 50;

/// A query at one of three branches, whose token of so many origins is dominated, to its reply.
pub fn query(origins: usize) -> f64 {
    let mut cluster = Cluster::new(3, SESSIONS);
    let token: VersionVector = cluster.first().applied().iter().take(origins).collect();
    let prepare = |cluster: &mut Cluster, _| {
        cluster.settle();
        cluster.query(&token)
    };
    let mean = mean(&mut cluster, prepare, |cluster, request| cluster.first().ask(request));
    assert_eq!(cluster.first().answers().len(), 1, "each query is answered");
    mean
}

/// A deposit at one of three branches and the report that it is synced, to its reply and its two runs.
pub fn deposit() -> f64 {
    let prepare = |cluster: &mut Cluster, _| {
        cluster.settle();
        cluster.deposit(1)
    };
    let mut cluster = Cluster::new(3, SESSIONS);
    let mean = mean(&mut cluster, prepare, |cluster, request| {
        cluster.first().ask(request);
        cluster.first().sync();
    });
    assert_eq!(cluster.first().answers().len(), 1, "each deposit is answered");
    assert_eq!(cluster.first().sent(), 2, "each deposit is sent to both peers");
    mean
}

/// A peer's run of so many writes and the report that they are synced, to its ack.
pub fn run(writes: usize) -> f64 {
    let prepare = |cluster: &mut Cluster, _| {
        cluster.settle();
        cluster.run_of(writes)
    };
    let mut cluster = Cluster::new(3, SESSIONS);
    let mean = mean(&mut cluster, prepare, |cluster, run| {
        cluster.first().hear(BranchId(2), run);
        cluster.first().sync();
    });
    let second = cluster.node(2).origin();
    let made = cluster.node(2).applied().get(second);
    assert_eq!(cluster.first().applied().get(second), made, "every run is applied");
    assert_eq!(cluster.first().sent(), 1, "every run is acknowledged");
    mean
}

/// A query of a session whose token has 3 origins, from its beginning to its end, and what else is done. Each witness
/// has something new.
pub fn session(also: impl Fn()) -> f64 {
    let mut customer = Customer::of(3);
    let operate = |customer: &mut Customer, ()| {
        customer.query();
        also();
    };
    let mean = mean(&mut customer, |customer, _| customer.hear_of_a_write(), operate);
    assert!(customer.is_answered());
    mean
}

/// A log-normal delay or a loss.
pub fn fate() -> f64 {
    let mut delivered = 0;
    let network = lossy_network();
    let prepare = |_: &mut u64, number| passage(number);
    let mean = mean(&mut delivered, prepare, |delivered, passage| {
        *delivered += u64::from(matches!(network.fate(black_box(&passage)), Fate::Deliver(_)));
    });
    assert!(delivered > OPERATIONS / 2, "few messages are lost");
    mean
}

/// Allocations of one `operate`. What `prepare` makes of the number of the operation is not counted.
fn mean<S, I>(state: &mut S, prepare: impl Fn(&mut S, u64) -> I, operate: impl Fn(&mut S, I)) -> f64 {
    let mut blocks = 0;
    for number in 1..=WARM_UP + OPERATIONS {
        let input = prepare(state, number);
        let before = HeapStats::get().total_blocks;
        operate(state, input);
        let made = HeapStats::get().total_blocks - before;
        blocks += if number > WARM_UP { made } else { 0 };
    }
    blocks as f64 / OPERATIONS as f64
}
