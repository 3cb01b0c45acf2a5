//! A whole cluster in one process, over loopback.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use rustix::process::{Resource, getrlimit, setrlimit};

use super::disk::DiskFaults;
use super::host::{BRANCHES_MAX, BranchHandle, DiskOptions, HostOptions, RecordedBranch, StartError};
use crate::branch::{Config, Limits, Start, Timing};
use crate::model::BranchId;
use crate::network::Network;

/// What a cluster in one process needs to run.
pub struct ClusterOptions {
    /// Every branch.
    pub branches: Vec<BranchId>,
    /// Account `n` starts with the `n`-th balance, in minor units.
    pub initial_balances: Vec<i64>,
    /// Bounds of each branch.
    pub limits: Limits,
    /// Timeouts of each branch.
    pub timing: Timing,
    /// Decides the fate of every message.
    pub network: Arc<dyn Network>,
    /// Where each branch listens; a branch that is not named gets a loopback port that the system picks.
    pub listen: BTreeMap<BranchId, SocketAddr>,
    /// The branches whose trial is recorded.
    pub recorded: BTreeMap<BranchId, RecordedBranch>,
    /// Where the branches keep their logs; without it they are volatile.
    pub data: Option<DataOptions>,
}

/// Durable logs, each in a directory of its own.
#[derive(Debug, Clone)]
pub struct DataOptions {
    /// The directory that holds those of all branches.
    pub dir: PathBuf,
    /// Records that one sync covers at most; above 0.
    pub group_max: usize,
    /// Faults of the disks of some branches.
    pub faults: BTreeMap<BranchId, DiskFaults>,
}

/// Running branches, all connected with each other. Dropping it stops them.
pub struct Cluster {
    branches: BTreeMap<BranchId, BranchHandle>,
}

impl ClusterOptions {
    /// A cluster with default bounds and timing on loopback, whose one account starts with `initial_balance`.
    pub fn new(
        branches: impl IntoIterator<Item = BranchId>,
        initial_balance: i64,
        network: Arc<dyn Network>,
    ) -> Self {
        ClusterOptions {
            branches: branches.into_iter().collect(),
            initial_balances: vec![initial_balance],
            limits: Limits::default(),
            timing: Timing::default(),
            network,
            listen: BTreeMap::new(),
            recorded: BTreeMap::new(),
            data: None,
        }
    }
}

impl DataOptions {
    /// The disk of one branch.
    pub fn of(&self, branch: BranchId) -> DiskOptions {
        let dir = self.dir.join(format!("branch-{branch}"));
        let faults = self.faults.get(&branch).cloned().unwrap_or_default();
        DiskOptions { dir, group_max: self.group_max, faults }
    }
}

impl Cluster {
    /// Starts every branch. All listen before the first one runs, so no connection is refused.
    ///
    /// # Errors
    ///
    /// As [`BranchHandle::start`]; branches that were started are stopped.
    pub fn start(options: ClusterOptions) -> Result<Cluster, StartError> {
        let ClusterOptions {
            branches,
            initial_balances,
            limits,
            timing,
            network,
            listen,
            mut recorded,
            data,
        } = options;
        if branches.len() > BRANCHES_MAX {
            return Err(StartError::TooManyBranches { wanted: branches.len() });
        }
        allow_descriptors();
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        // All listen, then all run.
        let mut listeners = BTreeMap::new();
        let mut addresses = BTreeMap::new();
        for &branch in &branches {
            let address = listen.get(&branch).copied().unwrap_or(loopback);
            let failed = |source| StartError::Listen { branch, address, source };
            let listener = TcpListener::bind(address).map_err(failed)?;
            addresses.insert(branch, listener.local_addr().map_err(failed)?);
            listeners.insert(branch, listener);
        }
        let mut started = BTreeMap::new();
        for (branch, listener) in listeners {
            let config = Config {
                limits: limits.clone(),
                timing: timing.clone(),
                ..Config::new(branch, branches.iter().copied(), initial_balances.clone())
            };
            let peers =
                addresses.iter().filter(|&(&id, _)| id != branch).map(|(&id, &at)| (id, at)).collect();
            let network = Arc::clone(&network);
            let recorded = recorded.remove(&branch).unwrap_or_default();
            let disk = data.as_ref().map(|data| data.of(branch));
            let start = Start::NewCluster;
            let options = HostOptions { config, start, listener, peers, network, recorded, disk };
            started.insert(branch, BranchHandle::start(options)?);
        }
        Ok(Cluster { branches: started })
    }

    /// The branches in order of id.
    pub fn branches(&self) -> impl Iterator<Item = &BranchHandle> {
        self.branches.values()
    }

    /// One branch.
    ///
    /// # Panics
    ///
    /// If the cluster has no such branch.
    pub fn branch(&self, id: BranchId) -> &BranchHandle {
        self.branches.get(&id).unwrap_or_else(|| panic!("the cluster has no branch {id}"))
    }

    /// Where each branch listens.
    pub fn addresses(&self) -> BTreeMap<BranchId, SocketAddr> {
        self.branches().map(|branch| (branch.id(), branch.address())).collect()
    }
}

/// All branches end at once, not one after another.
impl Drop for Cluster {
    fn drop(&mut self) {
        self.branches.values().for_each(BranchHandle::begin_to_stop);
    }
}

/// Raises the limit of file descriptors as far as the process may: the usual soft limit of 1024 is enough for some
/// twenty branches only. A system that refuses will refuse a connection later.
fn allow_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of file descriptors stays as it is");
    }
}
