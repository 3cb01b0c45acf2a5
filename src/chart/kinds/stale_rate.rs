//! How often a read misses an own write, against a swept key.
//!
//! Points are not joined: nothing was measured between them. A zero is no proof, so it has an arrow from the bound
//! that its number of reads gives.

use super::series::{Series, SweepAxis, points_table, repetitions, series, shift, subtitle};
use crate::chart::draw::{
    Axis, Bounds, Column, Dots, LegendEntry, Mark, Marker, Panel, Picture, Sample, SeriesStyle, Sketch,
    THEORY, labels, number,
};
use crate::chart::input::ChartInput;
use crate::results::{PointSummary, RateMethod, Summary};

const COLUMNS: [Column<PointSummary>; 10] = [
    ("strategy", |point| point.strategy.clone()),
    ("stale", |point| point.stale_rate.hits.to_string()),
    ("eligible_ok_reads", |point| point.stale_rate.n.to_string()),
    ("stale_rate", |point| number(point.stale_rate.value)),
    ("low", |point| number(point.stale_rate.low)),
    ("high", |point| number(point.stale_rate.high)),
    ("rule_of_three", |point| number(point.stale_rate.rule_of_three)),
    ("repetitions_low", |point| number(point.stale_rate.repetitions.map(|range| range[0]))),
    ("repetitions_high", |point| number(point.stale_rate.repetitions.map(|range| range[1]))),
    ("closed_form", |point| number(closed_form(point))),
];

pub(super) fn sketch(input: &ChartInput, x: Option<&str>) -> Sketch {
    let summary = input.summary;
    let n: u64 = summary.points.iter().map(|point| point.stale_rate.n).sum();
    let reads = labels::counted(n, "eligible read");
    let picture = Picture::new(
        "How often does a read miss an own write?",
        subtitle(summary, &reads, &repetitions(summary)),
    );
    let sweep = match SweepAxis::of(summary, x) {
        Ok(sweep) => sweep,
        Err(why) => return Sketch::without_data(picture, points_table(summary, &COLUMNS, &[]), why),
    };
    let (series, left_out) = series(summary, sweep.key.as_deref());
    let table = points_table(summary, &COLUMNS, &series);
    if n == 0 {
        return Sketch::without_data(picture, table, "no read was eligible and answered");
    }
    let panels = vec![panel(&series, &sweep)];
    let notes = notes(summary, left_out);
    Sketch { picture: Picture { legend: legend(&series), panels, notes, ..picture }, table }
}

/// The closed form's rate of a strategy that does not wait. Where reads wait, it is about their arrival, and not this
/// rate.
fn closed_form(point: &PointSummary) -> Option<f64> {
    point.expected.filter(|_| point.strategy == "none").map(|expected| expected.stale_rate)
}

fn legend(series: &[Series]) -> Vec<LegendEntry> {
    let mut entries = Vec::new();
    for series in series {
        let marker = series.style.marker;
        let is_seen = series.points.iter().any(|point| point.stale_rate.hits > 0);
        let bound =
            series.points.iter().filter_map(|point| point.stale_rate.rule_of_three).fold(0.0, f64::max);
        if is_seen || bound == 0.0 {
            entries.push(series.entry(Sample::Dot(marker)));
        } else {
            let text = format!("{}: none seen, at most {}", series.label, labels::percent(bound));
            entries.push(LegendEntry::new(text, series.style.colour, Sample::HollowDot(marker)));
        }
    }
    if series.iter().flat_map(|series| &series.points).any(|point| closed_form(point).is_some()) {
        entries.push(LegendEntry::new("closed form", THEORY, Sample::Dot(Marker::Dash)));
    }
    entries
}

fn notes(summary: &Summary, left_out: Option<String>) -> Vec<String> {
    let rates = || summary.points.iter().map(|point| &point.stale_rate);
    let level = rates().next().map_or(0.0, |rate| rate.level);
    let is_independent = rates().all(|rate| rate.method == RateMethod::Independent);
    let taken = if is_independent { "Wilson interval, reads taken as independent" } else { "interval" };
    let mut notes = vec![format!("Bars: {} {taken}.", labels::percent(level))];
    if rates().any(|rate| rate.rule_of_three.is_some()) {
        notes.push("Open: none seen; arrow from the upper bound.".to_owned());
    }
    notes.extend(left_out);
    vec![notes.join(" ")]
}

fn panel(series: &[Series], sweep: &SweepAxis) -> Panel {
    let points = || series.iter().flat_map(|series| &series.points);
    let tops = points().flat_map(|point| {
        [
            point.stale_rate.high.filter(|_| point.stale_rate.hits > 0),
            point.stale_rate.rule_of_three,
            closed_form(point),
        ]
    });
    let y = Axis::shares("stale reads of eligible ones", tops.flatten()).with_margin(0.04);
    let x = sweep.axis();
    let x = if sweep.is_categorical() { x } else { x.with_margin(0.07) };
    // Strategies on the axis are beside each other already.
    let shift = |index: usize| if sweep.key.is_none() { 0.0 } else { shift(index, series.len()) };
    let marks = series.iter().enumerate().flat_map(|(index, one)| marks(one, sweep, shift(index)));
    Panel::new(x, y, marks.collect())
}

fn marks(series: &Series, sweep: &SweepAxis, shift: f64) -> Vec<Mark> {
    let style = series.style;
    let (seen, unseen): (Vec<&PointSummary>, Vec<&PointSummary>) = series
        .points
        .iter()
        .filter(|point| point.stale_rate.n > 0)
        .partition(|point| point.stale_rate.hits > 0);
    let span =
        |point: &&PointSummary| Some((sweep.value(point), point.stale_rate.low?, point.stale_rate.high?));
    let at = |point: &PointSummary, value: Option<f64>| Some((sweep.value(point), value?));
    let dots = |points, style, is_hollow| Mark::Dots(Dots { points, style, is_hollow, shift });
    let bounds = unseen.iter().filter_map(|point| at(point, point.stale_rate.rule_of_three)).collect();
    let theory = series.points.iter().filter_map(|point| at(point, closed_form(point))).collect();
    vec![
        Mark::bars(seen.iter().filter_map(span).collect(), style.colour, shift),
        Mark::Bounds(Bounds { points: bounds, colour: style.colour, shift }),
        dots(seen.iter().filter_map(|point| at(point, point.stale_rate.value)).collect(), style, false),
        dots(unseen.iter().map(|point| (sweep.value(point), 0.0)).collect(), style, true),
        dots(theory, SeriesStyle { colour: THEORY, marker: Marker::Dash }, false),
    ]
}
