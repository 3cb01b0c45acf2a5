//! Every value survives the way over the wire, and every malformed message names its field.

use proptest::prelude::*;
use prost::Message;
use prost::bytes::Buf;

use super::proto::peer_message::Body;
use super::version::VectorMessage;
use super::{
    CallMessage, CallReply, Envelope, GreetAnswer, GreetCall, IncomingCall, WireError, arbitrary, proto,
};
use crate::live::status;
use crate::model::{Incarnation, Origin, VersionVector};

/// Through bytes, as on a connection.
fn over_the_wire<M: Message + Default>(message: M) -> M {
    M::decode(message.encode_to_vec().as_slice()).unwrap()
}

proptest! {
    #[test]
    fn a_call_survives(call in arbitrary::call()) {
        let received = match CallMessage::from(call.clone()) {
            CallMessage::Deposit(message) => IncomingCall::try_from(over_the_wire(*message)),
            CallMessage::Withdraw(message) => IncomingCall::try_from(over_the_wire(*message)),
            CallMessage::Query(message) => IncomingCall::try_from(over_the_wire(*message)),
        };
        prop_assert_eq!(received, Ok(call));
    }

    #[test]
    fn a_reply_to_a_write_survives_as_a_message_or_as_a_status(reply in arbitrary::write_reply()) {
        let received = match proto::WriteReply::try_from(reply.clone()) {
            Ok(message) => CallReply::try_from(over_the_wire(message)).unwrap(),
            Err(status) => status::reply(&status).unwrap(),
        };
        prop_assert_eq!(received, reply);
    }

    #[test]
    fn a_reply_to_a_query_survives_as_a_message_or_as_a_status(reply in arbitrary::query_reply()) {
        let received = match proto::QueryReply::try_from(reply.clone()) {
            Ok(message) => CallReply::try_from(over_the_wire(message)).unwrap(),
            Err(status) => status::reply(&status).unwrap(),
        };
        prop_assert_eq!(received, reply);
    }

    #[test]
    fn a_greeting_survives(greeting in arbitrary::greeting(), call in arbitrary::greet_call()) {
        let asked = GreetCall::try_from(over_the_wire(proto::GreetRequest::from(call.clone())));
        prop_assert_eq!(asked, Ok(call));
        let answer = GreetAnswer { greeting, sending: None };
        let received = GreetAnswer::try_from(over_the_wire(proto::GreetReply::from(answer)));
        prop_assert_eq!(received, Ok(answer));
    }

    #[test]
    fn a_message_between_branches_survives(envelope in arbitrary::envelope()) {
        let received = Envelope::try_from(over_the_wire(proto::PeerMessage::from(envelope.clone())));
        prop_assert_eq!(received, Ok(envelope));
    }

    #[test]
    fn the_order_and_the_repetition_of_a_vectors_entries_do_not_matter(
        sent in arbitrary::vector(),
        turned in 0..6usize,
    ) {
        let mut entries = words(&sent);
        entries.extend(words(&sent).chunks(4).flat_map(|entry| [entry[0], entry[1], entry[2], 1]));
        entries.rotate_left(4 * turned.min(sent.len()));
        prop_assert_eq!(received(generated(&entries).as_slice()), Ok(sent));
    }

    #[test]
    fn a_vector_is_the_message_that_would_be_generated_for_it(
        sent in arbitrary::vector(),
        more in arbitrary::vector(),
        cut: prop::sample::Index,
    ) {
        let message = VectorMessage::field(sent.clone()).unwrap_or_default();
        let bytes = message.encode_to_vec();
        prop_assert_eq!(&bytes, &generated(&words(&sent)));
        prop_assert_eq!(bytes.len(), message.encoded_len());
        // A list may come in several records, with fields between that are not known here.
        let unknown = Unknown { name: "a field of a later version".to_owned() }.encode_to_vec();
        let both = [bytes, unknown, generated(&words(&more))].concat();
        let mut union = sent;
        union.merge(&more);
        prop_assert_eq!(received(both.as_slice()), Ok(union.clone()));
        // What arrives may lie in two pieces.
        let (front, back) = both.split_at(cut.index(both.len()));
        prop_assert_eq!(received(front.chain(back)), Ok(union));
    }

    #[test]
    fn a_vector_that_is_cut_is_none(sent in arbitrary::vector(), cut in 1..32usize) {
        prop_assume!(!sent.is_empty());
        let whole = generated(&words(&sent));
        prop_assert!(VectorMessage::decode(&whole[..whole.len() - cut]).is_err());
        let lacking = generated(&words(&sent)[1 + cut % 3..]);
        prop_assert!(received(lacking.as_slice()).is_err());
        // What is behind the list is none of it.
        prop_assert!(received([lacking, generated(&[1; 16])].concat().as_slice()).is_err());
    }
}

