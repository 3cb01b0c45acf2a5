//! When each origin's counter last rose, so that an ack carries what is new without comparing vectors.

use crate::model::{Origin, VersionVector};

/// Per origin, the number of the vector's state in which its counter last rose.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Changes {
    /// Sorted by origin.
    rose: Vec<(Origin, u64)>,
}

impl Changes {
    /// The counter of `origin` rose, which made the vector's state this one.
    pub fn note(&mut self, origin: Origin, version: u64) {
        match self.rose.binary_search_by_key(&origin, |entry| entry.0) {
            Ok(at) => self.rose[at].1 = version,
            Err(at) => self.rose.insert(at, (origin, version)),
        }
    }

    /// The entries of the vector that rose after the state of this number; all of them for `None`.
    pub fn since(&self, version: Option<u64>, applied: &VersionVector) -> VersionVector {
        let Some(version) = version else { return applied.clone() };
        let mut rose = self.rose.iter().peekable();
        let changed = applied.iter().filter(|&(origin, _)| {
            while rose.next_if(|entry| entry.0 < origin).is_some() {}
            rose.next_if(|entry| entry.0 == origin).is_none_or(|entry| entry.1 > version)
        });
        changed.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BranchId, Incarnation};

    fn origin(branch: u32) -> Origin {
        Origin { branch: BranchId(branch), incarnation: Incarnation { started_at: 1, nonce: 0 } }
    }

    #[test]
    fn what_rose_after_a_state_is_returned_and_without_a_state_everything() {
        let (mut changes, mut applied) = (Changes::default(), VersionVector::new());
        for (version, branch, counter) in [(1, 2, 1), (2, 1, 1), (3, 2, 2), (4, 3, 1)] {
            applied.raise(origin(branch), counter);
            changes.note(origin(branch), version);
        }
        let since = |version| {
            changes.since(version, &applied).iter().map(|(o, counter)| (o.branch.0, counter)).collect()
        };
        type Row = (Option<u64>, &'static [(u32, u64)]);
        let rows: [Row; 4] = [
            (None, &[(1, 1), (2, 2), (3, 1)]),
            (Some(1), &[(1, 1), (2, 2), (3, 1)]),
            (Some(2), &[(2, 2), (3, 1)]),
            (Some(4), &[]),
        ];
        for (version, expected) in rows {
            let found: Vec<(u32, u64)> = since(version);
            assert_eq!(found, expected, "{version:?}");
        }
    }
}
