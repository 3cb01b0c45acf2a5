//! What rules and faults are both made of: routes, delays, losses, spans.

use std::time::Duration;

use super::written::{BurstsTable, Delay, EverybodyName, Part, SideTable};
use crate::model::BranchId;
use crate::network::{Bursts, Distribution, Loss, Probability, Region, Route, Side};

/// What was wrong with one value: the key, and the problem.
pub(super) type Wrong = String;

pub(super) fn route(from: Option<&SideTable>, to: Option<&SideTable>, both_ways: bool) -> Route {
    Route { from: from.map_or(Side::Anyone, side), to: to.map_or(Side::Anyone, side), both_ways }
}

pub(super) fn loss(drop: Option<f64>, bursts: Option<BurstsTable>) -> Result<Option<Loss>, Wrong> {
    match (drop, bursts) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err("`drop` and `bursts` exclude each other; keep one".to_owned()),
        (Some(share), None) => Ok(Some(Loss::Independent(probability("drop", share)?))),
        (None, Some(bursts)) => {
            let (good, bad) = (span("good_ms", bursts.good_ms)?, span("bad_ms", bursts.bad_ms)?);
            let in_good = probability("drop_in_good", bursts.drop_in_good)?;
            let in_bad = probability("drop_in_bad", bursts.drop_in_bad)?;
            let made =
                Bursts::new(good, bad, in_good, in_bad).map_err(|error| format!("`bursts`: {error}"))?;
            Ok(Some(Loss::Bursts(made)))
        }
    }
}

pub(super) fn delay(key: &str, written: &Delay) -> Result<Distribution, Wrong> {
    let made = match written {
        Delay::ConstantMs(delay) => Ok(Distribution::constant(span("constant_ms", *delay)?)),
        Delay::Uniform { from_ms, to_ms } => {
            Distribution::uniform(span("from_ms", *from_ms)?, span("to_ms", *to_ms)?)
        }
        Delay::Normal { mean_ms, deviation_ms } => {
            Distribution::normal(span("mean_ms", *mean_ms)?, span("deviation_ms", *deviation_ms)?)
        }
        Delay::LogNormal { median_ms, sigma } => {
            Distribution::log_normal(span("median_ms", *median_ms)?, *sigma)
        }
        Delay::Exponential { mean_ms } => Distribution::exponential(span("mean_ms", *mean_ms)?),
        Delay::Pareto { minimum_ms, shape } => Distribution::pareto(span("minimum_ms", *minimum_ms)?, *shape),
        Delay::Mixture(parts) => {
            let part = |part: &Part| Ok((part.weight, delay("delay", &part.delay)?));
            Distribution::mixture(parts.iter().map(part).collect::<Result<_, Wrong>>()?)
        }
        Delay::EmpiricalMs(values) => {
            let values: Result<Vec<Duration>, Wrong> =
                values.iter().map(|&v| span("empirical_ms", v)).collect();
            Distribution::empirical(values?)
        }
    };
    made.map_err(|error| format!("`{key}`: {error}"))
}

/// Milliseconds as a span; a year at most.
pub(super) fn span(key: &str, milliseconds: f64) -> Result<Duration, Wrong> {
    const YEAR_MS: f64 = 365.0 * 24.0 * 3600.0 * 1000.0;
    if !(0.0..=YEAR_MS).contains(&milliseconds) {
        return Err(format!("`{key}` is {milliseconds}; write milliseconds, zero or more"));
    }
    Ok(Duration::from_secs_f64(milliseconds / 1000.0))
}

pub(super) fn probability(key: &str, share: f64) -> Result<Probability, Wrong> {
    Probability::new(share).map_err(|error| format!("`{key}`: {error}"))
}

fn side(written: &SideTable) -> Side {
    match written {
        SideTable::Branch(branch) => Side::Branch(BranchId(*branch)),
        SideTable::Everybody(EverybodyName::Branches) => Side::Branches,
        SideTable::Everybody(EverybodyName::Customers) => Side::Customers,
        SideTable::BranchesIn { branches_in } => Side::BranchesIn(Region::new(branches_in)),
        SideTable::CustomersIn { customers_in } => Side::CustomersIn(Region::new(customers_in)),
    }
}
