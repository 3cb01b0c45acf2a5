//! Reads of two trials that met the same arrivals, read by read.

use std::cmp::Ordering;

use crate::history::{History, PairedOperation, Refused};
use crate::model::Time;
use crate::results::{DifferenceQuantile, HitBlock, PairedDifference, ReadLatency, SumBlock};

use super::clusters::{BLOCKS, block_of, clustered_rate, mean_difference};
use super::period::Period;
use super::repetitions::interval_over;

/// The shares at which the curve is given.
const CURVE: [f64; 37] = [
    0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3,
    0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.999_5,
    0.999_8, 0.999_9, 0.999_95, 0.999_99,
];

/// A read is slower than its partner from here on, in nanoseconds.
const SLOWER_NS: i128 = 1_000_000;

/// Every measured read with its place in the plan, in order of customers and places.
///
/// A customer's arrivals have places in the order of their intended starts, begun or not. So a read has the same
/// place in every trial with the same arrivals, and in a closed loop as far as its customer came in both.
pub fn read_latencies(history: &History) -> Vec<ReadLatency> {
    let period = Period::of(history);
    let customers = history.customers();
    let mut planned: Vec<(usize, u64, usize)> = Vec::with_capacity(history.operations.len());
    for (index, operation) in history.operations.iter().enumerate() {
        let invoke = &operation.invoke.event;
        planned.push((customers[invoke.session.at()], invoke.intended.0, index));
    }
    // Those that were never begun come after begun ones of the same time.
    for Refused { session, intended, .. } in history.refused.iter().map(|at| at.event) {
        planned.push((customers[session.at()], intended.0, usize::MAX));
    }
    planned.sort_unstable();
    let (mut reads, mut place, mut last) = (Vec::new(), 0, None);
    for (customer, _, index) in planned {
        place = if last == Some(customer) { place + 1 } else { 0 };
        last = Some(customer);
        let operation = history.operations.get(index);
        reads.extend(operation.and_then(|operation| latency(operation, &period, customer, place)));
    }
    reads
}

fn latency(operation: &PairedOperation, period: &Period, customer: usize, place: u64) -> Option<ReadLatency> {
    let invoke = &operation.invoke.event;
    let counts = !invoke.operation.is_write() && period.measures(invoke);
    let ended = operation.complete.as_ref().map_or(period.ended, |complete| complete.event.t);
    counts.then(|| ReadLatency {
        customer: customer as u32,
        place,
        account: invoke.operation.account().0,
        intended_ns: invoke.intended.0,
        latency_ns: ended.0.saturating_sub(invoke.intended.0),
    })
}

/// Pairs of one repetition after another. Only quantiles of their differences are kept, and sums by time.
#[derive(Debug, Default)]
pub struct PairedReads {
    n: u64,
    unpaired: u64,
    repetitions: Vec<Repetition>,
}

/// A read under the baseline, and under the strategy.
type ReadPair<'a> = (&'a ReadLatency, &'a ReadLatency);

#[derive(Debug)]
struct Repetition {
    /// Baseline and strategy, by the baseline's intended starts.
    sums: [Vec<SumBlock>; 2],
    /// Reads that are slower than their partner, by the same time.
    slower: Vec<HitBlock>,
    /// By share of [`PairedReads::shares`].
    quantiles_ms: Vec<Option<f64>>,
}

impl PairedReads {
    /// The shares of the figures, and then those of the curve.
    fn shares() -> impl Iterator<Item = f64> {
        [0.01, 0.1, 0.5, 0.9, 0.99, 0.999].into_iter().chain(CURVE)
    }

    /// Adds a repetition: the reads of the baseline and those of the strategy, both in order.
    pub fn add(&mut self, baseline: &[ReadLatency], own: &[ReadLatency]) {
        let pairs = pairs(baseline, own);
        self.n += pairs.len() as u64;
        self.unpaired += (own.len() - pairs.len()) as u64;
        self.repetitions.extend(Repetition::of(&pairs));
    }

