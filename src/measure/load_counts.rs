//! Offered and achieved load, and whether the generator kept up.

use std::collections::BTreeMap;

use crate::history::{History, PairedOperation, RecordedOutcome, Refused};
use crate::model::Time;
use crate::results::{GeneratorHealth, Histograms, Measures, OperationTotals, Span};

use super::fault_figures::FaultTally;
use super::observed_operation::{Ending, ObservedOperation};
use super::period::Period;
use super::samples::Samples;
use super::spans::between;

/// Share of the median latency that the generator's lag may have at p99.
const LAG_MAX: f64 = 0.1;

/// Operations that were begun, in flight and ended, over the trial and in its measured time.
#[derive(Default)]
pub(super) struct LoadCounts {
    pub totals: OperationTotals,
    /// Measured operations that were invoked.
    begun: u64,
    /// Operations that ended in the measured time; their service times in nanoseconds.
    ended: u64,
    service_ns: u128,
    ended_ok: u64,
    /// Nanoseconds in flight within the measured time, over all operations.
    in_flight_ns: u128,
}

impl LoadCounts {
    pub fn count(&mut self, operation: &ObservedOperation, period: &Period) {
        self.begun += u64::from(operation.is_measured);
        let ended = operation.complete.map_or(period.ended, |complete| complete.t);
        let within = ended.min(period.until).since(operation.invoke.t.max(period.from));
        self.in_flight_ns += within.as_nanos();
        let Some(complete) = operation.complete else { return };
        self.totals.ended += 1;
        self.totals.unknown_writes +=
            u64::from(operation.ending == Ending::Unknown && operation.read.is_none());
        self.totals.ok_writes += u64::from(operation.ending == Ending::Ok && operation.read.is_none());
        if period.contains(complete.t) {
            self.ended += 1;
            self.ended_ok += u64::from(operation.ending == Ending::Ok);
            self.service_ns += complete.t.since(operation.invoke.t).as_nanos();
        }
    }

    pub fn throughput(&self, period: &Period) -> f64 {
        period.per_second(self.ended_ok)
    }

    pub fn offered(&self, history: &History, period: &Period) -> f64 {
        period.per_second(self.begun + arrivals(history, period).count() as u64)
    }

    pub fn in_flight_mean(&self, period: &Period) -> f64 {
        let seconds = period.seconds();
        if seconds > 0.0 { self.in_flight_ns as f64 / 1e9 / seconds } else { 0.0 }
    }

    /// The rate of ends times the mean service time (J. Little, Operations Research 1961).
    pub fn in_flight_by_little(&self, period: &Period) -> f64 {
        let mean_s = if self.ended > 0 { self.service_ns as f64 / self.ended as f64 / 1e9 } else { 0.0 };
        period.per_second(self.ended) * mean_s
    }
}

/// Corrects the throughput of a closed loop that ran out of planned operations: it is that of the time in which every
/// customer still had some. Without this both arms of a comparison would give planned operations by duration.
///
/// That time ends when the first customer has ended its last operation. Where this was in the warm-up, the warm-up
/// counts too: nothing else was under load.
pub fn count_until_it_ran_out(history: &History, measures: &mut Measures) {
    let period = Period::of(history);
    let customers = history.customers();
    let mut last: BTreeMap<usize, Time> = BTreeMap::new();
    for operation in &history.operations {
        let ended = operation.complete.as_ref().map_or(period.ended, |complete| complete.event.t);
        let last = last.entry(customers[operation.invoke.event.session.at()]).or_default();
        *last = ended.max(*last);
    }
    let until = last.into_values().min().unwrap_or(period.until).min(period.until);
    let from = if period.from < until { period.from } else { Time(0) };
    let loaded = Period { from, until, ..period };
    // The last operation of the first customer to stop is at the very end.
    let is_ok = |operation: &PairedOperation| {
        let complete = operation.complete.as_ref().map(|complete| &complete.event);
        complete.is_some_and(|c| matches!(c.outcome, RecordedOutcome::Ok(_)) && from <= c.t && c.t <= until)
    };
    let ok = history.operations.iter().filter(|operation| is_ok(operation)).count();
    measures.throughput_ops_s = loaded.per_second(ok as u64);
    measures.throughput_over_s = Some(loaded.seconds());
}

