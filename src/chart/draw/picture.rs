//! A chart before it is drawn: plain data, in the units of its axes.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::theme::{Marker, SeriesStyle};

/// Everything that a chart shows.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Picture {
    /// A short question.
    pub title: String,
    /// The basis of the figures: experiment, N, repetitions, seed.
    pub subtitle: String,
    /// Above the panels, so that it never covers data.
    pub legend: Vec<LegendEntry>,
    pub panels: Vec<Panel>,
    /// Panels beside each other; the rest goes into further rows.
    pub columns: usize,
    /// All panels share the horizontal axis, and only the lowest has its figures.
    pub is_stacked: bool,
    /// Below the panels: what a reader must know to read it.
    pub notes: Vec<String>,
    /// Why there is nothing to see, in place of the panels.
    pub empty: Option<String>,
    /// In pixels, if there is little text; the width is the same for all.
    pub height: u32,
}

/// One pair of axes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Panel {
    /// The difference from its neighbours; may be empty.
    pub heading: String,
    pub x: Axis,
    pub y: Axis,
    /// Below the grid.
    pub bands: Vec<Band>,
    /// The first undermost.
    pub marks: Vec<Mark>,
}

/// One thing that is drawn above the grid of a panel.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) enum Mark {
    Line(Polyline),
    Dots(Dots),
    Bars(Bars),
    Bounds(Bounds),
    Rule(RuleLine),
}

/// Points that are joined.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Polyline {
    pub points: Vec<(f64, f64)>,
    pub colour: RGBColor,
    pub stroke: Stroke,
    /// Written beside the line where there is room.
    pub label: String,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chart) enum Stroke {
    Thick,
    Thin,
    Dashed,
    Dotted,
}

/// Points that are not joined.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Dots {
    pub points: Vec<(f64, f64)>,
    pub style: SeriesStyle,
    pub is_hollow: bool,
    /// Pixels to the right, so that two dots of one place are both seen.
    pub shift: f64,
}

/// Intervals: at `x`, from `low` to `high`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Bars {
    pub spans: Vec<(f64, f64, f64)>,
    pub colour: RGBColor,
    pub shift: f64,
}

/// Upper bounds: an arrow from each down to the end of the axis.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Bounds {
    pub points: Vec<(f64, f64)>,
    pub colour: RGBColor,
    pub shift: f64,
}

/// A stretch of the horizontal axis, shaded over the whole height.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Band {
    pub from: f64,
    pub until: f64,
    /// Written above the panel; may be empty.
    pub label: String,
}

/// A line from one end of the panel to the other.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct RuleLine {
    pub at: f64,
    pub is_upright: bool,
    pub colour: RGBColor,
    pub label: String,
}

/// One line of the legend.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct LegendEntry {
    pub text: String,
    pub colour: RGBColor,
    pub sample: Sample,
}

/// The sample before the text of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chart) enum Sample {
    Line(Stroke),
    Dot(Marker),
    HollowDot(Marker),
    DotOnLine(Marker),
    Block,
    /// Text alone, for what cannot be seen.
    Nothing,
}

impl Panel {
    /// A panel without heading and bands.
    pub fn new(x: Axis, y: Axis, marks: Vec<Mark>) -> Panel {
        Panel { heading: String::new(), x, y, bands: Vec::new(), marks }
    }
}

impl Mark {
    /// A line without a label.
    pub fn line(points: Vec<(f64, f64)>, colour: RGBColor, stroke: Stroke) -> Mark {
        Mark::Line(Polyline { points, colour, stroke, label: String::new() })
    }

    /// Filled dots, moved by `shift` pixels.
    pub fn dots(points: Vec<(f64, f64)>, style: SeriesStyle, shift: f64) -> Mark {
        Mark::Dots(Dots { points, style, is_hollow: false, shift })
    }

    pub fn bars(spans: Vec<(f64, f64, f64)>, colour: RGBColor, shift: f64) -> Mark {
        Mark::Bars(Bars { spans, colour, shift })
    }

    /// A vertical rule.
    pub fn upright(at: f64, colour: RGBColor, label: String) -> Mark {
        Mark::Rule(RuleLine { at, is_upright: true, colour, label })
    }
}

impl LegendEntry {
    pub fn new(text: impl Into<String>, colour: RGBColor, sample: Sample) -> LegendEntry {
        LegendEntry { text: text.into(), colour, sample }
    }
}

impl Picture {
    /// Without panels yet.
    pub fn new(title: &str, subtitle: String) -> Picture {
        Picture {
            title: title.to_owned(),
            subtitle,
            legend: Vec::new(),
            panels: Vec::new(),
            columns: 1,
            is_stacked: false,
            notes: Vec::new(),
            empty: None,
            height: 750,
        }
    }

    /// The same without panels, and with the reason why nothing is drawn.
    pub fn without_data(mut self, why: impl Into<String>) -> Picture {
        self.empty = Some(why.into());
        self.legend.clear();
        self.notes.clear();
        self
    }
}
