//! Vectors as plain rows of counters, one for each origin, and the judge's own comparison of them.

use crate::history::Witness;

/// Whether `vector` includes all that is owed.
pub(super) fn covers(vector: &[u64], owed: &[u64]) -> bool {
    // Without an early end, since nearly all comparisons hold, and one without branches is many times as fast.
    vector.iter().zip(owed).fold(true, |covers, (has, owed)| covers & (has >= owed))
}

/// The first entry by which `vector` does not cover what is owed: where it is, and how much is owed.
pub(super) fn first_gap(vector: &[u64], owed: &[u64]) -> Option<(usize, u64)> {
    if covers(vector, owed) {
        return None;
    }
    let at = vector.iter().zip(owed).position(|(has, owed)| has < owed)?;
    Some((at, owed[at]))
}

/// Includes all that `other` includes.
pub(super) fn merge(vector: &mut [u64], other: &[u64]) {
    vector.iter_mut().zip(other).for_each(|(has, &other)| *has = other.max(*has));
}

/// Writes a witness as a row. An origin that was never named has no place in it.
pub(super) fn spread(witness: &Witness, row: &mut [u64]) {
    row.fill(0);
    for (origin, counter) in witness.iter() {
        if let Some(entry) = row.get_mut(origin.at()) {
            *entry = counter;
        }
    }
}

/// Rows of equal length in one piece of memory.
#[derive(Debug)]
pub(super) struct Rows {
    width: usize,
    counters: Vec<u64>,
}

impl Rows {
    pub fn new(width: usize, rows: usize) -> Rows {
        Rows { width, counters: Vec::with_capacity(width * rows) }
    }

    /// # Panics
    ///
    /// If the row has another length.
    pub fn push(&mut self, row: &[u64]) {
        assert_eq!(row.len(), self.width, "invariant: rows have a counter for each origin");
        self.counters.extend_from_slice(row);
    }

    pub fn row(&self, index: usize) -> &[u64] {
        &self.counters[index * self.width..][..self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::OriginIndex;

    #[test]
    fn a_vector_covers_what_it_has_as_much_of_everywhere() {
        type Row = (&'static [u64], &'static [u64], Option<(usize, u64)>);
        let rows: [Row; 5] = [
            (&[], &[], None),
            (&[1, 2], &[0, 2], None),
            (&[1, 2], &[1, 3], Some((1, 3))),
            (&[9, 0, 9], &[1, 1, 1], Some((1, 1))),
            (&[0, 0], &[1, 1], Some((0, 1))),
        ];
        for (vector, owed, expected) in rows {
            assert_eq!(first_gap(vector, owed), expected, "{vector:?} {owed:?}");
            assert_eq!(covers(vector, owed), expected.is_none());
        }
    }

    #[test]
    fn a_witness_is_spread_over_the_row_and_what_has_no_place_is_left_out() {
        let mut row = [7, 7];
        let witness: Witness = [(OriginIndex(1), 3), (OriginIndex(2), 5)].into_iter().collect();
        spread(&witness, &mut row);
        assert_eq!(row, [0, 3]);
        merge(&mut row, &[1, 2]);
        assert_eq!(row, [1, 3]);
    }
}
