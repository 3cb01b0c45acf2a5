//! What drawing rests on: lines, areas and text in pixels, on any backend of plotters.
//!
//! Both media get the same picture. Plotters sizes a bitmap's letters by the font's height and an SVG's by an em that
//! is a little larger, and centres them differently; [`Canvas::text`] evens that out.

use std::sync::Once;

use plotters::coord::Shift;
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{DrawingArea, DrawingBackend, IntoFont};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontStyle, FontTransform, RGBColor, ShapeStyle, register_font};

use super::look::Marker;

/// Backend units in a pixel: plotters takes whole numbers, and curves on whole pixels tremble.
pub(super) const FINENESS: u32 = 2;

/// In an SVG the viewer's font writes, the first of these that it has; the embedded one answers to the same name.
const FAMILY: &str = "Noto Sans, Open Sans, Arial, Liberation Sans, sans-serif";

/// Height of Noto Sans from descender to ascender, in ems.
const FONT_HEIGHT_EM: f64 = 1.362;
/// What plotters divides a size by to have the em of an SVG.
const SVG_SIZE_PER_EM: f64 = 1.24;

const MEMORY: &str = "drawing into memory with an embedded font does not fail";

/// What is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Svg,
    Png,
}

pub(super) struct Canvas<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    medium: Medium,
}

/// How a text is written, and how it lies to its point; up and down it is centred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Type {
    /// In pixels per em.
    pub em: f64,
    pub is_bold: bool,
    pub colour: RGBColor,
    pub side: LabelSide,
}

/// Where the text is seen from its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelSide {
    Right,
    Left,
    Middle,
}

pub(super) type Anchor = (f64, f64);

impl<'a, DB: DrawingBackend> Canvas<'a, DB> {
    pub fn new(area: &'a DrawingArea<DB, Shift>, medium: Medium) -> Canvas<'a, DB> {
        embed_font();
        Canvas { area, medium }
    }

    pub fn polyline(&self, points: &[Anchor], colour: RGBColor, width: f64) {
        match self.medium {
            Medium::Svg => self.path(points, colour, width),
            // As one polygon a bent line has holes where it crosses itself; so it goes piece by piece, with
            // round joints.
            Medium::Png => {
                points.windows(2).for_each(|pair| self.path(pair, colour, width));
                points.iter().skip(1).rev().skip(1).for_each(|&joint| self.disc(joint, width / 2.0, colour));
            }
        }
    }

    pub fn dashes(&self, points: &[Anchor], colour: RGBColor, width: f64, (on, off): (f64, f64)) {
        let points: Vec<_> = points.iter().map(|&point| fine(point)).collect();
        let dashes =
            DashedPathElement::new(points, length(on) as i32, length(off) as i32, stroke(colour, width));
        self.area.draw(&dashes).expect(MEMORY);
    }

    /// A bitmap begins white, and filling it pixel by pixel is what takes longest.
    pub fn background(&self, size: Anchor) {
        match self.medium {
            Medium::Svg => self.rectangle((0.0, 0.0), size, WHITE),
            Medium::Png => {}
        }
    }

    pub fn rectangle(&self, from: Anchor, to: Anchor, colour: RGBColor) {
        self.area.draw(&Rectangle::new([fine(from), fine(to)], colour.filled())).expect(MEMORY);
    }

    pub fn frame(&self, (left, top): Anchor, (right, bottom): Anchor, colour: RGBColor) {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        self.path(&corners, colour, 1.0);
    }

    /// A marker of a fixed size; a hollow one is white inside.
    pub fn marker(&self, at: Anchor, marker: Marker, colour: RGBColor, is_hollow: bool) {
        let outline = outline(marker);
        match (marker, is_hollow) {
            (Marker::Circle, false) => self.disc(at, MARKER_RADIUS, colour),
            (Marker::Circle, true) => {
                self.disc(at, MARKER_RADIUS, colour);
                self.disc(at, MARKER_RADIUS - HOLLOW_WIDTH, WHITE);
            }
            (_, false) => self.polygon(at, &outline, 1.0, colour),
            (_, true) => {
                self.polygon(at, &outline, 1.0, colour);
                self.polygon(at, &outline, 0.5, WHITE);
            }
        }
    }

    pub fn polygon(&self, (x, y): Anchor, corners: &[Anchor], scale: f64, colour: RGBColor) {
        let corners: Vec<_> =
            corners.iter().map(|&(dx, dy)| fine((x + scale * dx, y + scale * dy))).collect();
        self.area.draw(&Polygon::new(corners, colour.filled())).expect(MEMORY);
    }

    pub fn text(&self, text: &str, (x, y): Anchor, style: Type) {
        let (size_per_em, lower_em) = match self.medium {
            Medium::Svg => (SVG_SIZE_PER_EM, 0.07),
            Medium::Png => (FONT_HEIGHT_EM, 0.21),
        };
        let font = font(style.em * size_per_em, style.is_bold);
        let h_pos = match style.side {
            LabelSide::Right => HPos::Left,
            LabelSide::Left => HPos::Right,
            LabelSide::Middle => HPos::Center,
        };
        let anchored = font.color(&style.colour).pos(Pos::new(h_pos, VPos::Center));
        let place = fine((x, y + lower_em * style.em));
        self.area.draw(&Text::new(text.to_owned(), place, anchored)).expect(MEMORY);
    }

    fn path(&self, points: &[Anchor], colour: RGBColor, width: f64) {
        let points: Vec<_> = points.iter().map(|&point| fine(point)).collect();
        self.area.draw(&PathElement::new(points, stroke(colour, width))).expect(MEMORY);
    }

    fn disc(&self, at: Anchor, radius: f64, colour: RGBColor) {
        self.area.draw(&Circle::new(fine(at), length(radius), colour.filled())).expect(MEMORY);
    }
}

impl Type {
    /// How wide the embedded font writes a text, in pixels, with some room for an SVG viewer whose font is wider.
    pub fn width(self, text: &str) -> f64 {
        embed_font();
        let size = self.em * FONT_HEIGHT_EM;
        let (width, _) = font(size, self.is_bold).box_size(text).expect(MEMORY);
        f64::from(width) / f64::from(FINENESS) * 1.04
    }

