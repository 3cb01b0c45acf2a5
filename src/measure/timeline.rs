//! A trial over time: ends, latencies and parked requests, in bins of equal width.

use crate::model::Time;
use crate::results::{Spread, TimeBin};

use super::observed_operation::{Ending, ObservedOperation};
use super::period::Period;

/// A trial that is shorter than this has narrow bins, so that its time lines have a shape.
const SHORT_NS: u64 = 20 * SECOND_NS;
const SECOND_NS: u64 = 1_000_000_000;
const NARROW_NS: u64 = SECOND_NS / 10;

/// A trial that would have more has bins ten times as wide, or a hundred times.
const BINS_MAX: u64 = 10_000;

/// All operations, those of the warm-up included, by when they ended.
pub(super) struct Timeline {
    width_ns: u64,
    bins: Vec<TimeBin>,
    /// Bin and latency of each operation that ended.
    latencies: Vec<(u32, u64)>,
    /// When a request began to be parked, 1, and when it was answered, -1.
    edges: Vec<(Time, i64)>,
}

impl Timeline {
    pub fn new(period: &Period) -> Timeline {
        let mut width_ns = if period.ended.0 < SHORT_NS { NARROW_NS } else { SECOND_NS };
        while period.ended.0.div_ceil(width_ns) > BINS_MAX {
            width_ns = width_ns.saturating_mul(10);
        }
        let seconds = |ns: u64| ns as f64 / 1e9;
        let bin = |index| TimeBin {
            from_s: seconds(index * width_ns),
            width_s: seconds(width_ns),
            ..TimeBin::default()
        };
        let bins = (0..period.ended.0.div_ceil(width_ns).max(1)).map(bin).collect();
        Timeline { width_ns, bins, latencies: Vec::new(), edges: Vec::new() }
    }

    pub fn count(&mut self, operation: &ObservedOperation) {
        let Some(complete) = operation.complete else { return };
        let index = self.index(complete.t);
        let bin = &mut self.bins[index];
        *match operation.ending {
            Ending::Ok => &mut bin.ok,
            Ending::Refused | Ending::TimedOut | Ending::Failed | Ending::Unknown => &mut bin.not_ok,
        } += 1;
        bin.stale += u64::from(operation.read.as_ref().is_some_and(|read| read.is_stale()));
        self.latencies.push((index as u32, complete.t.0.saturating_sub(operation.invoke.intended.0)));
        if let Some(answered) = complete.answered.filter(|_| operation.parked_ns() > 0) {
            let begun = Time(answered.0.saturating_sub(operation.parked_ns()));
            self.edges.extend([(begun, 1), (answered, -1)]);
        }
    }

    pub fn finish(mut self) -> Vec<TimeBin> {
        self.fill_latencies();
        self.fill_parked();
        self.bins
    }

    fn fill_latencies(&mut self) {
        self.latencies.sort_unstable_by_key(|&(bin, _)| bin);
        for ended in self.latencies.chunk_by(|one, next| one.0 == next.0) {
            let latencies = ended.iter().map(|&(_, latency)| latency).collect();
            let Spread { p50, p99, max, .. } = Spread::of_samples(latencies);
            let bin = &mut self.bins[ended[0].0 as usize];
            (bin.latency_p50_ms, bin.latency_p99_ms, bin.latency_max_ms) = (p50, p99, max);
        }
    }

    /// At equal times the answer comes first: a place that is freed and taken at once was never taken twice.
    fn fill_parked(&mut self) {
        let mut edges = std::mem::take(&mut self.edges);
        edges.sort_unstable();
        let (mut parked, mut filled) = (0, 0);
        for (t, change) in edges {
            let index = self.index(t);
            // What is parked when a bin begins counts in it.
            for bin in &mut self.bins[filled + 1..=index.max(filled)] {
                bin.parked_max = level(parked);
            }
            filled = index.max(filled);
            parked += change;
            let bin = &mut self.bins[filled];
            bin.parked_max = bin.parked_max.max(level(parked));
        }
    }

    fn index(&self, t: Time) -> usize {
        ((t.0 / self.width_ns) as usize).min(self.bins.len() - 1)
    }
}

fn level(parked: i64) -> u64 {
    u64::try_from(parked).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::CauseWord;
    use crate::measure::measure;
    use crate::measure::testing::{HistoryScript, Op, near};

    fn seconds(script: HistoryScript, ended_ms: u64) -> Vec<TimeBin> {
        measure(&script.history(ended_ms), true).0.seconds
    }

    #[test]
    fn a_short_trial_has_narrow_bins_and_a_very_long_one_wide_bins() {
        // End in ms, number of bins and their width in seconds.
        let rows = [
            (0, 1, 0.1),
            (100, 1, 0.1),
            (101, 2, 0.1),
            (19_999, 200, 0.1),
            (20_000, 20, 1.0),
            (10_000_000, 10_000, 1.0),
            (10_000_001, 1_001, 10.0),
        ];
        for (ended, bins, width_s) in rows {
            let seconds = seconds(HistoryScript::new(1), ended);
            let last = seconds.last().unwrap();
            assert_eq!((seconds.len(), last.width_s), (bins, width_s), "{ended} ms");
            near(Some(last.from_s), (bins - 1) as f64 * width_s);
        }
    }

    #[test]
    fn operations_count_where_they_end_whether_or_not_they_are_measured() {
        let mut script = HistoryScript::new(2);
        script.run(Op::deposit(0, 1).warm_up().intended(20).invoked(50).ok(80));
        script.run(Op::withdraw(0, 1).warm_up().invoked(90).fails(150, CauseWord::InsufficientFunds));
        script.run(Op::query(0, 2).invoked(160).shows(170, &[0]));
        script.run(Op::query(0, 2).invoked(180));
        let bins = seconds(script, 400);
        let counts: Vec<_> = bins.iter().map(|bin| (bin.ok, bin.not_ok, bin.stale)).collect();
        assert_eq!(counts, [(1, 0, 0), (1, 1, 1), (0, 0, 0), (0, 0, 0)]);
        near(bins[0].latency_max_ms, 60.0);
        near(bins[1].latency_max_ms, 60.0);
        assert_eq!((bins[1].latency_p50_ms, bins[2].latency_max_ms), (None, None), "too few samples");
    }

    #[test]
    fn twenty_operations_carry_a_median() {
        let mut script = HistoryScript::new(1);
        (0..20)
            .for_each(|session| script.run(Op::deposit(session, 1).invoked(10).ok(31 + u64::from(session))));
        near(seconds(script, 100)[0].latency_p50_ms, 30.0);
    }

    #[test]
    fn each_bin_has_the_most_that_was_parked_at_once() {
        let mut script = HistoryScript::new(1);
        let mut parked = |session, from, until| {
            let op = Op::query(session, 1).invoked(from).parked(until - from);
            script.run(op.shows(until, &[0]));
        };
        parked(0, 10, 30);
        parked(1, 20, 350);
        // Begins in the moment in which the first one ends: never three at once.
        parked(2, 30, 110);
        parked(3, 310, 320);
        let most: Vec<u64> = seconds(script, 500).iter().map(|bin| bin.parked_max).collect();
        assert_eq!(most, [2, 2, 1, 2, 0]);
    }
}
