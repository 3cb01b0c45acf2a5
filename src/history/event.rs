//! Events: the lines of a history.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smallvec::SmallVec;

use crate::model::{AccountId, BranchId, Guarantees, Incarnation, Origin, SessionId, Strategy, Time};

use super::complete::Complete;
use super::operation::{Invoke, Refused};
use super::{OriginIndex, SessionIndex, Witness, json};

/// Something that happened in a trial. `C` is a completion as its reader sees it, with the full witness; in a file it
/// is a form that has only what changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "e", rename_all = "snake_case")]
pub enum Event<C = Complete> {
    /// The first line: what was run.
    Header(Header),
    /// An origin gets its index.
    Origin(OriginNamed),
    /// A session gets its index.
    Session(SessionOpened),
    /// A session begins an operation.
    Invoke(Invoke),
    /// A session's operation ends.
    Complete(C),
    /// A branch applies writes.
    Apply(Apply),
    /// A branch sends writes to a peer.
    Sent(Sent),
    /// A fault begins or ends.
    Fault(FaultEvent),
    /// The trial reaches a milestone.
    Phase(PhaseEvent),
    /// The state of a branch at the end.
    Final(Final),
    /// An arrival is never begun.
    Refused(Refused),
    /// A remark for readers.
    Note(Note),
    /// The last line.
    End(HistoryEnd),
}

/// What was run: enough to judge the history without any other file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the format: [`VERSION`](super::VERSION) in every history that this program writes.
    pub version: u32,
    /// The trial's id, as readable as its experiment made it.
    pub trial: String,
    /// The trial's own seed.
    #[serde(with = "json")]
    pub seed: u64,
    /// What the cluster ran on.
    pub substrate: Substrate,
    /// Every branch of the cluster, in order of ids.
    pub branches: Vec<Member>,
    /// What accounts hold at the start.
    pub accounts: InitialBalances,
    /// How guarantees are kept.
    pub strategy: Strategy,
    /// Which guarantees sessions ask for.
    #[serde(with = "json")]
    pub guarantees: Guarantees,
    /// The longest that an operation may take until its session gives it up, by the session's own timers.
    #[serde(with = "json", default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<Duration>,
    /// The plan, in any form. Nothing here reads it.
    pub plan: Value,
}

/// What the cluster ran on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Substrate {
    /// gRPC and real time.
    Live,
    /// Virtual time.
    Sim,
}

impl fmt::Display for Substrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Substrate::Live => "live",
            Substrate::Sim => "sim",
        })
    }
}

/// One branch of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its id.
    pub branch: BranchId,
    /// Where it is, if the plan has regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// The accounts, 0 to `count - 1`, and what they hold at the start, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialBalances {
    /// How many there are, numbered from 0.
    pub count: u64,
    /// The balance of every account that `except` does not name.
    #[serde(with = "json")]
    pub balance: i64,
    /// Pairs of account and balance, in order of accounts.
    #[serde(with = "json", default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<(u64, i64)>,
}

/// An origin gets the next index: a branch began a life without state. Its applied vector starts from nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginNamed {
    /// When.
    pub t: Time,
    /// The index, from 0 without gaps.
    #[serde(rename = "o")]
    pub index: OriginIndex,
    /// The branch whose life began.
    pub branch: BranchId,
    /// The name of that life.
    #[serde(with = "json")]
    pub incarnation: Incarnation,
}

/// A session gets the next index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionOpened {
    /// When.
    pub t: Time,
    /// The index, from 0 without gaps.
    #[serde(rename = "s")]
    pub index: SessionIndex,
    /// The session's own name.
    #[serde(with = "json")]
    pub id: SessionId,
    /// Where the customer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The session that this one goes on from, if the customer had to open another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Follows>,
}

/// A session's predecessor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follows {
    /// Its index.
    #[serde(rename = "s")]
    pub session: SessionIndex,
    /// Whether the new session is still owed what the old one had written and seen.
    pub token_kept: bool,
}

/// A branch applied a run of writes: they are visible there from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    /// When.
    pub t: Time,
    /// The branch that applied them.
    pub branch: BranchId,
    /// Who accepted the writes.
    #[serde(rename = "o")]
    pub origin: OriginIndex,
    /// Counter of the first.
    pub first: u64,
    /// Counter of the last, not below `first`.
    pub last: u64,
}

/// A branch sent a run of writes to a peer: one message of the replicate leg, and its fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// When.
    pub t: Time,
    /// The branch that sends.
    pub from: BranchId,
    /// The peer.
    pub to: BranchId,
    /// Who accepted the writes.
    #[serde(rename = "o")]
    pub origin: OriginIndex,
    /// Counter of the first.
    pub first: u64,
    /// Counter of the last, not below `first`.
    pub last: u64,
    /// How often it was sent to this peer before.
    pub copy: u32,
    /// The delays drawn for it, from the send time: none if it is dropped, several if it is duplicated.
    #[serde(with = "json")]
    pub delays: SmallVec<[Duration; 1]>,
}

