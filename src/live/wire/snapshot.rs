//! Chunks of a branch's state, and requests for them.

use super::error::{FieldProblem, WireError, each, optional, positive, required};
use super::peer::write;
use super::proto;
use super::version::VectorMessage;
use crate::branch::{SnapshotChunk, SnapshotPart, SnapshotRequest};
use crate::model::{AccountId, Dot, Snapshot, Write};

impl From<SnapshotRequest> for proto::SnapshotAsk {
    fn from(SnapshotRequest { number, transfer, index }: SnapshotRequest) -> proto::SnapshotAsk {
        proto::SnapshotAsk { number, transfer, index }
    }
}

impl From<proto::SnapshotAsk> for SnapshotRequest {
    fn from(proto::SnapshotAsk { number, transfer, index }: proto::SnapshotAsk) -> SnapshotRequest {
        SnapshotRequest { number, transfer, index }
    }
}

impl From<SnapshotChunk> for proto::SnapshotPiece {
    fn from(SnapshotChunk { number, transfer, part }: SnapshotChunk) -> proto::SnapshotPiece {
        proto::SnapshotPiece { number, transfer, part: part.map(Into::into) }
    }
}

impl TryFrom<proto::SnapshotPiece> for SnapshotChunk {
    type Error = WireError;

    fn try_from(message: proto::SnapshotPiece) -> Result<SnapshotChunk, WireError> {
        let proto::SnapshotPiece { number, transfer, part } = message;
        Ok(SnapshotChunk { number, transfer, part: optional(part, "part")? })
    }
}

impl From<SnapshotPart> for proto::SnapshotPart {
    fn from(SnapshotPart { snapshot, index, count, content }: SnapshotPart) -> proto::SnapshotPart {
        let Snapshot { applied, balances, kept } = content;
        proto::SnapshotPart {
            snapshot,
            index,
            count,
            applied: VectorMessage::field(applied),
            balances: balances.into_iter().map(balance_message).collect(),
            kept: kept.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<proto::SnapshotPart> for SnapshotPart {
    type Error = WireError;

    fn try_from(message: proto::SnapshotPart) -> Result<SnapshotPart, WireError> {
        let proto::SnapshotPart { snapshot, index, count, applied, balances, kept } = message;
        positive(snapshot, "snapshot")?;
        positive(u64::from(count), "count")?;
        if index >= count {
            return Err(WireError::new("index", FieldProblem::BeyondLastPiece));
        }
        let content = Snapshot {
            applied: VectorMessage::vector(applied, "applied")?,
            balances: balances.into_iter().map(balance).collect(),
            kept: each(kept, "kept", kept_write)?,
        };
        Ok(SnapshotPart { snapshot, index, count, content })
    }
}

/// In two halves: 128 bits are no number of protobuf.
fn balance_message((account, balance): (AccountId, i128)) -> proto::AccountBalance {
    let [low, high] = [balance, balance >> 64].map(|bits| (bits & i128::from(u64::MAX)) as u64);
    proto::AccountBalance { account: account.0, high: high.cast_signed(), low }
}

fn balance(message: proto::AccountBalance) -> (AccountId, i128) {
    (AccountId(message.account), i128::from(message.high) << 64 | i128::from(message.low))
}

impl From<Write> for proto::KeptWrite {
    fn from(write: Write) -> proto::KeptWrite {
        proto::KeptWrite { dot: Some(write.dot.into()), write: Some(write.into()) }
    }
}

fn kept_write(message: proto::KeptWrite) -> Result<Write, WireError> {
    let dot: Dot = required(message.dot, "dot")?;
    let content = message.write.ok_or_else(|| WireError::missing("write"))?;
    write(content, dot).map_err(|error| error.within("write"))
}
