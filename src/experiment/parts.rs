//! What several tables are made of: routes, delays, losses, spans. Paths of what is wrong count from the value.

use std::time::Duration;

use super::written::{BurstsTable, Delay, EverybodyName, PartTable, SideTable};
use super::wrong::{Within, Wrong};
use crate::model::BranchId;
use crate::network::{Bursts, Distribution, DistributionError, Loss, Probability, Region, Route, RouteEnd};

pub(super) fn route(from: Option<&SideTable>, to: Option<&SideTable>, both_ways: bool) -> Route {
    Route { from: from.map_or(RouteEnd::Anyone, side), to: to.map_or(RouteEnd::Anyone, side), both_ways }
}

pub(super) fn loss(drop: Option<f64>, bursts: Option<BurstsTable>) -> Result<Option<Loss>, Wrong> {
    match (drop, bursts) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            Err(Wrong::at("bursts", "`drop` and `bursts` exclude each other; keep one".to_owned()))
        }
        (Some(share), None) => Ok(Some(Loss::Independent(probability("drop", share)?))),
        (None, Some(table)) => Ok(Some(Loss::Bursts(bursts_of(table).within("bursts")?))),
    }
}

fn bursts_of(table: BurstsTable) -> Result<Bursts, Wrong> {
    let (good, bad) = (span("good_ms", table.good_ms)?, span("bad_ms", table.bad_ms)?);
    let in_good = probability("drop_in_good", table.drop_in_good)?;
    let in_bad = probability("drop_in_bad", table.drop_in_bad)?;
    Bursts::new(good, bad, in_good, in_bad).map_err(|error| {
        let key = if good.is_zero() { "good_ms" } else { "bad_ms" };
        Wrong::at(key, format!("`bursts`: {error}"))
    })
}

pub(super) fn delay(written: &Delay) -> Result<Distribution, Wrong> {
    match written {
        Delay::ConstantMs(delay) => Ok(Distribution::constant(span("constant_ms", *delay)?)),
        Delay::Uniform { from_ms, to_ms } => two("uniform", ("from_ms", *from_ms), ("to_ms", *to_ms))
            .and_then(|(from, to)| law("uniform", Distribution::uniform(from, to))),
        Delay::Normal { mean_ms, deviation_ms } => {
            two("normal", ("mean_ms", *mean_ms), ("deviation_ms", *deviation_ms))
                .and_then(|(mean, deviation)| law("normal", Distribution::normal(mean, deviation)))
        }
        Delay::LogNormal { median_ms, sigma } => span("median_ms", *median_ms)
            .within("log_normal")
            .and_then(|median| law("log_normal", Distribution::log_normal(median, *sigma))),
        Delay::Exponential { mean_ms } => span("mean_ms", *mean_ms)
            .within("exponential")
            .and_then(|mean| law("exponential", Distribution::exponential(mean))),
        Delay::Pareto { minimum_ms, shape } => span("minimum_ms", *minimum_ms)
            .within("pareto")
            .and_then(|minimum| law("pareto", Distribution::pareto(minimum, *shape))),
        Delay::Mixture(parts) => mixture(parts).within("mixture"),
        Delay::EmpiricalMs(values) => {
            law("empirical_ms", Distribution::empirical(spans("empirical_ms", values)?))
        }
    }
}

fn two(variant: &str, first: (&str, f64), second: (&str, f64)) -> Result<(Duration, Duration), Wrong> {
    let both = || Ok((span(first.0, first.1)?, span(second.0, second.1)?));
    both().within(variant)
}

fn law(variant: &str, made: Result<Distribution, DistributionError>) -> Result<Distribution, Wrong> {
    made.map_err(|error| Wrong::at(variant, format!("`{variant}`: {error}")))
}

fn mixture(parts: &[PartTable]) -> Result<Distribution, Wrong> {
    let part = |(index, part): (usize, &PartTable)| {
        let law = delay(&part.delay).within("delay").within(index)?;
        Ok((part.weight, law))
    };
    let parts = parts.iter().enumerate().map(part).collect::<Result<_, Wrong>>()?;
    let whole = |error| Wrong { path: Default::default(), message: format!("`mixture`: {error}") };
    Distribution::mixture(parts).map_err(whole)
}

/// Milliseconds as a span; a year at most.
pub(super) fn span(key: &str, milliseconds: f64) -> Result<Duration, Wrong> {
    const YEAR_MS: f64 = 365.0 * 24.0 * 3600.0 * 1000.0;
    if !(0.0..=YEAR_MS).contains(&milliseconds) {
        return Err(Wrong::value(key, milliseconds, "write milliseconds, from zero to a year"));
    }
    Ok(Duration::from_secs_f64(milliseconds / 1000.0))
}

/// A list of milliseconds.
pub(super) fn spans(key: &str, milliseconds: &[f64]) -> Result<Vec<Duration>, Wrong> {
    let each = |(index, &value): (usize, &f64)| {
        span(key, value).map_err(|mut wrong| {
            wrong.path.0.push(index.to_string());
            wrong
        })
    };
    milliseconds.iter().enumerate().map(each).collect()
}

/// Seconds as a span; a year at most.
pub(super) fn seconds(key: &str, seconds: f64) -> Result<Duration, Wrong> {
    const YEAR_S: f64 = 365.0 * 24.0 * 3600.0;
    if !(0.0..=YEAR_S).contains(&seconds) {
        return Err(Wrong::value(key, seconds, "write seconds, from zero to a year"));
    }
    Ok(Duration::from_secs_f64(seconds))
}

pub(super) fn probability(key: &str, share: f64) -> Result<Probability, Wrong> {
    Probability::new(share).map_err(|error| Wrong::at(key, format!("`{key}`: {error}")))
}

fn side(written: &SideTable) -> RouteEnd {
    match written {
        SideTable::Branch(branch) => RouteEnd::Branch(BranchId(*branch)),
        SideTable::Everybody(EverybodyName::Branches) => RouteEnd::Branches,
        SideTable::Everybody(EverybodyName::Customers) => RouteEnd::Customers,
        SideTable::BranchesIn { branches_in } => RouteEnd::BranchesIn(Region::new(branches_in)),
        SideTable::CustomersIn { customers_in } => RouteEnd::CustomersIn(Region::new(customers_in)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_delay_has_its_path() {
        let rows = [
            (
                "constant_ms = -1",
                "constant_ms",
                "`constant_ms` is -1; write milliseconds, from zero to a year",
            ),
            ("constant_ms = nan", "constant_ms", "`constant_ms` is NaN"),
            ("exponential.mean_ms = 0", "exponential", "`exponential`: `mean` must be above zero"),
            ("normal = { mean_ms = 1, deviation_ms = -2 }", "normal.deviation_ms", "`deviation_ms` is -2"),
            ("uniform = { from_ms = 2, to_ms = 1 }", "uniform", "which is after `to`, 1ms"),
            (
                "mixture = [{ weight = 1, delay.pareto = { minimum_ms = -1, shape = 1 } }]",
                "mixture.0.delay.pareto.minimum_ms",
                "`minimum_ms` is -1",
            ),
            ("mixture = []", "mixture", "`parts` is empty"),
            ("empirical_ms = [1, -1]", "empirical_ms.1", "`empirical_ms` is -1"),
        ];
        for (text, path, message) in rows {
            let written: Delay = toml::from_str(text).expect(text);
            let wrong = delay(&written).expect_err(text);
            assert_eq!(wrong.path.to_string(), path, "{text}");
            assert!(wrong.message.contains(message), "{text}: {}", wrong.message);
        }
    }
}
