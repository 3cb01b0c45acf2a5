//! The checks of faults: that each names branches of the cluster, and cuts something.

use std::collections::BTreeSet;
use std::time::Duration;

use super::plan_error::NetworkProblem;
use super::{Fault, FaultKind, NetworkPlan};
use crate::model::BranchId;

type Checked = Result<(), (&'static str, NetworkProblem)>;

impl NetworkPlan {
    pub(super) fn check_fault(&self, fault: &Fault) -> Checked {
        match fault {
            Fault::Partition { groups } => {
                at_least(2, groups.len()).map_err(|problem| ("groups", problem))?;
                self.check_cover("groups", groups.iter().flatten(), groups.iter().map(BTreeSet::len))
            }
            Fault::Partial { pairs } => self.check_pairs(pairs).map_err(|problem| ("pairs", problem)),
            Fault::OneWay { from, to } => self.check_one_way(from, to),
            Fault::Ring { order } => {
                at_least(FaultKind::Ring.branches_min(), order.len())
                    .map_err(|problem| ("order", problem))?;
                self.check_cover("order", order.iter(), [order.len()])
            }
            Fault::Bridge { left, bridge, right } => {
                let all = left.iter().chain([bridge]).chain(right);
                self.check_cover("left, bridge and right", all, [left.len(), right.len()])
            }
            Fault::Isolate { branch, .. } | Fault::Pause { branch } => {
                self.check_branch(*branch).map_err(|problem| ("branch", problem))
            }
            Fault::Slow { route, .. } | Fault::Lossy { route, .. } => {
                self.check_route(route).map_err(|problem| ("route", problem))
            }
            Fault::Flap { route, cut, open } => {
                above_zero("cut", *cut)?;
                above_zero("open", *open)?;
                self.check_route(route).map_err(|problem| ("route", problem))
            }
        }
    }

    /// Every branch of the cluster is named once, and no group is empty.
    fn check_cover<'a>(
        &self,
        field: &'static str,
        named: impl Iterator<Item = &'a BranchId>,
        sizes: impl IntoIterator<Item = usize>,
    ) -> Checked {
        let seen = self.distinct(named).map_err(|problem| (field, problem))?;
        if sizes.into_iter().any(|size| size == 0) {
            return Err((field, NetworkProblem::Empty));
        }
        let forgotten = self.branches.difference(&seen).next();
        forgotten.map_or(Ok(()), |&branch| Err((field, NetworkProblem::Unnamed(branch))))
    }

    fn check_pairs(&self, pairs: &[(BranchId, BranchId)]) -> Result<(), NetworkProblem> {
        at_least(1, pairs.len())?;
        pairs.iter().try_for_each(|(a, b)| self.distinct([a, b].into_iter()).map(|_| ()))
    }

    fn check_one_way(&self, from: &BTreeSet<BranchId>, to: &BTreeSet<BranchId>) -> Checked {
        for (field, side) in [("from", from), ("to", to)] {
            at_least(1, side.len()).map_err(|problem| (field, problem))?;
            self.distinct(side.iter()).map_err(|problem| (field, problem))?;
        }
        from.intersection(to).next().map_or(Ok(()), |&branch| Err(("to", NetworkProblem::NamedTwice(branch))))
    }

    fn distinct<'a>(
        &self,
        named: impl Iterator<Item = &'a BranchId>,
    ) -> Result<BTreeSet<BranchId>, NetworkProblem> {
        let mut seen = BTreeSet::new();
        for &branch in named {
            self.check_branch(branch)?;
            if !seen.insert(branch) {
                return Err(NetworkProblem::NamedTwice(branch));
            }
        }
        Ok(seen)
    }
}

fn at_least(least: usize, found: usize) -> Result<(), NetworkProblem> {
    if found >= least { Ok(()) } else { Err(NetworkProblem::TooFew { least, found }) }
}

fn above_zero(field: &'static str, span: Duration) -> Checked {
    if span.is_zero() { Err((field, NetworkProblem::Zero)) } else { Ok(()) }
}
