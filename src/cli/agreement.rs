//! Figures of live trials beside those of simulated ones.

use super::figure::{figure, point};
use crate::results::{Agreement, Summary, substrate_agreement};

/// Names of the columns of [`rows`].
pub(super) const COLUMNS: [&str; 7] =
    ["point", "strategy", "figure", "live", "sim", "may differ by", "agrees"];

/// A row for each figure that both substrates have.
pub(super) fn rows(summary: &Summary) -> Vec<[String; 7]> {
    summary.agreements.iter().map(row).collect()
}

fn row(of: &Agreement) -> [String; 7] {
    let (place, agrees) = (point(&of.point), if of.agrees { "yes" } else { "no" });
    let [live, sim, tolerance] = [of.live, of.sim, of.tolerance].map(figure);
    [place, of.strategy.clone(), of.figure.clone(), live, sim, tolerance, agrees.to_owned()]
}

/// A sentence on how often they agree; `None` if the experiment ran on one substrate alone.
pub(super) fn summary(summary: &Summary) -> Option<String> {
    let (agree, all) = substrate_agreement(summary);
    (all > 0).then(|| format!("live and simulated runs agree in {agree} of {all} figures"))
}
