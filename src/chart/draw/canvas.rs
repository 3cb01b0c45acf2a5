//! Lines, areas and text in pixels, on any backend of plotters.
//!
//! Both media get the same picture. Plotters sizes a bitmap's letters by the font's height and an SVG's by an em that
//! is a little larger, and centres them differently; [`Canvas::text`] evens that out.

use plotters::coord::Shift;
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{DrawingArea, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle};

use super::picture::Stroke;
use super::pixels::{Xy, fine, fine_length};
use super::text::{FONT_HEIGHT_EM, LabelSide, TextStyle, embed_font, font};
use super::theme::Marker;

/// Plotters divides a size by this for the em of an SVG.
const SVG_SIZE_PER_EM: f64 = 1.24;

const MEMORY: &str = "drawing into memory with an embedded font does not fail";

/// The format of the surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Svg,
    Png,
}

/// The surface on which a picture is drawn, in pixels.
pub(in crate::chart) struct Canvas<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    medium: Medium,
}

impl<'a, DB: DrawingBackend> Canvas<'a, DB> {
    pub(super) fn new(area: &'a DrawingArea<DB, Shift>, medium: Medium) -> Canvas<'a, DB> {
        embed_font();
        Canvas { area, medium }
    }

    /// A line in one of the strokes of a panel.
    pub fn stroke(&self, points: &[Xy], colour: RGBColor, stroke: Stroke) {
        match stroke {
            Stroke::Thick => self.polyline(points, colour, 3.5),
            Stroke::Thin => self.polyline(points, colour, 1.5),
            Stroke::Dashed => self.dashes(points, colour, 3.0, (11.0, 6.0)),
            Stroke::Dotted => self.dashes(points, colour, 3.0, (3.0, 6.0)),
        }
    }

    pub fn polyline(&self, points: &[Xy], colour: RGBColor, width: f64) {
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

    pub fn dashes(&self, points: &[Xy], colour: RGBColor, width: f64, (on, off): (f64, f64)) {
        let points: Vec<_> = points.iter().map(|&point| fine(point)).collect();
        let dashes = DashedPathElement::new(
            points,
            fine_length(on) as i32,
            fine_length(off) as i32,
            stroke(colour, width),
        );
        self.area.draw(&dashes).expect(MEMORY);
    }

    /// Fills the picture with white. A bitmap begins white, and filling it pixel by pixel is what takes longest.
    pub fn background(&self, size: Xy) {
        match self.medium {
            Medium::Svg => self.rectangle((0.0, 0.0), size, WHITE),
            Medium::Png => {}
        }
    }

    pub fn rectangle(&self, from: Xy, to: Xy, colour: RGBColor) {
        self.area.draw(&Rectangle::new([fine(from), fine(to)], colour.filled())).expect(MEMORY);
    }

    pub fn frame(&self, (left, top): Xy, (right, bottom): Xy, colour: RGBColor) {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        self.path(&corners, colour, 1.0);
    }

    /// A marker of a fixed size; a hollow one is white inside.
    pub fn marker(&self, at: Xy, marker: Marker, colour: RGBColor, is_hollow: bool) {
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

    /// A filled polygon whose corners lie around a point, at `scale` times their distance.
    pub fn polygon(&self, (x, y): Xy, corners: &[Xy], scale: f64, colour: RGBColor) {
        let corners: Vec<_> =
            corners.iter().map(|&(dx, dy)| fine((x + scale * dx, y + scale * dy))).collect();
        self.area.draw(&Polygon::new(corners, colour.filled())).expect(MEMORY);
    }

    /// A text whose middle line has the height of the point.
    pub fn text(&self, text: &str, (x, y): Xy, style: TextStyle) {
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

    fn path(&self, points: &[Xy], colour: RGBColor, width: f64) {
        let points: Vec<_> = points.iter().map(|&point| fine(point)).collect();
        self.area.draw(&PathElement::new(points, stroke(colour, width))).expect(MEMORY);
    }

    fn disc(&self, at: Xy, radius: f64, colour: RGBColor) {
        self.area.draw(&Circle::new(fine(at), fine_length(radius), colour.filled())).expect(MEMORY);
    }
}

const WHITE: RGBColor = RGBColor(255, 255, 255);
/// Half the width of a marker, in pixels.
pub(super) const MARKER_RADIUS: f64 = 9.0;
const HOLLOW_WIDTH: f64 = 3.0;

/// Corners around the middle. The markers are of about equal area; a circle has none.
fn outline(marker: Marker) -> Vec<Xy> {
    match marker {
        Marker::Circle => Vec::new(),
        Marker::Triangle => vec![(0.0, -11.5), (11.0, 8.0), (-11.0, 8.0)],
        Marker::Wedge => vec![(0.0, 11.5), (-11.0, -8.0), (11.0, -8.0)],
        Marker::Square => vec![(-8.0, -8.0), (8.0, -8.0), (8.0, 8.0), (-8.0, 8.0)],
        Marker::Diamond => vec![(0.0, -11.5), (11.5, 0.0), (0.0, 11.5), (-11.5, 0.0)],
        Marker::Cross => {
            let (arm, half) = (11.0, 3.5);
            let quarter = [(-half, -arm), (half, -arm), (half, -half)];
            let turned = |turns: usize, (x, y): Xy| (0..turns).fold((x, y), |(x, y), _| (-y, x));
            (0..4).flat_map(|turns| quarter.map(|corner| turned(turns, corner))).collect()
        }
        Marker::Bar => vec![(-12.0, -4.0), (12.0, -4.0), (12.0, 4.0), (-12.0, 4.0)],
        Marker::Dash => vec![(-18.0, -1.5), (18.0, -1.5), (18.0, 1.5), (-18.0, 1.5)],
    }
}

fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width(fine_length(width))
}
