//! Laws of delays against their formulas, each written here a second time: what is drawn, the quantiles, the
//! means.

use std::time::Duration;

use super::fit;
use crate::network::Distribution;
use crate::rng::{HashedDraws, Uniform64};

const MS: Duration = Duration::from_millis(1);

/// Large enough that a parameter 5 % off is seen.
const MANY: usize = 100_000;
const ENOUGH: usize = 10_000;

type Cdf = fn(f64, f64) -> f64;

/// A law, and P(delay <= x ms) when its main parameter is multiplied by a factor.
struct Row {
    law: Distribution,
    cdf: Cdf,
}

fn rows() -> Vec<Row> {
    let row = |law, cdf: Cdf| Row { law, cdf };
    let mixed = vec![(9.0, exponential(1)), (1.0, uniform(10, 20))];
    vec![
        row(uniform(10, 30), |x, off| ((x - 10.0) / (20.0 * off)).clamp(0.0, 1.0)),
        row(normal(20, 5), |x, off| not_negative(x, 20.0 * off, 5.0)),
        row(normal(1, 2), |x, off| not_negative(x, 1.0, 2.0 * off)),
        row(log_normal(10, 0.5), |x, off| phi((x / 10.0).ln() / (0.5 * off))),
        row(exponential(20), |x, off| 1.0 - (-x / (20.0 * off)).exp()),
        row(exponential(20).plus(MS * 5), |x, off| 1.0 - (-(x - 5.0) / (20.0 * off)).exp()),
        row(pareto(5, 2.5), |x, off| 1.0 - (5.0 / x).powf(2.5 * off)),
        row(Distribution::mixture(mixed).expect("valid"), |x, off| {
            0.9 * (1.0 - (-x / off).exp()) + 0.1 * ((x - 10.0) / 10.0).clamp(0.0, 1.0)
        }),
    ]
}

#[test]
fn what_is_drawn_has_the_law_that_it_claims() {
    for Row { law, cdf } in rows() {
        let distance = fit::distance(&sample(&law, ENOUGH), |x| cdf(x, 1.0));
        assert!(distance < fit::distance_max(ENOUGH), "{law}: {distance}");
    }
}

#[test]
fn the_same_test_rejects_a_parameter_that_is_five_percent_off() {
    for Row { law, cdf } in rows() {
        let drawn = sample(&law, MANY);
        assert!(fit::distance(&drawn, |x| cdf(x, 1.0)) < fit::distance_max(MANY), "{law}");
        for off in [0.95, 1.05] {
            let distance = fit::distance(&drawn, |x| cdf(x, off));
            assert!(distance > fit::distance_max(MANY), "{law}: {distance} at {off}");
        }
    }
}

#[test]
fn the_same_test_rejects_every_other_law() {
    for (drawn_from, Row { law, .. }) in rows().iter().enumerate() {
        let drawn = sample(law, ENOUGH);
        for (claimed, Row { cdf, .. }) in
            rows().iter().enumerate().filter(|(claimed, _)| *claimed != drawn_from)
        {
            let distance = fit::distance(&drawn, |x| cdf(x, 1.0));
            assert!(distance > fit::distance_max(ENOUGH), "{law} passes as number {claimed}");
        }
    }
}

#[test]
fn listed_values_are_drawn_as_often_as_they_are_listed() {
    let law = Distribution::empirical([5, 1, 9, 5, 5].map(|ms| MS * ms)).expect("valid");
    let constants = [(3.0, 5), (1.0, 1), (1.0, 9)];
    let parts = constants.map(|(weight, ms)| (weight, Distribution::constant(MS * ms)));
    for law in [law, Distribution::mixture(parts.into()).expect("valid")] {
        let drawn = sample(&law, ENOUGH);
        let counts = [1.0, 5.0, 9.0].map(|value| drawn.iter().filter(|&&x| x == value).count() as u64);
        assert_eq!(counts.iter().sum::<u64>(), ENOUGH as u64, "{law}");
        assert!(fit::chi_square(&counts, &[0.2, 0.6, 0.2]) < fit::chi_square_max(2), "{law}: {counts:?}");
        assert!(fit::chi_square(&counts, &[0.2, 0.57, 0.23]) > fit::chi_square_max(2), "{law}: {counts:?}");
    }
}

