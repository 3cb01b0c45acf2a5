//! One value from the values of several repetitions, and how sure it is.

use crate::results::{Interval, Method, Spread};

/// From so many repetitions on an interval can have the level.
pub(super) const REPETITIONS_MIN: usize = 6;

/// The least confidence of an interval.
pub(super) const LEVEL: f64 = 0.95;

/// The median of the repetitions' values, with an interval that suits their number.
///
/// Below six repetitions it is the bare range, which has no level of 95 %. From six on its ends are order statistics,
/// the k-th least and the k-th largest value (W. J. Conover, Practical Nonparametric Statistics, 1999, section 3.2). It
/// misses the true median, whatever the distribution, only if fewer than k values lie on one side: with probability
/// 2 P(X < k), where X is binomial of n repetitions and 1/2. k is the largest that leaves at least 95 %.
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
    let (method, level, low, high) = if n < REPETITIONS_MIN {
        (Method::Range, None, least, most)
    } else {
        let (k, level) = order_statistics(n);
        (Method::OrderStatistics, Some(level), sorted[k - 1], sorted[n - k])
    };
    Interval { value: median(&sorted), low, high, method, level, n }
}

/// The largest k that holds the level, and the exact level that it has; of six to a thousand values.
fn order_statistics(n: usize) -> (usize, f64) {
    // P(X = k - 1), and 1 - 2 P(X < k).
    let mut equal = libm::exp2(-(n as f64));
    let (mut k, mut level) = (1, 1.0 - 2.0 * equal);
    loop {
        equal = equal * (n - k + 1) as f64 / k as f64;
        let next = level - 2.0 * equal;
        if next < LEVEL {
            return (k, level);
        }
        (k, level) = (k + 1, next);
    }
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

/// The median of sorted values, of which there is at least one.
fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_six_repetitions_the_interval_is_their_range() {
        let rows: [(&[f64], [f64; 3]); 3] = [
            (&[7.0], [7.0, 7.0, 7.0]),
            (&[3.0, 1.0, 2.0], [1.0, 2.0, 3.0]),
            (&[5.0, 1.0, 2.0, 4.0, 3.0], [1.0, 3.0, 5.0]),
        ];
        for (values, [low, value, high]) in rows {
            let (method, level, n) = (Method::Range, None, values.len());
            let expected = Interval { value, low, high, method, level, n };
            assert_eq!(interval_over(values), expected, "{values:?}");
        }
    }

    #[test]
    fn from_six_repetitions_on_the_interval_is_of_order_statistics_with_their_exact_level() {
        // Repetitions, k, and the sum of the binomial coefficients below k, which the level lacks at either end.
        let rows = [
            (6, 1, 1.0),
            (8, 1, 1.0),
            (9, 2, 10.0),
            (10, 2, 11.0),
            (11, 2, 12.0),
            (12, 3, 79.0),
            (20, 6, 21_700.0),
        ];
        for (n, k, outside) in rows {
            // From the largest to the least.
            let values: Vec<f64> = (1..=n).rev().map(f64::from).collect();
            let Interval { value, low, high, method, level, n: counted } = interval_over(&values);
            let [k, all] = [k, n].map(f64::from);
            assert_eq!((value, low, high), ((all + 1.0) / 2.0, k, all + 1.0 - k), "{n}");
            assert_eq!((method, counted), (Method::OrderStatistics, values.len()));
            assert_eq!(level, Some(1.0 - 2.0 * outside / libm::exp2(all)), "{n}");
        }
        let level = |n| order_statistics(n).1;
        assert_eq!([6, 10].map(level), [0.968_75, 0.978_515_625]);
        assert_eq!(order_statistics(1_000).0, 469, "by the normal distribution, 500 - 1.96 sqrt(250)");
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
