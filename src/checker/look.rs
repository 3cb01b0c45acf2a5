//! What the black box says of one read.

use crate::model::WriteKind;
use crate::workload::PlannedWrite;

use super::records::Write;

#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    pub sight: Sight<'a>,
    /// Where the reply's witness tells something else of the account than its balance; the first of several.
    pub contradiction: Option<Contradiction<'a>>,
}

/// What the balance says about the writes that the read is owed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sight<'a> {
    /// It includes them.
    Fresh,
    /// It misses at least one, whatever became of those of unknown outcome.
    Stale,
    /// It depends on those.
    Undecided,
    Corrupt(Corruption<'a>),
}

/// Why no correct branch shows such a balance.
#[derive(Debug, Clone, Copy)]
pub(super) enum Corruption<'a> {
    /// It is not the sum of any writes of the account.
    Unexplained,
    Twice(&'a Write<'a>),
    /// It includes a write that ended `fail`.
    Refused(&'a Write<'a>),
    /// It includes a write that began only after the read had ended.
    Early(&'a Write<'a>),
    /// It includes a write that the workload planned and nobody asked for.
    Unasked(PlannedWrite),
    /// It includes more writes of a customer than had begun and not failed.
    TooMany {
        customer: usize,
        kind: WriteKind,
        shown: u64,
        begun: u64,
    },
}

/// Where balance and witness of one reply disagree.
#[derive(Debug, Clone, Copy)]
pub(super) enum Contradiction<'a> {
    /// The witness names the write, and the balance does not include it.
    Hidden(&'a Write<'a>),
    /// The balance includes the write, and the witness does not name it.
    Denied(&'a Write<'a>),
    /// The balance includes fewer writes of a customer than the witness names, or more than it names and those of
    /// unknown outcome together.
    Count { customer: usize, kind: WriteKind, shown: u64, named: u64, unknown: u64 },
}

impl<'a> Look<'a> {
    /// Nothing can be said.
    pub const BLIND: Look<'static> = Look { sight: Sight::Undecided, contradiction: None };

    /// What the witness says of a balance that cannot be does not matter.
    pub fn corrupt(corruption: Corruption<'a>) -> Look<'a> {
        Look { sight: Sight::Corrupt(corruption), contradiction: None }
    }
}
