//! Moments that chance rarely hits, brought about: each is a way of its own in which a trial can go wrong, and a swarm
//! that meets it ten times has hardly tested it.
//!
//! | moment | brought about by |
//! |---|---|
//! | a crash before a write, before its sync, before its report | many short crashes, and syncs that take long |
//! | a token that is lost, or nearly | a branch that loses its state while peers do not hear it, and patience |
//! | copies of one request that wait together | customers in a hurry, and syncs that take longer than they wait |

use std::time::Duration;

use super::ClusterDraw;
use super::faults::FIRST_ACCIDENT;
use super::purpose::DrawPurpose;
use crate::branch::{Limits, Timing};
use crate::model::Strategy;
use crate::network::{Fault, FaultWindow, Leg, Loss, Probability, Route, RouteEnd, Rule};
use crate::rng::KeyedRng;
use crate::scenario::{BranchFault, BranchFaultKind, Durability, Scenario};

const MS: Duration = Duration::from_millis(1);
/// Fault windows count on from here, behind all others and below the faults of branches.
const FIRST_WINDOW: u32 = 500;
/// The most crashes of one trial.
const CRASHES_MAX: u32 = 60;

/// Changes what the other draws have given, in a part of all scenarios.
pub(super) fn bring_about(scenario: &mut Scenario, cluster: &ClusterDraw) {
    let mut rng = DrawPurpose::Rare.rng(cluster.seed);
    let is_durable = cluster.durability == Durability::Durable;
    scenario.group_max = rng.pick(&[1, 2, 8, 64, 4096]);
    match rng.between(0, 99) {
        0..=29 if is_durable && !scenario.isolated_writes => storm_of_crashes(scenario, cluster, &mut rng),
        30..=44 if !scenario.isolated_writes => lost_tokens(scenario, cluster, &mut rng),
        45..=64 if is_durable => hurried_customers(scenario, &mut rng),
        _ => {}
    }
}

/// Every branch crashes again and again, keeps its log, and is often in the middle of a sync.
fn storm_of_crashes(scenario: &mut Scenario, cluster: &ClusterDraw, rng: &mut KeyedRng) {
    scenario.sync_time = rng.magnitude(2 * MS, 40 * MS);
    scenario.accidents.clear();
    let up_most = rng.magnitude(40 * MS, 400 * MS);
    let mut ids = FIRST_ACCIDENT..FIRST_ACCIDENT + CRASHES_MAX;
    for &branch in &cluster.branches {
        let mut at = rng.magnitude(10 * MS, up_most);
        loop {
            let until = at + rng.magnitude(MS, 20 * MS);
            if until > cluster.heal_by {
                break;
            }
            let Some(id) = ids.next() else { return };
            let kind = BranchFaultKind::Crash;
            scenario.accidents.push(BranchFault { id, from: at, until, branch, kind });
            at = until + rng.magnitude(5 * MS, up_most);
        }
    }
}

/// A branch that some or all others do not hear accepts writes and loses its state; its log, if there is one, is used
/// again soon after. Its customers go on elsewhere, and wait for longer than it takes to know whether a branch has what
/// they wrote.
fn lost_tokens(scenario: &mut Scenario, cluster: &ClusterDraw, rng: &mut KeyedRng) {
    let order = rng.shuffled(&cluster.branches);
    let (branch, reader) = (order[0], order[1]);
    scenario.accidents.retain(|other| other.branch != branch && !other.kind.loses_log(cluster.durability));
    // Lost, or at all but one branch, which hears of it and gets hardly a copy.
    let is_held = order.len() > 2 && rng.chance(0.5);
    let fault = match is_held {
        true => Fault::Partial { pairs: vec![(branch, reader)] },
        false => Fault::Isolate { branch, customers: false },
    };
    if is_held {
        let route = Route { from: RouteEnd::Branches, to: RouteEnd::Branch(reader), both_ways: false };
        let loss = Some(Loss::Independent(Probability::new(0.9).expect("a share")));
        scenario.network.rules.push(Rule { route, loss, ..Rule::on(&[Leg::Replicate]) });
    }
    let rounds = rng.pick(&[1, 2, 3]);
    let slice = cluster.heal_by / rounds;
    for round in 0..rounds {
        let begins = slice * round + rng.magnitude(MS, slice / 4);
        let dies = begins + rng.duration(slice / 8, slice * 3 / 8);
        let hears = dies + rng.magnitude(MS, slice / 8);
        let window =
            FaultWindow { id: FIRST_WINDOW + round, from: begins, until: hears, fault: fault.clone() };
        scenario.network.faults.push(window);
        let until = hears + rng.magnitude(MS, slice / 16);
        let (id, kind) = (FIRST_ACCIDENT + CRASHES_MAX + round, BranchFaultKind::LoseState);
        scenario.accidents.push(BranchFault { id, from: dies, until, branch, kind });
        if cluster.durability == Durability::Durable {
            let from = slice * (round + 1) - slice / 8;
            let until = from + rng.magnitude(MS, slice / 16);
            let (id, kind) = (id + CRASHES_MAX, BranchFaultKind::Crash);
            scenario.accidents.push(BranchFault { id, from, until, branch, kind });
        }
    }
    scenario.policy.strategy = Strategy::Wait;
    scenario.policy.guarantees.read_your_writes = true;
    scenario.policy.max_wait = rng.duration(Duration::from_secs(1), Duration::from_secs(3));
    let usual = Limits::default();
    scenario.limits.max_wait = usual.max_wait;
    // A write that a majority has trimmed may be lost with a third state, which is another story.
    scenario.limits.behind_max = usual.behind_max;
    scenario.timing = Timing {
        heartbeat: rng.magnitude(10 * MS, 40 * MS),
        relay_after: rng.magnitude(10 * MS, 60 * MS),
        relay_round_trips: 1,
        ..scenario.timing.clone()
    };
}

/// Customers who try again long before the disk is done.
fn hurried_customers(scenario: &mut Scenario, rng: &mut KeyedRng) {
    scenario.sync_time = rng.magnitude(20 * MS, 100 * MS);
    scenario.limits.copies_max = rng.size(1, 2);
    scenario.policy.max_wait = rng.duration(Duration::ZERO, 5 * MS);
    scenario.policy.attempt_timeout = rng.magnitude(5 * MS, 20 * MS);
    scenario.policy.attempts_max = 8;
    scenario.policy.backoff_initial = MS;
    scenario.policy.backoff_max = 4 * MS;
}
