//! One trial from second to second, each strategy's first repetition, with the faults behind.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::axis::Axis;
use super::look::{FAULT, QUIET, SeriesStyle};
use super::picture::{Band, LegendEntry, Mark, Panel, Picture, Polyline, RuleLine, Sample, Stroke};
use super::series::{keys, points, strategies, subtitle, trials_of, varied};
use super::table::{Table, number};
use super::{ChartInput, ChartTrial, Sketch, words};
use crate::results::{Second, Window};

const COLUMNS: [&str; 11] = [
    "strategy",
    "trial",
    "from_s",
    "width_s",
    "ok_per_s",
    "not_ok_per_s",
    "latency_p50_ms",
    "latency_p99_ms",
    "stale",
    "parked_max",
    "faults",
];

/// As many strategies as one panel can hold.
const STRATEGIES_MAX: usize = 4;

/// More windows than this are named in the legend alone.
const NAMED_MAX: usize = 12;

/// One strategy.
struct Strand<'a> {
    trial: &'a ChartTrial,
    look: SeriesStyle,
}

pub(super) fn sketch(input: &ChartInput) -> Sketch {
    let summary = input.summary;
    let mut table = Table::new(keys(summary), &COLUMNS);
    let strands = strands(input);
    strands.iter().for_each(|strand| tabulate(strand.trial, &mut table));
    let seconds = || strands.iter().flat_map(|strand| &strand.trial.measures.seconds);
    let n: u64 = seconds().map(|second| second.ok + second.not_ok).sum();
    let faults = strands.first().map_or(&[][..], |strand| &strand.trial.measures.faults);
    let title = match faults.len() {
        0 => "What happens from second to second?",
        1 => "What happens while a fault lasts?",
        _ => "What happens while faults last?",
    };
    let repetition = strands.first().map_or(0, |strand| strand.trial.repetition);
    let what = format!("repetition {repetition} alone");
    let mut picture = Picture::new(title, subtitle(summary, &words::counted(n, "operation"), &what));
    if n == 0 {
        return Sketch {
            picture: picture.without_data("no operation ended in a trial of this point"),
            table,
        };
    }
    let x = axis(seconds().flat_map(|second| [second.from_s, end(second)]));
    picture.panels =
        vec![rate(&strands, &x), latency(&strands, &x), stale(&strands, &x), parked(&strands, &x)];
    picture
        .panels
        .iter_mut()
        .enumerate()
        .for_each(|(row, panel)| behind(panel, strands[0].trial, faults, row == 0));
    (picture.legend, picture.notes) = (legend(&strands, faults), notes(input, strands[0].trial));
    (picture.is_stacked, picture.height) = (true, 1200);
    Sketch { picture, table }
}

/// The first point of the sweep that has faults, or the first one.
fn strands<'a>(input: &ChartInput<'a>) -> Vec<Strand<'a>> {
    let all = strategies(input.summary);
    let at = |point: &Map<String, Value>| {
        let first = |strategy: &String| {
            let trial = trials_of(input, point, strategy)
                .into_iter()
                .find(|trial| !trial.measures.seconds.is_empty());
            trial.map(|trial| Strand { trial, look: SeriesStyle::of(strategy, &all) })
        };
        all.iter().filter_map(first).take(STRATEGIES_MAX).collect::<Vec<Strand>>()
    };
    let mut all_points: Vec<_> =
        points(input.summary).into_iter().map(at).filter(|strands| !strands.is_empty()).collect();
    let has_faults =
        |strands: &Vec<Strand>| strands.iter().any(|strand| !strand.trial.measures.faults.is_empty());
    let chosen = all_points.iter().position(has_faults).unwrap_or(0);
    if all_points.is_empty() { Vec::new() } else { all_points.swap_remove(chosen) }
}

/// From the first bin to the last, and no further.
fn axis(ends: impl Iterator<Item = f64>) -> Axis {
    let (from, until) = super::axis::range(ends).unwrap_or((0.0, 1.0));
    Axis::linear("time since the trial's start (s)", [from, until]).with_ends(from, until.max(from + 1e-3))
}

fn end(second: &Second) -> f64 {
    second.from_s + second.width_s
}

fn per_second(count: u64, second: &Second) -> Option<f64> {
    Some(count as f64 / second.width_s).filter(|rate| rate.is_finite())
}

fn tabulate(trial: &ChartTrial, table: &mut Table) {
    for second in &trial.measures.seconds {
        let is_open = |window: &&Window| window.from_s < end(second) && window.until_s > second.from_s;
        let open = trial.measures.faults.iter().filter(is_open).map(|window| window.text.as_str());
        let fields = vec![
            trial.strategy.clone(),
            trial.id.clone(),
            number(second.from_s),
            number(second.width_s),
            number(per_second(second.ok, second)),
            number(per_second(second.not_ok, second)),
            number(second.latency_p50_ms),
            number(second.latency_p99_ms),
            second.stale.to_string(),
            second.parked_max.to_string(),
            open.collect::<Vec<_>>().join("; "),
        ];
        table.push(&trial.point, fields);
    }
}

type TimeFigure = fn(&Second) -> Option<f64>;

fn rate(strands: &[Strand], x: &Axis) -> Panel {
    let (ok, not_ok): (TimeFigure, TimeFigure) = (|s| per_second(s.ok, s), |s| per_second(s.not_ok, s));
    let y =
        Axis::from_zero("operations per second: ok (solid), not ok (dotted)", values(strands, &[ok, not_ok]));
    panel(strands, x, y, &[(ok, Stroke::Thick), (not_ok, Stroke::Dotted)])
}

