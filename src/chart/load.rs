//! What the system does as more is asked of it: throughput, and latency from the intended start.

use super::axis::Axis;
use super::look::QUIET;
use super::picture::{Bars, Dots, LegendEntry, Mark, Panel, Picture, Polyline, RuleLine, Sample, Stroke};
use super::series::{Series, keys, load_key, repetitions, series, subtitle, trials_of};
use super::table::{Table, number};
use super::{ChartInput, Sketch, words};
use crate::results::{Point, Span, Spread};

const COLUMNS: [&str; 14] = [
    "strategy",
    "offered_ops_s",
    "throughput_ops_s",
    "throughput_low",
    "throughput_high",
    "latency_p50_ms",
    "latency_p50_low",
    "latency_p50_high",
    "latency_p99_ms",
    "latency_p99_low",
    "latency_p99_high",
    "service_p99_ms",
    "service_p99_low",
    "service_p99_high",
];

/// A value, and the smallest and largest of the repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Ranged {
    value: Option<f64>,
    range: Option<(f64, f64)>,
}

/// One strategy at one offered load.
struct LoadPoint<'a> {
    point: &'a Point,
    offered: f64,
    throughput: Ranged,
    p50: Ranged,
    p99: Ranged,
    service_p99: Ranged,
}

/// What is drawn in one look, by rising load.
struct LoadSeries<'a> {
    series: Series<'a>,
    measured: Vec<LoadPoint<'a>>,
}

pub(super) fn sketch(input: &ChartInput, x: Option<&str>) -> Sketch {
    let summary = input.summary;
    let n: u64 = summary.points.iter().map(|point| point.latency_ms.n).sum();
    let operations = words::counted(n, "operation");
    let title = "What do throughput and latency do as load grows?";
    let picture = Picture::new(title, subtitle(summary, &operations, &repetitions(summary)));
    let mut table = Table::new(keys(summary), &COLUMNS);
    let key = match load_key(summary, x) {
        Ok(key) => key,
        Err(why) => return Sketch { picture: picture.without_data(why), table },
    };
    let (series, left_out) = series(summary, key.as_deref());
    let arms: Vec<LoadSeries> = series.into_iter().map(|series| arm(input, series)).collect();
    let arms: Vec<LoadSeries> = arms.into_iter().filter(|arm| !arm.measured.is_empty()).collect();
    arms.iter().flat_map(|arm| &arm.measured).for_each(|measured| tabulate(measured, &mut table));
    if arms.is_empty() {
        return Sketch { picture: picture.without_data("no load was offered: the loop is closed"), table };
    }
    let x = load_axis(&arms);
    let panels = vec![throughput(&arms, &x), latency(&arms, &x)];
    let notes = notes(&arms, left_out);
    Sketch { picture: Picture { legend: legend(&arms), panels, notes, columns: 2, ..picture }, table }
}

fn arm<'a>(input: &ChartInput<'a>, series: Series<'a>) -> LoadSeries<'a> {
    let one = |&point: &&'a Point| point.offered_ops_s.map(|offered| measured(input, point, offered));
    let mut measured: Vec<LoadPoint> = series.points.iter().filter_map(one).collect();
    measured.sort_by(|a, b| a.offered.total_cmp(&b.offered));
    LoadSeries { series, measured }
}

