//! Version vectors (Parker et al. 1983): per origin, how many of its writes are included, without gaps.
//!
//! A vector is a set of dots that is closed downwards: `counter` 5 stands for the writes 1 to 5. This is not a
//! vector clock: it counts writes, not events, and has an entry per origin, not per process that ever spoke.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Dot, Origin};

/// A vector that was made of more has room for no more entries than this.
const ROOM_MAX: usize = 16;

/// How many writes of each origin are included. An origin that is absent counts 0; no entry is 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Origin, u64)>", into = "Vec<(Origin, u64)>")]
pub struct VersionVector {
    /// Sorted by origin, so that equal vectors are equal in memory and a merge is one pass.
    entries: Vec<(Origin, u64)>,
}

impl VersionVector {
    pub fn new() -> VersionVector {
        VersionVector::default()
    }

    /// How many writes of `origin` are included.
    pub fn get(&self, origin: Origin) -> u64 {
        self.find(origin).map_or(0, |index| self.entries[index].1)
    }

    /// Whether the write that `dot` names is included.
    pub fn contains(&self, dot: Dot) -> bool {
        self.get(dot.origin) >= dot.counter
    }

    /// Includes the writes of `origin` up to `counter`. Never takes one out; returns whether anything was added.
    pub fn raise(&mut self, origin: Origin, counter: u64) -> bool {
        match self.find(origin) {
            Ok(index) if self.entries[index].1 < counter => self.entries[index].1 = counter,
            Err(index) if counter > 0 => self.entries.insert(index, (origin, counter)),
            Ok(_) | Err(_) => return false,
        }
        true
    }

    /// Includes all that `other` includes: the least upper bound of both.
    ///
    /// One pass over the entries of `other`: where both know the same origins nothing is searched for.
    pub fn merge(&mut self, other: &VersionVector) {
        let mut at = 0;
        for &(origin, counter) in &other.entries {
            if self.entries.get(at).is_none_or(|entry| entry.0 != origin) {
                at += self.entries[at..].partition_point(|entry| entry.0 < origin);
            }
            match self.entries.get_mut(at) {
                Some(entry) if entry.0 == origin => entry.1 = entry.1.max(counter),
                Some(_) | None => self.entries.insert(at, (origin, counter)),
            }
            at += 1;
        }
    }

    /// Whether everything in `other` is included here.
    ///
    /// One pass over the entries of `other`, as in [`VersionVector::merge`].
    pub fn dominates(&self, other: &VersionVector) -> bool {
        let mut rest = self.entries.as_slice();
        other.entries.iter().all(|&(origin, counter)| {
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

    /// The first dot, in order of origins, up to which `seen` lacks writes of this vector.
    pub fn first_missing_from(&self, seen: &VersionVector) -> Option<Dot> {
        self.missing_from(seen).next()
    }

    /// For each origin of which `seen` includes less than this vector: the last dot that it lacks.
    pub fn missing_from<'a>(&'a self, seen: &'a VersionVector) -> impl Iterator<Item = Dot> + 'a {
        let mut seen = seen.cursor();
        let lacks = move |&(origin, counter): &(Origin, u64)| seen.get(origin) < counter;
        self.iter().filter(lacks).map(|(origin, counter)| origin.dot(counter))
    }

    /// Entries in order of origin.
    pub fn iter(&self) -> impl Iterator<Item = (Origin, u64)> + '_ {
        self.entries.iter().copied()
    }

    /// For questions in order of origins: all of them together take one pass.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { entries: &self.entries }
    }

    /// Number of origins with at least one write.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, origin: Origin) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&origin, |entry| entry.0)
    }
}

/// Answers questions about a vector that come in order of origins.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    /// Those that are not behind.
    entries: &'a [(Origin, u64)],
}

impl Cursor<'_> {
    /// How many writes of `origin`, which no question before was beyond, are included.
    pub fn get(&mut self, origin: Origin) -> u64 {
        // Usually it is the next one; where questions are few, the ones between are many.
        let next = self.entries.iter().take(2).position(|entry| entry.0 >= origin);
        let skipped = next.unwrap_or_else(|| self.entries.partition_point(|entry| entry.0 < origin));
        self.entries = &self.entries[skipped..];
        self.entries.first().filter(|entry| entry.0 == origin).map_or(0, |entry| entry.1)
    }
}

impl FromIterator<(Origin, u64)> for VersionVector {
    fn from_iter<I: IntoIterator<Item = (Origin, u64)>>(entries: I) -> VersionVector {
        let mut vector = VersionVector::new();
        for (origin, counter) in entries {
            // What comes in order of origins goes to the end.
            let is_last = vector.entries.last().is_none_or(|last| last.0 < origin);
            if is_last && counter > 0 {
                vector.entries.push((origin, counter));
            } else {
                vector.raise(origin, counter);
            }
        }
        // Acks and witnesses are many, and some live long.
        if vector.entries.capacity() - vector.entries.len() > ROOM_MAX {
            vector.entries.shrink_to_fit();
        }
        vector
    }
}

/// Whatever the entries' order: what is read from a file or a message may be anything. Entries that are in order, as
/// they usually are, are taken as they stand.
impl From<Vec<(Origin, u64)>> for VersionVector {
    fn from(entries: Vec<(Origin, u64)>) -> VersionVector {
        let mut entries = entries;
        let are_in_order = entries.is_sorted_by(|one, next| one.0 < next.0)
            && entries.iter().all(|&(_, counter)| counter > 0);
        if are_in_order {
            if entries.capacity() - entries.len() > ROOM_MAX {
                entries.shrink_to_fit();
            }
            return VersionVector { entries };
        }
        // A vector grows cheaply only at its end.
        entries.sort_unstable();
        entries.into_iter().collect()
    }
}

impl From<VersionVector> for Vec<(Origin, u64)> {
    fn from(vector: VersionVector) -> Vec<(Origin, u64)> {
        vector.entries
    }
}

/// `[1@5.0:3 2@6.0:1]`
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
    fn a_vector_dominates_what_lacks_nothing_of_it() {
        let all = |number: u64| vector(&[number % 3, number / 3 % 3, number / 9 % 3, number / 27]);
        for (one, other) in (0..81).flat_map(|one| (0..81).map(move |other| (all(one), all(other)))) {
            let lacks = other.first_missing_from(&one).is_some();
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
    fn raising_to_zero_or_to_less_changes_nothing() {
        let mut raised = vector(&[2]);
        assert!(!raised.raise(origin(1), 1));
        assert!(!raised.raise(origin(2), 0));
        assert_eq!(raised, vector(&[2]));
    }
}
