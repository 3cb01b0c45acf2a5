//! Saturation: the load from which on the system falls behind.

use crate::results::{PointSummary, Saturation};

use super::strategy_runs::StrategyRuns;

/// An open loop that achieves less than this share of what it was offered is saturated.
pub(super) const ACHIEVED_MIN: f64 = 0.95;

/// Whether an open loop achieved less than it was offered; `None` in a closed one. Writes that were refused for good
/// were answered, so they count as achieved.
pub(super) fn is_saturated(runs: &StrategyRuns) -> Option<bool> {
    let offered = runs.offered_ops_s()?;
    let achieved = runs.interval(|trial| {
        let measures = &trial.measures;
        let refused = if measures.measured_s > 0.0 {
            measures.writes.refused as f64 / measures.measured_s
        } else {
            0.0
        };
        measures.throughput_ops_s + refused
    });
    Some(achieved.value < ACHIEVED_MIN * offered)
}

/// The least ratio of the greatest to the least offered load for which loads differ by plan and not by chance.
const SPREAD_MIN: f64 = 1.1;

/// The saturation of each strategy that met open loops of different loads, in the order of its first point.
pub(super) fn saturation(points: &[PointSummary]) -> Vec<Saturation> {
    let offered = || points.iter().filter_map(|point| point.offered_ops_s);
    let ends = offered().reduce(f64::min).zip(offered().reduce(f64::max));
    if ends.is_none_or(|(least, most)| most < SPREAD_MIN * least) {
        return Vec::new();
    }
    let mut strategies: Vec<&String> = Vec::new();
    for point in points.iter().filter(|point| point.offered_ops_s.is_some()) {
        if !strategies.contains(&&point.strategy) {
            strategies.push(&point.strategy);
        }
    }
    let saturation = |strategy: &String| {
        let own = || points.iter().filter(|point| point.strategy == *strategy);
        let saturated = own().filter(|point| point.is_saturated == Some(true));
        let least = saturated.filter_map(|point| point.offered_ops_s).reduce(f64::min);
        let open = own().filter(|point| point.offered_ops_s.is_some());
        Saturation {
            strategy: strategy.clone(),
            from_offered_ops_s: least,
            throughput_max_ops_s: open.map(|point| point.throughput_ops_s.value).fold(0.0, f64::max),
        }
    };
    strategies.into_iter().map(saturation).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use crate::measure::testing::trial;
    use crate::measure::{Heading, TrialResult, summarize};
    use crate::results::{Histograms, Saturation, Summary};

    /// A trial that was offered so much, if its loop is open, and achieved so much.
    fn trial_with(strategy: &str, offered: Option<f64>, achieved: f64) -> TrialResult {
        let mut trial = trial(strategy, 0, &Histograms::default());
        trial.point = Map::from_iter([("rate".to_owned(), json!(offered))]);
        trial.measures.measured_s = 1.0;
        trial.measures.offered_ops_s = offered;
        trial.measures.throughput_ops_s = achieved;
        trial
    }

    fn summary(trials: &[TrialResult]) -> Summary {
        let heading = Heading {
            experiment: "load".to_owned(),
            question: "Where does it saturate?".to_owned(),
            seed: 1,
            substrate: "live".to_owned(),
            started: "2026-01-02T03:04:05Z".to_owned(),
            points: Vec::new(),
        };
        summarize(heading, trials)
    }

    #[test]
    fn a_point_is_saturated_below_95_percent_of_what_it_was_offered_and_a_closed_loop_has_none() {
        let rows = [
            (Some(100.0), 94.0, 0, Some(true)),
            (Some(100.0), 96.0, 0, Some(false)),
            (Some(100.0), 94.0, 3, Some(false)),
            (None, 94.0, 0, None),
        ];
        for (offered, achieved, refused, is_saturated) in rows {
            let mut trial = trial_with("none", offered, achieved);
            trial.measures.writes.refused = refused;
            let found = summary(&[trial]).points[0].is_saturated;
            assert_eq!(found, is_saturated, "{offered:?} {achieved} {refused}");
        }
    }

    #[test]
    fn the_saturation_point_is_the_least_offered_load_that_is_not_achieved() {
        let trials = [
            trial_with("none", Some(400.0), 290.0),
            trial_with("none", Some(200.0), 200.0),
            trial_with("none", Some(300.0), 280.0),
            trial_with("wait", Some(200.0), 199.0),
            trial_with("wait", None, 900.0),
            trial_with("none", None, 900.0),
        ];
        let row = |strategy: &str, from, most| Saturation {
            strategy: strategy.to_owned(),
            from_offered_ops_s: from,
            throughput_max_ops_s: most,
        };
        let expected = [row("none", Some(300.0), 290.0), row("wait", None, 199.0)];
        assert_eq!(summary(&trials).saturation, expected);
        assert_eq!(summary(&[trial_with("wait", None, 900.0)]).saturation, []);
        let alike = [trial_with("none", Some(300.0), 200.0), trial_with("wait", Some(310.0), 200.0)];
        assert_eq!(summary(&alike).saturation, [], "the load was not varied");
    }
}