fn measured<'a>(input: &ChartInput, point: &'a Point, offered: f64) -> LoadPoint<'a> {
    let trials = trials_of(input, &point.point, &point.strategy);
    let ranged = |value: Option<f64>, span: Span, quantile: fn(Spread) -> Option<f64>| {
        let each = trials.iter().filter_map(|trial| quantile(Spread::of(trial.histograms.get(span)?)));
        Ranged { value, range: value.and_then(|_| super::axis::range(each)) }
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

fn tabulate(measured: &LoadPoint, table: &mut Table) {
    let LoadPoint { point, offered, throughput, p50, p99, service_p99 } = measured;
    let mut fields = vec![point.strategy.clone(), number(*offered)];
    for Ranged { value, range } in [throughput, p50, p99, service_p99] {
        fields.extend([*value, range.map(|range| range.0), range.map(|range| range.1)].map(number));
    }
    table.push(&point.point, fields);
}

fn load_axis(arms: &[LoadSeries]) -> Axis {
    let offered = || arms.iter().flat_map(|arm| &arm.measured).map(|measured| measured.offered);
    let label = "offered load (ops/s)";
    match super::axis::range(offered()) {
        Some((low, high)) if low > 0.0 && high / low > 31.6 => Axis::log(label, offered()),
        Some(_) | None => Axis::from_zero(label, offered()),
    }
    .with_margin(0.04)
}

fn throughput(arms: &[LoadSeries], x: &Axis) -> Panel {
    let achieved = arms.iter().flat_map(|arm| &arm.measured).map(|measured| measured.throughput);
    let reached = achieved.flat_map(|ranged| [ranged.value, ranged.range.map(|range| range.1)]).flatten();
    let label = "achieved (ops/s)";
    let offered = arms.iter().flat_map(|arm| &arm.measured).map(|measured| measured.offered);
    let values: Vec<f64> = reached.chain(offered).collect();
    let y = match x.scale {
        super::axis::Scale::Linear => Axis::from_zero(label, values).with_margin(0.04),
        super::axis::Scale::Log => Axis::log(label, values).with_margin(0.04),
    };
    let mut marks = vec![diagonal(x, &y)];
    marks.extend(arms.iter().filter_map(saturation));
    for arm in arms {
        marks.extend(curve(arm, |measured| measured.throughput, false));
    }
    Panel { heading: String::new(), x: x.clone(), y, marks }
}

/// Achieved is offered.
fn diagonal(x: &Axis, y: &Axis) -> Mark {
    let (from, until) = (x.low.max(y.low).max(0.0), x.high.min(y.high));
    let points = vec![(from, from), (until, until)];
    Mark::Line(Polyline { points, colour: QUIET, stroke: Stroke::Dotted, label: String::new() })
}

fn latency(arms: &[LoadSeries], x: &Axis) -> Panel {
    let ranged = arms.iter().flat_map(|arm| &arm.measured).flat_map(|m| [m.p50, m.p99, m.service_p99]);
    let values = ranged.flat_map(|ranged| {
        let (low, high) = ranged.range.unzip();
        [ranged.value, low, high]
    });
    let y = Axis::log("latency (ms)", values.flatten()).with_margin(0.04);
    let mut marks: Vec<Mark> = arms.iter().filter_map(saturation).collect();
    for arm in arms {
        let points = arm.measured.iter().filter_map(|m| Some((m.offered, m.service_p99.value?))).collect();
        let colour = arm.series.look.colour;
        marks.push(Mark::Line(Polyline { points, colour, stroke: Stroke::Dashed, label: String::new() }));
        marks.extend(curve(arm, |measured| measured.p50, false));
        marks.extend(curve(arm, |measured| measured.p99, true));
    }
    Panel { heading: String::new(), x: x.clone(), y, marks }
}

/// A line with markers, and bars over the repetitions. Load is continuous, so points are joined.
fn curve(arm: &LoadSeries, figure: fn(&LoadPoint) -> Ranged, is_hollow: bool) -> [Mark; 3] {
    let look = arm.series.look;
    let point = |measured: &LoadPoint| Some((measured.offered, figure(measured).value?));
    let points: Vec<(f64, f64)> = arm.measured.iter().filter_map(point).collect();
    let span = |measured: &LoadPoint| figure(measured).range.map(|(low, high)| (measured.offered, low, high));
    let spans = arm.measured.iter().filter_map(span).collect();
    let line =
        Polyline { points: points.clone(), colour: look.colour, stroke: Stroke::Thick, label: String::new() };
    [
        Mark::Line(line),
        Mark::Bars(Bars { spans, colour: look.colour, shift: 0.0 }),
        Mark::Dots(Dots { points, look, is_hollow, shift: 0.0 }),
    ]
}

/// The first offered load that is not achieved.
fn saturated_from(arm: &LoadSeries) -> Option<f64> {
    let is_short = |measured: &&LoadPoint| measured.point.is_saturated == Some(true);
    arm.measured.iter().find(is_short).map(|measured| measured.offered)
}

fn saturation(arm: &LoadSeries) -> Option<Mark> {
    let at = saturated_from(arm)?;
    Some(Mark::Rule(RuleLine { at, is_upright: true, colour: arm.series.look.colour, label: String::new() }))
}

fn legend(arms: &[LoadSeries]) -> Vec<LegendEntry> {
    let entry = |arm: &LoadSeries| {
        let mut entry = arm.series.entry(Sample::DotOnLine(arm.series.look.marker));
        if let Some(load) = saturated_from(arm) {
            entry.text.push_str(&format!(" (saturated at {} ops/s)", words::rounded(load)));
        }
        entry
    };
    let entries = arms.iter().map(entry);
    let diagonal = LegendEntry {
        text: "achieved = offered".to_owned(),
        colour: QUIET,
        sample: Sample::Line(Stroke::Dotted),
    };
    entries.chain([diagonal]).collect()
}

fn notes(arms: &[LoadSeries], left_out: Option<String>) -> Vec<String> {
    let mut first =
        "Latency from the intended start: p50 filled, p99 open. Dashed: service time p99.".to_owned();
    let mut second = "Bars: range over repetitions.".to_owned();
    if arms.iter().any(|arm| saturated_from(arm).is_some()) {
        second.push_str(" Upright line: the first load of which less than 95 % was achieved.");
    }
    first.extend(left_out.map(|note| format!(" {note}")));
    vec![first, second]
}
