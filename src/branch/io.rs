//! What goes into a branch and what comes out.

use std::time::Duration;

use super::PeerMessage;
use crate::model::{Answer, BranchId, Dot, Record, Reply, Request, RequestError, WriteRange};

/// Names one call of a customer until it is answered; the caller of [`Branch::handle`](super::Branch::handle) chooses
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// An event that a branch takes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A customer's request arrives.
    Request {
        /// The name under which the reply goes out.
        call: CallId,
        /// The customer's request.
        request: Request,
    },
    /// A peer's message arrives.
    Peer {
        /// The peer that sent it.
        from: BranchId,
        /// The message.
        message: PeerMessage,
    },
    /// A new stream from this branch to the peer is open.
    Connected {
        /// The peer at its other end.
        peer: BranchId,
    },
    /// The stream from this branch to the peer broke.
    Disconnected {
        /// The peer at its other end.
        peer: BranchId,
    },
    /// Records are synced.
    Synced {
        /// All records up to this position are; the first record of this life has position 1.
        position: u64,
    },
    /// The disk has no room for what was appended last, or has room again. Meanwhile customers' writes are refused;
    /// writes that were taken before, and those that peers send, wait for the disk.
    DiskFull(bool),
    /// [`Branch::next_timeout`](super::Branch::next_timeout) has come.
    Timeout,
    /// No more customers: everything parked is answered, and every later request is refused.
    ShutDown,
}

/// The outputs of a branch. The caller empties it.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Replies to customers' calls.
    pub replies: Vec<(CallId, Reply)>,
    /// Messages to peers, in this order.
    pub messages: Vec<(BranchId, PeerMessage)>,
    /// Records to append to the log, in this order.
    pub records: Vec<Record>,
    /// Writes that became visible, in this order, before any reply or message here was made: one by one, or all at
    /// once with a snapshot.
    pub applied: Vec<WriteRange>,
}

/// Where a branch's state comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The cluster is new, as the operator says: the branch serves at once.
    NewCluster,
    /// The branch has no state. It serves once every peer has said that it knows no earlier incarnation of it, or
    /// else once it has taken over a peer's state.
    Unknown,
    /// The synced records of this incarnation's log, in order. A log without any says no more than
    /// [`Start::Unknown`].
    Recovered(Vec<Record>),
}

impl Outbox {
    /// Replies to a request's call and to those of its copies.
    pub(super) fn reply(
        &mut self,
        calls: &[CallId],
        outcome: Result<Answer, RequestError>,
        parked_for: Duration,
    ) {
        for &call in calls {
            self.replies.push((call, Reply { outcome: outcome.clone(), parked_for }));
        }
    }

    /// Reports that a write became visible.
    pub(super) fn report_applied(&mut self, dot: Dot) {
        match self.applied.last_mut() {
            Some(run) if run.origin == dot.origin && run.last + 1 == dot.counter => run.last = dot.counter,
            Some(_) | None => {
                let Dot { origin, counter } = dot;
                self.applied.push(WriteRange { origin, first: counter, last: counter });
            }
        }
    }
}
