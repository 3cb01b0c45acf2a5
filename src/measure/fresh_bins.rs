//! P(fresh) against the time since the customer's latest write elsewhere.

use crate::results::{FreshBin, Rate};

use super::observed_operation::ObservedOperation;

/// Eight bounds to a decade, evenly spaced by ratio and rounded to two digits.
const DECADE: [u64; 8] = [10, 13, 18, 24, 32, 42, 56, 75];

/// Decades from 0.01 ms to 100 s.
const DECADES: u32 = 7;

const HOUR_NS: u64 = 3_600_000_000_000;

/// Reads by the time since their customer heard of its latest write elsewhere.
pub(super) struct FreshBins {
    /// Lower bounds in nanoseconds: 0, then from 0.01 ms to 100 s; the last is the end of the last bin, an hour.
    bounds: Vec<u64>,
    bins: Vec<Bin>,
}

#[derive(Clone, Copy, Default)]
struct Bin {
    fresh: u64,
    n: u64,
    sum_ns: u128,
}

impl FreshBins {
    pub fn new() -> FreshBins {
        let decade = |exponent: u32| DECADE.map(|mantissa| mantissa * 1_000 * 10_u64.pow(exponent));
        let bounds: Vec<u64> =
            [0].into_iter().chain((0..DECADES).flat_map(decade)).chain([100_000_000_000, HOUR_NS]).collect();
        FreshBins { bins: vec![Bin::default(); bounds.len() - 1], bounds }
    }

    /// Counts a measured operation. Reads count if their arrival is known and their customer has an `ok` write
    /// elsewhere.
    pub fn count(&mut self, operation: &ObservedOperation) {
        let Some(read) = &operation.read else { return };
        let Some((written, fresh)) = read.latest_elsewhere.zip(read.was_fresh()) else { return };
        let since = operation.invoke.t.0.saturating_sub(written.0);
        let above = self.bounds.partition_point(|&bound| bound <= since);
        let bin = &mut self.bins[(above - 1).min(self.bounds.len() - 2)];
        bin.fresh += u64::from(fresh);
        bin.n += 1;
        bin.sum_ns += u128::from(since);
    }

    /// Bins with at least one read, in order of times.
    pub fn finish(&self) -> Vec<FreshBin> {
        let bounds = self.bounds.windows(2).zip(&self.bins).filter(|(_, bin)| bin.n > 0);
        let fresh = bounds.map(|(bounds, bin)| FreshBin {
            from_ms: bounds[0] as f64 / 1e6,
            until_ms: bounds[1] as f64 / 1e6,
            mean_ms: bin.sum_ns as f64 / bin.n as f64 / 1e6,
            rate: Rate::new(bin.fresh, bin.n),
        });
        fresh.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::measure;
    use crate::measure::testing::{HistoryScript, Op};

    /// Lower and upper bound, mean, fresh reads and all.
    type Row = (f64, f64, f64, u64, u64);

    fn bins(script: HistoryScript) -> Vec<Row> {
        let fresh = measure(&script.history(1_000), true).0.fresh;
        let row = |bin: &FreshBin| (bin.from_ms, bin.until_ms, bin.mean_ms, bin.rate.hits, bin.rate.n);
        fresh.iter().map(row).collect()
    }

    #[test]
    fn bounds_are_even_by_ratio_and_end_at_an_hour() {
        let bounds = FreshBins::new().bounds;
        assert_eq!(bounds.len(), 1 + 7 * 8 + 2);
        assert_eq!(bounds[..4], [0, 10_000, 13_000, 18_000]);
        assert_eq!(bounds[bounds.len() - 3..], [75_000_000_000, 100_000_000_000, HOUR_NS]);
        let ratios = bounds[1..bounds.len() - 1].windows(2).map(|pair| pair[1] as f64 / pair[0] as f64);
        assert!(ratios.into_iter().all(|ratio| (1.29..1.39).contains(&ratio)), "{bounds:?}");
    }

    #[test]
    fn reads_are_binned_by_the_time_since_the_latest_write_elsewhere() {
        let mut script = HistoryScript::new(2);
        script.run(Op::deposit(0, 1).invoked(10).ok(10));
        // Fifteen after the write, which is not there.
        script.run(Op::query(0, 2).invoked(25).shows(25, &[0]));
        // The acknowledgement of the write before counts, not its invocation.
        script.run(Op::deposit(0, 1).invoked(30).ok(40));
        script.apply(54, 2, 1, 1..=2);
        script.run(Op::query(0, 2).invoked(54).shows(54, &[2]));
        // A lower bound belongs to its bin; that the branch has shown the write already does not matter.
        script.run(Op::query(0, 2).invoked(58).shows(58, &[2]));
        assert_eq!(bins(script), [(13.0, 18.0, 14.5, 1, 2), (18.0, 24.0, 18.0, 1, 1)]);
    }

    #[test]
    fn a_read_that_waits_counts_as_it_was_on_arrival() {
        let mut script = HistoryScript::new(2);
        script.run(Op::deposit(0, 1).invoked(10).ok(10));
        script.apply(90, 2, 1, 1..=1);
        script.run(Op::query(0, 2).invoked(10).parked(80).shows(90, &[1]));
        assert_eq!(bins(script), [(0.0, 0.01, 0.0, 0, 1)]);
    }

    #[test]
    fn reads_without_a_write_elsewhere_or_a_known_arrival_do_not_count() {
        let mut script = HistoryScript::new(2);
        script.run(Op::query(0, 2).invoked(5).shows(6, &[0]));
        script.run(Op::deposit(0, 2).invoked(10).ok(10));
        script.run(Op::query(0, 2).invoked(12).shows(13, &[0, 1]));
        script.run(Op::query(0, 1).invoked(20));
        assert_eq!(bins(script), []);
    }
}
