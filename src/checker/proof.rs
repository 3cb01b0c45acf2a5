//! Proofs of violations of order: the write or read that came too early, and what it came before.

use crate::history::{History, OriginIndex, ShortDot};

use super::balance_evidence::OutOfOrder;
use super::chain::Gap;
use super::order::EarlyApply;
use super::records::{ReadRecord, Records, WriteRecord, includes};
use super::violation_text::{Proof, ViolationText, ms};
use super::write_index::WriteIndex;

/// The material of proofs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prover<'a> {
    pub history: &'a History,
    pub records: &'a Records<'a>,
    pub write_index: &'a WriteIndex,
}

/// Why one write comes after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Its session had written it, with an acknowledgement.
    Own,
    /// Its session had been shown it.
    Seen,
}

impl Prover<'_> {
    /// A read whose witness misses what an earlier one's had; `by_balance` is an earlier one whose balance had more.
    pub fn falls(&self, read: &ReadRecord, by_balance: Option<usize>) -> Proof {
        let is_more = |earlier: &&ReadRecord| {
            let before = earlier.by.token == read.by.token && earlier.completed.line < read.invoked.line;
            before && missing(earlier, read).is_some()
        };
        let earlier = self.records.reads.iter().rfind(is_more);
        let lacks = earlier.and_then(|earlier| missing(earlier, read));
        let by = if by_balance.is_some() { "by its witness and by its balance" } else { "by its witness" };
        let (named, line) = lacks.map_or_else(|| ("something".to_owned(), None), |dot| self.named(dot));
        let (shown, earlier) = self.shown(earlier);
        let text = format!("{} misses {by} {named}, which {shown}", self.describe().read(read));
        (lines(read, [earlier, line]), text)
    }

    /// A balance that misses what an earlier read's had, although its witness does not.
    pub fn falls_by_balance(&self, read: &ReadRecord, earlier: usize) -> Proof {
        let earlier = &self.records.reads[earlier];
        let (branch, at, saw) =
            (earlier.invoked.event.branch, ms(earlier.completed.event.t), earlier.balance);
        let text = format!(
            "{} includes less than the {saw} that the session was shown by branch {branch} at {at}, and its \
             witness names all that was named then",
            self.describe().read(read)
        );
        (lines(read, [Some(earlier.completed.line), None]), text)
    }

    /// A read that shows a write without another one that it comes after.
    pub fn shows(
        &self,
        read: &ReadRecord,
        why: Why,
        gap: Option<Gap>,
        out_of_order: Option<OutOfOrder>,
    ) -> Proof {
        let subject = self.describe().read(read);
        let (by, (text, others)) = match (gap, out_of_order) {
            (Some(gap), Some(_)) => ("by its witness and by its balance", self.describe_gap(why, gap)),
            (Some(gap), None) => ("by its witness", self.describe_gap(why, gap)),
            (None, Some(pair)) => ("by its balance", self.describe_out_of_order(why, pair)),
            (None, None) => unreachable!("a read is out of order because of a write"),
        };
        (lines(read, others), format!("{subject} includes {by} {text}"))
    }

    /// A branch that applied a write before another one that it comes after.
    pub fn applies(&self, why: Why, applied: &EarlyApply) -> Proof {
        let (text, [own, other]) = self.describe_gap(why, applied.gap);
        let (branch, at) = (applied.apply.event.branch, ms(applied.apply.event.t));
        let lines = [Some(applied.apply.line), own, other];
        (lines.into_iter().flatten().collect(), format!("branch {branch} applies at {at} {text}"))
    }

    /// A withdrawal that was accepted by a branch which lacked what the balance was to include.
    pub fn withdraws(&self, why: Why, applied: &EarlyApply) -> Proof {
        let (lines, _) = self.applies(why, applied);
        let withdrawal = self.describe().write(&self.records.writes[applied.gap.write]);
        let (missing, _) = self.named(applied.gap.lacks);
        let reason = match why {
            Why::Own => "which the session had written before".to_owned(),
            Why::Seen => format!("which {}", self.shown(self.shown_before(applied.gap)).0),
        };
        let branch = applied.apply.event.branch;
        (lines, format!("branch {branch} accepts {withdrawal} without {missing}, {reason}"))
    }

    fn describe_gap(&self, why: Why, gap: Gap) -> (String, [Option<u64>; 2]) {
        let later = &self.records.writes[gap.write];
        let (missing, line) = self.named(gap.lacks);
        let later_text = self.describe().write(later);
        match why {
            Why::Own => {
                let text = format!("{later_text} without {missing}, which its session had written before");
                (text, [Some(later.line()), line])
            }
            Why::Seen => {
                let (shown, line) = self.shown(self.shown_before(gap));
                let text = format!("{later_text} without {missing}, which {shown} before");
                (text, [Some(later.line()), line])
            }
        }
    }

    fn describe_out_of_order(
        &self,
        why: Why,
        OutOfOrder { later, earlier }: OutOfOrder,
    ) -> (String, [Option<u64>; 2]) {
        let describe = self.describe();
        let reason = match why {
            Why::Own => "which its session had written before",
            Why::Seen => "which its session had been shown before",
        };
        let text = format!("{} without {}, {reason}", describe.write(later), describe.write(earlier));
        (text, [Some(later.line()), Some(earlier.line())])
    }

    /// The first read before a write by which its session was shown what is missing.
    fn shown_before(&self, Gap { write, lacks }: Gap) -> Option<&ReadRecord<'_>> {
        let write = &self.records.writes[write];
        self.records.reads.iter().find(|read| {
            let before = read.by.token == write.by.token && read.completed.line < write.invoked.line;
            before && includes(read.witness, lacks)
        })
    }

    /// Who had been shown something, where and when, and the line of the answer.
    fn shown(&self, read: Option<&ReadRecord>) -> (String, Option<u64>) {
        let Some(read) = read else { return ("its session had been shown".to_owned(), None) };
        let (session, branch) = (read.invoked.event.session, read.invoked.event.branch);
        let at = ms(read.completed.event.t);
        (format!("session {session} had been shown by branch {branch} at {at}"), Some(read.completed.line))
    }

    /// Describes the write with this name, and returns its line if it was acknowledged.
    fn named(&self, dot: ShortDot) -> (String, Option<u64>) {
        match self.write_index.find(dot).map(|index| &self.records.writes[index]) {
            Some(write) => (self.describe().write(write), Some(write.line())),
            None => (self.describe().dot(dot), None),
        }
    }

    pub fn describe(&self) -> ViolationText<'_> {
        ViolationText { origins: &self.history.origins }
    }
}

