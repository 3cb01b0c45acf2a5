//! The networks whose fates are timed, each looked at for a moment before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use readback::model::{BranchId, Time};
use readback::network::{
    Bursts, Distribution, Fate, Fault, FaultWindow, Leg, Link, Loss, Network, NetworkPlan, Order, Placement,
    PlannedNetwork, Probability, Route, RouteEnd, Rule, Topology, perfect,
};

use crate::traffic::{Traffic, sessions};

const BRANCHES: u32 = 3;
/// Longer than any measurement.
const HOURS: Duration = Duration::from_secs(36_000);
const MS: Duration = Duration::from_millis(1);
/// Messages that are looked at before anything is timed.
const LOOKED_AT: usize = 20_000;

/// Name, number of branches, and network.
pub fn all() -> [(&'static str, u32, Arc<dyn Network>); 5] {
    [
        ("perfect", BRANCHES, checked_perfect()),
        ("constant", BRANCHES, constant()),
        ("lossy", BRANCHES, lossy()),
        ("fifo", BRANCHES, fifo()),
        geo(),
    ]
}

fn checked_perfect() -> Arc<dyn Network> {
    let network = perfect();
    assert!(fates(&*network, BRANCHES).iter().all(|(_, fate)| *fate == Fate::at_once()));
    network
}

fn constant() -> Arc<dyn Network> {
    let rule = Rule { delay: Some(Distribution::constant(20 * MS)), ..Rule::on(&Leg::ALL) };
    let network = start(NetworkPlan { rules: vec![rule], ..plan() });
    assert!(fates(&*network, BRANCHES).iter().all(|(_, fate)| *fate == Fate::after(20 * MS)));
    network
}

fn lossy() -> Arc<dyn Network> {
    let share = |value| Probability::new(value).expect("a share");
    let bursts = Bursts::new(95 * MS, 5 * MS, share(0.001), share(0.5)).expect("neither span is zero");
    let rule = Rule {
        delay: Some(Distribution::pareto(5 * MS, 1.5).expect("both parameters are above zero")),
        loss: Some(Loss::Bursts(bursts)),
        duplication: Some(share(0.02)),
        ..Rule::on(&Leg::ALL)
    };
    let extra = Distribution::exponential(10 * MS).expect("the mean is above zero");
    let route = Route { from: RouteEnd::Branch(BranchId(1)), to: RouteEnd::Anyone, both_ways: true };
    let window =
        FaultWindow { id: 0, from: Duration::ZERO, until: HOURS, fault: Fault::Slow { route, extra } };
    let network = start(NetworkPlan { rules: vec![rule], faults: vec![window], ..plan() });
    let fates = fates(&*network, BRANCHES);
    let share_of = |is_so: fn(&Fate) -> bool| {
        fates.iter().filter(|(_, fate)| is_so(fate)).count() as f64 / fates.len() as f64
    };
    let lost = share_of(|fate| matches!(fate, Fate::Drop));
    let copied = share_of(|fate| matches!(fate, Fate::Deliver(delays) if delays.len() == 2));
    assert!((0.001..0.1).contains(&lost) && (0.01..0.03).contains(&copied), "{lost} lost, {copied} copied");
    network
}

fn fifo() -> Arc<dyn Network> {
    let delay = Distribution::uniform(10 * MS, 30 * MS).expect("in order");
    let rule = Rule { delay: Some(delay), order: Some(Order::Fifo), ..Rule::on(&Leg::ALL) };
    let network = start(NetworkPlan { rules: vec![rule], ..plan() });
    let mut last_due: BTreeMap<Link, Time> = BTreeMap::new();
    for ((link, sent_at), fate) in fates(&*network, BRANCHES) {
        let Fate::Deliver(delays) = fate else { panic!("nothing is lost") };
        let last = last_due.entry(link).or_default();
        assert!(sent_at + delays[0] >= *last, "nothing overtakes");
        *last = sent_at + delays[0];
    }
    // What was asked about is remembered, and the traffic begins again.
    start(network.plan().clone())
}

fn geo() -> (&'static str, u32, Arc<dyn Network>) {
    let topology = Topology::preset("aws-2020").expect("the table is there");
    let regions = topology.regions().to_vec();
    let count = u32::try_from(regions.len()).expect("there are few regions");
    let placement = Placement {
        branches: (1..=count).map(BranchId).zip(regions.iter().cloned()).collect(),
        customers: sessions().zip(regions.iter().cycle().cloned()).collect(),
        other_customers: regions.first().cloned(),
    };
    let branches = (1..=count).map(BranchId);
    let plan = NetworkPlan {
        placement: placement.clone(),
        topology: Some(topology.clone()),
        ..NetworkPlan::new(branches, HOURS)
    };
    let network = start(plan);
    for ((link, _), fate) in fates(&*network, count) {
        let region = |end| placement.region(end).expect("everybody is somewhere");
        let delay = topology.one_way(region(link.from), region(link.to)).expect("the region is in the table");
        assert_eq!(fate, Fate::after(delay));
    }
    ("geo", count, network)
}

fn plan() -> NetworkPlan {
    NetworkPlan::new((1..=BRANCHES).map(BranchId), HOURS)
}

fn start(plan: NetworkPlan) -> Arc<PlannedNetwork> {
    Arc::new(PlannedNetwork::start(plan, 1, Time::default()).expect("the plan is sound"))
}

/// What becomes of the first messages.
fn fates(network: &dyn Network, branches: u32) -> Vec<((Link, Time), Fate)> {
    let mut traffic = Traffic::new(branches);
    let messages = (0..LOOKED_AT).map(|_| traffic.next());
    messages.map(|passage| ((passage.link(), passage.sent_at), network.fate(&passage))).collect()
}
