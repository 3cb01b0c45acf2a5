//! Names of writes: an origin gives each to one write, and gives no more of them than it was asked for writes.

use std::collections::BTreeMap;

use crate::history::{Apply, At, Final, History, OriginIndex, ShortDot};
use crate::model::BranchId;

use super::records::{Records, WriteFate};
use super::violation_text::ViolationText;
use super::violations::{BrokenRule, Violations};
use super::write_index::WriteIndex;

/// Finds writes that have the name of another one, and names that belong to no write.
pub(super) fn judge(
    history: &History,
    records: &Records,
    write_index: &WriteIndex,
    violations: &mut Violations,
) {
    let describe = ViolationText { origins: &history.origins };
    dots_twice(records, write_index, describe, violations);
    let asked = unknown_writes(records);
    for (branch, unacknowledged) in unacknowledged(history, write_index) {
        let count: u64 = unacknowledged.iter().map(|unacknowledged| unacknowledged.count).sum();
        let asked = asked.get(&branch).copied().unwrap_or_default();
        if count > asked {
            let first = &unacknowledged[0];
            violations.note(BrokenRule::PhantomWrite, first.at_end.line, || {
                let dot = describe.dot(first.first);
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
fn dots_twice(
    records: &Records,
    write_index: &WriteIndex,
    describe: ViolationText,
    violations: &mut Violations,
) {
    for (_, named) in write_index.iter() {
        for same in named.chunk_by(|one, two| one.0 == two.0) {
            let mut writes: Vec<_> = same.iter().map(|&(_, index)| &records.writes[index]).collect();
            writes.sort_unstable_by_key(|write| write.line());
            for pair in writes.windows(2) {
                let (first, second) = (pair[0].line(), pair[1].line());
                violations.note(BrokenRule::DotTwice, second, || {
                    let text =
                        format!("{} and {} have one name", describe.write(pair[0]), describe.write(pair[1]));
                    (vec![first, second], text)
                });
            }
        }
    }
}

/// By branch: how many writes of unknown outcome it was asked for. A request is executed at most once, at the branch
/// that was asked, so no more names than these may be without an acknowledgement.
fn unknown_writes(records: &Records) -> BTreeMap<BranchId, u64> {
    let mut asked: BTreeMap<BranchId, u64> = BTreeMap::new();
    for write in records.writes.iter().filter(|write| write.fate == WriteFate::Unknown) {
        *asked.entry(write.invoked.event.branch).or_default() += 1;
    }
    asked
}

/// Names of one origin that no acknowledgement has.
struct UnacknowledgedNames<'a> {
    count: u64,
    first: ShortDot,
    at_end: &'a At<Final>,
}

/// By branch, for each of its origins that has some.
fn unacknowledged<'a>(
    history: &'a History,
    write_index: &WriteIndex,
) -> BTreeMap<BranchId, Vec<UnacknowledgedNames<'a>>> {
    let mut found: BTreeMap<BranchId, Vec<UnacknowledgedNames>> = BTreeMap::new();
    for (index, named) in write_index.iter() {
        let Some((origin, (most, at_end))) = history.origins.origin(index).zip(most(history, index)) else {
            continue;
        };
        let acknowledged =
            named.chunk_by(|one, two| one.0 == two.0).filter(|same| same[0].0 <= most).count() as u64;
        if acknowledged < most {
            let unacknowledged = UnacknowledgedNames {
                count: most - acknowledged,
                first: index.dot(first_absent(named)),
                at_end,
            };
            found.entry(origin.branch).or_default().push(unacknowledged);
        }
    }
    found
}

impl UnacknowledgedNames<'_> {
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

/// The lowest counter that no acknowledgement has.
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