/// The flag is raised on however few samples: a late generator makes everything else doubtful.
pub(super) fn generator(history: &History, period: &Period, histograms: &Histograms) -> GeneratorHealth {
    let at = |span, quantile| histograms.get(span).map_or(0, |spread| spread.value_at_quantile(quantile));
    let is_late = at(Span::Lag, 0.99) as f64 > LAG_MAX * at(Span::Latency, 0.5) as f64;
    let (left_over, refused): (Vec<&Refused>, Vec<&Refused>) =
        arrivals(history, period).partition(|refused| period.left_over(refused));
    let never_began = left_over.len() as u64;
    GeneratorHealth { is_late, refused: refused.len() as u64, never_began }
}

/// Records measured arrivals that still waited for their session when the load was over, at their age then. To leave
/// them out would hide just what an open loop is to show.
pub(super) fn record_left_over(
    samples: &mut Samples,
    by_fault: &mut FaultTally,
    history: &History,
    period: &Period,
) {
    for refused in arrivals(history, period).filter(|refused| period.left_over(refused)) {
        let age = between(refused.intended, period.until);
        samples.record(Span::Latency, age);
        if refused.operation.is_write() {
            samples.record(Span::WriteLatency, age);
        } else {
            samples.record(Span::ReadLatency, age);
            by_fault.count_left_over(refused.intended, age);
        }
    }
}

/// Measured arrivals that were never begun.
pub(super) fn arrivals<'a>(history: &'a History, period: &'a Period) -> impl Iterator<Item = &'a Refused> {
    history.refused.iter().map(|at| &at.event).filter(|refused| period.measures_refused(refused))
}

#[cfg(test)]
mod tests {
    use crate::history::{CauseWord, Milestone};
    use crate::measure::testing::{HistoryScript, Op, near, recorded};
    use crate::measure::{count_until_it_ran_out, measure};
    use crate::results::{Measures, OperationTotals, Span};

    /// Measured from 100 to 600.
    fn measured(mut script: HistoryScript, is_open: bool) -> Measures {
        script.phase(100, Milestone::WarmUpOver);
        script.phase(600, Milestone::LoadOver);
        measure(&script.history(1_000), is_open).0
    }

    fn mixed() -> HistoryScript {
        let mut script = HistoryScript::new(1);
        // Of the warm-up, and ends in the measured time.
        script.run(Op::deposit(0, 1).warm_up().invoked(50).ok(150));
        script.run(Op::query(0, 1).invoked(200).shows(300, &[1]));
        script.run(Op::withdraw(0, 1).invoked(300).fails(350, CauseWord::InsufficientFunds));
        // Ends after the load.
        script.run(Op::deposit(0, 1).invoked(500).ok(700));
        script.refused(400, 0, 1);
        script
    }

    #[test]
    fn throughput_is_what_ended_ok_and_offered_is_what_was_intended_in_the_measured_time() {
        let measures = measured(mixed(), true);
        assert_eq!(measures.measured_s, 0.5);
        assert_eq!(measures.throughput_ops_s, 4.0);
        assert_eq!(measures.offered_ops_s, Some(8.0), "three that were begun, and one refused");
        assert_eq!(measures.generator.refused, 1);
        assert_eq!(measures.totals, OperationTotals { ended: 4, ok_writes: 2, unknown_writes: 0 });
    }

