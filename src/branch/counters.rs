//! What a branch counts, for its operators.

use std::ops::Add;

/// Counts since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Counters {
    /// Writes of any origin that took an account of this branch below zero.
    pub overdrafts: u64,
    /// Requests that were parked.
    pub parked: u64,
    /// Runs of own writes sent again, probes included.
    pub batches_retransmitted: u64,
    /// Runs of other origins' writes sent to a peer that lacked them.
    pub batches_relayed: u64,
    /// Runs received that held nothing new.
    pub batches_duplicated: u64,
    /// Writes given up because too many of their origin came early.
    pub early_given_up: u64,
    /// Messages of ended incarnations, or of branches and origins outside the cluster.
    pub ignored_messages: u64,
    /// Sessions forgotten because the client table was full.
    pub forgotten_sessions: u64,
    /// Copies of a request that joined it while it waited.
    pub joined: u64,
    /// Retries of a write that had been executed or refused: answered from the client table.
    pub recalled: u64,
    /// Requests refused because as many were parked as may be.
    pub parked_full: u64,
    /// Copies refused because as many waited as may.
    pub copies_full: u64,
    /// Writes refused because the log held as many as it may.
    pub log_full: u64,
    /// Writes refused because the disk was full.
    pub disk_full: u64,
    /// Snapshots of peers that took the place of the state here.
    pub installed_snapshots: u64,
    /// Donors that were asked for a snapshot and did not bring it to its end.
    pub broken_transfers: u64,
}

/// Sums the counts of two lives, or of two branches.
impl Add for Counters {
    type Output = Counters;

    fn add(self, other: Counters) -> Counters {
        Counters {
            overdrafts: self.overdrafts + other.overdrafts,
            parked: self.parked + other.parked,
            batches_retransmitted: self.batches_retransmitted + other.batches_retransmitted,
            batches_relayed: self.batches_relayed + other.batches_relayed,
            batches_duplicated: self.batches_duplicated + other.batches_duplicated,
            early_given_up: self.early_given_up + other.early_given_up,
            ignored_messages: self.ignored_messages + other.ignored_messages,
            forgotten_sessions: self.forgotten_sessions + other.forgotten_sessions,
            joined: self.joined + other.joined,
            recalled: self.recalled + other.recalled,
            parked_full: self.parked_full + other.parked_full,
            copies_full: self.copies_full + other.copies_full,
            log_full: self.log_full + other.log_full,
            disk_full: self.disk_full + other.disk_full,
            installed_snapshots: self.installed_snapshots + other.installed_snapshots,
            broken_transfers: self.broken_transfers + other.broken_transfers,
        }
    }
}
