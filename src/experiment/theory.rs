//! Trials that have an answer in closed form, and its parameters.

use std::time::Duration;

use crate::measure::Theory;
use crate::model::SessionId;
use crate::network::{Distribution, Endpoint, Leg, Link, Loss, NetworkPlan, Order, Rule};
use crate::scenario::Scenario;
use crate::workload::{Load, ThinkTime};

/// A timer this many means of the replication delay long acts before the message comes once in 22,000 times.
const MEANS_OF_A_TIMER: u32 = 10;

/// The closed form's parameters, if it holds for this scenario. It supposes
///
/// * two branches, no topology, no faults, no loss and no duplication;
/// * replication delays that are exponential, alike both ways, in independent order;
/// * customers' legs without delay, or all with the same exponential one;
/// * write-then-read, and isolated writes: one unapplied write for each origin;
/// * timers for retransmission and relay far above the delays, so that no second copy races the first.
pub fn theory(scenario: &Scenario) -> Option<Theory> {
    let Load::WriteThenRead { gap, .. } = &scenario.workload.load else { return None };
    let network = &scenario.network;
    let is_plain = network.branches.len() == 2 && network.topology.is_none() && network.faults.is_empty();
    if !is_plain || !scenario.isolated_writes {
        return None;
    }
    let legs = legs(network);
    if legs.iter().any(|rules| !rules.is_safe()) {
        return None;
    }
    let mut replication = legs.iter().filter(|rules| rules.leg == Leg::Replicate);
    if !replication.all(|rules| rules.order == Order::Independent) {
        return None;
    }
    let mean = exponential_mean(same(legs.iter().filter(|rules| rules.leg == Leg::Replicate))??)?;
    let customers = same(legs.iter().filter(|rules| matches!(rules.leg, Leg::Request | Leg::Reply)))?;
    let m_per_ms = match customers.filter(|delay| **delay != Distribution::constant(Duration::ZERO)) {
        None => None,
        Some(delay) => Some(rate_per_ms(exponential_mean(delay)?)),
    };
    // No timer acts before a message comes.
    let timing = &scenario.timing;
    let timers = [timing.timeout_initial, timing.timeout_least, timing.relay_after];
    let far = timers.iter().all(|timer| *timer >= mean * MEANS_OF_A_TIMER);
    let t_ms = match gap {
        ThinkTime::Constant(gap) => Some(milliseconds(*gap)),
        ThinkTime::Uniform { .. }
        | ThinkTime::Exponential { .. }
        | ThinkTime::Cycled(_)
        | ThinkTime::Drawn(_) => None,
    };
    far.then(|| Theory { a_per_ms: rate_per_ms(mean), m_per_ms, t_ms })
}

/// The rules of one leg on one link.
struct LegRules<'a> {
    leg: Leg,
    delay: Option<&'a Distribution>,
    loss: Option<&'a Loss>,
    duplication: f64,
    order: Order,
}

impl LegRules<'_> {
    /// Whether every message arrives once.
    fn is_safe(&self) -> bool {
        self.duplication == 0.0 && self.loss.is_none_or(|loss| loss.long_run() == 0.0)
    }
}

fn legs(network: &NetworkPlan) -> Vec<LegRules<'_>> {
    let branches = || network.branches.iter().copied().map(Endpoint::Branch);
    // Without a topology all customers are alike.
    let customer = Endpoint::Customer(SessionId { opened_at: 0, nonce: 0 });
    let mut legs = Vec::new();
    for branch in branches() {
        legs.push(leg_rules(network, Link { from: customer, to: branch }, Leg::Request));
        legs.push(leg_rules(network, Link { from: branch, to: customer }, Leg::Reply));
        for to in branches().filter(|to| *to != branch) {
            for leg in [Leg::Replicate, Leg::Ack] {
                legs.push(leg_rules(network, Link { from: branch, to }, leg));
            }
        }
    }
    legs
}

/// The last rule that matches wins, property by property.
fn leg_rules(network: &NetworkPlan, link: Link, leg: Leg) -> LegRules<'_> {
    let matches = |rule: &&Rule| rule.legs.contains(&leg) && rule.route.covers(link, &network.placement);
    let rules = || network.rules.iter().rev().filter(matches);
    LegRules {
        leg,
        delay: rules().find_map(|rule| rule.delay.as_ref()),
        loss: rules().find_map(|rule| rule.loss.as_ref()),
        duplication: rules().find_map(|rule| rule.duplication).map_or(0.0, |share| share.get()),
        order: rules().find_map(|rule| rule.order).unwrap_or_default(),
    }
}

