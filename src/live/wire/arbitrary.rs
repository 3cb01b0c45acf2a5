//! Arbitrary values of everything that has a message on the wire.

use std::time::Duration;

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::failure::MISSING_MAX;
use super::{CallReply, Envelope, GreetCall, IncomingCall, Sending};
use crate::branch::{
    Ack, BatchAck, PeerBody, PeerMessage, SnapshotChunk, SnapshotPart, SnapshotRequest, WriteBatch,
};
use crate::model::{
    AccountId, Amount, Answer, BranchId, Dot, Greeting, Guarantees, Incarnation, NotServing, Operation,
    Origin, Refusal, Reply, Request, RequestError, RequestId, SessionId, SessionToken, Snapshot, Time,
    VersionVector, Write, WriteKind,
};

fn branch() -> impl Strategy<Value = BranchId> {
    prop_oneof![1..4u32, 1..=u32::MAX].prop_map(BranchId)
}

fn incarnation() -> impl Strategy<Value = Incarnation> {
    (any::<u64>(), any::<u64>()).prop_map(|(started_at, nonce)| Incarnation { started_at, nonce })
}

fn origin() -> impl Strategy<Value = Origin> {
    (branch(), incarnation()).prop_map(|(branch, incarnation)| Origin { branch, incarnation })
}

fn dot() -> impl Strategy<Value = Dot> {
    (origin(), 1..=u64::MAX).prop_map(|(origin, counter)| origin.dot(counter))
}

pub fn vector() -> impl Strategy<Value = VersionVector> {
    vec((origin(), 1..=u64::MAX), 0..6).prop_map(VersionVector::from_iter)
}

fn token() -> impl Strategy<Value = SessionToken> {
    (vector(), vector()).prop_map(|(writes, reads)| SessionToken { writes, reads })
}

fn time() -> impl Strategy<Value = Time> {
    any::<u64>().prop_map(Time)
}

fn span() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_nanos)
}

fn request_id() -> impl Strategy<Value = RequestId> {
    (any::<u64>(), any::<u64>(), any::<u64>())
        .prop_map(|(opened_at, nonce, number)| RequestId { session: SessionId { opened_at, nonce }, number })
}

fn account() -> impl Strategy<Value = AccountId> {
    any::<u64>().prop_map(AccountId)
}

fn amount() -> impl Strategy<Value = Amount> {
    (1..=u64::MAX).prop_map(|minor_units| Amount::new(minor_units).unwrap())
}

fn kind() -> impl Strategy<Value = WriteKind> {
    prop_oneof![Just(WriteKind::Deposit), Just(WriteKind::Withdraw)]
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (kind(), account(), amount()).prop_map(|(kind, account, amount)| Operation::Write {
            kind,
            account,
            amount
        }),
        account().prop_map(|account| Operation::Query { account }),
    ]
}

fn guarantees() -> impl Strategy<Value = Guarantees> {
    any::<[bool; 4]>().prop_map(
        |[read_your_writes, monotonic_reads, monotonic_writes, writes_follow_reads]| Guarantees {
            read_your_writes,
            monotonic_reads,
            monotonic_writes,
            writes_follow_reads,
        },
    )
}

pub fn call() -> impl Strategy<Value = IncomingCall> {
    let request =
        (request_id(), branch(), option::of(incarnation()), operation(), token(), guarantees(), span())
            .prop_map(|(id, branch, incarnation, operation, token, guarantees, max_wait)| Request {
                id,
                branch,
                incarnation,
                operation,
                token,
                guarantees,
                max_wait,
            });
    (request, any::<u32>(), option::of(time()), any::<bool>()).prop_map(
        |(request, attempt, sent_at, holds_replies)| IncomingCall {
            request,
            attempt,
            sent_at,
            holds_replies,
        },
    )
}

pub fn sending() -> impl Strategy<Value = Sending> {
    (time(), span()).prop_map(|(at, delay)| Sending { at, delay })
}

pub fn greet_call() -> impl Strategy<Value = GreetCall> {
    (branch(), option::of(request_id()), any::<u32>(), option::of(time()), any::<bool>()).prop_map(
        |(branch, request, attempt, sent_at, holds_replies)| GreetCall {
            branch,
            request,
            attempt,
            sent_at,
            holds_replies,
        },
    )
}

pub fn greeting() -> impl Strategy<Value = Greeting> {
    (branch(), incarnation()).prop_map(|(branch, incarnation)| Greeting { branch, incarnation })
}

/// Replies to a deposit or withdrawal.
pub fn write_reply() -> impl Strategy<Value = CallReply> {
    call_reply(prop_oneof![
        dot().prop_map(|dot| Ok(Answer::Written { dot })),
        Just(Ok(Answer::Refused(Refusal::InsufficientFunds))),
        Just(Ok(Answer::Refused(Refusal::Overflow))),
        error().prop_map(Err),
    ])
}

/// Replies to a query.
pub fn query_reply() -> impl Strategy<Value = CallReply> {
    let balance =
        (any::<i64>(), vector()).prop_map(|(balance, witness)| Ok(Answer::Balance { balance, witness }));
    call_reply(prop_oneof![balance, error().prop_map(Err)])
}