/// A fault began or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultEvent {
    /// When.
    pub t: Time,
    /// Which window of the fault plan.
    pub fault: u32,
    /// Which side of the window.
    pub edge: Edge,
    /// A stable word, as in the plan: `partition`.
    pub kind: String,
    /// What it does to whom, for people.
    pub text: String,
    /// The branch whose process it strikes, if it strikes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<BranchId>,
    /// Whether that branch loses its log by it, and with it what no other branch has.
    #[serde(default, skip_serializing_if = "is_false")]
    pub loses_state: bool,
}

/// Which side of a fault's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// The fault begins.
    Begin,
    /// The fault ends.
    End,
}

/// The trial reached a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseEvent {
    /// When.
    pub t: Time,
    /// Which one.
    #[serde(rename = "phase")]
    pub reached: Milestone,
}

/// The milestones in the order in which they are reached; one may be skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// Operations begun from here on are measured.
    WarmUpOver,
    /// No operation begins from here on.
    LoadOver,
    /// Every fault has ended.
    Healed,
    /// All branches have applied all writes.
    Drained,
    /// The bound of the drain was reached before that.
    DrainBound,
}

/// A branch at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Final {
    /// When.
    pub t: Time,
    /// Which branch.
    pub branch: BranchId,
    /// The writes that it has applied.
    #[serde(with = "json")]
    pub applied: Witness,
    /// In minor units, in order of accounts. An account that is absent holds what it held at the start.
    #[serde(with = "json")]
    pub balances: Vec<(AccountId, i128)>,
}

/// A remark that a reader of the history should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// When.
    pub t: Time,
    /// The remark, for people.
    pub text: String,
}

/// The last line of a history that was recorded to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryEnd {
    /// When.
    pub t: Time,
    /// Number of lines, this one and the header included.
    pub lines: u64,
}

impl<C> Event<C> {
    /// The same event with another form of completion.
    pub(super) fn try_map<D, E>(self, complete: impl FnOnce(C) -> Result<D, E>) -> Result<Event<D>, E> {
        Ok(match self {
            Event::Header(header) => Event::Header(header),
            Event::Origin(origin) => Event::Origin(origin),
            Event::Session(session) => Event::Session(session),
            Event::Invoke(invoke) => Event::Invoke(invoke),
            Event::Complete(form) => Event::Complete(complete(form)?),
            Event::Apply(apply) => Event::Apply(apply),
            Event::Sent(sent) => Event::Sent(sent),
            Event::Fault(fault) => Event::Fault(fault),
            Event::Phase(phase) => Event::Phase(phase),
            Event::Final(at_end) => Event::Final(at_end),
            Event::Refused(refused) => Event::Refused(refused),
            Event::Note(note) => Event::Note(note),
            Event::End(end) => Event::End(end),
        })
    }
}

impl Event {
    /// When it happened, from the trial's base. The header has no time.
    pub fn t(&self) -> Option<Time> {
        Some(match self {
            Event::Header(_) => return None,
            Event::Origin(OriginNamed { t, .. })
            | Event::Session(SessionOpened { t, .. })
            | Event::Invoke(Invoke { t, .. })
            | Event::Complete(Complete { t, .. })
            | Event::Apply(Apply { t, .. })
            | Event::Sent(Sent { t, .. })
            | Event::Fault(FaultEvent { t, .. })
            | Event::Phase(PhaseEvent { t, .. })
            | Event::Final(Final { t, .. })
            | Event::Refused(Refused { t, .. })
            | Event::Note(Note { t, .. })
            | Event::End(HistoryEnd { t, .. }) => *t,
        })
    }
}

impl OriginNamed {
    /// Names `origin`, with the index that [`Origins::name`](super::Origins::name) gave it.
    pub fn new(t: Time, index: OriginIndex, origin: Origin) -> OriginNamed {
        OriginNamed { t, index, branch: origin.branch, incarnation: origin.incarnation }
    }

    /// The origin in full.
    pub fn origin(&self) -> Origin {
        Origin { branch: self.branch, incarnation: self.incarnation }
    }
}

impl InitialBalances {
    /// What `account` holds at the start, in minor units; `None` if there is no such account.
    pub fn initial(&self, account: AccountId) -> Option<i64> {
        let exception = self.except.binary_search_by_key(&account.0, |&(account, _)| account);
        let balance = exception.map_or(self.balance, |at| self.except[at].1);
        (account.0 < self.count).then_some(balance)
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}
