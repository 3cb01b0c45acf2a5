//! The index of each origin.

use std::collections::BTreeMap;

use crate::model::{Dot, Origin, VersionVector};

use super::{OriginIndex, ShortDot, Witness};

/// Origins in the order in which they were named, both ways. The recorder names them here, and judges
/// use the same table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins {
    named: Vec<Origin>,
    indices: BTreeMap<Origin, OriginIndex>,
}

impl Origins {
    /// The next index, for an origin that has none yet; `None` if it has one.
    pub fn name(&mut self, origin: Origin) -> Option<OriginIndex> {
        let index = OriginIndex(u32::try_from(self.named.len()).ok()?);
        if self.indices.contains_key(&origin) {
            return None;
        }
        self.named.push(origin);
        self.indices.insert(origin, index);
        Some(index)
    }

    /// The index of an origin; `None` if it was not named.
    pub fn index(&self, origin: Origin) -> Option<OriginIndex> {
        self.indices.get(&origin).copied()
    }

    /// The origin with this index; `None` if there is none.
    pub fn origin(&self, index: OriginIndex) -> Option<Origin> {
        self.named.get(index.at()).copied()
    }

    /// How many origins were named.
    pub fn len(&self) -> usize {
        self.named.len()
    }

    /// Whether none was named.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// The short name of a write; `None` if its origin was not named.
    pub fn shorten(&self, dot: Dot) -> Option<ShortDot> {
        Some(self.index(dot.origin)?.dot(dot.counter))
    }

    /// The same vector by indices; `None` if it counts an origin that was not named.
    pub fn witness(&self, vector: &VersionVector) -> Option<Witness> {
        vector.iter().map(|(origin, counter)| Some((self.index(origin)?, counter))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BranchId, Incarnation};

    fn origin(branch: u32) -> Origin {
        Origin { branch: BranchId(branch), incarnation: Incarnation { started_at: 1, nonce: 2 } }
    }

    #[test]
    fn origins_are_numbered_in_the_order_of_their_naming_and_once() {
        let mut origins = Origins::default();
        assert_eq!(origins.name(origin(9)), Some(OriginIndex(0)));
        assert_eq!(origins.name(origin(1)), Some(OriginIndex(1)));
        assert_eq!(origins.name(origin(9)), None);
        assert_eq!(origins.origin(OriginIndex(1)), Some(origin(1)));
        assert_eq!(origins.shorten(origin(9).dot(4)), Some(OriginIndex(0).dot(4)));
    }

    #[test]
    fn a_vector_of_named_origins_has_a_witness_and_any_other_has_none() {
        let mut origins = Origins::default();
        origins.name(origin(9));
        origins.name(origin(1));
        let vector: VersionVector = [(origin(1), 3), (origin(9), 5)].into_iter().collect();
        let witness = [(OriginIndex(0), 5), (OriginIndex(1), 3)].into_iter().collect();
        assert_eq!(origins.witness(&vector), Some(witness));
        let strange: VersionVector = [(origin(2), 1)].into_iter().collect();
        assert_eq!(origins.witness(&strange), None);
    }
}
