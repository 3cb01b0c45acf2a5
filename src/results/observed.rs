//! What a history cannot tell.

use serde::{Deserialize, Serialize};

use crate::model::BranchId;

/// What the substrate saw while it ran a trial. Figures are from the start of the load to the end of the drain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// How long it took, start and stop of the cluster included.
    pub wall_s: f64,
    /// Processor time of this process during the load: branches, customers and recorder.
    pub cpu_s: f64,
    /// Share of the machine's processor time that others used during the load, from 0 to 1; `null` if the system does
    /// not tell.
    pub others_cpu_share: Option<f64>,
    /// Load average over a minute before the start.
    pub load_average: Option<f64>,
    /// The most memory that this process had at once during the trial, what others before it left included; `null` if
    /// the system does not tell.
    #[serde(default)]
    pub memory_bytes_max: Option<u64>,
    /// Bytes of the largest token that a session carried at the end, as on the wire.
    pub token_bytes_max: u64,
    /// Syncs of the bare device in a second, one after another, measured before a trial with durable logs.
    #[serde(default)]
    pub bare_syncs_per_s: Option<f64>,
    /// A closed loop ran out of planned operations before the load ended.
    pub ran_out: bool,
    pub branches: Vec<BranchObserved>,
    /// Every time that a process of a branch was started again.
    #[serde(default)]
    pub recoveries: Vec<RecoveryObserved>,
}

/// A branch that came back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryObserved {
    #[serde(with = "super::measures::id")]
    pub branch: BranchId,
    /// When it ran again, in seconds from the base.
    pub at_s: f64,
    /// From the start of its process until then, in milliseconds.
    pub took_ms: f64,
    /// Records that it read from its log, and what reading and replaying them took.
    pub records: u64,
    pub replay_ms: f64,
}

/// What one branch counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BranchObserved {
    #[serde(with = "super::measures::id")]
    pub branch: BranchId,
    /// Messages to peers that were handed to the network, dropped ones included, and their bytes on the wire.
    pub runs_sent: u64,
    pub acks_sent: u64,
    pub peer_bytes: u64,
    pub retransmitted_runs: u64,
    pub relayed_runs: u64,
    pub duplicate_runs: u64,
    /// Writes that took an account below zero here.
    pub overdrafts: u64,
    /// Records of a durable log, and the syncs that made them so.
    #[serde(default)]
    pub log_records: u64,
    #[serde(default)]
    pub log_syncs: u64,
    /// Messages that bounds of the machine lost, not the network's fates: anything above 0 spoils the trial.
    pub lost_by_the_machine: u64,
}
