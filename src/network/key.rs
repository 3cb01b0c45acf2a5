//! The name of a draw, and the bytes that are hashed for it.
//!
//! Integers are written with their lowest byte first. A key is the tag of its purpose and then its fields:
//!
//! | purpose | tag | fields |
//! |---|---|---|
//! | loss, delay, duplication, delay of the copy | 0, 1, 2, 3 | message |
//! | loss, delay, delay of the copy in a fault window | 4, 5, 6 | window `u32`, message |
//! | bursts of a link | 7 | 0, or 1 and window `u32`; party from, party to, cell `u64`, number `u64` |
//!
//! | part | bytes |
//! |---|---|
//! | message | endpoint from, endpoint to, leg, identity |
//! | endpoint | 0, branch `u32`; or 1, `opened_at` `u64`, `nonce` `u64` |
//! | leg | 0 request, 1 reply, 2 replicate, 3 ack |
//! | identity: call | 0, `opened_at` `u64`, `nonce` `u64`, number `u64`, attempt `u32` |
//! | identity: run | 1, branch `u32`, `started_at` `u64`, `nonce` `u64`, first `u64`, copy `u32` |
//! | identity: ack, ask, piece | 2, 3, 4; number `u64` |
//! | party | 0, branch `u32`; or 1, length of the region's name `u32`, its UTF-8 (no region: length 0) |
//!
//! A tag says what follows it, so no two keys have the same bytes. Neither the time nor anything of the plan
//! but a window's own id goes in: a message keeps its draws when rules and windows come and go around it.

use smallvec::SmallVec;

use super::{Endpoint, Identity, Leg, MessageInfo, Region};
use crate::model::{BranchId, SessionId};
use crate::rng::{HashedDraws, Uniform64};

/// The name of one draw.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'a> {
    Message { message: &'a MessageInfo, purpose: MessagePurpose },
    Burst { scope: BurstScope<'a>, cell: u64, number: u64 },
}

/// The purposes for which a message draws numbers. `Window` names the fault window that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MessagePurpose {
    Loss,
    Delay,
    Duplication,
    CopyDelay,
    WindowLoss(u32),
    WindowDelay(u32),
    WindowCopyDelay(u32),
}

/// A scope of network with bursts of its own. Customers of one region share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BurstScope<'a> {
    /// The fault window that brings the bursts, none if a rule does.
    pub window: Option<u32>,
    pub from: Party<'a>,
    pub to: Party<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party<'a> {
    Branch(BranchId),
    CustomersOf(Option<&'a Region>),
}

/// The longest key of a message, in bytes; longer ones (a region's long name) go to the heap.
const USUAL_BYTES: usize = 88;

type Bytes = SmallVec<[u8; USUAL_BYTES]>;

/// All draws of the network with this seed.
pub(super) fn draws(seed: u64) -> HashedDraws {
    HashedDraws::new(seed, *b"network\0")
}

impl Key<'_> {
    /// The number that belongs to this key.
    pub(super) fn draw(&self, draws: &HashedDraws) -> Uniform64 {
        draws.draw(&self.bytes())
    }

    fn bytes(&self) -> Bytes {
        let mut writer = KeyWriter(Bytes::new());
        match *self {
            Key::Message { message, purpose } => writer.purpose(purpose).message(message),
            Key::Burst { scope, cell, number } => writer.u8(7).scope(scope).u64(cell).u64(number),
        };
        writer.0
    }
}

/// Appends fields, each method one row of the tables above.
struct KeyWriter(Bytes);

impl KeyWriter {
    fn purpose(&mut self, purpose: MessagePurpose) -> &mut KeyWriter {
        match purpose {
            MessagePurpose::Loss => self.u8(0),
            MessagePurpose::Delay => self.u8(1),
            MessagePurpose::Duplication => self.u8(2),
            MessagePurpose::CopyDelay => self.u8(3),
            MessagePurpose::WindowLoss(window) => self.u8(4).u32(window),
            MessagePurpose::WindowDelay(window) => self.u8(5).u32(window),
            MessagePurpose::WindowCopyDelay(window) => self.u8(6).u32(window),
        }
    }

    fn message(&mut self, message: &MessageInfo) -> &mut KeyWriter {
        let MessageInfo { from, to, leg, identity, sent_at: _ } = message;
        self.endpoint(*from).endpoint(*to).leg(*leg).identity(identity)
    }

    fn endpoint(&mut self, endpoint: Endpoint) -> &mut KeyWriter {
        match endpoint {
            Endpoint::Branch(branch) => self.u8(0).u32(branch.0),
            Endpoint::Customer(session) => self.u8(1).session(session),
        }
    }

    fn session(&mut self, session: SessionId) -> &mut KeyWriter {
        self.u64(session.opened_at).u64(session.nonce)
    }

