//! Whether both substrates give the same figures for the same trials.

use serde_json::{Map, Value};

use crate::results::{Agreement, PointSummary};

/// The swept key by which an experiment runs on both substrates.
const KEY: &str = "run.substrate";

/// The accepted difference between the substrates: a fixed part, and a share of the live figure. A live message is
/// under way for a fraction of a millisecond longer than drawn and its thread has to be woken, which no simulator
/// counts. The rest is chance, since batches differ and each batch draws a fate.
struct Tolerance {
    fixed: f64,
    share: f64,
}

struct ComparedFigure {
    name: &'static str,
    of: fn(&PointSummary) -> Option<f64>,
    tolerance: Tolerance,
}

/// Throughput is compared below saturation alone: no simulator knows the speed of a processor.
const FIGURES: [ComparedFigure; 7] = [
    ComparedFigure {
        name: "stale_rate",
        of: |point| point.stale_rate.value,
        tolerance: Tolerance { fixed: 0.01, share: 0.1 },
    },
    ComparedFigure {
        name: "wait_mean_ms",
        of: |point| point.wait_ms.mean,
        tolerance: Tolerance { fixed: 1.0, share: 0.1 },
    },
    ComparedFigure {
        name: "wait_p90_ms",
        of: |point| point.wait_ms.p90,
        tolerance: Tolerance { fixed: 1.0, share: 0.1 },
    },
    ComparedFigure {
        name: "wait_p99_ms",
        of: |point| point.wait_ms.p99,
        tolerance: Tolerance { fixed: 2.0, share: 0.15 },
    },
    ComparedFigure {
        name: "latency_p50_ms",
        of: |point| point.latency_ms.p50,
        tolerance: Tolerance { fixed: 1.0, share: 0.1 },
    },
    ComparedFigure {
        name: "latency_p99_ms",
        of: |point| point.latency_ms.p99,
        tolerance: Tolerance { fixed: 2.0, share: 0.15 },
    },
    ComparedFigure {
        name: "throughput_ops_s",
        of: |point| (point.is_saturated == Some(false)).then_some(point.throughput_ops_s.value),
        tolerance: Tolerance { fixed: 0.0, share: 0.05 },
    },
];

/// Every figure that both substrates have, of every point and strategy; empty unless `run.substrate` was swept.
pub(super) fn agreements(points: &[PointSummary]) -> Vec<Agreement> {
    let live = points.iter().filter(|point| substrate(point) == Some("live"));
    let pairs = live.filter_map(|live| {
        let is_partner = |sim: &&PointSummary| {
            substrate(sim) == Some("sim") && sim.strategy == live.strategy && rest(sim) == rest(live)
        };
        Some((live, points.iter().find(is_partner)?))
    });
    pairs
        .flat_map(|(live, sim)| FIGURES.iter().filter_map(move |figure| agreement(figure, live, sim)))
        .collect()
}

fn agreement(figure: &ComparedFigure, live: &PointSummary, sim: &PointSummary) -> Option<Agreement> {
    let (in_live, in_sim) = ((figure.of)(live)?, (figure.of)(sim)?);
    let tolerance = figure.tolerance.fixed + figure.tolerance.share * in_live;
    Some(Agreement {
        point: rest(live),
        strategy: live.strategy.clone(),
        figure: figure.name.to_owned(),
        live: in_live,
        sim: in_sim,
        tolerance,
        agrees: (in_sim - in_live).abs() <= tolerance,
    })
}

fn substrate(point: &PointSummary) -> Option<&str> {
    point.point.get(KEY).and_then(Value::as_str)
}

/// The other swept values.
fn rest(point: &PointSummary) -> Map<String, Value> {
    let mut rest = point.point.clone();
    rest.remove(KEY);
    rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::measure::testing::trial;
    use crate::measure::{Heading, TrialResult, summarize};
    use crate::results::{Histograms, Rate, Span};

    /// A trial with so many stale reads of a thousand, which waited so long.
    fn on(substrate: &str, delay: u64, stale: u64, wait_ms: u64) -> TrialResult {
        let mut histograms = Histograms::default();
        (0..1000).for_each(|_| histograms.record(Span::Wait, wait_ms * 1_000_000));
        let mut trial = trial("wait", 0, &histograms);
        trial.point =
            Map::from_iter([(KEY.to_owned(), json!(substrate)), ("delay_ms".to_owned(), json!(delay))]);
        trial.measures.stale.rate = Rate::new(stale, 1000);
        trial
    }

    fn agreements_of(trials: &[TrialResult]) -> Vec<Agreement> {
        let heading = Heading {
            experiment: "both".to_owned(),
            question: "Do both agree?".to_owned(),
            seed: 1,
            substrate: "live and sim".to_owned(),
            started: "2026-01-02T03:04:05Z".to_owned(),
            points: Vec::new(),
        };
        summarize(heading, trials).agreements
    }

    fn row<'a>(found: &'a [Agreement], figure: &str) -> &'a Agreement {
        found.iter().find(|agreement| agreement.figure == figure).expect("the figure is compared")
    }

    #[test]
    fn figures_of_both_substrates_are_side_by_side_with_their_tolerance() {
        let found = agreements_of(&[on("live", 5, 200, 10), on("sim", 5, 229, 10)]);
        let stale = row(&found, "stale_rate");
        assert_eq!(stale.point, Map::from_iter([("delay_ms".to_owned(), json!(5))]));
        assert_eq!((stale.live, stale.sim, stale.agrees), (0.2, 0.229, true));
        assert!((stale.tolerance - 0.03).abs() < 1e-12, "{stale:?}");
        assert!(row(&found, "wait_p99_ms").agrees);
    }

    #[test]
    fn what_lies_farther_apart_does_not_agree() {
        let found = agreements_of(&[on("live", 5, 200, 10), on("sim", 5, 231, 13)]);
        assert!(!row(&found, "stale_rate").agrees);
        assert!(!row(&found, "wait_mean_ms").agrees);
        assert!(row(&found, "wait_p99_ms").agrees, "a tail may differ by more");
    }

    #[test]
    fn only_points_that_differ_in_nothing_else_are_compared() {
        assert_eq!(agreements_of(&[on("live", 5, 200, 10), on("sim", 6, 200, 10)]), []);
        assert_eq!(agreements_of(&[on("sim", 5, 200, 10)]), []);
    }
}
