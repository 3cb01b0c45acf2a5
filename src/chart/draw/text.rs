//! Text styles: how a text is written, how wide it is, and where it breaks into lines.

use std::sync::Once;

use plotters::prelude::IntoFont;
use plotters::style::{FontDesc, FontStyle, FontTransform, RGBColor, register_font};

use super::labels::shortened;
use super::pixels::FINENESS;
use super::theme::{INK, QUIET};

// Sizes that are read at half the width: an em of 22 is then 11 pixels.
pub(super) const TEXT_EM: f64 = 22.0;
/// From one line of text to the next, in pixels.
pub(super) const LINE: f64 = 30.0;

/// In an SVG the viewer's font writes, the first of these that it has; the embedded one answers to the same name.
const FAMILY: &str = "Noto Sans, Open Sans, Arial, Liberation Sans, sans-serif";

/// Height of Noto Sans from descender to ascender, in ems.
pub(super) const FONT_HEIGHT_EM: f64 = 1.362;

/// How a text is written, and how it lies to its point; vertically it is centred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::chart) struct TextStyle {
    /// In pixels per em.
    pub em: f64,
    pub is_bold: bool,
    pub colour: RGBColor,
    pub side: LabelSide,
}

/// On which side of its point a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chart) enum LabelSide {
    Right,
    Left,
    Middle,
}

/// The usual text of a chart.
pub(super) fn plain(side: LabelSide) -> TextStyle {
    TextStyle::new(TEXT_EM, side)
}

pub(super) fn quiet(side: LabelSide) -> TextStyle {
    plain(side).quiet()
}

pub(super) fn bold(side: LabelSide) -> TextStyle {
    plain(side).bold()
}

impl TextStyle {
    /// Dark and not bold.
    pub fn new(em: f64, side: LabelSide) -> TextStyle {
        TextStyle { em, is_bold: false, colour: INK, side }
    }

    pub fn quiet(self) -> TextStyle {
        TextStyle { colour: QUIET, ..self }
    }

    pub fn bold(self) -> TextStyle {
        TextStyle { is_bold: true, ..self }
    }

    /// How wide the embedded font writes a text, in pixels, with some room for an SVG viewer whose font is wider.
    pub fn width(self, text: &str) -> f64 {
        embed_font();
        let font = font(self.em * FONT_HEIGHT_EM, self.is_bold);
        let (width, _) = font.box_size(text).expect("the embedded font measures every text");
        f64::from(width) / f64::from(FINENESS) * 1.04
    }

    /// As much of the text as that width holds.
    pub fn fitted(self, text: &str, width: f64) -> String {
        let shortest_first = 0..=text.chars().count();
        let mut candidates = shortest_first.rev().map(|chars| shortened(text, chars));
        candidates.find(|candidate| self.width(candidate) <= width).unwrap_or_default()
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

/// The font of a size in pixels, for either backend.
pub(super) fn font(size: f64, is_bold: bool) -> FontDesc<'static> {
    let style = if is_bold { FontStyle::Bold } else { FontStyle::Normal };
    (FAMILY, size * f64::from(FINENESS), style).into_font().transform(FontTransform::None)
}

/// A bare machine has no fonts, and without one plotters fails in the middle of a drawing.
pub(super) fn embed_font() {
    static EMBEDDED: Once = Once::new();
    EMBEDDED.call_once(|| {
        // The generic name, too, for other users of plotters in this program.
        for family in [FAMILY, "sans-serif"] {
            for (style, bytes) in
                [(FontStyle::Normal, notosans::REGULAR_TTF), (FontStyle::Bold, notosans::BOLD_TTF)]
            {
                register_font(family, style, bytes).unwrap_or_else(|_| panic!("the embedded font is sound"));
            }
        }
    });
}
