//! What is wrong with a history, and where.

use std::fmt;

use crate::model::{BranchId, Origin, Time};

use super::{Milestone, OriginIndex, SessionIndex, ShortDot};

/// One thing that no recording of a trial can contain, whatever the cluster did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line of the file, from 1.
    pub line: u64,
    pub(super) what: Malformed,
}

/// A kind of damage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the history does not begin with its header")]
    HeaderMissing,
    #[error("a second header")]
    HeaderAgain,
    #[error("the time falls from {from} to {to}")]
    TimeFalls { from: Time, to: Time },
    #[error("branch {branch} is not in the header")]
    BranchUnknown { branch: BranchId },
    #[error("origin {origin} was not named before")]
    OriginUnknown { origin: OriginIndex },
    #[error("session {session} was not opened before")]
    SessionUnknown { session: SessionIndex },
    #[error("origin {found} is named where {expected} is the next")]
    OriginIndex { expected: usize, found: OriginIndex },
    #[error("origin {origin} has a name already")]
    OriginAgain { origin: Origin },
    #[error("session {found} is opened where {expected} is the next")]
    SessionIndex { expected: usize, found: SessionIndex },
    #[error("session {session} begins operation {number} while {open}, begun in line {since}, has not ended")]
    InvokedWhileOpen { session: SessionIndex, number: u64, open: u64, since: u64 },
    #[error("session {session} begins operation {found} where {expected} is the next")]
    NumberSkipped { session: SessionIndex, expected: u64, found: u64 },
    #[error("operation {number} of session {session} ends, and was not begun or has ended already")]
    NotInvoked { session: SessionIndex, number: u64 },
    #[error("operation {found} of session {session} ends while {open}, begun in line {since}, is in flight")]
    CompletedOther { session: SessionIndex, open: u64, since: u64, found: u64 },
    #[error(
        "operation {number} of session {session} is a write and ends with a balance, or a read with a dot"
    )]
    OtherAnswer { session: SessionIndex, number: u64 },
    #[error(
        "the witness of session {session} counts less than nothing of origin {origin}, or too much; \
         a line before is changed or missing"
    )]
    WitnessSpoiled { session: SessionIndex, origin: OriginIndex },
    #[error("the branch answered at {answered}, outside of the operation's {invoked} to {completed}")]
    AnsweredOutside { answered: Time, invoked: Time, completed: Time },
    #[error("operation {number} of session {session} is named {dot}, and counters begin with 1")]
    NoDot { session: SessionIndex, number: u64, dot: ShortDot },
    #[error("writes {first} to {last} are no run")]
    RunEmpty { first: u64, last: u64 },
    #[error("branch {branch} applies writes of origin {origin} from {first} on where {expected} is the next")]
    ApplyGap { branch: BranchId, origin: OriginIndex, expected: u64, first: u64 },
    #[error(
        "branch {branch} applies writes of origin {origin} from {first} on again; {expected} is the next"
    )]
    ApplyAgain { branch: BranchId, origin: OriginIndex, expected: u64, first: u64 },
    #[error("a second final state of branch {branch}")]
    FinalAgain { branch: BranchId },
    #[error(
        "the final state of branch {branch} has {found} writes of origin {origin}, and it applied {applied}"
    )]
    FinalDiffers { branch: BranchId, origin: OriginIndex, found: u64, applied: u64 },
    #[error("{found:?} is reached after {after:?}")]
    PhaseOrder { after: Milestone, found: Milestone },
    #[error("fault {fault} begins twice, or ends without having begun")]
    FaultOrder { fault: u32 },
    #[error("{found:?} is reached while fault {fault} has not ended")]
    FaultOpen { found: Milestone, fault: u32 },
    #[error("fault {fault} begins after everything has healed")]
    FaultAfterHealed { fault: u32 },
    #[error("{found:?} is reached, there were faults, and `healed` is missing before it")]
    NotHealed { found: Milestone },
    #[error("the history ends without its end")]
    EndMissing,
    #[error("something follows the end")]
    AfterEnd,
    #[error("this is line {found}, and the end has {expected} lines: some are missing or were added")]
    LinesDiffer { expected: u64, found: u64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}
