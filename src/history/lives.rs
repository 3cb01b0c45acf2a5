//! Whether what each branch applied has no gaps, and adds up to its final state.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::BranchId;

use super::finding::Malformed;
use super::{Apply, Final, OriginIndex};

/// What each branch has applied in its present life.
#[derive(Debug, Default)]
pub(super) struct PresentLives {
    applied: BTreeMap<BranchId, BTreeMap<OriginIndex, u64>>,
    finals: BTreeSet<BranchId>,
}

impl PresentLives {
    /// The branch starts from nothing.
    pub fn begin(&mut self, branch: BranchId) {
        self.applied.remove(&branch);
    }

    pub fn apply(&mut self, apply: &Apply) -> Option<Malformed> {
        let Apply { branch, origin, first, last, .. } = *apply;
        if first == 0 || last < first {
            return Some(Malformed::RunEmpty { first, last });
        }
        let applied = self.applied.entry(branch).or_default().entry(origin).or_default();
        let expected = applied.saturating_add(1);
        *applied = last.max(*applied);
        if first > expected {
            return Some(Malformed::ApplyGap { branch, origin, expected, first });
        }
        (first < expected).then_some(Malformed::ApplyAgain { branch, origin, expected, first })
    }

    /// The first origin, in order, of which the final state has another number of writes.
    pub fn at_end(&mut self, at_end: &Final) -> Option<Malformed> {
        let branch = at_end.branch;
        if !self.finals.insert(branch) {
            return Some(Malformed::FinalAgain { branch });
        }
        let mut origins: BTreeMap<OriginIndex, u64> =
            at_end.applied.iter().map(|(origin, _)| (origin, 0)).collect();
        origins.extend(self.applied.get(&branch).into_iter().flatten());
        origins.into_iter().find_map(|(origin, applied)| {
            let found = at_end.applied.get(origin);
            let differs = Malformed::FinalDiffers { branch, origin, found, applied };
            (found != applied).then_some(differs)
        })
    }
}