    /// The figures over all repetitions; `None` if no read had a partner.
    pub fn finish(self) -> Option<PairedDifference> {
        let at = |index: usize| {
            let values: Option<Vec<f64>> =
                self.repetitions.iter().map(|repetition| repetition.quantiles_ms[index]).collect();
            values.map(|values| interval_over(&values))
        };
        let behind = PairedReads::shares().count() - CURVE.len();
        let curve = CURVE
            .into_iter()
            .enumerate()
            .filter_map(|(index, share)| Some(DifferenceQuantile { share, ms: at(behind + index)?.value }));
        let sums: Vec<_> =
            self.repetitions.iter().map(|repetition| repetition.sums.each_ref().map(Vec::as_slice)).collect();
        let slower: Vec<_> = self.repetitions.iter().map(|repetition| repetition.slower.as_slice()).collect();
        (self.n > 0).then(|| PairedDifference {
            n: self.n,
            unpaired: self.unpaired,
            mean_ms: mean_difference(&sums),
            p1_ms: at(0),
            p10_ms: at(1),
            p50_ms: at(2),
            p90_ms: at(3),
            p99_ms: at(4),
            p999_ms: at(5),
            slower_share: clustered_rate(&slower, None),
            curve: curve.collect(),
        })
    }
}

impl Repetition {
    /// `None` without a pair.
    fn of(pairs: &[ReadPair]) -> Option<Repetition> {
        let starts = || pairs.iter().map(|(base, _)| base.intended_ns);
        let until = Time(starts().max()?.saturating_add(1));
        let period = Period { from: Time(starts().min()?), until, ended: until };
        let mut sums = [(); 2].map(|()| vec![SumBlock::default(); BLOCKS]);
        let mut slower = vec![HitBlock::default(); BLOCKS];
        let mut differences = Vec::with_capacity(pairs.len());
        for (base, own) in pairs {
            let block = block_of(Time(base.intended_ns), &period);
            sums.iter_mut().zip([base, own]).for_each(|(sums, read)| sums[block].record(read.latency_ns));
            let difference = i128::from(own.latency_ns) - i128::from(base.latency_ns);
            slower[block].n += 1;
            slower[block].hits += u64::from(difference > SLOWER_NS);
            differences.push(difference);
        }
        differences.sort_unstable();
        let quantiles_ms = PairedReads::shares().map(|share| quantile_ms(&differences, share)).collect();
        Some(Repetition { sums, slower, quantiles_ms })
    }
}

/// Reads of the same planned operation, in the order of the strategy's.
fn pairs<'a>(baseline: &'a [ReadLatency], own: &'a [ReadLatency]) -> Vec<ReadPair<'a>> {
    let place = |read: &ReadLatency| (read.customer, read.place);
    let (mut pairs, mut rest) = (Vec::with_capacity(own.len()), baseline);
    for read in own {
        while let Some((base, behind)) = rest.split_first() {
            match place(base).cmp(&place(read)) {
                Ordering::Less => rest = behind,
                Ordering::Equal if base.account == read.account => {
                    pairs.push((base, read));
                    rest = behind;
                }
                Ordering::Equal | Ordering::Greater => break,
            }
        }
    }
    pairs
}

/// The smallest value that is not below this share of all; `None` if fewer than ten lie beyond it.
fn quantile_ms(sorted: &[i128], share: f64) -> Option<f64> {
    let n = sorted.len() as f64;
    let is_carried = n * share.min(1.0 - share) >= 10.0 - 1e-6;
    let rank = libm::ceil(n * share - 1e-6).max(1.0) as usize;
    is_carried.then(|| ms(sorted[rank - 1]))
}

