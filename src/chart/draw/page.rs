//! Draws a picture: head, panels, foot. This file decides where everything is, and nothing about its meaning.

use plotters::prelude::DrawingBackend;

use super::canvas::Canvas;
use super::image::Scene;
use super::panel::{self, Surroundings, draw_panel};
use super::picture::{LegendEntry, Picture, Sample, Stroke};
use super::pixels::{Rect, WIDTH, Xy};
use super::text::{LINE, LabelSide, TextStyle, bold, plain, quiet};
use super::theme::FRAME;

const TITLE_EM: f64 = 31.0;
const EDGE: f64 = 26.0;
/// As long as three dashes and two gaps.
const SAMPLE_WIDTH: f64 = 45.0;
const BETWEEN_ENTRIES: f64 = 28.0;
const WHOLE_WIDTH: f64 = WIDTH as f64 - 2.0 * EDGE;

/// Between panels: room for figures, label and heading.
const BETWEEN_ROWS: f64 = 44.0;
const BETWEEN_COLUMNS: f64 = 26.0;

impl Scene for Picture {
    /// Long captions make the picture higher, not the panels lower.
    fn height(&self) -> u32 {
        let CaptionLines { subtitle, legend, notes } = caption_lines(self);
        let lines = subtitle.len() + legend.len() + notes.len();
        self.height + lines.saturating_sub(LINES_FREE) as u32 * LINE as u32
    }

    fn paint<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) {
        let (width, height) = (f64::from(WIDTH), f64::from(Scene::height(self)));
        let captions = caption_lines(self);
        canvas.background((width, height));
        let top = draw_head(self, &captions, canvas);
        let bottom = draw_foot(&captions, height, canvas);
        // The last figure of an axis is centred on the end of it.
        let whole = Rect { left: EDGE, top, right: width - EDGE - 10.0, bottom };
        match &self.empty {
            Some(message) => draw_message(message, whole, canvas),
            None => draw_panels(self, whole, canvas),
        }
    }
}

/// The text above and below the panels, broken into lines.
struct CaptionLines<'a> {
    subtitle: Vec<String>,
    legend: Vec<Vec<&'a LegendEntry>>,
    notes: Vec<String>,
}

/// How many of these lines there may be before the picture grows.
const LINES_FREE: usize = 4;

fn caption_lines(picture: &Picture) -> CaptionLines<'_> {
    let wrapped = |text: &String, between| quiet(LabelSide::Right).wrapped(text, between, WHOLE_WIDTH);
    CaptionLines {
        subtitle: wrapped(&picture.subtitle, " · "),
        legend: legend_rows(&picture.legend),
        notes: picture.notes.iter().flat_map(|note| wrapped(note, " ")).collect(),
    }
}

/// Draws title, subtitle and legend. Returns where the panels may begin.
fn draw_head<DB: DrawingBackend>(picture: &Picture, captions: &CaptionLines, canvas: &Canvas<DB>) -> f64 {
    let title = TextStyle { em: TITLE_EM, ..bold(LabelSide::Right) };
    canvas.text(&title.fitted(&picture.title, WHOLE_WIDTH), (EDGE, EDGE + 14.0), title);
    let mut y = EDGE + 52.0;
    for line in &captions.subtitle {
        canvas.text(line, (EDGE, y), quiet(LabelSide::Right));
        y += LINE;
    }
    y += 6.0;
    for row in &captions.legend {
        draw_legend_row(row, y, canvas);
        y += LINE;
    }
    y
}

/// Draws notes at the lower edge. Returns where the panels must end.
fn draw_foot<DB: DrawingBackend>(captions: &CaptionLines, height: f64, canvas: &Canvas<DB>) -> f64 {
    let top = height - 8.0 - LINE * captions.notes.len() as f64;
    for (row, line) in captions.notes.iter().enumerate() {
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

fn draw_legend_row<DB: DrawingBackend>(row: &[&LegendEntry], y: f64, canvas: &Canvas<DB>) {
    let mut x = EDGE;
    for entry in row {
        draw_sample(entry, (x, y), canvas);
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

fn draw_sample<DB: DrawingBackend>(entry: &LegendEntry, (x, y): Xy, canvas: &Canvas<DB>) {
    let middle = (x + SAMPLE_WIDTH / 2.0, y);
    let line = |stroke| canvas.stroke(&[(x, y), (x + SAMPLE_WIDTH, y)], entry.colour, stroke);
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

fn draw_message<DB: DrawingBackend>(message: &str, frame: Rect, canvas: &Canvas<DB>) {
    canvas.frame((frame.left, frame.top), (frame.right, frame.bottom), FRAME);
    let (width, style) = (frame.width() - 80.0, plain(LabelSide::Middle));
    let lines = style.wrapped(&format!("no data: {message}"), " ", width);
    let middle = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
    for (row, line) in lines.iter().enumerate() {
        let from_middle = row as f64 - (lines.len() - 1) as f64 / 2.0;
        canvas.text(line, (middle.0, middle.1 + from_middle * LINE), style);
    }
}

fn draw_panels<DB: DrawingBackend>(picture: &Picture, whole: Rect, canvas: &Canvas<DB>) {
    // All panels have the same margins, so that they line up.
    let columns = picture.columns.clamp(1, picture.panels.len().max(1));
    let rows = picture.panels.len().div_ceil(columns);
    let gutter = picture.panels.iter().map(panel::gutter).fold(0.0, f64::max);
    let width = (whole.width() - BETWEEN_COLUMNS * (columns - 1) as f64) / columns as f64;
    let labels =
        picture.panels.iter().take(columns).map(|panel| panel::label_rows(panel, width - gutter)).max();
    let is_heading_apart = picture.panels.iter().any(|panel| panel::is_heading_apart(panel, width - gutter));
    let above = if is_heading_apart { 2.0 * LINE } else { LINE };
    let whole = Rect { top: whole.top + LINE * labels.unwrap_or(0) as f64, ..whole };
    for (index, panel) in picture.panels.iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let has_none_below = index + columns >= picture.panels.len();
        let cell = cell(picture, whole, (rows, width), (row, column));
        // Heading and label of the vertical axis are above, its figures at the left.
        let inside = Rect { left: cell.left + gutter, top: cell.top + above, ..cell };
        let has_figures = !picture.is_stacked || has_none_below;
        let around = Surroundings { has_figures, has_label: has_none_below, is_heading_apart };
        draw_panel(panel, inside, around, canvas);
    }
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
