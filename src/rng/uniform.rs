//! One random number, and what is made of it.

/// A number drawn evenly from all numbers of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uniform64(u64);

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

    /// Whether something with this probability, from 0 to 1, happens: never for 0, always for 1.
    pub fn hits(self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number from 0 (included) to `end` (excluded); 0 if `end` is 0. No number is likelier than another by
    /// more than 2^-64.
    pub fn below(self, end: u64) -> u64 {
        // The product's upper half is below `end`, so that it fits.
        ((u128::from(self.0) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_things_happen_and_impossible_ones_do_not() {
        for bits in [0, 1 << 63, u64::MAX] {
            assert!(Uniform64(bits).hits(1.0));
            assert!(!Uniform64(bits).hits(0.0));
        }
    }

    #[test]
    fn a_draw_below_an_end_stays_below_it() {
        for (bits, end, expected) in [(0, 6, 0), (u64::MAX, 6, 5), (1 << 63, 6, 3), (u64::MAX, 0, 0)] {
            assert_eq!(Uniform64(bits).below(end), expected);
        }
    }
}
