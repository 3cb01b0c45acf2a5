//! Which peers an input has stirred: the others are as they were, and nobody looks at them.

use std::collections::BTreeSet;

use super::Branch;
use crate::model::{BranchId, Time};

/// Peers to be looked at once the input is done, and the timeouts of all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct DirtyPeers {
    /// This branch's own writes have come further: everybody gets them.
    all: bool,
    peers: Vec<BranchId>,
    /// Of the senders to connected peers.
    timeouts: BTreeSet<(Time, BranchId)>,
}

impl DirtyPeers {
    pub fn peer(&mut self, peer: BranchId) {
        if !self.peers.contains(&peer) {
            self.peers.push(peer);
        }
    }

    pub fn all(&mut self) {
        self.all = true;
    }

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

impl Branch {
    /// The peers that were stirred, in the order in which they were connected.
    pub(super) fn take_stirred(&mut self) -> Vec<BranchId> {
        let peers = std::mem::take(&mut self.stirred.peers);
        match std::mem::take(&mut self.stirred.all) {
            true => self.connected.clone(),
            false => self.in_order(peers),
        }
    }

    /// The peers whose sender has something to do, in the order in which they were connected.
    pub(super) fn overdue_peers(&self, now: Time) -> Vec<BranchId> {
        let due = self.stirred.timeouts.iter().take_while(|&&(at, _)| at <= now);
        self.in_order(due.map(|&(_, peer)| peer).collect())
    }

    /// Those of `peers` to whom the stream stands, in the order in which it came to.
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
        self.stirred.rearm(id, before, next);
    }
}
