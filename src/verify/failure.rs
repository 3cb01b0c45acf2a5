//! The failure of a trial.

use std::collections::BTreeSet;

use crate::model::Time;
use crate::results::Judgement;
use crate::sim::RuleBreach;

/// One trial's failure: the earliest violation, and which other kinds there were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialFailure {
    /// A stable word: a checker's kind of violation, or one of the words of [`TrialFailure::MALFORMED`] and its like.
    pub kind: String,
    /// A sentence about the earliest violation.
    pub text: String,
    /// Lines of the history that prove it, from 1.
    pub lines: Vec<u64>,
    /// When a rule was broken that no line proves.
    pub at: Option<Time>,
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
        TrialFailure {
            kind: kind.to_owned(),
            text,
            lines,
            at: None,
            kinds: BTreeSet::from([kind.to_owned()]),
        }
    }

    /// The failure that the checkers found, if any.
    pub(super) fn of(judgement: &Judgement) -> Option<TrialFailure> {
        let first = judgement.violations.first()?;
        let kinds = judgement.violations.iter().map(|violation| violation.kind.clone()).collect();
        Some(TrialFailure {
            kind: first.kind.clone(),
            text: first.text.clone(),
            lines: first.lines.clone(),
            at: None,
            kinds,
        })
    }

    /// A rule was broken that no history shows; `judged` is the failure that its history has beside it. That one comes
    /// first: its lines prove it.
    pub(super) fn of_rule(broken: &RuleBreach, judged: Option<TrialFailure>) -> TrialFailure {
        let RuleBreach { at, rule, text } = broken;
        let unjudged = || TrialFailure {
            at: Some(*at),
            ..TrialFailure::new(rule.word(), format!("{text}, at {at}"), Vec::new())
        };
        let mut failure = judged.unwrap_or_else(unjudged);
        failure.kinds.insert(rule.word().to_owned());
        failure
    }

    /// Whether a smaller trial fails in the same way.
    pub fn is_like(&self, other: &TrialFailure) -> bool {
        self.kinds.contains(&other.kind)
    }
}
