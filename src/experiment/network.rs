//! The network as it will run, made of the tables as written.

use std::time::Duration;

use toml::Spanned;

use super::fault;
use super::parts::{Wrong, delay, loss, probability, route};
use super::problem::SpecError;
use super::written::{LegName, LinkTable, NetworkFile, NetworkTable, OrderName, RuleTable};
use crate::model::BranchId;
use crate::network::{Leg, NetworkPlan, Order, PlanError, Region, Route, Rule, Side, Topology};

/// Reads the tables `[network]` and `[[fault]]` for a cluster of these branches.
///
/// # Errors
///
/// The first thing that is wrong, with its place.
pub fn read_network(text: &str, branches: &[BranchId]) -> Result<NetworkPlan, SpecError> {
    let file: NetworkFile = toml::from_str(text).map_err(|error| SpecError::parsing(text, &error))?;
    let mut plan = NetworkPlan::new(branches.iter().copied(), Duration::ZERO);
    // Where each rule and each window was written, for what the plan's own check finds.
    let mut rules = Vec::new();
    if let Some(network) = &file.network {
        let here = network.span();
        place(text, network, &mut plan)?;
        let network = network.get_ref();
        let general = [
            (&network.between_branches, Side::Branches, Side::Branches, [Leg::Replicate, Leg::Ack]),
            (&network.customer_to_branch, Side::Customers, Side::Branches, [Leg::Request, Leg::Reply]),
        ];
        for (table, from, to, legs) in general {
            let Some(table) = table else { continue };
            let route = Route { from, to, both_ways: true };
            plan.rules.push(made(text, table, |table| general_rule(table, route, &legs))?);
            rules.push(table.span());
        }
        for table in &network.rule {
            plan.rules.push(made(text, table, particular_rule)?);
            rules.push(table.span());
        }
        rules.push(here);
    }
    for (id, table) in (0..).zip(&file.fault) {
        plan.faults.push(made(text, table, |table| fault::window(id, table))?);
    }
    plan.duration = plan.faults.iter().map(|window| window.until).max().unwrap_or_default();
    plan.check().map_err(|error| {
        let span = match &error {
            PlanError::Placement(_) => rules.last().cloned(),
            PlanError::Rule { index, .. } => rules.get(*index).cloned(),
            PlanError::Window { index, .. } => file.fault.get(*index).map(Spanned::span),
        };
        SpecError::at(text, span, error.to_string())
    })?;
    Ok(plan)
}

/// Makes something of a table, whose place is told if it cannot be made.
fn made<W, T>(
    text: &str,
    table: &Spanned<W>,
    make: impl FnOnce(&W) -> Result<T, Wrong>,
) -> Result<T, SpecError> {
    make(table.get_ref()).map_err(|wrong| SpecError::at(text, Some(table.span()), wrong))
}

fn place(text: &str, network: &Spanned<NetworkTable>, plan: &mut NetworkPlan) -> Result<(), SpecError> {
    let network = network.get_ref();
    if let Some(name) = &network.topology {
        let preset = |name: &String| Topology::preset(name).map_err(|error| format!("`topology`: {error}"));
        plan.topology = Some(made(text, name, preset)?);
    }
    for (branch, region) in &network.regions {
        let id = branch.parse().map(BranchId);
        let id = id.map_err(|_| format!("`regions`: `{branch}` is no branch; write 1 = \"REGION\""));
        let id = id.map_err(|wrong| SpecError::at(text, Some(region.span()), wrong))?;
        plan.placement.branches.insert(id, Region::new(region.get_ref()));
    }
    plan.placement.other_customers = network.customers_in.as_deref().map(Region::new);
    Ok(())
}

fn general_rule(table: &LinkTable, route: Route, legs: &[Leg]) -> Result<Rule, Wrong> {
    Ok(Rule {
        route,
        legs: legs.to_vec(),
        delay: table.delay.as_ref().map(|written| delay("delay", written)).transpose()?,
        loss: loss(table.drop, table.bursts)?,
        duplication: table.duplicate.map(|share| probability("duplicate", share)).transpose()?,
        order: table.order.map(order),
    })
}

fn particular_rule(table: &RuleTable) -> Result<Rule, Wrong> {
    let legs = table.legs.as_deref().unwrap_or(&[
        LegName::Request,
        LegName::Reply,
        LegName::Replicate,
        LegName::Ack,
    ]);
    Ok(Rule {
        route: route(table.from.as_ref(), table.to.as_ref(), table.both_ways),
        legs: legs.iter().copied().map(leg).collect(),
        delay: table.delay.as_ref().map(|written| delay("delay", written)).transpose()?,
        loss: loss(table.drop, table.bursts)?,
        duplication: table.duplicate.map(|share| probability("duplicate", share)).transpose()?,
        order: table.order.map(order),
    })
}

fn leg(name: LegName) -> Leg {
    match name {
        LegName::Request => Leg::Request,
        LegName::Reply => Leg::Reply,
        LegName::Replicate => Leg::Replicate,
        LegName::Ack => Leg::Ack,
    }
}

fn order(name: OrderName) -> Order {
    match name {
        OrderName::Fifo => Order::Fifo,
        OrderName::Independent => Order::Independent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Distribution, Loss, Probability};

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
        let both = Route { from: Side::Branches, to: Side::Branches, both_ways: true };
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
    fn what_is_wrong_is_told_with_line_key_and_remedy() {
        let rows = [
            ("[network.between_branches]\ndelya = 1\n", "2:1: ", "did you mean `delay`?"),
            (
                "[network.between_branches]\ndelay = { exponential = { mean_s = 1 } }\n",
                "2:",
                "did you mean `mean_ms`?",
            ),
            ("[network.between_branches]\ndelay = { constant_ms = -1 }\n", "1:1: ", "`constant_ms` is -1"),
            ("[network.between_branches]\ndrop = 1.5\n", "1:1: ", "`drop`"),
            (
                "[network.between_branches]\ndrop = 0.5\nbursts = { good_ms = 1, bad_ms = 1, drop_in_bad = 1 }\n",
                "1:1",
                "exclude",
            ),
            ("[network]\ntopology = \"mars\"\n", "2:12: ", "there are hat-2014"),
            ("[network]\nregions = { x = \"ue1\" }\n", "2:", "`x` is no branch"),
            ("[[network.rule]]\nfrom = 9\ndrop = 1.0\n", "1:1: ", "branch 9 is not in this cluster"),
            ("[[fault]]\nkind = \"pause\"\nfrom_s = 2\nuntil_s = 1\nbranch = 1\n", "1:1: ", "starts at 2s"),
            ("\n[[fault]]\nkind = \"earthquake\"\n", "3:8: ", "unknown variant"),
        ];
        for (text, place, clue) in rows {
            let error = read(text).expect_err(text).to_string();
            assert!(error.starts_with(place) && error.contains(clue), "{text}\n{error}");
        }
    }
}
