//! The wire: `proto/readback/v1` as generated types, and total conversions to and from `model` and `branch`.
//!
//! | file | project | wire |
//! |---|---|---|
//! | `ids` | origins, dots, requests | messages of the same names |
//! | `version` | version vectors, tokens | `VersionVector`, `SessionToken` |
//! | `call` | [`IncomingCall`]: a request, its attempt, its send time | `{Deposit,Withdraw,Query}Request` |
//! | `reply` | [`CallReply`]: a reply, sent when | `WriteReply`, `QueryReply`, or a status |
//! | `failure` | why there is no answer | `Failure`, a detail of a status: see [`super::status`] |
//! | `greeting` | which incarnation a branch is | `GreetRequest`, `GreetReply` |
//! | `codec` | | bytes |
//! | `size` | a request, a reply | how many bytes its message has |
//! | `peer` | [`Envelope`]: a message between branches, its sender, send time and delay | `PeerMessage` |
//! | `snapshot` | requests for chunks of a state, and the chunks | `SnapshotAsk`, `SnapshotPiece` |
//!
//! What goes out converts with `From`, since every value of the project has a message. A [`CallReply`] is the
//! exception: [`super::status`] converts it to the message of its RPC, or else to a status. What comes in converts with
//! `TryFrom`, and all checks are made here and none after. A message that breaks a rule is a [`WireError`] that names
//! the field by its path: `header.token.writes.entries[2].counter is zero`. One rule is lenient: the entries of a
//! version vector may come in any order and more than once.
//!
//! # Invariants
//!
//! * No generated type leaves `live`.
//! * A value that goes out and comes back is equal, with two exceptions. A span longer than 584 years comes back as
//!   the longest that 64 bits of nanoseconds hold. An error that names more than `failure::MISSING_MAX` missing
//!   writes comes back with the first ones.
//! * Branch 0 does not exist: an absent number and 0 look the same in proto3, and are both missing.

#[cfg(test)]
pub(in crate::live) mod arbitrary;
mod call;
mod codec;
mod error;
mod failure;
mod greeting;
mod ids;
mod peer;
mod reply;
mod size;
mod snapshot;
#[cfg(test)]
mod tests;
mod version;

use std::time::Duration;

/// The types that `build.rs` generated.
pub mod proto {
    tonic::include_proto!("readback.v1");
}

pub use call::{CallMessage, IncomingCall};
pub use codec::ProstCodec;
pub use error::WireError;
pub(super) use failure::{listed, outcome};
pub use greeting::{GreetAnswer, GreetCall};
pub use peer::Envelope;
pub use reply::{CallReply, Sending};
pub use size::{peer_message_bytes, reply_bytes, request_bytes, token_bytes};
pub(super) use version::VectorMessage;
pub use version::{token_from_bytes, token_to_bytes};

/// The encoded descriptors of all files of the package, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("readback_descriptor");

/// Nanoseconds, at most `u64::MAX` (584 years).
pub(super) fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
