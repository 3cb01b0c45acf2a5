//! The families of delay laws, in nanoseconds: quantile, distribution function and mean of each.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Distribution, normal};

/// A law without its offset. Parameters are checked where they come in, in `distribution`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DelayFamily {
    /// No delay.
    Nothing,
    Uniform {
        width: f64,
    },
    Normal {
        mean: f64,
        deviation: f64,
    },
    LogNormal {
        median: f64,
        sigma: f64,
    },
    Exponential {
        mean: f64,
    },
    Pareto {
        minimum: f64,
        shape: f64,
    },
    Mixture {
        parts: Vec<MixturePart>,
    },
    Empirical {
        sorted: Vec<Duration>,
    },
}

/// One law of a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MixturePart {
    /// Its share of all draws; the shares of a mixture add up to 1.
    pub share: f64,
    pub law: Distribution,
}

/// The largest share below 1.
const ALMOST_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

impl DelayFamily {
    /// The delay that the share `p`, below 1, draws.
    pub(super) fn sample(&self, p: f64) -> Duration {
        match self {
            DelayFamily::Mixture { parts } => sample_mixture(parts, p),
            DelayFamily::Nothing
            | DelayFamily::Uniform { .. }
            | DelayFamily::Normal { .. }
            | DelayFamily::LogNormal { .. }
            | DelayFamily::Exponential { .. }
            | DelayFamily::Pareto { .. }
            | DelayFamily::Empirical { .. } => self.quantile(p),
        }
    }

    /// The least delay x with P(delay <= x) >= `p`.
    pub(super) fn quantile(&self, p: f64) -> Duration {
        let beyond = 1.0 - p;
        match *self {
            DelayFamily::Nothing => Duration::ZERO,
            DelayFamily::Uniform { width } => whole(width * p),
            DelayFamily::Normal { mean, deviation } => {
                // The tail beyond is taken, since its share keeps its digits where 1 - share has none left.
                let kept = normal::cdf(mean / deviation);
                whole(mean - deviation * normal::quantile(beyond * kept))
            }
            DelayFamily::LogNormal { median, sigma } => {
                whole(median * libm::exp(-sigma * normal::quantile(beyond)))
            }
            DelayFamily::Exponential { mean } => whole(-mean * libm::log1p(-p)),
            DelayFamily::Pareto { minimum, shape } => whole(minimum * libm::pow(beyond, -1.0 / shape)),
            DelayFamily::Mixture { ref parts } => quantile_by_bisection(parts, p),
            DelayFamily::Empirical { ref sorted } => sorted[rank(p, sorted.len())],
        }
    }

    /// P(delay <= `x`), for `x` not negative.
    pub(super) fn cdf(&self, x: f64) -> f64 {
        match *self {
            DelayFamily::Nothing => 1.0,
            DelayFamily::Uniform { width } => {
                if x >= width {
                    1.0
                } else {
                    x / width
                }
            }
            DelayFamily::Normal { mean, deviation } => {
                let beyond = normal::cdf((mean - x) / deviation);
                1.0 - beyond / normal::cdf(mean / deviation)
            }
            DelayFamily::LogNormal { median, sigma } => normal::cdf(libm::log(x / median) / sigma),
            DelayFamily::Exponential { mean } => -libm::expm1(-x / mean),
            DelayFamily::Pareto { minimum, shape } => 1.0 - libm::pow(x.max(minimum) / minimum, -shape),
            DelayFamily::Mixture { ref parts } => mixed(parts, |law| law.cdf_at(x)),
            DelayFamily::Empirical { ref sorted } => {
                sorted.partition_point(|&value| nanos(value) <= x) as f64 / sorted.len() as f64
            }
        }
    }

    /// `None`: it is infinite.
    pub(super) fn mean(&self) -> Option<f64> {
        let mean = match *self {
            DelayFamily::Nothing => 0.0,
            DelayFamily::Uniform { width } => width / 2.0,
            DelayFamily::Normal { mean, deviation } => {
                let z = mean / deviation;
                mean + deviation * normal::density(z) / normal::cdf(z)
            }
            DelayFamily::LogNormal { median, sigma } => median * libm::exp(sigma * sigma / 2.0),
            DelayFamily::Exponential { mean } => mean,
            DelayFamily::Pareto { shape, .. } if shape <= 1.0 => f64::INFINITY,
            DelayFamily::Pareto { minimum, shape } => minimum * shape / (shape - 1.0),
            DelayFamily::Mixture { ref parts } => mixed(parts, Distribution::mean_nanos),
            DelayFamily::Empirical { ref sorted } => {
                sorted.iter().copied().map(nanos).sum::<f64>() / sorted.len() as f64
            }
        };
        mean.is_finite().then_some(mean)
    }
}

/// A span as a number of nanoseconds.
pub(super) fn nanos(span: Duration) -> f64 {
    span.as_nanos() as f64
}

/// Rounded to whole nanoseconds, and not below zero. The cast saturates.
fn whole(nanos: f64) -> Duration {
    Duration::from_nanos(libm::round(nanos) as u64)
}

/// The index of the least of `count` sorted values that the share `p` of them does not exceed.
fn rank(p: f64, count: usize) -> usize {
    let needed = libm::ceil(p * count as f64) as usize;
    needed.clamp(1, count) - 1
}

fn mixed(parts: &[MixturePart], of: impl Fn(&Distribution) -> f64) -> f64 {
    parts.iter().map(|part| part.share * of(&part.law)).sum()
}

fn sample_mixture(parts: &[MixturePart], p: f64) -> Duration {
    let mut left = p;
    for MixturePart { share, law } in parts {
        if left < *share {
            return law.sample_at((left / share).min(ALMOST_ONE));
        }
        left -= share;
    }
    // Rounding may leave a sliver beyond the last share.
    let last = parts.last().expect("a mixture has parts");
    last.law.sample_at(ALMOST_ONE)
}

fn quantile_by_bisection(parts: &[MixturePart], p: f64) -> Duration {
    let (mut low, mut high) = (0, u64::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if mixed(parts, |law| law.cdf_at(middle as f64)) >= p {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Duration::from_nanos(low)
}

impl fmt::Display for DelayFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DelayFamily::Nothing => f.write_str("nothing"),
            DelayFamily::Uniform { width } => write!(f, "uniform, 0ns to {:?}", whole(*width)),
            DelayFamily::Normal { mean, deviation } => {
                write!(f, "normal, mean {:?}, deviation {:?}, not negative", whole(*mean), whole(*deviation))
            }
            DelayFamily::LogNormal { median, sigma } => {
                write!(f, "log-normal, median {:?}, sigma {sigma}", whole(*median))
            }
            DelayFamily::Exponential { mean } => write!(f, "exponential, mean {:?}", whole(*mean)),
            DelayFamily::Pareto { minimum, shape } => {
                write!(f, "pareto, minimum {:?}, shape {shape}", whole(*minimum))
            }
            DelayFamily::Mixture { parts } => {
                let parts: Vec<String> =
                    parts.iter().map(|part| format!("{} {}", part.share, part.law)).collect();
                f.write_str(&parts.join("; "))
            }
            DelayFamily::Empirical { sorted } => {
                let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
                write!(f, "one of {} values, {least:?} to {most:?}", sorted.len())
            }
        }
    }
}