    /// As much of the text as that width holds.
    pub fn fitted(self, text: &str, width: f64) -> String {
        let chars = text.chars().count();
        let fits = |&kept: &usize| self.width(&super::words::shortened(text, kept)) <= width;
        (0..=chars).rev().find(fits).map(|kept| super::words::shortened(text, kept)).unwrap_or_default()
    }

    /// The text in lines of at most that width, broken at `between` alone.
    pub fn wrapped(self, text: &str, between: &str, width: f64) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for part in text.split(between) {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line}{between}{part}")) <= width => {
                    line.push_str(between);
                    line.push_str(part);
                }
                Some(_) | None => lines.push(self.fitted(part, width)),
            }
        }
        lines
    }
}

const WHITE: RGBColor = RGBColor(255, 255, 255);
pub(super) const MARKER_RADIUS: f64 = 9.0;
const HOLLOW_WIDTH: f64 = 3.0;

/// Corners around the middle. The markers are of about equal area; a circle has none.
fn outline(marker: Marker) -> Vec<Anchor> {
    match marker {
        Marker::Circle => Vec::new(),
        Marker::Triangle => vec![(0.0, -11.5), (11.0, 8.0), (-11.0, 8.0)],
        Marker::Wedge => vec![(0.0, 11.5), (-11.0, -8.0), (11.0, -8.0)],
        Marker::Square => vec![(-8.0, -8.0), (8.0, -8.0), (8.0, 8.0), (-8.0, 8.0)],
        Marker::Diamond => vec![(0.0, -11.5), (11.5, 0.0), (0.0, 11.5), (-11.5, 0.0)],
        Marker::Cross => {
            let (arm, half) = (11.0, 3.5);
            let quarter = [(-half, -arm), (half, -arm), (half, -half)];
            let turned = |turns: usize, (x, y): Anchor| (0..turns).fold((x, y), |(x, y), _| (-y, x));
            (0..4).flat_map(|turns| quarter.map(|corner| turned(turns, corner))).collect()
        }
        Marker::Bar => vec![(-12.0, -4.0), (12.0, -4.0), (12.0, 4.0), (-12.0, 4.0)],
        Marker::Dash => vec![(-18.0, -1.5), (18.0, -1.5), (18.0, 1.5), (-18.0, 1.5)],
    }
}

fn fine((x, y): Anchor) -> (i32, i32) {
    let units = |pixels: f64| libm::round(pixels * f64::from(FINENESS)) as i32;
    (units(x), units(y))
}

fn length(pixels: f64) -> u32 {
    libm::round(pixels * f64::from(FINENESS)).max(1.0) as u32
}

fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width(length(width))
}

fn font(size: f64, is_bold: bool) -> FontDesc<'static> {
    let style = if is_bold { FontStyle::Bold } else { FontStyle::Normal };
    (FAMILY, size * f64::from(FINENESS), style).into_font().transform(FontTransform::None)
}

/// A bare machine has no fonts, and without one plotters fails in the middle of a drawing.
fn embed_font() {
    static EMBEDDED: Once = Once::new();
    EMBEDDED.call_once(|| {
        // The generic name, too, for whoever else in this program draws with plotters.
        for family in [FAMILY, "sans-serif"] {
            for (style, bytes) in
                [(FontStyle::Normal, notosans::REGULAR_TTF), (FontStyle::Bold, notosans::BOLD_TTF)]
            {
                register_font(family, style, bytes).unwrap_or_else(|_| panic!("the embedded font is sound"));
            }
        }
    });
}
