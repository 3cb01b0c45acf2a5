//! What is on the way.

use readback::branch::{CallId, PeerMessage};
use readback::model::{BranchId, Reply, Request};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Packet {
    Request { call: Call, request: Request },
    Reply { call: Call, reply: Reply },
    Peer { from: BranchId, to: BranchId, message: PeerMessage },
}

/// One attempt of one customer at one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Call {
    pub customer: usize,
    pub number: u64,
    pub attempt: u32,
}

impl Call {
    /// The name by which a branch knows it. Copies of a request have the same, and so has each of their answers.
    pub fn id(self) -> CallId {
        CallId((self.customer as u64) << 32 | self.number << 16 | u64::from(self.attempt))
    }

    pub fn of(CallId(id): CallId) -> Call {
        Call { customer: (id >> 32) as usize, number: id >> 16 & 0xffff, attempt: (id & 0xffff) as u32 }
    }
}

#[test]
fn a_call_is_known_by_its_id() {
    let call = Call { customer: 1, number: 7, attempt: 2 };
    assert_eq!(Call::of(call.id()), call);
}
