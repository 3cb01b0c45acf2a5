//! The planned network as a whole: what stays the same, what order does, and how often things happen.

use std::time::Duration;

use super::{ack, at_ms, call, faults, fit, reply, run, session};
use crate::model::{BranchId, Time};
use crate::network::{
    Bursts, Distribution, Fate, Fault, FaultWindow, Leg, Loss, MessageInfo, Network, NetworkPlan, Order,
    Placement, PlannedNetwork, Probability, Region, Route, RouteEnd, Rule, Topology,
};

const SEED: u64 = 11;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn probability(value: f64) -> Probability {
    Probability::new(value).expect("valid")
}

fn exponential(millis: u64) -> Option<Distribution> {
    Some(Distribution::exponential(ms(millis)).expect("valid"))
}

/// Three branches, for 100 seconds.
fn plan(rules: Vec<Rule>) -> NetworkPlan {
    NetworkPlan { rules, ..NetworkPlan::new((1..=3).map(BranchId), ms(100_000)) }
}

fn start(plan: NetworkPlan) -> PlannedNetwork {
    PlannedNetwork::start(plan, SEED, Time(0)).expect("valid")
}

/// Something of everything, on all legs.
fn eventful() -> Rule {
    Rule {
        delay: exponential(20),
        loss: Some(Loss::Independent(probability(0.1))),
        duplication: Some(probability(0.2)),
        ..Rule::on(&Leg::ALL)
    }
}

/// One message per millisecond on every link between branches, and a call with its reply.
fn messages() -> Vec<MessageInfo> {
    let at = |millis| {
        let between = [(1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2)];
        let runs = between.map(|(from, to)| run(from, to, millis));
        let acks = between.map(|(from, to)| ack(from, to, millis));
        let calls = [call(7, 1, millis, 0), reply(7, 1, millis, 0)];
        runs.into_iter().chain(acks).chain(calls).map(move |message| at_ms(millis, message))
    };
    (0..1_000).flat_map(at).collect()
}

fn fates(network: &PlannedNetwork, messages: &[MessageInfo]) -> Vec<Fate> {
    messages.iter().map(|message| network.fate(message)).collect()
}

/// Delivered once: its delay.
fn delay(fate: &Fate) -> Option<Duration> {
    match fate {
        Fate::Deliver(delays) => delays.first().copied(),
        Fate::Drop => None,
    }
}

#[test]
fn a_message_meets_its_fate_whatever_else_is_sent() {
    let messages = messages();
    let network = start(plan(vec![eventful()]));
    let forwards = fates(&network, &messages);
    let reversed: Vec<MessageInfo> = messages.iter().rev().copied().collect();
    let mut backwards = fates(&start(plan(vec![eventful()])), &reversed);
    backwards.reverse();
    assert_eq!(forwards, fates(&network, &messages), "asked twice");
    assert_eq!(forwards, backwards, "asked backwards");
    let other = PlannedNetwork::start(plan(vec![eventful()]), SEED + 1, Time(0)).expect("valid");
    assert_ne!(forwards, fates(&other, &messages), "another seed");
}

#[test]
fn every_message_has_a_fate_whatever_faults_overlap() {
    let window = |(id, fault)| FaultWindow { id, from: ms(20 * u64::from(id)), until: ms(900), fault };
    for seed in 0..5 {
        let faults = (0..).zip(faults::one_of_each_kind()).map(window).collect();
        let plan = NetworkPlan { faults, ..NetworkPlan::new((1..=4).map(BranchId), ms(900)) };
        let network = PlannedNetwork::start(plan, seed, Time(0)).expect("valid");
        let messages = messages();
        let fates = fates(&network, &messages);
        let healed = messages.iter().zip(&fates).filter(|(message, _)| message.sent_at >= Time(0) + ms(900));
        assert!(fates.contains(&Fate::Drop) && fates.contains(&Fate::at_once()), "seed {seed}");
        assert!(healed.into_iter().all(|(_, fate)| *fate == Fate::at_once()), "seed {seed}");
    }
}

