//! Random numbers that follow from a seed: every generator whose draws are part of what a seed means.
//!
//! ```text
//!   four words   -> KeyedRng       one stream for one purpose                       workload, verify
//!   seed         -> SubstreamRng   one stream for each step of a session            session
//!   seed, bytes  -> HashedDraws    one number for one name, in any order            network
//!   state        -> split_mix64    one seed from another                            scenario, experiment
//! ```
//!
//! Which generator fits depends on what must *not* move a draw. A stream per purpose keeps the choices of one part of a
//! plan apart from those of another. A stream per step forgets how much the step before it drew. A hash of a name
//! depends on nothing else at all, so that a message meets the same fate whatever else is sent.
//!
//! # Invariants
//!
//! * The same seed gives the same numbers on every machine and in every release. ChaCha, SipHash and SplitMix64 are
//!   fixed algorithms; what is made of their bits takes IEEE 754's basic operations and the crate `libm` alone.
//! * Two streams of different keys do not overlap.
//!
//! # Absent
//!
//! No purpose has its name here: each room numbers its own, and a new one goes to the end of its list. No entropy: ids
//! that must differ from run to run are drawn where a clock is, in `live`. A test draws from `rand` and ChaCha
//! directly.

mod hashed;
mod keyed;
mod ranges;
mod substream;
mod uniform;

pub use hashed::HashedDraws;
pub use keyed::KeyedRng;
pub use substream::SubstreamRng;
pub use uniform::Uniform64;

/// One step of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a seed from a seed, or from a count.
pub fn split_mix64(state: u64) -> u64 {
    let mut z = state.wrapping_add(SPLIT_MIX_GAMMA);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// By how much the state of SplitMix64 rises from step to step.
pub const SPLIT_MIX_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Shuffles `items` (Fisher and Yates, in Durstenfeld's form, CACM 1964). `below` draws a number from 0 (included) to
/// its argument (excluded).
pub fn shuffle<T>(items: &mut [T], mut below: impl FnMut(usize) -> usize) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of SplitMix64 from 1234567, as published with its test vectors.
    #[test]
    fn mixing_is_splitmix_s() {
        let published = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        let states = (0..3_u64).map(|step| 1_234_567_u64.wrapping_add(SPLIT_MIX_GAMMA.wrapping_mul(step)));
        assert_eq!(states.map(split_mix64).collect::<Vec<u64>>(), published);
    }

    #[test]
    fn a_shuffle_swaps_from_the_end_with_what_is_drawn() {
        let mut drawn = [0, 1, 0].into_iter();
        let mut items = ['a', 'b', 'c', 'd'];
        shuffle(&mut items, |end| drawn.next().filter(|&at| at < end).expect("three draws"));
        assert_eq!(items, ['c', 'd', 'b', 'a']);
    }
}
