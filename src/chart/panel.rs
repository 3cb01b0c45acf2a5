//! Draws one panel: grid, figures, marks, and what is written above it.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use super::axis::{Axis, Tick};
use super::canvas::{Anchor, Canvas, LabelSide, MARKER_RADIUS};
use super::labels;
use super::look::{FAINT_GRID, FAULT, FRAME, GRID};
use super::paint::{Around, LINE, TEXT_EM, bold, plain, quiet};
use super::picture::{Band, Bars, Bounds, Dots, Mark, Panel, Polyline, RuleLine, Stroke};

/// A rectangle in pixels, downwards from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

const LABEL_ROWS_MAX: usize = 4;
const LABEL_GAP: f64 = 16.0;
const CAP: f64 = 7.0;

pub(super) fn paint<DB: DrawingBackend>(panel: &Panel, frame: Rect, around: Around, canvas: &Canvas<DB>) {
    bands(panel, frame, canvas);
    grid(panel, frame, canvas);
    figures_left(panel, frame, canvas);
    figures_below(panel, frame, around, canvas);
    canvas.frame((frame.left, frame.top), (frame.right, frame.bottom), FRAME);
    panel.marks.iter().for_each(|mark| draw(mark, panel, frame, canvas));
    labels::beside_lines(panel, frame, canvas);
    above(panel, frame, around, canvas);
}

impl Rect {
    /// Where a pair of values lies; `None` if it has no place, or is outside of the axes.
    pub fn place(&self, panel: &Panel, (x, y): (f64, f64)) -> Option<Anchor> {
        let inside = |share: &f64| (-1e-6..=1.0 + 1e-6).contains(share);
        let across = panel.x.place(x).filter(inside)?;
        let up = panel.y.place(y).filter(inside)?;
        Some((self.across(across), self.up(up)))
    }

    pub fn across(&self, share: f64) -> f64 {
        self.left + share * (self.right - self.left)
    }

    pub fn up(&self, share: f64) -> f64 {
        self.bottom - share * (self.bottom - self.top)
    }
}

/// How much room the figures at the left need.
pub(super) fn gutter(panel: &Panel) -> f64 {
    let width = |tick: &Tick| quiet(LabelSide::Left).width(&tick.text);
    panel.y.ticks.iter().map(width).fold(0.0, f64::max) + 14.0
}

/// How many rows the labels of bands and rules need above a panel of that width, beside that of its axis.
pub(super) fn label_rows(panel: &Panel, width: f64) -> usize {
    let frame = Rect { left: 0.0, top: 0.0, right: width, bottom: 0.0 };
    labels_above(panel, frame).iter().map(|label| label.row).max().unwrap_or(0)
}

fn bands<DB: DrawingBackend>(panel: &Panel, frame: Rect, canvas: &Canvas<DB>) {
    for band in bands_of(panel) {
        let (from, until) = (across(panel, frame, band.from), across(panel, frame, band.until));
        canvas.rectangle((from, frame.top), (until.max(from + 1.0), frame.bottom), FAULT);
    }
}

fn bands_of(panel: &Panel) -> impl Iterator<Item = &Band> {
    panel.marks.iter().filter_map(|mark| match mark {
        Mark::Band(band) => Some(band),
        Mark::Line(_) | Mark::Dots(_) | Mark::Bars(_) | Mark::Bounds(_) | Mark::Rule(_) => None,
    })
}

/// A label above the panel.
struct Above {
    /// Row 0 is that of the axis' label.
    row: usize,
    /// Its left end.
    x: f64,
    text: String,
}

/// Labels of bands and upright rules, each in the lowest row in which it touches no other; what finds no room in the
/// last row is left out.
fn labels_above(panel: &Panel, frame: Rect) -> Vec<Above> {
    let style = quiet(LabelSide::Right);
    let mut named: Vec<(f64, &str)> = panel.marks.iter().filter_map(label_above).collect();
    named.retain(|(_, label)| !label.is_empty());
    named.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ends = [frame.left - LABEL_GAP; LABEL_ROWS_MAX];
    // Several stand in rows of their own; one may stand beside the label of the axis.
    let is_alone = named.len() == 1 && panel.heading.is_empty();
    ends[0] =
        if is_alone { frame.left + plain(LabelSide::Right).width(&panel.y.label) } else { f64::INFINITY };
    let mut labels = Vec::new();
    for (at, label) in named {
        let text = style.fitted(label, frame.right - frame.left);
        let x = across(panel, frame, at).min(frame.right - style.width(&text));
        if let Some(row) = ends.iter().position(|&end| x >= end + LABEL_GAP - 1e-6) {
            ends[row] = x + style.width(&text);
            labels.push(Above { row, x, text });
        }
    }
    labels
}

