//! Random numbers, each kind of choice from a generator of its own.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is chosen. A new purpose goes to the end: the numbers are part of what a seed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// When operations arrive.
    Time,
    /// Whose operation arrives.
    Session,
    /// What a session does.
    Operation,
    /// Where it goes.
    Branch,
    /// How long it thinks.
    Think,
    /// How long it waits from a write to its read.
    Gap,
    /// The writes of an account.
    Script,
}

/// The random numbers for one purpose, and for one of whatever it is repeated for.
#[derive(Debug, Clone)]
pub(super) struct Draw {
    rng: ChaCha8Rng,
}

impl Draw {
    /// ChaCha with 8 rounds. Its key is the seed, the purpose and `index`, eight bytes each and least significant
    /// byte first, so that no two streams overlap.
    pub(super) fn new(seed: u64, purpose: Purpose, index: [u64; 2]) -> Draw {
        let mut key = [0; 32];
        let words = [seed, purpose.number(), index[0], index[1]];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Draw { rng: ChaCha8Rng::from_seed(key) }
    }

    /// A multiple of 2^-53 from 0 (included) to 1 (excluded).
    pub(super) fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.rng.next_u64() >> 11) as f64 * STEP
    }

    /// A whole number from 0 (included) to `end` (excluded). None is likelier than another by more than 2^-64.
    pub(super) fn below(&mut self, end: usize) -> usize {
        // The product's upper half is below `end`, so that it fits.
        ((u128::from(self.rng.next_u64()) * end as u128) >> 64) as usize
    }

    /// Whether something with this probability happens: never for 0, always for 1.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Exponential with mean 1, by the inverse of its distribution function; at most 36.8.
    pub(super) fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }
}

impl Purpose {
    fn number(self) -> u64 {
        match self {
            Purpose::Time => 0,
            Purpose::Session => 1,
            Purpose::Operation => 2,
            Purpose::Branch => 3,
            Purpose::Think => 4,
            Purpose::Gap => 5,
            Purpose::Script => 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_different_purposes_and_indices_differ() {
        let first = |seed, purpose, index| Draw::new(seed, purpose, index).rng.next_u64();
        let draws = [
            first(1, Purpose::Time, [0, 0]),
            first(2, Purpose::Time, [0, 0]),
            first(1, Purpose::Session, [0, 0]),
            first(1, Purpose::Time, [1, 0]),
            first(1, Purpose::Time, [0, 1]),
        ];
        for (index, draw) in draws.iter().enumerate() {
            assert!(!draws[..index].contains(draw), "{draws:x?}");
        }
    }

    #[test]
    fn what_is_certain_happens_and_what_is_impossible_does_not() {
        let mut draw = Draw::new(1, Purpose::Branch, [0, 0]);
        assert!((0..1000).all(|_| draw.chance(1.0) && !draw.chance(0.0)));
    }

    #[test]
    fn whole_numbers_are_even_and_stay_below_their_end() {
        let mut draw = Draw::new(1, Purpose::Branch, [0, 0]);
        let mut counts = [0; 3];
        (0..30_000).for_each(|_| counts[draw.below(3)] += 1);
        assert!(counts.iter().all(|count| (9_700..10_300).contains(count)), "{counts:?}");
    }
}
