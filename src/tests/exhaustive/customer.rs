//! A session with its script, and what it may expect to see.

use readback::model::{BranchId, Dot, Operation, SessionId, Time};
use readback::session::{Policy, Session};

/// One operation of a script, at one of some branches.
#[derive(Debug, Clone)]
pub struct Step {
    pub operation: Operation,
    /// Of a write: its position among all.
    pub position: Option<usize>,
    pub at: Vec<BranchId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Customer {
    pub session: Session,
    pub now: Time,
    /// Steps of the script that were begun.
    pub begun: usize,
    /// Writes that ended `ok`, by position and name.
    pub acknowledged: Vec<(usize, Dot)>,
    /// Writes that ended `info`.
    pub unknown: usize,
    /// How often the latest read included each write.
    pub seen: Vec<u8>,
}

impl Customer {
    pub fn new(number: usize, policy: Policy) -> Customer {
        let id = SessionId { opened_at: number as u64 + 1, nonce: 0 };
        Customer {
            session: Session::new(id, Time(0), policy, number as u64),
            now: Time(0),
            begun: 0,
            acknowledged: Vec::new(),
            unknown: 0,
            seen: Vec::new(),
        }
    }

    pub fn is_busy(&self) -> bool {
        self.session.in_flight().is_some()
    }
}
