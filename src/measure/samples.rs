//! The spans of one trial, value by value.

use std::collections::BTreeMap;

use crate::results::{Histograms, Span, Spread};

/// Every value of every span, in nanoseconds. Percentiles are ranks of these; histograms are made of them for files
/// and pictures.
#[derive(Debug, Default)]
pub(super) struct Samples {
    by_span: BTreeMap<Span, Vec<u64>>,
}

impl Samples {
    pub fn record(&mut self, span: Span, nanoseconds: u64) {
        self.by_span.entry(span).or_default().push(nanoseconds);
    }

    pub fn histograms(&self) -> Histograms {
        let mut histograms = Histograms::default();
        for (&span, values) in &self.by_span {
            values.iter().for_each(|&value| histograms.record(span, value));
        }
        histograms
    }

    pub fn spreads(self) -> BTreeMap<Span, Spread> {
        self.by_span.into_iter().map(|(span, values)| (span, Spread::of_samples(values))).collect()
    }
}