fn label_above(mark: &Mark) -> Option<(f64, &str)> {
    match mark {
        Mark::Band(band) => Some((band.from, &band.label)),
        Mark::Rule(rule) if rule.is_upright => Some((rule.at, &rule.label)),
        Mark::Rule(_) | Mark::Line(_) | Mark::Dots(_) | Mark::Bars(_) | Mark::Bounds(_) => None,
    }
}

/// Where a value lies across, or the nearer end of the axis.
fn across(panel: &Panel, frame: Rect, value: f64) -> f64 {
    frame.across(panel.x.place(value).unwrap_or(0.0).clamp(0.0, 1.0))
}

fn grid<DB: DrawingBackend>(panel: &Panel, frame: Rect, canvas: &Canvas<DB>) {
    let tone = |tick: &Tick| if tick.is_main { GRID } else { FAINT_GRID };
    for (tick, share) in visible(&panel.x) {
        let x = frame.across(share);
        canvas.polyline(&[(x, frame.top), (x, frame.bottom)], tone(tick), 1.0);
    }
    for (tick, share) in visible(&panel.y) {
        let y = frame.up(share);
        canvas.polyline(&[(frame.left, y), (frame.right, y)], tone(tick), 1.0);
    }
}

fn visible(axis: &Axis) -> impl Iterator<Item = (&Tick, f64)> {
    let placed = axis.ticks.iter().filter_map(|tick| axis.place(tick.at).map(|share| (tick, share)));
    placed.filter(|(_, share)| (-1e-6..=1.0 + 1e-6).contains(share))
}

fn figures_left<DB: DrawingBackend>(panel: &Panel, frame: Rect, canvas: &Canvas<DB>) {
    let extent = |tick: &Tick, share: f64| {
        let (y, half) = (frame.up(share), TEXT_EM * 0.55);
        (!tick.text.is_empty()).then_some((y - half, y + half))
    };
    for (tick, share) in labels::with_room(&panel.y, visible(&panel.y), extent) {
        canvas.text(&tick.text, (frame.left - 9.0, frame.up(share)), quiet(LabelSide::Left));
    }
}

fn figures_below<DB: DrawingBackend>(panel: &Panel, frame: Rect, around: Around, canvas: &Canvas<DB>) {
    let style = quiet(LabelSide::Middle);
    let extent = |tick: &Tick, share: f64| {
        let (x, half) = (frame.across(share), style.width(&tick.text) / 2.0 + 6.0);
        (!tick.text.is_empty()).then_some((x - half, x + half))
    };
    if around.has_figures {
        for (tick, share) in labels::with_room(&panel.x, visible(&panel.x), extent) {
            canvas.text(&tick.text, (frame.across(share), frame.bottom + 20.0), style);
        }
    }
    if around.has_label {
        let middle = (frame.left + frame.right) / 2.0;
        let text = plain(LabelSide::Middle).fitted(&panel.x.label, frame.right - frame.left);
        canvas.text(&text, (middle, frame.bottom + 20.0 + LINE), plain(LabelSide::Middle));
    }
}

/// The label of the vertical axis lies above it, where nobody must turn the head; the heading stands at the right, or
/// on a line of its own.
fn above<DB: DrawingBackend>(panel: &Panel, frame: Rect, around: Around, canvas: &Canvas<DB>) {
    let y = frame.top - LINE / 2.0;
    let whole = frame.right - frame.left;
    let label = plain(LabelSide::Right).fitted(&panel.y.label, whole);
    canvas.text(&label, (frame.left, y), plain(LabelSide::Right));
    for Above { row, x, text } in labels_above(panel, frame) {
        canvas.text(&text, (x, y - LINE * row as f64), quiet(LabelSide::Right));
    }
    let heading = bold(LabelSide::Left).fitted(&panel.heading, whole);
    let line = if around.is_heading_apart { y - LINE } else { y };
    canvas.text(&heading, (frame.right, line), bold(LabelSide::Left));
}

/// Whether the heading needs a line of its own in a panel of that width.
pub(super) fn is_heading_apart(panel: &Panel, width: f64) -> bool {
    let needed = plain(LabelSide::Right).width(&panel.y.label)
        + LABEL_GAP
        + bold(LabelSide::Left).width(&panel.heading);
    !panel.heading.is_empty() && needed > width
}

