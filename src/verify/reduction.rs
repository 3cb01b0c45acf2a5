//! Reductions: the parts of a drawn scenario that are left out. A reduction and a seed are a whole scenario, however
//! small.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::branch::{Limits, Timing};
use crate::model::BranchId;
use crate::network::{Distribution, Fault, Loss, Placement, Route, RouteEnd, Rule};
use crate::scenario::Scenario;
use crate::session::Policy;
use crate::workload::{Homes, Load, OperationFilter};

/// The parts that are left out, and those that are plainer than they were drawn. Numbers and ids are those of the drawn
/// scenario, so that the order in which things were taken out does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reduction {
    /// The operations that are left, by session and number from 0; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations: Option<BTreeMap<usize, BTreeSet<u64>>>,
    /// Branches that are not in the cluster.
    pub branches: BTreeSet<u32>,
    /// Fault windows that do not open, by id.
    pub windows: BTreeSet<u32>,
    /// Accidents that do not happen, by id.
    pub accidents: BTreeSet<u32>,
    /// Rules of the network that do not hold, by their place.
    pub rules: BTreeSet<usize>,
    /// Parts that are as plain as can be.
    pub plain: BTreeSet<Removable>,
    /// When the load ends; absent: as drawn. Windows that end later do not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_ends_ns: Option<u64>,
}

/// Something that a scenario can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removable {
    /// Branches have the usual limits.
    Limits,
    /// Branches have the usual timing.
    Timing,
    /// A branch handles messages at once.
    Service,
    /// A log is synced at once.
    Sync,
    /// No branch and no customer is in a region.
    Places,
    /// Messages take a millisecond, unless a fault slows them.
    Delays,
    /// Customers are as patient and as stubborn as usual.
    Patience,
    /// No guarantee but read-your-writes is asked for.
    Guarantees,
    /// Nothing is marked as warm-up, and no arrival is refused.
    Load,
}

impl Removable {
    /// Every variant.
    pub const ALL: [Removable; 9] = [
        Removable::Limits,
        Removable::Timing,
        Removable::Service,
        Removable::Sync,
        Removable::Places,
        Removable::Delays,
        Removable::Patience,
        Removable::Guarantees,
        Removable::Load,
    ];

    fn apply(self, scenario: &mut Scenario) {
        match self {
            Removable::Limits => scenario.limits = Limits::default(),
            Removable::Timing => scenario.timing = Timing::default(),
            Removable::Service => scenario.service_time = Duration::ZERO,
            Removable::Sync => scenario.sync_time = Duration::ZERO,
            Removable::Places => {
                scenario.network.topology = None;
                scenario.network.placement = Placement::default();
            }
            Removable::Delays => {
                for rule in &mut scenario.network.rules {
                    rule.delay =
                        rule.delay.as_ref().map(|_| Distribution::constant(Duration::from_millis(1)));
                }
            }
            Removable::Patience => {
                let Policy { strategy, guarantees, .. } = scenario.policy;
                scenario.policy = Policy { strategy, guarantees, ..Policy::default() };
            }
            Removable::Guarantees => {
                let guarantees = &mut scenario.policy.guarantees;
                guarantees.monotonic_reads = false;
                guarantees.monotonic_writes = false;
                guarantees.writes_follow_reads = false;
            }
            Removable::Load => {
                scenario.measured = scenario.load_ends();
                scenario.warm_up = Duration::ZERO;
                scenario.queued_max = QUEUED_MAX;
            }
        }
    }
}

/// More arrivals than any drawn load has.
const QUEUED_MAX: usize = 100_000;

impl Reduction {
    /// Takes everything out of the drawn `scenario` that is left out here.
    pub fn apply(&self, scenario: &mut Scenario) {
        let network = &mut scenario.network;
        network.faults.retain(|window| !self.windows.contains(&window.id));
        scenario.accidents.retain(|accident| !self.accidents.contains(&accident.id));
        let mut place = 0..;
        network.rules.retain(|_| place.next().is_none_or(|place| !self.rules.contains(&place)));
        self.branches.iter().for_each(|&branch| without_branch(scenario, BranchId(branch)));
        self.plain.iter().for_each(|plain| plain.apply(scenario));
        if let Some(nanos) = self.load_ends_ns {
            end_load(scenario, Duration::from_nanos(nanos));
        }
    }

