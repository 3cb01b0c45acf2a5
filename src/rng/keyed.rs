//! A stream of random numbers for one purpose.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Uniform64;

/// ChaCha with 8 rounds under a key of its own.
#[derive(Debug, Clone)]
pub struct KeyedRng {
    stream: ChaCha8Rng,
}

impl KeyedRng {
    /// The key is these four words, eight bytes each and least significant byte first: a seed, the number of a purpose,
    /// and what distinguishes one stream of that purpose from another.
    pub fn new(key: [u64; 4]) -> KeyedRng {
        let mut bytes = [0; 32];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(key) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        KeyedRng { stream: ChaCha8Rng::from_seed(bytes) }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// A multiple of 2^-53 from 0 (included) to 1 (excluded).
    pub fn unit(&mut self) -> f64 {
        self.draw().unit()
    }

    /// Whether something with this probability happens: never for 0, always for 1.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.draw().hits(probability)
    }

    /// A whole number from 0 (included) to `end` (excluded).
    pub fn below(&mut self, end: usize) -> usize {
        self.draw().below(end as u64) as usize
    }

    /// Exponential with mean 1, by the inverse of its distribution function; at most 36.8.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }

    fn draw(&mut self) -> Uniform64 {
        Uniform64::from_bits(self.bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_word_of_the_key_is_another_stream() {
        let keys = [[0; 4], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];
        let firsts = keys.map(|key| KeyedRng::new(key).bits());
        for (index, first) in firsts.iter().enumerate() {
            assert!(!firsts[..index].contains(first), "{firsts:x?}");
        }
    }

    #[test]
    fn what_is_certain_happens_and_what_is_impossible_does_not() {
        let mut rng = KeyedRng::new([1, 0, 0, 0]);
        assert!((0..1000).all(|_| rng.chance(1.0) && !rng.chance(0.0)));
    }

    #[test]
    fn whole_numbers_are_even_and_stay_below_their_end() {
        let mut rng = KeyedRng::new([1, 3, 0, 0]);
        let mut counts = [0; 3];
        (0..30_000).for_each(|_| counts[rng.below(3)] += 1);
        assert!(counts.iter().all(|count| (9_700..10_300).contains(count)), "{counts:?}");
    }
}
