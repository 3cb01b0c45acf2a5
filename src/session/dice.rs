//! What a session draws: pauses between attempts, and the nonces of new ids.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A generator with one stream per operation, so that what an operation draws does not depend on how often an
/// earlier one had to be retried: taking one fault out of a plan leaves the other draws as they were.
/// Most operations draw nothing, so the generator itself is made when one does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Dice {
    seed: u64,
    operations: u64,
    /// Where the next draw of the operation begins, in words of its stream.
    drawn: u128,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice { seed, operations: 0, drawn: 0 }
    }

    /// From here on draws belong to the next operation.
    pub(super) fn next_operation(&mut self) {
        self.operations += 1;
        self.drawn = 0;
    }

    /// Evenly from zero to `ceiling`, both included, in whole nanoseconds.
    pub(super) fn pause(&mut self, ceiling: Duration) -> Duration {
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.draw(|rng| rng.random_range(0..=nanos)))
    }

    pub(super) fn nonce(&mut self) -> u64 {
        self.draw(|rng| rng.random())
    }

    fn draw<T>(&mut self, draw: impl FnOnce(&mut ChaCha8Rng) -> T) -> T {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(self.operations);
        rng.set_word_pos(self.drawn);
        let drawn = draw(&mut rng);
        self.drawn = rng.get_word_pos();
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CEILING: Duration = Duration::from_micros(100);

    #[test]
    fn pauses_lie_anywhere_from_zero_to_the_ceiling() {
        let mut dice = Dice::new(1);
        let drawn: Vec<Duration> = (0..1000).map(|_| dice.pause(CEILING)).collect();
        assert!(drawn.iter().all(|&pause| pause <= CEILING));
        for tenth in 0..10 {
            let (from, to) = (CEILING * tenth / 10, CEILING * (tenth + 1) / 10);
            let inside = drawn.iter().filter(|&&pause| from <= pause && pause < to).count();
            assert!((60..=140).contains(&inside), "{inside} of 1000 pauses lie from {from:?} to {to:?}");
        }
    }

    #[test]
    fn an_operation_draws_the_same_whatever_was_drawn_before() {
        let (mut calm, mut busy) = (Dice::new(7), Dice::new(7));
        calm.next_operation();
        busy.next_operation();
        for _ in 0..5 {
            busy.pause(CEILING);
        }
        calm.next_operation();
        busy.next_operation();
        assert_eq!(calm.pause(CEILING), busy.pause(CEILING));
        assert_eq!(calm.nonce(), busy.nonce());
    }
}
