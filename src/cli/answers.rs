//! Saved runs as a table of answers: a row for each question, with the figures that answer it.
//!
//! A row leads to the section of the question and to the run's folder, so a page shows the answer and a click the rest.

use std::path::Path;

use super::figure::{figure, grouped, interval};
use super::markdown::{SavedRun, escaped};
use super::{agreement, findings, theory};
use crate::results::{Comparison, Floor, FloorLane, FloorLoad, LoadKind, PointSummary, Summary};

/// Column titles of the table and the alignment of the columns.
const HEADING: &str = "\
| question | stale without it, % | stale with it | mean wait, ms | p99 of reads without → with it, ms \
| besides | verdict |
|---|--:|--:|--:|--:|---|---|";

/// The question of a floor, which has none of its own, and the section that answers it.
const FLOOR_QUESTION: &str = "What does the guarantee cost where nothing has to wait?";
const FLOOR_SECTION: &str = "How fast";

/// Printed for a figure that a run does not have.
const ABSENT: &str = "-";

/// The table, from its finished rows.
pub(super) fn table(rows: &[String]) -> String {
    format!("{HEADING}\n{}\n", rows.join("\n"))
}

/// The row of an experiment.
pub(super) fn of_run(run: &SavedRun) -> String {
    let SavedRun { folder, summary, .. } = run;
    let pairs: Vec<AnsweredPair> =
        summary.comparisons.iter().filter_map(|comparison| AnsweredPair::of(summary, comparison)).collect();
    row([
        link(&summary.question, folder, &summary.question),
        range(pairs.iter().filter_map(|pair| pair.without.stale_rate.value).map(|share| 100.0 * share)),
        stale_with_it(summary),
        range(pairs.iter().filter_map(|pair| pair.with.wait_ms.mean)),
        worst_latency(&pairs),
        besides(summary),
        format!("[{}]({folder})", findings::in_a_cell(run)),
    ])
}

/// The row of a floor: a query whose token is dominated on arrival, beside one without a token.
pub(super) fn of_floor(folder: &str, floor: &Floor) -> String {
    let lane = |case: &str| floor.lanes.iter().rfind(|lane| lane.case == case && is_closed(lane));
    let p99 = |case: &str| lane(case).and_then(|lane| lane.latency_ms.p99);
    let latency = p99("query none").zip(p99("query satisfied"));
    let mut besides =
        vec![format!("throughput × {} of unguarded queries", interval(&floor.guarded_to_unguarded))];
    besides.extend(
        lane("query satisfied").map(|lane| format!("× {} of bare calls", interval(&lane.throughput_ratio))),
    );
    besides.push(LoadKind::ClosedWithoutThinkTime.to_string());
    row([
        link(FLOOR_QUESTION, folder, FLOOR_SECTION),
        ABSENT.to_owned(),
        ABSENT.to_owned(),
        ABSENT.to_owned(),
        latency.map_or_else(|| ABSENT.to_owned(), |(without, with)| both(without, with)),
        besides.join(", "),
        format!("[measured]({folder})"),
    ])
}

/// A strategy and its baseline at the same point.
struct AnsweredPair<'a> {
    without: &'a PointSummary,
    with: &'a PointSummary,
}

