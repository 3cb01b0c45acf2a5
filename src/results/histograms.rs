//! The histograms of one trial.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// What is spread. All are in nanoseconds, of operations that were measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// How long eligible reads were parked, zeros included.
    Wait,
    /// How long reads were parked that were.
    WaitParked,
    /// How long withdrawals and guarded writes were parked that were.
    WaitWrites,
    /// A parked read's answer after the physical bound: what the network did not cause.
    ExcessWait,
    /// From the intended start to the completion.
    Latency,
    LatencyReads,
    LatencyWrites,
    /// From the invocation to the completion.
    Service,
    ServiceReads,
    ServiceWrites,
    /// From the intended start to the invocation, as far as it is the generator's fault.
    Lag,
    /// Delivered delay beyond the drawn, by leg.
    LateRequest,
    LateReply,
    LateReplicate,
    LateAck,
}

/// The histograms of one trial, by what they spread.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histograms {
    by_span: BTreeMap<Span, Histogram<u64>>,
}

impl Span {
    pub const ALL: [Span; 15] = [
        Span::Wait,
        Span::WaitParked,
        Span::WaitWrites,
        Span::ExcessWait,
        Span::Latency,
        Span::LatencyReads,
        Span::LatencyWrites,
        Span::Service,
        Span::ServiceReads,
        Span::ServiceWrites,
        Span::Lag,
        Span::LateRequest,
        Span::LateReply,
        Span::LateReplicate,
        Span::LateAck,
    ];

    /// The legs together.
    pub const LATE: [Span; 4] = [Span::LateRequest, Span::LateReply, Span::LateReplicate, Span::LateAck];

    /// As in file names and tags.
    pub fn name(self) -> &'static str {
        match self {
            Span::Wait => "wait",
            Span::WaitParked => "wait_parked",
            Span::WaitWrites => "wait_writes",
            Span::ExcessWait => "excess_wait",
            Span::Latency => "latency",
            Span::LatencyReads => "latency_reads",
            Span::LatencyWrites => "latency_writes",
            Span::Service => "service",
            Span::ServiceReads => "service_reads",
            Span::ServiceWrites => "service_writes",
            Span::Lag => "lag",
            Span::LateRequest => "late_request",
            Span::LateReply => "late_reply",
            Span::LateReplicate => "late_replicate",
            Span::LateAck => "late_ack",
        }
    }
}

impl Histograms {
    /// An hour at most; three significant digits.
    const HIGHEST_NS: u64 = 3_600_000_000_000;

    /// An empty histogram as all are here: up to an hour, longer counts as an hour, three significant digits.
    pub fn empty() -> Histogram<u64> {
        Histogram::new_with_bounds(1, Histograms::HIGHEST_NS, 3).expect("bounds and precision are valid")
    }

    pub fn record(&mut self, span: Span, nanoseconds: u64) {
        self.by_span.entry(span).or_insert_with(Histograms::empty).saturating_record(nanoseconds);
    }

    pub fn insert(&mut self, span: Span, histogram: Histogram<u64>) {
        self.by_span.insert(span, histogram);
    }

    /// `None` if nothing was recorded.
    pub fn get(&self, span: Span) -> Option<&Histogram<u64>> {
        self.by_span.get(&span)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Span, &Histogram<u64>)> {
        self.by_span.iter().map(|(&span, histogram)| (span, histogram))
    }
}
