//! Throughput, and latency from the intended start, against the offered load.

use super::series::{Series, keys, load_key, repetitions, series, subtitle, trials_of};
use crate::chart::draw::{
    Axis, Column, Dots, LegendEntry, Mark, Panel, Picture, QUIET, Sample, Scale, Sketch, Stroke, Table,
    labels, number, range,
};
use crate::chart::input::ChartInput;
use crate::results::{PointSummary, Span, Spread, Summary};

/// A value, and the smallest and largest of the repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Ranged {
    value: Option<f64>,
    range: Option<(f64, f64)>,
}

/// One strategy at one offered load.
struct LoadPoint<'a> {
    point: &'a PointSummary,
    offered: f64,
    throughput: Ranged,
    p50: Ranged,
    p99: Ranged,
    service_p99: Ranged,
}

/// A series, by rising load.
struct LoadSeries<'a> {
    series: Series<'a>,
    measured: Vec<LoadPoint<'a>>,
}

pub(super) fn sketch(input: &ChartInput, x: Option<&str>) -> Sketch {
    let summary = input.summary;
    let n: u64 = summary.points.iter().map(|point| point.latency_ms.n).sum();
    let operations = labels::counted(n, "operation");
    let title = "What do throughput and latency do as load grows?";
    let picture = Picture::new(title, subtitle(summary, &operations, &repetitions(summary)));
    let key = match load_key(summary, x) {
        Ok(key) => key,
        Err(why) => return Sketch::without_data(picture, table(summary, &[]), why),
    };
    let (series, left_out) = series(summary, key.as_deref());
    let curves = series.into_iter().map(|series| load_series(input, series));
    let curves: Vec<LoadSeries> = curves.filter(|curve| !curve.measured.is_empty()).collect();
    let table = table(summary, &curves);
    if curves.is_empty() {
        return Sketch::without_data(picture, table, "no load was offered: the loop is closed");
    }
    let x = load_axis(&curves);
    let panels = vec![throughput(&curves, &x), latency(&curves, &x)];
    let notes = notes(&curves, left_out);
    Sketch { picture: Picture { legend: legend(&curves), panels, notes, columns: 2, ..picture }, table }
}

fn load_series<'a>(input: &ChartInput<'a>, series: Series<'a>) -> LoadSeries<'a> {
    let one = |&point: &&'a PointSummary| point.offered_ops_s.map(|offered| measured(input, point, offered));
    let mut measured: Vec<LoadPoint> = series.points.iter().filter_map(one).collect();
    measured.sort_by(|a, b| a.offered.total_cmp(&b.offered));
    LoadSeries { series, measured }
}

fn measured<'a>(input: &ChartInput, point: &'a PointSummary, offered: f64) -> LoadPoint<'a> {
    let trials = trials_of(input, &point.point, &point.strategy);
    let ranged = |value: Option<f64>, span: Span, quantile: fn(Spread) -> Option<f64>| {
        let each = trials.iter().filter_map(|trial| quantile(*trial.measures.spreads.get(&span)?));
        Ranged { value, range: value.and_then(|_| range(each)) }
    };
    let interval = point.throughput_ops_s;
    let range = Some((interval.low, interval.high));
    LoadPoint {
        point,
        offered,
        throughput: Ranged { value: Some(interval.value), range },
        p50: ranged(point.latency_ms.p50, Span::Latency, |spread| spread.p50),
        p99: ranged(point.latency_ms.p99, Span::Latency, |spread| spread.p99),
        service_p99: ranged(point.service_ms.p99, Span::Service, |spread| spread.p99),
    }
}

fn columns<'a>() -> [Column<LoadPoint<'a>>; 14] {
    [
        ("strategy", |load| load.point.strategy.clone()),
        ("offered_ops_s", |load| number(load.offered)),
        ("throughput_ops_s", |load| number(load.throughput.value)),
        ("throughput_low", |load| number(load.throughput.range.map(|range| range.0))),
        ("throughput_high", |load| number(load.throughput.range.map(|range| range.1))),
        ("latency_p50_ms", |load| number(load.p50.value)),
        ("latency_p50_low", |load| number(load.p50.range.map(|range| range.0))),
        ("latency_p50_high", |load| number(load.p50.range.map(|range| range.1))),
        ("latency_p99_ms", |load| number(load.p99.value)),
        ("latency_p99_low", |load| number(load.p99.range.map(|range| range.0))),
        ("latency_p99_high", |load| number(load.p99.range.map(|range| range.1))),
        ("service_p99_ms", |load| number(load.service_p99.value)),
        ("service_p99_low", |load| number(load.service_p99.range.map(|range| range.0))),
        ("service_p99_high", |load| number(load.service_p99.range.map(|range| range.1))),
    ]
}

fn table(summary: &Summary, curves: &[LoadSeries]) -> Table {
    let loads = curves.iter().flat_map(|curve| &curve.measured);
    Table::with_rows(keys(summary), &columns(), loads, |load| &load.point.point)
}

