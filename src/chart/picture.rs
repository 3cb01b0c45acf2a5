//! A chart before it is drawn: plain data, in the units of its axes.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::look::{Marker, SeriesStyle};

/// Everything that a chart shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    /// A short question.
    pub title: String,
    /// What the figures rest on: experiment, N, repetitions, seed.
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
    /// In pixels, if there are few words; the width is the same for all.
    pub height: u32,
}

/// One pair of axes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Panel {
    /// What sets it apart from its neighbours; may be empty.
    pub heading: String,
    pub x: Axis,
    pub y: Axis,
    pub marks: Vec<Mark>,
}

/// What is drawn in a panel, the first undermost.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    Line(Polyline),
    Dots(Dots),
    Bars(Bars),
    Bounds(Bounds),
    Band(Band),
    Rule(RuleLine),
}

/// Points that are joined.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polyline {
    pub points: Vec<(f64, f64)>,
    pub colour: RGBColor,
    pub stroke: Stroke,
    /// Written beside the line where there is room.
    pub label: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stroke {
    Thick,
    Thin,
    Dashed,
    Dotted,
}

/// Points that are not joined.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dots {
    pub points: Vec<(f64, f64)>,
    pub look: SeriesStyle,
    pub is_hollow: bool,
    /// Pixels to the right, so that two dots of one place are both seen.
    pub shift: f64,
}

/// Intervals: at `x`, from `low` to `high`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bars {
    pub spans: Vec<(f64, f64, f64)>,
    pub colour: RGBColor,
    pub shift: f64,
}

/// Upper bounds: an arrow from each down to the end of the axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bounds {
    pub points: Vec<(f64, f64)>,
    pub colour: RGBColor,
    pub shift: f64,
}

/// Something that lasts, over the whole height.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Band {
    pub from: f64,
    pub until: f64,
    /// Written above the panel; may be empty.
    pub label: String,
}

/// A line from one end of the panel to the other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RuleLine {
    pub at: f64,
    pub is_upright: bool,
    pub colour: RGBColor,
    pub label: String,
}

/// One line of the legend.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LegendEntry {
    pub text: String,
    pub colour: RGBColor,
    pub sample: Sample,
}

/// What stands before the text of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    Line(Stroke),
    Dot(Marker),
    HollowDot(Marker),
    DotOnLine(Marker),
    Block,
    /// Words alone, for what cannot be seen.
    Nothing,
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

    pub fn without_data(mut self, why: impl Into<String>) -> Picture {
        self.empty = Some(why.into());
        self.legend.clear();
        self.notes.clear();
        self
    }
}
