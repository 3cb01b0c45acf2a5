//! Statistics with their basis: percentiles with the number of samples, values with an interval.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// A share of all, in the parts by which percentiles are counted.
const WHOLE: u64 = 10_000;
/// The least number of samples beyond a percentile.
const BEYOND_MIN: u64 = 10;

/// Percentiles of a span, in milliseconds.
///
/// A percentile q is given only if at least ten samples lie beyond it, n (1 - q) >= 10. The maximum and the mean are
/// given from one sample on.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The median.
    pub p50: Option<f64>,
    /// 90 %.
    pub p90: Option<f64>,
    /// 99 %.
    pub p99: Option<f64>,
    /// 99.9 %.
    pub p999: Option<f64>,
    /// 99.99 %.
    pub p9999: Option<f64>,
    /// The largest sample.
    pub max: Option<f64>,
    /// The mean of all samples.
    pub mean: Option<f64>,
    /// Number of samples.
    pub n: u64,
}

/// A median over repetitions, or a mean over reads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// The median of the repetitions' values; by `blocks` and `repetitions` the mean of all reads.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How the interval was made.
    pub method: Method,
    /// Confidence of the interval, from 0 to 1; none for a bare range.
    pub level: Option<f64>,
    /// Number of repetitions; by `blocks`, of blocks.
    pub n: usize,
}

/// The method behind an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Fewer than six repetitions: smallest and largest value, with no level.
    Range,
    /// A median over six repetitions or more: the k-th least and the k-th largest value, with their exact level (W. J.
    /// Conover, Practical Nonparametric Statistics, 1999).
    OrderStatistics,
    /// In files of release 0.1: percentiles of the bootstrapped median of ten repetitions or more.
    Bootstrap,
    /// A mean over fewer than six repetitions: Student's t, by the variance between blocks of the trials' time.
    Blocks,
    /// A mean over six repetitions or more: Student's t, by the variance between these.
    Repetitions,
}

/// A share of reads, with Wilson's score interval (E. B. Wilson, JASA 1927) at the effective number of reads.
///
/// Reads that depend on one another weigh less than their number; `measure` explains how much less. The range of
/// the repetitions' own rates is beside the interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// `hits` of `n`; `null` if `n` is 0.
    pub value: Option<f64>,
    /// Lower end of Wilson's interval; `null` if `n` is 0.
    pub low: Option<f64>,
    /// Upper end of Wilson's interval; `null` if `n` is 0.
    pub high: Option<f64>,
    /// Confidence of the interval, from 0 to 1.
    pub level: f64,
    /// Number of hits.
    pub hits: u64,
    /// Number of reads, the denominator.
    pub n: u64,
    /// The number of independent reads that would weigh as much; `null` if `n` is 0.
    pub effective_n: Option<f64>,
    /// How the dependence of reads is known.
    pub method: RateMethod,
    /// 3/n with the effective n, the upper bound at 95 %, where there was no hit (Hanley and Lippman-Hand, JAMA 1983).
    pub rule_of_three: Option<f64>,
    /// Smallest and largest rate of a repetition.
    pub repetitions: Option<[f64; 2]>,
}

/// The reads that are taken as independent of one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateMethod {
    /// All: the number of reads is the effective one.
    Independent,
    /// Those of different blocks of time, whose length follows from the data.
    Blocks,
    /// Those of different repetitions.
    Repetitions,
}

/// Eligible `ok` reads of one part of a trial's time, and how many were hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HitBlock {
    /// Reads that were hit.
    pub hits: u64,
    /// All reads.
    pub n: u64,
}

/// Latencies of the reads of one part of a trial's time, in one arm of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SumBlock {
    /// Their sum, in nanoseconds.
    pub sum_ns: u64,
    /// All reads.
    pub n: u64,
}

impl SumBlock {
    /// Adds a read.
    pub fn record(&mut self, latency_ns: u64) {
        self.sum_ns = self.sum_ns.saturating_add(latency_ns);
        self.n += 1;
    }
}

