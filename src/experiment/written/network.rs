//! The network as written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FaultTable;

/// A file of a network alone, as `readback serve --network` takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NetworkFile {
    #[serde(default)]
    pub network: NetworkTable,
    #[serde(default)]
    pub fault: Vec<FaultTable>,
}

/// What the network does to messages. The last rule that matches a message wins, property by property.
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
    /// Runs of writes and their acknowledgements, between all branches.
    pub between_branches: Option<LinkTable>,
    /// Requests and replies, between customers and all branches.
    pub customer_to_branch: Option<LinkTable>,
    /// What holds for some links alone; later rules go before earlier ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<RuleTable>,
}

/// What holds for the messages of some links.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct LinkTable {
    /// One way, on top of the topology. Default: none.
    pub delay: Option<Delay>,
    /// The share of messages that are lost, from 0 to 1, each for itself. Default: 0.
    #[schemars(range(min = 0, max = 1))]
    pub drop: Option<f64>,
    /// Losses that come in bursts, instead of `drop`.
    pub bursts: Option<BurstsTable>,
    /// The share of messages that arrive twice, from 0 to 1. Default: 0.
    #[schemars(range(min = 0, max = 1))]
    pub duplicate: Option<f64>,
    /// Whether messages of one link overtake each other. Default: `independent`.
    pub order: Option<OrderName>,
}

/// What holds for the messages of some links, and which links these are.
// The keys of a `LinkTable` stand here again because serde cannot refuse unknown keys of a table that is spread over
// two types.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct RuleTable {
    /// Who sends. Default: anyone.
    pub from: Option<SideTable>,
    /// Who receives. Default: anyone.
    pub to: Option<SideTable>,
    /// The way back too.
    pub both_ways: bool,
    /// Which messages. Default: all.
    pub legs: Option<Vec<LegName>>,
    /// One way, on top of the topology.
    pub delay: Option<Delay>,
    /// The share of messages that are lost, from 0 to 1, each for itself.
    #[schemars(range(min = 0, max = 1))]
    pub drop: Option<f64>,
    /// Losses that come in bursts, instead of `drop`.
    pub bursts: Option<BurstsTable>,
    /// The share of messages that arrive twice, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub duplicate: Option<f64>,
    /// Whether messages of one link overtake each other.
    pub order: Option<OrderName>,
}

/// One kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum LegName {
    /// From a customer to a branch.
    Request,
    /// From a branch to a customer.
    Reply,
    /// A run of writes from one branch to another.
    Replicate,
    /// What a branch tells another that it has.
    Ack,
}

/// Whether messages of one link overtake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum OrderName {
    /// As in a TCP stream: nothing arrives before what was sent earlier.
    Fifo,
    /// Each message arrives when its own delay is over.
    Independent,
}

/// One side of a link: `1`, `"branches"`, `"customers"`, `{ branches_in = "ue1" }` or `{ customers_in = "ue1" }`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "write a branch, \"branches\", \"customers\", or { branches_in = \"REGION\" }")]
pub(in super::super) enum SideTable {
    /// One branch.
    Branch(u32),
    /// All branches, or all customers.
    Everybody(EverybodyName),
    /// The branches of a region.
    BranchesIn {
        /// The region.
        branches_in: String,
    },
    /// The customers of a region.
    CustomersIn {
        /// The region.
        customers_in: String,
    },
}

/// All of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum EverybodyName {
    /// All branches.
    Branches,
    /// All customers.
    Customers,
}

/// How long a message takes, one way; exactly one of these.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in super::super) enum Delay {
    /// Always so many milliseconds.
    ConstantMs(f64),
    /// Evenly from one delay to another.
    Uniform {
        /// The shortest, in milliseconds.
        from_ms: f64,
        /// The longest, in milliseconds.
        to_ms: f64,
    },
    /// The normal law, without its negative part.
    Normal {
        /// Mean of the whole law, in milliseconds.
        mean_ms: f64,
        /// Standard deviation of the whole law, in milliseconds.
        deviation_ms: f64,
    },
    /// A delay whose logarithm is normal.
    LogNormal {
        /// Half of the delays are longer, in milliseconds.
        median_ms: f64,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
    },
    /// The memoryless law.
    Exponential {
        /// In milliseconds.
        mean_ms: f64,
    },
    /// Pareto's law, whose tail is heavy.
    Pareto {
        /// The shortest, in milliseconds.
        minimum_ms: f64,
        /// The tail's exponent; up to 1 the mean is infinite.
        shape: f64,
    },
    /// Each part as often as its weight says.
    Mixture(Vec<PartTable>),
    /// One of these, in milliseconds, each as likely as it occurs.
    EmpiricalMs(Vec<f64>),
}

/// One part of a mixture.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PartTable {
    /// How often, against the other parts' weights.
    pub weight: f64,
    /// Its own delay.
    pub delay: Delay,
}

/// Losses that come in bursts (Gilbert and Elliott): a link is good for a while, then bad for a while.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct BurstsTable {
    /// Mean length of the good spells, in milliseconds.
    pub good_ms: f64,
    /// Mean length of the bad spells, in milliseconds.
    pub bad_ms: f64,
    /// The share of messages that are lost in good spells, from 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub drop_in_good: f64,
    /// The share of messages that are lost in bad spells, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub drop_in_bad: f64,
}
