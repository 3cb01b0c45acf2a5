//! The network without its faults: laws of delays, loss, duplication, order, regions.

use std::time::Duration;

use super::ClusterDraw;
use super::purpose::DrawPurpose;
use crate::network::{
    Bursts, Distribution, Leg, Loss, NetworkPlan, Order, Placement, Probability, Route, RouteEnd, Rule,
    Topology,
};
use crate::rng::KeyedRng;

const MS: Duration = Duration::from_millis(1);
const BETWEEN_BRANCHES: [Leg; 2] = [Leg::Replicate, Leg::Ack];
const TO_CUSTOMERS: [Leg; 2] = [Leg::Request, Leg::Reply];

pub(super) fn draw(cluster: &ClusterDraw) -> NetworkPlan {
    let mut rng = DrawPurpose::Network.rng(cluster.seed);
    let mut plan = NetworkPlan::new(cluster.branches.iter().copied(), cluster.load_ends);
    if rng.chance(0.15) {
        place(&mut plan, cluster, &mut rng);
    }
    let slowest = rng.pick(&[5 * MS, 20 * MS, 80 * MS]);
    plan.rules.push(Rule { delay: Some(delay(&mut rng, slowest)), ..Rule::on(&BETWEEN_BRANCHES) });
    plan.rules.push(Rule { delay: Some(delay(&mut rng, slowest / 4)), ..Rule::on(&TO_CUSTOMERS) });
    for legs in [BETWEEN_BRANCHES, TO_CUSTOMERS] {
        if rng.chance(0.5) {
            plan.rules.push(Rule { loss: Some(loss(&mut rng)), ..Rule::on(&legs) });
        }
        if rng.chance(0.4) {
            let duplication = Some(probability(rng.share(0.005, 0.4)));
            plan.rules.push(Rule { duplication, ..Rule::on(&legs) });
        }
        if rng.chance(0.4) {
            plan.rules.push(Rule { order: Some(Order::Fifo), ..Rule::on(&legs) });
        }
    }
    if rng.chance(0.3) {
        plan.rules.push(odd_link(cluster, &mut rng, slowest));
    }
    plan
}

/// Places every branch and every customer in a region of a published table.
fn place(plan: &mut NetworkPlan, cluster: &ClusterDraw, rng: &mut KeyedRng) {
    let name = rng.pick(&["hat-2014", "aws-2020", "three-zones", "three-zones", "lan"]);
    let topology = Topology::preset(name).expect("the table comes with the project");
    let region = |rng: &mut KeyedRng| rng.pick(topology.regions());
    plan.placement = Placement {
        branches: cluster.branches.iter().map(|&branch| (branch, region(rng))).collect(),
        other_customers: Some(region(rng)),
        ..Placement::default()
    };
    plan.topology = Some(topology);
}

/// One link between branches that is unlike the others.
fn odd_link(cluster: &ClusterDraw, rng: &mut KeyedRng, slowest: Duration) -> Rule {
    let ends = rng.shuffled(&cluster.branches);
    let route = Route { both_ways: rng.chance(0.5), ..Route::between(ends[0], ends[1]) };
    let rule = Rule { route, ..Rule::on(&BETWEEN_BRANCHES) };
    if rng.chance(0.5) {
        Rule { delay: Some(delay(rng, slowest * 8)), ..rule }
    } else {
        Rule { loss: Some(loss(rng)), ..rule }
    }
}

/// Any law, of which most draws are not above `most`.
pub(super) fn delay(rng: &mut KeyedRng, most: Duration) -> Distribution {
    let typical = rng.magnitude(MS / 10, most);
    let law = match rng.between(0, 6) {
        0 => Ok(Distribution::constant(typical)),
        1 => Distribution::uniform(Duration::ZERO, typical),
        2 => Distribution::normal(typical, typical / 4),
        3 => Distribution::log_normal(typical, 0.8),
        4 => Distribution::exponential(typical),
        5 => Distribution::pareto(typical, 2.0),
        _ => Distribution::mixture(vec![
            (9.0, Distribution::constant(typical)),
            (1.0, Distribution::constant(most * 2)),
        ]),
    };
    law.expect("parameters are above zero")
}

pub(super) fn loss(rng: &mut KeyedRng) -> Loss {
    if rng.chance(0.6) {
        return Loss::Independent(probability(rng.share(0.001, 0.35)));
    }
    let (good, bad) = (rng.magnitude(20 * MS, 1_000 * MS), rng.magnitude(5 * MS, 200 * MS));
    let bursts = Bursts::new(good, bad, Probability::NEVER, probability(rng.share(0.3, 0.95)));
    Loss::Bursts(bursts.expect("both spans are above zero"))
}

fn probability(value: f64) -> Probability {
    Probability::new(value).expect("a share")
}

/// From one side of the network to the other: between two branches, or between customers and a branch.
pub(super) fn route(cluster: &ClusterDraw, rng: &mut KeyedRng) -> Route {
    let ends = rng.shuffled(&cluster.branches);
    let from = if rng.chance(0.25) { RouteEnd::Customers } else { RouteEnd::Branch(ends[0]) };
    Route { from, to: RouteEnd::Branch(ends[1]), both_ways: rng.chance(0.6) }
}
