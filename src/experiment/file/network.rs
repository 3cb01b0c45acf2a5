//! The network as written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FaultTable, Millis};
use crate::network::{Leg, Order, Probability, RouteEnd};

/// A file of a network alone, as `readback serve --network` takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NetworkFile {
    #[serde(default)]
    pub network: NetworkTable,
    #[serde(default)]
    pub fault: Vec<FaultTable>,
}

/// Delay, loss, duplication and order of messages. The last rule that matches a message wins, property by property.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct NetworkTable {
    /// A published table of round trips, half of which is the floor of every delay, such as `aws-2020` or `hat-2014`.
    pub topology: Option<String>,
    /// The region of customers.
    pub customers_in: Option<String>,
    /// The region of each branch, by its id: `{ 1 = "ue1", 2 = "ew1" }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<String, String>,
    /// Regions of the branches that `regions` does not name: branch 1 is in the first, branch 2 in the second, and so
    /// on, and round again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions_in_turn: Vec<String>,
    /// Batches of writes and their acknowledgements, between all branches.
    pub between_branches: Option<LinkTable>,
    /// Requests and replies, between customers and all branches.
    pub customer_to_branch: Option<LinkTable>,
    /// Rules for some links alone; later rules go before earlier ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<RuleTable>,
}

/// A rule for the messages of some links.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct LinkTable {
    /// One way, on top of the topology. Default: none.
    pub delay: Option<DelayTable>,
    /// The share of messages that are lost, from 0 to 1, each for itself. Default: 0.
    pub drop: Option<Probability>,
    /// Losses that come in bursts, instead of `drop`.
    pub bursts: Option<BurstsTable>,
    /// The share of messages that arrive twice, from 0 to 1. Default: 0.
    pub duplicate: Option<Probability>,
    /// Whether messages of one link overtake each other. Default: `independent`.
    pub order: Option<Order>,
}

/// A rule for the messages of some links, and which links these are.
// The keys of a `LinkTable` are here again because serde cannot refuse unknown keys of a table that is spread over
// two types.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct RuleTable {
    /// The sender. Default: anyone.
    pub from: Option<RouteEnd>,
    /// The receiver. Default: anyone.
    pub to: Option<RouteEnd>,
    /// The way back too.
    pub both_ways: bool,
    /// Which messages. Default: all.
    pub legs: Option<Vec<Leg>>,
    /// One way, on top of the topology.
    pub delay: Option<DelayTable>,
    /// The share of messages that are lost, from 0 to 1, each for itself.
    pub drop: Option<Probability>,
    /// Losses that come in bursts, instead of `drop`.
    pub bursts: Option<BurstsTable>,
    /// The share of messages that arrive twice, from 0 to 1.
    pub duplicate: Option<Probability>,
    /// Whether messages of one link overtake each other.
    pub order: Option<Order>,
}

impl RuleTable {
    /// The rule, without the links that it is for.
    pub fn link(&self) -> LinkTable {
        let RuleTable { delay, drop, bursts, duplicate, order, .. } = self.clone();
        LinkTable { delay, drop, bursts, duplicate, order }
    }
}

/// How long a message takes, one way; exactly one of these.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in super::super) enum DelayTable {
    /// Always so many milliseconds.
    ConstantMs(Millis),
    /// Evenly from one delay to another.
    Uniform {
        /// The shortest, in milliseconds.
        from_ms: Millis,
        /// The longest, in milliseconds.
        to_ms: Millis,
    },
    /// The normal law, without its negative part.
    Normal {
        /// Mean of the whole law, in milliseconds.
        mean_ms: Millis,
        /// Standard deviation of the whole law, in milliseconds.
        deviation_ms: Millis,
    },
    /// A delay whose logarithm is normal.
    LogNormal {
        /// Half of the delays are longer, in milliseconds.
        median_ms: Millis,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
    },
    /// The memoryless law.
    Exponential {
        /// In milliseconds.
        mean_ms: Millis,
    },
    /// Pareto's law, whose tail is heavy.
    Pareto {
        /// The shortest, in milliseconds.
        minimum_ms: Millis,
        /// The tail's exponent; up to 1 the mean is infinite.
        shape: f64,
    },
    /// Each part as often as its weight says.
    Mixture(Vec<PartTable>),
    /// One of these, in milliseconds, each as likely as it occurs.
    EmpiricalMs(Vec<Millis>),
}

/// One part of a mixture.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PartTable {
    /// How often, against the other parts' weights.
    pub weight: f64,
    /// Its own delay.
    pub delay: DelayTable,
}

/// Losses that come in bursts (Gilbert and Elliott): a link is good for a while, then bad for a while.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct BurstsTable {
    /// Mean length of the good spells, in milliseconds.
    pub good_ms: Millis,
    /// Mean length of the bad spells, in milliseconds.
    pub bad_ms: Millis,
    /// The share of messages that are lost in good spells, from 0 to 1.
    #[serde(default)]
    pub drop_in_good: Probability,
    /// The share of messages that are lost in bad spells, from 0 to 1.
    pub drop_in_bad: Probability,
}
