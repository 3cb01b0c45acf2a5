//! Injection error: actual minus intended delivery of messages, which is what the instrument itself adds.

use super::ccdf::Ccdf;
use super::series::{repetitions, subtitle};
use crate::chart::draw::{
    Axis, LEGS, LegendEntry, Mark, Panel, Picture, QUIET, Sample, SeriesStyle, Sketch, Stroke, Table, labels,
    number,
};
use crate::chart::input::ChartInput;
use crate::measure::spread_over;
use crate::results::{Span, Spread};

/// An injection error below this does not show in the results.
const GOAL_MS: f64 = 0.3;

/// In the order of [`Span::INJECTION_ERRORS`].
const NAMES: [&str; 4] = ["requests", "replies", "batches of writes", "acks"];

/// One leg over all trials.
struct LegErrors {
    name: &'static str,
    style: SeriesStyle,
    /// Pooled.
    ccdf: Ccdf,
    /// Medians of the trials' own percentiles, in milliseconds; `None` if a trial has too few messages for its own.
    p50: Option<f64>,
    p99: Option<f64>,
}

pub(super) fn sketch(input: &ChartInput) -> Sketch {
    let legs: Vec<LegErrors> = NAMES
        .into_iter()
        .zip(Span::INJECTION_ERRORS)
        .zip(LEGS)
        .filter_map(|((name, span), style)| leg(input, name, span, style))
        .collect();
    let n: u64 = legs.iter().map(|leg| leg.ccdf.n).sum();
    let subtitle = subtitle(input.summary, &labels::counted(n, "message"), &repetitions(input.summary));
    let picture = Picture::new("Are delays delivered as they were drawn?", subtitle);
    let mut table = Table::new(Vec::new(), &["leg", "injection_error_ms", "share_above"]);
    for leg in &legs {
        for &(late, share) in &leg.ccdf.steps {
            table.push(&serde_json::Map::new(), vec![leg.name.to_owned(), number(late), number(share)]);
        }
    }
    let late: Vec<&LegErrors> = legs.iter().filter(|leg| leg.ccdf.is_above_zero()).collect();
    if late.is_empty() {
        let why =
            if n == 0 { "no message was delivered" } else { "every message was delivered exactly as drawn" };
        return Sketch::without_data(picture, table, why);
    }
    let legend = legs.iter().map(entry).collect();
    let notes = vec!["Curves: pooled over all trials. Percentiles: medians of the trials' own.".to_owned()];
    Sketch { picture: Picture { legend, panels: vec![panel(&late)], notes, ..picture }, table }
}

fn leg(input: &ChartInput, name: &'static str, span: Span, style: SeriesStyle) -> Option<LegErrors> {
    let histograms = || input.trials.iter().filter_map(move |trial| trial.histograms.get(span));
    let spreads: Vec<Spread> = histograms().map(Spread::of).filter(|spread| spread.n > 0).collect();
    let Spread { p50, p99, .. } = spread_over(&spreads);
    let leg = LegErrors { name, style, ccdf: Ccdf::pooled(histograms()), p50, p99 };
    (leg.ccdf.n > 0).then_some(leg)
}

fn entry(leg: &LegErrors) -> LegendEntry {
    let ms = |figure: Option<f64>| figure.map_or_else(|| "–".to_owned(), labels::rounded);
    let max = leg.ccdf.largest().or(Some(0.0));
    let text = format!("{}: p50 {}, p99 {}, max {} ms", leg.name, ms(leg.p50), ms(leg.p99), ms(max));
    let is_late = leg.ccdf.is_above_zero();
    let sample = if is_late { Sample::DotOnLine(leg.style.marker) } else { Sample::Nothing };
    LegendEntry::new(text, leg.style.colour, sample)
}

fn panel(legs: &[&LegErrors]) -> Panel {
    let begins = legs.iter().filter_map(|leg| leg.ccdf.axis_start());
    let ends = legs.iter().filter_map(|leg| leg.ccdf.largest());
    let x = Axis::log("later than drawn by x (ms)", begins.chain(ends).chain([GOAL_MS]));
    let least = legs.iter().filter_map(|leg| leg.ccdf.least_share());
    let y = Axis::log("P(later > x)", least.chain([1.0])).with_margin(0.02);
    let label = format!("{} ms", labels::figure(GOAL_MS));
    let mut marks = vec![Mark::upright(GOAL_MS, QUIET, label)];
    for leg in legs {
        marks.push(Mark::line(leg.ccdf.corners(x.low), leg.style.colour, Stroke::Thick));
        marks.push(Mark::dots(leg.ccdf.one_per_decade(x.low), leg.style, 0.0));
    }
    Panel::new(x, y, marks)
}
