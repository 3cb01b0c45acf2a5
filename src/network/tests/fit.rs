//! Tests of fit: how far a sample is from the law that it claims, and how far chance alone would take it.
//!
//! The level is 0.001 throughout. With fixed seeds a test passes always or never; the level says how
//! surprising it would have been to pick a seed at which a right law fails.

/// The statistic of Kolmogorov and Smirnov: the largest distance between the sample's distribution function
/// and `cdf`, over the whole line.
pub(in crate::network) fn distance(sample: &[f64], cdf: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let gap = |(rank, &x): (usize, &f64)| {
        let expected = cdf(x);
        (expected - rank as f64 / n).max((rank + 1) as f64 / n - expected)
    };
    sorted.iter().enumerate().map(gap).fold(0.0, f64::max)
}

/// The critical value of [`distance`] for a sample of `n`: sqrt(-ln(0.0005) / 2) / sqrt(n), the limit for
/// large n, which is on the safe side for every n (Massart, Annals of Probability 18, 1990).
pub(in crate::network) fn distance_max(n: usize) -> f64 {
    (-(0.0005_f64.ln()) / 2.0).sqrt() / (n as f64).sqrt()
}

/// Pearson's statistic of counts against the shares that they should have.
pub(in crate::network) fn chi_square(counts: &[u64], shares: &[f64]) -> f64 {
    let total = counts.iter().sum::<u64>() as f64;
    let term = |(&count, share): (&u64, &f64)| {
        let expected = total * share;
        (count as f64 - expected).powi(2) / expected
    };
    counts.iter().zip(shares).map(term).sum()
}

/// The critical value of [`chi_square`], after Wilson and Hilferty (1931): within 4 % of the tables, and
/// above them where it is off, at one degree of freedom.
pub(in crate::network) fn chi_square_max(degrees: u32) -> f64 {
    let (k, z) = (f64::from(degrees), 3.090);
    let scale = 2.0 / (9.0 * k);
    k * (1.0 - scale + z * scale.sqrt()).powi(3)
}

#[test]
fn critical_values_are_those_of_the_tables() {
    for (degrees, tabled) in [(1, 10.83), (2, 13.82), (4, 18.47), (63, 103.4)] {
        assert!(
            (chi_square_max(degrees) / tabled - 1.0).abs() < 0.04,
            "{degrees}: {}",
            chi_square_max(degrees)
        );
    }
    assert!((distance_max(10_000) - 0.019_495).abs() < 1e-5);
}