    /// The operations that take place; `None`: all.
    pub fn kept(&self) -> Option<OperationFilter> {
        let operations = self.operations.as_ref()?;
        Some(OperationFilter::of_sessions(
            operations.iter().map(|(&session, numbers)| (session, numbers.iter().copied())),
        ))
    }
}

fn end_load(scenario: &mut Scenario, at: Duration) {
    scenario.warm_up = scenario.warm_up.min(at / 2);
    scenario.measured = at - scenario.warm_up;
    scenario.network.duration = at;
    scenario.network.faults.retain(|window| window.until <= at);
    scenario.accidents.retain(|accident| accident.until <= at);
    match &mut scenario.workload.load {
        Load::Open { duration, .. } => *duration = at,
        Load::Closed { .. } | Load::WriteThenRead { .. } => {}
    }
}

/// The cluster as if `branch` had never been in it.
fn without_branch(scenario: &mut Scenario, branch: BranchId) {
    let network = &mut scenario.network;
    network.branches.remove(&branch);
    network.placement.branches.remove(&branch);
    network.rules.retain(|Rule { route, .. }| !names(route, branch));
    network.faults.retain_mut(|window| without(&mut window.fault, branch));
    scenario.accidents.retain(|accident| accident.branch != branch);
    let workload = &mut scenario.workload;
    workload.branches.retain(|&member| member != branch);
    if let Homes::Listed(homes) = &mut workload.homes {
        homes.retain(|&home| home != branch);
        if homes.is_empty() {
            workload.homes = Homes::RoundRobin;
        }
    }
}

fn names(route: &Route, branch: BranchId) -> bool {
    [&route.from, &route.to].into_iter().any(|side| match side {
        RouteEnd::Branch(named) => *named == branch,
        RouteEnd::Anyone
        | RouteEnd::Branches
        | RouteEnd::Customers
        | RouteEnd::BranchesIn(_)
        | RouteEnd::CustomersIn(_) => false,
    })
}

/// Takes `branch` out of a fault. Returns whether anything is left of it.
fn without(fault: &mut Fault, branch: BranchId) -> bool {
    match fault {
        Fault::Partition { groups } => {
            groups.iter_mut().for_each(|group| {
                group.remove(&branch);
            });
            groups.retain(|group| !group.is_empty());
            groups.len() >= 2
        }
        Fault::Partial { pairs } => {
            pairs.retain(|&(one, other)| one != branch && other != branch);
            !pairs.is_empty()
        }
        Fault::OneWay { from, to } => {
            from.remove(&branch);
            to.remove(&branch);
            !from.is_empty() && !to.is_empty()
        }
        Fault::Ring { order } => {
            order.retain(|&member| member != branch);
            order.len() >= 4
        }
        Fault::Bridge { left, bridge, right } => {
            left.remove(&branch);
            right.remove(&branch);
            *bridge != branch && !left.is_empty() && !right.is_empty()
        }
        Fault::Isolate { branch: named, .. } | Fault::Pause { branch: named } => *named != branch,
        Fault::Slow { route, .. } | Fault::Lossy { route, .. } | Fault::Flap { route, .. } => {
            !names(route, branch)
        }
    }
}

/// A scenario as lines of text.
pub(super) fn describe(scenario: &Scenario) -> Vec<String> {
    let policy = &scenario.policy;
    let mut lines = vec![
        format!(
            "{} branches, logs {}, {}",
            scenario.network.branches.len(),
            format!("{:?}", scenario.durability).to_lowercase(),
            guarantees(scenario)
        ),
        format!(
            "customers wait at most {:?} parked and {:?} for an answer; {} attempts",
            policy.max_wait, policy.attempt_timeout, policy.attempts_max
        ),
        format!("load ends after {:?}; a sync takes {:?}", scenario.load_ends(), scenario.sync_time),
    ];
    if !scenario.service_time.is_zero() {
        lines.push(format!("a branch takes {:?} for each message", scenario.service_time));
    }
    if let Some(topology) = &scenario.network.topology {
        lines.push(format!("round trips from {}", topology.source));
    }
    lines.extend(scenario.network.rules.iter().map(rule));
    let accidents = scenario.accidents.iter();
    let accidents =
        accidents.map(|accident| format!("{:?} to {:?}: {accident}", accident.from, accident.until));
    let windows = scenario.network.faults.iter();
    lines.extend(windows.map(|window| format!("{:?} to {:?}: {}", window.from, window.until, window.fault)));
    lines.extend(accidents);
    lines
}

