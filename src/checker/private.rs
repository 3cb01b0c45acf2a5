//! Accounts with one writer, whose balances tell exactly which writes they include.

use std::collections::BTreeMap;

use crate::workload::{PlannedWrite, WriteScript, WriteSet};

use super::look::{Apart, BalanceEvidence, Contradiction, Corruption, Freshness};
use super::memory::{SessionMemory, WriteTally};
use super::records::{Gone, ReadRecord, WriteFate, WriteRecord, includes};

/// One account's writes by their position in its script. What was never begun is absent.
pub(super) struct Private<'a> {
    script: WriteScript,
    by_position: BTreeMap<usize, &'a WriteRecord<'a>>,
    /// By position: what the session had been shown of the account as it began the write.
    before: BTreeMap<usize, SessionMemory>,
}

impl<'a> Private<'a> {
    /// `None` if one of the writes is not the owner's, not in the script, or there again.
    pub fn of(owner: usize, script: WriteScript, writes: &[&'a WriteRecord<'a>]) -> Option<Private<'a>> {
        let mut by_position = BTreeMap::new();
        for &write in writes {
            let planned = PlannedWrite { kind: write.kind, amount: write.amount };
            let position = script.position(planned).filter(|_| write.by.customer == owner)?;
            if by_position.insert(position, write).is_some() {
                return None;
            }
        }
        Some(Private { script, by_position, before: BTreeMap::new() })
    }

    /// What the session knew as it began each of the writes with which [`Private::of`] was called.
    pub fn remember(&mut self, writes: &[&WriteRecord], before: Vec<SessionMemory>) {
        let lines: BTreeMap<u64, SessionMemory> =
            writes.iter().map(|write| write.invoked.line).zip(before).collect();
        let memory = |(&position, write): (&usize, &&WriteRecord)| {
            Some((position, lines.get(&write.invoked.line)?.clone()))
        };
        self.before = self.by_position.iter().filter_map(memory).collect();
    }

    /// What a balance says that includes these writes, and some of them twice. Those of unknown outcome leave no
    /// doubt: each is seen to be there or not.
    pub fn look(&self, applied: WriteSet, twice: WriteSet, read: &ReadRecord) -> BalanceEvidence<'a> {
        if let Some(corruption) = self.corruption(applied, twice, Some(read)) {
            return BalanceEvidence::corrupt(corruption);
        }
        let misses =
            |(&position, write): (&usize, &&WriteRecord)| !applied.contains(position) && read.is_owed(write);
        let sight = if self.by_position.iter().any(misses) { Freshness::Stale } else { Freshness::Fresh };
        BalanceEvidence::new(sight, self.contradiction(applied, read))
    }

    /// What is wrong with what the account holds at the end.
    pub fn at_end(&self, applied: WriteSet, twice: WriteSet) -> Option<Corruption<'a>> {
        self.corruption(applied, twice, None)
    }

    /// An acknowledged write that the account lacks at the end, although branches know its name.
    pub fn missing_at_end(&self, applied: WriteSet) -> Option<&'a WriteRecord<'a>> {
        let is_missing = |&(&position, write): &(&usize, &&WriteRecord)| {
            write.acknowledged().is_some() && write.gone != Some(Gone::Lost) && !applied.contains(position)
        };
        self.by_position.iter().find(is_missing).map(|(_, &write)| write)
    }

    pub fn tally(&self, applied: WriteSet) -> WriteTally {
        WriteTally(
            (0..self.script.writes().len()).map(|position| applied.contains(position).into()).collect(),
        )
    }

    /// A write that is shown without an own one that was acknowledged before it began. Of each session the last that is
    /// shown comes after all that the others come after.
    pub fn after_own(&self, applied: WriteSet) -> Option<Apart<'a>> {
        self.last_shown(applied).into_values().find_map(|(_, later)| {
            let is_missing = |&(&position, earlier): &(&usize, &&WriteRecord)| {
                let before = earlier.acknowledged().is_some_and(|(line, _)| line < later.invoked.line);
                before && earlier.by.promise == later.by.promise && !applied.contains(position)
            };
            let (_, &earlier) = self.by_position.iter().find(is_missing)?;
            Some(Apart { later, earlier })
        })
    }

    /// A write that is shown without one that its session had been shown before it began.
    pub fn after_seen(&self, applied: WriteSet) -> Option<Apart<'a>> {
        let tally = self.tally(applied);
        self.last_shown(applied).into_values().find_map(|(position, later)| {
            let (missing, _) = self.before.get(&position)?.beyond(&tally).next()?;
            Some(Apart { later, earlier: self.by_position.get(&missing)? })
        })
    }

    /// By session, the last of its writes that are shown, and where it stands.
    fn last_shown(&self, applied: WriteSet) -> BTreeMap<usize, (usize, &'a WriteRecord<'a>)> {
        let mut last: BTreeMap<usize, (usize, &WriteRecord)> = BTreeMap::new();
        for (&position, &write) in
            self.by_position.iter().filter(|(position, _)| applied.contains(**position))
        {
            let latest = last.entry(write.by.promise).or_insert((position, write));
            if latest.1.invoked.line < write.invoked.line {
                *latest = (position, write);
            }
        }
        last
    }

    fn corruption(
        &self,
        applied: WriteSet,
        twice: WriteSet,
        read: Option<&ReadRecord>,
    ) -> Option<Corruption<'a>> {
        applied.iter().find_map(|position| {
            let Some(&write) = self.by_position.get(&position) else {
                return Some(Corruption::Unasked(self.script.writes()[position]));
            };
            if read.is_some_and(|read| !read.ends_after_the_start_of(write)) {
                return Some(Corruption::Early(write));
            }
            match write.fate {
                WriteFate::Refused => Some(Corruption::Refused(write)),
                WriteFate::Acknowledged(_) | WriteFate::Unknown => {
                    twice.contains(position).then_some(Corruption::Twice(write))
                }
            }
        })
    }

    /// The first write of which balance and witness tell different things. It need not be one that the read is owed.
    fn contradiction(&self, applied: WriteSet, read: &ReadRecord) -> Option<Contradiction<'a>> {
        self.by_position.iter().find_map(|(&position, &write)| {
            let (_, dot) = write.acknowledged()?;
            match (includes(read.witness, dot), applied.contains(position)) {
                (true, false) => Some(Contradiction::Hidden(write)),
                (false, true) => Some(Contradiction::Denied(write)),
                (true, true) | (false, false) => None,
            }
        })
    }
}
