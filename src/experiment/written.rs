//! The tables as written: a mirror of the TOML, in which units are part of the keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::network::FaultKind;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkFile {
    pub network: Option<Spanned<NetworkTable>>,
    #[serde(default)]
    pub fault: Vec<Spanned<FaultTable>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkTable {
    pub topology: Option<Spanned<String>>,
    /// By branch.
    #[serde(default)]
    pub regions: BTreeMap<String, Spanned<String>>,
    pub customers_in: Option<String>,
    pub between_branches: Option<Spanned<LinkTable>>,
    pub customer_to_branch: Option<Spanned<LinkTable>>,
    #[serde(default)]
    pub rule: Vec<Spanned<RuleTable>>,
}

/// What holds for the messages of some links.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkTable {
    pub delay: Option<Delay>,
    pub drop: Option<f64>,
    pub bursts: Option<BurstsTable>,
    pub duplicate: Option<f64>,
    pub order: Option<OrderName>,
}

/// A [`LinkTable`] and where it holds. (The keys stand here again because serde cannot refuse unknown keys of a table
/// that is spread over two types.)
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleTable {
    pub from: Option<SideTable>,
    pub to: Option<SideTable>,
    #[serde(default)]
    pub both_ways: bool,
    pub legs: Option<Vec<LegName>>,
    pub delay: Option<Delay>,
    pub drop: Option<f64>,
    pub bursts: Option<BurstsTable>,
    pub duplicate: Option<f64>,
    pub order: Option<OrderName>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LegName {
    Request,
    Reply,
    Replicate,
    Ack,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OrderName {
    Fifo,
    Independent,
}

/// `1`, `"branches"`, `"customers"`, `{ branches_in = "ue1" }`, `{ customers_in = "ue1" }`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a branch, \"branches\", \"customers\", or { branches_in = \"REGION\" }")]
pub(super) enum SideTable {
    Branch(u32),
    Everybody(EverybodyName),
    BranchesIn { branches_in: String },
    CustomersIn { customers_in: String },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EverybodyName {
    Branches,
    Customers,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Delay {
    ConstantMs(f64),
    Uniform { from_ms: f64, to_ms: f64 },
    Normal { mean_ms: f64, deviation_ms: f64 },
    LogNormal { median_ms: f64, sigma: f64 },
    Exponential { mean_ms: f64 },
    Pareto { minimum_ms: f64, shape: f64 },
    Mixture(Vec<Part>),
    EmpiricalMs(Vec<f64>),
}

/// One part of a mixture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub weight: f64,
    pub delay: Delay,
}

/// Gilbert and Elliott's channel: mean stays, and what is lost in each.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BurstsTable {
    pub good_ms: f64,
    pub bad_ms: f64,
    #[serde(default)]
    pub drop_in_good: f64,
    pub drop_in_bad: f64,
}

/// A fault of any kind; which keys belong to which kind is checked when it is made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultTable {
    pub kind: FaultKind,
    pub from_s: f64,
    pub until_s: f64,
    /// partition
    pub groups: Option<Vec<Vec<u32>>>,
    /// partial
    pub pairs: Option<Vec<[u32; 2]>>,
    /// one_way: branches; slow, lossy, flap: one side of the route
    pub from: Option<EndsTable>,
    pub to: Option<EndsTable>,
    /// slow, lossy, flap
    pub both_ways: Option<bool>,
    /// ring
    pub order: Option<Vec<u32>>,
    /// bridge
    pub left: Option<Vec<u32>>,
    pub bridge: Option<u32>,
    pub right: Option<Vec<u32>>,
    /// isolate, pause
    pub branch: Option<u32>,
    /// isolate
    pub customers: Option<bool>,
    /// slow
    pub extra: Option<Delay>,
    /// lossy
    pub drop: Option<f64>,
    pub bursts: Option<BurstsTable>,
    /// flap
    pub cut_ms: Option<f64>,
    pub open_ms: Option<f64>,
}

/// Several branches, or one side of a route.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "branches such as [1, 2], or one side of a route")]
pub(super) enum EndsTable {
    Branches(Vec<u32>),
    Side(SideTable),
}
