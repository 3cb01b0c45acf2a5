//! What durable logs did: group commit beside the bare device.

use super::figure::{interval, interval_or_nothing, point};
use crate::results::{Point, Summary};

/// Names of the columns of [`rows`].
pub(super) const COLUMNS: [&str; 5] =
    ["point", "strategy", "throughput, ops/s", "records a sync", "bare syncs a second"];

/// A row for each strategy at each point, beside points without a durable log; none if no point has one.
pub(super) fn rows(summary: &Summary) -> Vec<[String; 5]> {
    let has_some = summary.points.iter().any(|point| point.records_per_sync.is_some());
    summary.points.iter().filter(|_| has_some).map(row).collect()
}

fn row(of: &Point) -> [String; 5] {
    let [records, bare] =
        [&of.records_per_sync, &of.bare_syncs_per_s].map(|figure| interval_or_nothing(figure.as_ref()));
    [point(&of.point), of.strategy.clone(), interval(&of.throughput_ops_s), records, bare]
}
