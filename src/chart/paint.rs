//! Draws a picture: head, panels, foot. What is where is decided here, and nothing about what it means.

use plotters::prelude::DrawingBackend;

use super::canvas::{Anchor, Canvas, LabelSide, Type};
use super::image::WIDTH;
use super::look::{FRAME, INK, QUIET};
use super::panel::{self, Rect};
use super::picture::{LegendEntry, Picture, Sample, Stroke};

// Sizes that are read at half the width: an em of 22 is then 11 pixels.
pub(super) const TEXT_EM: f64 = 22.0;
const TITLE_EM: f64 = 31.0;
pub(super) const LINE: f64 = 30.0;
const EDGE: f64 = 26.0;
/// As long as three dashes and two gaps.
const SAMPLE_WIDTH: f64 = 45.0;
const BETWEEN_ENTRIES: f64 = 28.0;
const WHOLE_WIDTH: f64 = WIDTH as f64 - 2.0 * EDGE;

/// Between panels: figures, label and heading stand there.
const BETWEEN_ROWS: f64 = 44.0;
const BETWEEN_COLUMNS: f64 = 26.0;

pub(super) fn paint<DB: DrawingBackend>(picture: &Picture, canvas: &Canvas<DB>) {
    let (width, height, words) = (f64::from(WIDTH), f64::from(height(picture)), words(picture));
    canvas.background((width, height));
    let top = head(picture, &words, canvas);
    let bottom = foot(&words, height, canvas);
    // The last figure of an axis is centred on the end of it.
    let whole = Rect { left: EDGE, top, right: width - EDGE - 10.0, bottom };
    match &picture.empty {
        Some(message) => empty(message, whole, canvas),
        None => panels(picture, whole, canvas),
    }
}

pub(super) fn plain(side: LabelSide) -> Type {
    Type { em: TEXT_EM, is_bold: false, colour: INK, side }
}

pub(super) fn quiet(side: LabelSide) -> Type {
    Type { colour: QUIET, ..plain(side) }
}

pub(super) fn bold(side: LabelSide) -> Type {
    Type { is_bold: true, ..plain(side) }
}

/// What is written above and below the panels, broken into lines.
struct CaptionLines<'a> {
    subtitle: Vec<String>,
    legend: Vec<Vec<&'a LegendEntry>>,
    notes: Vec<String>,
}

/// As much is written above and below at most before the picture grows.
const LINES_FREE: usize = 4;

/// The height in pixels: what many words need is not taken from the panels.
pub(super) fn height(picture: &Picture) -> u32 {
    let CaptionLines { subtitle, legend, notes } = words(picture);
    let lines = subtitle.len() + legend.len() + notes.len();
    picture.height + lines.saturating_sub(LINES_FREE) as u32 * LINE as u32
}

fn words(picture: &Picture) -> CaptionLines<'_> {
    let wrapped = |text: &String, between| quiet(LabelSide::Right).wrapped(text, between, WHOLE_WIDTH);
    CaptionLines {
        subtitle: wrapped(&picture.subtitle, " · "),
        legend: legend_rows(&picture.legend),
        notes: picture.notes.iter().flat_map(|note| wrapped(note, " ")).collect(),
    }
}

/// Title, subtitle and legend; where the panels may begin.
fn head<DB: DrawingBackend>(picture: &Picture, words: &CaptionLines, canvas: &Canvas<DB>) -> f64 {
    let title = Type { em: TITLE_EM, ..bold(LabelSide::Right) };
    canvas.text(&title.fitted(&picture.title, WHOLE_WIDTH), (EDGE, EDGE + 14.0), title);
    let mut y = EDGE + 52.0;
    for line in &words.subtitle {
        canvas.text(line, (EDGE, y), quiet(LabelSide::Right));
        y += LINE;
    }
    y += 6.0;
    for row in &words.legend {
        legend(row, y, canvas);
        y += LINE;
    }
    y
}

/// Notes at the lower edge; where the panels must end.
fn foot<DB: DrawingBackend>(words: &CaptionLines, height: f64, canvas: &Canvas<DB>) -> f64 {
    let top = height - 8.0 - LINE * words.notes.len() as f64;
    for (row, line) in words.notes.iter().enumerate() {
        canvas.text(line, (EDGE, top + LINE * (row as f64 + 0.4)), quiet(LabelSide::Right));
    }
    top - 8.0
}

/// As many entries in each row as have room.
fn legend_rows(entries: &[LegendEntry]) -> Vec<Vec<&LegendEntry>> {
    let mut rows: Vec<Vec<&LegendEntry>> = Vec::new();
    let mut x = 0.0;
    for entry in entries {
        let width = entry_width(entry);
        match rows.last_mut() {
            Some(row) if x + width <= WHOLE_WIDTH => row.push(entry),
            Some(_) | None => {
                rows.push(vec![entry]);
                x = 0.0;
            }
        }
        x += width + BETWEEN_ENTRIES;
    }
    rows
}

