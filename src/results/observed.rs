//! Observations of the substrate that are in no history.

use serde::{Deserialize, Serialize};

use crate::model::BranchId;

/// The observations of the substrate while it ran a trial. Figures are from the start of the load to the end of the
/// drain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// The id of the trial; `null` in files of older versions.
    #[serde(default)]
    pub trial: Option<String>,
    /// Duration of the trial, start and stop of the cluster included.
    pub wall_s: f64,
    /// Processor time of this process during the load: branches, customers and recorder.
    pub cpu_s: f64,
    /// Share of the host's processor time that other programs used during the load, from 0 to 1; `null` if the system
    /// does not report it.
    pub others_cpu_share: Option<f64>,
    /// Load average over a minute before the start.
    pub load_average: Option<f64>,
    /// The most memory that this process had at once during the trial, remains of earlier trials included; `null` if
    /// the system does not report it.
    #[serde(default)]
    pub memory_bytes_max: Option<u64>,
    /// Bytes of the largest token that a session carried at the end, as on the wire.
    pub token_bytes_max: u64,
    /// Syncs of the bare device in a second, one after another, measured before a trial with durable logs.
    #[serde(default)]
    pub bare_syncs_per_s: Option<f64>,
    /// A closed loop ran out of planned operations before the load ended.
    pub ran_out: bool,
    /// The counts of every branch.
    pub branches: Vec<BranchObserved>,
    /// Every time that a process of a branch was started again.
    #[serde(default)]
    pub recoveries: Vec<RecoveryObserved>,
}

/// A branch that came back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryObserved {
    /// Its id.
    #[serde(with = "super::measures::id")]
    pub branch: BranchId,
    /// When it ran again, in seconds from the base.
    pub at_s: f64,
    /// From the start of its process until then, in milliseconds.
    pub took_ms: f64,
    /// Records that it read from its log.
    pub records: u64,
    /// How long reading and replaying them took, in milliseconds.
    pub replay_ms: f64,
}

/// The counts of one branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BranchObserved {
    /// Its id.
    #[serde(with = "super::measures::id")]
    pub branch: BranchId,
    /// Batches of writes that were handed to the network, dropped ones included.
    pub batches_sent: u64,
    /// Acks that were handed to the network, dropped ones included.
    pub acks_sent: u64,
    /// Bytes of both on the wire.
    pub peer_bytes: u64,
    /// Batches that were sent again to the same peer.
    pub batches_retransmitted: u64,
    /// Batches of other origins that were sent on.
    pub batches_relayed: u64,
    /// Received batches without a new write.
    pub batches_duplicated: u64,
    /// Writes that took an account below zero here.
    pub overdrafts: u64,
    /// Records of a durable log.
    #[serde(default)]
    pub log_records: u64,
    /// Syncs that made them durable.
    #[serde(default)]
    pub log_syncs: u64,
    /// Messages lost by bounds of the host, and not by the network's fates: any of them spoils the trial.
    pub lost_by_the_machine: u64,
}

impl BranchObserved {
    /// A branch that has counted nothing yet.
    pub fn nothing(branch: BranchId) -> BranchObserved {
        BranchObserved {
            branch,
            batches_sent: 0,
            acks_sent: 0,
            peer_bytes: 0,
            batches_retransmitted: 0,
            batches_relayed: 0,
            batches_duplicated: 0,
            overdrafts: 0,
            log_records: 0,
            log_syncs: 0,
            lost_by_the_machine: 0,
        }
    }
}
