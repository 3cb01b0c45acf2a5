//! How long something takes: a law of delays that can be drawn from, and asked.
//!
//! Every delay is drawn by inversion: one [`Uniform64`] is read as a share p, and the delay is the quantile at p.
//! So the delays drawn are those of [`Distribution::quantile`], and a larger draw is never a shorter delay. (A
//! mixture is the exception: see [`Distribution::mixture`].) All arithmetic is IEEE 754's and the crate
//! `libm`'s, and the result is rounded to whole nanoseconds, so that a seed means the same on every machine.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::family::{DelayFamily, MixturePart, nanos};
use crate::rng::Uniform64;

/// A law of delays: never negative, whole nanoseconds. Spans are exact up to 2^53 ns (104 days); what a heavy
/// tail draws beyond 2^64 ns (584 years) is 2^64 - 1 ns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Added to everything that `family` draws.
    offset: Duration,
    family: DelayFamily,
}

/// A parameter outside of its range.
#[allow(missing_docs, reason = "each message says what is wrong, and with what")]
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum DistributionError {
    #[error("`{parameter}` must be above zero")]
    Zero { parameter: &'static str },
    #[error("`from` is {from:?}, which is after `to`, {to:?}")]
    Reversed { from: Duration, to: Duration },
    #[error("`{parameter}` is {value}; it must be a finite number above zero")]
    NotPositive { parameter: &'static str, value: f64 },
    #[error("`{parameter}` is empty; it must hold at least one value")]
    Empty { parameter: &'static str },
}

impl Distribution {
    /// Always `delay`.
    pub fn constant(delay: Duration) -> Distribution {
        Distribution { offset: delay, family: DelayFamily::Nothing }
    }

    /// Anything from `from` to `to`, evenly. Error: `to` before `from`.
    pub fn uniform(from: Duration, to: Duration) -> Result<Distribution, DistributionError> {
        if from > to {
            return Err(DistributionError::Reversed { from, to });
        }
        Ok(Distribution { offset: from, family: DelayFamily::Uniform { width: nanos(to - from) } })
    }

    /// The normal law, conditioned on not being negative: what drawing again until it is not would give. So
    /// with a `mean` of few deviations the true mean is larger ([`Distribution::mean`] returns it). Error:
    /// `deviation` zero.
    pub fn normal(mean: Duration, deviation: Duration) -> Result<Distribution, DistributionError> {
        let deviation = above_zero("deviation", deviation)?;
        Ok(Distribution::of(DelayFamily::Normal { mean: nanos(mean), deviation }))
    }

    /// A delay whose logarithm is normal: `median`, and `sigma`, the deviation of the natural logarithm.
    /// Errors: `median` zero; `sigma` not a finite number above zero.
    pub fn log_normal(median: Duration, sigma: f64) -> Result<Distribution, DistributionError> {
        let median = above_zero("median", median)?;
        Ok(Distribution::of(DelayFamily::LogNormal { median, sigma: positive("sigma", sigma)? }))
    }

    /// The memoryless law. Error: `mean` zero.
    pub fn exponential(mean: Duration) -> Result<Distribution, DistributionError> {
        Ok(Distribution::of(DelayFamily::Exponential { mean: above_zero("mean", mean)? }))
    }

    /// Pareto's first law: P(delay > x) = (`minimum` / x)^`shape`. The mean is infinite if `shape` is at most
    /// 1, the variance if it is at most 2. Errors: `minimum` zero; `shape` not a finite number above zero.
    pub fn pareto(minimum: Duration, shape: f64) -> Result<Distribution, DistributionError> {
        let minimum = above_zero("minimum", minimum)?;
        Ok(Distribution::of(DelayFamily::Pareto { minimum, shape: positive("shape", shape)? }))
    }

    /// Each part as often as its weight says; only the ratios of weights count.
    ///
    /// One draw chooses the part and, spread out again, is the draw within it. So a larger draw may be a
    /// shorter delay, and [`Distribution::quantile`], found by bisection, is no step of drawing. Errors: no
    /// parts; a weight that is not a finite number above zero.
    pub fn mixture(parts: Vec<(f64, Distribution)>) -> Result<Distribution, DistributionError> {
        let weights = parts.iter().map(|&(weight, _)| positive("weight", weight));
        let total = weights.sum::<Result<f64, DistributionError>>()?;
        if parts.is_empty() {
            return Err(DistributionError::Empty { parameter: "parts" });
        }
        let parts =
            parts.into_iter().map(|(weight, law)| MixturePart { share: weight / total, law }).collect();
        Ok(Distribution::of(DelayFamily::Mixture { parts }))
    }

    /// One of `values`, each as likely as it occurs in the list. Error: no values.
    pub fn empirical(values: impl IntoIterator<Item = Duration>) -> Result<Distribution, DistributionError> {
        let mut sorted: Vec<Duration> = values.into_iter().collect();
        sorted.sort_unstable();
        match sorted.is_empty() {
            true => Err(DistributionError::Empty { parameter: "values" }),
            false => Ok(Distribution::of(DelayFamily::Empirical { sorted })),
        }
    }

    /// The same law, later by `offset`, which is the least delay then.
    pub fn plus(self, offset: Duration) -> Distribution {
        Distribution { offset: self.offset.saturating_add(offset), ..self }
    }

    /// The delay, if it is always the same: then nothing has to be drawn for it.
    pub fn constant_delay(&self) -> Option<Duration> {
        match self.family {
            DelayFamily::Nothing => Some(self.offset),
            DelayFamily::Uniform { .. }
            | DelayFamily::Normal { .. }
            | DelayFamily::LogNormal { .. }
            | DelayFamily::Exponential { .. }
            | DelayFamily::Pareto { .. }
            | DelayFamily::Mixture { .. }
            | DelayFamily::Empirical { .. } => None,
        }
    }

    /// The delay that belongs to `draw`.
    pub fn sample(&self, draw: Uniform64) -> Duration {
        self.sample_at(draw.unit())
    }

    /// The shortest delay that at least the share `p` of all delays does not exceed.
    ///
    /// # Panics
    ///
    /// If `p` does not lie from 0 to 1.
    pub fn quantile(&self, p: f64) -> Duration {
        assert!((0.0..=1.0).contains(&p), "a quantile is asked for at a share from 0 to 1, not at {p}");
        self.offset.saturating_add(self.family.quantile(p))
    }

    /// The share of delays that do not exceed `delay`.
    pub fn cdf(&self, delay: Duration) -> f64 {
        self.cdf_at(nanos(delay))
    }

    /// The mean, before rounding to whole nanoseconds. `None`: it is infinite.
    pub fn mean(&self) -> Option<Duration> {
        let beyond = self.family.mean()?;
        Some(self.offset.saturating_add(Duration::from_nanos(libm::round(beyond) as u64)))
    }

    fn of(family: DelayFamily) -> Distribution {
        Distribution { offset: Duration::ZERO, family }
    }

    /// The delay that the share `p`, below 1, draws.
    pub(super) fn sample_at(&self, p: f64) -> Duration {
        self.offset.saturating_add(self.family.sample(p))
    }

    /// The share of delays up to `x` nanoseconds.
    pub(super) fn cdf_at(&self, x: f64) -> f64 {
        let beyond = x - nanos(self.offset);
        if beyond < 0.0 { 0.0 } else { self.family.cdf(beyond) }
    }

    /// The mean in nanoseconds, infinite if it is.
    pub(super) fn mean_nanos(&self) -> f64 {
        nanos(self.offset) + self.family.mean().unwrap_or(f64::INFINITY)
    }
}

/// `5ms + exponential, mean 20ms`
impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.family, self.offset.is_zero()) {
            (DelayFamily::Nothing, _) => write!(f, "constant {:?}", self.offset),
            (family, true) => write!(f, "{family}"),
            (family, false) => write!(f, "{:?} + {family}", self.offset),
        }
    }
}