fn legend<DB: DrawingBackend>(row: &[&LegendEntry], y: f64, canvas: &Canvas<DB>) {
    let mut x = EDGE;
    for entry in row {
        sample(entry, (x, y), canvas);
        canvas.text(&entry_text(entry), (x + indent(entry), y), plain(LabelSide::Right));
        x += entry_width(entry) + BETWEEN_ENTRIES;
    }
}

fn entry_width(entry: &LegendEntry) -> f64 {
    indent(entry) + plain(LabelSide::Right).width(&entry_text(entry))
}

fn entry_text(entry: &LegendEntry) -> String {
    plain(LabelSide::Right).fitted(&entry.text, WHOLE_WIDTH - indent(entry))
}

fn indent(entry: &LegendEntry) -> f64 {
    if entry.sample == Sample::Nothing { 0.0 } else { SAMPLE_WIDTH + 8.0 }
}

fn sample<DB: DrawingBackend>(entry: &LegendEntry, (x, y): Anchor, canvas: &Canvas<DB>) {
    let middle = (x + SAMPLE_WIDTH / 2.0, y);
    let line = |stroke| panel::stroke(&[(x, y), (x + SAMPLE_WIDTH, y)], entry.colour, stroke, canvas);
    match entry.sample {
        Sample::Line(stroke) => line(stroke),
        Sample::Dot(marker) => canvas.marker(middle, marker, entry.colour, false),
        Sample::HollowDot(marker) => canvas.marker(middle, marker, entry.colour, true),
        Sample::DotOnLine(marker) => {
            line(Stroke::Thick);
            canvas.marker(middle, marker, entry.colour, false);
        }
        Sample::Block => canvas.rectangle((x, y - 9.0), (x + SAMPLE_WIDTH, y + 9.0), entry.colour),
        Sample::Nothing => {}
    }
}

fn empty<DB: DrawingBackend>(message: &str, frame: Rect, canvas: &Canvas<DB>) {
    canvas.frame((frame.left, frame.top), (frame.right, frame.bottom), FRAME);
    let (width, style) = (frame.right - frame.left - 80.0, plain(LabelSide::Middle));
    let lines = style.wrapped(&format!("no data: {message}"), " ", width);
    let middle = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
    for (row, line) in lines.iter().enumerate() {
        let from_middle = row as f64 - (lines.len() - 1) as f64 / 2.0;
        canvas.text(line, (middle.0, middle.1 + from_middle * LINE), style);
    }
}

fn panels<DB: DrawingBackend>(picture: &Picture, whole: Rect, canvas: &Canvas<DB>) {
    let columns = picture.columns.clamp(1, picture.panels.len().max(1));
    let rows = picture.panels.len().div_ceil(columns);
    let gutter = picture.panels.iter().map(panel::gutter).fold(0.0, f64::max);
    let width = (whole.right - whole.left - BETWEEN_COLUMNS * (columns - 1) as f64) / columns as f64;
    let labels =
        picture.panels.iter().take(columns).map(|panel| panel::label_rows(panel, width - gutter)).max();
    let is_heading_apart = picture.panels.iter().any(|panel| panel::is_heading_apart(panel, width - gutter));
    let above = if is_heading_apart { 2.0 * LINE } else { LINE };
    let whole = Rect { top: whole.top + LINE * labels.unwrap_or(0) as f64, ..whole };
    for (index, panel) in picture.panels.iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let has_none_below = index + columns >= picture.panels.len();
        let cell = cell(picture, whole, (rows, width), (row, column));
        // Above stand the heading and the label of the vertical axis, at the left its figures.
        let inside = Rect { left: cell.left + gutter, top: cell.top + above, ..cell };
        let has_figures = !picture.is_stacked || has_none_below;
        let around = Around { has_figures, has_label: has_none_below, is_heading_apart };
        panel::paint(panel, inside, around, canvas);
    }
}

/// What is written around a panel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// Below it.
    pub has_figures: bool,
    pub has_label: bool,
    /// Whether the heading has a line of its own.
    pub is_heading_apart: bool,
}

/// The share of one panel, figures and heading included.
fn cell(picture: &Picture, whole: Rect, (rows, width): (usize, f64), (row, column): (usize, usize)) -> Rect {
    let between_rows = if picture.is_stacked { 12.0 } else { BETWEEN_ROWS };
    // Label and figures of the lowest row.
    let floor = LINE + 40.0;
    let height = (whole.bottom - whole.top - floor - between_rows * (rows - 1) as f64) / rows as f64;
    let left = whole.left + (width + BETWEEN_COLUMNS) * column as f64;
    let top = whole.top + (height + between_rows) * row as f64;
    Rect { left, top, right: left + width, bottom: top + height }
}
