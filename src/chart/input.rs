//! The input of charts: results of one experiment.

use serde_json::{Map, Value};

use crate::results::{Histograms, Measures, Summary};

/// The results of one experiment.
#[derive(Debug, Clone, Copy)]
pub struct ChartInput<'a> {
    /// All points and comparisons.
    pub summary: &'a Summary,
    /// In any order; trials without a point in the summary are not drawn.
    pub trials: &'a [ChartTrial],
    /// Curves of a theory for `p_fresh`.
    pub curves: &'a [TheoryCurve],
}

/// The results of one trial.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartTrial {
    /// Unique in the experiment.
    pub id: String,
    /// The swept values by key, as in [`PointSummary::point`](crate::results::PointSummary::point).
    pub point: Map<String, Value>,
    /// As in [`PointSummary::strategy`](crate::results::PointSummary::strategy).
    pub strategy: String,
    /// From 0.
    pub repetition: usize,
    /// Seconds from the base; `None` if it is not known.
    pub warm_up_ends_s: Option<f64>,
    /// Seconds from the base; `None` if it is not known.
    pub load_ends_s: Option<f64>,
    /// The figures of the trial.
    pub measures: Measures,
    /// At least those of waits, of reads' latencies and of injection errors.
    pub histograms: Histograms,
}

/// P(fresh) at one point of the sweep by a theory.
#[derive(Debug, Clone, PartialEq)]
pub struct TheoryCurve {
    /// The swept values by key.
    pub point: Map<String, Value>,
    /// For the legend, such as `closed form`.
    pub label: String,
    /// Milliseconds since the write, and P(fresh) from 0 to 1; close enough to each other to look like a curve.
    pub points: Vec<(f64, f64)>,
}
