//! Messages of all kinds, one after the other.

use std::time::Duration;

use readback::model::{BranchId, Incarnation, Origin, RequestId, SessionId, Time};
use readback::network::{Endpoint, Identity, Leg, MessageInfo};

const CUSTOMERS: u64 = 64;
const APART: Duration = Duration::from_micros(10);

/// Every message has a name of its own, and none is sent before another that came first.
pub struct Traffic {
    branches: u32,
    sent: u64,
}

impl Traffic {
    pub fn new(branches: u32) -> Traffic {
        Traffic { branches, sent: 0 }
    }

    /// A request, its reply, a run, its ack, and so on; with each round the customer and the branches are
    /// other ones.
    pub fn next(&mut self) -> MessageInfo {
        let round = self.sent / 4;
        let session = session(round % CUSTOMERS);
        let request = RequestId { session, number: round / CUSTOMERS };
        let (here, there) = self.pair(round);
        let (customer, branch, peer) =
            (Endpoint::Customer(session), Endpoint::Branch(here), Endpoint::Branch(there));
        let call = Identity::Call { request, attempt: 0 };
        let run = Identity::Run { origin: origin(here), first: round, copy: 0 };
        let (from, to, leg, identity) = match self.sent % 4 {
            0 => (customer, branch, Leg::Request, call),
            1 => (branch, customer, Leg::Reply, call),
            2 => (branch, peer, Leg::Replicate, run),
            _ => (peer, branch, Leg::Ack, Identity::Ack { number: round }),
        };
        let sent_at = Time::default() + APART.saturating_mul(u32::try_from(self.sent).unwrap_or(u32::MAX));
        self.sent += 1;
        MessageInfo { from, to, leg, identity, sent_at }
    }

    /// Two different branches.
    fn pair(&self, round: u64) -> (BranchId, BranchId) {
        let branches = u64::from(self.branches);
        let here = round % branches;
        let there = (here + 1 + round / branches % (branches - 1)) % branches;
        let id = |place: u64| BranchId(u32::try_from(place + 1).expect("there are few branches"));
        (id(here), id(there))
    }
}

/// All customers of the traffic.
pub fn sessions() -> impl Iterator<Item = SessionId> {
    (0..CUSTOMERS).map(session)
}

fn session(number: u64) -> SessionId {
    SessionId { opened_at: (1 << 60) + number, nonce: number }
}

fn origin(branch: BranchId) -> Origin {
    Origin { branch, incarnation: Incarnation { started_at: 1 << 60, nonce: 1 } }
}