/// The message `VersionVector` as prost generates it.
#[derive(Clone, PartialEq, Message)]
struct Generated {
    #[prost(fixed64, repeated, tag = "1")]
    entries: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct Unknown {
    #[prost(string, tag = "7")]
    name: String,
}

fn words(vector: &VersionVector) -> Vec<u64> {
    let entry = |(origin, counter): (Origin, u64)| {
        let Incarnation { started_at, nonce } = origin.incarnation;
        [origin.branch.0.into(), started_at, nonce, counter]
    };
    vector.iter().flat_map(entry).collect()
}

fn generated(words: &[u64]) -> Vec<u8> {
    Generated { entries: words.to_vec() }.encode_to_vec()
}

fn received(bytes: impl Buf) -> Result<VersionVector, WireError> {
    VectorMessage::vector(Some(VectorMessage::decode(bytes).unwrap()), "witness")
}

fn incarnation() -> Option<proto::Incarnation> {
    Some(proto::Incarnation { started_at_unix_ns: 5, nonce: 7 })
}

fn origin() -> Option<proto::Origin> {
    Some(proto::Origin { branch: 2, incarnation: incarnation() })
}

fn request_id() -> Option<proto::RequestId> {
    Some(proto::RequestId { session_opened_at_unix_ns: 1, session_nonce: 2, number: 3 })
}

fn header() -> proto::RequestHeader {
    let request_id = request_id();
    proto::RequestHeader { branch: 1, incarnation: incarnation(), request_id, ..Default::default() }
}

/// A deposit with one thing wrong.
fn deposit(spoil: impl Fn(&mut proto::DepositRequest, &mut proto::RequestHeader)) -> String {
    let mut header = header();
    let mut message = proto::DepositRequest { header: None, account: 0, amount: 10 };
    spoil(&mut message, &mut header);
    message.header = Some(header);
    IncomingCall::try_from(message).unwrap_err().to_string()
}

fn with_writes(header: &mut proto::RequestHeader, writes: &[u64]) {
    let writes = Some(VectorMessage::decode(generated(writes).as_slice()).unwrap());
    header.token = Some(proto::SessionToken { writes, reads: None });
}

#[test]
fn a_malformed_call_is_told_by_its_field() {
    let no_header = proto::QueryRequest { header: None, account: 0 };
    let rows = [
        ("header is missing", IncomingCall::try_from(no_header).unwrap_err().to_string()),
        ("amount is zero", deposit(|message, _| message.amount = 0)),
        ("header.branch is missing", deposit(|_, header| header.branch = 0)),
        ("header.request_id is missing", deposit(|_, header| header.request_id = None)),
        (
            "header.token.writes.entries[1].counter is zero",
            deposit(|_, header| with_writes(header, &[2, 5, 7, 1, 2, 5, 7, 0])),
        ),
        (
            "header.token.writes.entries[0].branch is missing",
            deposit(|_, header| with_writes(header, &[0, 5, 7, 1])),
        ),
        (
            "header.token.writes.entries[0].branch goes beyond the last branch",
            deposit(|_, header| with_writes(header, &[1 << 32, 5, 7, 1])),
        ),
        (
            "header.token.writes.entries has 7 words, and an entry has four",
            deposit(|_, header| with_writes(header, &[2, 5, 7, 1, 2, 5, 7])),
        ),
    ];
    for (expected, found) in rows {
        assert_eq!(found, expected);
    }
}

#[test]
fn what_a_call_leaves_out_has_a_meaning() {
    let message = proto::QueryRequest { header: Some(header()), account: 0 };
    let IncomingCall { request, attempt, sent_at, holds_replies } = IncomingCall::try_from(message).unwrap();
    assert!(request.token == Default::default() && request.guarantees == Default::default());
    assert!(request.max_wait.is_zero() && attempt == 0 && sent_at.is_none() && !holds_replies);
}

#[test]
fn a_malformed_reply_is_told_by_its_field() {
    let write = |outcome| {
        let message = proto::WriteReply { outcome, parked_for_ns: 0, sending: None };
        CallReply::try_from(message).unwrap_err().to_string()
    };
    let accepted =
        |origin, counter| Some(proto::write_reply::Outcome::Accepted(proto::Dot { origin, counter }));
    let refused = |reason| Some(proto::write_reply::Outcome::Refused(proto::Refused { reason }));
    let greeting = proto::GreetReply { branch: 1, incarnation: None, sending: None };
    let rows = [
        ("outcome is missing", write(None)),
        ("accepted.origin is missing", write(accepted(None, 1))),
        ("accepted.counter is zero", write(accepted(origin(), 0))),
        ("refused.reason is missing", write(refused(0))),
        ("refused.reason is 9, which is none of its values", write(refused(9))),
        ("incarnation is missing", GreetAnswer::try_from(greeting).unwrap_err().to_string()),
        ("branch is missing", GreetCall::try_from(proto::GreetRequest::default()).unwrap_err().to_string()),
    ];
    for (expected, found) in rows {
        assert_eq!(found, expected);
    }
}

fn peer_error(body: Option<Body>) -> String {
    let message = proto::PeerMessage { sender: origin(), sent_at_ns: 0, delay_ns: 0, body };
    Envelope::try_from(message).unwrap_err().to_string()
}

/// A run of one write with one thing wrong.
fn run(spoil: impl Fn(&mut proto::Run)) -> String {
    let write = proto::RunWrite {
        request: request_id(),
        account: 0,
        kind: proto::WriteKind::Deposit.into(),
        amount: 1,
        after: Default::default(),
    };
    let mut run = proto::Run { origin: origin(), first: 1, copy: 0, sent_at_ns: 0, writes: vec![write] };
    spoil(&mut run);
    peer_error(Some(Body::Run(run)))
}

fn piece(spoil: impl Fn(&mut proto::SnapshotPart)) -> String {
    let kept = vec![proto::KeptWrite { dot: None, write: None }];
    let mut part = proto::SnapshotPart { snapshot: 1, index: 0, count: 1, kept, ..Default::default() };
    spoil(&mut part);
    peer_error(Some(Body::SnapshotPiece(proto::SnapshotPiece { number: 1, transfer: 1, part: Some(part) })))
}

fn ack_holding(held: &[(u64, u64)]) -> String {
    let held = held.iter().map(|&(first, last)| proto::CounterRange { first, last }).collect();
    let about = proto::About { origin: origin(), echo_ns: 0, held, duplicate: false, direct: false };
    peer_error(Some(Body::Ack(proto::Ack { about: Some(about), ..Default::default() })))
}

#[test]
fn a_malformed_message_between_branches_is_told_by_its_field() {
    let many: Vec<(u64, u64)> = (1..=33).map(|range| (2 * range, 2 * range)).collect();
    let rows = [
        ("sender is missing", Envelope::try_from(proto::PeerMessage::default()).unwrap_err().to_string()),
        ("body is missing", peer_error(None)),
        ("run.origin is missing", run(|run| run.origin = None)),
        ("run.first is zero", run(|run| run.first = 0)),
        ("run.writes goes beyond the last counter", run(|run| run.first = u64::MAX)),
        ("run.writes[0].request is missing", run(|run| run.writes[0].request = None)),
        ("run.writes[0].kind is missing", run(|run| run.writes[0].kind = 0)),
        ("run.writes[0].kind is 3, which is none of its values", run(|run| run.writes[0].kind = 3)),
        ("run.writes[0].amount is zero", run(|run| run.writes[0].amount = 0)),
        ("ack.about.held[0].first is zero", ack_holding(&[(0, 1)])),
        ("ack.about.held does not rise", ack_holding(&[(2, 1)])),
        ("ack.about.held does not rise", ack_holding(&[(1, 3), (3, 4)])),
        ("ack.about.held has 33 entries, more than 32", ack_holding(&many)),
        ("snapshot_piece.part.snapshot is zero", piece(|part| part.snapshot = 0)),
        ("snapshot_piece.part.count is zero", piece(|part| part.count = 0)),
        ("snapshot_piece.part.index goes beyond the last piece", piece(|part| part.index = 1)),
        ("snapshot_piece.part.kept[0].dot is missing", piece(|_| ())),
    ];
    for (expected, found) in rows {
        assert_eq!(found, expected);
    }
}

#[test]
fn a_reply_of_the_wrong_rpc_is_an_internal_error() {
    let answer = proto::QueryReply::default();
    let reply: CallReply = CallReply::try_from(answer).unwrap();
    assert_eq!(proto::WriteReply::try_from(reply).unwrap_err().code(), tonic::Code::Internal);
}

#[test]
fn the_descriptors_for_reflection_name_both_services() {
    let set = prost_types::FileDescriptorSet::decode(super::DESCRIPTORS).unwrap();
    let services: Vec<&str> = set.file.iter().flat_map(|file| &file.service).map(|one| one.name()).collect();
    assert_eq!(services, ["Bank", "Replication"]);
}

#[test]
fn an_error_in_an_error_names_the_whole_path() {
    let error = WireError::missing("origin").within("about").within("ack");
    assert_eq!(error.field, "ack.about.origin");
}
