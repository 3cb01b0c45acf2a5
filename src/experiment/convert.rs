//! The parts of both rules and faults: routes, delays, losses. The path of an invalid value counts from that part.

use std::time::Duration;

use super::file::{BurstsTable, DelayTable, Millis, PartTable};
use super::invalid::{Invalid, Within};
use crate::network::{Bursts, Distribution, Loss, Probability, Route, RouteEnd};

pub(super) fn route(from: Option<&RouteEnd>, to: Option<&RouteEnd>, both_ways: bool) -> Route {
    let end = |written: Option<&RouteEnd>| written.cloned().unwrap_or(RouteEnd::Anyone);
    Route { from: end(from), to: end(to), both_ways }
}

pub(super) fn loss(drop: Option<Probability>, bursts: Option<BurstsTable>) -> Result<Option<Loss>, Invalid> {
    match (drop, bursts) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Invalid::at("bursts", "`drop` and `bursts` exclude each other; keep one")),
        (Some(share), None) => Ok(Some(Loss::Independent(share))),
        (None, Some(table)) => Ok(Some(Loss::Bursts(bursts_of(table).within("bursts")?))),
    }
}

fn bursts_of(table: BurstsTable) -> Result<Bursts, Invalid> {
    let (good, bad) = (table.good_ms.duration(), table.bad_ms.duration());
    Bursts::new(good, bad, table.drop_in_good, table.drop_in_bad).map_err(|error| {
        let key = if good.is_zero() { "good_ms" } else { "bad_ms" };
        Invalid::at(key, format!("`bursts`: {error}"))
    })
}

pub(super) fn delay(written: &DelayTable) -> Result<Distribution, Invalid> {
    let (key, made) = match written {
        DelayTable::ConstantMs(delay) => return Ok(Distribution::constant(delay.duration())),
        DelayTable::Uniform { from_ms, to_ms } => {
            ("uniform", Distribution::uniform(from_ms.duration(), to_ms.duration()))
        }
        DelayTable::Normal { mean_ms, deviation_ms } => {
            ("normal", Distribution::normal(mean_ms.duration(), deviation_ms.duration()))
        }
        DelayTable::LogNormal { median_ms, sigma } => {
            ("log_normal", Distribution::log_normal(median_ms.duration(), *sigma))
        }
        DelayTable::Exponential { mean_ms } => ("exponential", Distribution::exponential(mean_ms.duration())),
        DelayTable::Pareto { minimum_ms, shape } => {
            ("pareto", Distribution::pareto(minimum_ms.duration(), *shape))
        }
        DelayTable::Mixture(parts) => ("mixture", Distribution::mixture(parts_of(parts)?)),
        DelayTable::EmpiricalMs(values) => ("empirical_ms", Distribution::empirical(durations(values))),
    };
    made.map_err(|error| Invalid::at(key, format!("`{key}`: {error}")))
}

fn parts_of(parts: &[PartTable]) -> Result<Vec<(f64, Distribution)>, Invalid> {
    let part = |(index, part): (usize, &PartTable)| {
        let delay = delay(&part.delay).within("delay").within(index).within("mixture")?;
        Ok((part.weight, delay))
    };
    parts.iter().enumerate().map(part).collect()
}

pub(super) fn durations(milliseconds: &[Millis]) -> Vec<Duration> {
    milliseconds.iter().map(|length| length.duration()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_delay_has_a_path() {
        let rows = [
            ("exponential.mean_ms = 0", "exponential", "`exponential`: `mean` must be above zero"),
            ("uniform = { from_ms = 2, to_ms = 1 }", "uniform", "which is after `to`, 1ms"),
            (
                "mixture = [{ weight = 1, delay.pareto = { minimum_ms = 0, shape = 1 } }]",
                "mixture.0.delay.pareto",
                "must be above zero",
            ),
            ("mixture = []", "mixture", "`parts` is empty"),
        ];
        for (text, path, message) in rows {
            let written: DelayTable = toml::from_str(text).expect(text);
            let invalid = delay(&written).expect_err(text);
            assert_eq!(invalid.path.to_string(), path, "{text}");
            assert!(invalid.message.contains(message), "{text}: {}", invalid.message);
        }
    }

    #[test]
    fn the_parser_refuses_a_number_out_of_range() {
        for (text, number) in [
            ("constant_ms = -1", "-1"),
            ("constant_ms = nan", "NaN"),
            ("normal = { mean_ms = 1, deviation_ms = -2 }", "-2"),
            ("empirical_ms = [1, -3]", "-3"),
        ] {
            let error = toml::from_str::<DelayTable>(text).expect_err(text);
            let expected = format!("{number} is out of range; write milliseconds, from zero to a year");
            assert_eq!(error.message(), expected, "{text}");
        }
    }
}
