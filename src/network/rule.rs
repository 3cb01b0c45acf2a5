//! Rules for messages, from the general to the particular.
//!
//! Rules are read in order and the last one that matches wins, property by property: a first rule may give
//! all replication a delay, a second one only a loss to one link, which keeps its delay. What no rule says is
//! no delay, no loss, no duplication, and independent order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Distribution, Endpoint, Leg, Link, Loss, MessageInfo, Placement, Probability, Region};
use crate::model::BranchId;

/// Properties of some legs on some links. `None` leaves a property to the rules before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The links that it matches.
    pub route: Route,
    /// The legs that it matches; at least one.
    pub legs: Vec<Leg>,
    /// One way, on top of what the topology gives.
    pub delay: Option<Distribution>,
    /// Which messages are lost.
    pub loss: Option<Loss>,
    /// How likely a message that is not lost arrives twice. The copy draws a delay of its own.
    pub duplication: Option<Probability>,
    /// Whether messages overtake each other.
    pub order: Option<Order>,
}

/// A set of links: from one kind of endpoints to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The senders.
    #[serde(default, skip_serializing_if = "RouteEnd::is_anyone")]
    pub from: RouteEnd,
    /// The receivers.
    #[serde(default, skip_serializing_if = "RouteEnd::is_anyone")]
    pub to: RouteEnd,
    /// The opposite direction too.
    pub both_ways: bool,
}

/// One end of a route: `1`, `"branches"`, `"customers"`, `{ branches_in = "ue1" }` or `{ customers_in = "ue1" }`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    expecting = "write a branch, \"branches\", \"customers\", or { branches_in = \"REGION\" }"
)]
pub enum RouteEnd {
    /// Every branch and every customer, as where nothing is written.
    #[default]
    #[serde(skip)]
    Anyone,
    /// All branches.
    Branches,
    /// All customers.
    Customers,
    /// The branches of a region.
    BranchesIn(Region),
    /// The customers of a region.
    CustomersIn(Region),
    /// One branch.
    #[serde(untagged)]
    Branch(BranchId),
}

/// Whether messages of one link overtake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Each message arrives when its own delay is over.
    #[default]
    Independent,
    /// As in a TCP stream: nothing arrives before what was sent earlier on the same link, whatever the leg.
    Fifo,
}

/// The properties that the rules together give one message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LinkPolicy<'a> {
    pub delay: Option<&'a Distribution>,
    pub loss: &'a Loss,
    pub duplication: Probability,
    pub order: Order,
}

impl Rule {
    /// A rule for these legs on all links that sets no property yet.
    pub fn on(legs: &[Leg]) -> Rule {
        let (route, legs) = (Route::everywhere(), legs.to_vec());
        Rule { route, legs, delay: None, loss: None, duplication: None, order: None }
    }

    fn matches(&self, message: &MessageInfo, placement: &Placement) -> bool {
        self.legs.contains(&message.leg) && self.route.covers(message.link(), placement)
    }

    /// Whether one of its legs ever runs on one of its links.
    pub(super) fn can_apply(&self) -> bool {
        self.legs.iter().any(|leg| self.route.carries(*leg))
    }
}

impl<'a> LinkPolicy<'a> {
    pub(super) fn of(rules: &'a [Rule], message: &MessageInfo, placement: &Placement) -> LinkPolicy<'a> {
        let plain = LinkPolicy {
            delay: None,
            loss: &Loss::None,
            duplication: Probability::NEVER,
            order: Order::Independent,
        };
        let matching = rules.iter().filter(|rule| rule.matches(message, placement));
        matching.fold(plain, |policy, rule| LinkPolicy {
            delay: rule.delay.as_ref().or(policy.delay),
            loss: rule.loss.as_ref().unwrap_or(policy.loss),
            duplication: rule.duplication.unwrap_or(policy.duplication),
            order: rule.order.unwrap_or(policy.order),
        })
    }
}

impl Route {
    /// All links.
    pub fn everywhere() -> Route {
        Route { from: RouteEnd::Anyone, to: RouteEnd::Anyone, both_ways: false }
    }

    /// From one branch to another, not back.
    pub fn between(from: BranchId, to: BranchId) -> Route {
        Route { from: RouteEnd::Branch(from), to: RouteEnd::Branch(to), both_ways: false }
    }

    /// Whether messages of this link go by it.
    pub fn covers(&self, link: Link, placement: &Placement) -> bool {
        let runs = |from, to| self.from.holds(from, placement) && self.to.holds(to, placement);
        runs(link.from, link.to) || self.both_ways && runs(link.to, link.from)
    }

    fn carries(&self, leg: Leg) -> bool {
        let (from, to) = (&self.from, &self.to);
        let (there, back) = match leg {
            Leg::Request => {
                (from.has_customers() && to.has_branches(), to.has_customers() && from.has_branches())
            }
            Leg::Reply => {
                (from.has_branches() && to.has_customers(), to.has_branches() && from.has_customers())
            }
            Leg::Replicate | Leg::Ack => {
                let both = from.has_branches() && to.has_branches();
                (both, both)
            }
        };
        there || self.both_ways && back
    }
}

impl RouteEnd {
    fn is_anyone(&self) -> bool {
        *self == RouteEnd::Anyone
    }