fn above_zero(parameter: &'static str, span: Duration) -> Result<f64, DistributionError> {
    if span.is_zero() { Err(DistributionError::Zero { parameter }) } else { Ok(nanos(span)) }
}

fn positive(parameter: &'static str, value: f64) -> Result<f64, DistributionError> {
    let fits = value.is_finite() && value > 0.0;
    if fits { Ok(value) } else { Err(DistributionError::NotPositive { parameter, value }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_parameter_outside_its_range_is_named() {
        let zero = Duration::ZERO;
        let none: [Duration; 0] = [];
        let part = || Distribution::constant(MS);
        let rows = [
            (Distribution::uniform(MS * 2, MS), "`from` is 2ms, which is after `to`, 1ms"),
            (Distribution::normal(MS, zero), "`deviation` must be above zero"),
            (Distribution::log_normal(zero, 1.0), "`median` must be above zero"),
            (Distribution::log_normal(MS, -0.5), "`sigma` is -0.5; it must be a finite number above zero"),
            (Distribution::exponential(zero), "`mean` must be above zero"),
            (Distribution::pareto(zero, 1.0), "`minimum` must be above zero"),
            (Distribution::pareto(MS, f64::NAN), "`shape` is NaN; it must be a finite number above zero"),
            (Distribution::mixture(vec![]), "`parts` is empty; it must hold at least one value"),
            (Distribution::mixture(vec![(1.0, part()), (0.0, part())]), "`weight` is 0; it must be"),
            (Distribution::mixture(vec![(f64::INFINITY, part())]), "`weight` is inf; it must be"),
            (Distribution::empirical(none), "`values` is empty; it must hold at least one value"),
        ];
        for (made, expected) in rows {
            let error = made.expect_err(expected).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_law_reads_as_it_was_written() {
        let mixed =
            vec![(3.0, Distribution::constant(MS)), (1.0, Distribution::pareto(MS, 1.5).expect("valid"))];
        let rows = [
            (Distribution::constant(MS), "constant 1ms"),
            (Distribution::uniform(MS, MS * 3).expect("valid"), "1ms + uniform, 0ns to 2ms"),
            (
                Distribution::normal(MS * 2, MS).expect("valid"),
                "normal, mean 2ms, deviation 1ms, not negative",
            ),
            (Distribution::log_normal(MS, 0.5).expect("valid"), "log-normal, median 1ms, sigma 0.5"),
            (Distribution::exponential(MS).expect("valid").plus(MS), "1ms + exponential, mean 1ms"),
            (
                Distribution::mixture(mixed).expect("valid"),
                "0.75 constant 1ms; 0.25 pareto, minimum 1ms, shape 1.5",
            ),
            (Distribution::empirical([MS * 3, MS]).expect("valid"), "one of 2 values, 1ms to 3ms"),
        ];
        for (law, expected) in rows {
            assert_eq!(law.to_string(), expected);
        }
    }
}
