//! Draws one panel: grid, figures, marks, and the labels above it.

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Tick};
use super::canvas::{Canvas, MARKER_RADIUS};
use super::picture::{Bars, Bounds, Dots, Mark, Panel, RuleLine};
use super::pixels::Rect;
use super::placement::{label_lines, with_room};
use super::plot_area::PlotArea;
use super::text::{LINE, LabelSide, TEXT_EM, bold, plain, quiet};
use super::theme::{FAINT_GRID, FAULT, FRAME, GRID};

/// The text around a panel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings {
    /// Whether figures and the label of the horizontal axis are below it.
    pub has_figures: bool,
    pub has_label: bool,
    /// Whether the heading has a line of its own.
    pub is_heading_apart: bool,
}

const LABEL_ROWS_MAX: usize = 4;
const LABEL_GAP: f64 = 16.0;
const CAP: f64 = 7.0;

pub(super) fn draw_panel<DB: DrawingBackend>(
    panel: &Panel,
    rect: Rect,
    around: Surroundings,
    canvas: &Canvas<DB>,
) {
    let area = &PlotArea { panel, rect };
    draw_bands(area, canvas);
    draw_grid(area, canvas);
    draw_figures_left(area, canvas);
    draw_figures_below(area, around, canvas);
    canvas.frame((rect.left, rect.top), (rect.right, rect.bottom), FRAME);
    panel.marks.iter().for_each(|mark| draw_mark(mark, area, canvas));
    label_lines(area, canvas);
    draw_labels_above(area, around, canvas);
}

/// The room that the figures at the left need, in pixels.
pub(super) fn gutter(panel: &Panel) -> f64 {
    let width = |tick: &Tick| quiet(LabelSide::Left).width(&tick.text);
    panel.y.ticks.iter().map(width).fold(0.0, f64::max) + 14.0
}

/// How many rows the labels of bands and rules need above a panel of that width, beside that of its axis.
pub(super) fn label_rows(panel: &Panel, width: f64) -> usize {
    let rect = Rect { left: 0.0, top: 0.0, right: width, bottom: 0.0 };
    labels_above(&PlotArea { panel, rect }).iter().map(|label| label.row).max().unwrap_or(0)
}

fn draw_bands<DB: DrawingBackend>(area: &PlotArea, canvas: &Canvas<DB>) {
    for band in &area.panel.bands {
        let (from, until) = (area.across(band.from), area.across(band.until));
        canvas.rectangle((from, area.rect.top), (until.max(from + 1.0), area.rect.bottom), FAULT);
    }
}

/// A label above the panel.
struct LabelAbove {
    /// Row 0 is that of the axis' label.
    row: usize,
    /// Its left end.
    x: f64,
    text: String,
}

/// Labels of bands and upright rules, each in the lowest row in which it touches no other; one that
/// finds no room in the last row is left out.
fn labels_above(area: &PlotArea) -> Vec<LabelAbove> {
    let PlotArea { panel, rect } = area;
    let style = quiet(LabelSide::Right);
    let bands = panel.bands.iter().map(|band| (band.from, band.label.as_str()));
    let mut named: Vec<(f64, &str)> = bands.chain(panel.marks.iter().filter_map(rule_label)).collect();
    named.retain(|(_, label)| !label.is_empty());
    named.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ends = [rect.left - LABEL_GAP; LABEL_ROWS_MAX];
    // Several have rows of their own; one may be beside the label of the axis.
    let is_alone = named.len() == 1 && panel.heading.is_empty();
    ends[0] =
        if is_alone { rect.left + plain(LabelSide::Right).width(&panel.y.label) } else { f64::INFINITY };
    let mut labels = Vec::new();
    for (at, label) in named {
        let text = style.fitted(label, rect.width());
        let x = area.across(at).min(rect.right - style.width(&text));
        if let Some(row) = ends.iter().position(|&end| x >= end + LABEL_GAP - 1e-6) {
            ends[row] = x + style.width(&text);
            labels.push(LabelAbove { row, x, text });
        }
    }
    labels
}

