//! Faults and their times: fault windows of the network, and faults of branches.

use std::collections::BTreeSet;
use std::time::Duration;

use super::purpose::DrawPurpose;
use super::{ClusterDraw, network};
use crate::model::BranchId;
use crate::network::{Fault, FaultKind, FaultWindow};
use crate::rng::KeyedRng;
use crate::scenario::{BranchFault, BranchFaultKind, Durability};

const MS: Duration = Duration::from_millis(1);
/// Faults of branches count on from here, so that no window has their ids.
pub(super) const FIRST_ACCIDENT: u32 = 1_000;

/// Fault windows of some kinds only; often none at all.
pub(super) fn windows(cluster: &ClusterDraw) -> Vec<FaultWindow> {
    let mut rng = DrawPurpose::Faults.rng(cluster.seed);
    if rng.chance(0.2) {
        return Vec::new();
    }
    let possible: Vec<FaultKind> =
        FaultKind::ALL.into_iter().filter(|&kind| cluster.branches.len() >= kind.branches_min()).collect();
    let kinds = rng.some(&possible, 0.35);
    let count = rng.pick(&[1, 1, 2, 3, 5]);
    let mut windows = Vec::new();
    for id in 0..count {
        let (from, until) = window(cluster, &mut rng);
        let kind = rng.pick(&kinds);
        windows.push(FaultWindow { id, from, until, fault: fault(kind, cluster, &mut rng) });
    }
    windows
}

/// Faults of branches, of some kinds only; often none at all. One branch always keeps its state, so that the cluster
/// can come back.
pub(super) fn accidents(cluster: &ClusterDraw) -> Vec<BranchFault> {
    let mut rng = DrawPurpose::Accidents.rng(cluster.seed);
    if rng.chance(0.35) {
        return Vec::new();
    }
    let slow = BranchFaultKind::SlowDisk { extra: rng.magnitude(MS, 100 * MS) };
    let mut possible = vec![BranchFaultKind::Crash, BranchFaultKind::LoseState];
    if cluster.durability == Durability::Durable {
        possible.extend([slow, BranchFaultKind::FullDisk, BranchFaultKind::FailingSync]);
        // A log that is kept is the commoner case, and more can go wrong with it.
        possible.push(BranchFaultKind::Crash);
    }
    let kinds = rng.some(&possible, 0.5);
    let order = rng.shuffled(&cluster.branches);
    let spared = order[0];
    let count = rng.pick(&[1, 1, 2, 3, 4]);
    let mut accidents: Vec<BranchFault> = Vec::new();
    for id in (FIRST_ACCIDENT..).take(count) {
        let (from, until) = window(cluster, &mut rng);
        let kind = rng.pick(&kinds);
        let branch = rng.pick(&order);
        let costs_state = kind.loses_log(cluster.durability);
        let accident = BranchFault { id, from, until, branch, kind };
        let is_alone = |other: &BranchFault| {
            other.branch != branch || other.until + MS < accident.from || accident.until + MS < other.from
        };
        if accidents.iter().all(is_alone) && !(costs_state && branch == spared) {
            accidents.push(accident);
        }
    }
    accidents
}

/// Within the time until all is healed.
fn window(cluster: &ClusterDraw, rng: &mut KeyedRng) -> (Duration, Duration) {
    let most = (cluster.heal_by * 2 / 3).max(11 * MS);
    let length = rng.magnitude(10 * MS, most);
    // A fault that lasts finds more than one that is over soon.
    let length = if rng.chance(0.3) { rng.duration(most / 2, most) } else { length };
    let from = rng.duration(Duration::ZERO, cluster.heal_by - length);
    (from, from + length)
}

fn fault(kind: FaultKind, cluster: &ClusterDraw, rng: &mut KeyedRng) -> Fault {
    let order = rng.shuffled(&cluster.branches);
    match kind {
        FaultKind::Partition => {
            let (one, other) = halves(&order, rng);
            Fault::Partition { groups: vec![one, other] }
        }
        FaultKind::Partial => {
            let pairs = order.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>();
            Fault::Partial { pairs: rng.some(&pairs, 0.5) }
        }
        FaultKind::OneWay => {
            let (from, to) = halves(&order, rng);
            Fault::OneWay { from, to }
        }
        FaultKind::Ring => Fault::Ring { order },
        FaultKind::Bridge => {
            let (left, right) = halves(&order[1..], rng);
            Fault::Bridge { left, bridge: order[0], right }
        }
        FaultKind::Isolate => Fault::Isolate { branch: order[0], customers: rng.chance(0.5) },
        FaultKind::Slow => {
            Fault::Slow { route: network::route(cluster, rng), extra: network::delay(rng, 200 * MS) }
        }
        FaultKind::Lossy => Fault::Lossy { route: network::route(cluster, rng), loss: network::loss(rng) },
        FaultKind::Flap => Fault::Flap {
            route: network::route(cluster, rng),
            cut: rng.magnitude(5 * MS, 100 * MS),
            open: rng.magnitude(5 * MS, 100 * MS),
        },
        FaultKind::Pause => Fault::Pause { branch: order[0] },
    }
}

fn halves(order: &[BranchId], rng: &mut KeyedRng) -> (BTreeSet<BranchId>, BTreeSet<BranchId>) {
    let (one, other) = order.split_at(rng.size(1, order.len() - 1));
    (one.iter().copied().collect(), other.iter().copied().collect())
}
