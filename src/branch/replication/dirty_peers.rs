//! Peers that the current input may have affected. Only these are visited afterwards.

use std::collections::BTreeSet;

use super::Replication;
use crate::model::{BranchId, Time};

/// Peers to visit once the input is done, and the timeouts of all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct DirtyPeers {
    /// This branch's own writes have come further: every peer gets them.
    all: bool,
    peers: Vec<BranchId>,
    /// When the senders to connected peers are due.
    timeouts: BTreeSet<(Time, BranchId)>,
}

impl DirtyPeers {
    /// Marks one peer.
    pub fn peer(&mut self, peer: BranchId) {
        if !self.peers.contains(&peer) {
            self.peers.push(peer);
        }
    }

    /// Marks every peer.
    pub fn all(&mut self) {
        self.all = true;
    }

    /// When the first sender is due.
    pub fn next_timeout(&self) -> Option<Time> {
        self.timeouts.first().map(|&(at, _)| at)
    }

    /// A sender's timeout is another one now.
    fn rearm(&mut self, peer: BranchId, before: Option<Time>, now: Option<Time>) {
        if before != now {
            if let Some(before) = before {
                self.timeouts.remove(&(before, peer));
            }
            self.timeouts.extend(now.map(|at| (at, peer)));
        }
    }
}

impl Replication {
    /// Takes out the peers to visit, in the order in which they were connected.
    pub(super) fn take_dirty(&mut self) -> Vec<BranchId> {
        let peers = std::mem::take(&mut self.dirty.peers);
        match std::mem::take(&mut self.dirty.all) {
            true => self.connected.clone(),
            false => self.in_order(peers),
        }
    }

    /// The peers whose sender is due, in the order in which they were connected.
    pub(super) fn overdue_peers(&self, now: Time) -> Vec<BranchId> {
        let due = self.dirty.timeouts.iter().take_while(|&&(at, _)| at <= now);
        self.in_order(due.map(|&(_, peer)| peer).collect())
    }

    /// Those of `peers` that are connected, in the order in which they were.
    pub(super) fn in_order(&self, mut peers: Vec<BranchId>) -> Vec<BranchId> {
        peers.retain(|id| self.peers.get(id).is_some_and(|peer| peer.connected));
        if peers.len() > 1 {
            peers.sort_by_key(|id| self.connected.iter().position(|other| other == id));
        }
        peers
    }

    /// Notes the timeout of the sender to a peer, after anything that may have changed it.
    pub(super) fn rearm(&mut self, id: BranchId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let next = peer.sender.next_timeout().filter(|_| peer.connected);
        let before = std::mem::replace(&mut peer.armed, next);
        self.dirty.rearm(id, before, next);
    }
}
