//! What goes into a session and what comes out.

use crate::model::{BranchId, Greeting, Operation, Reply, Request, RequestId};

use super::Completion;

/// An event, as the driver of a session reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionInput {
    /// The customer asks for an operation at a branch; only when none is in flight.
    Begin {
        /// The branch to ask.
        branch: BranchId,
        /// The operation.
        operation: Operation,
    },
    /// The result of an [`Output::Greet`].
    Greeted {
        /// The operation for which the branch was greeted.
        request: RequestId,
        /// The number of the attempt.
        attempt: u32,
        /// The branch's answer, if one came.
        greeting: Result<Greeting, Lost>,
    },
    /// The result of an [`Output::Send`]. One attempt may be answered several times, or never.
    Replied {
        /// The operation.
        request: RequestId,
        /// The number of the attempt.
        attempt: u32,
        /// The branch's answer, if one came.
        reply: Result<Reply, Lost>,
    },
    /// The time of [`Session::next_timeout`](super::Session::next_timeout) has come. Too early is harmless.
    Timeout,
}

/// A task for the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Ask the branch which incarnation it is.
    Greet {
        /// The operation for which it is asked.
        request: RequestId,
        /// The branch to ask.
        branch: BranchId,
        /// The number of the attempt, from 0.
        attempt: u32,
    },
    /// Send the request to the branch that it names.
    Send {
        /// The number of the attempt, from 0.
        attempt: u32,
        /// The request as it is to be sent.
        request: Request,
    },
    /// The operation is over. Attempts without an answer may be cancelled; their answers are ignored.
    Completed(Completion),
}

/// The transport reports that no answer to this attempt will come: refused, reset, cancelled. It does not say
/// whether the branch received it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call failed without an answer")]
pub struct Lost;