fn guarantees(scenario: &Scenario) -> String {
    let asked = &scenario.policy.guarantees;
    let named = [
        (asked.read_your_writes, "read-your-writes"),
        (asked.monotonic_reads, "monotonic reads"),
        (asked.monotonic_writes, "monotonic writes"),
        (asked.writes_follow_reads, "writes-follow-reads"),
    ];
    let named: Vec<&str> = named.iter().filter(|(asked, _)| *asked).map(|&(_, name)| name).collect();
    let named = if named.is_empty() { "no guarantee".to_owned() } else { named.join(", ") };
    format!("strategy {}, {named}", scenario.policy.strategy)
}

fn rule(rule: &Rule) -> String {
    let legs: Vec<String> = rule.legs.iter().map(|leg| format!("{leg:?}").to_lowercase()).collect();
    let mut parts = Vec::new();
    parts.extend(rule.delay.as_ref().map(|delay| format!("delay {delay}")));
    parts.extend(rule.loss.map(|loss| match loss {
        Loss::None => "no loss".to_owned(),
        Loss::Independent(share) => format!("loses {:.1} %", 100.0 * share.get()),
        Loss::Bursts(_) => format!("loses {:.1} % in bursts", 100.0 * loss.long_run()),
    }));
    parts.extend(rule.duplication.map(|share| format!("delivers {:.1} % twice", 100.0 * share.get())));
    parts.extend(rule.order.map(|order| format!("order {order:?}").to_lowercase()));
    let from = match (&rule.route.from, &rule.route.to) {
        (RouteEnd::Branch(from), RouteEnd::Branch(to)) if rule.route.both_ways => {
            format!(" between {from} and {to}")
        }
        (RouteEnd::Branch(from), RouteEnd::Branch(to)) => format!(" from {from} to {to}"),
        (
            RouteEnd::Anyone
            | RouteEnd::Branches
            | RouteEnd::Customers
            | RouteEnd::Branch(_)
            | RouteEnd::BranchesIn(_)
            | RouteEnd::CustomersIn(_),
            _,
        ) => String::new(),
    };
    format!("{}{from}: {}", legs.join(" and "), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::draw::draw;
    use super::*;

    #[test]
    fn a_reduction_that_takes_nothing_out_changes_nothing() {
        for seed in 0..20 {
            let mut scenario = draw(seed);
            Reduction::default().apply(&mut scenario);
            assert_eq!(format!("{scenario:?}"), format!("{:?}", draw(seed)));
        }
    }

    #[test]
    fn a_scenario_without_a_branch_passes_its_check_while_there_are_two() {
        for seed in 0..200 {
            let mut scenario = draw(seed);
            let last = scenario.network.branches.len() as u32;
            if last < 3 {
                continue;
            }
            for out in [1, last] {
                let branches = BTreeSet::from([out]);
                let mut scenario = draw(seed);
                Reduction { branches, ..Reduction::default() }.apply(&mut scenario);
                let checked = scenario.check();
                assert!(checked.is_ok(), "seed {seed} without {out}: {:?}", checked.err());
            }
            let plain = Removable::ALL.into();
            Reduction { plain, load_ends_ns: Some(100_000_000), ..Reduction::default() }.apply(&mut scenario);
            assert!(scenario.check().is_ok() && scenario.load_ends() == Duration::from_millis(100));
        }
    }

    #[test]
    fn a_reduction_is_read_as_it_was_written() {
        let reduction = Reduction {
            operations: Some(BTreeMap::from([(3, BTreeSet::from([0, 7]))])),
            branches: BTreeSet::from([2]),
            plain: BTreeSet::from([Removable::Delays]),
            ..Reduction::default()
        };
        let text = serde_json::to_string(&reduction).unwrap();
        assert_eq!(serde_json::from_str::<Reduction>(&text).unwrap(), reduction, "{text}");
    }
}
