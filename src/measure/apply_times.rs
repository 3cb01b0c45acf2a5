//! The writes that each branch had applied at a time.

use std::collections::BTreeMap;

use crate::history::{Apply, History, OriginIndex};
use crate::model::{BranchId, Time};

/// By branch and origin: how far it had applied the origin's writes, and when.
///
/// A branch that lost its state applies from the first write again: that begins another life, known from its first
/// apply on. Until then the branch is taken to have what it had, so that no read is stale for it.
#[derive(Debug, Default)]
pub(super) struct ApplyTimes {
    lives: BTreeMap<(BranchId, OriginIndex), Vec<LifeSteps>>,
    /// By origin: its branch.
    homes: Vec<BranchId>,
}

/// Steps of one life, times and counters rising; never empty.
pub(super) type LifeSteps = Vec<ApplyStep>;

/// From `t` on, the writes up to `counter` are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ApplyStep {
    pub t: Time,
    pub counter: u64,
}

impl ApplyTimes {
    pub fn of(history: &History) -> ApplyTimes {
        let origins = (0..history.origins.len()).map(|index| OriginIndex(index as u32));
        let named = origins.filter_map(|index| history.origins.origin(index));
        let mut applied =
            ApplyTimes { homes: named.map(|origin| origin.branch).collect(), ..ApplyTimes::default() };
        history.applies.iter().for_each(|at| applied.add(&at.event));
        applied
    }

    fn add(&mut self, apply: &Apply) {
        let lives = self.lives.entry((apply.branch, apply.origin)).or_default();
        let step = ApplyStep { t: apply.t, counter: apply.last };
        match lives.last_mut() {
            Some(life) if life.last().is_some_and(|before| apply.first > before.counter) => life.push(step),
            Some(_) | None => lives.push(vec![step]),
        }
    }

    /// The branch that accepts the origin's writes.
    pub fn home(&self, origin: OriginIndex) -> BranchId {
        self.homes[origin.at()]
    }

    /// How many writes of `origin` were applied at `branch`, those of this very moment included.
    pub fn at(&self, branch: BranchId, origin: OriginIndex, t: Time) -> u64 {
        let lives = self.lives(branch, origin);
        let begun = lives.partition_point(|life| life[0].t <= t);
        let Some(life) = begun.checked_sub(1).map(|last| &lives[last]) else { return 0 };
        let steps = life.partition_point(|step| step.t <= t);
        steps.checked_sub(1).map_or(0, |last| life[last].counter)
    }

    /// When `branch` applied a write that it lacked at `since`; `None` if never in the life that it then had.
    pub fn when(&self, branch: BranchId, origin: OriginIndex, counter: u64, since: Time) -> Option<Time> {
        let lives = self.lives(branch, origin);
        let begun = lives.partition_point(|life| life[0].t <= since);
        reached(lives.get(begun.saturating_sub(1))?, counter)
    }

    /// When the write became visible at the branch that accepted it.
    pub fn visible(&self, origin: OriginIndex, counter: u64) -> Option<Time> {
        reached(self.lives(self.home(origin), origin).first()?, counter)
    }

    pub fn lives(&self, branch: BranchId, origin: OriginIndex) -> &[LifeSteps] {
        self.lives.get(&(branch, origin)).map_or(&[], Vec::as_slice)
    }

    /// Branches with the origins whose writes they applied, in order of branches.
    pub fn pairs(&self) -> impl Iterator<Item = (BranchId, OriginIndex)> {
        self.lives.keys().copied()
    }
}

fn reached(life: &LifeSteps, counter: u64) -> Option<Time> {
    life.get(life.partition_point(|step| step.counter < counter)).map(|step| step.t)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::{HistoryScript, ms};

    const ONE: OriginIndex = OriginIndex(0);

    #[test]
    fn a_write_counts_as_applied_from_its_moment_on() {
        let mut script = HistoryScript::new(2);
        script.apply(10, 1, 1, 1..=3);
        script.apply(30, 2, 1, 1..=2);
        script.apply(40, 2, 1, 3..=3);
        let applied = ApplyTimes::of(&script.history(100));
        let at = |t| applied.at(BranchId(2), ONE, ms(t));
        assert_eq!([29, 30, 39, 40, 99].map(at), [0, 2, 2, 3, 3]);
        let when = |counter, since| applied.when(BranchId(2), ONE, counter, ms(since));
        assert_eq!([when(1, 0), when(2, 0), when(3, 35)], [30, 30, 40].map(|t| Some(ms(t))));
        assert_eq!(when(4, 0), None);
        assert_eq!(applied.visible(ONE, 3), Some(ms(10)));
        assert_eq!(applied.at(BranchId(2), OriginIndex(1), ms(99)), 0, "nothing was written there");
    }

    #[test]
    fn a_branch_that_lost_its_state_applies_from_the_first_again() {
        let mut script = HistoryScript::new(2);
        script.apply(10, 1, 1, 1..=3);
        script.apply(30, 2, 1, 1..=3);
        script.life(50, 2, 2);
        script.apply(60, 2, 1, 1..=1);
        script.apply(70, 2, 1, 2..=3);
        let applied = ApplyTimes::of(&script.history(100));
        let at = |t| applied.at(BranchId(2), ONE, ms(t));
        assert_eq!([55, 60, 70].map(at), [3, 1, 3]);
        assert_eq!(applied.when(BranchId(2), ONE, 2, ms(65)), Some(ms(70)));
    }
}
