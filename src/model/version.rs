//! Version vectors (Parker et al. 1983): per origin, how many of its writes are included, without gaps.
//!
//! A vector is a set of dots that is closed downwards: `counter` 5 means the writes 1 to 5. This is not a
//! vector clock: it counts writes, not events, and has an entry per origin, not per process that ever spoke.

use std::sync::Arc;
use std::{fmt, iter, mem};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Dot, Origin, WriteRange};

type VectorEntry = (Origin, u64);

/// Per origin, how many of its writes are included. An origin that is absent counts 0; no entry is 0.
///
/// A clone shares the entries until one of both changes: tokens, witnesses and acks are cloned far more often than
/// changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "Vec<VectorEntry>", into = "Vec<VectorEntry>")]
pub struct VersionVector {
    /// Sorted by origin, so that equal vectors are equal in memory and are compared in one pass. `None` if there are
    /// none.
    entries: Option<Arc<[VectorEntry]>>,
}

impl VersionVector {
    /// The empty vector.
    pub fn new() -> VersionVector {
        VersionVector::default()
    }

    /// The vector of entries that are in order of origins, each once, and above 0, in one pass. `None` if they are not.
    pub fn from_sorted(entries: impl Iterator<Item = VectorEntry>) -> Option<VersionVector> {
        let (mut is_sorted, mut last) = (true, None);
        let checked = |entry: VectorEntry| {
            is_sorted &= last.replace(entry.0) < Some(entry.0) && entry.1 > 0;
            entry
        };
        let entries = entries.map(checked).collect();
        is_sorted.then(|| VersionVector::of(entries))
    }

    fn of(entries: Arc<[VectorEntry]>) -> VersionVector {
        VersionVector { entries: (!entries.is_empty()).then_some(entries) }
    }

    fn entries(&self) -> &[VectorEntry] {
        self.entries.as_deref().unwrap_or_default()
    }

    /// The entries, in a copy of their own if they are shared.
    fn own(&mut self) -> &mut [VectorEntry] {
        self.entries.as_mut().map(Arc::make_mut).unwrap_or_default()
    }

    /// How many writes of `origin` are included.
    pub fn get(&self, origin: Origin) -> u64 {
        self.find(origin).map_or(0, |index| self.entries()[index].1)
    }

    /// Whether the write that `dot` names is included.
    pub fn contains(&self, dot: Dot) -> bool {
        self.get(dot.origin) >= dot.counter
    }

    /// Includes the writes of `origin` up to `counter`. Never takes one out; returns whether anything was added.
    pub fn raise(&mut self, origin: Origin, counter: u64) -> bool {
        match self.find(origin) {
            Ok(index) if self.entries()[index].1 < counter => self.own()[index].1 = counter,
            Err(index) if counter > 0 => {
                let (before, behind) = self.entries().split_at(index);
                let new = (origin, counter);
                let entries = before.iter().chain(iter::once(&new)).chain(behind).copied();
                *self = VersionVector::of(entries.collect());
            }
            Ok(_) | Err(_) => return false,
        }
        true
    }

    /// Includes all that `other` includes: the least upper bound of both.
    ///
    /// Where nothing is new, nothing is written, and what is shared stays so. New counters are raised in place; only a
    /// new origin makes a new vector.
    pub fn merge(&mut self, other: &VersionVector) {
        if self.is_empty() {
            self.clone_from(other);
        } else if !self.dominates(other) && !self.raise_all(other) {
            *self = self.iter().chain(other.iter()).collect();
        }
    }

    /// Merges `other`, and returns the writes that were new.
    pub fn merge_new(&mut self, other: &VersionVector) -> Vec<WriteRange> {
        let new = |(origin, last)| WriteRange { origin, first: self.get(origin) + 1, last };
        let ranges = other.iter().map(new).filter(|range| range.first <= range.last).collect();
        self.merge(other);
        ranges
    }

    /// Whether all of `other`'s origins have entries here; if not, only some of them may have been raised.
    fn raise_all(&mut self, other: &VersionVector) -> bool {
        let mut rest = self.own();
        other.iter().all(|(origin, counter)| {
            let behind = mem::take(&mut rest);
            let skipped = match behind.first() {
                Some(entry) if entry.0 == origin => 0,
                _ => behind.partition_point(|entry| entry.0 < origin),
            };
            match behind[skipped..].split_first_mut() {
                Some((entry, behind)) if entry.0 == origin => {
                    entry.1 = entry.1.max(counter);
                    rest = behind;
                    true
                }
                Some(_) | None => false,
            }
        })
    }