fn call_reply(
    outcome: impl Strategy<Value = Result<Answer, RequestError>>,
) -> impl Strategy<Value = CallReply> {
    (outcome, span(), option::of(sending())).prop_map(|(outcome, parked_for, sending)| CallReply {
        reply: Reply { outcome, parked_for },
        sending,
    })
}

/// Errors that name no more missing writes than a status does.
pub fn error() -> impl Strategy<Value = RequestError> {
    let missing = || (vec(dot(), 0..=MISSING_MAX), span());
    prop_oneof![
        (branch(), branch()).prop_map(|(meant, actual)| RequestError::WrongBranch { meant, actual }),
        (any::<u64>(), any::<u64>())
            .prop_map(|(account, last)| RequestError::UnknownAccount { account, last }),
        branch().prop_map(|branch| RequestError::UnknownBranch { branch }),
        Just(RequestError::IncarnationMissing),
        incarnation().prop_map(|current| RequestError::IncarnationGone { current }),
        missing().prop_map(|(missing, waited)| RequestError::Deadline { missing, waited }),
        missing().prop_map(|(missing, waited)| RequestError::TokenLost { missing, waited }),
        any::<usize>().prop_map(|parked| RequestError::ParkedFull { parked }),
        any::<usize>().prop_map(|copies| RequestError::TooManyCopies { copies }),
        any::<usize>().prop_map(|retained| RequestError::LogFull { retained }),
        Just(RequestError::DiskFull),
        (any::<u64>(), any::<u64>())
            .prop_map(|(number, remembered)| RequestError::StaleNumber { number, remembered }),
        Just(RequestError::SessionForgotten),
        Just(RequestError::BalanceOutOfRange),
        Just(RequestError::NotServing { reason: NotServing::Joining }),
        Just(RequestError::NotServing { reason: NotServing::StateLost }),
        Just(RequestError::ShuttingDown),
    ]
}

pub fn envelope() -> impl Strategy<Value = Envelope> {
    let body = prop_oneof![
        run().prop_map(PeerBody::Run),
        ack().prop_map(PeerBody::Ack),
        ask().prop_map(PeerBody::Ask),
        piece().prop_map(PeerBody::Piece),
    ];
    (branch(), incarnation(), time(), span(), body).prop_map(|(from, sender, sent_at, delay, body)| {
        Envelope { from, sent_at, delay, message: PeerMessage { sender, body } }
    })
}

fn run() -> impl Strategy<Value = WriteBatch> {
    const WRITES_MAX: usize = 6;
    let first = 1..=u64::MAX - WRITES_MAX as u64;
    let write = (request_id(), account(), kind(), amount(), vector());
    (origin(), first, any::<u32>(), time(), vec(write, 0..=WRITES_MAX)).prop_map(
        |(origin, first, copy, sent_at, writes)| {
            let write = |((request, account, kind, amount, after), counter)| {
                let dot = origin.dot(counter);
                Write { dot, request, account, kind, amount, after }
            };
            let writes = writes.into_iter().zip(first..).map(write).collect();
            WriteBatch { origin, first, copy, sent_at, writes }
        },
    )
}

fn ack() -> impl Strategy<Value = Ack> {
    (any::<u64>(), vector(), option::of(about()), option::of(incarnation()))
        .prop_map(|(number, applied, about, first_known)| Ack { number, applied, about, first_known })
}

fn about() -> impl Strategy<Value = BatchAck> {
    let ends = btree_set(1..=u64::MAX, 0..=2 * BatchAck::HELD_MAX);
    (origin(), time(), ends, any::<[bool; 2]>()).prop_map(|(origin, echo, ends, [duplicate, direct])| {
        let ends: Vec<u64> = ends.into_iter().collect();
        let held = ends.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        BatchAck { origin, echo, held, duplicate, direct }
    })
}

fn ask() -> impl Strategy<Value = SnapshotRequest> {
    (any::<u64>(), any::<u64>(), any::<u32>()).prop_map(|(number, transfer, index)| SnapshotRequest {
        number,
        transfer,
        index,
    })
}

fn piece() -> impl Strategy<Value = SnapshotChunk> {
    (any::<u64>(), any::<u64>(), option::of(part())).prop_map(|(number, transfer, part)| SnapshotChunk {
        number,
        transfer,
        part,
    })
}

fn part() -> impl Strategy<Value = SnapshotPart> {
    let place = (0..u32::MAX).prop_flat_map(|index| (Just(index), index + 1..=u32::MAX));
    let kept = (dot(), request_id(), account(), kind(), amount(), vector()).prop_map(
        |(dot, request, account, kind, amount, after)| Write { dot, request, account, kind, amount, after },
    );
    let content = (vector(), vec((account(), any::<i128>()), 0..6), vec(kept, 0..4))
        .prop_map(|(applied, balances, kept)| Snapshot { applied, balances, kept });
    (1..=u64::MAX, place, content).prop_map(|(snapshot, (index, count), content)| SnapshotPart {
        snapshot,
        index,
        count,
        content,
    })
}
