//! The witness of a read by short names, and how a history stores it: as what changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{OriginIndex, SessionIndex, ShortDot};

/// How many writes of each origin are included. An origin that is absent counts 0; no entry is 0.
///
/// Cheap to clone. Counters go up to 2^63 - 1, so that a difference of two has a sign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Witness {
    /// Sorted by origin.
    entries: Arc<[(OriginIndex, u64)]>,
}

/// One entry's change: the origin, and by how much its counter rose. Under no guarantee it may also fall.
pub(super) type CounterChange = (OriginIndex, i64);

/// The last witness of each session, from which the next one is a change. Writer and reader keep the same.
#[derive(Debug, Default)]
pub(super) struct Deltas {
    last: BTreeMap<SessionIndex, Witness>,
}

/// A change that leads below zero or beyond 2^63 - 1: not a count of writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutOfRange(pub OriginIndex);

impl Deltas {
    /// The changes since the session's last witness; for the first one, all of it.
    pub fn shrink(
        &mut self,
        session: SessionIndex,
        witness: &Witness,
    ) -> Result<Vec<CounterChange>, OutOfRange> {
        let last = self.last.entry(session).or_default();
        let gone = last.iter().filter(|&(origin, _)| witness.get(origin) == 0).map(|(origin, _)| (origin, 0));
        let mut changes = Vec::new();
        for (origin, counter) in witness.iter().chain(gone) {
            let change = signed(origin, counter)? - signed(origin, last.get(origin))?;
            changes.extend((change != 0).then_some((origin, change)));
        }
        changes.sort_unstable();
        *last = witness.clone();
        Ok(changes)
    }

    /// The witness that these changes make of the session's last one: what [`Deltas::shrink`] was given.
    pub fn grow(&mut self, session: SessionIndex, changes: &[CounterChange]) -> Result<Witness, OutOfRange> {
        let last = self.last.entry(session).or_default();
        if changes.is_empty() {
            return Ok(last.clone());
        }
        let mut entries = last.entries.to_vec();
        for &(origin, change) in changes {
            let place = entries.binary_search_by_key(&origin, |entry| entry.0);
            let counter = place.map_or(0, |at| entries[at].1);
            let changed = signed(origin, counter)?.checked_add(change);
            let changed =
                changed.and_then(|changed| u64::try_from(changed).ok()).ok_or(OutOfRange(origin))?;
            match place {
                Ok(at) => entries[at].1 = changed,
                Err(at) => entries.insert(at, (origin, changed)),
            }
        }
        entries.retain(|&(_, counter)| counter > 0);
        *last = Witness { entries: entries.into() };
        Ok(last.clone())
    }
}

impl Witness {
    /// How many writes of `origin` are included.
    pub fn get(&self, origin: OriginIndex) -> u64 {
        self.entries.binary_search_by_key(&origin, |entry| entry.0).map_or(0, |at| self.entries[at].1)
    }

    /// Whether the write that `dot` names is included.
    pub fn contains(&self, ShortDot(origin, counter): ShortDot) -> bool {
        self.get(origin) >= counter
    }

    /// Entries in order of origin.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (OriginIndex, u64)> + '_ {
        self.entries.iter().copied()
    }

    /// Number of origins with at least one write.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no write is included.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// If an origin has several counters, the last one counts.
impl FromIterator<(OriginIndex, u64)> for Witness {
    fn from_iter<I: IntoIterator<Item = (OriginIndex, u64)>>(entries: I) -> Witness {
        let mut sorted: Vec<(OriginIndex, u64)> = entries.into_iter().collect();
        // Usually it is sorted already.
        if !sorted.is_sorted_by(|one, other| one.0 < other.0) {
            let last_counts: BTreeMap<OriginIndex, u64> = sorted.into_iter().collect();
            sorted = last_counts.into_iter().collect();
        }
        sorted.retain(|&(_, counter)| counter > 0);
        Witness { entries: sorted.into() }
    }
}

fn signed(origin: OriginIndex, counter: u64) -> Result<i64, OutOfRange> {
    i64::try_from(counter).map_err(|_| OutOfRange(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionIndex = SessionIndex(7);

    fn witness(counters: &[u64]) -> Witness {
        counters.iter().zip(0..).map(|(&counter, index)| (OriginIndex(index), counter)).collect()
    }

    #[test]
    fn the_first_is_written_in_full_and_the_next_as_changes() {
        type Row = (&'static [u64], &'static [(u32, i64)]);
        let rows: [Row; 5] = [
            (&[3, 0, 1], &[(0, 3), (2, 1)]),
            (&[3, 0, 1], &[]),
            (&[4, 2, 1], &[(0, 1), (1, 2)]),
            (&[0, 5, 1], &[(0, -4), (1, 3)]),
            (&[], &[(1, -5), (2, -1)]),
        ];
        let (mut written, mut read) = (Deltas::default(), Deltas::default());
        for (counters, expected) in rows {
            let changes = written.shrink(SESSION, &witness(counters)).unwrap();
            let expected: Vec<CounterChange> =
                expected.iter().map(|&(o, change)| (OriginIndex(o), change)).collect();
            assert_eq!(changes, expected, "{counters:?}");
            assert_eq!(read.grow(SESSION, &changes), Ok(witness(counters)));
        }
    }

    #[test]
    fn each_session_has_its_own_last_witness() {
        let mut deltas = Deltas::default();
        deltas.shrink(SESSION, &witness(&[5])).unwrap();
        assert_eq!(deltas.shrink(SessionIndex(8), &witness(&[5])), Ok(vec![(OriginIndex(0), 5)]));
    }

    #[test]
    fn a_count_below_zero_or_beyond_the_range_is_refused() {
        let mut deltas = Deltas::default();
        deltas.grow(SESSION, &[(OriginIndex(0), 2)]).unwrap();
        for change in [-3, i64::MIN, i64::MAX] {
            let grown = deltas.grow(SESSION, &[(OriginIndex(0), change)]);
            assert_eq!(grown, Err(OutOfRange(OriginIndex(0))), "{change}");
        }
        let beyond = witness(&[1 << 63]);
        assert_eq!(deltas.shrink(SESSION, &beyond), Err(OutOfRange(OriginIndex(0))));
    }

    #[test]
    fn an_unchanged_witness_is_shared() {
        let mut deltas = Deltas::default();
        let first = deltas.grow(SESSION, &[(OriginIndex(0), 2)]).unwrap();
        let second = deltas.grow(SESSION, &[]).unwrap();
        assert!(Arc::ptr_eq(&first.entries, &second.entries));
    }
}
