//! When operations arrive in an open loop, and whose they are.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::purpose::WorkloadPurpose;
use crate::rng::KeyedRng;

/// How operations arrive, over all sessions together. Rates are per second, above 0 and up to 10^7: there a gap,
/// which is rounded to whole nanoseconds, is 100 of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// A Poisson process: gaps are independent and exponential. Each arrival is any session's, so that each
    /// session's arrivals are a Poisson process too.
    Poisson {
        /// The mean number of arrivals in a second.
        rate_per_s: f64,
    },
    /// The i-th arrival, from 0, at i / rate, so that no rounding adds up. Sessions take turns.
    Constant {
        /// The number of arrivals in a second.
        rate_per_s: f64,
    },
}

/// Intended times, rising, with the session of each, up to an end.
#[derive(Debug, Clone)]
pub(super) struct ArrivalTimes {
    arrivals: Arrivals,
    end: Duration,
    sessions: usize,
    times: KeyedRng,
    turns: KeyedRng,
    /// How many arrivals there were.
    made: u64,
    /// When the last one was, in nanoseconds.
    now_ns: u64,
}

impl Iterator for ArrivalTimes {
    type Item = (Duration, usize);

    fn next(&mut self) -> Option<(Duration, usize)> {
        let session = match self.arrivals {
            Arrivals::Poisson { rate_per_s } => {
                let gap_ns = (self.times.exponential() * 1e9 / rate_per_s).round() as u64;
                self.now_ns = self.now_ns.saturating_add(gap_ns);
                self.turns.below(self.sessions)
            }
            Arrivals::Constant { rate_per_s } => {
                self.now_ns = (self.made as f64 * 1e9 / rate_per_s).round() as u64;
                (self.made % self.sessions as u64) as usize
            }
        };
        self.made += 1;
        let at = Duration::from_nanos(self.now_ns);
        (at < self.end).then_some((at, session))
    }
}

impl ArrivalTimes {
    /// The times that `seed` gives, before `end`.
    pub(super) fn new(arrivals: Arrivals, end: Duration, sessions: usize, seed: u64) -> ArrivalTimes {
        let times = WorkloadPurpose::Time.rng(seed, [0, 0]);
        let turns = WorkloadPurpose::Session.rng(seed, [0, 0]);
        ArrivalTimes { arrivals, end, sessions, times, turns, made: 0, now_ns: 0 }
    }
}

impl Arrivals {
    pub(super) fn rate_per_s(self) -> f64 {
        match self {
            Arrivals::Poisson { rate_per_s } | Arrivals::Constant { rate_per_s } => rate_per_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 1_000.0;

    fn times(arrivals: Arrivals, seconds: u64) -> Vec<(Duration, usize)> {
        ArrivalTimes::new(arrivals, Duration::from_secs(seconds), 8, 1).collect()
    }

    fn gaps_s(times: &[(Duration, usize)]) -> Vec<f64> {
        times.windows(2).map(|pair| (pair[1].0 - pair[0].0).as_secs_f64()).collect()
    }

    /// Whether Kolmogorov and Smirnov find these gaps exponential with this rate, at the 1 % level.
    fn fits(mut gaps: Vec<f64>, rate: f64) -> bool {
        gaps.sort_by(f64::total_cmp);
        let count = gaps.len() as f64;
        let distance = |(rank, gap): (usize, &f64)| {
            let expected = 1.0 - libm::exp(-rate * gap);
            (expected - rank as f64 / count).abs().max((expected - (rank + 1) as f64 / count).abs())
        };
        gaps.iter().enumerate().map(distance).fold(0.0, f64::max) < 1.628 / count.sqrt()
    }

    #[test]
    fn gaps_of_a_poisson_process_are_exponential() {
        let poisson = times(Arrivals::Poisson { rate_per_s: RATE }, 20);
        let of_one: Vec<_> = poisson.iter().copied().filter(|&(_, session)| session == 3).collect();
        assert!(fits(gaps_s(&poisson), RATE));
        assert!(fits(gaps_s(&of_one), RATE / 8.0), "one of eight sessions has an eighth of the rate");
    }

    #[test]
    fn gaps_of_another_rate_or_kind_do_not_fit() {
        let poisson = gaps_s(&times(Arrivals::Poisson { rate_per_s: RATE }, 20));
        assert!(!fits(poisson.clone(), RATE * 1.05));
        assert!(!fits(poisson.clone(), RATE * 0.95));
        assert!(!fits(gaps_s(&times(Arrivals::Constant { rate_per_s: RATE }, 20)), RATE));
        let evened: Vec<f64> = poisson.chunks_exact(2).map(|two| f64::midpoint(two[0], two[1])).collect();
        assert!(!fits(evened, RATE));
    }

    #[test]
    fn counts_in_windows_vary_as_much_as_their_mean() {
        let poisson = times(Arrivals::Poisson { rate_per_s: RATE }, 100);
        let mut counts = vec![0.0; 10_000];
        poisson.iter().for_each(|(at, _)| counts[(at.as_micros() / 10_000) as usize] += 1.0);
        let mean = counts.iter().sum::<f64>() / 10_000.0;
        let variance = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / 9_999.0;
        assert!((mean - 10.0).abs() < 0.13, "{mean}");
        assert!((variance / mean - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn constant_arrivals_are_where_their_index_says() {
        let constant = times(Arrivals::Constant { rate_per_s: 3.0 }, 1_000);
        assert_eq!(constant.len(), 3_000);
        assert_eq!(constant[1].0, Duration::from_nanos(333_333_333));
        assert_eq!(constant[2_997].0, Duration::from_secs(999));
        assert!(constant.iter().enumerate().all(|(index, &(_, session))| session == index % 8));
    }

    #[test]
    fn sessions_of_poisson_arrivals_are_even() {
        let mut counts = [0; 8];
        times(Arrivals::Poisson { rate_per_s: RATE }, 40)
            .iter()
            .for_each(|&(_, session)| counts[session] += 1);
        assert!(counts.iter().all(|count| (4_700..5_300).contains(count)), "{counts:?}");
    }
}
