//! P(fresh): how the probability to find an own write grows with the time since it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::series::{evenly, keys, points, repetitions, shift, strategies, subtitle, trials_of, varied};
use crate::chart::draw::{
    Axis, LegendEntry, Mark, Panel, Picture, Sample, SeriesStyle, Sketch, Stroke, THEORY, Table, labels,
    number, range,
};
use crate::chart::input::{ChartInput, TheoryCurve};
use crate::results::{FreshBin, Rate};

/// One panel a point, as many as can be read.
const PANELS_MAX: usize = 6;

/// Reads that a bin needs to be drawn: fewer have a bar over half of the axis.
const READS_MIN: u64 = 10;

/// Drawn bins that a strategy needs at a point for a curve to be seen there.
const BINS_MIN: usize = 3;

/// All repetitions of one strategy at one point.
struct FreshPoint {
    strategy: String,
    style: SeriesStyle,
    bins: Vec<FreshBin>,
}

type AtPoint<'a> = (&'a Map<String, Value>, Vec<FreshPoint>);

pub(super) fn sketch(input: &ChartInput) -> Sketch {
    let summary = input.summary;
    let points: Vec<_> = points(summary).into_iter().map(|point| (point, measured(input, point))).collect();
    let mut points: Vec<_> = points.into_iter().filter(|(_, measured)| reads(measured) > 0).collect();
    let all = points.len();
    // A point whose reads all follow at one time shows no curve, and is drawn only if no point shows one.
    if points.iter().any(|(_, measured)| has_curve(measured)) {
        points.retain(|(_, measured)| has_curve(measured));
    }
    let n: u64 = points.iter().map(|(_, measured)| reads(measured)).sum();
    let title = "How soon after a write is a read fresh?";
    let picture = Picture::new(title, subtitle(summary, &labels::counted(n, "read"), &repetitions(summary)));
    let columns = ["series", "from_ms", "until_ms", "time_ms", "fresh", "reads", "p_fresh", "low", "high"];
    let mut table = Table::new(keys(summary), &columns);
    if n == 0 {
        return Sketch::without_data(picture, table, "no read followed a write of its session elsewhere");
    }
    // One panel for each point, as far as there is room.
    let kept = evenly(points.len(), PANELS_MAX);
    let drawn: Vec<_> = kept.iter().map(|&index| &points[index]).collect();
    for (point, measured) in &drawn {
        measured.iter().for_each(|measured| tabulate(point, measured, &mut table));
        curves_of(input, point).for_each(|curve| tabulate_curve(curve, &mut table));
    }
    let x = axis(input, &drawn);
    let panels: Vec<Panel> =
        drawn.iter().map(|(point, measured)| panel(input, point, measured, &x)).collect();
    let (legend, notes) = (legend(input), notes(&drawn, all));
    let (columns, height) = grid(panels.len());
    Sketch { picture: Picture { legend, panels, columns, height, notes, ..picture }, table }
}

fn reads(measured: &[FreshPoint]) -> u64 {
    measured.iter().flat_map(|measured| &measured.bins).map(|bin| bin.rate.n).sum()
}

fn has_curve(measured: &[FreshPoint]) -> bool {
    measured.iter().any(|measured| measured.drawn().count() >= BINS_MIN)
}

impl FreshPoint {
    fn drawn(&self) -> impl Iterator<Item = &FreshBin> {
        self.bins.iter().filter(|bin| bin.rate.n >= READS_MIN)
    }
}

fn measured(input: &ChartInput, point: &Map<String, Value>) -> Vec<FreshPoint> {
    let all = strategies(input.summary);
    let one = |strategy: &String| {
        let trials = trials_of(input, point, strategy);
        let bins = summed(trials.iter().flat_map(|trial| &trial.measures.fresh));
        FreshPoint { strategy: strategy.clone(), style: SeriesStyle::of(strategy, &all), bins }
    };
    all.iter().map(one).collect()
}

/// The bins of several repetitions that are not empty, in order of time; those with equal bounds are merged.
fn summed<'a>(bins: impl Iterator<Item = &'a FreshBin>) -> Vec<FreshBin> {
    let mut bins: Vec<FreshBin> = bins.filter(|bin| bin.rate.n > 0).copied().collect();
    bins.sort_by(|a, b| a.from_ms.total_cmp(&b.from_ms).then(a.until_ms.total_cmp(&b.until_ms)));
    let is_same = |a: &FreshBin, b: &FreshBin| a.from_ms == b.from_ms && a.until_ms == b.until_ms;
    bins.chunk_by(is_same).map(merged).collect()
}

fn merged(bins: &[FreshBin]) -> FreshBin {
    let parts: Vec<(u64, u64)> = bins.iter().map(|bin| (bin.rate.hits, bin.rate.n)).collect();
    let rate = Rate::over(&parts);
    let times: f64 = bins.iter().map(|bin| bin.mean_ms * bin.rate.n as f64).sum();
    FreshBin { mean_ms: times / rate.n as f64, rate, ..bins[0] }
}

