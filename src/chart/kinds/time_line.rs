//! One trial from second to second: the first repetition of each strategy, with the faults shaded.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::series::{keys, points, strategies, subtitle, trials_of, varied};
use crate::chart::draw::{
    Axis, Band, Column, FAULT, LegendEntry, Mark, Panel, Picture, QUIET, Sample, SeriesStyle, Sketch, Stroke,
    Table, labels, number, range,
};
use crate::chart::input::{ChartInput, ChartTrial};
use crate::results::{FaultPeriod, TimeBin};

/// As many strategies as one panel can hold.
const STRATEGIES_MAX: usize = 4;

/// More windows than this are named in the legend alone.
const NAMED_MAX: usize = 12;

/// The trial that is drawn of one strategy.
struct TrialLine<'a> {
    trial: &'a ChartTrial,
    style: SeriesStyle,
}

pub(super) fn sketch<'a>(input: &ChartInput<'a>) -> Sketch {
    let summary = input.summary;
    let lines = trial_lines(input);
    let bins = |line: &TrialLine<'a>| {
        let trial = line.trial;
        trial.measures.seconds.iter().map(move |bin| (trial, bin))
    };
    let rows: Vec<Row> = lines.iter().flat_map(bins).collect();
    let table = Table::with_rows(keys(summary), &columns(), &rows, |(trial, _)| &trial.point);
    let seconds = || lines.iter().flat_map(|line| &line.trial.measures.seconds);
    let n: u64 = seconds().map(|second| second.ok + second.not_ok).sum();
    let faults = lines.first().map_or(&[][..], |line| &line.trial.measures.faults);
    let title = match faults.len() {
        0 => "What happens from second to second?",
        1 => "What happens while a fault lasts?",
        _ => "What happens while faults last?",
    };
    let repetition = lines.first().map_or(0, |line| line.trial.repetition);
    let repetition = format!("repetition {repetition} alone");
    let mut picture = Picture::new(title, subtitle(summary, &labels::counted(n, "operation"), &repetition));
    if n == 0 {
        return Sketch::without_data(picture, table, "no operation ended in a trial of this point");
    }
    // Four panels over one axis, each with the faults behind.
    let x = axis(seconds().flat_map(|second| [second.from_s, end(second)]));
    picture.panels = vec![rate(&lines, &x), latency(&lines, &x), stale(&lines, &x), parked(&lines, &x)];
    for (row, panel) in picture.panels.iter_mut().enumerate() {
        add_phases(panel, lines[0].trial, faults, row == 0);
    }
    (picture.legend, picture.notes) = (legend(&lines, faults), notes(input, lines[0].trial));
    (picture.is_stacked, picture.height) = (true, 1200);
    Sketch { picture, table }
}

/// One trial of each strategy, at the first point of the sweep that has faults, or at the first one.
fn trial_lines<'a>(input: &ChartInput<'a>) -> Vec<TrialLine<'a>> {
    let all = strategies(input.summary);
    let at = |point: &Map<String, Value>| {
        let first = |strategy: &String| {
            let trial = trials_of(input, point, strategy)
                .into_iter()
                .find(|trial| !trial.measures.seconds.is_empty());
            trial.map(|trial| TrialLine { trial, style: SeriesStyle::of(strategy, &all) })
        };
        all.iter().filter_map(first).take(STRATEGIES_MAX).collect::<Vec<TrialLine>>()
    };
    let mut all_points: Vec<_> =
        points(input.summary).into_iter().map(at).filter(|lines| !lines.is_empty()).collect();
    let has_faults = |lines: &Vec<TrialLine>| lines.iter().any(|line| !line.trial.measures.faults.is_empty());
    let chosen = all_points.iter().position(has_faults).unwrap_or(0);
    if all_points.is_empty() { Vec::new() } else { all_points.swap_remove(chosen) }
}

/// The horizontal axis, from the first bin to the last.
fn axis(ends: impl Iterator<Item = f64>) -> Axis {
    let (from, until) = range(ends).unwrap_or((0.0, 1.0));
    Axis::linear("time since the trial's start (s)", [from, until]).with_ends(from, until.max(from + 1e-3))
}

fn end(second: &TimeBin) -> f64 {
    second.from_s + second.width_s
}

fn per_second(count: u64, second: &TimeBin) -> Option<f64> {
    Some(count as f64 / second.width_s).filter(|rate| rate.is_finite())
}

/// A row is a bin of a trial.
type Row<'a> = (&'a ChartTrial, &'a TimeBin);

fn columns<'a>() -> [Column<Row<'a>>; 11] {
    [
        ("strategy", |(trial, _)| trial.strategy.clone()),
        ("trial", |(trial, _)| trial.id.clone()),
        ("from_s", |(_, bin)| number(bin.from_s)),
        ("width_s", |(_, bin)| number(bin.width_s)),
        ("ok_per_s", |(_, bin)| number(per_second(bin.ok, bin))),
        ("not_ok_per_s", |(_, bin)| number(per_second(bin.not_ok, bin))),
        ("latency_p50_ms", |(_, bin)| number(bin.latency_p50_ms)),
        ("latency_p99_ms", |(_, bin)| number(bin.latency_p99_ms)),
        ("stale", |(_, bin)| bin.stale.to_string()),
        ("parked_max", |(_, bin)| bin.parked_max.to_string()),
        ("faults", |(trial, bin)| faults_during(trial, bin)),
    ]
}

/// The texts of all fault windows that overlap a bin.
fn faults_during(trial: &ChartTrial, bin: &TimeBin) -> String {
    let is_open = |window: &&FaultPeriod| window.from_s < end(bin) && window.until_s > bin.from_s;
    let open = trial.measures.faults.iter().filter(is_open).map(|window| window.text.as_str());
    open.collect::<Vec<_>>().join("; ")
}

