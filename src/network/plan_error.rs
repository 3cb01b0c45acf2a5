//! Errors of a plan, and their places.

use std::time::Duration;

use super::Region;
use crate::model::BranchId;

/// An error of a [`super::NetworkPlan`]: its place, and the problem there. Indices count from 0.
#[allow(missing_docs, reason = "each message says what is wrong, and with what")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkPlanError {
    #[error("placement: {0}")]
    Placement(NetworkProblem),
    #[error("rule {index}, `{field}`: {problem}")]
    Rule { index: usize, field: &'static str, problem: NetworkProblem },
    #[error("fault window {index}, `{field}`: {problem}")]
    Window { index: usize, field: &'static str, problem: NetworkProblem },
}

/// A problem at one place of a plan.
#[allow(missing_docs, reason = "each message says what is wrong, and with what")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkProblem {
    #[error("branch {0} is not in this cluster")]
    UnknownBranch(BranchId),
    #[error("no branch and no customer is in region `{0}`, or the topology does not have it")]
    UnknownRegion(Region),
    #[error("branch {0} has no region, and with a topology every branch has one")]
    Placeless(BranchId),
    #[error("with a topology customers need a region by default")]
    CustomersPlaceless,
    #[error("it is empty")]
    Empty,
    #[error("no message of these legs runs on this route")]
    NeverApplies,
    #[error("id {id} belongs to window {by} already")]
    IdTaken { id: u32, by: usize },
    #[error("the window ends at {until:?}, and it starts at {from:?}")]
    EndsBeforeStart { from: Duration, until: Duration },
    #[error("the window ends at {until:?}, and the trial at {duration:?}")]
    OutsideTrial { until: Duration, duration: Duration },
    #[error("branch {0} is named twice")]
    NamedTwice(BranchId),
    #[error("branch {0} is missing; every branch must be named")]
    Unnamed(BranchId),
    #[error("it has {found} members; fewer than {least} change nothing")]
    TooFew { least: usize, found: usize },
    #[error("it must be above zero")]
    Zero,
}
