//! Whether both substrates tell the same of the same trials.

use serde_json::{Map, Value};

use crate::results::{Agreement, Point};

/// The swept key by which an experiment runs on both substrates.
const KEY: &str = "run.substrate";

/// What may lie between the substrates: so much, and this share of the live figure. A live message is under way for a
/// fraction of a millisecond longer than drawn and its thread has to be woken, which no simulator counts; the rest is
/// chance, since batches differ and with them the runs that draw a fate.
struct Tolerance {
    fixed: f64,
    share: f64,
}

struct Figure {
    name: &'static str,
    of: fn(&Point) -> Option<f64>,
    tolerance: Tolerance,
}

/// Throughput is compared below saturation alone: how fast a processor is no simulator knows.
const FIGURES: [Figure; 7] = [
    Figure {
        name: "stale_rate",
        of: |point| point.stale_rate.value,
        tolerance: Tolerance { fixed: 0.01, share: 0.1 },
    },
    Figure {
        name: "wait_mean_ms",
        of: |point| point.wait_ms.mean,
        tolerance: Tolerance { fixed: 1.0, share: 0.1 },
    },
    Figure {
        name: "wait_p90_ms",
        of: |point| point.wait_ms.p90,
        tolerance: Tolerance { fixed: 1.0, share: 0.1 },
    },
    Figure {
        name: "wait_p99_ms",
        of: |point| point.wait_ms.p99,
        tolerance: Tolerance { fixed: 2.0, share: 0.15 },
    },
    Figure {
        name: "latency_p50_ms",
        of: |point| point.latency_ms.p50,
        tolerance: Tolerance { fixed: 1.0, share: 0.1 },
    },
    Figure {
        name: "latency_p99_ms",
        of: |point| point.latency_ms.p99,
        tolerance: Tolerance { fixed: 2.0, share: 0.15 },
    },
    Figure {
        name: "throughput_ops_s",
        of: |point| (point.is_saturated == Some(false)).then_some(point.throughput_ops_s.value),
        tolerance: Tolerance { fixed: 0.0, share: 0.05 },
    },
];

/// Every figure that both substrates have, of every point and strategy; empty unless `run.substrate` was swept.
pub(super) fn agreements(points: &[Point]) -> Vec<Agreement> {
    let live = points.iter().filter(|point| substrate(point) == Some("live"));
    let pairs = live.filter_map(|live| {
        let is_partner = |sim: &&Point| {
            substrate(sim) == Some("sim") && sim.strategy == live.strategy && rest(sim) == rest(live)
        };
        Some((live, points.iter().find(is_partner)?))
    });
    pairs
        .flat_map(|(live, sim)| FIGURES.iter().filter_map(move |figure| agreement(figure, live, sim)))
        .collect()
}

fn agreement(figure: &Figure, live: &Point, sim: &Point) -> Option<Agreement> {
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

fn substrate(point: &Point) -> Option<&str> {
    point.point.get(KEY).and_then(Value::as_str)
}

/// What else was swept.
fn rest(point: &Point) -> Map<String, Value> {
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

    fn told(trials: &[TrialResult]) -> Vec<Agreement> {
        let heading = Heading {
            experiment: "both".to_owned(),
            question: "Do both agree?".to_owned(),
            seed: 1,
            substrate: "live and sim".to_owned(),
            started: "2026-01-02T03:04:05Z".to_owned(),
            points: Vec::new(),
            strategies: Vec::new(),
        };
        summarize(heading, trials).agreements
    }

    fn row<'a>(told: &'a [Agreement], figure: &str) -> &'a Agreement {
        told.iter().find(|agreement| agreement.figure == figure).expect("the figure is compared")
    }

    #[test]
    fn figures_of_both_substrates_stand_side_by_side_with_what_may_lie_between() {
        let told = told(&[on("live", 5, 200, 10), on("sim", 5, 229, 10)]);
        let stale = row(&told, "stale_rate");
        assert_eq!(stale.point, Map::from_iter([("delay_ms".to_owned(), json!(5))]));
        assert_eq!((stale.live, stale.sim, stale.agrees), (0.2, 0.229, true));
        assert!((stale.tolerance - 0.03).abs() < 1e-12, "{stale:?}");
        assert!(row(&told, "wait_p99_ms").agrees);
    }

    #[test]
    fn what_lies_farther_apart_does_not_agree() {
        let told = told(&[on("live", 5, 200, 10), on("sim", 5, 231, 13)]);
        assert!(!row(&told, "stale_rate").agrees);
        assert!(!row(&told, "wait_mean_ms").agrees);
        assert!(row(&told, "wait_p99_ms").agrees, "a tail may differ by more");
    }

    #[test]
    fn only_points_that_differ_in_nothing_else_are_compared() {
        assert_eq!(told(&[on("live", 5, 200, 10), on("sim", 6, 200, 10)]), []);
        assert_eq!(told(&[on("sim", 5, 200, 10)]), []);
    }
}
