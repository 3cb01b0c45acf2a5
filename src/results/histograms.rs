//! The histograms of one trial.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// A span of time that a histogram spreads, in nanoseconds, over the measured operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// The wait of eligible reads, zeros included.
    Wait,
    /// The wait of reads that were parked.
    WaitParked,
    /// The wait of withdrawals and guarded writes that were parked.
    WriteWait,
    /// The wait of parked reads beyond the injected network delay.
    ExcessWait,
    /// From the intended start to the completion.
    Latency,
    /// The latency of reads.
    ReadLatency,
    /// The latency of eligible reads.
    EligibleReadLatency,
    /// The latency of writes.
    WriteLatency,
    /// From the invocation to the completion.
    Service,
    /// The service time of reads.
    ReadService,
    /// The service time of writes.
    WriteService,
    /// From the intended start to the invocation, as far as it is the generator's fault.
    Lag,
    /// The injection error of requests: actual minus drawn delay.
    InjectionErrorRequest,
    /// The injection error of replies.
    InjectionErrorReply,
    /// The injection error of batches of writes.
    InjectionErrorReplicate,
    /// The injection error of acks.
    InjectionErrorAck,
}

/// The histograms of one trial, by span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histograms {
    by_span: BTreeMap<Span, Histogram<u64>>,
}

impl Span {
    /// All spans.
    pub const ALL: [Span; 16] = [
        Span::Wait,
        Span::WaitParked,
        Span::WriteWait,
        Span::ExcessWait,
        Span::Latency,
        Span::ReadLatency,
        Span::EligibleReadLatency,
        Span::WriteLatency,
        Span::Service,
        Span::ReadService,
        Span::WriteService,
        Span::Lag,
        Span::InjectionErrorRequest,
        Span::InjectionErrorReply,
        Span::InjectionErrorReplicate,
        Span::InjectionErrorAck,
    ];

    /// The injection errors of the four legs.
    pub const INJECTION_ERRORS: [Span; 4] = [
        Span::InjectionErrorRequest,
        Span::InjectionErrorReply,
        Span::InjectionErrorReplicate,
        Span::InjectionErrorAck,
    ];

    /// Its name in file names and tags.
    pub fn name(self) -> &'static str {
        match self {
            Span::Wait => "wait",
            Span::WaitParked => "wait_parked",
            Span::WriteWait => "write_wait",
            Span::ExcessWait => "excess_wait",
            Span::Latency => "latency",
            Span::ReadLatency => "read_latency",
            Span::EligibleReadLatency => "eligible_read_latency",
            Span::WriteLatency => "write_latency",
            Span::Service => "service",
            Span::ReadService => "read_service",
            Span::WriteService => "write_service",
            Span::Lag => "lag",
            Span::InjectionErrorRequest => "injection_error_request",
            Span::InjectionErrorReply => "injection_error_reply",
            Span::InjectionErrorReplicate => "injection_error_replicate",
            Span::InjectionErrorAck => "injection_error_ack",
        }
    }
}

impl Histograms {
    /// An hour at most; three significant digits.
    const HIGHEST_NS: u64 = 3_600_000_000_000;

    /// An empty histogram with the bounds of all: three significant digits up to an hour; longer counts as an hour.
    pub fn empty() -> Histogram<u64> {
        Histogram::new_with_bounds(1, Histograms::HIGHEST_NS, 3).expect("bounds and precision are valid")
    }

    /// Adds one value.
    pub fn record(&mut self, span: Span, nanoseconds: u64) {
        self.by_span.entry(span).or_insert_with(Histograms::empty).saturating_record(nanoseconds);
    }

    /// Sets the histogram of a span.
    pub fn insert(&mut self, span: Span, histogram: Histogram<u64>) {
        self.by_span.insert(span, histogram);
    }

    /// The histogram of a span; `None` if nothing was recorded.
    pub fn get(&self, span: Span) -> Option<&Histogram<u64>> {
        self.by_span.get(&span)
    }

    /// All histograms that have a value, in order of spans.
    pub fn iter(&self) -> impl Iterator<Item = (Span, &Histogram<u64>)> {
        self.by_span.iter().map(|(&span, histogram)| (span, histogram))
    }
}
