//! Each part of a scenario draws from a generator of its own.

use crate::rng::KeyedRng;

/// What is drawn. A new purpose goes to the end: the numbers are part of what a seed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DrawPurpose {
    /// How many branches, how long, whether logs are durable.
    Cluster,
    /// How customers ask.
    Policy,
    Network,
    Faults,
    Accidents,
    Workload,
    /// Limits and timing.
    Bounds,
    /// Another seed in the place of one whose scenario does not fit the substrate.
    Again,
    /// Moments that chance rarely hits.
    Rare,
}

impl DrawPurpose {
    /// The random numbers that `seed` gives for this purpose.
    pub(super) fn rng(self, seed: u64) -> KeyedRng {
        KeyedRng::new([seed, self.number(), u64::from_le_bytes(*b"verify\0\0"), 0])
    }

    fn number(self) -> u64 {
        match self {
            DrawPurpose::Cluster => 0,
            DrawPurpose::Policy => 1,
            DrawPurpose::Network => 2,
            DrawPurpose::Faults => 3,
            DrawPurpose::Accidents => 4,
            DrawPurpose::Workload => 5,
            DrawPurpose::Bounds => 6,
            DrawPurpose::Again => 7,
            DrawPurpose::Rare => 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_draws_of_a_seed_are_these() {
        let mut rng = DrawPurpose::Cluster.rng(1);
        let drawn: Vec<u64> = (0..8).map(|_| rng.between(0, 999)).collect();
        assert_eq!(drawn, [625, 923, 462, 694, 543, 508, 816, 925]);
    }
}