    fn leg(&mut self, leg: Leg) -> &mut KeyWriter {
        match leg {
            Leg::Request => self.u8(0),
            Leg::Reply => self.u8(1),
            Leg::Replicate => self.u8(2),
            Leg::Ack => self.u8(3),
        }
    }

    fn identity(&mut self, identity: &Identity) -> &mut KeyWriter {
        match *identity {
            Identity::Call { request, attempt } => {
                self.u8(0).session(request.session).u64(request.number).u32(attempt)
            }
            Identity::Run { origin, first, copy } => {
                let incarnation = origin.incarnation;
                self.u8(1).u32(origin.branch.0).u64(incarnation.started_at).u64(incarnation.nonce);
                self.u64(first).u32(copy)
            }
            Identity::Ack { number } => self.u8(2).u64(number),
            Identity::Ask { number } => self.u8(3).u64(number),
            Identity::Piece { number } => self.u8(4).u64(number),
        }
    }

    fn scope(&mut self, scope: BurstScope) -> &mut KeyWriter {
        match scope.window {
            None => self.u8(0),
            Some(window) => self.u8(1).u32(window),
        };
        self.party(scope.from).party(scope.to)
    }

    fn party(&mut self, party: Party) -> &mut KeyWriter {
        match party {
            Party::Branch(branch) => self.u8(0).u32(branch.0),
            Party::CustomersOf(region) => self.u8(1).text(region.map_or("", Region::name)),
        }
    }

    fn text(&mut self, text: &str) -> &mut KeyWriter {
        self.u32(u32::try_from(text.len()).expect("the name of a region is short"));
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn u8(&mut self, value: u8) -> &mut KeyWriter {
        self.0.push(value);
        self
    }

    fn u32(&mut self, value: u32) -> &mut KeyWriter {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn u64(&mut self, value: u64) -> &mut KeyWriter {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tests::{ack, call, reply, run};

    /// Computed by hand from the tables above and from the reference SipHash-2-4. A changed value is a
    /// changed meaning of every seed that was ever published.
    #[test]
    fn a_seed_means_what_it_always_meant() {
        let region = Region::new("eu");
        let scope = BurstScope {
            window: Some(3),
            from: Party::Branch(BranchId(1)),
            to: Party::CustomersOf(Some(&region)),
        };
        let rows = [
            (
                Key::Message { message: &call(1, 2, 3, 4), purpose: MessagePurpose::Delay },
                0x76ac_aa87_9a24_fe87,
            ),
            (
                Key::Message { message: &reply(1, 2, 3, 4), purpose: MessagePurpose::Loss },
                0x1757_4067_bac9_3922,
            ),
            (
                Key::Message { message: &run(1, 2, 9), purpose: MessagePurpose::WindowDelay(7) },
                0x5690_eb3d_71a5_b547,
            ),
            (
                Key::Message { message: &ack(1, 2, 9), purpose: MessagePurpose::Duplication },
                0x8c93_0728_5c58_6e28,
            ),
            (Key::Burst { scope, cell: 5, number: 6 }, 0x5d6e_1113_4596_b9ad),
        ];
        for (key, expected) in rows {
            assert_eq!(key.draw(&draws(42)), Uniform64::from_bits(expected), "{key:?}");
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_tables() {
        let bytes = Key::Message { message: &ack(1, 2, 9), purpose: MessagePurpose::WindowLoss(7) }.bytes();
        assert_eq!(
            bytes.as_slice(),
            [4, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 3, 2, 9, 0, 0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn an_ask_and_a_piece_draw_other_numbers_than_an_ack_of_the_same_number() {
        let tag = |identity| {
            let message = MessageInfo { identity, ..ack(1, 2, 9) };
            Key::Message { message: &message, purpose: MessagePurpose::Loss }.bytes()[12]
        };
        let identities =
            [Identity::Ack { number: 9 }, Identity::Ask { number: 9 }, Identity::Piece { number: 9 }];
        assert_eq!(identities.map(tag), [2, 3, 4]);
    }

    #[test]
    fn what_differs_in_one_field_draws_another_number() {
        let draws = draws(1);
        let of = |message: &MessageInfo, purpose| Key::Message { message, purpose }.draw(&draws);
        let first = of(&run(1, 2, 9), MessagePurpose::Delay);
        assert_ne!(first, of(&run(2, 1, 9), MessagePurpose::Delay), "the opposite link");
        assert_ne!(first, of(&run(1, 2, 10), MessagePurpose::Delay), "another message");
        assert_ne!(first, of(&run(1, 2, 9), MessagePurpose::Loss), "another purpose");
        assert_ne!(first, of(&run(1, 2, 9), MessagePurpose::WindowDelay(0)), "a window");
        let later = MessageInfo { sent_at: crate::model::Time(5), ..run(1, 2, 9) };
        assert_eq!(first, of(&later, MessagePurpose::Delay), "the time is no part of a message's name");
    }
}
