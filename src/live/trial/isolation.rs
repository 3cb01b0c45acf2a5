//! Isolated writes: none starts at a branch before the last one accepted there is applied everywhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use crate::live::clock;
use crate::live::server::driver::BranchDriver;
use crate::model::{BranchId, Dot, Time};

/// How often is looked whether a write has arrived everywhere.
const LOOK: Duration = Duration::from_millis(1);

/// Tells what one branch has applied.
pub(in crate::live) struct Probe {
    pub shell: Arc<BranchDriver>,
}

/// The last write of each branch.
pub(in crate::live) struct WriteIsolation {
    probes: Vec<Probe>,
    last: BTreeMap<BranchId, Mutex<Option<Dot>>>,
}

impl WriteIsolation {
    pub fn new(probes: Vec<Probe>) -> WriteIsolation {
        let last = probes.iter().map(|probe| (probe.shell.id(), Mutex::default())).collect();
        WriteIsolation { probes, last }
    }

    /// Waits for the last write of `branch`, or until `ends`. Whoever enters leaves the dot of its own write.
    ///
    /// # Panics
    ///
    /// If there is no such branch.
    pub async fn enter(&self, branch: BranchId, ends: Time) -> MutexGuard<'_, Option<Dot>> {
        let last = self.last[&branch].lock().await;
        while last.is_some_and(|dot| !self.is_everywhere(dot)) && clock::now() < ends {
            tokio::time::sleep(LOOK).await;
        }
        last
    }

    fn is_everywhere(&self, dot: Dot) -> bool {
        self.probes.iter().all(|probe| probe.shell.applied(dot.origin) >= dot.counter)
    }
}
