//! The cost of a write and of a token as something grows: messages and bytes.
//!
//! Points are not joined: nothing was measured between them. Both axes are logarithmic where the swept values span more
//! than a decade, so that proportional growth is a straight line at half a right angle.

use super::series::{Series, SweepAxis, points_table, repetitions, series, shift, subtitle};
use crate::chart::draw::{Axis, Column, Mark, Panel, Picture, Sample, Sketch, labels, number};
use crate::chart::input::ChartInput;
use crate::results::{Interval, PointSummary};

const COLUMNS: [Column<PointSummary>; 8] = [
    ("strategy", |point| point.strategy.clone()),
    ("peer_messages_per_write", |point| number(point.peer_messages_per_write.map(|figure| figure.value))),
    ("messages_low", |point| number(point.peer_messages_per_write.map(|figure| figure.low))),
    ("messages_high", |point| number(point.peer_messages_per_write.map(|figure| figure.high))),
    ("peer_bytes_per_write", |point| number(point.peer_bytes_per_write.map(|figure| figure.value))),
    ("bytes_low", |point| number(point.peer_bytes_per_write.map(|figure| figure.low))),
    ("bytes_high", |point| number(point.peer_bytes_per_write.map(|figure| figure.high))),
    ("token_bytes_max", |point| point.token_bytes_max.to_string()),
];

/// A figure of a point, with the ends of its interval; `None` where it is unknown.
type CostFigure = fn(&PointSummary) -> Option<(f64, f64, f64)>;

const PANELS: [(&str, CostFigure); 3] = [
    ("messages between branches per write", |point| point.peer_messages_per_write.as_ref().map(ends)),
    ("their bytes per write", |point| point.peer_bytes_per_write.as_ref().map(ends)),
    ("largest token (bytes)", |point| Some(single(point.token_bytes_max as f64))),
];

pub(super) fn sketch(input: &ChartInput, x: Option<&str>) -> Sketch {
    let summary = input.summary;
    let n: u64 = summary.points.iter().map(|point| point.latency_ms.n).sum();
    let operations = labels::counted(n, "operation");
    let title = "What do writes and tokens cost?";
    let picture = Picture::new(title, subtitle(summary, &operations, &repetitions(summary)));
    let sweep = match SweepAxis::of(summary, x) {
        Ok(sweep) => sweep,
        Err(why) => return Sketch::without_data(picture, points_table(summary, &COLUMNS, &[]), why),
    };
    let (series, left_out) = series(summary, sweep.key.as_deref());
    let table = points_table(summary, &COLUMNS, &series);
    if series.is_empty() {
        return Sketch::without_data(picture, table, "no trial has a result");
    }
    let panels = PANELS.iter().map(|(label, figure)| panel(&series, &sweep, label, *figure)).collect();
    let legend = series.iter().map(|series| series.entry(Sample::Dot(series.style.marker))).collect();
    let note = ["Bars: range over repetitions.".to_owned()].into_iter().chain(left_out);
    let notes = vec![note.collect::<Vec<_>>().join(" ")];
    Sketch { picture: Picture { legend, panels, notes, columns: 2, height: HEIGHT, ..picture }, table }
}

/// Two rows of panels.
const HEIGHT: u32 = 1100;

fn panel(series: &[Series], sweep: &SweepAxis, label: &str, figure: CostFigure) -> Panel {
    let points = || series.iter().flat_map(|series| &series.points);
    let values = points().filter_map(|point| figure(point)).flat_map(|(value, low, high)| [value, low, high]);
    let x = sweep.axis();
    let x = if sweep.is_categorical() { x } else { x.with_margin(0.07) };
    let y = Axis::log(label, values).with_margin(0.04);
    let marks = series.iter().enumerate().flat_map(|(index, one)| {
        marks(one, sweep, figure, if sweep.key.is_none() { 0.0 } else { shift(index, series.len()) })
    });
    Panel::new(x, y, marks.collect())
}

fn marks(series: &Series, sweep: &SweepAxis, figure: CostFigure, shift: f64) -> [Mark; 2] {
    let at = |point: &&PointSummary| Some((sweep.value(point), figure(point)?));
    let figures: Vec<(f64, (f64, f64, f64))> = series.points.iter().filter_map(at).collect();
    let spans = figures.iter().map(|&(x, (_, low, high))| (x, low, high)).collect();
    let points = figures.iter().map(|&(x, (value, ..))| (x, value)).collect();
    [Mark::bars(spans, series.style.colour, shift), Mark::dots(points, series.style, shift)]
}

fn ends(interval: &Interval) -> (f64, f64, f64) {
    (interval.value, interval.low, interval.high)
}

fn single(value: f64) -> (f64, f64, f64) {
    (value, value, value)
}