    /// Whether everything in `other` is included here.
    ///
    /// One pass over the entries of `other`: where both know the same origins nothing is searched for.
    pub fn dominates(&self, other: &VersionVector) -> bool {
        let mut rest = self.entries();
        other.entries().iter().all(|&(origin, counter)| {
            if rest.first().is_none_or(|entry| entry.0 != origin) {
                rest = &rest[rest.partition_point(|entry| entry.0 < origin)..];
            }
            match rest.split_first() {
                Some((entry, behind)) if entry.0 == origin => {
                    rest = behind;
                    entry.1 >= counter
                }
                Some(_) | None => false,
            }
        })
    }

    /// For each origin of which `seen` includes less than this vector: the last dot that it lacks.
    pub fn missing_from<'a>(&'a self, seen: &'a VersionVector) -> impl Iterator<Item = Dot> + 'a {
        let mut seen = seen.cursor();
        let lacks = move |&(origin, counter): &VectorEntry| seen.get(origin) < counter;
        self.iter().filter(lacks).map(|(origin, counter)| origin.dot(counter))
    }

    /// Entries in order of origin.
    pub fn iter(&self) -> impl Iterator<Item = VectorEntry> + '_ {
        self.entries().iter().copied()
    }

    /// A cursor for look-ups in order of origins: all of them together take one pass.
    pub(crate) fn cursor(&self) -> Cursor<'_> {
        Cursor { entries: self.entries() }
    }

    /// Number of origins with at least one write.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether no write is included.
    pub fn is_empty(&self) -> bool {
        self.entries.is_none()
    }

    fn find(&self, origin: Origin) -> Result<usize, usize> {
        self.entries().binary_search_by_key(&origin, |entry| entry.0)
    }
}

/// Answers look-ups in a vector that come in order of origins.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    /// The entries from the last look-up on.
    entries: &'a [VectorEntry],
}

impl Cursor<'_> {
    /// How many writes of `origin` are included. No earlier look-up was of a greater origin.
    pub fn get(&mut self, origin: Origin) -> u64 {
        // Usually it is the next one; where look-ups are few, many entries lie between.
        let next = self.entries.iter().take(2).position(|entry| entry.0 >= origin);
        let skipped = next.unwrap_or_else(|| self.entries.partition_point(|entry| entry.0 < origin));
        self.entries = &self.entries[skipped..];
        self.entries.first().filter(|entry| entry.0 == origin).map_or(0, |entry| entry.1)
    }
}

/// Takes entries in any order; of two of one origin the larger counts.
impl FromIterator<VectorEntry> for VersionVector {
    fn from_iter<I: IntoIterator<Item = VectorEntry>>(entries: I) -> VersionVector {
        // Most are few, and stay on the stack until all are known.
        let mut entries: SmallVec<[VectorEntry; 8]> =
            entries.into_iter().filter(|entry| entry.1 > 0).collect();
        if entries.is_empty() {
            return VersionVector::new();
        }
        if !entries.is_sorted_by(|one, next| one.0 < next.0) {
            // Two vectors, one behind the other, take one pass: a stable sort merges what is in order already.
            entries.sort();
            entries.dedup_by(|next, one| {
                let is_same = next.0 == one.0;
                if is_same {
                    one.1 = next.1;
                }
                is_same
            });
        }
        VersionVector::of(Arc::from(entries.as_slice()))
    }
}

/// Collects the entries: those of a file may be in any order.
impl From<Vec<VectorEntry>> for VersionVector {
    fn from(entries: Vec<VectorEntry>) -> VersionVector {
        entries.into_iter().collect()
    }
}

impl From<VersionVector> for Vec<VectorEntry> {
    fn from(vector: VersionVector) -> Vec<VectorEntry> {
        vector.entries().to_vec()
    }
}