/// The delay that all have; the outer `None` if they differ.
fn same<'a>(mut legs: impl Iterator<Item = &'a LegRules<'a>>) -> Option<Option<&'a Distribution>> {
    let first = legs.next()?.delay;
    legs.all(|rules| rules.delay == first).then_some(first)
}

fn exponential_mean(delay: &Distribution) -> Option<Duration> {
    let mean = delay.mean()?;
    Distribution::exponential(mean).is_ok_and(|exponential| exponential == *delay).then_some(mean)
}

fn rate_per_ms(mean: Duration) -> f64 {
    1.0 / milliseconds(mean)
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Overrides, read};
    use super::*;

    /// Replication at 20 ms on average, calls at 5 ms, and a read 10 ms after its write.
    const ORACLE: &str = r#"
        question = "Is the closed form met?"
        [run]
        repetitions = 1
        [cluster]
        branches = 2
        retransmit_initial_ms = 1000
        retransmit_least_ms = 1000
        relay_after_ms = 10000
        [guarantee]
        strategy = "none"
        [workload]
        sessions = 2
        operations_per_session = 20
        isolated_writes = true
        roam = "alternate"
        arrival = { write_then_read = { think = { constant_ms = 1 }, gap = { constant_ms = 10 } } }
        [network.between_branches]
        delay = { exponential = { mean_ms = 20 } }
        [network.customer_to_branch]
        delay = { exponential = { mean_ms = 5 } }
    "#;

    fn of(sets: &[(&str, &str)]) -> Option<Theory> {
        let set = sets.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let overrides = Overrides { set, ..Overrides::default() };
        let plan = read("oracle", ORACLE, &overrides).expect("the file is sound");
        theory(&plan.trials[0].scenario)
    }

    #[test]
    fn the_parameters_are_rates_and_the_gap() {
        let expected = Theory { a_per_ms: 0.05, m_per_ms: Some(0.2), t_ms: Some(10.0) };
        assert_eq!(of(&[]), Some(expected));
        let drawn = [("workload.arrival.write_then_read.gap", "{ drawn_ms = [1, 10] }")];
        assert_eq!(of(&drawn), Some(Theory { t_ms: None, ..expected }));
        let at_once = [("network.customer_to_branch", "{}")];
        assert_eq!(of(&at_once), Some(Theory { m_per_ms: None, ..expected }));
        let zero = [("network.customer_to_branch.delay", "{ constant_ms = 0 }")];
        assert_eq!(of(&zero), Some(Theory { m_per_ms: None, ..expected }));
    }

    #[test]
    fn a_rule_that_covers_all_links_or_changes_nothing_keeps_the_form() {
        for rule in [
            "[{ from = 1, to = 2, both_ways = true, delay = { exponential = { mean_ms = 20 } } }]",
            "[{ legs = [\"ack\"], delay = { constant_ms = 3 }, order = \"fifo\" }]",
            "[{ drop = 0.0, duplicate = 0.0 }]",
        ] {
            assert!(of(&[("network.rule", rule)]).is_some(), "{rule}");
        }
    }

    #[test]
    fn a_scenario_that_the_form_does_not_suppose_has_none() {
        let rows = [
            ("cluster.branches", "3"),
            ("workload.isolated_writes", "false"),
            ("workload.arrival", "{ closed = { think = { constant_ms = 1 } } }"),
            ("network.between_branches.order", "fifo"),
            ("network.between_branches.drop", "0.01"),
            ("network.between_branches.duplicate", "0.01"),
            ("network.customer_to_branch.drop", "0.01"),
            ("network.between_branches.delay", "{ constant_ms = 20 }"),
            ("network.between_branches", "{}"),
            ("network.customer_to_branch.delay", "{ constant_ms = 1 }"),
            ("network.rule", "[{ from = 1, to = 2, delay = { exponential = { mean_ms = 5 } } }]"),
            ("network.rule", "[{ legs = [\"reply\"], delay = { exponential = { mean_ms = 6 } } }]"),
            ("fault", "[{ kind = \"pause\", branch = 1, from_s = 1, until_s = 2 }]"),
            ("cluster.retransmit_least_ms", "199"),
            ("cluster.relay_after_ms", "199"),
        ];
        for (key, value) in rows {
            assert_eq!(of(&[(key, value)]), None, "{key} = {value}");
        }
    }
}
