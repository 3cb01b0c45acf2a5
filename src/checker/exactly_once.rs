//! Names of writes: an origin gives each to one write, and gives no more of them than it was asked for writes.

use std::collections::BTreeMap;

use crate::history::{Apply, At, Final, History, OriginIndex, ShortDot};
use crate::model::BranchId;

use super::names::WriteIndex;
use super::records::{Records, WriteFate};
use super::violations::{BrokenRule, Violations};
use super::words::ViolationText;

/// Finds writes that have the name of another one, and names that belong to no write.
pub(super) fn judge(history: &History, records: &Records, names: &WriteIndex, violations: &mut Violations) {
    let words = ViolationText { origins: &history.origins };
    dots_twice(records, names, words, violations);
    let asked = asked_in_vain(records);
    for (branch, strange) in strange(history, names) {
        let count: u64 = strange.iter().map(|strange| strange.count).sum();
        let asked = asked.get(&branch).copied().unwrap_or_default();
        if count > asked {
            let first = &strange[0];
            violations.note(BrokenRule::SurplusWrite, first.at_end.line, || {
                let dot = words.dot(first.first);
                let text = format!(
                    "branch {branch} has accepted more writes than it was asked for: {count} that were not \
                     acknowledged, the first of them {dot}, and {asked} are of unknown outcome"
                );
                let applied = first.applied(history).map(|apply| apply.line);
                ([first.at_end.line].into_iter().chain(applied).collect(), text)
            });
        }
    }
}

/// Acknowledged writes that have the name of an earlier one.
fn dots_twice(records: &Records, names: &WriteIndex, words: ViolationText, violations: &mut Violations) {
    for (_, named) in names.iter() {
        for same in named.chunk_by(|one, two| one.0 == two.0) {
            let mut writes: Vec<_> = same.iter().map(|&(_, index)| &records.writes[index]).collect();
            writes.sort_unstable_by_key(|write| write.line());
            for pair in writes.windows(2) {
                let (first, second) = (pair[0].line(), pair[1].line());
                violations.note(BrokenRule::DotTwice, second, || {
                    let text = format!("{} and {} have one name", words.write(pair[0]), words.write(pair[1]));
                    (vec![first, second], text)
                });
            }
        }
    }
}

/// By branch: how many writes of unknown outcome it was asked for. A request is executed at most once, at the branch
/// that was asked, so no more names than these may be without an acknowledgement.
fn asked_in_vain(records: &Records) -> BTreeMap<BranchId, u64> {
    let mut asked: BTreeMap<BranchId, u64> = BTreeMap::new();
    for write in records.writes.iter().filter(|write| write.fate == WriteFate::Unknown) {
        *asked.entry(write.invoked.event.branch).or_default() += 1;
    }
    asked
}

/// Names of an origin that no acknowledgement tells.
struct Strange<'a> {
    count: u64,
    first: ShortDot,
    at_end: &'a At<Final>,
}

/// By branch, for each of its origins that has some.
fn strange<'a>(history: &'a History, names: &WriteIndex) -> BTreeMap<BranchId, Vec<Strange<'a>>> {
    let mut found: BTreeMap<BranchId, Vec<Strange>> = BTreeMap::new();
    for (index, named) in names.iter() {
        let Some((origin, (most, at_end))) = history.origins.origin(index).zip(most(history, index)) else {
            continue;
        };
        let told = named.chunk_by(|one, two| one.0 == two.0).filter(|same| same[0].0 <= most).count() as u64;
        if told < most {
            let strange = Strange { count: most - told, first: index.dot(first_absent(named)), at_end };
            found.entry(origin.branch).or_default().push(strange);
        }
    }
    found
}

impl Strange<'_> {
    /// Where the first of them is first applied.
    fn applied<'a>(&self, history: &'a History) -> Option<&'a At<Apply>> {
        let ShortDot(origin, counter) = self.first;
        history.applies.iter().find(|apply| {
            apply.event.origin == origin && (apply.event.first..=apply.event.last).contains(&counter)
        })
    }
}

/// The most writes of the origin that a branch has at the end.
fn most(history: &History, origin: OriginIndex) -> Option<(u64, &At<Final>)> {
    let counts = history.finals.iter().map(|at_end| (at_end.event.applied.get(origin), at_end));
    // Of equal ones the last is taken, and the first is wanted.
    counts.rev().max_by_key(|&(counter, _)| counter)
}

/// The lowest counter that no acknowledgement tells.
fn first_absent(named: &[(u64, usize)]) -> u64 {
    let mut next = 1;
    for &(counter, _) in named {
        if counter > next {
            break;
        }
        next = counter.saturating_add(1);
    }
    next
}
