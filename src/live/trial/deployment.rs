//! The branches of a trial, wherever they run: in this process, or each in its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::isolation::Probe;
use super::{LiveTrialError, look};
use crate::live::process::process_table::ProcessError;
use crate::live::process::processes::Processes;
use crate::live::record::event_buffer::EventBuffer;
use crate::live::record::ipc::{self, BranchStanding, FinalReport};
use crate::live::server::cluster::{Cluster, ClusterOptions, DataOptions};
use crate::live::server::disk::{DiskFault, DiskFaults};
use crate::live::server::host::{BranchHandle, RecordedBranch};
use crate::live::server::network::{DeferredNetwork, keep_pauses};
use crate::model::{AccountId, BranchId, Time};
use crate::network::{InjectionError, Network, PlannedNetwork};
use crate::results::{BranchObserved, RecoveryObserved};
use crate::scenario::{BranchFaultKind, Scenario, SeededPart};

/// How long processes may take to listen, and to say how they ended.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Looks in a row at which all have to be at rest: what processes say is some looks old.
const RESTFUL_LOOKS_HERE: u32 = 4;
const RESTFUL_LOOKS_ELSEWHERE: u32 = 16;

/// The branches of a trial.
pub(in crate::live) enum Deployment {
    Here { cluster: Cluster, curtain: Arc<DeferredNetwork>, faults: BTreeMap<BranchId, DiskFaults> },
    Processes(Processes),
}

/// What is left of a branch at the end.
pub(in crate::live) struct FinalState {
    pub branch: BranchId,
    pub applied: crate::model::VersionVector,
    pub balances: BTreeMap<AccountId, i128>,
    pub observed: BranchObserved,
    pub fidelity: InjectionError,
}

impl Deployment {
    /// All branches in this process.
    pub fn here(
        scenario: &Scenario,
        initial_balances: Vec<i64>,
        dir: Option<&Path>,
        tapes: &BTreeMap<BranchId, Arc<EventBuffer>>,
    ) -> Result<Deployment, LiveTrialError> {
        let curtain = Arc::new(DeferredNetwork::default());
        let life = |(&branch, tape): (&BranchId, &Arc<EventBuffer>)| {
            let incarnation = Some(scenario.origin(branch).incarnation);
            (branch, RecordedBranch { incarnation, tape: Some(Arc::clone(tape)) })
        };
        let faults: BTreeMap<BranchId, DiskFaults> =
            tapes.keys().map(|&branch| (branch, DiskFaults::default())).collect();
        let data = dir.map(|dir| DataOptions {
            dir: dir.to_owned(),
            group_max: scenario.group_max,
            faults: faults.clone(),
        });
        let cluster = Cluster::start(ClusterOptions {
            initial_balances,
            limits: scenario.limits.clone(),
            timing: scenario.timing.clone(),
            lives: tapes.iter().map(life).collect(),
            data,
            ..ClusterOptions::new(tapes.keys().copied(), 0, Arc::clone(&curtain) as Arc<dyn Network>)
        })?;
        Ok(Deployment::Here { cluster, curtain, faults })
    }

    /// Each branch in a process of its own, with its log in `dir` if it is durable.
    pub fn processes(
        scenario: &Scenario,
        initial_balances: &[i64],
        dir: &Path,
        tapes: &BTreeMap<BranchId, Arc<EventBuffer>>,
        director: &Arc<EventBuffer>,
    ) -> Result<Deployment, LiveTrialError> {
        let processes = Processes::start(scenario, initial_balances, dir, tapes, director);
        let processes = processes.map_err(LiveTrialError::Branches)?;
        let listening = look(ANSWER_MAX, || match processes.failure() {
            Some(error) => Some(Err(error)),
            None => processes.addresses().map(Ok),
        });
        processes.meet(listening.ok_or(LiveTrialError::NotConnected)??);
        Ok(Deployment::Processes(processes))
    }

    pub fn all_connected_to(&self, peers: usize) -> bool {
        let is_connected = |standing: &BranchStanding| standing.connected == peers;
        match self {
            Deployment::Here { cluster, .. } => {
                cluster.branches().all(|branch| is_connected(&branch.standing()))
            }
            Deployment::Processes(processes) => {
                processes.standings().iter().all(|(_, standing)| standing.as_ref().is_some_and(is_connected))
            }
        }
    }

    /// The network begins, and what goes wrong with branches.
    pub fn raise(&self, scenario: &Scenario, base: Time) -> Result<(), LiveTrialError> {
        let seed = scenario.seed_of(SeededPart::Network);
        let network = PlannedNetwork::start(scenario.network.clone(), seed, base)?;
        match self {
            Deployment::Here { cluster, curtain, faults } => {
                keep_pauses(&network, cluster.branches());
                for accident in &scenario.accidents {
                    let fault = disk_fault(accident.kind).expect("branches of one process do not die");
                    faults[&accident.branch].add(base + accident.from, base + accident.until, fault);
                }
                curtain.raise(scenario.network.clone(), seed, base)?;
            }
            Deployment::Processes(processes) => processes.raise(scenario, &network, base),
        }
        Ok(())
    }

