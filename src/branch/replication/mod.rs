//! Replication: what this branch knows of its peers, and what it sends to each and when.
//!
//! | file | what |
//! |---|---|
//! | `fast_path` | this branch's own writes to every peer, and acks of the writes that peers bring |
//! | `repair` | anti-entropy: vectors on the heartbeat, help for peers that lack writes, trimming |
//! | `dirty_peers` | which peers an input may have affected, and when each sender is due |
//! | `peer` | what is known of one peer |
//! | `sender`, `rtt` | runs on the way to one peer: window, losses, round trips, timeouts |
//! | `relays` | other origins' writes that one peer lacks |

mod dirty_peers;
mod fast_path;
mod peer;
mod relays;
mod repair;
mod rtt;
mod sender;

use std::collections::{BTreeMap, BTreeSet};

use super::bank::Bank;
use super::store::Store;
use super::transfer::StateTransfer;
use super::{Config, Counters, Outbox, PeerBody, PeerMessage};
use crate::model::{BranchId, Incarnation, Origin, Time};
use dirty_peers::DirtyPeers;
pub use peer::{Peer, Speaker};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Replication {
    pub peers: BTreeMap<BranchId, Peer>,
    /// The peers to whom this branch's stream is open, in the order in which the streams were opened.
    pub connected: Vec<BranchId>,
    dirty: DirtyPeers,
    /// Peers whose last run is to be acknowledged.
    due: Vec<BranchId>,
    /// Every member, in order of ids.
    ranks: Vec<BranchId>,
    /// The place of this branch in `ranks`.
    place: usize,
    /// Peers to whom this branch brings other origins' writes.
    helping: BTreeSet<BranchId>,
    heartbeat_at: Option<Time>,
}

/// A step of replication: it may change what is known of peers and the store, and only reads whether the branch serves.
pub struct ReplicationHandler<'a> {
    pub now: Time,
    pub config: &'a Config,
    pub replication: &'a mut Replication,
    pub store: &'a mut Store,
    pub transfer: &'a StateTransfer,
    /// Only a mutant reads it.
    pub bank: &'a Bank,
    pub counters: &'a mut Counters,
    pub outbox: &'a mut Outbox,
}

impl Replication {
    pub fn new(config: &Config) -> Replication {
        Replication {
            peers: config.peers().map(|peer| (peer, Peer::new(config))).collect(),
            connected: Vec::new(),
            dirty: DirtyPeers::default(),
            due: Vec::new(),
            ranks: config.members.iter().copied().collect(),
            place: config.members.range(..config.branch).count(),
            helping: BTreeSet::new(),
            heartbeat_at: None,
        }
    }

    /// When a sender or the heartbeat is due.
    pub fn next_timeout(&self) -> Option<Time> {
        self.dirty.next_timeout().into_iter().chain(self.heartbeat_at).min()
    }

    /// Sends a message to a peer, if the stream to it is open.
    pub fn send(&self, to: BranchId, own: Origin, body: PeerBody, outbox: &mut Outbox) {
        if self.peers.get(&to).is_some_and(|peer| peer.connected) {
            outbox.messages.push((to, PeerMessage { sender: own.incarnation, body }));
        }
    }

    /// Whether a message of `from` is to be listened to, which comes from this incarnation of it.
    pub fn hear(&mut self, now: Time, from: BranchId, sender: Incarnation, config: &Config) -> Speaker {
        let peer = self.peers.get_mut(&from);
        let speaker = peer.map_or(Speaker::Ended, |peer| peer.hear(now, sender, &config.timing));
        self.note_help(from);
        self.dirty.peer(from);
        speaker
    }

    /// The first incarnation of a branch whose writes this log holds is the first one that was known.
    pub fn remember_first_known(&mut self, origin: Origin) {
        if let Some(peer) = self.peers.get_mut(&origin.branch) {
            let known = origin.incarnation;
            peer.first_known = Some(peer.first_known.map_or(known, |first| first.min(known)));
        }
    }
}