/// The first entry by which a witness has less than an earlier one.
fn missing(earlier: &ReadRecord, read: &ReadRecord) -> Option<ShortDot> {
    let more = |&(origin, counter): &(OriginIndex, u64)| read.witness.get(origin) < counter;
    earlier.witness.iter().find(more).map(|(origin, counter)| origin.dot(counter))
}

fn lines(read: &ReadRecord, others: [Option<u64>; 2]) -> Vec<u64> {
    [read.invoked.line, read.completed.line].into_iter().chain(others.into_iter().flatten()).collect()
}

/// The acknowledged own writes that the read's witness misses, in order of invocations.
pub(super) fn misses<'a>(
    records: &'a Records<'a>,
    read: &'a ReadRecord<'a>,
) -> impl Iterator<Item = &'a WriteRecord<'a>> {
    let is_missing = |write: &&WriteRecord| {
        write.acknowledged().is_some_and(|(_, dot)| read.is_owed(write) && !includes(read.witness, dot))
    };
    records.writes.iter().filter(is_missing)
}

/// Whether a write is the branch's own, accepted when it was applied: by the life that names it. A later life that
/// takes a snapshot over applies it again, and accepts nothing.
pub(super) fn accepts(history: &History, applied: &EarlyApply, write: &WriteRecord) -> bool {
    let Some((_, ShortDot(origin, _))) = write.acknowledged() else { return false };
    let (line, branch) = (applied.apply.line, applied.apply.event.branch);
    let mut lives = history.lives.iter().rev();
    let present = lives.find(|life| life.event.branch == branch && life.line < line);
    present.is_some_and(|life| life.event.index == origin)
}
