//! The part of a trial that a summary needs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::results::{Histograms, Judgement, LoadKind, Measures, Observed, Span, Spread};

use super::theory::Theory;

/// One trial: its place in the experiment, and its outcome.
#[derive(Debug, Clone)]
pub struct TrialResult {
    /// The swept values but for the strategy.
    pub point: Map<String, Value>,
    /// Its name in experiment files.
    pub strategy: String,
    /// Equal numbers of different strategies met the same arrivals.
    pub repetition: usize,
    /// Unique in the experiment.
    pub id: String,
    /// The load that it met.
    pub load: LoadKind,
    /// Customers of its workload.
    pub sessions: usize,
    /// Its figures.
    pub measures: Measures,
    /// The summary of its histograms.
    pub spreads: Spreads,
    /// Observations that only the substrate has.
    pub observed: Observed,
    /// The verdict, and its reasons.
    pub judgement: Judgement,
    /// The closed form, where it applies.
    pub expectation: Option<Theory>,
}

/// The spreads of a trial's histograms: some hundred bytes instead of some megabytes, since an experiment can have a
/// thousand trials.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spreads {
    by_span: BTreeMap<Span, Spread>,
    late: Spread,
    wait_deviation_ms: f64,
}

impl Spreads {
    /// Summarises all histograms of a trial, those of the substrate included.
    pub fn of(histograms: &Histograms) -> Spreads {
        let mut late = Histograms::empty();
        for leg in Span::INJECTION_ERRORS.into_iter().filter_map(|span| histograms.get(span)) {
            for value in leg.iter_recorded() {
                late.saturating_record_n(value.value_iterated_to(), value.count_at_value());
            }
        }
        Spreads {
            by_span: histograms.iter().map(|(span, histogram)| (span, Spread::of(histogram))).collect(),
            late: Spread::of(&late),
            wait_deviation_ms: histograms.get(Span::Wait).map_or(0.0, |wait| wait.stdev() / 1e6),
        }
    }

    /// The spread of one histogram; empty if nothing was recorded.
    pub fn get(&self, span: Span) -> Spread {
        self.by_span.get(&span).copied().unwrap_or_default()
    }

    /// The injection error of all legs together.
    pub fn late(&self) -> Spread {
        self.late
    }

    /// Standard deviation of [`Span::Wait`], in milliseconds.
    pub fn wait_deviation_ms(&self) -> f64 {
        self.wait_deviation_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::near;

    #[test]
    fn lateness_is_that_of_all_legs_together() {
        let mut histograms = Histograms::default();
        histograms.record(Span::InjectionErrorRequest, 1_000_000);
        histograms.record(Span::InjectionErrorAck, 3_000_000);
        histograms.record(Span::Latency, 50_000_000);
        let spreads = Spreads::of(&histograms);
        assert_eq!(spreads.late().n, 2);
        near(spreads.late().mean, 2.0);
        near(spreads.get(Span::InjectionErrorAck).max, 3.0);
        assert_eq!(spreads.get(Span::Wait), Spread::default());
    }

    #[test]
    fn the_deviation_of_waits_is_that_of_all_of_them() {
        let mut histograms = Histograms::default();
        [2, 4, 4, 4, 5, 5, 7, 9].iter().for_each(|ms| histograms.record(Span::Wait, ms * 1_000_000));
        near(Some(Spreads::of(&histograms).wait_deviation_ms()), 2.0);
    }
}