type TimeFigure = fn(&TimeBin) -> Option<f64>;

fn rate(lines: &[TrialLine], x: &Axis) -> Panel {
    let (ok, not_ok): (TimeFigure, TimeFigure) = (|s| per_second(s.ok, s), |s| per_second(s.not_ok, s));
    let y =
        Axis::from_zero("operations per second: ok (solid), not ok (dotted)", values(lines, &[ok, not_ok]));
    panel(lines, x, y, &[(ok, Stroke::Thick), (not_ok, Stroke::Dotted)])
}

fn latency(lines: &[TrialLine], x: &Axis) -> Panel {
    let (p50, p99): (TimeFigure, TimeFigure) = (|s| s.latency_p50_ms, |s| s.latency_p99_ms);
    // A bin of a slow trial has too few operations for a p99.
    let (label, drawn): (&str, &[(TimeFigure, Stroke)]) = match values(lines, &[p99]).is_empty() {
        true => ("latency (ms): p50", &[(p50, Stroke::Thick)]),
        false => ("latency (ms): p50 (solid), p99 (dotted)", &[(p50, Stroke::Thick), (p99, Stroke::Dotted)]),
    };
    panel(lines, x, Axis::log(label, values(lines, &[p50, p99])), drawn)
}

fn stale(lines: &[TrialLine], x: &Axis) -> Panel {
    let stale: TimeFigure = |s| per_second(s.stale, s);
    panel(
        lines,
        x,
        Axis::from_zero("stale reads per second", values(lines, &[stale])),
        &[(stale, Stroke::Thick)],
    )
}

fn parked(lines: &[TrialLine], x: &Axis) -> Panel {
    let parked: TimeFigure = |s| Some(s.parked_max as f64);
    let y = Axis::from_zero("parked at once, at most", values(lines, &[parked]));
    panel(lines, x, y, &[(parked, Stroke::Thick)])
}

fn values(lines: &[TrialLine], figures: &[TimeFigure]) -> Vec<f64> {
    let seconds = lines.iter().flat_map(|line| &line.trial.measures.seconds);
    seconds.flat_map(|second| figures.iter().filter_map(move |figure| figure(second))).collect()
}

fn panel(lines: &[TrialLine], x: &Axis, y: Axis, figures: &[(TimeFigure, Stroke)]) -> Panel {
    let mut marks = Vec::new();
    for line in lines {
        for &(figure, stroke) in figures {
            marks.extend(runs(line, figure, stroke));
        }
    }
    Panel::new(x.clone(), y.with_margin(0.03), marks)
}

/// One line for each run of bins that have the figure, so that no line crosses a gap.
fn runs(line: &TrialLine, figure: TimeFigure, stroke: Stroke) -> Vec<Mark> {
    let seconds = &line.trial.measures.seconds;
    let middle = |second: &TimeBin| second.from_s + second.width_s / 2.0;
    let points: Vec<_> =
        seconds.iter().map(|second| figure(second).map(|value| (middle(second), value))).collect();
    let runs = points.split(Option::is_none).map(|run| run.iter().flatten().copied().collect::<Vec<_>>());
    runs.filter(|run| !run.is_empty()).map(|points| Mark::line(points, line.style.colour, stroke)).collect()
}

/// Adds fault windows, and where warm-up and load end.
fn add_phases(panel: &mut Panel, trial: &ChartTrial, faults: &[FaultPeriod], has_labels: bool) {
    let label = |text: &str| if has_labels { labels::shortened(text, 40) } else { String::new() };
    let are_named = faults.len() <= NAMED_MAX;
    let band = |(index, window): (usize, &FaultPeriod)| {
        // A fault that comes again and again is named once.
        let is_first = faults[..index].iter().all(|earlier| earlier.text != window.text);
        let label = if is_first && are_named { label(&window.text) } else { String::new() };
        Band { from: window.from_s, until: window.until_s, label }
    };
    panel.bands = faults.iter().enumerate().map(band).collect();
    let rule = |at, text: &str| Mark::upright(at, QUIET, label(text));
    panel.marks.extend(trial.warm_up_ends_s.map(|at| rule(at, "measured")));
    panel.marks.extend(trial.load_ends_s.map(|at| rule(at, "drain")));
}

fn legend(lines: &[TrialLine], faults: &[FaultPeriod]) -> Vec<LegendEntry> {
    let sample = Sample::Line(Stroke::Thick);
    let line = |line: &TrialLine| LegendEntry::new(&line.trial.strategy, line.style.colour, sample);
    let text = match faults.len() {
        0..=NAMED_MAX => "fault window".to_owned(),
        many => format!("{many} fault windows: {}", fault_texts(faults)),
    };
    let fault = (!faults.is_empty()).then(|| LegendEntry::new(text, FAULT, Sample::Block));
    lines.iter().map(line).chain(fault).collect()
}

/// The texts of the windows, each once.
fn fault_texts(faults: &[FaultPeriod]) -> String {
    let texts: BTreeSet<&str> = faults.iter().map(|window| window.text.as_str()).collect();
    labels::shortened(&texts.into_iter().collect::<Vec<_>>().join(", "), 60)
}

fn notes(input: &ChartInput, trial: &ChartTrial) -> Vec<String> {
    let mut notes = Vec::new();
    if points(input.summary).len() > 1 {
        notes.push(format!(
            "Drawn is one point of the sweep: {}.",
            labels::point(&trial.point, &varied(input.summary))
        ));
    }
    if strategies(input.summary).len() > STRATEGIES_MAX {
        notes.push(format!("Drawn are the first {STRATEGIES_MAX} strategies."));
    }
    if notes.is_empty() { notes } else { vec![notes.join(" ")] }
}
