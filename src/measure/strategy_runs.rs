//! The trials of an experiment, by point and strategy.

use serde_json::{Map, Value};

use crate::results::{Interval, Rate, Span, Spread, Verdict};

use super::repetitions::{interval_over, spread_over};
use super::trial_result::TrialResult;

/// All repetitions of one strategy at one point; at least one.
#[derive(Debug)]
pub(super) struct StrategyRuns<'a> {
    pub point: &'a Map<String, Value>,
    pub strategy: &'a str,
    /// In order of repetitions.
    pub trials: Vec<&'a TrialResult>,
}

impl<'a> StrategyRuns<'a> {
    /// Points in the given order, and at each the strategies in theirs.
    pub fn all(
        points: &'a [Map<String, Value>],
        strategies: &'a [String],
        trials: &'a [TrialResult],
    ) -> Vec<StrategyRuns<'a>> {
        let runs = |point, strategy| StrategyRuns::of(point, strategy, trials);
        points
            .iter()
            .flat_map(|point| strategies.iter().filter_map(|strategy| runs(point, strategy)))
            .collect()
    }

    fn of(
        point: &'a Map<String, Value>,
        strategy: &'a str,
        trials: &'a [TrialResult],
    ) -> Option<StrategyRuns<'a>> {
        let own = trials.iter().filter(|trial| trial.point == *point && trial.strategy == strategy);
        let mut trials: Vec<&TrialResult> = own.collect();
        trials.sort_by_key(|trial| trial.repetition);
        (!trials.is_empty()).then_some(StrategyRuns { point, strategy, trials })
    }

    /// The runs at the same point with another strategy.
    pub fn beside<'b>(&self, all: &'b [StrategyRuns<'a>], strategy: &str) -> Option<&'b StrategyRuns<'a>> {
        all.iter().find(|runs| runs.point == self.point && runs.strategy == strategy)
    }

    /// The spread of each trial.
    pub fn spreads(&self, span: Span) -> Vec<Spread> {
        self.trials.iter().map(|trial| trial.spreads.get(span)).collect()
    }

    pub fn spread(&self, span: Span) -> Spread {
        spread_over(&self.spreads(span))
    }

    /// A figure of each trial, over the repetitions.
    pub fn interval(&self, figure: impl Fn(&TrialResult) -> f64) -> Interval {
        interval_over(&self.trials.iter().map(|trial| figure(trial)).collect::<Vec<_>>())
    }

    /// The same; `None` if a trial lacks the figure.
    pub fn interval_if_all(&self, figure: impl Fn(&TrialResult) -> Option<f64>) -> Option<Interval> {
        let figures: Option<Vec<f64>> = self.trials.iter().map(|trial| figure(trial)).collect();
        figures.map(|figures| interval_over(&figures))
    }

    /// Median over repetitions; `None` in a closed loop.
    pub fn offered_ops_s(&self) -> Option<f64> {
        self.interval_if_all(|trial| trial.measures.offered_ops_s).map(|interval| interval.value)
    }

    /// The worst of all trials.
    pub fn verdict(&self) -> Verdict {
        self.trials.iter().map(|trial| trial.judgement.verdict).fold(Verdict::Valid, Verdict::max)
    }

    /// Where this is in the sweep: `delay_ms=20, drop=0.1`.
    pub fn place(&self) -> String {
        let pairs: Vec<String> = self.point.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if pairs.is_empty() { "the only point".to_owned() } else { pairs.join(", ") }
    }
}

/// The stale reads of several trials together.
pub(super) fn stale_rate(trials: &[&TrialResult]) -> Rate {
    let rates = trials.iter().map(|trial| (trial.measures.stale.rate.hits, trial.measures.stale.rate.n));
    Rate::over(&rates.collect::<Vec<_>>())
}
