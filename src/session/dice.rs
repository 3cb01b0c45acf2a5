//! What a session draws: pauses between attempts, and the nonces of new ids.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A generator with one stream per operation, so that what an operation draws does not depend on how often an
/// earlier one had to be retried: taking one fault out of a plan leaves the other draws as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dice {
    rng: ChaCha8Rng,
    operations: u64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice { rng: ChaCha8Rng::seed_from_u64(seed), operations: 0 }
    }

    /// From here on draws belong to the next operation.
    pub(super) fn next_operation(&mut self) {
        self.operations += 1;
        self.rng.set_stream(self.operations);
        self.rng.set_word_pos(0);
    }

    /// Evenly from zero to `ceiling`, both included, in whole nanoseconds.
    pub(super) fn pause(&mut self, ceiling: Duration) -> Duration {
        let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.rng.random_range(0..=nanos))
    }

    pub(super) fn nonce(&mut self) -> u64 {
        self.rng.random()
    }
}

/// By what moves: the seed is the session's own and never changes.
impl Hash for Dice {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.operations.hash(state);
        self.rng.get_word_pos().hash(state);
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