    pub fn addresses(&self) -> BTreeMap<BranchId, SocketAddr> {
        match self {
            Deployment::Here { cluster, .. } => cluster.addresses(),
            Deployment::Processes(processes) => processes.addresses().unwrap_or_default(),
        }
    }

    /// What looks into branches; nothing does into another process.
    pub fn probes(&self) -> Vec<Probe> {
        match self {
            Deployment::Here { cluster, .. } => cluster.branches().map(BranchHandle::probe).collect(),
            Deployment::Processes(_) => Vec::new(),
        }
    }

    /// Lateness counts from now on.
    pub fn count_lateness(&self) {
        match self {
            Deployment::Here { cluster, .. } => cluster.branches().for_each(BranchHandle::restart_fidelity),
            Deployment::Processes(processes) => processes.count_lateness(),
        }
    }

    /// Requests that wait now.
    pub fn parked(&self) -> usize {
        match self {
            Deployment::Here { cluster, .. } => cluster.branches().map(BranchHandle::parked).sum(),
            Deployment::Processes(processes) => {
                processes.standings().iter().flat_map(|(_, standing)| standing).map(|s| s.parked).sum()
            }
        }
    }

    /// What spoilt the trial, if something did.
    pub fn failure(&self) -> Option<ProcessError> {
        match self {
            Deployment::Here { .. } => None,
            Deployment::Processes(processes) => processes.failure(),
        }
    }

    /// Processor time of processes beside this one.
    pub fn children_cpu(&self) -> Duration {
        match self {
            Deployment::Here { .. } => Duration::ZERO,
            Deployment::Processes(processes) => processes.cpu(),
        }
    }

    pub fn recoveries(&self) -> Vec<RecoveryObserved> {
        match self {
            Deployment::Here { .. } => Vec::new(),
            Deployment::Processes(processes) => processes.recoveries(),
        }
    }

    /// Whether all branches show the same and nothing is under way.
    pub fn is_at_rest(&self) -> bool {
        let standings: Option<Vec<BranchStanding>> = match self {
            Deployment::Here { cluster, .. } => {
                Some(cluster.branches().map(BranchHandle::standing).collect())
            }
            Deployment::Processes(processes) => {
                processes.standings().into_iter().map(|(_, standing)| standing).collect()
            }
        };
        let is_idle = |standing: &BranchStanding| standing.parked == 0 && standing.held == 0;
        standings.is_some_and(|standings| {
            let agree = standings.windows(2).all(|pair| pair[0].applied == pair[1].applied);
            agree && standings.iter().all(is_idle)
        })
    }

    /// At how many looks in a row.
    pub fn restful_looks(&self) -> u32 {
        match self {
            Deployment::Here { .. } => RESTFUL_LOOKS_HERE,
            Deployment::Processes(_) => RESTFUL_LOOKS_ELSEWHERE,
        }
    }

    /// How the branches ended, in order of id.
    pub fn left(&self, accounts: usize) -> Result<Vec<FinalState>, LiveTrialError> {
        match self {
            Deployment::Here { cluster, .. } => {
                Ok(cluster.branches().map(|branch| left(branch, accounts)).collect())
            }
            Deployment::Processes(processes) => {
                processes.ask_for_accounts();
                let told = look(ANSWER_MAX, || match processes.failure() {
                    Some(error) => Some(Err(error)),
                    None => processes.accounts().map(Ok),
                });
                let told = told.unwrap_or_else(|| match processes.silent() {
                    Some(branch) => Err(ProcessError::Silent { branch }),
                    // The last one spoke after the last look.
                    None => Ok(processes.accounts().unwrap_or_default()),
                })?;
                Ok(told.into_iter().map(|(branch, account)| from_account(branch, account)).collect())
            }
        }
    }
}

/// What a disk does then; `None` of what befalls the branch itself.
pub(in crate::live) fn disk_fault(kind: BranchFaultKind) -> Option<DiskFault> {
    match kind {
        BranchFaultKind::SlowDisk { extra } => Some(DiskFault::Slow { extra }),
        BranchFaultKind::FullDisk => Some(DiskFault::Full),
        BranchFaultKind::FailingSync => Some(DiskFault::FailingSync),
        BranchFaultKind::Crash | BranchFaultKind::LoseState => None,
    }
}

fn left(branch: &BranchHandle, accounts: usize) -> FinalState {
    let snapshot = branch.snapshot();
    let balance = |account| Some((AccountId(account), branch.balance(AccountId(account))?));
    FinalState {
        branch: branch.id(),
        balances: (0..accounts as u64).filter_map(balance).collect(),
        observed: snapshot.observed(branch.id()),
        fidelity: snapshot.fidelity,
        applied: snapshot.applied,
    }
}

fn from_account(branch: BranchId, account: FinalReport) -> FinalState {
    let FinalReport { applied, balances, observed, late } = account;
    FinalState {
        branch,
        applied,
        balances: balances.into_iter().collect(),
        observed: serde_json::from_str(&observed).expect("a branch of this program says what results hold"),
        fidelity: ipc::fidelity(&late),
    }
}
