//! A part of a workload: what shrinking leaves of it.

use std::collections::{BTreeMap, BTreeSet};

/// Which operations take place: of each session, by their numbers from 0 in the order in which it makes them. A
/// session that is not named makes none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationFilter {
    by_session: BTreeMap<usize, BTreeSet<u64>>,
}

impl OperationFilter {
    /// Lets these operations of these sessions through.
    pub fn of_sessions<N: IntoIterator<Item = u64>>(
        sessions: impl IntoIterator<Item = (usize, N)>,
    ) -> OperationFilter {
        let sessions =
            sessions.into_iter().map(|(session, numbers)| (session, numbers.into_iter().collect()));
        OperationFilter { by_session: sessions.collect() }
    }

    pub(super) fn of_session(&self, session: usize) -> BTreeSet<u64> {
        self.by_session.get(&session).cloned().unwrap_or_default()
    }
}
