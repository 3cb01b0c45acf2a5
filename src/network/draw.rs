//! Random numbers that belong to a name: the same seed and the same [`Key`] give the same [`Uniform64`], in any
//! order and however often.

use siphasher::sip::SipHasher24;

use super::Probability;
use super::key::Key;

/// A number drawn evenly from all numbers of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uniform64(u64);

/// Every draw of one network, from its seed.
///
/// A draw is SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012) of the
/// key's bytes. The hash's own key is the seed, then the eight bytes `network\0`, so that another part of the
/// project that hashes with the same seed draws other numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draws {
    hasher: SipHasher24,
}

impl Draws {
    pub(super) fn new(seed: u64) -> Draws {
        Draws { hasher: SipHasher24::new_with_keys(seed, u64::from_le_bytes(*b"network\0")) }
    }

    pub(super) fn draw(&self, key: &Key) -> Uniform64 {
        Uniform64(self.hasher.hash(&key.bytes()))
    }
}

impl Uniform64 {
    /// 64 random bits, from whatever generator made them.
    pub fn from_bits(bits: u64) -> Uniform64 {
        Uniform64(bits)
    }

    /// The upper 53 bits as a multiple of 2^-53, from 0 (included) to 1 (excluded).
    pub fn unit(self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.0 >> 11) as f64 * STEP
    }

    /// Whether what has this probability happens.
    pub fn hits(self, probability: Probability) -> bool {
        self.unit() < probability.get()
    }

    /// A whole number from 0 (included) to `end` (excluded); 0 if `end` is 0. Each is equally likely up to
    /// `end` / 2^64.
    pub fn below(self, end: u64) -> u64 {
        ((u128::from(self.0) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tests::fit;

    #[test]
    fn draws_are_even_and_so_are_pairs_of_neighbours() {
        let draws = Draws::new(3);
        let key = |number| Key::Timetable { window: 0, number };
        let units: Vec<f64> = (0..20_000).map(|n| draws.draw(&key(n)).unit()).collect();
        let mut pairs = [0; 64];
        for pair in units.chunks_exact(2) {
            pairs[(pair[0] * 8.0) as usize * 8 + (pair[1] * 8.0) as usize] += 1;
        }
        assert!(fit::distance(&units, |u| u) < fit::distance_max(units.len()));
        assert!(fit::chi_square(&pairs, &[1.0 / 64.0; 64]) < fit::chi_square_max(63));
    }

    #[test]
    fn certain_things_happen_and_impossible_ones_do_not() {
        for bits in [0, 1 << 63, u64::MAX] {
            assert!(Uniform64(bits).hits(Probability::ALWAYS));
            assert!(!Uniform64(bits).hits(Probability::NEVER));
        }
    }

    #[test]
    fn a_draw_below_an_end_stays_below_it() {
        for (bits, end, expected) in [(0, 6, 0), (u64::MAX, 6, 5), (1 << 63, 6, 3), (u64::MAX, 0, 0)] {
            assert_eq!(Uniform64(bits).below(end), expected);
        }
    }
}