impl Spread {
    /// The spread of samples in nanoseconds. Each percentile is a sample: the least that a share q of all does not
    /// exceed (the nearest rank, R. J. Hyndman and Y. Fan, The American Statistician 1996, definition 1).
    pub fn of_samples(mut samples: Vec<u64>) -> Spread {
        samples.sort_unstable();
        let mean = samples.iter().map(|&ns| ns as f64).sum::<f64>() / samples.len().max(1) as f64;
        Spread::by_rank(samples.len() as u64, mean, |rank| samples[rank as usize - 1])
    }

    /// The spread of a histogram in nanoseconds. A percentile is the upper end of a bucket, and so are the maximum
    /// and, nearly, the mean: up to 0.1 % too large where the histogram has three digits.
    pub fn of(histogram: &Histogram<u64>) -> Spread {
        let n = histogram.len();
        Spread::by_rank(n, histogram.mean(), |rank| histogram.value_at_quantile(rank as f64 / n as f64))
    }

    /// `at` gives the sample of a rank from 1 to `n`, in nanoseconds as the mean.
    fn by_rank(n: u64, mean_ns: f64, at: impl Fn(u64) -> u64) -> Spread {
        let ms = |rank| at(rank) as f64 / 1e6;
        // In parts of ten thousand: a rank is exact.
        let percentile = |share: u64| {
            let is_carried = n * (WHOLE - share) >= BEYOND_MIN * WHOLE;
            is_carried.then(|| ms((n * share).div_ceil(WHOLE)))
        };
        Spread {
            p50: percentile(5_000),
            p90: percentile(9_000),
            p99: percentile(9_900),
            p999: percentile(9_990),
            p9999: percentile(9_999),
            max: (n > 0).then(|| ms(n)),
            mean: (n > 0).then_some(mean_ns / 1e6),
            n,
        }
    }
}

impl Rate {
    /// The quantile of the normal distribution for a level of 95 %.
    pub const Z: f64 = 1.959_963_984_540_054;

    /// The rate of independent reads.
    pub fn new(hits: u64, n: u64) -> Rate {
        let rate = Rate {
            value: (n > 0).then(|| hits as f64 / n as f64),
            low: None,
            high: None,
            level: 0.95,
            hits,
            n,
            effective_n: None,
            method: RateMethod::Independent,
            rule_of_three: None,
            repetitions: None,
        };
        rate.with_effective_n(n as f64, RateMethod::Independent)
    }

    /// The same rate with the interval and the bound of so many independent reads.
    pub fn with_effective_n(self, effective_n: f64, method: RateMethod) -> Rate {
        let (low, high) = self.value.map(|value| wilson(value, effective_n, Rate::Z)).unzip();
        Rate {
            low,
            high,
            effective_n: self.value.map(|_| effective_n),
            method,
            rule_of_three: (self.value == Some(0.0)).then(|| (3.0 / effective_n).min(1.0)),
            ..self
        }
    }

    /// The same rate with as many effective reads, in proportion, as another rate of the same reads has.
    pub fn as_dependent_as(self, other: &Rate) -> Rate {
        other.effective_n.map_or(self, |effective_n| {
            self.with_effective_n(self.n as f64 * effective_n / other.n as f64, other.method)
        })
    }

    /// The rate of several repetitions together, each with its hits and its number of trials.
    pub fn over(repetitions: &[(u64, u64)]) -> Rate {
        let sum = |part: fn(&(u64, u64)) -> u64| repetitions.iter().map(part).sum();
        let rates = repetitions.iter().filter(|(_, n)| *n > 0).map(|&(hits, n)| hits as f64 / n as f64);
        let (low, high) =
            rates.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), rate| (low.min(rate), high.max(rate)));
        let together = Rate::new(sum(|repetition| repetition.0), sum(|repetition| repetition.1));
        Rate { repetitions: low.is_finite().then_some([low, high]), ..together }
    }
}

