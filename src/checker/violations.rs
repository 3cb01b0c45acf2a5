//! Violations: all of them counted, and the earliest kept.

use std::collections::BTreeMap;

use crate::results::Violation;

/// No more are kept: ten prove as much as a thousand.
const KEPT_MAX: usize = 10;

/// The rule that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BrokenRule {
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
    BalanceWitnessMismatch,
    CorruptBalance,
    FutureRead,
    DotTwice,
    PhantomWrite,
    AppliedBeforeAsked,
    AcknowledgedBeforeApplied,
    NeverCompleted,
    NotDrained,
    Divergence,
    LostWrite,
    Conservation,
}

/// Counts by rule, and the earliest violations in full.
#[derive(Debug, Default)]
pub(super) struct Violations {
    by_kind: BTreeMap<BrokenRule, u64>,
    /// By the line at which each is proved, and the order of noting.
    kept: BTreeMap<(u64, u64), Violation>,
}

impl Violations {
    /// Counts a violation that is proved at `line`. The proof is made only for the earliest: its lines, in any order,
    /// and a text for people.
    pub fn note(&mut self, kind: BrokenRule, line: u64, proof: impl FnOnce() -> (Vec<u64>, String)) {
        let place = (line, self.total());
        *self.by_kind.entry(kind).or_default() += 1;
        let is_full = self.kept.len() == KEPT_MAX;
        if is_full && self.kept.last_key_value().is_some_and(|(&last, _)| last < place) {
            return;
        }
        let (mut lines, text) = proof();
        lines.sort_unstable();
        lines.dedup();
        self.kept.insert(place, Violation { kind: kind.word().to_owned(), text, lines });
        if is_full {
            self.kept.pop_last();
        }
    }

    pub fn total(&self) -> u64 {
        self.by_kind.values().sum()
    }

    /// How many of each kind; `None` if there are none.
    pub fn reason(&self) -> Option<String> {
        let counts = self.by_kind.iter().map(|(kind, count)| format!("{} {count}", kind.word()));
        let counts: Vec<String> = counts.collect();
        (!counts.is_empty()).then(|| format!("violations: {}", counts.join(", ")))
    }

    /// The earliest, in order.
    pub fn into_kept(self) -> Vec<Violation> {
        self.kept.into_values().collect()
    }
}

impl BrokenRule {
    /// Its stable name in results.
    fn word(self) -> &'static str {
        match self {
            BrokenRule::ReadYourWrites => "read_your_writes",
            BrokenRule::MonotonicReads => "monotonic_reads",
            BrokenRule::MonotonicWrites => "monotonic_writes",
            BrokenRule::WritesFollowReads => "writes_follow_reads",
            BrokenRule::BalanceWitnessMismatch => "balance_witness_mismatch",
            BrokenRule::CorruptBalance => "corrupt_balance",
            BrokenRule::FutureRead => "future_read",
            BrokenRule::DotTwice => "dot_twice",
            BrokenRule::PhantomWrite => "phantom_write",
            BrokenRule::AppliedBeforeAsked => "applied_before_asked",
            BrokenRule::AcknowledgedBeforeApplied => "acknowledged_before_applied",
            BrokenRule::NeverCompleted => "never_completed",
            BrokenRule::NotDrained => "not_drained",
            BrokenRule::Divergence => "divergence",
            BrokenRule::LostWrite => "lost_write",
            BrokenRule::Conservation => "conservation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first lines of what is kept of violations that are proved at these lines.
    fn kept(lines: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut violations = Violations::default();
        lines.into_iter().for_each(|line| {
            violations
                .note(BrokenRule::BalanceWitnessMismatch, line, || (vec![line, 1, line], String::new()));
        });
        violations.into_kept().iter().map(|violation| violation.lines[1]).collect()
    }

    #[test]
    fn the_ten_earliest_are_kept_in_order_whatever_the_order_of_noting() {
        let ten: Vec<u64> = (101..=110).collect();
        assert_eq!(kept(101..=150), ten);
        assert_eq!(kept((101..=150).rev()), ten);
        assert_eq!(kept([7, 5, 6]), [5, 6, 7]);
    }

    #[test]
    fn proofs_are_asked_for_only_if_they_are_kept_and_all_are_counted() {
        let mut violations = Violations::default();
        let mut asked = 0;
        for line in 2..=100 {
            let kind =
                if line % 2 == 0 { BrokenRule::BalanceWitnessMismatch } else { BrokenRule::ReadYourWrites };
            violations.note(kind, line, || {
                asked += 1;
                (vec![line], String::new())
            });
        }
        assert_eq!((asked, violations.total()), (10, 99));
        assert_eq!(
            violations.reason().as_deref(),
            Some("violations: read_your_writes 49, balance_witness_mismatch 50")
        );
        assert_eq!(Violations::default().reason(), None);
    }
}
