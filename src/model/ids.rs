//! The names of branches, customers' sessions, accounts and accepted writes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One replica of every account. Ids come from the user (the course's files name any positive number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct BranchId(pub u32);

/// One account. Accounts are numbered from 0 and exist from the start; the course's shared account is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct AccountId(pub u64);

/// One life of a branch's state: from an empty or copied state until that state is lost.
///
/// Start time and a random number, so that no two are equal without any coordination. The order is the order of
/// start times, by which a peer distinguishes an ended incarnation from the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Incarnation {
    /// Nanoseconds since the Unix epoch at which the branch started without state.
    pub started_at: u64,
    /// Random, drawn once at that start.
    pub nonce: u64,
}

/// Who accepted a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The branch.
    pub branch: BranchId,
    /// Its incarnation at that time.
    pub incarnation: Incarnation,
}

/// The unique name of an accepted write: the `counter`-th of its origin, counted from 1 without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dot {
    /// Who accepted the write.
    pub origin: Origin,
    /// The number of the write among those of its origin, from 1.
    pub counter: u64,
}

/// One customer's ordered operations. The order is the order of opening, by which a branch forgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId {
    /// Nanoseconds since the Unix epoch at which the customer opened the session.
    pub opened_at: u64,
    /// Random, drawn by the customer.
    pub nonce: u64,
}

/// One operation of one session. Numbers rise, and at most one is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId {
    /// The session.
    pub session: SessionId,
    /// The number of the operation in its session, from 1.
    pub number: u64,
}

impl Origin {
    /// The name of this origin's `counter`-th write.
    pub fn dot(self, counter: u64) -> Dot {
        Dot { origin: self, counter }
    }
}

impl fmt::Display for BranchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}", self.started_at, self.nonce)
    }
}

/// `branch@incarnation`, as in `2@18f3.9c`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.branch, self.incarnation)
    }
}

/// `origin:counter`, as in `2@18f3.9c:17`.
impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.origin, self.counter)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}", self.opened_at, self.nonce)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.session, self.number)
    }
}