fn wilson(p: f64, n: f64, z: f64) -> (f64, f64) {
    let centre = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // Rounding would leave a little above 0, or below 1, where the formula ends there.
    let low = if p > 0.0 { ((centre - half) / scale).max(0.0) } else { 0.0 };
    let high = if p < 1.0 { ((centre + half) / scale).min(1.0) } else { 1.0 };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 ms to so many, the largest first.
    fn spread(samples: u64) -> Spread {
        Spread::of_samples((1..=samples).rev().map(|ms| ms * 1_000_000).collect())
    }

    #[test]
    fn a_percentile_is_given_only_if_ten_samples_lie_beyond_it() {
        let given = |samples| {
            let Spread { p50, p90, p99, p999, p9999, max, mean, n } = spread(samples);
            let given = [p50, p90, p99, p999, p9999, max, mean].map(|figure| figure.is_some());
            (given, n)
        };
        let rows = [
            (0, [false, false, false, false, false, false, false]),
            (19, [false, false, false, false, false, true, true]),
            (20, [true, false, false, false, false, true, true]),
            (100, [true, true, false, false, false, true, true]),
            (1_000, [true, true, true, false, false, true, true]),
            (100_000, [true, true, true, true, true, true, true]),
        ];
        for (samples, expected) in rows {
            assert_eq!(given(samples), (expected, samples), "{samples} samples");
        }
    }

    #[test]
    fn a_percentile_is_the_sample_of_its_rank_to_the_last_digit() {
        let Spread { p50, p90, p99, p999, max, mean, .. } = spread(10_001);
        assert_eq!([p50, p90, p99, p999], [5_001.0, 9_001.0, 9_901.0, 9_991.0].map(Some));
        assert_eq!((max, mean), (Some(10_001.0), Some(5_001.0)));
        assert_eq!(
            Spread::of_samples(vec![150_000_000; 20]).p50,
            Some(150.0),
            "a bound that all reach is the percentile itself"
        );
        assert_eq!(Spread::of_samples(vec![7_000_000; 20]).max, Some(7.0));
    }

    #[test]
    fn a_histogram_has_the_upper_ends_of_its_buckets() {
        let mut histogram = Histogram::new(3).unwrap();
        histogram.record_n(150_000_000, 20).unwrap();
        let Spread { p50, max, .. } = Spread::of(&histogram);
        assert_eq!(p50, max);
        let p50 = p50.unwrap();
        assert!(150.0 < p50 && p50 < 150.15, "{p50}");
    }

    /// Published examples: 0/10, 1/10 and 5/10 at 95 % (R. G. Newcombe, Statistics in Medicine 1998, and `prop.test`
    /// of R without continuity correction).
    #[test]
    fn wilson_s_interval_has_its_published_values() {
        let rows = [
            (0, 10, 0.0, 0.2775),
            (1, 10, 0.0179, 0.4042),
            (5, 10, 0.2366, 0.7634),
            (81, 263, 0.2553, 0.3662),
        ];
        for (hits, n, low, high) in rows {
            let rate = Rate::new(hits, n);
            let near = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 0.0001;
            assert!(near(rate.low, low) && near(rate.high, high), "{rate:?}");
        }
    }

    #[test]
    fn nothing_seen_is_bounded_by_three_over_n_and_no_trials_give_nothing() {
        assert_eq!(Rate::new(0, 300).rule_of_three, Some(0.01));
        assert_eq!(Rate::new(1, 300).rule_of_three, None);
        let none = Rate::new(0, 0);
        assert_eq!((none.value, none.low, none.high, none.rule_of_three), (None, None, None, None));
    }

    #[test]
    fn fewer_effective_reads_give_the_interval_and_the_bound_of_as_many() {
        let rate = Rate::new(50, 100).with_effective_n(10.0, RateMethod::Blocks);
        let few = Rate::new(5, 10);
        assert_eq!((rate.value, rate.low, rate.high), (few.value, few.low, few.high));
        assert_eq!((rate.hits, rate.n, rate.effective_n), (50, 100, Some(10.0)));
        assert_eq!(Rate::new(0, 300).with_effective_n(30.0, RateMethod::Blocks).rule_of_three, Some(0.1));
        assert_eq!(Rate::new(1, 20).as_dependent_as(&rate).effective_n, Some(2.0));
        assert_eq!(Rate::new(0, 0).with_effective_n(3.0, RateMethod::Blocks).effective_n, None);
    }

    #[test]
    fn repetitions_add_up_and_leave_their_range() {
        let rate = Rate::over(&[(1, 10), (0, 0), (4, 20)]);
        assert_eq!((rate.hits, rate.n, rate.repetitions), (5, 30, Some([0.1, 0.2])));
    }
}
