//! A snapshot that this branch receives: the donor, the pieces that are here, and when silence is too long.
//!
//! Pieces are asked for by index, a few at a time. What does not come is asked for again; a peer that stays silent,
//! or has nothing to give, is left for another one. The transfer starts again there, since pieces of two states do
//! not fit together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::branch::config::Timing;
use crate::branch::message::SnapshotPart;
use crate::model::{BranchId, Snapshot, Time};

/// Pieces on the way at one time.
const WINDOW_PIECES: usize = 4;

/// Times that a peer is asked again in vain before another one is.
const SILENCES_MAX: u32 = 4;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct IncomingSnapshot {
    /// The peer that is asked, or was asked last.
    pub donor: Option<BranchId>,
    /// Which transfer, by this branch's count; 0 while no donor is asked.
    pub number: u64,
    /// Peers that gave nothing since all were last given a chance.
    pub passed_over: BTreeSet<BranchId>,
    /// Those of them that are joining themselves, by their own answers.
    pub joining: BTreeSet<BranchId>,
    pieces: Option<Pieces>,
    silences: u32,
    /// When the donor's silence is too long, or a donor is chosen again.
    pub due: Option<Time>,
}

/// The pieces of one frozen state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Pieces {
    snapshot: u64,
    count: u32,
    here: BTreeMap<u32, Snapshot>,
    /// Pieces below this index were asked for.
    asked: u32,
}

/// The result of taking a piece.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Taken {
    /// It was here before, or belongs to another state.
    Nothing,
    /// These may be asked for now.
    Progress(Vec<u32>),
    Complete(Snapshot),
}

impl IncomingSnapshot {
    /// Starts again, with this donor.
    pub fn begin(&mut self, donor: BranchId, number: u64) {
        self.donor = Some(donor);
        self.number = number;
        self.pieces = None;
        self.silences = 0;
    }

    /// No peer is asked before `due`; from then on every peer may be.
    pub fn pause(&mut self, due: Time) {
        self.number = 0;
        self.pieces = None;
        self.passed_over.clear();
        self.due = Some(due);
    }

    /// Whether `peer` is being asked.
    pub fn is_with(&self, peer: BranchId) -> bool {
        self.donor == Some(peer) && self.number > 0
    }

    /// Takes a piece in.
    pub fn take(&mut self, part: SnapshotPart) -> Taken {
        if self.pieces.as_ref().is_none_or(|pieces| pieces.snapshot < part.snapshot) {
            let (snapshot, count) = (part.snapshot, part.count);
            self.pieces = Some(Pieces { snapshot, count, here: BTreeMap::new(), asked: 0 });
        }
        let Some(pieces) = self.pieces.as_mut().filter(|pieces| pieces.snapshot == part.snapshot) else {
            return Taken::Nothing;
        };
        if part.count != pieces.count || part.index >= part.count || pieces.here.contains_key(&part.index) {
            return Taken::Nothing;
        }
        self.joining.clear();
        self.silences = 0;
        pieces.here.insert(part.index, part.content);
        if pieces.here.len() as u64 == u64::from(pieces.count) {
            let here = std::mem::take(&mut pieces.here);
            return Taken::Complete(assemble(here.into_values()));
        }
        Taken::Progress(pieces.next())
    }

    /// The pieces to ask for again when silence was too long; `None` if the donor has been silent too often.
    pub fn ask_again(&mut self) -> Option<Vec<u32>> {
        self.silences += 1;
        let missing = match &self.pieces {
            None => vec![0],
            Some(pieces) => (0..pieces.asked).filter(|index| !pieces.here.contains_key(index)).collect(),
        };
        (self.silences <= SILENCES_MAX).then_some(missing)
    }

    /// How long silence may last, doubled for each time that it did.
    pub fn patience(&self, round_trip: Option<Duration>, timing: &Timing) -> Duration {
        let least = timing.timeout_initial.max(round_trip.unwrap_or_default().saturating_mul(2));
        least.saturating_mul(1 << self.silences.min(16)).min(timing.timeout_greatest.max(least))
    }
}

impl Pieces {
    /// The next pieces to ask for, as many as the window has room for.
    fn next(&mut self) -> Vec<u32> {
        let mut awaited = (0..self.asked).filter(|index| !self.here.contains_key(index)).count();
        let mut next = Vec::new();
        while self.asked < self.count && awaited < WINDOW_PIECES {
            if !self.here.contains_key(&self.asked) {
                next.push(self.asked);
                awaited += 1;
            }
            self.asked += 1;
        }
        next
    }
}

fn assemble(pieces: impl Iterator<Item = Snapshot>) -> Snapshot {
    let mut whole = Snapshot::default();
    for Snapshot { applied, balances, kept } in pieces {
        whole.applied.merge(&applied);
        whole.balances.extend(balances);
        whole.kept.extend(kept);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AccountId;

    fn part(snapshot: u64, index: u32, count: u32) -> SnapshotPart {
        let balances = vec![(AccountId(u64::from(index)), i128::from(snapshot))];
        SnapshotPart { snapshot, index, count, content: Snapshot { balances, ..Snapshot::default() } }
    }

    fn begun() -> IncomingSnapshot {
        let mut transfer = IncomingSnapshot::default();
        transfer.begin(BranchId(1), 1);
        transfer
    }

    /// Takes pieces in turn; returns what came of the last.
    fn taken(transfer: &mut IncomingSnapshot, parts: &[(u64, u32, u32)]) -> Taken {
        let take = |&(snapshot, index, count): &(u64, u32, u32)| transfer.take(part(snapshot, index, count));
        parts.iter().map(take).last().expect("some piece")
    }

    fn balances(taken: Taken) -> Vec<i128> {
        match taken {
            Taken::Complete(whole) => whole.balances.iter().map(|&(_, balance)| balance).collect(),
            Taken::Nothing | Taken::Progress(_) => Vec::new(),
        }
    }

    #[test]
    fn pieces_are_put_together_whatever_the_order_and_however_often_they_come() {
        let mut transfer = begun();
        assert!(matches!(taken(&mut transfer, &[(1, 0, 3), (1, 2, 3), (1, 2, 3)]), Taken::Nothing));
        assert_eq!(balances(taken(&mut transfer, &[(1, 1, 3)])), [1, 1, 1]);
    }

    #[test]
    fn pieces_of_two_states_are_never_mixed() {
        let mut transfer = begun();
        let newer = taken(&mut transfer, &[(1, 0, 2), (2, 1, 2)]);
        assert!(
            matches!(newer, Taken::Progress(next) if next == [0]),
            "the first piece of the new one is missing"
        );
        assert!(matches!(taken(&mut transfer, &[(1, 1, 2)]), Taken::Nothing), "the old one is given up");
        assert_eq!(balances(taken(&mut transfer, &[(2, 0, 2)])), [2, 2]);
    }

    #[test]
    fn a_few_are_asked_for_at_a_time_and_the_missing_again() {
        let mut transfer = begun();
        assert_eq!(transfer.ask_again(), Some(vec![0]), "nothing has come yet");
        let first = taken(&mut transfer, &[(1, 0, 9)]);
        assert!(matches!(first, Taken::Progress(next) if next == [1, 2, 3, 4]));
        let second = taken(&mut transfer, &[(1, 3, 9)]);
        assert!(matches!(second, Taken::Progress(next) if next == [5]));
        for _ in 0..SILENCES_MAX {
            assert_eq!(transfer.ask_again(), Some(vec![1, 2, 4, 5]));
        }
        assert_eq!(transfer.ask_again(), None, "silent for too long");
    }
}
