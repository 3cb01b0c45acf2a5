//! Shared by the tests of this module: messages, and tests of fit.

mod families;
mod fates;
mod faults;
pub(super) mod fit;

use crate::model::{BranchId, Incarnation, Origin, RequestId, SessionId, Time};

use super::{Endpoint, Identity, Leg, MessageInfo};

/// The session with this nonce, which all tests take to have been opened at 0.
pub(super) fn session(nonce: u64) -> SessionId {
    SessionId { opened_at: 0, nonce }
}

/// A request of the session with nonce `customer`.
pub(super) fn call(customer: u64, branch: u32, number: u64, attempt: u32) -> MessageInfo {
    let session = session(customer);
    MessageInfo {
        from: Endpoint::Customer(session),
        to: Endpoint::Branch(BranchId(branch)),
        leg: Leg::Request,
        identity: Identity::Call { request: RequestId { session, number }, attempt },
        sent_at: Time(0),
    }
}

/// The reply to [`call`].
pub(super) fn reply(customer: u64, branch: u32, number: u64, attempt: u32) -> MessageInfo {
    let request = call(customer, branch, number, attempt);
    MessageInfo { from: request.to, to: request.from, leg: Leg::Reply, ..request }
}

/// The run of `from`'s own writes that begins with counter `first`.
pub(super) fn run(from: u32, to: u32, first: u64) -> MessageInfo {
    let incarnation = Incarnation { started_at: 0, nonce: 0 };
    let origin = Origin { branch: BranchId(from), incarnation };
    MessageInfo {
        from: Endpoint::Branch(BranchId(from)),
        to: Endpoint::Branch(BranchId(to)),
        leg: Leg::Replicate,
        identity: Identity::Run { origin, first, copy: 0 },
        sent_at: Time(0),
    }
}

pub(super) fn ack(from: u32, to: u32, number: u64) -> MessageInfo {
    MessageInfo { leg: Leg::Ack, identity: Identity::Ack { number }, ..run(from, to, 0) }
}

/// `message`, sent at `millis` after 0.
pub(super) fn at_ms(millis: u64, message: MessageInfo) -> MessageInfo {
    MessageInfo { sent_at: Time(millis * 1_000_000), ..message }
}