/// As in `[1@5.0:3 2@6.0:1]`.
impl fmt::Display for VersionVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, (origin, counter)) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{}", origin.dot(counter))?;
        }
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BranchId, Incarnation};

    fn origin(branch: u32) -> Origin {
        Origin { branch: BranchId(branch), incarnation: Incarnation { started_at: 1, nonce: 0 } }
    }

    fn vector(counters: &[u64]) -> VersionVector {
        counters.iter().zip(1..).map(|(&counter, branch)| (origin(branch), counter)).collect()
    }

    #[test]
    fn dominance_is_entrywise_and_an_absent_entry_is_zero() {
        let rows: [(&[u64], &[u64], bool); 6] = [
            (&[], &[], true),
            (&[1], &[], true),
            (&[], &[1], false),
            (&[2, 1], &[1, 1], true),
            (&[2, 0], &[1, 1], false),
            (&[1, 2, 3], &[1, 2, 3], true),
        ];
        for (left, right, expected) in rows {
            assert_eq!(vector(left).dominates(&vector(right)), expected, "{left:?} dominates {right:?}");
        }
    }

    #[test]
    fn merge_takes_the_larger_counter_of_each_origin() {
        let mut merged = vector(&[3, 0, 2]);
        merged.merge(&vector(&[1, 4]));
        assert_eq!(merged, vector(&[3, 4, 2]));
    }

    #[test]
    fn merging_is_raising_entry_by_entry() {
        // Every pair of vectors of four origins with counters up to 2.
        let all = |number: u64| vector(&[number % 3, number / 3 % 3, number / 9 % 3, number / 27]);
        for (one, other) in (0..81).flat_map(|one| (0..81).map(move |other| (all(one), all(other)))) {
            let (mut merged, mut raised) = (one.clone(), one);
            merged.merge(&other);
            for (origin, counter) in other.iter() {
                raised.raise(origin, counter);
            }
            assert_eq!(merged, raised, "with {other}");
        }
    }

    #[test]
    fn a_vector_dominates_another_of_which_it_lacks_nothing() {
        let all = |number: u64| vector(&[number % 3, number / 3 % 3, number / 9 % 3, number / 27]);
        for (one, other) in (0..81).flat_map(|one| (0..81).map(move |other| (all(one), all(other)))) {
            let lacks = other.missing_from(&one).next().is_some();
            assert_eq!(one.dominates(&other), !lacks, "{one} and {other}");
        }
    }

    #[test]
    fn missing_names_the_last_lacking_dot_of_each_origin() {
        let token = vector(&[3, 1, 2]);
        let missing: Vec<Dot> = token.missing_from(&vector(&[1, 1])).collect();
        assert_eq!(missing, [origin(1).dot(3), origin(3).dot(2)]);
    }

    #[test]
    fn a_change_leaves_the_clones_as_they_were() {
        let changes: [fn(&mut VersionVector); 4] = [
            |changed| _ = changed.raise(origin(1), 9),
            |changed| _ = changed.raise(origin(2), 1),
            |changed| changed.merge(&vector(&[9])),
            |changed| changed.merge(&vector(&[9, 9])),
        ];
        for change in changes {
            let original = vector(&[3, 0, 2]);
            let mut changed = original.clone();
            change(&mut changed);
            assert_eq!(original, vector(&[3, 0, 2]), "beside {changed}");
            assert!(changed.dominates(&original) && changed != original, "{changed}");
        }
    }

    #[test]
    fn only_sorted_entries_are_taken_as_they_are() {
        let rows: [(&[(u32, u64)], bool); 6] = [
            (&[], true),
            (&[(1, 5)], true),
            (&[(1, 5), (2, 4), (7, 1)], true),
            (&[(2, 4), (1, 5)], false),
            (&[(1, 4), (1, 5)], false),
            (&[(1, 5), (2, 0)], false),
        ];
        for (entries, is_sorted) in rows {
            let entries = entries.iter().map(|&(branch, counter)| (origin(branch), counter));
            let sorted = VersionVector::from_sorted(entries.clone());
            assert_eq!(sorted, is_sorted.then(|| entries.collect()));
        }
    }

    #[test]
    fn of_entries_in_any_order_the_largest_of_each_origin_counts() {
        let entries = [(3, 2), (1, 0), (2, 0), (1, 4), (3, 1), (1, 3)];
        let collected: VersionVector =
            entries.into_iter().map(|(branch, counter)| (origin(branch), counter)).collect();
        assert_eq!(collected, vector(&[4, 0, 2]));
        assert_eq!(collected.len(), 2);
    }

    #[test]
    fn raising_to_zero_or_to_less_changes_nothing() {
        let mut raised = vector(&[2]);
        assert!(!raised.raise(origin(1), 1));
        assert!(!raised.raise(origin(2), 0));
        assert_eq!(raised, vector(&[2]));
    }
}