/// In nanoseconds, computed with Python's `statistics.NormalDist` and `math`, and for the mixture by
/// bisection.
#[test]
fn quantiles_are_those_of_the_formulas() {
    let mixed = vec![(0.9, exponential(1)), (0.1, uniform(10, 20))];
    let table = [
        (Distribution::constant(MS * 7), [7_000_000, 7_000_000, 7_000_000, 7_000_000]),
        (uniform(10, 30), [20_000_000, 28_000_000, 29_800_000, 29_980_000]),
        (normal(20, 5), [20_000_198, 26_407_848, 31_631_799, 35_451_209]),
        (normal(1, 2), [1_793_742, 3_964_359, 5_923_337, 7_396_383]),
        (log_normal(10, 0.5), [10_000_000, 18_979_527, 32_000_740, 46_885_162]),
        (exponential(20), [13_862_944, 46_051_702, 92_103_404, 138_155_106]),
        (exponential(20).plus(MS * 5), [18_862_944, 51_051_702, 97_103_404, 143_155_106]),
        (pareto(5, 2.5), [6_597_540, 12_559_432, 31_547_867, 79_244_660]),
        (Distribution::mixture(mixed).expect("valid"), [810_931, 10_004_070, 19_000_001, 19_900_001]),
        (
            Distribution::empirical((1..=1_000).map(|ms| MS * ms)).expect("valid"),
            [500_000_000, 900_000_000, 990_000_000, 999_000_000],
        ),
    ];
    for (law, expected) in table {
        for (p, nanos) in [0.5, 0.9, 0.99, 0.999].into_iter().zip(expected) {
            let found = law.quantile(p).as_nanos();
            assert!(found.abs_diff(nanos) <= 1, "{law} at {p}: {found}, not {nanos}");
        }
    }
}

#[test]
fn the_ends_of_a_law_are_its_least_and_its_most() {
    let forever = Duration::from_nanos(u64::MAX);
    let rows = [
        (uniform(10, 30), MS * 10, MS * 30),
        (normal(20, 5), Duration::ZERO, forever),
        (normal(400, 1), Duration::ZERO, forever),
        (log_normal(10, 0.5), Duration::ZERO, forever),
        (exponential(20), Duration::ZERO, forever),
        (pareto(5, 2.5), MS * 5, forever),
        (Distribution::empirical([MS * 3, MS]).expect("valid"), MS, MS * 3),
    ];
    for (law, least, most) in rows {
        assert_eq!((law.quantile(0.0), law.quantile(1.0)), (least, most), "{law}");
        let last = law.sample(Uniform64::from_bits(u64::MAX));
        assert!(last < MS * 60_000_000, "the largest draw of {law} is {last:?}");
    }
}

#[test]
fn a_draw_is_the_quantile_at_its_share() {
    for Row { law, .. } in rows().into_iter().take(7) {
        for draw in (0..1_000).map(draw) {
            assert_eq!(law.sample(draw), law.quantile(draw.unit()), "{law}");
        }
    }
}

#[test]
fn the_distribution_function_undoes_the_quantile() {
    for Row { law, cdf } in rows() {
        for percent in 1..100 {
            let p = f64::from(percent) / 100.0;
            let x = law.quantile(p);
            assert!((law.cdf(x) - p).abs() < 1e-6, "{law} at {p}: {}", law.cdf(x));
            assert!((law.cdf(x) - cdf(millis(x), 1.0)).abs() < 1e-12, "{law} at {p}");
        }
    }
}

#[test]
fn means_are_those_of_the_formulas() {
    let mixed = vec![(9.0, exponential(1)), (1.0, uniform(10, 20))];
    let endless = vec![(9.0, exponential(1)), (1.0, pareto(1, 1.0))];
    let mixture = |parts| Distribution::mixture(parts).expect("valid");
    let rows = [
        (Distribution::constant(MS * 7), Some(7_000_000)),
        (uniform(10, 30), Some(20_000_000)),
        (normal(20, 5), Some(20_000_669)),
        (normal(1, 2), Some(2_018_321)),
        (log_normal(10, 0.5), Some(11_331_485)),
        (exponential(20).plus(MS * 5), Some(25_000_000)),
        (pareto(5, 2.5), Some(8_333_333)),
        (pareto(5, 1.0), None),
        (mixture(mixed), Some(2_400_000)),
        (mixture(endless), None),
        (Distribution::empirical([MS * 3, MS]).expect("valid"), Some(2_000_000)),
    ];
    for (law, nanos) in rows {
        assert_eq!(law.mean(), nanos.map(Duration::from_nanos), "{law}");
    }
}

fn uniform(from: u32, to: u32) -> Distribution {
    Distribution::uniform(MS * from, MS * to).expect("valid")
}

fn normal(mean: u32, deviation: u32) -> Distribution {
    Distribution::normal(MS * mean, MS * deviation).expect("valid")
}

fn log_normal(median: u32, sigma: f64) -> Distribution {
    Distribution::log_normal(MS * median, sigma).expect("valid")
}

fn exponential(mean: u32) -> Distribution {
    Distribution::exponential(MS * mean).expect("valid")
}

fn pareto(minimum: u32, shape: f64) -> Distribution {
    Distribution::pareto(MS * minimum, shape).expect("valid")
}

fn phi(z: f64) -> f64 {
    libm::erfc(-z / 2.0_f64.sqrt()) / 2.0
}

/// The normal law on condition of not being negative.
fn not_negative(x: f64, mean: f64, deviation: f64) -> f64 {
    let below = phi(-mean / deviation);
    (phi((x - mean) / deviation) - below) / (1.0 - below)
}

fn sample(law: &Distribution, count: usize) -> Vec<f64> {
    (0..count as u64).map(|number| millis(law.sample(draw(number)))).collect()
}

fn draw(number: u64) -> Uniform64 {
    HashedDraws::new(2, *b"families").draw(&number.to_le_bytes())
}

fn millis(span: Duration) -> f64 {
    span.as_nanos() as f64 / 1e6
}
