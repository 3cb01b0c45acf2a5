//! A set of an account's writes.

use std::fmt;

/// Writes of one account and one session by their position in its [`WriteScript`](super::WriteScript), from 0 to 31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WriteSet(u32);

impl WriteSet {
    /// No writes.
    pub const EMPTY: WriteSet = WriteSet(0);

    /// Whether the write at `position` is in the set.
    pub fn contains(self, position: usize) -> bool {
        position < 32 && self.0 >> position & 1 == 1
    }

    /// Positions in rising order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..32).filter(move |&position| self.contains(position))
    }

    /// How many writes are in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set and this write.
    ///
    /// # Panics
    ///
    /// If `position` is above 31.
    #[must_use]
    pub fn with(self, position: usize) -> WriteSet {
        assert!(position < 32, "a set holds positions up to 31, and not {position}");
        WriteSet(self.0 | 1 << position)
    }

    /// The writes that are in one of both sets and not in the other.
    #[must_use]
    pub fn symmetric_difference(self, other: WriteSet) -> WriteSet {
        WriteSet(self.0 ^ other.0)
    }
}

/// Panics as [`WriteSet::with`] does.
impl FromIterator<usize> for WriteSet {
    fn from_iter<I: IntoIterator<Item = usize>>(positions: I) -> WriteSet {
        positions.into_iter().fold(WriteSet::EMPTY, WriteSet::with)
    }
}

/// `{0 1 5}`
impl fmt::Display for WriteSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let positions: Vec<String> = self.iter().map(|position| position.to_string()).collect();
        write!(f, "{{{}}}", positions.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_up_to_its_last_position() {
        let set: WriteSet = [31, 0, 5, 5].into_iter().collect();
        assert_eq!(set.to_string(), "{0 5 31}");
        assert_eq!(set.len(), 3);
        assert!(!set.contains(32) && !set.contains(1));
        assert_eq!(set.symmetric_difference(WriteSet::EMPTY.with(5).with(6)).to_string(), "{0 6 31}");
        assert!(WriteSet::EMPTY.is_empty() && !set.is_empty());
    }
}
