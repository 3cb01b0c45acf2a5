//! Bytes are those that `live` would send.

use std::time::Duration;

use readback::branch::{Ack, BatchAck, PeerBody, PeerMessage, WriteBatch};
use readback::live;
use readback::model::{
    AccountId, Amount, BranchId, Incarnation, Origin, RequestId, SessionId, SessionToken, Time,
    VersionVector, Write, WriteKind,
};
use readback::sim::size;

fn origin(branch: u32, started_at: u64) -> Origin {
    Origin { branch: BranchId(branch), incarnation: Incarnation { started_at, nonce: 7 } }
}

fn vector(length: u32, counter: u64) -> VersionVector {
    (1..=length).map(|branch| (origin(branch * 100, 3), counter + u64::from(branch))).collect()
}

fn writes(origin: Origin, first: u64, count: u64) -> Vec<Write> {
    let write = |counter: u64| Write {
        dot: origin.dot(counter),
        request: RequestId { session: SessionId { opened_at: 9, nonce: 1 << 40 }, number: counter * 200 },
        account: AccountId(counter % 3 * 70),
        kind: if counter.is_multiple_of(2) { WriteKind::Deposit } else { WriteKind::Withdraw },
        amount: Amount::new(1 << (counter % 60)).unwrap(),
        after: vector(counter as u32 % 3, 120),
    };
    (first..first + count).map(write).collect()
}

#[test]
fn a_message_between_branches_has_the_bytes_that_live_sends() {
    let run = |copy, first, count| {
        let origin = origin(3, 5);
        PeerBody::Run(WriteBatch {
            origin,
            first,
            copy,
            sent_at: Time(5),
            writes: writes(origin, first, count),
        })
    };
    let ack = |number, length, about, first_known| {
        PeerBody::Ack(Ack { number, applied: vector(length, 100), about, first_known })
    };
    let about = |held, flag| {
        Some(BatchAck { origin: origin(1, 1), echo: Time(4), held, duplicate: flag, direct: !flag })
    };
    let bodies = [
        run(0, 1, 0),
        run(0, 1, 1),
        run(300, 127, 40),
        ack(1, 0, None, None),
        ack(200, 1, about(Vec::new(), true), None),
        ack(20_000, 40, about(vec![(1, 2), (128, 20_000)], false), Some(origin(2, 2).incarnation)),
    ];
    for body in bodies {
        for (sent_at, delay) in [(0, 0), (1, 1), (1 << 50, 20_000_000)] {
            let (sent_at, delay) = (Time(sent_at), Duration::from_nanos(delay));
            let message = PeerMessage { sender: origin(2, 2).incarnation, body: body.clone() };
            let expected = live::peer_message_bytes(BranchId(2), sent_at, delay, &message) as u64;
            let found = size::peer_message(BranchId(2), sent_at, delay, &message);
            assert_eq!(found, expected, "{message:?}");
        }
    }
}

#[test]
fn a_token_has_the_bytes_that_live_sends() {
    for (writes, reads) in [(0, 0), (1, 0), (3, 200)] {
        let token = SessionToken { writes: vector(writes, 1), reads: vector(reads, 1 << 30) };
        assert_eq!(size::token(&token), live::token_bytes(&token) as u64);
    }
}