fn ms(nanoseconds: i128) -> f64 {
    nanoseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{CauseWord, Milestone};
    use crate::measure::testing::{HistoryScript, Op};
    use crate::results::{Interval, Method, Rate, RateMethod};

    fn read(customer: u32, place: u64, ms: u64) -> ReadLatency {
        ReadLatency { customer, place, account: 0, intended_ns: place, latency_ns: ms * 1_000_000 }
    }

    fn values(figure: Option<Interval>) -> [f64; 3] {
        figure.map(|Interval { low, value, high, .. }| [low, value, high]).unwrap()
    }

    #[test]
    fn a_read_has_its_place_among_all_arrivals_of_its_customer() {
        let mut script = HistoryScript::new(2);
        script.phase(5, Milestone::WarmUpOver);
        script.run(Op::query(0, 1).warm_up().invoked(1).shows(4, &[0]));
        script.refused(20, 0, 1);
        script.run(Op::query(0, 1).intended(10).invoked(12).shows(15, &[0]));
        script.run(Op::deposit(0, 1).invoked(30).ok(31));
        script.run(Op::query(0, 1).account(3).invoked(40).fails(42, CauseWord::GivenUp));
        script.run(Op::query(1, 1).invoked(50));
        // The customer of session 0 lost its token, and its plan goes on.
        script.follow(60, 2, 0, false);
        script.run(Op::query(2, 1).invoked(70).shows(71, &[1]));
        let reads = read_latencies(&script.history(100));
        let found: Vec<_> =
            reads.iter().map(|r| (r.customer, r.place, r.account, r.latency_ns / 1_000_000)).collect();
        assert_eq!(found, [(0, 1, 0, 5), (0, 4, 3, 2), (0, 5, 0, 1), (1, 0, 0, 50)]);
    }

    #[test]
    fn only_reads_of_the_same_place_and_account_are_paired() {
        let baseline = [read(0, 1, 10), read(0, 2, 10), read(1, 0, 10), read(1, 5, 10)];
        let elsewhere = ReadLatency { account: 9, ..read(1, 5, 70) };
        let own = [read(0, 2, 13), read(0, 3, 50), read(1, 0, 9), elsewhere, read(2, 0, 60)];
        let found: Vec<_> = pairs(&baseline, &own).into_iter().map(|(base, own)| (*base, *own)).collect();
        assert_eq!(found, [(baseline[1], own[0]), (baseline[2], own[2])]);
        let mut paired = PairedReads::default();
        paired.add(&baseline, &own);
        let found = paired.finish().unwrap();
        assert_eq!((found.n, found.unpaired, found.p50_ms), (2, 3, None));
        assert_eq!((found.slower_share.hits, found.slower_share.n), (1, 2));
        assert_eq!(found.mean_ms, None, "two pairs are no six clusters");
        assert_eq!(found.curve, []);
    }

    #[test]
    fn quantiles_of_the_difference_are_no_difference_of_quantiles() {
        // Latencies are 0 to 999 ms in both arms, so all percentiles are equal; half of the reads are 500 ms slower.
        let reads = |shift: u64| -> Vec<ReadLatency> {
            (0..1_000).map(|place| read(0, place, (place + shift) % 1_000)).collect()
        };
        let mut paired = PairedReads::default();
        paired.add(&reads(0), &reads(500));
        paired.add(&reads(0), &reads(0));
        let found = paired.finish().unwrap();
        assert_eq!((found.n, found.unpaired), (2_000, 0));
        assert_eq!(values(found.p10_ms), [-500.0, -250.0, 0.0]);
        assert_eq!(values(found.p90_ms), [0.0, 250.0, 500.0]);
        assert_eq!(values(found.p99_ms), [0.0, 250.0, 500.0]);
        assert_eq!(found.p999_ms, None, "a thousand differences carry no p99.9");
        let ends = [found.curve.first(), found.curve.last()].map(|point| point.map(|point| point.share));
        assert_eq!(ends, [Some(0.01), Some(0.99)]);
    }

    #[test]
    fn pairs_that_differ_for_half_of_a_trial_are_no_independent_pairs() {
        // The second half of the trial is slower by 8 ms.
        let reads = |shift: u64| -> Vec<ReadLatency> {
            (0..960).map(|place| read(0, place, 10 + if place < 480 { 0 } else { shift })).collect()
        };
        let over = |repetitions: usize| {
            let mut paired = PairedReads::default();
            (0..repetitions).for_each(|_| paired.add(&reads(0), &reads(8)));
            paired.finish().unwrap()
        };
        let one = over(1);
        // Three sixths at 0 and three at 8 ms: 4 ms, and 2.571 times the root of 6 x 16 / (6 x 5).
        let mean = one.mean_ms.unwrap();
        assert_eq!((mean.value, mean.method, mean.n), (4.0, Method::Blocks, 6));
        assert!((mean.high - 8.6).abs() < 0.01 && (mean.low + 0.6).abs() < 0.01, "{mean:?}");
        // Half of 960 reads, but of six blocks.
        let Rate { value, method, effective_n, n, .. } = one.slower_share;
        assert_eq!((value, method, n), (Some(0.5), RateMethod::Blocks, 960));
        assert!(effective_n.is_some_and(|reads| reads < 6.0), "{effective_n:?}");
        let six = over(6);
        let mean = six.mean_ms.unwrap();
        assert_eq!((mean.method, mean.n, mean.low, mean.high), (Method::Repetitions, 6, 4.0, 4.0));
        assert_eq!(six.slower_share.method, RateMethod::Repetitions);
    }

    #[test]
    fn without_a_pair_there_is_no_difference() {
        let mut paired = PairedReads::default();
        paired.add(&[read(0, 0, 1)], &[read(0, 1, 1)]);
        assert_eq!(paired.finish(), None);
        assert_eq!(PairedReads::default().finish(), None);
    }
}
