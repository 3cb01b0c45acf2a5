//! What goes into a session and what comes out.

use crate::model::{BranchId, Greeting, Operation, Reply, Request, RequestId};

use super::Completion;

/// What happened, as the driver of a session tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionInput {
    /// The customer asks for an operation at a branch; only when none is in flight.
    Begin { branch: BranchId, operation: Operation },
    /// What became of an [`Output::Greet`].
    Greeted { request: RequestId, attempt: u32, greeting: Result<Greeting, Lost> },
    /// What became of an [`Output::Send`]. One attempt may be answered several times, or never.
    Replied { request: RequestId, attempt: u32, reply: Result<Reply, Lost> },
    /// The time of [`Session::next_timeout`](super::Session::next_timeout) has come. Too early is harmless.
    Timeout,
}

/// What the driver is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Ask the branch which incarnation it is.
    Greet { request: RequestId, branch: BranchId, attempt: u32 },
    /// Send the request to the branch that it names.
    Send { attempt: u32, request: Request },
    /// The operation is over. Attempts without an answer may be cancelled; their answers are ignored.
    Completed(Completion),
}

/// The transport reports that no answer to this attempt will come: refused, reset, cancelled. It does not say
/// whether the branch received it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call failed without an answer")]
pub struct Lost;
