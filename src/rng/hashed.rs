//! Random numbers that belong to names: the same seed and the same name give the same number, in any order and however
//! often.

use siphasher::sip::SipHasher24;

use super::Uniform64;

/// All draws of one part of the project, from one seed.
///
/// A draw is SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012) of the name's
/// bytes. The hash's own key is the seed and the part's name, so that another part draws other numbers from that seed.
#[derive(Debug, Clone, Copy)]
pub struct HashedDraws {
    hasher: SipHasher24,
}

impl HashedDraws {
    /// The draws of `part` from `seed`.
    pub fn new(seed: u64, part: [u8; 8]) -> HashedDraws {
        HashedDraws { hasher: SipHasher24::new_with_keys(seed, u64::from_le_bytes(part)) }
    }

    /// The number that belongs to `name`.
    pub fn draw(&self, name: &[u8]) -> Uniform64 {
        Uniform64::from_bits(self.hasher.hash(name))
    }
}