fn rule_label(mark: &Mark) -> Option<(f64, &str)> {
    match mark {
        Mark::Rule(rule) if rule.is_upright => Some((rule.at, &rule.label)),
        Mark::Rule(_) | Mark::Line(_) | Mark::Dots(_) | Mark::Bars(_) | Mark::Bounds(_) => None,
    }
}

fn draw_grid<DB: DrawingBackend>(area: &PlotArea, canvas: &Canvas<DB>) {
    let tone = |tick: &Tick| if tick.is_main { GRID } else { FAINT_GRID };
    for (tick, share) in visible(&area.panel.x) {
        let x = area.rect.across(share);
        canvas.polyline(&[(x, area.rect.top), (x, area.rect.bottom)], tone(tick), 1.0);
    }
    for (tick, share) in visible(&area.panel.y) {
        let y = area.rect.up(share);
        canvas.polyline(&[(area.rect.left, y), (area.rect.right, y)], tone(tick), 1.0);
    }
}

fn visible(axis: &Axis) -> impl Iterator<Item = (&Tick, f64)> {
    let placed = axis.ticks.iter().filter_map(|tick| axis.place(tick.at).map(|share| (tick, share)));
    placed.filter(|(_, share)| (-1e-6..=1.0 + 1e-6).contains(share))
}

fn draw_figures_left<DB: DrawingBackend>(area: &PlotArea, canvas: &Canvas<DB>) {
    let extent = |tick: &Tick, share: f64| {
        let (y, half) = (area.rect.up(share), TEXT_EM * 0.55);
        (!tick.text.is_empty()).then_some((y - half, y + half))
    };
    for (tick, share) in with_room(&area.panel.y, visible(&area.panel.y), extent) {
        canvas.text(&tick.text, (area.rect.left - 9.0, area.rect.up(share)), quiet(LabelSide::Left));
    }
}

fn draw_figures_below<DB: DrawingBackend>(area: &PlotArea, around: Surroundings, canvas: &Canvas<DB>) {
    let style = quiet(LabelSide::Middle);
    let extent = |tick: &Tick, share: f64| {
        let (x, half) = (area.rect.across(share), style.width(&tick.text) / 2.0 + 6.0);
        (!tick.text.is_empty()).then_some((x - half, x + half))
    };
    if around.has_figures {
        for (tick, share) in with_room(&area.panel.x, visible(&area.panel.x), extent) {
            canvas.text(&tick.text, (area.rect.across(share), area.rect.bottom + 20.0), style);
        }
    }
    if around.has_label {
        let middle = (area.rect.left + area.rect.right) / 2.0;
        let text = plain(LabelSide::Middle).fitted(&area.panel.x.label, area.rect.width());
        canvas.text(&text, (middle, area.rect.bottom + 20.0 + LINE), plain(LabelSide::Middle));
    }
}

/// The label of the vertical axis is above it, horizontal and easy to read; the heading is at the right, or on a line
/// of its own.
fn draw_labels_above<DB: DrawingBackend>(area: &PlotArea, around: Surroundings, canvas: &Canvas<DB>) {
    let y = area.rect.top - LINE / 2.0;
    let whole = area.rect.width();
    let label = plain(LabelSide::Right).fitted(&area.panel.y.label, whole);
    canvas.text(&label, (area.rect.left, y), plain(LabelSide::Right));
    for LabelAbove { row, x, text } in labels_above(area) {
        canvas.text(&text, (x, y - LINE * row as f64), quiet(LabelSide::Right));
    }
    let heading = bold(LabelSide::Left).fitted(&area.panel.heading, whole);
    let line = if around.is_heading_apart { y - LINE } else { y };
    canvas.text(&heading, (area.rect.right, line), bold(LabelSide::Left));
}

