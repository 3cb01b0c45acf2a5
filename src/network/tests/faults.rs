//! Each fault: which links it cuts, inside its window and outside, and which plans are refused.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{at_ms, call, reply, run};
use crate::model::{BranchId, Time};
use crate::network::{
    Distribution, Fate, Fault, FaultWindow, Leg, Loss, Network, NetworkPlan, Placement, PlannedNetwork,
    PlannedPause, Probability, Region, Route, RouteEnd, Rule, Topology,
};

const FROM_MS: u64 = 100;
const UNTIL_MS: u64 = 200;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn branch(id: u32) -> BranchId {
    BranchId(id)
}

fn set(ids: &[u32]) -> BTreeSet<BranchId> {
    ids.iter().copied().map(BranchId).collect()
}

fn window(fault: Fault) -> FaultWindow {
    FaultWindow { id: 0, from: ms(FROM_MS), until: ms(UNTIL_MS), fault }
}

/// Four branches, for one second.
fn plan(faults: Vec<FaultWindow>) -> NetworkPlan {
    NetworkPlan { faults, ..NetworkPlan::new((1..=4).map(BranchId), ms(1_000)) }
}

fn started(faults: Vec<FaultWindow>) -> PlannedNetwork {
    PlannedNetwork::start(plan(faults), 1, Time(0)).expect("valid")
}

/// Links that deliver nothing sent at `millis`: `12` from branch 1 to 2, `c1` and `1c` between branch 1 and a
/// customer.
fn cut_at(network: &PlannedNetwork, millis: u64) -> Vec<String> {
    let between = (1..=4).flat_map(|from| (1..=4).map(move |to| (from, to))).filter(|(from, to)| from != to);
    let mut named: Vec<_> = between.map(|(from, to)| (format!("{from}{to}"), run(from, to, 1))).collect();
    for id in 1..=4 {
        named.push((format!("c{id}"), call(7, id, 1, 0)));
        named.push((format!("{id}c"), reply(7, id, 1, 0)));
    }
    let cut = named.into_iter().filter(|(_, message)| network.fate(&at_ms(millis, *message)) == Fate::Drop);
    cut.map(|(name, _)| name).collect()
}

fn table() -> Vec<(Fault, &'static str)> {
    let always = Loss::Independent(Probability::ALWAYS);
    let (one, two, three, four) = (branch(1), branch(2), branch(3), branch(4));
    let to_customers = Route { from: RouteEnd::Branch(two), to: RouteEnd::Customers, both_ways: false };
    vec![
        (Fault::Partition { groups: vec![set(&[1]), set(&[2, 3, 4])] }, "12 13 14 21 31 41"),
        (
            Fault::Partition { groups: vec![set(&[1, 2]), set(&[3]), set(&[4])] },
            "13 14 23 24 31 32 34 41 42 43",
        ),
        (Fault::Partial { pairs: vec![(one, two), (four, three)] }, "12 21 34 43"),
        (Fault::OneWay { from: set(&[1, 2]), to: set(&[3]) }, "13 23"),
        (Fault::Ring { order: vec![one, three, two, four] }, "12 21 34 43"),
        (Fault::Bridge { left: set(&[1]), bridge: two, right: set(&[3, 4]) }, "13 14 31 41"),
        (Fault::Isolate { branch: one, customers: false }, "12 13 14 21 31 41"),
        (Fault::Isolate { branch: one, customers: true }, "12 13 14 21 31 41 c1 1c"),
        (Fault::Slow { route: Route::everywhere(), extra: Distribution::constant(ms(1)) }, ""),
        (Fault::Lossy { route: Route::between(one, two), loss: always }, "12"),
        (Fault::Lossy { route: to_customers, loss: always }, "2c"),
        (Fault::Flap { route: Route::between(three, one), cut: ms(60), open: ms(1) }, "31"),
        (Fault::Pause { branch: one }, ""),
    ]
}

/// Faults of four branches.
pub(super) fn one_of_each_kind() -> impl Iterator<Item = Fault> {
    table().into_iter().map(|(fault, _)| fault)
}

#[test]
fn a_fault_cuts_what_it_says_inside_its_window_and_nothing_outside() {
    for (fault, expected) in table() {
        let network = started(vec![window(fault.clone())]);
        for inside in [FROM_MS, FROM_MS + 50, UNTIL_MS - 1] {
            assert_eq!(cut_at(&network, inside).join(" "), expected, "{fault:?} at {inside} ms");
        }
        for outside in [0, FROM_MS - 1, UNTIL_MS, 5_000] {
            assert_eq!(cut_at(&network, outside).join(" "), "", "{fault:?} at {outside} ms");
        }
    }
}

