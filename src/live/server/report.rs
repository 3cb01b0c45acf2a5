//! A branch at one moment, and what it has counted by then.

use super::syncer::LogTraffic;
use crate::branch::Counters;
use crate::model::{BranchId, VersionVector};
use crate::network::InjectionError;
use crate::results::BranchObserved;

/// Messages that bounds of this machine lost, not the network's fates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// The queue to a peer was full.
    pub queue_full: u64,
    /// Too many delayed messages.
    pub held_full: u64,
}

/// Messages to peers that were handed to the network, those that it drops included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerTraffic {
    /// And pieces of snapshots.
    pub runs: u64,
    /// And asks for pieces.
    pub acks: u64,
    /// As on the wire, without what gRPC and HTTP/2 add. A message that is dropped before the wire counts none.
    pub bytes: u64,
}

/// A branch at one moment, for operators and tests.
#[derive(Debug, Clone)]
pub struct BranchReport {
    pub applied: VersionVector,
    pub parked: usize,
    pub retained: usize,
    /// Messages of customers and peers that have arrived and are not yet due.
    pub held: usize,
    pub sent: PeerTraffic,
    /// Of a durable log.
    pub logged: LogTraffic,
    pub counters: Counters,
    pub losses: Losses,
    /// Of the legs that end here: requests, runs and acks.
    pub fidelity: InjectionError,
}

impl BranchReport {
    /// What results keep of it.
    pub(in crate::live) fn observed(&self, branch: BranchId) -> BranchObserved {
        let BranchReport { counters, losses, sent, logged, .. } = self;
        BranchObserved {
            branch,
            runs_sent: sent.runs,
            acks_sent: sent.acks,
            peer_bytes: sent.bytes,
            retransmitted_runs: counters.retransmitted_runs,
            relayed_runs: counters.relayed_runs,
            duplicate_runs: counters.duplicate_runs,
            overdrafts: counters.overdrafts,
            log_records: logged.records,
            log_syncs: logged.syncs,
            lost_by_the_machine: losses.queue_full + losses.held_full,
        }
    }
}
