//! Where the values of a panel lie in pixels.

use super::picture::{Panel, Polyline};
use super::pixels::{Rect, Xy};

/// A panel and the rectangle between its axes.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlotArea<'a> {
    pub panel: &'a Panel,
    pub rect: Rect,
}

impl PlotArea<'_> {
    /// Where a pair of values lies; `None` if it has no place, or is outside of the axes.
    pub fn place(&self, (x, y): (f64, f64)) -> Option<Xy> {
        let inside = |share: &f64| (-1e-6..=1.0 + 1e-6).contains(share);
        let across = self.panel.x.place(x).filter(inside)?;
        let up = self.panel.y.place(y).filter(inside)?;
        Some((self.rect.across(across), self.rect.up(up)))
    }

    /// The x of a value of the horizontal axis, or the nearer end of the axis.
    pub fn across(&self, value: f64) -> f64 {
        self.rect.across(self.panel.x.place(value).unwrap_or(0.0).clamp(0.0, 1.0))
    }

    /// The parts of a line that lie within the axes.
    pub fn runs(&self, line: &Polyline) -> Vec<Vec<Xy>> {
        let placed: Vec<Option<Xy>> = line.points.iter().map(|&point| self.place(point)).collect();
        let runs = placed.split(Option::is_none).map(|run| run.iter().flatten().copied().collect::<Vec<_>>());
        runs.filter(|run| !run.is_empty()).collect()
    }
}
