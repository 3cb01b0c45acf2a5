//! The trials of an experiment, by point and strategy.

use serde_json::{Map, Value};

use crate::model::Strategy;
use crate::results::{HitBlock, Interval, Measures, Rate, Span, Spread, Staleness, Verdict, plain_text};

use super::clusters::{clustered_rate, design_effect_of};
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

    pub fn measures(&self) -> impl Iterator<Item = &'a Measures> {
        self.trials.iter().map(|trial| &trial.measures)
    }

    /// The design effect of the stale reads of the control at the same point.
    pub fn control_effect(&self, all: &[StrategyRuns]) -> Option<f64> {
        stale_design_effect(self.beside(all, &Strategy::None.to_string())?.measures())
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
}

/// A point of the sweep in words: `delay_ms=20, drop=0.1`.
pub(super) fn place(point: &Map<String, Value>) -> String {
    let pairs: Vec<String> =
        point.iter().map(|(key, value)| format!("{key}={}", plain_text(value))).collect();
    if pairs.is_empty() { "the only point".to_owned() } else { pairs.join(", ") }
}

/// The stale reads of several trials together. `control` is the design effect of the control's stale reads, for the
/// case that none was seen.
pub fn stale_rate_of<'a>(trials: impl Iterator<Item = &'a Measures>, control: Option<f64>) -> Rate {
    let trials: Vec<&Staleness> = trials.map(|measures| &measures.stale).collect();
    if trials.iter().any(|stale| stale.blocks.is_empty()) {
        // Nothing is known of when reads were stale.
        return Rate::over(&trials.iter().map(|stale| (stale.rate.hits, stale.rate.n)).collect::<Vec<_>>());
    }
    clustered_rate(&blocks(&trials), control)
}

/// By how much the variance of the stale rate exceeds that of independent reads; `None` where no read was stale, all
/// were, or it is not known when.
pub fn stale_design_effect<'a>(trials: impl Iterator<Item = &'a Measures>) -> Option<f64> {
    design_effect_of(&blocks(&trials.map(|measures| &measures.stale).collect::<Vec<_>>()))
}

fn blocks<'a>(trials: &[&'a Staleness]) -> Vec<&'a [HitBlock]> {
    trials.iter().map(|stale| &stale.blocks[..]).collect()
}

/// The stale reads of all trials whose strategy promises the guarantee. Where none was seen, the bound uses the
/// dependence of the stale reads of the control, `none`, at each point.
pub(super) fn guaranteed(all: &[StrategyRuns]) -> Rate {
    let binds = |runs: &&StrategyRuns| runs.trials.iter().any(|trial| trial.judgement.read_your_writes_binds);
    let own = |runs: &StrategyRuns| stale_rate_of(runs.measures(), runs.control_effect(all));
    let bound: Vec<&StrategyRuns> = all.iter().filter(binds).collect();
    let rates: Vec<Rate> = bound.iter().map(|runs| own(runs)).collect();
    let n: u64 = rates.iter().map(|rate| rate.n).sum();
    let effective: f64 = rates.iter().filter_map(|rate| rate.effective_n).sum();
    let control = (effective > 0.0).then(|| n as f64 / effective);
    stale_rate_of(bound.iter().flat_map(|runs| runs.measures()), control)
}