#[test]
fn windows_count_from_the_start_and_what_was_sent_before_meets_none() {
    let cut = FaultWindow { from: ms(0), ..window(Fault::Isolate { branch: branch(1), customers: true }) };
    let network = PlannedNetwork::start(plan(vec![cut]), 1, Time(500_000_000)).expect("valid");
    let cut = [0, 499, 500, 699, 700].map(|millis| !cut_at(&network, millis).is_empty());
    assert_eq!(cut, [false, false, true, true, false]);
}

#[test]
fn a_flapping_link_is_cut_and_open_by_turns() {
    let route = Route::between(branch(1), branch(2));
    let network = started(vec![window(Fault::Flap { route, cut: ms(10), open: ms(20) })]);
    let cut: Vec<u64> = (0..1_000).filter(|&millis| !cut_at(&network, millis).is_empty()).collect();
    let expected: Vec<u64> = [100..110, 130..140, 160..170, 190..200].into_iter().flatten().collect();
    assert_eq!(cut, expected);
}

#[test]
fn a_slow_link_takes_longer_by_what_the_window_adds() {
    let route = Route { both_ways: true, ..Route::between(branch(1), branch(2)) };
    let slow = |id, millis| FaultWindow {
        id,
        ..window(Fault::Slow { route: route.clone(), extra: Distribution::constant(ms(millis)) })
    };
    let network = started(vec![slow(0, 5), slow(1, 7)]);
    let rows =
        [(run(1, 2, 1), 150, 12), (run(2, 1, 1), 150, 12), (run(1, 3, 1), 150, 0), (run(1, 2, 1), 250, 0)];
    for (message, sent_at, delay) in rows {
        assert_eq!(
            network.fate(&at_ms(sent_at, message)),
            Fate::after(ms(delay)),
            "{message:?} at {sent_at} ms"
        );
    }
}

#[test]
fn pauses_come_in_order_of_time() {
    let pause = |id, from, until, paused| FaultWindow {
        id,
        from: ms(from),
        until: ms(until),
        fault: Fault::Pause { branch: branch(paused) },
    };
    let faults = vec![pause(0, 300, 400, 2), pause(1, 100, 900, 1)];
    let network = PlannedNetwork::start(plan(faults), 1, Time(7)).expect("valid");
    let planned = |from, until, paused| PlannedPause {
        from: Time(7) + ms(from),
        until: Time(7) + ms(until),
        branch: branch(paused),
    };
    assert_eq!(network.pauses(), [planned(100, 900, 1), planned(300, 400, 2)]);
}

