//! The failure of a trial.

use std::collections::BTreeSet;

use crate::results::Judgement;

/// One trial's failure: the earliest violation, and which other kinds there were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialFailure {
    /// A stable word: a checker's kind of violation, or one of the words of [`TrialFailure::MALFORMED`] and its like.
    pub kind: String,
    /// A sentence about the earliest violation.
    pub text: String,
    /// Lines of the history that prove it, from 1.
    pub lines: Vec<u64>,
    /// All kinds that were found, this one included.
    pub kinds: BTreeSet<String>,
}

impl TrialFailure {
    /// No trial can have such a history.
    pub const MALFORMED: &str = "malformed";
    /// The core found one of its invariants broken, and panicked.
    pub const PANIC: &str = "panic";
    /// All faults have healed, and the cluster does not come to rest.
    pub const RESTLESS: &str = "restless";

    pub(super) fn new(kind: &str, text: String, lines: Vec<u64>) -> TrialFailure {
        TrialFailure { kind: kind.to_owned(), text, lines, kinds: BTreeSet::from([kind.to_owned()]) }
    }

    /// The failure that the checkers found, if any.
    pub(super) fn of(judgement: &Judgement) -> Option<TrialFailure> {
        let first = judgement.violations.first()?;
        let kinds = judgement.violations.iter().map(|violation| violation.kind.clone()).collect();
        Some(TrialFailure {
            kind: first.kind.clone(),
            text: first.text.clone(),
            lines: first.lines.clone(),
            kinds,
        })
    }

    /// Whether a smaller trial fails in the same way.
    pub fn is_like(&self, other: &TrialFailure) -> bool {
        self.kinds.contains(&other.kind)
    }
}
