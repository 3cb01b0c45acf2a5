//! Accounts with one writer, whose balances show exactly which writes they include.

use std::collections::BTreeMap;

use crate::workload::{Decoded, Decoder, PlannedWrite, WriteScript, WriteSet};

use super::balance_evidence::{AtEnd, BalanceEvidence, Contradiction, Corruption, Freshness, OutOfOrder};
use super::memory::{SessionMemory, WriteTally};
use super::records::{Gone, ReadRecord, WriteFate, WriteRecord, includes};

/// One account's writes by their position in its script. What was never begun is absent.
pub(super) struct PrivateAccount<'a> {
    decoder: Decoder,
    script: WriteScript,
    by_position: BTreeMap<usize, &'a WriteRecord<'a>>,
    /// By position: what the session had been shown of the account as it began the write.
    before: BTreeMap<usize, SessionMemory>,
}

impl<'a> PrivateAccount<'a> {
    /// `None` if one of the writes is not the owner's, not in the script, or there again.
    pub fn of(
        decoder: Decoder,
        owner: usize,
        script: WriteScript,
        writes: &[&'a WriteRecord<'a>],
    ) -> Option<PrivateAccount<'a>> {
        let mut by_position = BTreeMap::new();
        for &write in writes {
            let planned = PlannedWrite { kind: write.kind, amount: write.amount };
            let position = script.position(planned).filter(|_| write.by.customer == owner)?;
            if by_position.insert(position, write).is_some() {
                return None;
            }
        }
        Some(PrivateAccount { decoder, script, by_position, before: BTreeMap::new() })
    }

    /// Keeps what the session knew as it began each of the writes with which [`PrivateAccount::of`] was called.
    pub fn remember(&mut self, writes: &[&WriteRecord], before: Vec<SessionMemory>) {
        let lines: BTreeMap<u64, SessionMemory> =
            writes.iter().map(|write| write.invoked.line).zip(before).collect();
        let memory = |(&position, write): (&usize, &&WriteRecord)| {
            Some((position, lines.get(&write.invoked.line)?.clone()))
        };
        self.before = self.by_position.iter().filter_map(memory).collect();
    }

    /// What the read's balance proves, and what it includes if that can be. Writes of unknown outcome leave no doubt:
    /// each is seen to be there or not.
    pub fn evidence(&self, read: &ReadRecord) -> (BalanceEvidence<'a>, Option<WriteTally>) {
        let applied = match self.included(read.balance, Some(read)) {
            Ok(applied) => applied,
            Err(corruption) => return (BalanceEvidence::corrupt(corruption), None),
        };
        let misses =
            |(&position, write): (&usize, &&WriteRecord)| !applied.contains(position) && read.is_owed(write);
        let freshness = if self.by_position.iter().any(misses) { Freshness::Stale } else { Freshness::Fresh };
        (BalanceEvidence::new(freshness, self.contradiction(applied, read)), Some(self.tally(applied)))
    }

    /// What is wrong with what the account holds at the end. An acknowledged write that it lacks is missing although
    /// branches know its name.
    pub fn at_end(&self, balance: i64) -> Option<AtEnd<'a>> {
        let applied = match self.included(balance, None) {
            Ok(applied) => applied,
            Err(corruption) => return Some(AtEnd::Corrupt(corruption)),
        };
        let is_missing = |&(&position, write): &(&usize, &&WriteRecord)| {
            write.acknowledged().is_some() && write.gone != Some(Gone::Lost) && !applied.contains(position)
        };
        self.by_position.iter().find(is_missing).map(|(_, &write)| AtEnd::Lacks(write))
    }

    /// The writes that a read shows too early: without an own earlier one, and without one that the session had been
    /// shown.
    pub fn out_of_order(&self, read: &ReadRecord) -> (Option<OutOfOrder<'a>>, Option<OutOfOrder<'a>>) {
        match self.decoder.decode(read.balance) {
            Decoded::Writes { applied, .. } => (self.after_own(applied), self.after_seen(applied)),
            Decoded::NoSubset | Decoded::Corrupt | Decoded::Counts(_) => (None, None),
        }
    }

    /// The writes that a balance includes, or why it cannot be.
    fn included(&self, balance: i64, read: Option<&ReadRecord>) -> Result<WriteSet, Corruption<'a>> {
        match self.decoder.decode(balance) {
            Decoded::Writes { applied, twice } => {
                self.corruption(applied, twice, read).map_or(Ok(applied), Err)
            }
            Decoded::NoSubset | Decoded::Corrupt => Err(Corruption::Unexplained),
            Decoded::Counts(_) => unreachable!("an account with one writer decodes to a set of writes"),
        }
    }

    fn tally(&self, applied: WriteSet) -> WriteTally {
        let positions = 0..self.script.writes().len();
        WriteTally(positions.map(|position| applied.contains(position).into()).collect())
    }

    /// A write that is shown without an own one that was acknowledged before it began. Of each session the last that is
    /// shown comes after all that the others come after.
    fn after_own(&self, applied: WriteSet) -> Option<OutOfOrder<'a>> {
        self.last_shown(applied).into_values().find_map(|(_, later)| {
            let is_missing = |&(&position, earlier): &(&usize, &&WriteRecord)| {
                let before = earlier.acknowledged().is_some_and(|(line, _)| line < later.invoked.line);
                before && earlier.by.token == later.by.token && !applied.contains(position)
            };
            let (_, &earlier) = self.by_position.iter().find(is_missing)?;
            Some(OutOfOrder { later, earlier })
        })
    }

    /// A write that is shown without one that its session had been shown before it began.
    fn after_seen(&self, applied: WriteSet) -> Option<OutOfOrder<'a>> {
        let tally = self.tally(applied);
        self.last_shown(applied).into_values().find_map(|(position, later)| {
            let (missing, _) = self.before.get(&position)?.beyond(&tally).next()?;
            Some(OutOfOrder { later, earlier: self.by_position.get(&missing)? })
        })
    }

    /// By token, the last of its session's writes that are shown, with its position.
    fn last_shown(&self, applied: WriteSet) -> BTreeMap<usize, (usize, &'a WriteRecord<'a>)> {
        let mut last: BTreeMap<usize, (usize, &WriteRecord)> = BTreeMap::new();
        for (&position, &write) in
            self.by_position.iter().filter(|(position, _)| applied.contains(**position))
        {
            let latest = last.entry(write.by.token).or_insert((position, write));
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

    /// The first write about which balance and witness disagree. It need not be one that the read is owed.
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
