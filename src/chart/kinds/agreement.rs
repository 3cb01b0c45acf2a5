//! Do both substrates agree? Simulated against live figures, with their tolerances.

use super::series::{repetitions, strategies, subtitle};
use crate::chart::draw::{
    Axis, Column, LegendEntry, Mark, Panel, Picture, QUIET, Sample, SeriesStyle, Sketch, Stroke, Table,
    labels, number, range,
};
use crate::chart::input::ChartInput;
use crate::results::Agreement;

const COLUMNS: [Column<Agreement>; 6] = [
    ("strategy", |agreement| agreement.strategy.clone()),
    ("figure", |agreement| agreement.figure.clone()),
    ("live", |agreement| number(agreement.live)),
    ("sim", |agreement| number(agreement.sim)),
    ("tolerance", |agreement| number(agreement.tolerance)),
    ("agrees", |agreement| agreement.agrees.to_string()),
];

/// Figures of one unit share a panel: its heading, and how their names begin.
const PANELS: [(&str, &str); 4] = [
    ("stale rate", "stale_rate"),
    ("wait (ms)", "wait_"),
    ("latency (ms)", "latency_"),
    ("throughput (ops/s)", "throughput_"),
];

pub(super) fn sketch(input: &ChartInput) -> Sketch {
    let agreements = &input.summary.agreements;
    let figures = labels::counted(agreements.len() as u64, "figure");
    let title = "Do simulated and live runs tell the same?";
    let picture = Picture::new(title, subtitle(input.summary, &figures, &repetitions(input.summary)));
    let keys = agreements.first().map(|first| first.point.keys().cloned().collect()).unwrap_or_default();
    let table = Table::with_rows(keys, &COLUMNS, agreements, |agreement| &agreement.point);
    if agreements.is_empty() {
        return Sketch::without_data(picture, table, "`run.substrate` was not swept");
    }
    let all = strategies(input.summary);
    let panels: Vec<Panel> =
        PANELS.iter().filter_map(|&(heading, name)| panel(agreements, heading, name, &all)).collect();
    let (columns, height) = if panels.len() > 2 { (2, TWO_ROWS) } else { (panels.len().max(1), 750) };
    let legend = all.iter().map(|strategy| entry(strategy, &all));
    let line = LegendEntry::new("equal", QUIET, Sample::Line(Stroke::Dotted));
    let legend = legend.chain([line]).collect();
    let agree = agreements.iter().filter(|agreement| agreement.agrees).count();
    let notes = vec![format!(
        "Bars: how far a simulated figure may lie from the live one; {agree} of {} lie within.",
        agreements.len()
    )];
    Sketch { picture: Picture { legend, panels, notes, columns, height, ..picture }, table }
}

const TWO_ROWS: u32 = 1100;

fn entry(strategy: &str, all: &[String]) -> LegendEntry {
    let style = SeriesStyle::of(strategy, all);
    LegendEntry::new(strategy, style.colour, Sample::Dot(style.marker))
}

/// `None` if no figure of this unit is above zero on both sides.
fn panel(agreements: &[Agreement], heading: &str, name: &str, all: &[String]) -> Option<Panel> {
    let drawn: Vec<&Agreement> = agreements
        .iter()
        .filter(|agreement| agreement.figure.starts_with(name) && agreement.live.min(agreement.sim) > 0.0)
        .collect();
    let (low, high) = range(drawn.iter().flat_map(|agreement| [agreement.live, agreement.sim]))?;
    let axis = |label: &str| Axis::log(label, [low, high]).with_margin(0.04);
    let (x, y) = (axis("live"), axis("simulated"));
    let equal = Mark::line(vec![(x.low, x.low), (x.high, x.high)], QUIET, Stroke::Dotted);
    let marks = all.iter().flat_map(|strategy| marks(&drawn, strategy, all, y.low, y.high));
    let marks = [equal].into_iter().chain(marks).collect();
    Some(Panel { heading: heading.to_owned(), ..Panel::new(x, y, marks) })
}

fn marks(drawn: &[&Agreement], strategy: &str, all: &[String], low: f64, high: f64) -> [Mark; 2] {
    let own = || drawn.iter().filter(|agreement| agreement.strategy == strategy);
    let span = |agreement: &&Agreement| {
        let Agreement { live, tolerance, .. } = agreement;
        (*live, (live - tolerance).max(low), (live + tolerance).min(high))
    };
    let style = SeriesStyle::of(strategy, all);
    let points = own().map(|agreement| (agreement.live, agreement.sim)).collect();
    [Mark::bars(own().map(span).collect(), style.colour, 0.0), Mark::dots(points, style, 0.0)]
}
