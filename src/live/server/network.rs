//! The planned network of a served cluster: when its fates begin, and its pauses of whole branches.

use std::sync::{Arc, OnceLock};

use super::host::{BranchHandle, Pauser};
use crate::live::clock;
use crate::model::Time;
use crate::network::{Fate, MessageInfo, Network, NetworkPlan, NetworkPlanError, PlannedNetwork};

/// A network plan that counts its fault windows from now on.
///
/// # Errors
///
/// The first fault of the plan.
pub fn start_network(plan: NetworkPlan, seed: u64) -> Result<Arc<PlannedNetwork>, NetworkPlanError> {
    PlannedNetwork::start(plan, seed, clock::now()).map(Arc::new)
}

/// Pauses and resumes these branches at the times of the network's plan. Branches of other processes are not affected.
///
/// Each pause has a thread that sleeps until it begins and until it ends; a process that ends does not wait for it.
pub fn keep_pauses<'a>(network: &PlannedNetwork, branches: impl IntoIterator<Item = &'a BranchHandle>) {
    let pausers: Vec<(_, Pauser)> =
        branches.into_iter().map(|branch| (branch.id(), branch.pauser())).collect();
    for pause in network.pauses() {
        let Some((_, pauser)) = pausers.iter().find(|(id, _)| *id == pause.branch) else { continue };
        let pauser = pauser.clone();
        std::thread::spawn(move || {
            std::thread::sleep(pause.from - clock::now());
            let frozen = pauser.pause();
            tracing::info!(branch = %pause.branch, "paused");
            std::thread::sleep(pause.until - clock::now());
            drop(frozen);
            tracing::info!(branch = %pause.branch, "resumed");
        });
    }
}

/// A network that delivers everything at once until it is started.
#[derive(Default)]
pub(in crate::live) struct DeferredNetwork {
    network: OnceLock<PlannedNetwork>,
}

impl DeferredNetwork {
    /// Starts the planned network, whose windows count from `base`.
    ///
    /// # Errors
    ///
    /// The first fault of the plan.
    ///
    /// # Panics
    ///
    /// If it was started before.
    pub fn start(&self, plan: NetworkPlan, seed: u64, base: Time) -> Result<(), NetworkPlanError> {
        let network = PlannedNetwork::start(plan, seed, base)?;
        assert!(self.network.set(network).is_ok(), "a trial's network starts once");
        Ok(())
    }
}

impl Network for DeferredNetwork {
    fn fate(&self, message: &MessageInfo) -> Fate {
        self.network.get().map_or_else(Fate::at_once, |network| network.fate(message))
    }
}
