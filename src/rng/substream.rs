//! A stream of random numbers for each step.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A generator with one stream per step, so that what a step draws does not depend on how much an earlier one drew:
/// a retry less leaves the later draws as they were.
///
/// Most steps draw nothing, so ChaCha's own state is made only when one does. A copy continues where its original is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubstreamRng {
    seed: u64,
    step: u64,
    /// Where the next draw of the step begins, in words of its stream.
    position: u128,
}

impl SubstreamRng {
    /// The generator of `seed`, at its step 0.
    pub fn new(seed: u64) -> SubstreamRng {
        SubstreamRng { seed, step: 0, position: 0 }
    }

    /// From here on draws belong to the next step.
    pub fn next_step(&mut self) {
        self.step += 1;
        self.position = 0;
    }

    /// Evenly from zero to `ceiling`, both included, in whole nanoseconds.
    pub fn duration_up_to(&mut self, ceiling: Duration) -> Duration {
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.draw(|rng| rng.random_range(0..=nanos)))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.draw(|rng| rng.random())
    }

    fn draw<T>(&mut self, draw: impl FnOnce(&mut ChaCha8Rng) -> T) -> T {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(self.step);
        rng.set_word_pos(self.position);
        let drawn = draw(&mut rng);
        self.position = rng.get_word_pos();
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CEILING: Duration = Duration::from_micros(100);

    #[test]
    fn durations_lie_anywhere_from_zero_to_the_ceiling() {
        let mut rng = SubstreamRng::new(1);
        let drawn: Vec<Duration> = (0..1000).map(|_| rng.duration_up_to(CEILING)).collect();
        assert!(drawn.iter().all(|&drawn| drawn <= CEILING));
        for tenth in 0..10 {
            let (from, to) = (CEILING * tenth / 10, CEILING * (tenth + 1) / 10);
            let inside = drawn.iter().filter(|&&drawn| from <= drawn && drawn < to).count();
            assert!((60..=140).contains(&inside), "{inside} of 1000 lie from {from:?} to {to:?}");
        }
    }

    #[test]
    fn a_step_draws_the_same_whatever_was_drawn_before() {
        let (mut calm, mut busy) = (SubstreamRng::new(7), SubstreamRng::new(7));
        calm.next_step();
        busy.next_step();
        for _ in 0..5 {
            busy.duration_up_to(CEILING);
        }
        calm.next_step();
        busy.next_step();
        assert_eq!(calm.duration_up_to(CEILING), busy.duration_up_to(CEILING));
        assert_eq!(calm.bits(), busy.bits());
    }
}
