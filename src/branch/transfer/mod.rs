//! State transfer: a branch takes over the state of a peer when no peer can bring the writes that it lacks.
//!
//! A branch that lost its state joins with a snapshot, and does not serve before. A branch with state takes one when it
//! has lacked writes for longer than any helper takes: the others have trimmed them, since it was too far behind or
//! since no peer knew that it would come back as it is. It asks one peer at a time, its *donor*. When all pieces of one
//! vector are here, the whole goes into the log as one record, and takes effect as a whole once that is synced.
//!
//! **Nothing falls.** From the moment that a snapshot is wanted until it is installed, nothing is trimmed, so that
//! every write that is applied here and that the snapshot lacks is at hand, and is applied on top of it. A snapshot for
//! which that would not hold is not taken.
//!
//! **Who keeps what.** With the state come the writes that the donor keeps for others. So the branch that takes it over
//! can help them just as the donor can, and a write that some branch lacks is kept by every branch that has it, as
//! before.
//!
//! | file | what |
//! |---|---|
//! | `snapshots` | the steps: standing, donors, requests and pieces, the watch for help |
//! | `incoming_snapshot` | the pieces of a snapshot that this branch receives |
//! | `outgoing_snapshots` | the states that are frozen for peers |

mod incoming_snapshot;
mod outgoing_snapshots;
mod snapshots;

use std::collections::{BTreeMap, BTreeSet};

use super::Config;
use crate::model::{BranchId, NotServing, Origin, RequestError, Time};
use incoming_snapshot::IncomingSnapshot;
use outgoing_snapshots::OutgoingSnapshots;
pub use snapshots::TransferHandler;

/// Whether this branch serves, and the states that it receives and gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct StateTransfer {
    pub serving: Serving,
    incoming: Option<IncomingSnapshot>,
    /// Transfers begun so far: the number of the last.
    begun: u64,
    /// Whether a snapshot is in the log and not yet synced.
    installing: bool,
    /// The cluster may know earlier incarnations: a peer's state replaces theirs.
    pub took_state_over: bool,
    /// An earlier life of this branch lost its state, as far as it knows.
    pub lost_state: bool,
    outgoing: OutgoingSnapshots,
    watch: Option<LagWatch>,
    /// Requests for pieces that each peer was sent so far: the number of the last.
    requests: BTreeMap<BranchId, u64>,
    /// Pieces that each peer was given so far: the number of the last.
    chunks: BTreeMap<BranchId, u64>,
}

/// Whether this branch serves customers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Serving {
    Yes,
    /// Some peers have not yet said whether they knew an earlier incarnation, however often they were asked.
    Joining {
        unheard: BTreeSet<BranchId>,
        /// Probes sent so far: the copy number of the last.
        asked: u32,
        /// Whether the log says so.
        noted: bool,
    },
    /// Peers knew an earlier incarnation: one of them has to bring its state.
    Installing,
    Stopping,
}

/// Origins of which a peer has more than this branch, and how far this branch was when the watch began.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct LagWatch {
    due: Time,
    lacking: BTreeMap<Origin, u64>,
}

impl StateTransfer {
    pub fn new(serving: Serving) -> StateTransfer {
        StateTransfer {
            serving,
            incoming: None,
            begun: 0,
            installing: false,
            took_state_over: false,
            lost_state: false,
            outgoing: OutgoingSnapshots::default(),
            watch: None,
            requests: BTreeMap::new(),
            chunks: BTreeMap::new(),
        }
    }

    /// When a piece, a donor or the watch for help is due.
    pub fn next_timeout(&self) -> Option<Time> {
        let incoming = self.incoming.as_ref().and_then(|incoming| incoming.due);
        incoming.into_iter().chain(self.watch.as_ref().map(|watch| watch.due)).min()
    }

    /// Why no customer is served, if so. `peers` is how many there are.
    pub fn check_serving(&self, peers: usize) -> Result<(), RequestError> {
        match &self.serving {
            Serving::Yes => Ok(()),
            Serving::Joining { .. } => Err(RequestError::NotServing { reason: NotServing::Joining }),
            // While all peers answer that they are joining themselves, none has the state.
            Serving::Installing => {
                let joining = self.incoming.as_ref().map_or(0, |incoming| incoming.joining.len());
                let reason = if joining < peers { NotServing::Joining } else { NotServing::StateLost };
                Err(RequestError::NotServing { reason })
            }
            Serving::Stopping => Err(RequestError::ShuttingDown),
        }
    }

    /// Whether the branch asks its peers whether they knew an earlier incarnation.
    pub fn is_joining(&self) -> bool {
        matches!(self.serving, Serving::Joining { .. })
    }

    /// Whether writes must stay: a snapshot that is on its way may lack them.
    pub fn pins_writes(&self) -> bool {
        self.incoming.is_some() || self.installing
    }

    /// A snapshot took the place of the state: a branch that joined serves.
    pub fn installed(&mut self) {
        self.installing = false;
        self.took_state_over = true;
        if matches!(self.serving, Serving::Joining { .. } | Serving::Installing) {
            self.serving = Serving::Yes;
            self.lost_state = true;
        }
    }

    /// Whether the log has yet to say that the branch is joining; from now on it says so.
    pub fn note_joining(&mut self) -> bool {
        match &mut self.serving {
            Serving::Joining { noted, .. } => !std::mem::replace(noted, true),
            Serving::Yes | Serving::Installing | Serving::Stopping => false,
        }
    }

    /// The copy number of a probe to a peer that has yet to say whether it knew an earlier incarnation.
    fn next_probe(&mut self, peer: BranchId) -> Option<u32> {
        let Serving::Joining { unheard, asked, .. } = &mut self.serving else { return None };
        *asked += u32::from(unheard.contains(&peer));
        unheard.contains(&peer).then_some(*asked)
    }
}

/// Counts one more message to a peer; returns its number.
fn next_number(sent: &mut BTreeMap<BranchId, u64>, to: BranchId) -> u64 {
    let number = sent.entry(to).or_default();
    *number += 1;
    *number
}

impl Serving {
    /// All peers have yet to say whether they knew an earlier incarnation. Without peers the branch serves.
    pub fn joining(config: &Config, noted: bool) -> Serving {
        let unheard: BTreeSet<BranchId> = config.peers().collect();
        if unheard.is_empty() { Serving::Yes } else { Serving::Joining { unheard, asked: 0, noted } }
    }
}
