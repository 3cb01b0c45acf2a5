//! The records of a branch's log.

use serde::{Deserialize, Serialize};

use super::{AccountId, Dot, Refusal, RequestId, SessionId, VersionVector, Write};

/// One entry of a branch's log. It counts only once it is synced.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Record {
    /// A write accepted here or received from a peer.
    Write(Write),
    /// A write that was refused for good; the same request gets the same answer.
    Refused {
        /// The request that was refused.
        request: RequestId,
        /// Why it was.
        refusal: Refusal,
    },
    /// Sessions were dropped from the client table: their writes are refused from here on.
    Forgotten {
        /// The latest opened of them.
        up_to: SessionId,
    },
    /// The branch began without state. Until a later record, it does not know whether the cluster knew it.
    Joining,
    /// All peers reported that they knew no earlier incarnation: the branch serves.
    Joined,
    /// A peer's state was installed. It replaces the balances of the records before this one; writes among them that it
    /// lacks come on top of it. A branch that was joining serves.
    Snapshot(Snapshot),
    /// The sum of all records before it, which are no longer needed.
    Checkpoint(Checkpoint),
}

/// The state of a branch at one vector, as a peer takes it over.
///
/// Answers to requests are not part of it. A retry names the incarnation that it was sent to, and another one refuses
/// it, so a branch that takes the state over has none to recognise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// The writes that it includes.
    pub applied: VersionVector,
    /// Balances in minor units, in order of account, of those that differ from the initial ones.
    pub balances: Vec<(AccountId, i128)>,
    /// Those of its writes that some branch may still lack, in order of their dots: a branch that takes the state over
    /// can bring them in the donor's stead.
    pub kept: Vec<Write>,
}

/// The sum of a branch's synced records, with which a log can begin in their place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Balances and writes as of the last synced record, with every write that is kept.
    pub state: Snapshot,
    /// The last write that each session executed, and its answer. `None` means a write before one that was not
    /// yet synced: its answer has been given, and it must not be executed again.
    pub answers: Vec<(RequestId, Option<Result<Dot, Refusal>>)>,
    /// Sessions up to this one were forgotten.
    pub forgotten: Option<SessionId>,
    /// The branch once took over a peer's state.
    pub took_state_over: bool,
    /// It did so because an earlier life of it left none.
    pub lost_state: bool,
}
