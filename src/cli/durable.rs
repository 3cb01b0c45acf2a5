//! Durable logs: group commit beside the bare device.

use super::figure::{figure, interval, interval_or_nothing, point};
use crate::results::{PointSummary, Recoveries, Summary};

/// Names of the columns of [`rows`].
pub(super) const COLUMNS: [&str; 5] =
    ["point", "strategy", "throughput, ops/s", "records a sync", "bare syncs a second"];

/// A row for each strategy at each point, beside points without a durable log; none if no point has one.
pub(super) fn rows(summary: &Summary) -> Vec<[String; 5]> {
    let has_some = summary.points.iter().any(|point| point.records_per_sync.is_some());
    summary.points.iter().filter(|_| has_some).map(row).collect()
}

/// A sentence for each point on how branches came back, and how many writes stayed unknown; none if no branch went.
pub(super) fn returns(summary: &Summary) -> Vec<String> {
    let sentence = |of: &PointSummary| {
        let Recoveries { count, took_ms_p50, took_ms_max, records_max, replay_ms_max } = of.recoveries?;
        let [p50, most, replay] = [took_ms_p50, took_ms_max, replay_ms_max].map(figure);
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        Some(format!(
            "{}: branches came back {times}, in {p50} ms (median; at most {most}), replaying up to {records_max} \
             records in up to {replay} ms; {} writes ended `info`",
            [point(&of.point), of.strategy.clone()].join(" ").trim(),
            of.unknown_writes
        ))
    };
    summary.points.iter().filter_map(sentence).collect()
}

fn row(of: &PointSummary) -> [String; 5] {
    let [records, bare] =
        [&of.records_per_sync, &of.bare_syncs_per_s].map(|figure| interval_or_nothing(figure.as_ref()));
    [point(&of.point), of.strategy.clone(), interval(&of.throughput_ops_s), records, bare]
}

/// For tests of other parts of an outcome.
#[cfg(test)]
pub(super) fn leave_out(summary: &mut Summary) {
    for point in &mut summary.points {
        (point.records_per_sync, point.bare_syncs_per_s, point.recoveries) = (None, None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_and_returns_are_reported_where_there_were_some() {
        let mut summary: Summary = serde_json::from_str(include_str!("../results/testing/summary.json"))
            .expect("the sample is a summary");
        let rows = rows(&summary);
        assert_eq!(rows.len(), summary.points.len());
        assert_eq!(rows[0][3..], ["-", "-"]);
        assert_eq!(rows[1][3..], ["12.5 (12.5-12.5)", "5000 (5000-5000)"]);
        assert_eq!(
            returns(&summary),
            [
                "delay_ms=5 wait: branches came back 6 times, in 7.50 ms (median; at most 21.5), replaying up to 2000 \
              records in up to 3.75 ms; 9 writes ended `info`"
            ]
        );
        leave_out(&mut summary);
        assert!(super::rows(&summary).is_empty() && returns(&summary).is_empty());
    }
}
