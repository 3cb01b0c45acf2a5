//! How a trial stands while it runs, and what it leaves: the same for both substrates.

use std::time::Duration;

use crate::network::{InjectionError, Leg};
use crate::results::{Histograms, Observed, Span};

/// How a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialProgress {
    /// From the base.
    pub elapsed: Duration,
    /// Operations that have ended.
    pub operations: u64,
    /// Requests that wait at branches now.
    pub parked: usize,
}

/// What a trial leaves beside its history.
#[derive(Debug)]
pub struct TrialOutput<W> {
    /// Where the history was written, closed.
    pub out: W,
    pub observed: Observed,
    /// Delivered delay beyond the drawn, by leg, while measured.
    pub late: Histograms,
}

/// Lateness by leg, as results keep it.
pub fn lateness(fidelity: &InjectionError) -> Histograms {
    let mut late = Histograms::default();
    for leg in Leg::ALL {
        let span = match leg {
            Leg::Request => Span::LateRequest,
            Leg::Reply => Span::LateReply,
            Leg::Replicate => Span::LateReplicate,
            Leg::Ack => Span::LateAck,
        };
        let mut histogram = Histograms::empty();
        histogram.add(fidelity.leg(leg)).expect("an hour holds a minute");
        late.insert(span, histogram);
    }
    late
}
