//! The network as it will run, made of the tables as written.

use std::time::Duration;

use super::convert::{delay, loss, route};
use super::crashes;
use super::error::SpecError;
use super::fault;
use super::file::{LinkTable, NetworkFile, NetworkTable, RuleTable};
use super::invalid::{Invalid, KeyPath, Within};
use super::source::{Source, parse_error};
use crate::model::BranchId;
use crate::network::{
    FaultWindow, Leg, NetworkPlan, NetworkPlanError, NetworkProblem, Region, Route, RouteEnd, Rule, Topology,
};

/// Reads a file of the tables `[network]` and `[[fault]]` alone, for a cluster of these branches.
///
/// # Errors
///
/// The first problem, with its place.
pub fn read_network(text: &str, branches: &[BranchId]) -> Result<NetworkPlan, SpecError> {
    let file: NetworkFile = toml::from_str(text).map_err(|error| parse_error(text, &error))?;
    let source = Source::new(text, &[])?;
    let plan = fault::windows(&file.fault, 0).and_then(|(windows, faults)| match faults.first() {
        None => plan(&file.network, windows, branches, None),
        Some(fault) => {
            let message =
                "`kind`: that is a fault of a branch, not of the network; it belongs in an experiment";
            Err(Invalid::at("kind", message)).within(crashes::table_of(fault.id)).within("fault")
        }
    });
    plan.map_err(|invalid| source.error(invalid))
}

/// The network of one trial, checked. Without `duration` it lasts as long as its faults.
pub(super) fn plan(
    network: &NetworkTable,
    faults: Vec<FaultWindow>,
    branches: &[BranchId],
    duration: Option<Duration>,
) -> Result<NetworkPlan, Invalid> {
    let mut plan = NetworkPlan::new(branches.iter().copied(), Duration::ZERO);
    place(network, &mut plan).within("network")?;
    let (rules, written) = rules(network).within("network")?;
    plan.rules = rules;
    plan.faults = faults;
    // It lasts as long as asked, or as its faults.
    let last = plan.faults.iter().map(|window| window.until).max();
    plan.duration = duration.or(last).unwrap_or_default();
    plan.check().map_err(|error| match error {
        NetworkPlanError::Placement(problem) => placement(&problem, branches),
        NetworkPlanError::Rule { index, field, problem } => {
            let message = format!("`{field}` of this rule: {}", explained(&problem, branches));
            Invalid { path: written[index].clone(), message }
        }
        NetworkPlanError::Window { index, field, problem } => {
            let key = key_of(field);
            let message = format!("`{key}`: {}", explained(&problem, branches));
            let table = plan.faults[index].id.to_string();
            Invalid { path: KeyPath::of(["fault", &table, key]), message }
        }
    })?;
    Ok(plan)
}

fn place(network: &NetworkTable, plan: &mut NetworkPlan) -> Result<(), Invalid> {
    if let Some(name) = &network.topology {
        let preset = Topology::preset(name);
        let preset = preset.map_err(|error| Invalid::at("topology", format!("`topology`: {error}")))?;
        plan.topology = Some(preset);
    }
    let in_turn = network.regions_in_turn.iter().cycle();
    let placed = plan.branches.iter().zip(in_turn).map(|(&branch, region)| (branch, Region::new(region)));
    plan.placement.branches = placed.collect();
    for (branch, region) in &network.regions {
        let id = branch.parse().map(BranchId);
        let message = || format!("`regions`: `{branch}` is no branch; write 1 = \"REGION\"");
        let id = id.map_err(|_| Invalid::at(branch, message())).within("regions")?;
        plan.placement.branches.insert(id, Region::new(region));
    }
    plan.placement.other_customers = network.customers_in.as_deref().map(Region::new);
    Ok(())
}

