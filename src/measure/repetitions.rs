//! One value from the values of several repetitions, and how sure it is.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::results::{Interval, Method, Spread};
use crate::rng::Uniform64;

/// Fixed, so that equal values give equal intervals.
const SEED: u64 = 2_000;
const RESAMPLES: usize = 2_000;
/// How many of the sorted medians lie below the lower bound, and above the upper one: 2.45 % each.
const OUTSIDE: usize = RESAMPLES / 40 - 1;

/// The median of the repetitions' values, with an interval that suits their number.
///
/// Below six repetitions it is the bare range. From six to nine the range holds the true median with probability
/// 1 - 2^(1-n), whatever the distribution: it misses only if all values fall on one side. From ten on it is the
/// percentile bootstrap (B. Efron, Annals of Statistics 1979) of the median at 95 %: 2,000 resamples drawn by ChaCha
/// with 8 rounds from the seed 2,000.
///
/// # Panics
///
/// If there are no values.
pub fn interval_over(values: &[f64]) -> Interval {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(&least), Some(&most)) = (sorted.first(), sorted.last()) else {
        panic!("a figure rests on one repetition at least")
    };
    let n = sorted.len();
    let (method, level, low, high) = match n {
        0..=5 => (Method::Range, None, least, most),
        6..=9 => (Method::MedianRange, Some(1.0 - 2.0 / (1_u32 << n) as f64), least, most),
        10.. => {
            let (low, high) = bootstrap(&sorted);
            (Method::Bootstrap, Some(0.95), low, high)
        }
    };
    Interval { value: median(&sorted), low, high, method, level, n }
}

/// The spread of a figure over repetitions, by the rule of [`PointSummary`](crate::results::PointSummary). Each
/// percentile is the median of the repetitions' own, and absent if a repetition does not have it. `max` is the largest
/// of all, `mean` that of all samples, `n` their sum.
pub fn spread_over(repetitions: &[Spread]) -> Spread {
    let percentile = |of: fn(&Spread) -> Option<f64>| {
        let mut own: Vec<f64> = repetitions.iter().map(of).collect::<Option<_>>()?;
        own.sort_by(f64::total_cmp);
        (!own.is_empty()).then(|| median(&own))
    };
    let n: u64 = repetitions.iter().map(|spread| spread.n).sum();
    let total = |spread: &Spread| spread.mean.map(|mean| mean * spread.n as f64);
    Spread {
        p50: percentile(|spread| spread.p50),
        p90: percentile(|spread| spread.p90),
        p99: percentile(|spread| spread.p99),
        p999: percentile(|spread| spread.p999),
        p9999: percentile(|spread| spread.p9999),
        max: repetitions.iter().filter_map(|spread| spread.max).reduce(f64::max),
        mean: (n > 0).then(|| repetitions.iter().filter_map(total).sum::<f64>() / n as f64),
        n,
    }
}

fn bootstrap(sorted: &[f64]) -> (f64, f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut resample = vec![0.0; sorted.len()];
    let mut draw = |_| {
        resample
            .fill_with(|| sorted[Uniform64::from_bits(rng.next_u64()).below(sorted.len() as u64) as usize]);
        resample.sort_by(f64::total_cmp);
        median(&resample)
    };
    let mut medians: Vec<f64> = (0..RESAMPLES).map(&mut draw).collect();
    medians.sort_by(f64::total_cmp);
    (medians[OUTSIDE], medians[RESAMPLES - 1 - OUTSIDE])
}

/// The median of sorted values, of which there is at least one.
fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_follows_from_the_number_of_repetitions() {
        type Row = (&'static [f64], Method, Option<f64>, [f64; 3]);
        let rows: [Row; 5] = [
            (&[7.0], Method::Range, None, [7.0, 7.0, 7.0]),
            (&[3.0, 1.0, 2.0], Method::Range, None, [1.0, 2.0, 3.0]),
            (&[5.0, 1.0, 2.0, 4.0, 3.0], Method::Range, None, [1.0, 3.0, 5.0]),
            (&[6.0, 1.0, 2.0, 4.0, 3.0, 5.0], Method::MedianRange, Some(0.96875), [1.0, 3.5, 6.0]),
            (
                &[6.0, 1.0, 2.0, 4.0, 3.0, 5.0, 9.0, 8.0, 7.0],
                Method::MedianRange,
                Some(0.99609375),
                [1.0, 5.0, 9.0],
            ),
        ];
        for (values, method, level, [low, value, high]) in rows {
            let expected = Interval { value, low, high, method, level, n: values.len() };
            assert_eq!(interval_over(values), expected, "{values:?}");
        }
    }

    /// For 1 to 10, a resample's median is at most 2.5 with probability 0.020 and at most 3 with more than 0.047 (sums
    /// of binomial probabilities), and the same holds at the other end.
    #[test]
    fn ten_values_are_bootstrapped_and_the_same_values_give_the_same_interval() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let interval = interval_over(&values);
        let Interval { value, low, high, method, level, n } = interval;
        assert_eq!((value, low, high), (5.5, 3.0, 8.0));
        assert_eq!((method, level, n), (Method::Bootstrap, Some(0.95), 10));
        let turned: Vec<f64> = values.iter().rev().copied().collect();
        assert_eq!(interval_over(&turned), interval);
    }

    #[test]
    #[should_panic(expected = "one repetition at least")]
    fn no_repetition_is_a_mistake_of_the_caller() {
        interval_over(&[]);
    }

    #[test]
    fn percentiles_are_medians_of_percentiles_and_never_pooled() {
        let spread = |p50, p99, max, mean, n| Spread {
            p50: Some(p50),
            p99,
            max: Some(max),
            mean: Some(mean),
            n,
            ..Spread::default()
        };
        let of = [
            spread(1.0, Some(10.0), 30.0, 2.0, 100),
            spread(9.0, Some(20.0), 20.0, 6.0, 300),
            spread(2.0, None, 25.0, 5.0, 0),
        ];
        let over = spread_over(&of[..2]);
        assert_eq!(over, spread(5.0, Some(15.0), 30.0, 5.0, 400));
        let over = spread_over(&of);
        assert_eq!((over.p50, over.p99), (Some(2.0), None), "one repetition has no p99");
        assert_eq!(spread_over(&[]), Spread::default());
    }
}
