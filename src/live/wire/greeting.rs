//! Who a branch is.

use super::error::{WireError, required};
use super::ids::branch;
use super::proto;
use crate::model::{BranchId, Greeting};

impl From<BranchId> for proto::GreetRequest {
    fn from(BranchId(branch): BranchId) -> proto::GreetRequest {
        proto::GreetRequest { branch }
    }
}

/// The branch that is meant.
impl TryFrom<proto::GreetRequest> for BranchId {
    type Error = WireError;

    fn try_from(message: proto::GreetRequest) -> Result<BranchId, WireError> {
        branch(message.branch, "branch")
    }
}

impl From<Greeting> for proto::GreetReply {
    fn from(Greeting { branch, incarnation }: Greeting) -> proto::GreetReply {
        proto::GreetReply { branch: branch.0, incarnation: Some(incarnation.into()) }
    }
}

impl TryFrom<proto::GreetReply> for Greeting {
    type Error = WireError;

    fn try_from(message: proto::GreetReply) -> Result<Greeting, WireError> {
        Ok(Greeting {
            branch: branch(message.branch, "branch")?,
            incarnation: required(message.incarnation, "incarnation")?,
        })
    }
}
