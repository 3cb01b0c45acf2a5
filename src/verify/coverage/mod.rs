//! Coverage of a swarm: one that never met a fault proves nothing about it.

mod facts;
mod row;

use std::collections::BTreeMap;

pub(super) use facts::TrialFacts;
pub use row::{CoverageRow, Sometimes};

/// How often each row occurred, and in how many trials.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    counts: BTreeMap<CoverageRow, Count>,
}

/// How often something occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Trials in which it occurred.
    pub trials: u64,
    /// Occurrences in all of them.
    pub times: u64,
}

impl Coverage {
    /// Counts `row` so many times in one trial.
    pub(super) fn note(&mut self, row: CoverageRow, times: u64) {
        if times > 0 {
            let count = self.counts.entry(row).or_default();
            count.trials = 1;
            count.times += times;
        }
    }

    /// Adds the counts of another trial or another swarm.
    pub fn add(&mut self, other: &Coverage) {
        for (&row, count) in &other.counts {
            let sum = self.counts.entry(row).or_default();
            sum.trials += count.trials;
            sum.times += count.times;
        }
    }

    /// How often `row` occurred.
    pub fn of(&self, row: CoverageRow) -> Count {
        self.counts.get(&row).copied().unwrap_or_default()
    }

    /// All rows that must occur, in the order of a table, and then what occurred beside them.
    pub fn rows(&self) -> Vec<(CoverageRow, Count)> {
        let expected = CoverageRow::expected();
        let beside = self.counts.keys().copied().filter(|row| !expected.contains(row));
        expected.iter().copied().chain(beside).map(|row| (row, self.of(row))).collect()
    }

    /// Rows that a large swarm must come across and this one did not.
    pub fn missing(&self) -> Vec<CoverageRow> {
        CoverageRow::expected().into_iter().filter(|&row| self.of(row).trials == 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_over_trials_and_what_never_occurred_is_missing() {
        let row = CoverageRow::Sometimes(Sometimes::Retried);
        let mut one = Coverage::default();
        one.note(row, 3);
        one.note(row, 2);
        one.note(CoverageRow::Sometimes(Sometimes::Relayed), 0);
        let mut sum = one.clone();
        sum.add(&one);
        assert_eq!(sum.of(row), Count { trials: 2, times: 10 });
        assert!(!sum.missing().contains(&row));
        assert!(sum.missing().contains(&CoverageRow::Sometimes(Sometimes::Relayed)));
        assert_eq!(sum.rows().len(), CoverageRow::expected().len());
    }
}
