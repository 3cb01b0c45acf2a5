//! Where the branches of a trial run: in this process, or each in one of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::live::process::{ProcessError, Processes};
use crate::live::record::EventBuffer;
use crate::live::record::ipc::{BranchStatus, FinalState, TrialCommand};
use crate::live::server::{
    BranchHandle, Cluster, ClusterOptions, DataOptions, DeferredNetwork, DiskFault, DiskFaults, Probe,
    RecordedBranch, StartError, keep_pauses,
};
use crate::model::{BranchId, Time};
use crate::network::{Network, NetworkPlanError, PlannedNetwork};
use crate::results::RecoveryObserved;
use crate::scenario::{Scenario, SeededPart};

/// The running branches of a trial. Dropping it ends them.
pub(super) trait Deployment {
    fn addresses(&self) -> BTreeMap<BranchId, SocketAddr>;

    /// Each branch's status, in order of id; `None` for one that is down, or has just come back.
    fn statuses(&self) -> Vec<Option<BranchStatus>>;

    /// How many polls in a row must find all branches at rest. A process's status may be some polls old.
    fn polls_at_rest(&self) -> u32;

    /// Starts the network and all faults, which count from `base`.
    fn start_network(&self, scenario: &Scenario, base: Time) -> Result<(), NetworkPlanError>;

    /// Counts the injection error from now on.
    fn restart_injection_error(&self);

    /// How the branches ended, in order of id.
    fn final_states(&self, accounts: usize) -> Result<Vec<FinalState>, ProcessError>;

    /// A probe of each branch of this process.
    fn probes(&self) -> Vec<Probe> {
        Vec::new()
    }

    /// Why the trial is spoilt, if it is.
    fn failure(&self) -> Option<ProcessError> {
        None
    }

    /// Processor time of other processes since they were started.
    fn children_cpu(&self) -> Duration {
        Duration::ZERO
    }

    /// Every time that a branch came back.
    fn recoveries(&self) -> Vec<RecoveryObserved> {
        Vec::new()
    }

    /// Whether each branch has a stream to all the others, `peers` in number.
    fn is_connected(&self, peers: usize) -> bool {
        self.statuses().iter().all(|status| status.as_ref().is_some_and(|status| status.connected == peers))
    }

    /// Requests that wait now.
    fn parked(&self) -> usize {
        self.statuses().iter().flatten().map(|status| status.parked).sum()
    }

    /// Whether all branches show the same writes and no message or request waits.
    fn is_at_rest(&self) -> bool {
        let statuses: Option<Vec<BranchStatus>> = self.statuses().into_iter().collect();
        statuses.is_some_and(|statuses| {
            let agree = statuses.windows(2).all(|pair| pair[0].applied == pair[1].applied);
            agree && statuses.iter().all(|status| status.parked == 0 && status.held == 0)
        })
    }
}

/// All branches in this process.
pub(super) struct InProcess {
    cluster: Cluster,
    network: Arc<DeferredNetwork>,
    faults: BTreeMap<BranchId, DiskFaults>,
}

impl InProcess {
    /// Starts the branches, with durable logs if there is a directory for them.
    pub fn start(
        scenario: &Scenario,
        initial_balances: Vec<i64>,
        dir: Option<&Path>,
        buffers: &BTreeMap<BranchId, Arc<EventBuffer>>,
    ) -> Result<InProcess, StartError> {
        let network = Arc::new(DeferredNetwork::default());
        let recorded = |(&branch, buffer): (&BranchId, &Arc<EventBuffer>)| {
            let incarnation = Some(scenario.origin(branch).incarnation);
            (branch, RecordedBranch { incarnation, buffer: Some(Arc::clone(buffer)) })
        };
        let faults: BTreeMap<BranchId, DiskFaults> =
            buffers.keys().map(|&branch| (branch, DiskFaults::default())).collect();
        let data = dir.map(|dir| DataOptions {
            dir: dir.to_owned(),
            group_max: scenario.group_max,
            faults: faults.clone(),
        });
        let cluster = Cluster::start(ClusterOptions {
            initial_balances,
            limits: scenario.limits.clone(),
            timing: scenario.timing.clone(),
            recorded: buffers.iter().map(recorded).collect(),
            data,
            ..ClusterOptions::new(buffers.keys().copied(), 0, Arc::clone(&network) as Arc<dyn Network>)
        })?;
        Ok(InProcess { cluster, network, faults })
    }
}

impl Deployment for InProcess {
    fn addresses(&self) -> BTreeMap<BranchId, SocketAddr> {
        self.cluster.addresses()
    }

    fn statuses(&self) -> Vec<Option<BranchStatus>> {
        self.cluster.branches().map(|branch| Some(branch.status())).collect()
    }

    fn polls_at_rest(&self) -> u32 {
        4
    }

    fn start_network(&self, scenario: &Scenario, base: Time) -> Result<(), NetworkPlanError> {
        let (plan, seed) = (scenario.network.clone(), scenario.seed_of(SeededPart::Network));
        keep_pauses(&PlannedNetwork::start(plan.clone(), seed, base)?, self.cluster.branches());
        for fault in &scenario.accidents {
            let of_disk = DiskFault::of(fault.kind).expect("branches of one process do not crash alone");
            self.faults[&fault.branch].add(base + fault.from, base + fault.until, of_disk);
        }
        self.network.start(plan, seed, base)
    }

    fn restart_injection_error(&self) {
        self.cluster.branches().for_each(BranchHandle::restart_injection_error);
    }

    fn final_states(&self, accounts: usize) -> Result<Vec<FinalState>, ProcessError> {
        Ok(self.cluster.branches().map(|branch| branch.final_state(accounts)).collect())
    }

    fn probes(&self) -> Vec<Probe> {
        self.cluster.branches().map(BranchHandle::probe).collect()
    }
}

/// Each branch in a process of its own. There are no probes of another process.
impl Deployment for Processes {
    fn addresses(&self) -> BTreeMap<BranchId, SocketAddr> {
        self.addresses().unwrap_or_default()
    }

    fn statuses(&self) -> Vec<Option<BranchStatus>> {
        self.statuses()
    }

    fn polls_at_rest(&self) -> u32 {
        16
    }

    fn start_network(&self, _scenario: &Scenario, base: Time) -> Result<(), NetworkPlanError> {
        self.command(TrialCommand::StartNetwork(base));
        Ok(())
    }

    fn restart_injection_error(&self) {
        self.command(TrialCommand::RestartInjectionError);
    }

    fn final_states(&self, _accounts: usize) -> Result<Vec<FinalState>, ProcessError> {
        self.final_states()
    }

    fn failure(&self) -> Option<ProcessError> {
        self.failure()
    }

    fn children_cpu(&self) -> Duration {
        self.cpu()
    }

    fn recoveries(&self) -> Vec<RecoveryObserved> {
        self.recoveries()
    }
}
