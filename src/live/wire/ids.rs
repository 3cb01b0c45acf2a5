//! Origins, dots and request ids.

use super::error::{WireError, positive, required};
use super::proto;
use crate::model::{BranchId, Dot, Incarnation, Origin, RequestId, SessionId};

/// A branch's number, which starts at 1; an absent one is 0.
pub(super) fn branch(number: u32, name: &str) -> Result<BranchId, WireError> {
    if number == 0 { Err(WireError::missing(name)) } else { Ok(BranchId(number)) }
}

impl From<Incarnation> for proto::Incarnation {
    fn from(Incarnation { started_at, nonce }: Incarnation) -> proto::Incarnation {
        proto::Incarnation { started_at_unix_ns: started_at, nonce }
    }
}

impl From<proto::Incarnation> for Incarnation {
    fn from(message: proto::Incarnation) -> Incarnation {
        Incarnation { started_at: message.started_at_unix_ns, nonce: message.nonce }
    }
}

impl From<Origin> for proto::Origin {
    fn from(Origin { branch, incarnation }: Origin) -> proto::Origin {
        proto::Origin { branch: branch.0, incarnation: Some(incarnation.into()) }
    }
}

impl TryFrom<proto::Origin> for Origin {
    type Error = WireError;

    fn try_from(message: proto::Origin) -> Result<Origin, WireError> {
        Ok(Origin {
            branch: branch(message.branch, "branch")?,
            incarnation: required(message.incarnation, "incarnation")?,
        })
    }
}

impl From<Dot> for proto::Dot {
    fn from(Dot { origin, counter }: Dot) -> proto::Dot {
        proto::Dot { origin: Some(origin.into()), counter }
    }
}

impl TryFrom<proto::Dot> for Dot {
    type Error = WireError;

    fn try_from(message: proto::Dot) -> Result<Dot, WireError> {
        let origin: Origin = required(message.origin, "origin")?;
        Ok(origin.dot(positive(message.counter, "counter")?))
    }
}

impl From<RequestId> for proto::RequestId {
    fn from(RequestId { session: SessionId { opened_at, nonce }, number }: RequestId) -> proto::RequestId {
        proto::RequestId { session_opened_at_unix_ns: opened_at, session_nonce: nonce, number }
    }
}

impl From<proto::RequestId> for RequestId {
    fn from(message: proto::RequestId) -> RequestId {
        let proto::RequestId { session_opened_at_unix_ns: opened_at, session_nonce: nonce, number } = message;
        RequestId { session: SessionId { opened_at, nonce }, number }
    }
}
