//! Reads inside the windows of each fault and outside all of them, beside those of the whole trial.

use super::figure::{figure, figure_or_nothing, percent, point};
use crate::results::{FaultFigures, PointSummary, Rate, Spread, Summary};

/// Column titles of [`rows`].
pub(super) const COLUMNS: [&str; 9] = [
    "point",
    "reads meant\nto start in",
    "strategy",
    "read\np50\nms",
    "read\np99\nms",
    "read\np99.9\nms",
    "stale of\neligible, %",
    "their\nwait\np99 ms",
    "seconds",
];

/// Point by point: the strategies in the windows of each fault, outside all windows, and in the whole trial. A point
/// without a fault has no row, nor has a strategy without a read.
pub(super) fn rows(summary: &Summary) -> Vec<[String; 9]> {
    let at_each_point = summary.points.chunk_by(|one, other| one.point == other.point);
    at_each_point.flat_map(of_point).collect()
}

fn of_point(points: &[PointSummary]) -> Vec<[String; 9]> {
    let faulty = points.iter().filter(|of| !of.by_fault.is_empty() && of.read_latency_ms.n > 0);
    let all: Vec<(&PointSummary, &FaultFigures)> =
        faulty.clone().flat_map(|of| of.by_fault.iter().map(move |figures| (of, figures))).collect();
    let key = |figures: &FaultFigures| {
        let is_it =
            |(_, other): &(_, &FaultFigures)| other.kind == figures.kind && other.text == figures.text;
        // What is outside stays the last.
        (figures.kind.is_none(), all.iter().position(is_it))
    };
    let mut ordered = all.clone();
    ordered.sort_by_key(|(_, figures)| key(figures));
    ordered.into_iter().map(|(of, figures)| in_windows(of, figures)).chain(faulty.map(in_the_whole)).collect()
}

fn in_windows(of: &PointSummary, figures: &FaultFigures) -> [String; 9] {
    let FaultFigures { kind, text, measured_s, read_latency_ms, wait_ms, stale_rate, .. } = figures;
    let windows = if kind.is_some() { text } else { "outside all windows" };
    row(of, windows, [read_latency_ms, wait_ms], stale_rate, Some(*measured_s))
}

fn in_the_whole(of: &PointSummary) -> [String; 9] {
    row(of, "whole trial", [&of.read_latency_ms, &of.wait_ms], &of.stale_rate, seconds_of_the_whole(of))
}

/// The measured seconds of all repetitions; `None` where windows of different faults overlap, since such reads, and
/// their time, are in both.
fn seconds_of_the_whole(of: &PointSummary) -> Option<f64> {
    let reads: u64 = of.by_fault.iter().map(|figures| figures.read_latency_ms.n).sum();
    let seconds = of.by_fault.iter().map(|figures| figures.measured_s).sum();
    (reads <= of.read_latency_ms.n).then_some(seconds)
}

fn row(
    of: &PointSummary,
    part: &str,
    [latency, wait]: [&Spread; 2],
    stale_rate: &Rate,
    seconds: Option<f64>,
) -> [String; 9] {
    [
        point(&of.point),
        part.to_owned(),
        of.strategy.clone(),
        figure_or_nothing(latency.p50),
        figure_or_nothing(latency.p99),
        figure_or_nothing(latency.p999),
        percent(stale_rate),
        figure_or_nothing(wait.p99),
        seconds.map_or_else(|| "-".to_owned(), figure),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::markdown::tests::sample;
    use super::*;

    /// The point with faults, as its windows, strategies and seconds are printed.
    fn printed(summary: &Summary) -> Vec<[String; 3]> {
        rows(summary).into_iter().map(|[_, part, strategy, .., seconds]| [part, strategy, seconds]).collect()
    }

    #[test]
    fn strategies_are_side_by_side_in_each_window_outside_and_in_the_whole_trial() {
        let mut summary = sample().summary;
        // A fault that one strategy alone met.
        let mut crash = summary.points[1].by_fault[0].clone();
        (crash.text, crash.measured_s) = ("crash 2".to_owned(), 0.5);
        crash.read_latency_ms.n = 0;
        summary.points[1].by_fault.push(crash);
        let expected = [
            ["partition 1 | 2, 3", "none", "1.50"],
            ["partition 1 | 2, 3", "wait", "1.50"],
            ["crash 2", "wait", "0.500"],
            ["outside all windows", "none", "1.50"],
            ["outside all windows", "wait", "1.50"],
            ["whole trial", "none", "3.00"],
            ["whole trial", "wait", "3.50"],
        ];
        assert_eq!(printed(&summary), expected);
    }

    #[test]
    fn windows_that_overlap_leave_the_time_of_the_whole_unknown() {
        let mut summary = sample().summary;
        summary.points[0].by_fault[0].read_latency_ms.n += summary.points[0].read_latency_ms.n;
        let found = printed(&summary);
        assert_eq!(found[4..], [["whole trial", "none", "-"], ["whole trial", "wait", "3.00"]]);
    }

    #[test]
    fn a_strategy_without_a_read_has_no_row() {
        let mut summary = sample().summary;
        summary.points[0].read_latency_ms = Spread::default();
        assert_eq!(printed(&summary).iter().filter(|[_, strategy, _]| strategy == "none").count(), 0);
    }
}