impl<'a> AnsweredPair<'a> {
    fn of(summary: &'a Summary, comparison: &Comparison) -> Option<AnsweredPair<'a>> {
        let at = |strategy: &str| {
            let is_it = |found: &&PointSummary| found.point == comparison.point && found.strategy == strategy;
            summary.points.iter().find(is_it)
        };
        Some(AnsweredPair { without: at(&comparison.baseline)?, with: at(&comparison.strategy)? })
    }
}

fn stale_with_it(summary: &Summary) -> String {
    let rate = &summary.guaranteed;
    if rate.n == 0 { ABSENT.to_owned() } else { format!("{} of {}", rate.hits, grouped(rate.n)) }
}

/// The p99 latencies of reads where the guarantee multiplies them most.
fn worst_latency(pairs: &[AnsweredPair]) -> String {
    let known =
        pairs.iter().filter_map(|pair| pair.without.read_latency_ms.p99.zip(pair.with.read_latency_ms.p99));
    let worst = known.max_by(|(a, b), (c, d)| (b / a).total_cmp(&(d / c)));
    worst.map_or_else(|| ABSENT.to_owned(), |(without, with)| both(without, with))
}

fn both(without: f64, with: f64) -> String {
    format!("{} → {}", figure(without), figure(with))
}

/// What else the run shows: throughput where it is limited, agreement with theory, time-outs, recoveries.
fn besides(summary: &Summary) -> String {
    let agreements = [theory::agreement(summary), agreement::summary(summary)];
    let mut parts: Vec<String> = agreements.into_iter().flatten().collect();
    parts.extend(throughput(summary));
    let timed_out: u64 = summary.points.iter().map(|point| point.reads.timed_out).sum();
    parts.extend((timed_out > 0).then(|| format!("{} reads timed out", grouped(timed_out))));
    let recoveries: usize =
        summary.points.iter().filter_map(|point| point.recoveries).map(|found| found.count).sum();
    parts.extend(
        (recoveries > 0).then(|| format!("{} recoveries of killed branches", grouped(recoveries as u64))),
    );
    if parts.is_empty() { ABSENT.to_owned() } else { escaped(&parts.join("; ")) }
}

/// The most that each strategy achieved where loads vary until one saturates; else the least ratio of saturated loads.
fn throughput(summary: &Summary) -> Option<String> {
    if summary.saturation.iter().any(|found| found.from_offered_ops_s.is_some()) {
        let most = summary.saturation.iter().map(|found| {
            format!("`{}` {}", found.strategy, grouped(found.throughput_max_ops_s.round() as u64))
        });
        return Some(format!("most ops/s: {}", most.collect::<Vec<_>>().join(", ")));
    }
    let saturated = summary.comparisons.iter().filter(|comparison| comparison.is_saturated);
    let ratios = saturated.filter_map(|comparison| Some((comparison.throughput_ratio?, comparison)));
    let least = ratios.min_by(|(one, _), (other, _)| one.value.total_cmp(&other.value));
    least.map(|(ratio, of)| format!("throughput × {}, {}", interval(&ratio), of.load))
}

/// The least and the greatest, or the only one.
fn range(values: impl Iterator<Item = f64>) -> String {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    match (sorted.first(), sorted.last()) {
        (Some(&least), Some(&most)) if figure(least) != figure(most) => {
            format!("{} to {}", figure(least), figure(most))
        }
        (Some(&only), _) => figure(only),
        (None, _) => ABSENT.to_owned(),
    }
}

/// A text that leads to a heading of the page in the folder of all results, two above that of the run.
fn link(text: &str, folder: &str, heading: &str) -> String {
    let results = Path::new(folder).ancestors().nth(2).unwrap_or(Path::new(""));
    let page = results.join("README.md");
    format!("[{}]({}#{})", escaped(text), page.display(), anchor(heading))
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn is_closed(lane: &FloorLane) -> bool {
    matches!(lane.load, FloorLoad::Closed { .. })
}

fn row(cells: [String; 7]) -> String {
    format!("| {} |", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::super::markdown::tests::sample;
    use super::*;
    use crate::results::Rate;

    fn cells(row: &str) -> Vec<&str> {
        row.trim_matches(['|', ' ']).split(" | ").collect()
    }

    #[test]
    fn a_run_is_one_row_with_links_to_its_section_and_its_folder() {
        let row = of_run(&sample());
        let slug = "what-does-read-your-writes-cost-at-5-and-at-20-ms-between-three-branches";
        assert_eq!(
            cells(&row),
            [
                &*format!(
                    "[What does read-your-writes cost at 5 and at 20 ms between three branches?]\
                     (results/README.md#{slug})"
                ),
                "25.0 to 60.0",
                "0 of 4,000",
                "1.25 to 16.5",
                "1.50 → 90.0",
                "theory and measurement agree in 2 of 2 figures; live and simulated runs agree in 1 of 1 figures; \
                 throughput × 0.400 (0.380-0.420), closed loop without think time (the worst case); 10 reads timed out",
                "[valid, unfit](results/quickstart/20261123T224501Z)",
            ]
        );
    }

    #[test]
    fn a_broken_promise_and_absent_figures_are_shown_as_such() {
        let mut run = sample();
        run.summary.guaranteed = Rate::new(12, 4_000);
        let row = of_run(&run);
        assert_eq!(cells(&row)[2], "12 of 4,000", "{row}");
        run.summary.guaranteed = Rate::new(0, 0);
        run.summary.comparisons.clear();
        run.summary.saturation.clear();
        let row = of_run(&run);
        assert_eq!(cells(&row)[1..5], ["-"; 4], "{row}");
    }

    #[test]
    fn a_floor_is_one_row() {
        let floor: Floor = serde_json::from_str(include_str!("../results/testing/floor.json"))
            .expect("the sample is a floor");
        let row = of_floor("../results/floor/20261125T110000Z", &floor);
        let cells = cells(&row);
        assert!(cells[0].ends_with("](../results/README.md#how-fast)"), "{row}");
        assert!(cells[5].starts_with("throughput × "), "{row}");
        assert!(cells[5].ends_with(", closed loop without think time (the worst case)"), "{row}");
    }

    #[test]
    fn an_anchor_has_no_marks_and_no_capitals() {
        assert_eq!(anchor("How fast, at p99.9?"), "how-fast-at-p999");
        assert_eq!(link("Why?", "quickstart/20261123T224501Z", "Why?"), "[Why?](README.md#why)");
    }
}
