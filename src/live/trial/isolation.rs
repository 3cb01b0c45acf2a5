//! Isolated writes: none starts at a branch before the last one accepted there is applied everywhere.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use crate::live::clock;
use crate::live::server::Probe;
use crate::model::{BranchId, Dot, Time};

/// How often the branches are asked whether a write has arrived everywhere.
const POLL: Duration = Duration::from_millis(1);

/// The last write of each branch.
pub(super) struct WriteIsolation {
    probes: Vec<Probe>,
    last: BTreeMap<BranchId, Mutex<Option<Dot>>>,
}

impl WriteIsolation {
    pub fn new(probes: Vec<Probe>) -> WriteIsolation {
        let last = probes.iter().map(|probe| (probe.branch(), Mutex::default())).collect();
        WriteIsolation { probes, last }
    }

    /// Waits until the last write of `branch` is everywhere, or until `ends`. The caller leaves the dot of its own
    /// write in the guard.
    ///
    /// # Panics
    ///
    /// If there is no such branch.
    pub async fn enter(&self, branch: BranchId, ends: Time) -> MutexGuard<'_, Option<Dot>> {
        let last = self.last[&branch].lock().await;
        while last.is_some_and(|dot| !self.is_everywhere(dot)) && clock::now() < ends {
            tokio::time::sleep(POLL).await;
        }
        last
    }

    fn is_everywhere(&self, dot: Dot) -> bool {
        self.probes.iter().all(|probe| probe.has_applied(dot))
    }
}
