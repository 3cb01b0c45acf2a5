//! The network of one trial as plain data, and every check that it has to pass.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::plan_error::NetworkProblem;
use super::{Endpoint, FaultWindow, NetworkPlanError, Placement, Region, Route, RouteEnd, Rule, Topology};
use crate::model::BranchId;

/// All that a [`super::PlannedNetwork`] does, apart from seed and start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkPlan {
    /// The branches of the cluster.
    pub branches: BTreeSet<BranchId>,
    /// How long the trial takes. All fault windows close before; what is sent later meets the rules alone.
    pub duration: Duration,
    /// The least delay between regions. With a topology every endpoint has a region of it.
    pub topology: Option<Topology>,
    /// The regions of branches and customers.
    pub placement: Placement,
    /// The last one that matches wins, property by property.
    pub rules: Vec<Rule>,
    /// Fault windows, each with an id of its own.
    pub faults: Vec<FaultWindow>,
}

impl NetworkPlan {
    /// Delivers everything at once between these branches.
    pub fn new(branches: impl IntoIterator<Item = BranchId>, duration: Duration) -> NetworkPlan {
        NetworkPlan {
            branches: branches.into_iter().collect(),
            duration,
            topology: None,
            placement: Placement::default(),
            rules: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Checks the placement, then the rules, then the fault windows.
    ///
    /// # Errors
    ///
    /// The first problem found.
    pub fn check(&self) -> Result<(), NetworkPlanError> {
        self.check_placement().map_err(NetworkPlanError::Placement)?;
        for (index, rule) in self.rules.iter().enumerate() {
            self.check_rule(rule).map_err(|(field, problem)| NetworkPlanError::Rule {
                index,
                field,
                problem,
            })?;
        }
        for (index, window) in self.faults.iter().enumerate() {
            let named = |(field, problem)| NetworkPlanError::Window { index, field, problem };
            self.check_id(index).map_err(named)?;
            self.check_window(window).map_err(named)?;
        }
        Ok(())
    }

    fn check_placement(&self) -> Result<(), NetworkProblem> {
        self.placement.branches.keys().try_for_each(|&branch| self.check_branch(branch))?;
        let Some(topology) = &self.topology else { return Ok(()) };
        if let Some(strange) = self.placement.regions().find(|region| !topology.contains(region)) {
            return Err(NetworkProblem::UnknownRegion(strange.clone()));
        }
        let placeless = |&&branch: &&BranchId| self.placement.region(Endpoint::Branch(branch)).is_none();
        if let Some(&branch) = self.branches.iter().find(placeless) {
            return Err(NetworkProblem::Placeless(branch));
        }
        self.placement.other_customers.as_ref().map(|_| ()).ok_or(NetworkProblem::CustomersPlaceless)
    }

    fn check_rule(&self, rule: &Rule) -> Result<(), (&'static str, NetworkProblem)> {
        if rule.legs.is_empty() {
            return Err(("legs", NetworkProblem::Empty));
        }
        self.check_route(&rule.route).map_err(|problem| ("route", problem))?;
        if rule.can_apply() { Ok(()) } else { Err(("route", NetworkProblem::NeverApplies)) }
    }

    fn check_id(&self, index: usize) -> Result<(), (&'static str, NetworkProblem)> {
        let id = self.faults[index].id;
        let taken = self.faults[..index].iter().position(|window| window.id == id);
        taken.map_or(Ok(()), |by| Err(("id", NetworkProblem::IdTaken { id, by })))
    }

    fn check_window(&self, window: &FaultWindow) -> Result<(), (&'static str, NetworkProblem)> {
        let FaultWindow { id: _, from, until, fault } = window;
        if from >= until {
            return Err(("until", NetworkProblem::EndsBeforeStart { from: *from, until: *until }));
        }
        if *until > self.duration {
            return Err(("until", NetworkProblem::OutsideTrial { until: *until, duration: self.duration }));
        }
        self.check_fault(fault)
    }

    pub(super) fn check_route(&self, route: &Route) -> Result<(), NetworkProblem> {
        [&route.from, &route.to].into_iter().try_for_each(|side| match side {
            RouteEnd::Anyone | RouteEnd::Branches | RouteEnd::Customers => Ok(()),
            RouteEnd::Branch(branch) => self.check_branch(*branch),
            RouteEnd::BranchesIn(region) | RouteEnd::CustomersIn(region) => self.check_region(region),
        })
    }

    pub(super) fn check_branch(&self, branch: BranchId) -> Result<(), NetworkProblem> {
        if self.branches.contains(&branch) { Ok(()) } else { Err(NetworkProblem::UnknownBranch(branch)) }
    }

    /// A region without branches and customers would be a slip of the pen.
    fn check_region(&self, region: &Region) -> Result<(), NetworkProblem> {
        let inhabited = self.placement.regions().any(|known| known == region);
        if inhabited { Ok(()) } else { Err(NetworkProblem::UnknownRegion(region.clone())) }
    }
}
