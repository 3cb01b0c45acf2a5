//! How large messages are: to build a floor of the same size, and to count what a token costs.
//!
//! Counted is the encoded message, without the five bytes that gRPC puts before it and without HTTP/2.

use std::time::Duration;

use prost::Message as _;

use super::{CallMessage, CallReply, Envelope, IncomingCall, Sending, proto};
use crate::branch::PeerMessage;
use crate::model::{Answer, BranchId, Reply, Request, SessionToken, Time};

/// Bytes of a request's message, as this library's customers send it. Fields of a fixed width make it independent
/// of the time of sending.
pub fn request_bytes(request: &Request, attempt: u32) -> usize {
    match CallMessage::from(IncomingCall {
        request: request.clone(),
        attempt,
        sent_at: Some(Time(0)),
        holds_replies: true,
    }) {
        CallMessage::Deposit(message) => message.encoded_len(),
        CallMessage::Withdraw(message) => message.encoded_len(),
        CallMessage::Query(message) => message.encoded_len(),
    }
}

/// Bytes of a message between branches.
pub fn peer_message_bytes(from: BranchId, sent_at: Time, delay: Duration, message: &PeerMessage) -> usize {
    let envelope = Envelope { from, sent_at, delay, message: message.clone() };
    proto::PeerMessage::from(envelope).encoded_len()
}

/// Bytes of a token as a request carries it.
pub fn token_bytes(token: &SessionToken) -> usize {
    proto::SessionToken::from(token.clone()).encoded_len()
}

/// Bytes of a reply's message; `None` for a reply that is a status.
pub fn reply_bytes(reply: &Reply) -> Option<usize> {
    let is_balance = matches!(reply.outcome, Ok(Answer::Balance { .. }));
    let reply =
        CallReply { reply: reply.clone(), sending: Some(Sending { at: Time(0), delay: Duration::ZERO }) };
    if is_balance {
        proto::QueryReply::try_from(reply).ok().map(|message| message.encoded_len())
    } else {
        proto::WriteReply::try_from(reply).ok().map(|message| message.encoded_len())
    }
}
