//! How large messages would be on the wire: as `live` encodes them, computed and not encoded.
//!
//! Protocol Buffers: a field is its tag of one byte and its value; a field that is zero is left out; a message within
//! a message has its length before it. `proto/readback/v1` has the fields.

use std::time::Duration;

use crate::branch::{
    Ack, BatchAck, PeerBody, PeerMessage, SnapshotChunk, SnapshotPart, SnapshotRequest, WriteBatch,
};
use crate::model::{
    AccountId, BranchId, Dot, Incarnation, Origin, RequestId, SessionToken, Snapshot, Time, VersionVector,
    Write,
};

/// Bytes of a message between branches.
pub fn peer_message(from: BranchId, sent_at: Time, delay: Duration, message: &PeerMessage) -> u64 {
    let sender = Origin { branch: from, incarnation: message.sender };
    let delay = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
    let body = match &message.body {
        PeerBody::Run(run) => self::run(run),
        PeerBody::Ack(ack) => self::ack(ack),
        PeerBody::Ask(ask) => self::ask(ask),
        PeerBody::Piece(piece) => self::piece(piece),
    };
    nested(origin(sender)) + fixed(sent_at.0) + number(delay) + nested(body)
}

/// Bytes of a token as a request carries it.
pub fn token(token: &SessionToken) -> u64 {
    vector(&token.writes) + vector(&token.reads)
}

fn run(WriteBatch { origin, first, copy, sent_at, writes }: &WriteBatch) -> u64 {
    let writes: u64 = writes.iter().map(|write| nested(self::write(write))).sum();
    nested(self::origin(*origin)) + number(*first) + number(u64::from(*copy)) + fixed(sent_at.0) + writes
}

fn write(Write { dot: _, request, account, kind: _, amount, after }: &Write) -> u64 {
    // A kind is an enum of one byte, and never zero.
    let kind = number(1);
    nested(request_id(*request)) + number(account.0) + kind + number(amount.get()) + vector(after)
}

fn ack(Ack { number: ack, applied, about, first_known }: &Ack) -> u64 {
    let about = about.as_ref().map_or(0, |about| nested(self::about(about)));
    let first_known = first_known.map_or(0, |known| nested(incarnation(known)));
    number(*ack) + vector(applied) + about + first_known
}

fn about(BatchAck { origin, echo, held, duplicate, direct }: &BatchAck) -> u64 {
    let held: u64 = held.iter().map(|&(first, last)| nested(number(first) + number(last))).sum();
    let flags = number(u64::from(*duplicate)) + number(u64::from(*direct));
    nested(self::origin(*origin)) + fixed(echo.0) + held + flags
}

fn ask(SnapshotRequest { number: ask, transfer, index }: &SnapshotRequest) -> u64 {
    number(*ask) + number(*transfer) + number(u64::from(*index))
}

fn piece(SnapshotChunk { number: piece, transfer, part }: &SnapshotChunk) -> u64 {
    let part = part.as_ref().map_or(0, |part| nested(self::part(part)));
    number(*piece) + number(*transfer) + part
}

fn part(SnapshotPart { snapshot, index, count, content }: &SnapshotPart) -> u64 {
    let Snapshot { applied, balances, kept } = content;
    let balances: u64 = balances.iter().map(|&(account, balance)| nested(held(account, balance))).sum();
    let kept: u64 =
        kept.iter().map(|write| nested(nested(dot(write.dot)) + nested(self::write(write)))).sum();
    number(*snapshot)
        + number(u64::from(*index))
        + number(u64::from(*count))
        + vector(applied)
        + balances
        + kept
}

/// A balance in two halves; the upper one, with the sign, is stretched so that small numbers of either sign are short.
fn held(account: AccountId, balance: i128) -> u64 {
    let (high, low) = ((balance >> 64) as i64, balance as u64);
    let stretched = (high.cast_unsigned() << 1) ^ (high >> 63).cast_unsigned();
    number(account.0) + number(stretched) + fixed(low)
}

fn dot(dot: Dot) -> u64 {
    nested(origin(dot.origin)) + number(dot.counter)
}

fn request_id(RequestId { session, number: count }: RequestId) -> u64 {
    fixed(session.opened_at) + fixed(session.nonce) + number(count)
}

/// A field that is a vector: a message with a list of four words for each entry, in one piece. An empty one is absent.
fn vector(vector: &VersionVector) -> u64 {
    if vector.is_empty() { 0 } else { nested(nested(4 * 8 * vector.len() as u64)) }
}

fn origin(Origin { branch, incarnation }: Origin) -> u64 {
    number(u64::from(branch.0)) + nested(self::incarnation(incarnation))
}

fn incarnation(Incarnation { started_at, nonce }: Incarnation) -> u64 {
    fixed(started_at) + fixed(nonce)
}

/// A field of eight bytes.
fn fixed(value: u64) -> u64 {
    if value == 0 { 0 } else { 1 + 8 }
}

/// A field of seven bits to the byte.
fn number(value: u64) -> u64 {
    if value == 0 { 0 } else { 1 + varint(value) }
}

/// A field that is a message of so many bytes.
fn nested(bytes: u64) -> u64 {
    1 + varint(bytes) + bytes
}

fn varint(value: u64) -> u64 {
    u64::from((70 - (value | 1).leading_zeros()) / 7)
}
