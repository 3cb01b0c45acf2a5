//! What a balance proves: of one read, and of an account at the end.

use crate::model::WriteKind;
use crate::workload::PlannedWrite;

use super::records::WriteRecord;

/// What the balance of one read proves.
#[derive(Debug, Clone, Copy)]
pub(super) struct BalanceEvidence<'a> {
    pub freshness: Freshness<'a>,
    /// Where the reply's witness and its balance disagree about the account; the first of several.
    pub contradiction: Option<Contradiction<'a>>,
    /// An earlier read of the session, by index, whose balance included a write that this one does not.
    pub falls_from: Option<usize>,
    /// A write that it includes without an own one before it.
    pub after_own: Option<OutOfOrder<'a>>,
    /// A write that it includes without one that its session had been shown before.
    pub after_seen: Option<OutOfOrder<'a>>,
}

/// Two writes that a balance shows in the wrong order: the later one alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutOfOrder<'a> {
    pub later: &'a WriteRecord<'a>,
    pub earlier: &'a WriteRecord<'a>,
}

/// Whether the balance includes the writes that the read is owed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Freshness<'a> {
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
    Twice(&'a WriteRecord<'a>),
    /// It includes a write that ended `fail`.
    Refused(&'a WriteRecord<'a>),
    /// It includes a write that began only after the read had ended.
    Early(&'a WriteRecord<'a>),
    /// It includes a write that the workload planned and that no customer asked for.
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
    Hidden(&'a WriteRecord<'a>),
    /// The balance includes the write, and the witness does not name it.
    Denied(&'a WriteRecord<'a>),
    /// The balance includes fewer writes of a customer than the witness names, or more than it names and those of
    /// unknown outcome together.
    Count { customer: usize, kind: WriteKind, shown: u64, named: u64, unknown: u64 },
    /// It is not what the account started with and what the writes come to that the witness names.
    Sum { due: i128 },
}

/// What is wrong with what an account holds at the end.
#[derive(Debug, Clone, Copy)]
pub(super) enum AtEnd<'a> {
    Corrupt(Corruption<'a>),
    /// It does not include a write that was acknowledged and is not lost.
    Lacks(&'a WriteRecord<'a>),
    /// It includes fewer writes of a customer than were acknowledged and are not lost.
    LacksSome {
        customer: usize,
        kind: WriteKind,
    },
}

impl<'a> BalanceEvidence<'a> {
    /// Nothing is known.
    pub const NOTHING: BalanceEvidence<'static> = BalanceEvidence::new(Freshness::Undecided, None);

    pub const fn new(
        freshness: Freshness<'a>,
        contradiction: Option<Contradiction<'a>>,
    ) -> BalanceEvidence<'a> {
        BalanceEvidence { freshness, contradiction, falls_from: None, after_own: None, after_seen: None }
    }

    /// Whether the witness agrees with an impossible balance does not matter.
    pub fn corrupt(corruption: Corruption<'a>) -> BalanceEvidence<'a> {
        BalanceEvidence::new(Freshness::Corrupt(corruption), None)
    }
}
