//! Acknowledged writes by their names.

use crate::history::{OriginIndex, ShortDot};

use super::records::Records;

/// By origin, its acknowledged writes in order of counters: counter and index. Counters that are absent belong to
/// writes of unknown outcome, or to none.
#[derive(Debug)]
pub(super) struct WriteIndex {
    by_origin: Vec<Vec<(u64, usize)>>,
}

impl WriteIndex {
    pub fn of(records: &Records) -> WriteIndex {
        let mut by_origin = vec![Vec::new(); records.origins];
        for (index, write) in records.writes.iter().enumerate() {
            if let Some((_, ShortDot(origin, counter))) = write.acknowledged() {
                by_origin[origin.at()].push((counter, index));
            }
        }
        by_origin.iter_mut().for_each(|named| named.sort_unstable());
        WriteIndex { by_origin }
    }

    /// Those of an origin after one counter and up to another.
    pub fn within(&self, origin: usize, after: u64, up_to: u64) -> &[(u64, usize)] {
        let Some(named) = self.by_origin.get(origin) else { return &[] };
        let from = named.partition_point(|&(counter, _)| counter <= after);
        let to = named.partition_point(|&(counter, _)| counter <= up_to);
        &named[from..to.max(from)]
    }

    pub fn find(&self, ShortDot(origin, counter): ShortDot) -> Option<usize> {
        self.within(origin.at(), counter.saturating_sub(1), counter).first().map(|&(_, index)| index)
    }

    /// All of them, origin by origin.
    pub fn iter(&self) -> impl Iterator<Item = (OriginIndex, &[(u64, usize)])> {
        (0..).map(OriginIndex).zip(self.by_origin.iter().map(Vec::as_slice))
    }
}
