//! Latency, service, lag and waits of one operation, into the trial's histograms.

use crate::model::Time;
use crate::results::{Histograms, Span};

use super::observed_operation::{Ending, ObservedOperation};
use super::period::Period;

/// Records a measured operation. One that has not ended has the age that it has when the trial ends.
pub(super) fn record(histograms: &mut Histograms, operation: &ObservedOperation, period: &Period) {
    let ended = operation.complete.map_or(period.ended, |complete| complete.t);
    let (latency, service) = match operation.read {
        Some(_) => (Span::ReadLatency, Span::ReadService),
        None => (Span::WriteLatency, Span::WriteService),
    };
    for span in [Span::Latency, latency] {
        histograms.record(span, between(operation.invoke.intended, ended));
    }
    for span in [Span::Service, service] {
        histograms.record(span, between(operation.invoke.t, ended));
    }
    if operation.read.as_ref().is_some_and(|read| read.is_eligible) {
        histograms.record(Span::EligibleReadLatency, between(operation.invoke.intended, ended));
    }
    if operation.was_idle {
        histograms.record(Span::Lag, between(operation.invoke.intended, operation.invoke.t));
    }
    record_wait(histograms, operation);
}

fn record_wait(histograms: &mut Histograms, operation: &ObservedOperation) {
    let parked = operation.parked_ns();
    if parked > 0 {
        let span = if operation.read.is_some() { Span::WaitParked } else { Span::WriteWait };
        histograms.record(span, parked);
    }
    if let Some(wait) = wait_of_eligible(operation) {
        histograms.record(Span::Wait, wait);
    }
}

/// The wait of an eligible read in nanoseconds, if it is known.
pub(super) fn wait_of_eligible(operation: &ObservedOperation) -> Option<u64> {
    let parked = operation.parked_ns();
    let is_eligible = operation.read.as_ref().is_some_and(|read| read.is_eligible);
    (is_eligible && has_wait(operation.ending, parked)).then_some(parked)
}

/// Whether the wait of a read is known, if only as a lower bound: it was answered, or held until it failed. A read that
/// failed otherwise never came to wait, and one without an answer has no known wait.
fn has_wait(ending: Ending, parked: u64) -> bool {
    match ending {
        Ending::Ok | Ending::TimedOut => true,
        Ending::Refused | Ending::Failed | Ending::Unknown => parked > 0,
    }
}

/// The time from one to the other, in nanoseconds.
pub(super) fn between(from: Time, to: Time) -> u64 {
    to.0.saturating_sub(from.0)
}

#[cfg(test)]
mod tests {
    use crate::history::{CauseWord, Milestone};
    use crate::measure::measure;
    use crate::measure::testing::{HistoryScript, Op, recorded};
    use crate::results::Span;

    #[test]
    fn latency_counts_from_the_intended_start_and_service_from_the_invocation() {
        let mut script = HistoryScript::new(1);
        script.run(Op::deposit(0, 1).intended(10).invoked(15).ok(40));
        script.run(Op::query(0, 1).invoked(50).shows(53, &[1]));
        let histograms = measure(&script.history(100), true).1;
        let rows: [(Span, &[u64]); 6] = [
            (Span::Latency, &[3, 30]),
            (Span::ReadLatency, &[3]),
            (Span::WriteLatency, &[30]),
            (Span::Service, &[3, 25]),
            (Span::ReadService, &[3]),
            (Span::WriteService, &[25]),
        ];
        for (span, expected) in rows {
            assert_eq!(recorded(&histograms, span), expected, "{}", span.name());
        }
    }

    #[test]
    fn what_has_not_ended_is_recorded_at_its_age() {
        let mut script = HistoryScript::new(1);
        script.run(Op::deposit(0, 1).intended(10).invoked(15));
        script.phase(60, Milestone::LoadOver);
        let histograms = measure(&script.history(100), true).1;
        assert_eq!(recorded(&histograms, Span::Latency), [90]);
        assert_eq!(recorded(&histograms, Span::Service), [85]);
    }

    #[test]
    fn neither_the_warm_up_nor_what_was_intended_after_the_load_is_measured() {
        let mut script = HistoryScript::new(1);
        script.run(Op::deposit(0, 1).warm_up().invoked(5).ok(25));
        script.phase(20, Milestone::WarmUpOver);
        script.run(Op::deposit(0, 1).intended(59).invoked(61).ok(70));
        script.run(Op::deposit(0, 1).intended(60).invoked(75).ok(80));
        script.phase(60, Milestone::LoadOver);
        let histograms = measure(&script.history(100), true).1;
        assert_eq!(recorded(&histograms, Span::Latency), [11]);
    }

    #[test]
    fn lag_is_the_generator_s_only_if_the_customer_was_idle() {
        let mut script = HistoryScript::new(1);
        // Two milliseconds late though there was nothing to wait for.
        script.run(Op::deposit(0, 1).intended(10).invoked(12).ok(40));
        // Queued behind the first one: no fault of the generator.
        script.run(Op::deposit(0, 1).intended(39).invoked(45).ok(50));
        // Intended at the moment in which the one before ended.
        script.run(Op::deposit(0, 1).intended(50).invoked(51).ok(60));
        let histograms = measure(&script.history(100), true).1;
        assert_eq!(recorded(&histograms, Span::Lag), [1, 2]);
    }

    #[test]
    fn waits_of_eligible_reads_hold_zeros_and_censored_timeouts() {
        let mut script = HistoryScript::new(2);
        script.run(Op::deposit(0, 1).invoked(10).ok(11));
        script.apply(20, 2, 1, 1..=1);
        // Eligible, and there was nothing to wait for.
        script.run(Op::query(0, 2).invoked(30).shows(31, &[1, 0]));
        // Not eligible: the reply before has shown the write.
        script.run(Op::query(0, 2).invoked(32).shows(33, &[1, 0]));
        script.run(Op::deposit(0, 1).invoked(40).ok(41));
        // Eligible, held for its whole bound, and never answered.
        script.run(Op::query(0, 2).invoked(50).parked(100).fails(150, CauseWord::Deadline));
        // Eligible, and refused before it came to wait: no wait at all.
        script.run(Op::query(0, 2).invoked(160).fails(161, CauseWord::ParkedFull));
        let (measures, histograms) = measure(&script.history(200), true);
        assert_eq!(recorded(&histograms, Span::EligibleReadLatency), [1, 1, 100], "however they ended");
        assert_eq!(recorded(&histograms, Span::Wait), [0, 100]);
        assert_eq!(recorded(&histograms, Span::WaitParked), [100]);
        let reads = measures.reads;
        assert_eq!((reads.total, reads.eligible, reads.timed_out, reads.failed), (4, 3, 1, 1));
    }

    #[test]
    fn waits_of_writes_are_apart() {
        let mut script = HistoryScript::new(2);
        script.run(Op::deposit(0, 1).invoked(10).ok(11));
        script.apply(40, 2, 1, 1..=1);
        script.run(Op::withdraw(0, 2).invoked(20).parked(20).ok(40));
        let histograms = measure(&script.history(100), true).1;
        assert_eq!(recorded(&histograms, Span::WriteWait), [20]);
        let others = [Span::Wait, Span::WaitParked].map(|span| recorded(&histograms, span));
        assert_eq!(others, [[0_u64; 0]; 2]);
    }
}
