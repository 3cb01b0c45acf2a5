//! Version vectors and the token that is made of two of them.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{
    DecodeContext, WireType, decode_varint, encode_key, encode_varint, encoded_len_varint, fixed64, key_len,
    skip_field,
};
use prost::{DecodeError, Message};

use super::error::{FieldProblem, WireError, positive};
use super::ids::branch;
use super::proto;
use crate::model::{BranchId, Incarnation, Origin, SessionToken, VersionVector};

/// A token's message, as a request carries it.
pub fn token_to_bytes(token: &SessionToken) -> Vec<u8> {
    proto::SessionToken::from(token.clone()).encode_to_vec()
}

/// The token of such a message; `None` if it is none.
pub fn token_from_bytes(bytes: &[u8]) -> Option<SessionToken> {
    proto::SessionToken::decode(bytes).ok()?.try_into().ok()
}

/// The message `VersionVector`: written from a vector and read into one, with no list of numbers between. `build.rs`
/// puts it in the place of the generated one.
///
/// A decoder cannot report what is wrong with an entry: the error is kept until the message is converted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VectorMessage(Result<VersionVector, Box<WireError>>);

/// Of the list of entries.
const TAG: u32 = 1;

/// An entry: the origin's branch, its incarnation's start and nonce, and the counter.
const WORDS: usize = 4;
const WORD_BYTES: usize = size_of::<u64>();
const ENTRY_BYTES: usize = WORDS * WORD_BYTES;

impl VectorMessage {
    /// A vector as a field of a message; an empty one is absent.
    pub(in crate::live) fn field(vector: VersionVector) -> Option<VectorMessage> {
        (!vector.is_empty()).then_some(VectorMessage(Ok(vector)))
    }

    /// The vector of such a field.
    pub(super) fn vector(field: Option<VectorMessage>, name: &str) -> Result<VersionVector, WireError> {
        match field {
            Some(VectorMessage(read)) => read.map_err(|error| error.within(name)),
            None => Ok(VersionVector::new()),
        }
    }

    fn entries_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |vector| ENTRY_BYTES * vector.len())
    }
}

impl Default for VectorMessage {
    fn default() -> VectorMessage {
        VectorMessage(Ok(VersionVector::new()))
    }
}

impl Message for VectorMessage {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        let Ok(vector) = &self.0 else { return };
        if vector.is_empty() {
            return;
        }
        encode_key(TAG, WireType::LengthDelimited, buffer);
        encode_varint(self.entries_bytes() as u64, buffer);
        for (Origin { branch, incarnation: Incarnation { started_at, nonce } }, counter) in vector.iter() {
            let words = [u64::from(branch.0), started_at, nonce, counter].map(u64::to_le_bytes);
            buffer.put_slice(words.as_flattened());
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if tag != TAG {
            return skip_field(wire_type, tag, buffer, context);
        }
        let read = match packed(wire_type, buffer.chunk()) {
            Some((entries, bytes)) => {
                let words = |entry: &[[u8; WORD_BYTES]; WORDS]| entry.map(u64::from_le_bytes);
                let read = vector(entries.iter().map(words));
                buffer.advance(bytes);
                read
            }
            None => in_pieces(wire_type, buffer, context)?,
        };
        if let Ok(vector) = &mut self.0 {
            match read {
                Ok(read) if vector.is_empty() => *vector = read,
                Ok(read) => vector.merge(&read),
                Err(error) => self.0 = Err(Box::new(error)),
            }
        }
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        match self.entries_bytes() {
            0 => 0,
            bytes => key_len(TAG) + encoded_len_varint(bytes as u64) + bytes,
        }
    }

    fn clear(&mut self) {
        *self = VectorMessage::default();
    }
}

/// The entries of the packed list that `bytes` begin with, and how many bytes it has with its length. `None`: the list
/// is not all in this piece, which is rare, or it is none of whole entries.
fn packed(wire_type: WireType, bytes: &[u8]) -> Option<(&[[[u8; WORD_BYTES]; WORDS]], usize)> {
    let mut list = bytes;
    let length = decode_varint(&mut list).ok().filter(|_| wire_type == WireType::LengthDelimited)?;
    let (list, rest) = list.split_at_checked(usize::try_from(length).ok()?)?;
    let (words, []) = list.as_chunks() else { return None };
    let (entries, []) = words.as_chunks() else { return None };
    Some((entries, bytes.len() - rest.len()))
}

/// The vector of a list that comes in pieces, or is none of whole entries.
#[cold]
fn in_pieces(
    wire_type: WireType,
    buffer: &mut impl Buf,
    context: DecodeContext,
) -> Result<Result<VersionVector, WireError>, DecodeError> {
    let mut words = Vec::new();
    fixed64::merge_repeated(wire_type, &mut words, buffer, context)?;
    Ok(match words.as_chunks() {
        (entries, []) => vector(entries.iter().copied()),
        _ => Err(WireError::new("entries", FieldProblem::BrokenEntry { words: words.len() })),
    })
}

/// The vector of entries in any order; of two of one origin the larger counts.
fn vector(words: impl Iterator<Item = [u64; WORDS]> + Clone) -> Result<VersionVector, WireError> {
    // Nearly all lists are sound and in order: they take one pass.
    match VersionVector::from_sorted(words.clone().map(entry)) {
        Some(vector) => Ok(vector),
        None => checked(words),
    }
}

/// The same, entry by entry: the error names the place of the first that is wrong.
#[cold]
fn checked(words: impl Iterator<Item = [u64; WORDS]> + Clone) -> Result<VersionVector, WireError> {
    for (index, words) in words.clone().enumerate() {
        check(words).map_err(|error| error.within_entry("entries", index))?;
    }
    Ok(words.map(entry).collect())
}

fn check([number, _, _, counter]: [u64; WORDS]) -> Result<(), WireError> {
    let number =
        u32::try_from(number).map_err(|_| WireError::new("branch", FieldProblem::BeyondLastBranch))?;
    branch(number, "branch")?;
    positive(counter, "counter")?;
    Ok(())
}

/// One that is of no branch counts 0, as none in a vector does.
fn entry([number, started_at, nonce, counter]: [u64; WORDS]) -> (Origin, u64) {
    let branch = u32::try_from(number).unwrap_or(0);
    let incarnation = Incarnation { started_at, nonce };
    (Origin { branch: BranchId(branch), incarnation }, if branch == 0 { 0 } else { counter })
}

impl From<SessionToken> for proto::SessionToken {
    fn from(SessionToken { writes, reads }: SessionToken) -> proto::SessionToken {
        proto::SessionToken { writes: VectorMessage::field(writes), reads: VectorMessage::field(reads) }
    }
}

impl TryFrom<proto::SessionToken> for SessionToken {
    type Error = WireError;

    fn try_from(message: proto::SessionToken) -> Result<SessionToken, WireError> {
        Ok(SessionToken {
            writes: VectorMessage::vector(message.writes, "writes")?,
            reads: VectorMessage::vector(message.reads, "reads")?,
        })
    }
}
