//! What reads cost under each strategy: percentiles of their latency, and how far these are above the baseline's.

use super::figure::{figure_or_nothing, ms_above_or_nothing, point};
use super::outcome::comparison;
use crate::results::{Interval, LatencyDifference, PointSummary, ReadCost, Spread, Summary};

/// Column titles of a table that has a row for each strategy and population of reads.
pub(super) const COLUMNS: [&str; 8] = [
    "point",
    "strategy",
    "reads",
    "latency\n(ms)\np50",
    "latency\n(ms)\np99",
    "latency\n(ms)\np99.9",
    "p50 above\nbaseline's, ms",
    "p99 above\nbaseline's, ms",
];

/// A population of reads: its name, and where its figures are.
struct Population {
    name: &'static str,
    latency: fn(&PointSummary) -> &Spread,
    cost: fn(&ReadCost) -> &LatencyDifference,
}

const POPULATIONS: [Population; 2] = [
    Population { name: "all", latency: |point| &point.read_latency_ms, cost: |cost| &cost.all },
    Population {
        name: "eligible",
        latency: |point| &point.eligible_read_latency_ms,
        cost: |cost| &cost.eligible,
    },
];

/// Point by point: all reads under each strategy, then the eligible ones. What a run has not is left out.
pub(super) fn rows(summary: &Summary) -> Vec<[String; 8]> {
    let at_each_point = summary.points.chunk_by(|one, other| one.point == other.point);
    let of_population = |points: &'_ [PointSummary], population: &'_ Population| {
        points.iter().filter_map(|point| row(summary, point, population)).collect::<Vec<_>>()
    };
    let of_point = |points| POPULATIONS.iter().flat_map(move |population| of_population(points, population));
    at_each_point.flat_map(of_point).collect()
}

fn row(summary: &Summary, of: &PointSummary, population: &Population) -> Option<[String; 8]> {
    let Spread { p50, p99, p999, n, .. } = (population.latency)(of);
    if *n == 0 {
        return None;
    }
    let [p50, p99, p999] = [p50, p99, p999].map(|figure| figure_or_nothing(*figure));
    let cost = read_cost(summary, of).map(population.cost);
    let above = |part: fn(&LatencyDifference) -> Option<&Interval>| ms_above_or_nothing(cost.and_then(part));
    Some([
        point(&of.point),
        of.strategy.clone(),
        population.name.to_owned(),
        p50,
        p99,
        p999,
        above(|cost| cost.p50_ms.as_ref()),
        above(|cost| cost.p99_ms.as_ref()),
    ])
}

/// What reads cost more than under the baseline; `None` for the baseline.
fn read_cost<'a>(summary: &'a Summary, of: &PointSummary) -> Option<&'a ReadCost> {
    Some(&comparison(summary, of)?.read_cost)
}