#[test]
fn a_window_that_is_taken_out_leaves_the_rest_as_it_was() {
    let window = |id, from, until, fault| FaultWindow { id, from: ms(from), until: ms(until), fault };
    let lossy = |from, to| {
        let loss = Loss::Independent(probability(0.5));
        Fault::Lossy { route: Route::between(BranchId(from), BranchId(to)), loss }
    };
    let slow = Fault::Slow {
        route: Route::between(BranchId(1), BranchId(2)),
        extra: exponential(5).expect("given"),
    };
    let faults =
        vec![window(4, 100, 600, lossy(1, 2)), window(5, 300, 900, lossy(2, 3)), window(6, 200, 700, slow)];
    let all = NetworkPlan { faults: faults.clone(), ..plan(vec![eventful()]) };
    let without = NetworkPlan { faults: faults[1..].to_vec(), ..all.clone() };
    let messages = messages();
    let (all, without) = (fates(&start(all), &messages), fates(&start(without), &messages));
    let touched = |message: &MessageInfo| {
        let inside = Time(0) + ms(100) <= message.sent_at && message.sent_at < Time(0) + ms(600);
        inside && message.link() == run(1, 2, 0).link()
    };
    let mut saved = 0;
    for ((message, with), without) in messages.iter().zip(&all).zip(&without) {
        saved += u32::from(with != without);
        assert!(with == without || touched(message) && *with == Fate::Drop, "{message:?}");
    }
    assert!((300..600).contains(&saved), "{saved} of about 1000 * 0.9 * 0.5 messages were saved");
}

#[test]
fn a_rule_that_is_taken_out_leaves_other_draws_as_they_were() {
    let loss = Rule { loss: Some(Loss::Independent(probability(0.3))), ..Rule::on(&[Leg::Replicate]) };
    let delay = Rule { delay: exponential(20), ..Rule::on(&Leg::ALL) };
    let messages = messages();
    let with = fates(&start(plan(vec![loss, delay.clone()])), &messages);
    let without = fates(&start(plan(vec![delay])), &messages);
    assert!(with.iter().zip(&without).all(|(with, without)| with == without || *with == Fate::Drop));
    assert!(with.contains(&Fate::Drop) && !without.contains(&Fate::Drop));
}

#[test]
fn messages_are_lost_and_copied_as_often_as_the_rules_say() {
    let network = start(plan(vec![eventful()]));
    let copies = |fate: &Fate| match fate {
        Fate::Drop => 0,
        Fate::Deliver(delays) => delays.len(),
    };
    let mut counts = [0; 3];
    for message in (0..20_000).map(|first| run(1, 2, first)) {
        counts[copies(&network.fate(&message))] += 1;
    }
    assert!(fit::chi_square(&counts, &[0.1, 0.9 * 0.8, 0.9 * 0.2]) < fit::chi_square_max(2), "{counts:?}");
    assert!(fit::chi_square(&counts, &[0.11, 0.89 * 0.8, 0.89 * 0.2]) > fit::chi_square_max(2), "{counts:?}");
    assert!(fit::chi_square(&counts, &[0.1, 0.9 * 0.79, 0.9 * 0.21]) > fit::chi_square_max(2), "{counts:?}");
}

