//! The white box: whether witnesses name the session's own writes.

use std::collections::BTreeMap;

use crate::history::{OriginIndex, ShortDot, Witness};

use super::records::{Read, Records, Write, includes};

/// Of each read whether its witness misses an own write that was acknowledged before.
///
/// One sweep in order of lines. Counters have no gaps, so the highest counter of each origin speaks for all.
pub(super) fn stale(records: &Records) -> Vec<bool> {
    let mut acknowledged: Vec<(u64, usize, ShortDot)> = records
        .writes
        .iter()
        .filter_map(|write| write.acknowledged().map(|(line, dot)| (line, write.by.promise, dot)))
        .collect();
    acknowledged.sort_unstable();
    let mut acknowledged = acknowledged.into_iter().peekable();
    let mut owed = vec![Owed::default(); records.promises];
    let is_stale = |read: &Read| {
        while let Some((_, promise, dot)) = acknowledged.next_if(|&(line, ..)| line < read.invoked.line) {
            owed[promise].raise(dot);
        }
        !owed[read.by.promise].is_in(read.witness)
    };
    records.reads.iter().map(is_stale).collect()
}

/// The acknowledged own writes that the read's witness misses, in order of invocations.
pub(super) fn missing<'a>(
    records: &'a Records<'a>,
    read: &'a Read<'a>,
) -> impl Iterator<Item = &'a Write<'a>> {
    let is_missing = |write: &&Write| {
        write.acknowledged().is_some_and(|(_, dot)| read.is_owed(write) && !includes(read.witness, dot))
    };
    records.writes.iter().filter(is_missing)
}

/// Of each origin the highest counter that is owed.
#[derive(Debug, Clone, Default)]
struct Owed(BTreeMap<OriginIndex, u64>);

impl Owed {
    fn raise(&mut self, ShortDot(origin, counter): ShortDot) {
        let highest = self.0.entry(origin).or_default();
        *highest = counter.max(*highest);
    }

    fn is_in(&self, witness: &Witness) -> bool {
        self.0.iter().all(|(&origin, &counter)| includes(witness, ShortDot(origin, counter)))
    }
}