fn draw<DB: DrawingBackend>(mark: &Mark, panel: &Panel, frame: Rect, canvas: &Canvas<DB>) {
    match mark {
        Mark::Line(line) => {
            runs(line, panel, frame).iter().for_each(|run| stroke(run, line.colour, line.stroke, canvas))
        }
        Mark::Dots(dots) => draw_dots(dots, panel, frame, canvas),
        Mark::Bars(bars) => draw_bars(bars, panel, frame, canvas),
        Mark::Bounds(bounds) => draw_bounds(bounds, panel, frame, canvas),
        Mark::Rule(rule) => draw_rule(rule, panel, frame, canvas),
        // They lie below the grid, and are drawn before it.
        Mark::Band(_) => {}
    }
}

/// The parts of a line that lie within the axes.
pub(super) fn runs(line: &Polyline, panel: &Panel, frame: Rect) -> Vec<Vec<Anchor>> {
    let placed: Vec<Option<Anchor>> = line.points.iter().map(|&point| frame.place(panel, point)).collect();
    let runs = placed.split(Option::is_none).map(|run| run.iter().flatten().copied().collect::<Vec<_>>());
    runs.filter(|run| !run.is_empty()).collect()
}

pub(super) fn stroke<DB: DrawingBackend>(
    points: &[Anchor],
    colour: RGBColor,
    stroke: Stroke,
    canvas: &Canvas<DB>,
) {
    match stroke {
        Stroke::Thick => canvas.polyline(points, colour, 3.5),
        Stroke::Thin => canvas.polyline(points, colour, 1.5),
        Stroke::Dashed => canvas.dashes(points, colour, 3.0, (11.0, 6.0)),
        Stroke::Dotted => canvas.dashes(points, colour, 3.0, (3.0, 6.0)),
    }
}

fn draw_dots<DB: DrawingBackend>(dots: &Dots, panel: &Panel, frame: Rect, canvas: &Canvas<DB>) {
    for (x, y) in dots.points.iter().filter_map(|&point| frame.place(panel, point)) {
        canvas.marker((x + dots.shift, y), dots.look.marker, dots.look.colour, dots.is_hollow);
    }
}

fn draw_bars<DB: DrawingBackend>(bars: &Bars, panel: &Panel, frame: Rect, canvas: &Canvas<DB>) {
    for &(x, low, high) in &bars.spans {
        let Some(across) = panel.x.place(x) else { continue };
        let (Some(low), Some(high)) = (panel.y.place(low), panel.y.place(high)) else { continue };
        let x = frame.across(across) + bars.shift;
        let (low, high) = (frame.up(low.clamp(0.0, 1.0)), frame.up(high.clamp(0.0, 1.0)));
        canvas.polyline(&[(x, low), (x, high)], bars.colour, 2.0);
        for y in [low, high] {
            canvas.polyline(&[(x - CAP, y), (x + CAP, y)], bars.colour, 2.0);
        }
    }
}

/// A cap at the bound, and an arrow from there towards the marker at 0, if there is room for one.
fn draw_bounds<DB: DrawingBackend>(bounds: &Bounds, panel: &Panel, frame: Rect, canvas: &Canvas<DB>) {
    for (x, y) in bounds.points.iter().filter_map(|&point| frame.place(panel, point)) {
        let x = x + bounds.shift;
        let floor = panel.y.place(0.0).map_or(frame.bottom, |share| frame.up(share));
        let tip = floor - MARKER_RADIUS - 5.0;
        if tip - y > 12.0 {
            canvas.polyline(&[(x - CAP, y), (x + CAP, y)], bounds.colour, 2.0);
            canvas.polyline(&[(x, y), (x, tip - 8.0)], bounds.colour, 2.0);
            canvas.polygon((x, tip), &[(0.0, 0.0), (-6.0, -10.0), (6.0, -10.0)], 1.0, bounds.colour);
        }
    }
}

fn draw_rule<DB: DrawingBackend>(rule: &RuleLine, panel: &Panel, frame: Rect, canvas: &Canvas<DB>) {
    let axis = if rule.is_upright { &panel.x } else { &panel.y };
    let Some(share) = axis.place(rule.at).filter(|share| (0.0..=1.0).contains(share)) else { return };
    if !rule.is_upright {
        let y = frame.up(share);
        canvas.dashes(&[(frame.left, y), (frame.right, y)], rule.colour, 1.5, (6.0, 5.0));
        return canvas.text(&rule.label, (frame.right - 8.0, y - 14.0), quiet(LabelSide::Left));
    }
    let x = frame.across(share);
    canvas.dashes(&[(x, frame.top), (x, frame.bottom)], rule.colour, 1.5, (6.0, 5.0));
}