#[test]
fn a_copy_draws_a_delay_of_its_own_from_the_same_law() {
    let rule = Rule { delay: exponential(20), duplication: Some(Probability::ALWAYS), ..Rule::on(&Leg::ALL) };
    let network = start(plan(vec![rule]));
    let (mut first, mut copy) = (Vec::new(), Vec::new());
    for message in (0..10_000).map(|first| run(1, 2, first)) {
        let Fate::Deliver(delays) = network.fate(&message) else { panic!("nothing is lost") };
        first.push(delays[0].as_secs_f64());
        copy.push(delays[1].as_secs_f64());
    }
    let shorter = first.iter().zip(&copy).filter(|(first, copy)| copy < first).count() as u64;
    let law = |x: f64| 1.0 - (-x / 0.020).exp();
    assert!(fit::distance(&copy, law) < fit::distance_max(copy.len()));
    assert!(fit::chi_square(&[shorter, 10_000 - shorter], &[0.5, 0.5]) < fit::chi_square_max(1), "{shorter}");
}

#[test]
fn fifo_never_reorders_and_independent_order_does() {
    let overtakings = |order| {
        let rule = Rule { order: Some(order), ..eventful() };
        let network = start(plan(vec![rule]));
        let link = run(1, 2, 0).link();
        let mut last = Time(0);
        let mut overtakings = 0;
        for message in messages().into_iter().filter(|message| message.link() == link) {
            let Fate::Deliver(delays) = network.fate(&message) else { continue };
            for due in delays.iter().map(|&delay| message.sent_at + delay) {
                overtakings += u32::from(due < last);
                last = last.max(due);
            }
        }
        overtakings
    };
    assert_eq!(overtakings(Order::Fifo), 0);
    assert!(overtakings(Order::Independent) > 500);
}

#[test]
fn fifo_holds_back_no_more_than_it_must_and_each_link_for_itself() {
    let law = Distribution::empirical([ms(1), ms(50)]).expect("valid");
    let rule = Rule { delay: Some(law), order: Some(Order::Fifo), ..Rule::on(&Leg::ALL) };
    let free = Rule { order: Some(Order::Independent), ..rule.clone() };
    let (lined_up, free) = (start(plan(vec![rule])), start(plan(vec![free])));
    let mut last = [Time(0); 2];
    for message in messages() {
        let last = match message.link() {
            link if link == run(1, 2, 0).link() => &mut last[0],
            link if link == run(2, 1, 0).link() => &mut last[1],
            _ => continue,
        };
        *last = (*last).max(message.sent_at + delay(&free.fate(&message)).expect("nothing is lost"));
        assert_eq!(lined_up.fate(&message), Fate::after(*last - message.sent_at), "{message:?}");
    }
}

#[test]
fn a_topology_is_the_floor_of_every_delay() {
    let place = |id, name| (BranchId(id), Region::new(name));
    let placement = Placement {
        branches: [place(1, "VA"), place(2, "OR"), place(3, "VA")].into(),
        customers: [(session(8), Region::new("IR"))].into(),
        other_customers: Some(Region::new("VA")),
    };
    let topology = Some(Topology::preset("hat-2014").expect("known"));
    let jitter = Rule { delay: Some(Distribution::constant(ms(1))), ..Rule::on(&[Leg::Replicate]) };
    let network = start(NetworkPlan { topology, placement, ..plan(vec![jitter]) });
    let rows = [
        (run(1, 2, 1), 41_450 + 1_000),
        (ack(2, 1, 1), 41_450),
        (run(1, 3, 1), 265 + 1_000),
        (call(8, 1, 1, 0), 53_950),
        (reply(8, 1, 1, 0), 53_950),
        (call(9, 1, 1, 0), 265),
    ];
    for (message, micros) in rows {
        assert_eq!(network.fate(&message), Fate::after(Duration::from_micros(micros)), "{message:?}");
    }
}