    /// Two customers of a closed loop, measured from 100 to 600. The first has three operations, the second ten.
    fn two_customers(step: u64) -> HistoryScript {
        let mut script = HistoryScript::new(2);
        script.phase(100, Milestone::WarmUpOver);
        script.phase(600, Milestone::LoadOver);
        for (session, count) in [(0, 3), (1, 10)] {
            for k in 1..=count {
                let op = Op::deposit(session, session + 1).invoked(step * k - step + 1);
                let op = if step * k < 100 { op.warm_up() } else { op };
                script.run(op.ok(step * k + u64::from(session)));
            }
        }
        script
    }

    #[test]
    fn a_loop_that_ran_out_has_the_throughput_of_the_time_before() {
        let history = two_customers(60).history(1_000);
        let mut measures = measure(&history, false).0;
        // 120 and 180, 121, 181, 241 and so on up to 541, of half a second.
        assert_eq!((measures.throughput_ops_s, measures.throughput_over_s), (20.0, None));
        count_until_it_ran_out(&history, &mut measures);
        // The first customer has nothing to do after 180: 120, 180 and 121 in 80 ms.
        assert_eq!((measures.throughput_ops_s, measures.throughput_over_s), (37.5, Some(0.08)));
    }

    #[test]
    fn a_loop_that_ran_out_in_its_warm_up_counts_that_too() {
        let history = two_customers(30).history(1_000);
        let mut measures = measure(&history, false).0;
        count_until_it_ran_out(&history, &mut measures);
        // 30, 60 and 90, 31 and 61, in 90 ms.
        near(Some(measures.throughput_ops_s), 5.0 / 0.09);
        assert_eq!(measures.throughput_over_s, Some(0.09));
    }

    #[test]
    fn a_closed_loop_is_offered_nothing() {
        assert_eq!(measured(mixed(), false).offered_ops_s, None);
    }

    #[test]
    fn little_s_law_compares_time_in_flight_with_rate_and_service() {
        let measures = measured(mixed(), true);
        // 50, 100, 50 and 100 of 500 ms.
        near(Some(measures.in_flight_mean), 0.6);
        // Three ended in half a second, after 100, 100 and 50 ms.
        near(Some(measures.in_flight_by_little), 6.0 * 0.25 / 3.0);
    }

    #[test]
    fn arrivals_that_never_began_are_counted_and_their_age_is_a_latency() {
        let mut script = HistoryScript::new(1);
        script.run(Op::query(0, 1).invoked(200).shows(590, &[0]));
        // Refused for a full queue at 400; still queued when the load ended at 600.
        script.refused(400, 0, 1);
        script.left_over(600, 0, 1, 450);
        script.phase(100, Milestone::WarmUpOver);
        script.phase(600, Milestone::LoadOver);
        let (measures, histograms) = measure(&script.history(1_000), true);
        let health = measures.generator;
        assert_eq!((health.refused, health.never_began), (1, 1));
        assert_eq!(recorded(&histograms, Span::ReadLatency), [150, 390]);
        assert_eq!(recorded(&histograms, Span::Service), [390]);
        assert_eq!(measures.reads.total, 1);
    }

    #[test]
    fn refusals_of_the_warm_up_do_not_count() {
        let mut script = HistoryScript::new(1);
        script.refused_in_warm_up(50, 0, 1);
        assert_eq!(measured(script, true).generator.refused, 0);
    }

    #[test]
    fn a_generator_is_late_if_its_lag_is_more_than_a_tenth_of_the_latency() {
        for (lag, is_late) in [(9, false), (11, true)] {
            let mut script = HistoryScript::new(1);
            script.run(Op::deposit(0, 1).intended(200).invoked(200 + lag).ok(300));
            assert_eq!(measured(script, true).generator.is_late, is_late, "{lag} of 100 ms");
        }
    }

    #[test]
    fn a_queue_is_no_lateness() {
        let mut script = HistoryScript::new(1);
        script.run(Op::deposit(0, 1).invoked(200).ok(300));
        script.run(Op::deposit(0, 1).intended(210).invoked(300).ok(400));
        assert!(!measured(script, true).generator.is_late);
    }
}