fn load_axis(curves: &[LoadSeries]) -> Axis {
    let offered = || curves.iter().flat_map(|curve| &curve.measured).map(|measured| measured.offered);
    let label = "offered load (ops/s)";
    match range(offered()) {
        Some((low, high)) if low > 0.0 && high / low > 31.6 => Axis::log(label, offered()),
        Some(_) | None => Axis::from_zero(label, offered()),
    }
    .with_margin(0.04)
}

fn throughput(curves: &[LoadSeries], x: &Axis) -> Panel {
    let achieved = curves.iter().flat_map(|curve| &curve.measured).map(|measured| measured.throughput);
    let reached = achieved.flat_map(|ranged| [ranged.value, ranged.range.map(|range| range.1)]).flatten();
    let label = "achieved (ops/s)";
    let offered = curves.iter().flat_map(|curve| &curve.measured).map(|measured| measured.offered);
    let values: Vec<f64> = reached.chain(offered).collect();
    let y = match x.scale {
        Scale::Linear => Axis::from_zero(label, values).with_margin(0.04),
        Scale::Log => Axis::log(label, values).with_margin(0.04),
    };
    let mut marks = vec![diagonal(x, &y)];
    marks.extend(curves.iter().filter_map(saturation));
    for curve in curves {
        marks.extend(marks_of(curve, |measured| measured.throughput, false));
    }
    Panel::new(x.clone(), y, marks)
}

/// The line on which the achieved load is the offered one.
fn diagonal(x: &Axis, y: &Axis) -> Mark {
    let (from, until) = (x.low.max(y.low).max(0.0), x.high.min(y.high));
    let points = vec![(from, from), (until, until)];
    Mark::line(points, QUIET, Stroke::Dotted)
}

fn latency(curves: &[LoadSeries], x: &Axis) -> Panel {
    let ranged = curves.iter().flat_map(|curve| &curve.measured).flat_map(|m| [m.p50, m.p99, m.service_p99]);
    let values = ranged.flat_map(|ranged| {
        let (low, high) = ranged.range.unzip();
        [ranged.value, low, high]
    });
    let y = Axis::log("latency (ms)", values.flatten()).with_margin(0.04);
    let mut marks: Vec<Mark> = curves.iter().filter_map(saturation).collect();
    for curve in curves {
        let points = curve.measured.iter().filter_map(|m| Some((m.offered, m.service_p99.value?))).collect();
        let colour = curve.series.style.colour;
        marks.push(Mark::line(points, colour, Stroke::Dashed));
        marks.extend(marks_of(curve, |measured| measured.p50, false));
        marks.extend(marks_of(curve, |measured| measured.p99, true));
    }
    Panel::new(x.clone(), y, marks)
}

/// A line with markers, and bars over the repetitions. Load is continuous, so points are joined.
fn marks_of(curve: &LoadSeries, figure: fn(&LoadPoint) -> Ranged, is_hollow: bool) -> [Mark; 3] {
    let style = curve.series.style;
    let point = |measured: &LoadPoint| Some((measured.offered, figure(measured).value?));
    let points: Vec<(f64, f64)> = curve.measured.iter().filter_map(point).collect();
    let span = |measured: &LoadPoint| figure(measured).range.map(|(low, high)| (measured.offered, low, high));
    let spans = curve.measured.iter().filter_map(span).collect();
    [
        Mark::line(points.clone(), style.colour, Stroke::Thick),
        Mark::bars(spans, style.colour, 0.0),
        Mark::Dots(Dots { points, style, is_hollow, shift: 0.0 }),
    ]
}

/// The first offered load that is not achieved.
fn saturated_from(curve: &LoadSeries) -> Option<f64> {
    let is_short = |measured: &&LoadPoint| measured.point.is_saturated == Some(true);
    curve.measured.iter().find(is_short).map(|measured| measured.offered)
}

fn saturation(curve: &LoadSeries) -> Option<Mark> {
    saturated_from(curve).map(|load| Mark::upright(load, curve.series.style.colour, String::new()))
}

fn legend(curves: &[LoadSeries]) -> Vec<LegendEntry> {
    let entry = |curve: &LoadSeries| {
        let mut entry = curve.series.entry(Sample::DotOnLine(curve.series.style.marker));
        if let Some(load) = saturated_from(curve) {
            entry.text.push_str(&format!(" (saturated at {} ops/s)", labels::rounded(load)));
        }
        entry
    };
    let entries = curves.iter().map(entry);
    let diagonal = LegendEntry {
        text: "achieved = offered".to_owned(),
        colour: QUIET,
        sample: Sample::Line(Stroke::Dotted),
    };
    entries.chain([diagonal]).collect()
}

fn notes(curves: &[LoadSeries], left_out: Option<String>) -> Vec<String> {
    let mut first =
        "Latency from the intended start: p50 filled, p99 open. Dashed: service time p99.".to_owned();
    let mut second = "Bars: range over repetitions.".to_owned();
    if curves.iter().any(|curve| saturated_from(curve).is_some()) {
        second.push_str(" Upright line: the first load of which less than 95 % was achieved.");
    }
    first.extend(left_out.map(|note| format!(" {note}")));
    vec![first, second]
}
