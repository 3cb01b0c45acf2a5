//! Accounts with one writer, whose balances tell exactly which writes they include.

use std::collections::BTreeMap;

use crate::workload::{PlannedWrite, Script, WriteSet};

use super::look::{Contradiction, Corruption, Look, Sight};
use super::records::{Fate, Read, Write, includes};

/// One account's writes by their position in its script. What was never begun is absent.
pub(super) struct Private<'a> {
    script: Script,
    by_position: BTreeMap<usize, &'a Write<'a>>,
}

impl<'a> Private<'a> {
    /// `None` if one of the writes is not the owner's, not in the script, or there again.
    pub fn of(owner: usize, script: Script, writes: &[&'a Write<'a>]) -> Option<Private<'a>> {
        let mut by_position = BTreeMap::new();
        for &write in writes {
            let planned = PlannedWrite { kind: write.kind, amount: write.amount };
            let position = script.position(planned).filter(|_| write.by.customer == owner)?;
            if by_position.insert(position, write).is_some() {
                return None;
            }
        }
        Some(Private { script, by_position })
    }

    /// What a balance says that includes these writes, and some of them twice. Those of unknown outcome leave no
    /// doubt: each is seen to be there or not.
    pub fn look(&self, applied: WriteSet, twice: WriteSet, read: &Read) -> Look<'a> {
        if let Some(corruption) = self.corruption(applied, twice, read) {
            return Look::corrupt(corruption);
        }
        let misses =
            |(&position, write): (&usize, &&Write)| !applied.contains(position) && read.is_owed(write);
        let sight = if self.by_position.iter().any(misses) { Sight::Stale } else { Sight::Fresh };
        Look { sight, contradiction: self.contradiction(applied, read) }
    }

    fn corruption(&self, applied: WriteSet, twice: WriteSet, read: &Read) -> Option<Corruption<'a>> {
        applied.iter().find_map(|position| {
            let Some(&write) = self.by_position.get(&position) else {
                return Some(Corruption::Unasked(self.script.writes()[position]));
            };
            if !read.ends_after_the_start_of(write) {
                return Some(Corruption::Early(write));
            }
            match write.fate {
                Fate::Refused => Some(Corruption::Refused(write)),
                Fate::Acknowledged(_) | Fate::Unknown => {
                    twice.contains(position).then_some(Corruption::Twice(write))
                }
            }
        })
    }

    /// The first write of which balance and witness tell different things. It need not be one that the read is owed.
    fn contradiction(&self, applied: WriteSet, read: &Read) -> Option<Contradiction<'a>> {
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
