//! Each kind of choice draws from a generator of its own.

use crate::rng::KeyedRng;

/// The kinds of choices. A new purpose goes to the end: the numbers are part of what a seed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkloadPurpose {
    /// When operations arrive.
    Time,
    /// Whose operation arrives.
    Session,
    /// Which operation a session makes next.
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

impl WorkloadPurpose {
    /// The random numbers that `seed` gives for this purpose; streams of one purpose differ in their `index`.
    pub(super) fn rng(self, seed: u64, index: [u64; 2]) -> KeyedRng {
        KeyedRng::new([seed, self.number(), index[0], index[1]])
    }

    fn number(self) -> u64 {
        match self {
            WorkloadPurpose::Time => 0,
            WorkloadPurpose::Session => 1,
            WorkloadPurpose::Operation => 2,
            WorkloadPurpose::Branch => 3,
            WorkloadPurpose::Think => 4,
            WorkloadPurpose::Gap => 5,
            WorkloadPurpose::Script => 6,
        }
    }
}
