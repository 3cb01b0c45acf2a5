//! The complementary distribution function of a histogram: which share of the samples is larger than a value.

use hdrhistogram::Histogram;

use crate::results::Histograms;

/// Steps from left to right: from each value on, up to the next, that share is larger.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Ccdf {
    /// Milliseconds, rising from 0, and the share above, falling to 0.
    pub steps: Vec<(f64, f64)>,
    pub n: u64,
}

/// Steps closer than this to the last one, as a ratio of values and of shares, look like one in a chart.
const RATIO_MIN: f64 = 1.03;

/// All samples of several histograms.
pub(super) fn pooled<'a>(histograms: impl IntoIterator<Item = &'a Histogram<u64>>) -> Histogram<u64> {
    let mut sum = Histograms::empty();
    // Histograms from a file may have other bounds.
    sum.auto(true);
    for histogram in histograms {
        sum.add(histogram).expect("a sum that grows holds every value");
    }
    sum
}

impl Ccdf {
    /// The curve of a histogram in nanoseconds.
    pub fn of(histogram: &Histogram<u64>) -> Ccdf {
        let n = histogram.len();
        let mut steps = Vec::new();
        let mut above = n;
        if n > 0 && histogram.count_at(0) == 0 {
            steps.push((0.0, 1.0));
        }
        for value in histogram.iter_recorded() {
            above -= value.count_at_value();
            steps.push((value.value_iterated_to() as f64 / 1e6, above as f64 / n as f64));
        }
        Ccdf { steps: thinned(&steps), n }
    }

    /// The curve of all samples of several histograms.
    pub fn pooled<'a>(histograms: impl IntoIterator<Item = &'a Histogram<u64>>) -> Ccdf {
        Ccdf::of(&pooled(histograms))
    }

    /// Whether any sample is above 0.
    pub fn is_above_zero(&self) -> bool {
        self.steps.iter().any(|&(value, _)| value > 0.0)
    }

    /// Where a logarithmic axis may begin: a hundredth of the samples above 0 lie below.
    pub fn axis_start(&self) -> Option<f64> {
        let first = self.steps.first()?.1;
        self.steps
            .iter()
            .find(|&&(value, share)| value > 0.0 && share <= 0.99 * first)
            .map(|&(value, _)| value)
    }

    /// The largest value, if it is above 0.
    pub fn largest(&self) -> Option<f64> {
        self.steps.last().map(|&(value, _)| value).filter(|&value| value > 0.0)
    }

    /// The smallest share above 0.
    pub fn least_share(&self) -> Option<f64> {
        self.steps.iter().rev().map(|&(_, share)| share).find(|&share| share > 0.0)
    }

    /// Corners of the staircase from `low` on, without the last fall to 0, which has no place on a logarithmic axis.
    pub fn corners(&self, low: f64) -> Vec<(f64, f64)> {
        let mut height = self.steps.iter().take_while(|step| step.0 <= low).last().map_or(1.0, |step| step.1);
        let mut corners = vec![(low, height)];
        for &(value, share) in self.steps.iter().filter(|step| step.0 > low) {
            corners.push((value, height));
            corners.push((value, share));
            height = share;
        }
        corners.retain(|&(_, share)| share > 0.0);
        corners
    }

    /// Corners where the share falls to the middle of each decade, for markers that set lines apart without colours.
    pub fn one_per_decade(&self, low: f64) -> Vec<(f64, f64)> {
        let corners = self.corners(low);
        let reached = |exponent: i32| {
            let share = libm::pow(10.0, f64::from(exponent) + 0.5);
            corners.iter().find(|corner| corner.1 <= share).copied()
        };
        let mut reached: Vec<(f64, f64)> = (-9..0).rev().filter_map(reached).collect();
        reached.dedup();
        reached
    }
}

fn thinned(steps: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (index, &(value, share)) in steps.iter().enumerate() {
        let is_near = kept.last().is_some_and(|&(last_value, last_share)| {
            value < last_value * RATIO_MIN && last_share < share * RATIO_MIN
        });
        // The last two are the end of the tail: one sample, and none.
        if !is_near || index + 2 >= steps.len() {
            kept.push((value, share));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(ms: &[u64]) -> Histogram<u64> {
        let mut histogram = Histograms::empty();
        ms.iter().for_each(|ms| histogram.record(ms * 1_000_000).unwrap());
        histogram
    }

    fn rounded(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
        points.iter().map(|&(value, share)| (value.round(), share)).collect()
    }

    #[test]
    fn the_share_above_each_value_falls_to_none() {
        type Row<'a> = (&'a [u64], &'a [(f64, f64)]);
        let rows: [Row; 4] = [
            (&[0, 0, 10, 20], &[(0.0, 0.5), (10.0, 0.25), (20.0, 0.0)]),
            (&[10, 10, 20], &[(0.0, 1.0), (10.0, 1.0 / 3.0), (20.0, 0.0)]),
            (&[0, 0], &[(0.0, 0.0)]),
            (&[], &[]),
        ];
        for (samples, expected) in rows {
            assert_eq!(rounded(&Ccdf::of(&histogram(samples)).steps), expected, "{samples:?}");
        }
        assert!(!Ccdf::of(&histogram(&[0, 0])).is_above_zero());
    }

    #[test]
    fn pooling_adds_the_samples() {
        let pooled = Ccdf::pooled([&histogram(&[0, 10]), &histogram(&[0, 20])]);
        assert_eq!(pooled, Ccdf::of(&histogram(&[0, 0, 10, 20])));
        assert_eq!(pooled.n, 4);
    }

    #[test]
    fn a_staircase_begins_at_the_axis_and_has_no_last_fall() {
        let ccdf = Ccdf::of(&histogram(&[0, 0, 10, 20]));
        assert_eq!(rounded(&ccdf.corners(1.0)), [(1.0, 0.5), (10.0, 0.5), (10.0, 0.25), (20.0, 0.25)]);
        assert_eq!(rounded(&ccdf.corners(15.0)), [(15.0, 0.25), (20.0, 0.25)]);
        assert_eq!((ccdf.least_share(), ccdf.largest().map(f64::round)), (Some(0.25), Some(20.0)));
    }

    #[test]
    fn many_samples_are_thinned_and_the_tail_is_kept() {
        let samples: Vec<u64> = (1..=20_000).collect();
        let steps = Ccdf::of(&histogram(&samples)).steps;
        assert!(steps.len() < 700, "{}", steps.len());
        assert_eq!(steps[steps.len() - 1].1, 0.0);
        assert!(steps.is_sorted_by(|a, b| a.0 < b.0 && a.1 >= b.1));
    }
}
