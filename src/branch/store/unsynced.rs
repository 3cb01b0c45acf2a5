//! Records that were appended to the log and are not yet synced, with what each does once it is.
//!
//! Effects happen in log order, so the prefix that survives a crash is always a state that could have been seen.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use smallvec::SmallVec;

use crate::branch::CallId;
use crate::model::{Refusal, RequestId, Snapshot, Write};

/// The effect of a record once it is synced.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SyncEffect {
    /// A write accepted here becomes visible and is answered.
    Own { write: Write, waiting: Waiting },
    /// A peer's write becomes visible.
    Foreign { write: Write },
    /// A refusal is answered.
    Refused { request: RequestId, refusal: Refusal, waiting: Waiting },
    /// The state of a peer takes the place of this branch's.
    Snapshot { snapshot: Box<Snapshot> },
    /// None: the record matters only to a branch that recovers.
    Noted,
}

/// The calls to answer, and how long the request was parked before it was executed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Waiting {
    pub calls: SmallVec<[CallId; 1]>,
    pub parked_for: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Unsynced {
    effects: VecDeque<SyncEffect>,
    /// Records that are synced: the position of the record before the first effect.
    synced: u64,
    /// Position of the record in which a request was executed.
    by_request: BTreeMap<RequestId, u64>,
}

impl Unsynced {
    /// Notes the effect of the record that is appended next.
    pub fn push(&mut self, effect: SyncEffect) {
        let position = self.appended() + 1;
        if let Some(request) = executed(&effect) {
            self.by_request.insert(request, position);
        }
        self.effects.push_back(effect);
    }

    /// The next effect whose record is at most at `position`.
    pub fn pop_through(&mut self, position: u64) -> Option<SyncEffect> {
        if self.synced >= position {
            return None;
        }
        let effect = self.effects.pop_front()?;
        self.synced += 1;
        if let Some(request) = executed(&effect) {
            self.by_request.remove(&request);
        }
        Some(effect)
    }

    /// The calls that wait until the execution of this request is synced, for a copy to join.
    pub fn find(&mut self, request: RequestId) -> Option<&mut Waiting> {
        let position = *self.by_request.get(&request)?;
        let index = usize::try_from(position - self.synced - 1).ok()?;
        match self.effects.get_mut(index)? {
            SyncEffect::Own { waiting, .. } | SyncEffect::Refused { waiting, .. } => Some(waiting),
            SyncEffect::Foreign { .. } | SyncEffect::Snapshot { .. } | SyncEffect::Noted => None,
        }
    }

    /// Whether this request was executed and is not yet synced.
    pub fn holds(&self, request: RequestId) -> bool {
        self.by_request.contains_key(&request)
    }

    /// Position of the last record appended, counted from 1.
    pub fn appended(&self) -> u64 {
        self.synced + self.effects.len() as u64
    }

    pub fn len(&self) -> usize {
        self.effects.len()
    }
}

/// The request that a record with this effect executed, if any.
fn executed(effect: &SyncEffect) -> Option<RequestId> {
    match effect {
        SyncEffect::Own { write, .. } => Some(write.request),
        SyncEffect::Refused { request, .. } => Some(*request),
        SyncEffect::Foreign { .. } | SyncEffect::Snapshot { .. } | SyncEffect::Noted => None,
    }
}
