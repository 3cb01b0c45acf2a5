//! A branch at one moment, and what it has counted by then.

use super::sync_queue::LogTraffic;
use crate::branch::Counters;
use crate::model::{BranchId, VersionVector};
use crate::network::InjectionError;
use crate::results::BranchObserved;

/// Messages that were lost to bounds of this machine, not to the network's fates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    /// Messages to a peer whose queue was full.
    pub queue_full: u64,
    /// Messages beyond the bound of delayed ones.
    pub held_full: u64,
}

/// Messages to peers that were handed to the network, dropped ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerTraffic {
    /// Batches of writes, and chunks of snapshots.
    pub runs: u64,
    /// Acks, and requests for chunks.
    pub acks: u64,
    /// Bytes on the wire, without what gRPC and HTTP/2 add. A message that is dropped before the wire counts none.
    pub bytes: u64,
}

/// A branch at one moment, for operators and tests.
#[derive(Debug, Clone)]
pub struct BranchReport {
    /// The writes that are visible.
    pub applied: VersionVector,
    /// Requests that wait for writes.
    pub parked: usize,
    /// Writes that are kept for peers.
    pub retained: usize,
    /// Messages of customers and peers that have arrived and are not yet due.
    pub held: usize,
    /// Messages to peers.
    pub sent: PeerTraffic,
    /// What a durable log has taken.
    pub logged: LogTraffic,
    /// What the core has counted.
    pub counters: Counters,
    /// Messages that this machine lost.
    pub losses: Losses,
    /// The injection error of the legs that end here: requests, batches and acks.
    pub injection_error: InjectionError,
}

impl BranchReport {
    /// The part that results keep.
    pub(super) fn observed(&self, branch: BranchId) -> BranchObserved {
        let BranchReport { counters, losses, sent, logged, .. } = self;
        BranchObserved {
            branch,
            batches_sent: sent.runs,
            acks_sent: sent.acks,
            peer_bytes: sent.bytes,
            batches_retransmitted: counters.batches_retransmitted,
            batches_relayed: counters.batches_relayed,
            batches_duplicated: counters.batches_duplicated,
            overdrafts: counters.overdrafts,
            log_records: logged.records,
            log_syncs: logged.syncs,
            lost_by_the_machine: losses.queue_full + losses.held_full,
        }
    }
}
