//! The progress of a trial, and its output: the same for both substrates.

use std::time::Duration;

use crate::network::{InjectionError, Leg};
use crate::results::{Histograms, Observed, Span};

/// The progress of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialProgress {
    /// From the base.
    pub elapsed: Duration,
    /// Operations that have ended.
    pub operations: u64,
    /// Requests that wait at branches now.
    pub parked: usize,
}

/// The output of a trial.
#[derive(Debug)]
pub struct TrialOutput<W> {
    /// Where the history was written, closed.
    pub out: W,
    /// Figures of the run that no history has.
    pub observed: Observed,
    /// The injection error by leg, while measured.
    pub late: Histograms,
}

/// The injection error by leg, as results keep it.
pub fn lateness(injection_error: &InjectionError) -> Histograms {
    let mut late = Histograms::default();
    for leg in Leg::ALL {
        let span = match leg {
            Leg::Request => Span::InjectionErrorRequest,
            Leg::Reply => Span::InjectionErrorReply,
            Leg::Replicate => Span::InjectionErrorReplicate,
            Leg::Ack => Span::InjectionErrorAck,
        };
        let mut histogram = Histograms::empty();
        histogram.add(injection_error.leg(leg)).expect("an hour holds a minute");
        late.insert(span, histogram);
    }
    late
}