/// Rules in the order in which they are read, and where each was written.
fn rules(network: &NetworkTable) -> Result<(Vec<Rule>, Vec<KeyPath>), Invalid> {
    let (mut rules, mut written) = (Vec::new(), Vec::new());
    let general = [
        ("between_branches", &network.between_branches, RouteEnd::Branches, [Leg::Replicate, Leg::Ack]),
        ("customer_to_branch", &network.customer_to_branch, RouteEnd::Customers, [Leg::Request, Leg::Reply]),
    ];
    for (key, table, from, legs) in general {
        let Some(table) = table else { continue };
        let route = Route { from, to: RouteEnd::Branches, both_ways: true };
        rules.push(rule(route, legs.to_vec(), table).within(key)?);
        written.push(KeyPath::of(["network", key]));
    }
    for (index, table) in network.rule.iter().enumerate() {
        let RuleTable { from, to, both_ways, legs, .. } = table;
        let legs = legs.clone().unwrap_or_else(|| vec![Leg::Request, Leg::Reply, Leg::Replicate, Leg::Ack]);
        let route = route(from.as_ref(), to.as_ref(), *both_ways);
        rules.push(rule(route, legs, &table.link()).within(index).within("rule")?);
        written.push(KeyPath::of(["network", "rule", &index.to_string()]));
    }
    Ok((rules, written))
}

fn rule(route: Route, legs: Vec<Leg>, table: &LinkTable) -> Result<Rule, Invalid> {
    Ok(Rule {
        route,
        legs,
        delay: table.delay.as_ref().map(delay).transpose().within("delay")?,
        loss: loss(table.drop, table.bursts)?,
        duplication: table.duplicate,
        order: table.order,
    })
}

fn placement(problem: &NetworkProblem, branches: &[BranchId]) -> Invalid {
    let key = if matches!(problem, NetworkProblem::CustomersPlaceless) { "customers_in" } else { "regions" };
    let message = format!("`{key}`: {}", explained(problem, branches));
    Invalid { path: KeyPath::of(["network", key]), message }
}

