//! A vector that grows, and the writes in it that came before something that they come after.

use std::collections::BTreeMap;

use crate::history::{OriginIndex, ShortDot};

use super::vector::{Rows, covers, first_gap};
use super::write_index::WriteIndex;

/// The write comes after this counter of an origin, which the vector lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// Index.
    pub write: usize,
    pub lacks: ShortDot,
}

/// Each write is inspected once, when the vector comes to include it, and if it was too early again when the gap that
/// was found is filled. So a chain costs as much as it has writes, however many vectors there are, and whatever rises
/// at one time.
pub(super) struct Chain<'a> {
    write_index: &'a WriteIndex,
    /// By write: what it comes after.
    after: &'a Rows,
    vector: Vec<u64>,
    /// The vector as it was inspected last.
    inspected: Vec<u64>,
    /// Origins whose entries rose since then, each once, however often it rose.
    risen: Vec<usize>,
    /// Writes that are in the vector too early, by the first thing that it lacks.
    early: BTreeMap<(usize, u64), Vec<usize>>,
}

impl<'a> Chain<'a> {
    pub fn new(origins: usize, write_index: &'a WriteIndex, after: &'a Rows) -> Chain<'a> {
        let (vector, inspected) = (vec![0; origins], vec![0; origins]);
        Chain { write_index, after, vector, inspected, risen: Vec::new(), early: BTreeMap::new() }
    }

    /// Starts again from the empty vector.
    pub fn restart(&mut self) {
        self.vector.fill(0);
        self.inspected.fill(0);
        self.risen.clear();
        self.early.clear();
    }

    pub fn is_covered_by(&self, vector: &[u64]) -> bool {
        covers(vector, &self.vector)
    }

    /// Includes the writes of an origin up to a counter. What they come after may follow until the next inspection.
    pub fn raise(&mut self, origin: usize, counter: u64) {
        let Some(has) = self.vector.get_mut(origin).filter(|has| **has < counter) else { return };
        if *has == self.inspected[origin] {
            self.risen.push(origin);
        }
        *has = counter;
    }

    /// Passes on each write that was included since the last inspection and is too early.
    pub fn inspect(&mut self, mut found: impl FnMut(ShortDot, Gap)) {
        let risen = std::mem::take(&mut self.risen);
        for &origin in &risen {
            self.fill(origin);
        }
        for &origin in &risen {
            let up_to = self.vector[origin];
            let from = std::mem::replace(&mut self.inspected[origin], up_to);
            for &(counter, write) in self.write_index.within(origin, from, up_to) {
                if let Some(gap) = self.gap(write) {
                    self.keep(gap);
                    found(OriginIndex(origin as u32).dot(counter), gap);
                }
            }
        }
    }

    /// One of the writes that are too early in the vector as it is; `None` if there is none.
    pub fn gap_now(&self) -> Option<Gap> {
        let (&(origin, counter), writes) = self.early.first_key_value()?;
        Some(Gap { write: *writes.first()?, lacks: OriginIndex(origin as u32).dot(counter) })
    }

    /// Inspects again what waited for the origin to come this far.
    fn fill(&mut self, origin: usize) {
        let filled = (origin, 0)..=(origin, self.vector[origin]);
        while let Some((&lacks, _)) = self.early.range(filled.clone()).next() {
            for write in self.early.remove(&lacks).unwrap_or_default() {
                if let Some(gap) = self.gap(write) {
                    self.keep(gap);
                }
            }
        }
    }

    fn gap(&self, write: usize) -> Option<Gap> {
        let (origin, counter) = first_gap(&self.vector, self.after.row(write))?;
        Some(Gap { write, lacks: OriginIndex(origin as u32).dot(counter) })
    }

    fn keep(&mut self, Gap { write, lacks: ShortDot(origin, counter) }: Gap) {
        self.early.entry((origin.at(), counter)).or_default().push(write);
    }
}