/// Of what a rule leaves, a window takes its own share: were it one draw, the window would take nothing more.
#[test]
fn a_window_and_a_rule_lose_messages_independently() {
    let half = Loss::Independent(probability(0.5));
    let fault = Fault::Lossy { route: Route::everywhere(), loss: half };
    let faults = vec![FaultWindow { id: 3, from: ms(0), until: ms(100_000), fault }];
    let rule = Rule { loss: Some(half), ..Rule::on(&Leg::ALL) };
    let network = start(NetworkPlan { faults, ..plan(vec![rule]) });
    let is_lost = |first: &u64| network.fate(&run(1, 2, *first)) == Fate::Drop;
    let lost = (0..4_000).filter(is_lost).count() as u64;
    let counts = [lost, 4_000 - lost];
    assert!(fit::chi_square(&counts, &[0.75, 0.25]) < fit::chi_square_max(1), "{lost} of 4000");
    assert!(fit::chi_square(&counts, &[0.5, 0.5]) > fit::chi_square_max(1), "{lost} of 4000");
}

/// A message behind a lost one is in the same burst; were losses independent, it would be lost like any other.
#[test]
fn what_follows_a_message_lost_in_a_burst_is_lost_too() {
    let losses_after_a_loss = |loss: Loss, by_fault: bool| {
        let fault = Fault::Lossy { route: Route::everywhere(), loss };
        let rule = Rule { loss: Some(loss), ..Rule::on(&Leg::ALL) };
        let network = match by_fault {
            true => {
                let faults = vec![FaultWindow { id: 3, from: ms(0), until: ms(100_000), fault }];
                start(NetworkPlan { faults, ..plan(Vec::new()) })
            }
            false => start(plan(vec![rule])),
        };
        let sent = (0..20_000).map(|millis| at_ms(millis, run(1, 2, millis)));
        let lost: Vec<bool> = sent.map(|message| network.fate(&message) == Fate::Drop).collect();
        let pairs = lost.windows(2).filter(|pair| pair[0]);
        let again = pairs.clone().filter(|pair| pair[1]).count();
        again as f64 / pairs.count() as f64
    };
    let bursts = Bursts::new(ms(160), ms(40), Probability::NEVER, probability(0.9)).expect("valid");
    let independent = Loss::Independent(probability(Loss::Bursts(bursts).long_run()));
    for by_fault in [false, true] {
        let (burst, single) =
            (losses_after_a_loss(Loss::Bursts(bursts), by_fault), losses_after_a_loss(independent, by_fault));
        assert!(burst > 0.8, "{burst} of what follows a loss, by a fault: {by_fault}");
        assert!(single < 0.25, "the same share of losses alone gives {single}");
    }
}

#[test]
fn customers_of_one_region_share_their_bursts_and_those_of_another_do_not() {
    let (here, there) = (Region::new("here"), Region::new("there"));
    let placement = Placement {
        customers: [(session(9), there)].into(),
        other_customers: Some(here),
        ..Placement::default()
    };
    let bursts = Bursts::new(ms(50), ms(50), Probability::NEVER, Probability::ALWAYS).expect("valid");
    let rule = Rule { loss: Some(Loss::Bursts(bursts)), ..Rule::on(&Leg::ALL) };
    let network = start(NetworkPlan { placement, ..plan(vec![rule]) });
    let lost = |customer| -> Vec<bool> {
        let sent = (0..1_000).map(|millis| at_ms(millis, call(customer, 1, millis, 0)));
        sent.map(|message| network.fate(&message) == Fate::Drop).collect()
    };
    assert_eq!(lost(7), lost(8));
    assert_ne!(lost(7), lost(9));
}

#[test]
fn one_way_rules_bind_one_way() {
    let to_customers =
        Route { from: RouteEnd::Branch(BranchId(1)), to: RouteEnd::Customers, both_ways: false };
    let rule = Rule {
        route: to_customers,
        loss: Some(Loss::Independent(Probability::ALWAYS)),
        ..Rule::on(&Leg::ALL)
    };
    let network = start(plan(vec![rule]));
    assert_eq!(network.fate(&reply(7, 1, 1, 0)), Fate::Drop);
    for message in [call(7, 1, 1, 0), reply(7, 2, 1, 0), run(1, 2, 1)] {
        assert_eq!(network.fate(&message), Fate::at_once(), "{message:?}");
    }
}