    fn holds(&self, endpoint: Endpoint, placement: &Placement) -> bool {
        let is_branch = matches!(endpoint, Endpoint::Branch(_));
        match self {
            RouteEnd::Anyone => true,
            RouteEnd::Branches => is_branch,
            RouteEnd::Customers => !is_branch,
            RouteEnd::Branch(branch) => endpoint == Endpoint::Branch(*branch),
            RouteEnd::BranchesIn(region) => is_branch && placement.region(endpoint) == Some(region),
            RouteEnd::CustomersIn(region) => !is_branch && placement.region(endpoint) == Some(region),
        }
    }

    fn has_branches(&self) -> bool {
        match self {
            RouteEnd::Anyone | RouteEnd::Branches | RouteEnd::Branch(_) | RouteEnd::BranchesIn(_) => true,
            RouteEnd::Customers | RouteEnd::CustomersIn(_) => false,
        }
    }

    fn has_customers(&self) -> bool {
        match self {
            RouteEnd::Anyone | RouteEnd::Customers | RouteEnd::CustomersIn(_) => true,
            RouteEnd::Branches | RouteEnd::Branch(_) | RouteEnd::BranchesIn(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::network::tests::{ack, call, reply, run};

    fn placement() -> Placement {
        let (here, there) = (Region::new("here"), Region::new("there"));
        let branches =
            [(BranchId(1), here.clone()), (BranchId(2), there.clone()), (BranchId(3), there.clone())];
        Placement {
            branches: branches.into(),
            customers: [(crate::network::tests::session(7), there)].into(),
            other_customers: Some(here),
        }
    }

    #[test]
    fn a_route_runs_one_way_unless_it_says_both() {
        let between = |from, to| Route { from, to, both_ways: false };
        let (there, branch) = (|| Region::new("there"), |id| RouteEnd::Branch(BranchId(id)));
        let rows = [
            (Route::everywhere(), [true; 6]),
            (Route::between(BranchId(1), BranchId(2)), [true, false, false, false, false, false]),
            (
                Route { both_ways: true, ..between(branch(1), branch(2)) },
                [true, true, false, false, false, false],
            ),
            (
                between(RouteEnd::Branches, RouteEnd::BranchesIn(there())),
                [true, false, true, false, false, false],
            ),
            (between(RouteEnd::Customers, RouteEnd::Anyone), [false, false, false, true, true, false]),
            (
                between(RouteEnd::CustomersIn(there()), RouteEnd::Branches),
                [false, false, false, false, true, false],
            ),
            (between(branch(2), RouteEnd::Customers), [false, false, false, false, false, true]),
        ];
        let messages =
            [run(1, 2, 1), run(2, 1, 1), run(2, 3, 1), call(6, 2, 1, 0), call(7, 2, 1, 0), reply(7, 2, 1, 0)];
        for (route, expected) in rows {
            let covered = messages.map(|message| route.covers(message.link(), &placement()));
            assert_eq!(covered, expected, "{route:?}");
        }
    }

    #[test]
    fn the_last_matching_rule_wins_property_by_property() {
        let law = |ms| Distribution::constant(Duration::from_millis(ms));
        let link = Route::between(BranchId(1), BranchId(2));
        let rules = [
            Rule { delay: Some(law(5)), order: Some(Order::Fifo), ..Rule::on(&[Leg::Replicate]) },
            Rule {
                route: link.clone(),
                loss: Some(Loss::Independent(Probability::ALWAYS)),
                ..Rule::on(&Leg::ALL)
            },
            Rule { route: link, delay: Some(law(9)), ..Rule::on(&[Leg::Replicate]) },
        ];
        let placement = placement();
        let of = |message: MessageInfo| {
            let policy = LinkPolicy::of(&rules, &message, &placement);
            (policy.delay.cloned(), policy.loss.long_run(), policy.order)
        };
        assert_eq!(of(run(1, 2, 1)), (Some(law(9)), 1.0, Order::Fifo));
        assert_eq!(of(run(2, 1, 1)), (Some(law(5)), 0.0, Order::Fifo));
        assert_eq!(of(ack(1, 2, 1)), (None, 1.0, Order::Independent));
        assert_eq!(of(call(6, 2, 1, 0)), (None, 0.0, Order::Independent));
    }

    #[test]
    fn a_leg_runs_only_between_the_ends_that_it_has() {
        let customers = |both_ways| Route { from: RouteEnd::Customers, to: RouteEnd::Branches, both_ways };
        let rows = [
            (Route::everywhere(), [true, true, true, true]),
            (customers(false), [true, false, false, false]),
            (customers(true), [true, true, false, false]),
            (Route::between(BranchId(1), BranchId(2)), [false, false, true, true]),
        ];
        for (route, expected) in rows {
            assert_eq!(Leg::ALL.map(|leg| route.carries(leg)), expected, "{route:?}");
        }
    }
}