fn tabulate(point: &Map<String, Value>, measured: &FreshPoint, table: &mut Table) {
    for bin in &measured.bins {
        let fields = vec![
            measured.strategy.clone(),
            number(bin.from_ms),
            number(bin.until_ms),
            number(bin.mean_ms),
            bin.rate.hits.to_string(),
            bin.rate.n.to_string(),
            number(bin.rate.value),
            number(bin.rate.low),
            number(bin.rate.high),
        ];
        table.push(point, fields);
    }
}

fn tabulate_curve(curve: &TheoryCurve, table: &mut Table) {
    for &(time, p_fresh) in &curve.points {
        let mut fields = vec![String::new(); 9];
        (fields[0], fields[3], fields[6]) = (curve.label.clone(), number(time), number(p_fresh));
        table.push(&curve.point, fields);
    }
}

fn curves_of<'a>(
    input: &ChartInput<'a>,
    point: &Map<String, Value>,
) -> impl Iterator<Item = &'a TheoryCurve> {
    input.curves.iter().filter(move |curve| curve.point == *point)
}

/// The horizontal axis of all panels, so that they can be compared.
fn axis(input: &ChartInput, drawn: &[&AtPoint]) -> Axis {
    let bins = drawn.iter().flat_map(|(_, measured)| measured).flat_map(FreshPoint::drawn);
    let curves = drawn.iter().flat_map(|(point, _)| curves_of(input, point)).flat_map(|curve| &curve.points);
    let times: Vec<f64> = bins.map(|bin| bin.mean_ms).collect();
    // A curve may begin at 0 or never end; the axis shows what was measured and at most a decade around it.
    let (low, high) = range(times.iter().copied().filter(|&time| time > 0.0)).unwrap_or((1.0, 10.0));
    let near = curves.map(|&(time, _)| time).filter(|&time| time >= low / 10.0 && time <= high * 10.0);
    Axis::log("time since the write (ms)", near.chain([low, high])).with_margin(0.03)
}

fn panel(input: &ChartInput, point: &Map<String, Value>, measured: &[FreshPoint], x: &Axis) -> Panel {
    let y = Axis::shares("P(fresh)", [1.0]).with_margin(0.04);
    let seen: Vec<&FreshPoint> =
        measured.iter().filter(|measured| measured.drawn().next().is_some()).collect();
    let mut marks = Vec::new();
    for (index, &measured) in seen.iter().enumerate() {
        marks.extend(dots(measured, shift(index, seen.len()) / 2.0, x));
    }
    marks.extend(
        curves_of(input, point).map(|curve| Mark::line(curve.points.clone(), THEORY, Stroke::Dashed)),
    );
    let heading = labels::brief(point, &varied(input.summary));
    Panel { heading, ..Panel::new(x.clone(), y, marks) }
}

fn dots(measured: &FreshPoint, shift: f64, x: &Axis) -> [Mark; 2] {
    // A bin whose reads all followed at once has no place on the axis but its lower end.
    let time = |bin: &FreshBin| bin.mean_ms.max(x.low);
    let span = |bin: &FreshBin| Some((time(bin), bin.rate.low?, bin.rate.high?));
    let spans = measured.drawn().filter_map(span).collect();
    let points = measured.drawn().filter_map(|bin| Some((time(bin), bin.rate.value?))).collect();
    [Mark::bars(spans, measured.style.colour, shift), Mark::dots(points, measured.style, shift)]
}

fn legend(input: &ChartInput) -> Vec<LegendEntry> {
    let all = strategies(input.summary);
    let entry = |strategy: &String| {
        let SeriesStyle { colour, marker } = SeriesStyle::of(strategy, &all);
        LegendEntry::new(strategy, colour, Sample::Dot(marker))
    };
    let mut entries: Vec<LegendEntry> = all.iter().map(entry).collect();
    let theories: BTreeSet<&str> = input.curves.iter().map(|curve| curve.label.as_str()).collect();
    let curve = |label| LegendEntry::new(label, THEORY, Sample::Line(Stroke::Dashed));
    entries.extend(theories.into_iter().map(curve));
    entries
}

fn notes(drawn: &[&AtPoint], points: usize) -> Vec<String> {
    let mut note = "Fresh on arrival, before any wait. Bars: 95 % Wilson interval.".to_owned();
    let bins = || drawn.iter().flat_map(|(_, measured)| measured).flat_map(|measured| &measured.bins);
    if bins().any(|bin| bin.rate.n < READS_MIN) {
        note.push_str(&format!(" Bins of fewer than {READS_MIN} reads are left out."));
    }
    if bins().any(|bin| bin.mean_ms <= 0.0) {
        note.push_str(" Reads without a pause stand at the left end.");
    }
    if drawn.len() < points {
        note.push_str(&format!(" Drawn are {} of {points} points of the sweep.", drawn.len()));
    }
    vec![note]
}

/// Columns, and the height that they need.
fn grid(panels: usize) -> (usize, u32) {
    match panels {
        0 | 1 => (1, 750),
        2 => (2, 750),
        4 => (2, 950),
        _ => (3, if panels == 3 { 750 } else { 950 }),
    }
}
