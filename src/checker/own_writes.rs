//! A branch's own writes: accepted between the request and its acknowledgement, at no other time and no other branch.

use std::collections::BTreeMap;

use crate::history::{Apply, At, History, OriginIndex, ShortDot, Substrate};
use crate::model::Time;

use super::records::{Records, WriteRecord};
use super::violation_text::{ViolationText, ms};
use super::violations::{BrokenRule, Violations};
use super::write_index::WriteIndex;

/// Finds acknowledged writes that their branch had applied before a customer asked for them, those that it had
/// acknowledged before it applied them, and those that another branch names than the one that was asked. All times are
/// of one clock, on the live substrate too.
pub(super) fn judge(
    history: &History,
    records: &Records,
    write_index: &WriteIndex,
    violations: &mut Violations,
) {
    elsewhere(history, records, violations);
    let at_home = at_home(history);
    let none = Vec::new();
    for (origin, named) in write_index.iter() {
        let applies = at_home.get(&origin).unwrap_or(&none);
        // A name that is given again is a matter of its own.
        for same in named.chunk_by(|one, two| one.0 == two.0) {
            let (counter, write) = (same[0].0, &records.writes[same[0].1]);
            let applied = applies.get(applies.partition_point(|apply| apply.event.last < counter));
            OwnWrite { history, write, applied: applied.copied() }.judge(violations);
        }
    }
}

/// A branch executes what it is asked for itself, and names it as its own, in whichever life.
fn elsewhere(history: &History, records: &Records, violations: &mut Violations) {
    for write in &records.writes {
        let Some((line, ShortDot(origin, _))) = write.acknowledged() else { continue };
        let (asked, invoked) = (write.invoked.event.branch, write.invoked.line);
        let named_by = history.origins.origin(origin).map_or(asked, |origin| origin.branch);
        if named_by != asked {
            violations.note(BrokenRule::AcknowledgedElsewhere, line, || {
                let write = ViolationText { origins: &history.origins }.write(write);
                let text =
                    format!("{write} has a name of branch {named_by}, and branch {asked} was asked for it");
                (vec![invoked, line], text)
            });
        }
    }
}

/// By origin: what its own branch applied of it for the first time, in order of counters.
fn at_home(history: &History) -> BTreeMap<OriginIndex, Vec<&At<Apply>>> {
    let mut at_home: BTreeMap<OriginIndex, Vec<&At<Apply>>> = BTreeMap::new();
    for apply in &history.applies {
        let origin = history.origins.origin(apply.event.origin);
        if origin.is_none_or(|origin| origin.branch != apply.event.branch) {
            continue;
        }
        // A later life of the branch may apply it once more.
        let before = at_home.entry(apply.event.origin).or_default();
        if before.last().is_none_or(|before| before.event.last < apply.event.last) {
            before.push(apply);
        }
    }
    at_home
}

/// An acknowledged write, and where its own branch applied it.
struct OwnWrite<'a> {
    history: &'a History,
    write: &'a WriteRecord<'a>,
    applied: Option<&'a At<Apply>>,
}

impl OwnWrite<'_> {
    fn judge(&self, violations: &mut Violations) {
        let Some(completed) = self.write.completed else { return };
        let (invoked, completed) =
            ((self.write.invoked.event.t, self.write.invoked.line), (completed.event.t, completed.line));
        let describe = ViolationText { origins: &self.history.origins };
        let Some((applied, place)) = self.applied.map(|applied| (applied, (applied.event.t, applied.line)))
        else {
            violations.note(BrokenRule::AcknowledgedBeforeApplied, completed.1, || {
                let write = describe.write(self.write);
                (vec![invoked.1, completed.1], format!("the branch never applies {write}"))
            });
            return;
        };
        let (branch, at) = (applied.event.branch, ms(applied.event.t));
        if self.precedes(place, invoked) {
            violations.note(BrokenRule::AppliedBeforeAsked, applied.line, || {
                let asked = ms(invoked.0);
                let write = describe.write(self.write);
                let text =
                    format!("branch {branch} applies at {at} {write}, which is asked for only at {asked}");
                (vec![applied.line, invoked.1], text)
            });
        }
        if self.precedes(completed, place) {
            violations.note(BrokenRule::AcknowledgedBeforeApplied, applied.line, || {
                let write = describe.write(self.write);
                let text = format!("branch {branch} applies only at {at} {write}");
                (vec![completed.1, applied.line], text)
            });
        }
    }

    /// Whether one line is before another. At one time the order of lines counts in virtual time, and several threads
    /// have none.
    fn precedes(&self, (one, one_line): (Time, u64), (other, other_line): (Time, u64)) -> bool {
        match self.history.header.substrate {
            Substrate::Sim => one_line < other_line,
            Substrate::Live => one < other,
        }
    }
}