fn latency(strands: &[Strand], x: &Axis) -> Panel {
    let (p50, p99): (TimeFigure, TimeFigure) = (|s| s.latency_p50_ms, |s| s.latency_p99_ms);
    // In a slot of a slow trial there are too few operations for a p99.
    let (label, drawn): (&str, &[(TimeFigure, Stroke)]) = match values(strands, &[p99]).is_empty() {
        true => ("latency (ms): p50", &[(p50, Stroke::Thick)]),
        false => ("latency (ms): p50 (solid), p99 (dotted)", &[(p50, Stroke::Thick), (p99, Stroke::Dotted)]),
    };
    panel(strands, x, Axis::log(label, values(strands, &[p50, p99])), drawn)
}

fn stale(strands: &[Strand], x: &Axis) -> Panel {
    let stale: TimeFigure = |s| per_second(s.stale, s);
    panel(
        strands,
        x,
        Axis::from_zero("stale reads per second", values(strands, &[stale])),
        &[(stale, Stroke::Thick)],
    )
}

fn parked(strands: &[Strand], x: &Axis) -> Panel {
    let parked: TimeFigure = |s| Some(s.parked_max as f64);
    let y = Axis::from_zero("parked at once, at most", values(strands, &[parked]));
    panel(strands, x, y, &[(parked, Stroke::Thick)])
}

fn values(strands: &[Strand], figures: &[TimeFigure]) -> Vec<f64> {
    let seconds = strands.iter().flat_map(|strand| &strand.trial.measures.seconds);
    seconds.flat_map(|second| figures.iter().filter_map(move |figure| figure(second))).collect()
}

fn panel(strands: &[Strand], x: &Axis, y: Axis, figures: &[(TimeFigure, Stroke)]) -> Panel {
    let mut marks = Vec::new();
    for strand in strands {
        for &(figure, stroke) in figures {
            marks.extend(lines(strand, figure, stroke));
        }
    }
    Panel { heading: String::new(), x: x.clone(), y: y.with_margin(0.03), marks }
}

/// One line for each run of bins that have the figure: nothing is drawn over a gap.
fn lines(strand: &Strand, figure: TimeFigure, stroke: Stroke) -> Vec<Mark> {
    let seconds = &strand.trial.measures.seconds;
    let middle = |second: &Second| second.from_s + second.width_s / 2.0;
    let points: Vec<_> =
        seconds.iter().map(|second| figure(second).map(|value| (middle(second), value))).collect();
    let runs = points.split(Option::is_none).map(|run| run.iter().flatten().copied().collect::<Vec<_>>());
    let line = |points| Polyline { points, colour: strand.look.colour, stroke, label: String::new() };
    runs.filter(|run| !run.is_empty()).map(|points| Mark::Line(line(points))).collect()
}

/// Fault windows, and where warm-up and load end.
fn behind(panel: &mut Panel, trial: &ChartTrial, faults: &[Window], has_labels: bool) {
    let words = |text: &str| if has_labels { words::shortened(text, 40) } else { String::new() };
    let names = faults.len() <= NAMED_MAX;
    let band = |(index, window): (usize, &Window)| {
        // A fault that comes again and again is named once.
        let is_first = faults[..index].iter().all(|earlier| earlier.text != window.text);
        let label = if is_first && names { words(&window.text) } else { String::new() };
        Mark::Band(Band { from: window.from_s, until: window.until_s, label })
    };
    let rule =
        |at, label: &str| Mark::Rule(RuleLine { at, is_upright: true, colour: QUIET, label: words(label) });
    panel.marks.splice(0..0, faults.iter().enumerate().map(band));
    panel.marks.extend(trial.warm_up_ends_s.map(|at| rule(at, "measured")));
    panel.marks.extend(trial.load_ends_s.map(|at| rule(at, "drain")));
}

fn legend(strands: &[Strand], faults: &[Window]) -> Vec<LegendEntry> {
    let strand = |strand: &Strand| LegendEntry {
        text: strand.trial.strategy.clone(),
        colour: strand.look.colour,
        sample: Sample::Line(Stroke::Thick),
    };
    let fault = (!faults.is_empty()).then(|| LegendEntry {
        text: match faults.len() {
            0..=NAMED_MAX => "fault window".to_owned(),
            many => format!("{many} fault windows: {}", kinds(faults)),
        },
        colour: FAULT,
        sample: Sample::Block,
    });
    strands.iter().map(strand).chain(fault).collect()
}

/// What the windows say, each once.
fn kinds(faults: &[Window]) -> String {
    let texts: BTreeSet<&str> = faults.iter().map(|window| window.text.as_str()).collect();
    words::shortened(&texts.into_iter().collect::<Vec<_>>().join(", "), 60)
}

fn notes(input: &ChartInput, trial: &ChartTrial) -> Vec<String> {
    let mut notes = Vec::new();
    if points(input.summary).len() > 1 {
        notes.push(format!(
            "Drawn is one point of the sweep: {}.",
            words::point(&trial.point, &varied(input.summary))
        ));
    }
    if strategies(input.summary).len() > STRATEGIES_MAX {
        notes.push(format!("Drawn are the first {STRATEGIES_MAX} strategies."));
    }
    if notes.is_empty() { notes } else { vec![notes.join(" ")] }
}
