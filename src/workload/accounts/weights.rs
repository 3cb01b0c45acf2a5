//! A choice among a few things by weight.

/// Weights, summed up.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::workload) struct Weights {
    cumulative: Vec<f64>,
    /// The last index with a weight, for a draw that rounding carries to the end.
    last: usize,
}

impl Weights {
    /// Weights from 0, not all of them 0; or none at all, and then nothing is picked.
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Weights {
        let (mut total, mut last) = (0.0, 0);
        let mut cumulative = Vec::new();
        for (index, weight) in weights.into_iter().enumerate() {
            total += weight;
            cumulative.push(total);
            last = if weight > 0.0 { index } else { last };
        }
        Weights { cumulative, last }
    }

    pub fn even(count: u32) -> Weights {
        Weights::new((0..count).map(|_| 1.0))
    }

    /// Zipf's law on the ranks 1 to `count`: the weight of rank k is 1 / k^exponent.
    pub fn zipf(count: u32, exponent: f64) -> Weights {
        Weights::new((1..=count).map(|rank| libm::pow(f64::from(rank), -exponent)))
    }

    /// The index that a `unit` from 0 (included) to 1 (excluded) falls on. One without weight is never picked.
    pub fn pick(&self, unit: f64) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        self.cumulative.partition_point(|&below| below <= unit * total).min(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALMOST_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

    #[test]
    fn a_unit_falls_on_the_weight_that_covers_it() {
        let weights = Weights::new([0.0, 1.0, 0.0, 3.0, 0.0]);
        let rows = [(0.0, 1), (0.2499, 1), (0.25, 3), (0.9, 3), (ALMOST_ONE, 3)];
        for (unit, expected) in rows {
            assert_eq!(weights.pick(unit), expected, "{unit}");
        }
    }

    #[test]
    fn zipf_halves_the_second_rank_at_exponent_one_and_is_even_at_zero() {
        let share = |weights: &Weights, index| {
            let hits = (0..110_000).filter(|&n| weights.pick(f64::from(n) / 110_000.0) == index).count();
            hits as f64 / 110_000.0
        };
        let (harmonic, even) = (Weights::zipf(3, 1.0), Weights::zipf(3, 0.0));
        for (index, expected) in [6.0 / 11.0, 3.0 / 11.0, 2.0 / 11.0].into_iter().enumerate() {
            assert!((share(&harmonic, index) - expected).abs() < 1e-4);
            assert!((share(&even, index) - 1.0 / 3.0).abs() < 1e-4);
        }
        assert_eq!(even, Weights::even(3));
    }
}
