//! Figures of the theory beside measured ones.

use super::figure::{figure, point, within};
use crate::results::{PointSummary, Summary, theory_agreement};

/// Names of the columns of [`rows`].
pub(super) const COLUMNS: [&str; 5] = ["point", "figure", "expected", "measured", "agrees"];

/// A row for each figure that both have.
pub(super) fn rows(summary: &Summary) -> Vec<[String; 5]> {
    let of = |point: &PointSummary| [stale_rate(point), wait_mean(point)].into_iter().flatten();
    summary.points.iter().flat_map(of).collect()
}

/// Only where no read waits do the answers show it.
fn stale_rate(of: &PointSummary) -> Option<[String; 5]> {
    let expected = of.expected.filter(|expected| expected.wait_mean_measured_ms.is_none())?;
    let ([low, high], agrees) = expected.stale_rate_interval.zip(expected.stale_rate_agrees)?;
    let measured = of.stale_rate.value.map(|value| within(100.0 * value, 100.0 * low, 100.0 * high))?;
    let theory = figure(100.0 * expected.stale_rate);
    Some([point(&of.point), "stale rate, %".to_owned(), theory, measured, yes(agrees)])
}

fn wait_mean(of: &PointSummary) -> Option<[String; 5]> {
    let expected = of.expected?;
    let ([low, high], agrees) = expected.wait_mean_interval_ms.zip(expected.wait_mean_agrees)?;
    let measured = within(expected.wait_mean_measured_ms?.value, low, high);
    Some([point(&of.point), "mean wait, ms".to_owned(), figure(expected.wait_mean_ms), measured, yes(agrees)])
}

fn yes(agrees: bool) -> String {
    if agrees { "yes" } else { "no" }.to_owned()
}

/// A sentence on how often they agree; `None` if no point has a closed form.
pub(super) fn agreement(summary: &Summary) -> Option<String> {
    let (agree, all) = theory_agreement(summary);
    (all > 0).then(|| format!("theory and measurement agree in {agree} of {all} figures"))
}
