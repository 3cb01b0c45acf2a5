//! How many bytes a branch keeps for each thing that it holds.

use dhat::HeapStats;

use crate::cluster::Cluster;

/// So many of a kind are kept.
pub const COUNT: usize = 10_000;

/// A query that waits for one of the 3 origins of its token, each of another session.
pub fn parked() -> f64 {
    let mut cluster = Cluster::new(3, COUNT as u64);
    let second = cluster.node(2).origin();
    let mut token = cluster.first().applied().clone();
    token.raise(second, token.get(second) + 1);
    let mean = mean(&mut cluster, |cluster| {
        let request = cluster.query(&token);
        cluster.first().ask(request);
    });
    assert_eq!(cluster.first().parked(), COUNT, "all of them wait");
    mean
}

/// A session that has written once. There is no peer, so nothing else of the write is kept.
pub fn sessions() -> f64 {
    let mut cluster = Cluster::apart(1, COUNT as u64);
    mean(&mut cluster, deposit)
}

/// A write that the other branch lacks, all of one session.
pub fn writes(mut also: impl FnMut()) -> f64 {
    let mut cluster = Cluster::apart(2, 1);
    let mean = mean(&mut cluster, |cluster| {
        deposit(cluster);
        also();
    });
    assert_eq!(cluster.first().retained(), COUNT, "all of them are kept");
    mean
}

fn deposit(cluster: &mut Cluster) {
    let deposit = cluster.deposit(1);
    cluster.first().ask(deposit);
    cluster.first().sync();
    cluster.settle();
}

/// Bytes that one `keep` leaves on the heap.
fn mean(cluster: &mut Cluster, mut keep: impl FnMut(&mut Cluster)) -> f64 {
    let before = HeapStats::get().curr_bytes;
    (0..COUNT).for_each(|_| keep(cluster));
    (HeapStats::get().curr_bytes - before) as f64 / COUNT as f64
}
