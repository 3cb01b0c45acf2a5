//! How long eligible reads wait: a straight tail on these axes is a power law, a bent one falls faster.

use plotters::style::RGBColor;
use serde_json::{Map, Value};

use super::ccdf::Ccdf;
use super::series::{evenly, keys, label, points, repetitions, strategies, subtitle, trials_of, varied};
use crate::chart::draw::{
    Axis, LegendEntry, Mark, Panel, Picture, Polyline, Sample, SeriesStyle, Sketch, Stroke, THEORY, Table,
    labels, number, pale,
};
use crate::chart::input::{ChartInput, ChartTrial};
use crate::results::{ClosedForm, Span};

/// More lines than this look alike.
const LINES_MAX: usize = 6;
const BESIDE_CHARS_MAX: usize = 16;

/// One strategy at one point.
struct Curve<'a> {
    point: &'a Map<String, Value>,
    strategy: String,
    style: SeriesStyle,
    pooled: Ccdf,
    repetitions: Vec<(usize, Ccdf)>,
    expected: Option<ClosedForm>,
}

pub(super) fn sketch(input: &ChartInput) -> Sketch {
    let summary = input.summary;
    let all = curves(input);
    let n: u64 = all.iter().map(|curve| curve.pooled.n).sum();
    let reads = labels::counted(n, "eligible read");
    let mut picture = Picture::new(
        "How long do reads wait for their own writes?",
        subtitle(summary, &reads, &repetitions(summary)),
    );
    let mut table = Table::new(keys(summary), &["strategy", "repetition", "wait_ms", "share_above"]);
    let (waiting, idle): (Vec<Curve>, Vec<Curve>) =
        all.into_iter().partition(|curve| curve.pooled.is_above_zero());
    if waiting.is_empty() {
        let why = if n == 0 { "no read was eligible" } else { "no eligible read waited" };
        return Sketch::without_data(picture, table, why);
    }
    let (drawn, left_out) = chosen(waiting);
    drawn.iter().for_each(|curve| tabulate_all(curve, &mut table));
    let keys = varied(summary);
    picture.legend = legend(&drawn, &idle, &keys, input);
    picture.notes = notes(&drawn, left_out, input);
    let mut panel = panel(&drawn, &keys);
    drawn.iter().for_each(|curve| add_closed_form(curve, &mut panel, &mut table));
    picture.panels = vec![panel];
    Sketch { picture, table }
}

fn curves<'a>(input: &ChartInput<'a>) -> Vec<Curve<'a>> {
    let summary = input.summary;
    let all = strategies(summary);
    let one = |strategy: &String, point: &'a Map<String, Value>| {
        let ccdf = |trial: &&ChartTrial| {
            trial.histograms.get(Span::Wait).map(|wait| (trial.repetition, Ccdf::of(wait)))
        };
        let trials = trials_of(input, point, strategy);
        let waits = trials.iter().filter_map(|trial| trial.histograms.get(Span::Wait));
        let same = summary.points.iter().find(|other| other.point == *point && other.strategy == *strategy);
        Curve {
            point,
            strategy: strategy.clone(),
            style: SeriesStyle::of(strategy, &all),
            pooled: Ccdf::pooled(waits),
            repetitions: trials.iter().filter_map(ccdf).collect(),
            expected: same.and_then(|point| point.expected),
        }
    };
    let points = points(summary);
    all.iter().flat_map(|strategy| points.iter().map(move |point| one(strategy, point))).collect()
}

/// At most [`LINES_MAX`] curves, shaded from the first to the last point; and how many that leaves out.
fn chosen(curves: Vec<Curve>) -> (Vec<Curve>, usize) {
    let mut strategies: Vec<String> = curves.iter().map(|curve| curve.strategy.clone()).collect();
    strategies.dedup();
    let each = (LINES_MAX / strategies.len()).max(1);
    let total = curves.len();
    let mut drawn = Vec::new();
    let mut rest = curves;
    for strategy in &strategies {
        let (own, others): (Vec<Curve>, Vec<Curve>) =
            rest.into_iter().partition(|curve| curve.strategy == *strategy);
        rest = others;
        let kept = evenly(own.len(), each);
        let own = own.into_iter().enumerate().filter(|(index, _)| kept.contains(index));
        drawn.extend(
            own.enumerate()
                .map(|(shade, (_, curve))| Curve { style: curve.style.shade(shade, kept.len()), ..curve }),
        );
    }
    let left_out = total - drawn.len();
    (drawn, left_out)
}

fn tabulate_all(curve: &Curve, table: &mut Table) {
    tabulate(curve, "pooled", &curve.pooled.steps, table);
    for (repetition, ccdf) in &curve.repetitions {
        tabulate(curve, &repetition.to_string(), &ccdf.steps, table);
    }
}

fn tabulate(curve: &Curve, name: &str, points: &[(f64, f64)], table: &mut Table) {
    for &(wait, share) in points {
        let fields = vec![curve.strategy.clone(), name.to_owned(), number(wait), number(share)];
        table.push(curve.point, fields);
    }
}

