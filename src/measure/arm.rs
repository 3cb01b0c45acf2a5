//! The trials of an experiment, put in order.

use serde_json::{Map, Value};

use crate::results::{Span, Spread};

use super::trial_result::TrialResult;

/// All repetitions of one strategy at one point; at least one.
#[derive(Debug)]
pub(super) struct Arm<'a> {
    pub point: &'a Map<String, Value>,
    pub strategy: &'a str,
    /// In order of repetitions.
    pub trials: Vec<&'a TrialResult>,
}

impl<'a> Arm<'a> {
    /// Points in the given order, and at each the strategies in theirs.
    pub fn all(
        points: &'a [Map<String, Value>],
        strategies: &'a [String],
        trials: &'a [TrialResult],
    ) -> Vec<Arm<'a>> {
        let arm = |point, strategy| Arm::of(point, strategy, trials);
        points
            .iter()
            .flat_map(|point| strategies.iter().filter_map(|strategy| arm(point, strategy)))
            .collect()
    }

    fn of(point: &'a Map<String, Value>, strategy: &'a str, trials: &'a [TrialResult]) -> Option<Arm<'a>> {
        let own = trials.iter().filter(|trial| trial.point == *point && trial.strategy == strategy);
        let mut trials: Vec<&TrialResult> = own.collect();
        trials.sort_by_key(|trial| trial.repetition);
        (!trials.is_empty()).then_some(Arm { point, strategy, trials })
    }

    /// The arm at the same point with another strategy.
    pub fn beside<'b>(&self, arms: &'b [Arm<'a>], strategy: &str) -> Option<&'b Arm<'a>> {
        arms.iter().find(|arm| arm.point == self.point && arm.strategy == strategy)
    }

    pub fn spreads(&self, span: Span) -> Vec<Spread> {
        self.trials.iter().map(|trial| trial.spreads.get(span)).collect()
    }

    /// A figure of each trial.
    pub fn each(&self, figure: impl Fn(&TrialResult) -> f64) -> Vec<f64> {
        self.trials.iter().map(|trial| figure(trial)).collect()
    }

    /// For people: `delay_ms=20, drop=0.1`.
    pub fn place(&self) -> String {
        let pairs: Vec<String> = self.point.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if pairs.is_empty() { "the only point".to_owned() } else { pairs.join(", ") }
    }
}