/// The key in the file of a field that the plan's check names.
fn key_of(field: &'static str) -> &'static str {
    match field {
        "until" => "until_s",
        "cut" => "cut_ms",
        "open" => "open_ms",
        "route" => "from",
        other => other,
    }
}

/// A problem, with a remedy where the problem alone does not show it.
fn explained(problem: &NetworkProblem, branches: &[BranchId]) -> String {
    let remedy = match problem {
        NetworkProblem::UnknownBranch(_) => {
            let ids: Vec<String> = branches.iter().map(BranchId::to_string).collect();
            format!(", which has {}", ids.join(", "))
        }
        NetworkProblem::EndsBeforeStart { .. } => "; let it end after it starts".to_owned(),
        NetworkProblem::OutsideTrial { .. } => "; let it end with the load at the latest".to_owned(),
        NetworkProblem::UnknownRegion(_)
        | NetworkProblem::Placeless(_)
        | NetworkProblem::CustomersPlaceless
        | NetworkProblem::Empty
        | NetworkProblem::NeverApplies
        | NetworkProblem::IdTaken { .. }
        | NetworkProblem::NamedTwice(_)
        | NetworkProblem::Unnamed(_)
        | NetworkProblem::TooFew { .. }
        | NetworkProblem::Zero => String::new(),
    };
    format!("{problem}{remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Distribution, Loss, Order, Probability};

    fn read(text: &str) -> Result<NetworkPlan, SpecError> {
        read_network(text, &[BranchId(1), BranchId(2), BranchId(3)])
    }

    #[test]
    fn what_is_written_is_what_runs() {
        let plan = read(
            r#"
            [network.between_branches]
            delay = { exponential = { mean_ms = 20 } }
            drop = 0.25
            order = "fifo"
            [[network.rule]]
            from = 1
            to = 2
            legs = ["replicate"]
            delay = { constant_ms = 3.5 }
            [[fault]]
            kind = "partition"
            from_s = 1
            until_s = 1.5
            groups = [[1], [2, 3]]
            "#,
        )
        .expect("the file is sound");
        let mean = Distribution::exponential(Duration::from_millis(20)).expect("a sound mean");
        let loss = Loss::Independent(Probability::new(0.25).expect("a sound share"));
        let both = Route { from: RouteEnd::Branches, to: RouteEnd::Branches, both_ways: true };
        let general = Rule {
            route: both,
            legs: vec![Leg::Replicate, Leg::Ack],
            delay: Some(mean),
            loss: Some(loss),
            duplication: None,
            order: Some(Order::Fifo),
        };
        let constant = Distribution::constant(Duration::from_micros(3500));
        let route = Route::between(BranchId(1), BranchId(2));
        let particular = Rule { route, delay: Some(constant), ..Rule::on(&[Leg::Replicate]) };
        assert_eq!(plan.rules, [general, particular]);
        assert_eq!(plan.faults[0].until, Duration::from_millis(1500));
        assert_eq!(plan.duration, Duration::from_millis(1500));
    }

    #[test]
    fn branches_are_placed_in_turn_unless_they_have_a_place_of_their_own() {
        let plan = read(
            "[network]\ntopology = \"aws-2020\"\ncustomers_in = \"ue1\"\n\
             regions_in_turn = [\"ue1\", \"ew1\"]\nregions = { 2 = \"an1\" }\n",
        )
        .expect("the file is sound");
        let regions: Vec<String> = plan.placement.branches.values().map(Region::to_string).collect();
        assert_eq!(regions, ["ue1", "an1", "ue1"]);
    }

    #[test]
    fn a_fault_of_a_branch_is_not_the_networks() {
        let error = read("[[fault]]\nkind = \"crash\"\nfrom_s = 1\nuntil_s = 2\nbranch = 1\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "2:1: `kind`: that is a fault of a branch, not of the network; it belongs in an experiment"
        );
    }

    #[test]
    fn a_preset_places_branches_and_customers() {
        let plan = read(
            "[network]\ntopology = \"aws-2020\"\ncustomers_in = \"ue1\"\n\
             regions = { 1 = \"ue1\", 2 = \"ew1\", 3 = \"an1\" }\n",
        )
        .expect("the file is sound");
        let topology = plan.topology.expect("a topology");
        let (ue1, ew1) = (Region::new("ue1"), Region::new("ew1"));
        assert_eq!(topology.round_trip(&ue1, &ew1), Some(Duration::from_micros(70_500)));
    }

    #[test]
    fn every_kind_of_delay_is_read() {
        for delay in [
            "{ constant_ms = 1 }",
            "{ uniform = { from_ms = 1, to_ms = 2 } }",
            "{ normal = { mean_ms = 5, deviation_ms = 1 } }",
            "{ log_normal = { median_ms = 5, sigma = 0.5 } }",
            "{ exponential = { mean_ms = 5 } }",
            "{ pareto = { minimum_ms = 1, shape = 1.5 } }",
            "{ mixture = [{ weight = 0.9, delay = { constant_ms = 1 } }, \
               { weight = 0.1, delay = { constant_ms = 9 } }] }",
            "{ empirical_ms = [1, 2, 3] }",
        ] {
            let plan = read(&format!("[network.between_branches]\ndelay = {delay}\n"));
            assert!(plan.is_ok_and(|plan| plan.rules[0].delay.is_some()), "{delay}");
        }
    }

    #[test]
    fn an_error_has_line_key_and_remedy() {
        let rows = [
            ("[network.between_branches]\ndelya = 1\n", "2:1: ", "did you mean `delay`?"),
            (
                "[network.between_branches]\ndelay = { exponential = { mean_s = 1 } }\n",
                "2:",
                "did you mean `mean_ms`?",
            ),
            (
                "[network.between_branches]\ndelay = { constant_ms = -1 }\n",
                "2:25: ",
                "`network.between_branches.delay.constant_ms`: -1 is out of range; write milliseconds, from zero",
            ),
            (
                "[network.between_branches]\ndrop = 1.5\n",
                "2:8: ",
                "`network.between_branches.drop`: a probability",
            ),
            (
                "[network.between_branches]\ndrop = 0.5\nbursts = { good_ms = 1, bad_ms = 1, drop_in_bad = 1 }\n",
                "3:1: ",
                "exclude",
            ),
            ("[network]\ntopology = \"mars\"\n", "2:1: ", "there are hat-2014"),
            ("[network]\nregions = { x = \"ue1\" }\n", "2:13: ", "`x` is no branch"),
            ("[network]\ntopology = \"aws-2020\"\n", "1:2: ", "`regions`: branch 1 has no region"),
            (
                "[[network.rule]]\nfrom = 9\ndrop = 1.0\n",
                "1:1: ",
                "branch 9 is not in this cluster, which has 1, 2, 3",
            ),
            (
                "[[fault]]\nkind = \"pause\"\nfrom_s = 2\nuntil_s = 1\nbranch = 1\n",
                "4:1: ",
                "`until_s`: the window ends at 1s, and it starts at 2s; let it end after it starts",
            ),
            ("\n[[fault]]\nkind = \"earthquake\"\n", "3:8: ", "unknown variant"),
        ];
        for (text, place, clue) in rows {
            let error = read(text).expect_err(text).to_string();
            assert!(error.starts_with(place) && error.contains(clue), "{text}\n{error}");
        }
    }
}