fn legend(drawn: &[Curve], idle: &[Curve], keys: &[String], input: &ChartInput) -> Vec<LegendEntry> {
    let line = |curve: &Curve| {
        LegendEntry::new(
            label(&curve.strategy, curve.point, keys),
            curve.style.colour,
            Sample::DotOnLine(curve.style.marker),
        )
    };
    let mut entries: Vec<LegendEntry> = drawn.iter().map(line).collect();
    if drawn.iter().any(|curve| curve.expected.is_some()) {
        entries.push(LegendEntry::new("closed form", THEORY, Sample::Line(Stroke::Dashed)));
    }
    for strategy in strategies(input.summary) {
        let own = || idle.iter().filter(|curve| curve.strategy == strategy);
        if drawn.iter().any(|curve| curve.strategy == strategy) || own().next().is_none() {
            continue;
        }
        let n: u64 = own().map(|curve| curve.pooled.n).sum();
        let outcome = if n == 0 {
            "no eligible reads".to_owned()
        } else {
            format!("no read waited, of {}", labels::count(n))
        };
        let colour = idle[0].style.colour;
        entries.push(LegendEntry::new(format!("{strategy}: {outcome}"), colour, Sample::Nothing));
    }
    entries
}

fn notes(drawn: &[Curve], left_out: usize, input: &ChartInput) -> Vec<String> {
    let mut notes = Vec::new();
    let most = drawn.iter().map(|curve| curve.repetitions.len()).max().unwrap_or(0);
    if most > 1 {
        notes.push(format!("Thick: pooled over {most} repetitions. Thin: each repetition."));
    }
    if left_out > 0 {
        notes.push(format!("Drawn are {} of {} points of the sweep.", drawn.len(), drawn.len() + left_out));
    }
    let timed_out: u64 = input.summary.points.iter().map(|point| point.reads.timed_out).sum();
    if timed_out > 0 {
        notes.push(format!("{} timed out: their true waits are longer.", labels::counted(timed_out, "read")));
    }
    if notes.is_empty() { notes } else { vec![notes.join(" ")] }
}

fn panel(drawn: &[Curve], keys: &[String]) -> Panel {
    let begins = drawn.iter().filter_map(|curve| curve.pooled.axis_start());
    let ends = drawn.iter().filter_map(|curve| curve.pooled.largest());
    let x = Axis::log("wait x (ms)", begins.chain(ends));
    let y = Axis::log(
        "P(wait > x) of eligible reads",
        drawn.iter().filter_map(|curve| curve.pooled.least_share()).chain([1.0]),
    )
    .with_margin(0.02);
    let mut marks = Vec::new();
    for curve in drawn.iter().filter(|curve| curve.repetitions.len() > 1) {
        let thin =
            |ccdf: &Ccdf| line(ccdf.corners(x.low), pale(curve.style.colour), Stroke::Thin, String::new());
        marks.extend(curve.repetitions.iter().map(|(_, ccdf)| thin(ccdf)));
    }
    for curve in drawn {
        let beside = beside(curve, drawn, keys);
        marks.push(line(curve.pooled.corners(x.low), curve.style.colour, Stroke::Thick, beside));
        let points = curve.pooled.one_per_decade(x.low);
        marks.push(Mark::dots(points, curve.style, 0.0));
    }
    Panel::new(x, y, marks)
}

/// The label beside a line: its only difference from the others, if it is short.
fn beside(curve: &Curve, drawn: &[Curve], keys: &[String]) -> String {
    let is_one_strategy = drawn.iter().all(|other| other.strategy == curve.strategy);
    let is_one_point = drawn.iter().all(|other| other.point == curve.point);
    let text = match (is_one_strategy, is_one_point) {
        (true, _) => labels::brief(curve.point, keys),
        (false, true) => curve.strategy.clone(),
        (false, false) => String::new(),
    };
    if text.chars().count() > BESIDE_CHARS_MAX { String::new() } else { text }
}

fn line(points: Vec<(f64, f64)>, colour: RGBColor, stroke: Stroke, label: String) -> Mark {
    Mark::Line(Polyline { points, colour, stroke, label })
}

/// P(wait > x) = P(stale on arrival) e^(-a x), as far as the axes reach.
fn closed_form(expected: ClosedForm, panel: &Panel) -> Vec<(f64, f64)> {
    let Panel { x, y, .. } = panel;
    let share = |wait: f64| expected.stale_rate * libm::exp(-expected.a_per_ms * wait);
    let wait = |step: u32| x.low * libm::pow(x.high / x.low, f64::from(step) / 200.0);
    let points = (0..=200).map(wait).map(|wait| (wait, share(wait)));
    points.filter(|&(_, share)| share >= y.low).collect()
}

fn add_closed_form(curve: &Curve, panel: &mut Panel, table: &mut Table) {
    let points = curve.expected.map_or_else(Vec::new, |expected| closed_form(expected, panel));
    tabulate(curve, "closed form", &points, table);
    panel.marks.push(line(points, THEORY, Stroke::Dashed, String::new()));
}
