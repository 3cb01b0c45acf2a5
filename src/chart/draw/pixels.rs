//! Positions on a picture, in pixels, and the finer units in which it is drawn.

/// The width of all charts, in pixels.
pub(in crate::chart) const WIDTH: u32 = 1200;

/// Backend units in a pixel: plotters takes whole numbers, and curves on whole pixels tremble.
pub(super) const FINENESS: u32 = 2;

/// A position or a size in pixels: to the right, and down.
pub(in crate::chart) type Xy = (f64, f64);

/// A rectangle in pixels, downwards from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// The x of a share of the width, from the left.
    pub fn across(&self, share: f64) -> f64 {
        self.left + share * self.width()
    }

    /// The y of a share of the height, from the bottom.
    pub fn up(&self, share: f64) -> f64 {
        self.bottom - share * (self.bottom - self.top)
    }
}

/// A position in backend units.
pub(super) fn fine((x, y): Xy) -> (i32, i32) {
    let units = |pixels: f64| libm::round(pixels * f64::from(FINENESS)) as i32;
    (units(x), units(y))
}

/// A length in backend units, at least one.
pub(super) fn fine_length(pixels: f64) -> u32 {
    libm::round(pixels * f64::from(FINENESS)).max(1.0) as u32
}
