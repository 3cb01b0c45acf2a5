//! One branch of a simulation: its core, its log, its processor, and its inbox.

use std::collections::VecDeque;

use super::calls::{Calls, SimCall};
use super::log::SimLog;
use crate::branch::{Branch, Counters, Input};
use crate::model::{BranchId, Origin, Request, Time, VersionVector};
use crate::results::BranchObserved;

/// A branch, up or down.
pub(super) struct SimBranch {
    pub id: BranchId,
    pub origin: Origin,
    /// `None` while it is down.
    pub core: Option<Branch>,
    /// Rises with each crash: events that are due for an earlier life are void.
    pub life: u32,
    /// Pauses that are on. While there is one, nothing is handled.
    pub pauses: u32,
    /// Messages that have arrived and are not yet handled, in order.
    pub inbox: VecDeque<SimMessage>,
    /// The message that the processor works at.
    pub serving: Option<SimMessage>,
    /// When the core's timeout is checked next.
    pub armed: Option<Time>,
    /// A branch that is down comes back without its log.
    pub loses_log: bool,
    /// A sync ended during a pause.
    pub sync_ended: bool,
    pub log: SimLog,
    /// The writes that the history has as visible here, if a crash may leave some that it has not.
    pub reported: Option<VersionVector>,
    pub calls: Calls,
    pub sent: Traffic,
    /// The counters of lives that have ended.
    pub counted: Counters,
}

/// A message that reaches a branch.
pub(super) enum SimMessage {
    Request {
        request: Request,
        /// The call to answer; none for a duplicate.
        call: Option<SimCall>,
    },
    Greeting(SimCall),
    /// From a peer, or of the streams to peers.
    Input(Input),
}

impl SimMessage {
    /// Whether the network brings it: all but reports on streams.
    pub fn is_carried(&self) -> bool {
        match self {
            SimMessage::Request { .. } | SimMessage::Greeting(_) => true,
            SimMessage::Input(input) => matches!(input, Input::Peer { .. }),
        }
    }
}

/// Messages to peers that were handed to the network, those that it drops included.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Traffic {
    pub runs: u64,
    pub acks: u64,
    /// As on the wire; a message that is dropped counts none.
    pub bytes: u64,
}

impl SimBranch {
    pub fn new(origin: Origin, core: Branch, log: SimLog) -> SimBranch {
        SimBranch {
            id: origin.branch,
            origin,
            core: Some(core),
            life: 0,
            pauses: 0,
            inbox: VecDeque::new(),
            serving: None,
            armed: None,
            loses_log: false,
            sync_ended: false,
            log,
            reported: None,
            calls: Calls::default(),
            sent: Traffic::default(),
            counted: Counters::default(),
        }
    }

    /// Whether something that arrives now has to wait.
    pub fn is_occupied(&self) -> bool {
        self.pauses > 0 || self.serving.is_some() || !self.inbox.is_empty()
    }

    /// The branch is gone, with what was not synced. Returns the messages that it had not handled.
    pub fn crash(&mut self, seed: u64) -> Vec<SimMessage> {
        if let Some(core) = self.core.take() {
            self.counted = self.counted + core.counters();
        }
        self.life += 1;
        self.armed = None;
        self.sync_ended = false;
        self.log.crash(seed);
        self.serving.take().into_iter().chain(self.inbox.drain(..)).collect()
    }

    /// The counters of all its lives.
    pub fn counters(&self) -> Counters {
        self.counted + self.core.as_ref().map(Branch::counters).unwrap_or_default()
    }

    pub fn observed(&self) -> BranchObserved {
        let counters = self.counters();
        BranchObserved {
            branch: self.id,
            batches_sent: self.sent.runs,
            acks_sent: self.sent.acks,
            peer_bytes: self.sent.bytes,
            batches_retransmitted: counters.batches_retransmitted,
            batches_relayed: counters.batches_relayed,
            batches_duplicated: counters.batches_duplicated,
            overdrafts: counters.overdrafts,
            log_records: 0,
            log_syncs: 0,
            lost_by_the_machine: 0,
        }
    }
}
