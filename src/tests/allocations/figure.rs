//! A count beside the figure that it is to have.

use std::fmt;

/// An allocation more or less per operation is twice as much.
const ALLOCATIONS_APART: f64 = 0.5;

/// Of the stated bytes.
const BYTES_APART: f64 = 0.15;

/// What is stated of `what`, and what was counted.
pub struct Figure {
    what: &'static str,
    unit: &'static str,
    stated: f64,
    counted: f64,
    apart: f64,
}

impl Figure {
    /// Of one operation.
    pub fn allocations(what: &'static str, stated: f64, counted: f64) -> Figure {
        Figure { what, unit: "allocations", stated, counted, apart: ALLOCATIONS_APART }
    }

    /// Of one that is kept.
    pub fn bytes(what: &'static str, stated: f64, counted: f64) -> Figure {
        Figure { what, unit: "bytes", stated, counted, apart: BYTES_APART * stated }
    }
}

/// Whether the count is further from its figure than it may be.
pub fn strays(figure: &Figure) -> bool {
    (figure.counted - figure.stated).abs() > figure.apart
}

/// Fails with all figures, so that one run shows all that there is to write down.
pub fn assert_all(figures: &[Figure]) {
    let lines: Vec<String> = figures.iter().map(Figure::to_string).collect();
    assert!(!figures.iter().any(strays), "counts that stray from their figures:\n{}", lines.join("\n"));
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figure { what, unit, stated, counted, apart: _ } = self;
        let verdict = if strays(self) { ", which strays" } else { "" };
        write!(f, "{what}: {unit} stated {stated}, counted {counted:.3}{verdict}")
    }
}
