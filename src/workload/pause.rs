//! How long a customer pauses: think times, and the gaps from a write to its read.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rng::KeyedRng;

/// Lengths of pauses, one after another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThinkTime {
    /// Always the same; zero for none.
    Constant(Duration),
    /// Evenly from `from` (included) to `to` (excluded).
    Uniform {
        /// The shortest pause.
        from: Duration,
        /// The end of the range.
        to: Duration,
    },
    /// Exponential, in whole nanoseconds. The longest is 36.8 times the mean.
    Exponential {
        /// The mean, above zero.
        mean: Duration,
    },
    /// These, in this order, again and again; each session begins with the first.
    Cycled(Vec<Duration>),
    /// One of these, each as likely; one that is listed twice is twice as likely.
    Drawn(Vec<Duration>),
}

/// One session's pauses.
#[derive(Debug, Clone)]
pub(super) struct Pauses {
    pause: ThinkTime,
    rng: KeyedRng,
    made: usize,
}

impl Pauses {
    pub(super) fn new(pause: ThinkTime, rng: KeyedRng) -> Pauses {
        Pauses { pause, rng, made: 0 }
    }

    pub(super) fn next(&mut self) -> Duration {
        self.made += 1;
        match &self.pause {
            ThinkTime::Constant(length) => *length,
            ThinkTime::Uniform { from, to } => *from + stretched(*to - *from, self.rng.unit()),
            ThinkTime::Exponential { mean } => stretched(*mean, self.rng.exponential()),
            ThinkTime::Cycled(list) => list[(self.made - 1) % list.len()],
            ThinkTime::Drawn(list) => list[self.rng.below(list.len())],
        }
    }
}

/// `factor` times `length`, to the nearest nanosecond.
fn stretched(length: Duration, factor: f64) -> Duration {
    // From 2^53 ns, which is 104 days, the product is no longer exact to the nanosecond; pauses end at a day.
    Duration::from_nanos((length.as_nanos() as f64 * factor).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::super::purpose::WorkloadPurpose;
    use super::*;

    fn pauses(pause: ThinkTime, count: usize) -> Vec<u128> {
        let mut pauses = Pauses::new(pause, WorkloadPurpose::Think.rng(1, [0, 0]));
        (0..count).map(|_| pauses.next().as_millis()).collect()
    }

    #[test]
    fn constant_and_cycled_pauses_are_as_given() {
        let ms = Duration::from_millis;
        assert_eq!(pauses(ThinkTime::Constant(ms(7)), 3), [7, 7, 7]);
        assert_eq!(pauses(ThinkTime::Cycled(vec![ms(1), ms(2), ms(5)]), 7), [1, 2, 5, 1, 2, 5, 1]);
    }

    #[test]
    fn drawn_pauses_have_their_means_and_bounds() {
        let ms = Duration::from_millis;
        let rows = [
            (ThinkTime::Uniform { from: ms(1_000), to: ms(3_000) }, 2_000, 1_000, 2_999),
            (ThinkTime::Exponential { mean: ms(2_000) }, 2_000, 0, 73_600),
            (ThinkTime::Drawn(vec![ms(1_000), ms(1_000), ms(4_000)]), 2_000, 1_000, 4_000),
        ];
        for (pause, mean, least, greatest) in rows {
            let drawn = pauses(pause.clone(), 20_000);
            let average = drawn.iter().sum::<u128>() / 20_000;
            assert!(average.abs_diff(mean) < 60, "{pause:?}: {average}");
            assert!(drawn.iter().all(|ms| (least..=greatest).contains(ms)), "{pause:?}");
        }
    }
}