#[test]
fn a_window_that_is_wrong_is_named_with_its_field() {
    let (one, two, nine) = (branch(1), branch(2), branch(9));
    let pause = || window(Fault::Pause { branch: one });
    let to_nine = Route::between(one, nine);
    let slow = Fault::Slow { route: to_nine.clone(), extra: Distribution::constant(ms(1)) };
    let flap = |cut, open| Fault::Flap { route: Route::everywhere(), cut: ms(cut), open: ms(open) };
    let rows = [
        (
            FaultWindow { until: ms(100), ..pause() },
            "`until`: the window ends at 100ms, and it starts at 100ms",
        ),
        (
            FaultWindow { until: ms(1_001), ..pause() },
            "`until`: the window ends at 1.001s, and the trial at 1s",
        ),
        (FaultWindow { id: 8, ..pause() }, "`id`: id 8 belongs to window 0 already"),
        (window(Fault::Pause { branch: nine }), "`branch`: branch 9 is not in this cluster"),
        (
            window(Fault::Isolate { branch: nine, customers: true }),
            "`branch`: branch 9 is not in this cluster",
        ),
        (window(slow), "`route`: branch 9 is not in this cluster"),
        (
            window(Fault::Lossy { route: to_nine, loss: Loss::None }),
            "`route`: branch 9 is not in this cluster",
        ),
        (window(flap(0, 5)), "`cut`: it must be above zero"),
        (window(flap(5, 0)), "`open`: it must be above zero"),
        (partition(&[&[1, 2, 3, 4]]), "`groups`: it has 1 members; fewer than 2 change nothing"),
        (partition(&[&[1, 2, 3, 4], &[]]), "`groups`: it is empty"),
        (partition(&[&[1, 2], &[2, 3, 4]]), "`groups`: branch 2 is named twice"),
        (partition(&[&[1, 2], &[3]]), "`groups`: branch 4 is missing; every branch must be named"),
        (partition(&[&[1, 2, 3, 4], &[9]]), "`groups`: branch 9 is not in this cluster"),
        (window(Fault::Partial { pairs: vec![] }), "`pairs`: it has 0 members; fewer than 1 change nothing"),
        (window(Fault::Partial { pairs: vec![(one, one)] }), "`pairs`: branch 1 is named twice"),
        (window(Fault::OneWay { from: set(&[1, 2]), to: set(&[2]) }), "`to`: branch 2 is named twice"),
        (window(Fault::OneWay { from: set(&[]), to: set(&[2]) }), "`from`: it has 0 members; fewer than 1"),
        (
            window(Fault::Ring { order: vec![one, two] }),
            "`order`: it has 2 members; fewer than 4 change nothing",
        ),
        (
            window(Fault::Bridge { left: set(&[1]), bridge: two, right: set(&[2, 3, 4]) }),
            "`left, bridge and right`: branch 2 is named twice",
        ),
    ];
    for (wrong, expected) in rows {
        let first = FaultWindow { id: 8, ..pause() };
        let error = plan(vec![first, FaultWindow { id: wrong.id, ..wrong }]).check().expect_err(expected);
        let expected = format!("fault window 1, {expected}");
        assert!(error.to_string().starts_with(&expected), "{error}, not {expected}");
    }
}

#[test]
fn a_rule_or_a_placement_that_is_wrong_is_named() {
    let check = |change: &dyn Fn(&mut NetworkPlan)| {
        let mut plan = plan(vec![]);
        change(&mut plan);
        plan.check().map_err(|error| error.to_string())
    };
    let rule =
        |from, to, legs: &[Leg]| Rule { route: Route { from, to, both_ways: false }, ..Rule::on(legs) };
    let lan = || Region::new("lan");
    let placed = |plan: &mut NetworkPlan| {
        plan.topology = Some(Topology::preset("lan").expect("known"));
        plan.placement.branches = plan.branches.iter().map(|&branch| (branch, lan())).collect();
        plan.placement.other_customers = Some(lan());
    };
    let refused = |error: &str| Err(error.to_owned());
    assert_eq!(check(&placed), Ok(()));
    assert_eq!(check(&|plan| plan.rules = vec![Rule::on(&[])]), refused("rule 0, `legs`: it is empty"));
    assert_eq!(
        check(&|plan| plan.rules = vec![rule(RouteEnd::Branches, RouteEnd::Branch(branch(9)), &Leg::ALL)]),
        refused("rule 0, `route`: branch 9 is not in this cluster")
    );
    assert_eq!(
        check(&|plan| plan.rules =
            vec![Rule::on(&[Leg::Ack]), rule(RouteEnd::Branches, RouteEnd::Branches, &[Leg::Reply])]),
        refused("rule 1, `route`: no message of these legs runs on this route")
    );
    assert_eq!(
        check(&|plan| plan.rules = vec![rule(RouteEnd::CustomersIn(lan()), RouteEnd::Branches, &Leg::ALL)]),
        refused(
            "rule 0, `route`: no branch and no customer is in region `lan`, or the topology does not have it"
        )
    );
    assert_eq!(
        check(&|plan| plan.placement =
            Placement { branches: [(branch(9), lan())].into(), ..Placement::default() }),
        refused("placement: branch 9 is not in this cluster")
    );
    let without = |forget: fn(&mut Placement)| check(&|plan| (placed(plan), forget(&mut plan.placement)).1);
    assert_eq!(
        without(|placement| drop(placement.branches.remove(&branch(2)))),
        refused("placement: branch 2 has no region, and with a topology every branch has one")
    );
    assert_eq!(
        without(|placement| placement.other_customers = None),
        refused("placement: with a topology customers need a region by default")
    );
    assert_eq!(
        without(|placement| placement.other_customers = Some(Region::new("moon"))),
        refused("placement: no branch and no customer is in region `moon`, or the topology does not have it")
    );
}

fn partition(groups: &[&[u32]]) -> FaultWindow {
    window(Fault::Partition { groups: groups.iter().map(|group| set(group)).collect() })
}