/// Whether the heading needs a line of its own in a panel of that width.
pub(super) fn is_heading_apart(panel: &Panel, width: f64) -> bool {
    let needed = plain(LabelSide::Right).width(&panel.y.label)
        + LABEL_GAP
        + bold(LabelSide::Left).width(&panel.heading);
    !panel.heading.is_empty() && needed > width
}

fn draw_mark<DB: DrawingBackend>(mark: &Mark, area: &PlotArea, canvas: &Canvas<DB>) {
    match mark {
        Mark::Line(line) => {
            area.runs(line).iter().for_each(|run| canvas.stroke(run, line.colour, line.stroke));
        }
        Mark::Dots(dots) => draw_dots(dots, area, canvas),
        Mark::Bars(bars) => draw_bars(bars, area, canvas),
        Mark::Bounds(bounds) => draw_bounds(bounds, area, canvas),
        Mark::Rule(rule) => draw_rule(rule, area, canvas),
    }
}

fn draw_dots<DB: DrawingBackend>(dots: &Dots, area: &PlotArea, canvas: &Canvas<DB>) {
    for (x, y) in dots.points.iter().filter_map(|&point| area.place(point)) {
        canvas.marker((x + dots.shift, y), dots.style.marker, dots.style.colour, dots.is_hollow);
    }
}

fn draw_bars<DB: DrawingBackend>(bars: &Bars, area: &PlotArea, canvas: &Canvas<DB>) {
    for &(x, low, high) in &bars.spans {
        let Some(across) = area.panel.x.place(x) else { continue };
        let (Some(low), Some(high)) = (area.panel.y.place(low), area.panel.y.place(high)) else { continue };
        let x = area.rect.across(across) + bars.shift;
        let (low, high) = (area.rect.up(low.clamp(0.0, 1.0)), area.rect.up(high.clamp(0.0, 1.0)));
        canvas.polyline(&[(x, low), (x, high)], bars.colour, 2.0);
        for y in [low, high] {
            canvas.polyline(&[(x - CAP, y), (x + CAP, y)], bars.colour, 2.0);
        }
    }
}

/// Draws a cap at the bound, and an arrow from there towards the marker at 0, if there is room for one.
fn draw_bounds<DB: DrawingBackend>(bounds: &Bounds, area: &PlotArea, canvas: &Canvas<DB>) {
    for (x, y) in bounds.points.iter().filter_map(|&point| area.place(point)) {
        let x = x + bounds.shift;
        let floor = area.panel.y.place(0.0).map_or(area.rect.bottom, |share| area.rect.up(share));
        let tip = floor - MARKER_RADIUS - 5.0;
        if tip - y > 12.0 {
            canvas.polyline(&[(x - CAP, y), (x + CAP, y)], bounds.colour, 2.0);
            canvas.polyline(&[(x, y), (x, tip - 8.0)], bounds.colour, 2.0);
            canvas.polygon((x, tip), &[(0.0, 0.0), (-6.0, -10.0), (6.0, -10.0)], 1.0, bounds.colour);
        }
    }
}

fn draw_rule<DB: DrawingBackend>(rule: &RuleLine, area: &PlotArea, canvas: &Canvas<DB>) {
    let axis = if rule.is_upright { &area.panel.x } else { &area.panel.y };
    let Some(share) = axis.place(rule.at).filter(|share| (0.0..=1.0).contains(share)) else { return };
    if !rule.is_upright {
        let y = area.rect.up(share);
        canvas.dashes(&[(area.rect.left, y), (area.rect.right, y)], rule.colour, 1.5, (6.0, 5.0));
        return canvas.text(&rule.label, (area.rect.right - 8.0, y - 14.0), quiet(LabelSide::Left));
    }
    let x = area.rect.across(share);
    canvas.dashes(&[(x, area.rect.top), (x, area.rect.bottom)], rule.colour, 1.5, (6.0, 5.0));
}
