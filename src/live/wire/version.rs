//! Version vectors and the token that is made of two of them.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{
    DecodeContext, WireType, check_wire_type, decode_varint, encode_key, encode_varint, encoded_len_varint,
    fixed64, key_len, merge_loop, skip_field,
};
use prost::{DecodeError, Message};

use super::error::{Problem, WireError, positive};
use super::ids::branch;
use super::proto;
use crate::model::{Incarnation, Origin, SessionToken, VersionVector};

/// A token's message, as a request carries it.
pub fn token_to_bytes(token: &SessionToken) -> Vec<u8> {
    proto::SessionToken::from(token.clone()).encode_to_vec()
}

/// The token of such a message; `None` if it is none.
pub fn token_from_bytes(bytes: &[u8]) -> Option<SessionToken> {
    proto::SessionToken::decode(bytes).ok()?.try_into().ok()
}

/// The message `VersionVector`: written from a vector and read into one, with no list of words between. `build.rs` puts
/// it in the place of the generated one.
///
/// Encoding knows no errors but its own, so what is wrong with an entry is kept until the message is converted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VectorMessage(Result<VersionVector, Box<WireError>>);

/// Of the list of entries.
const TAG: u32 = 1;

/// An entry: the origin's branch, its incarnation's start and nonce, and the counter.
const WORDS: usize = 4;
const ENTRY_BYTES: usize = WORDS * size_of::<u64>();

impl VectorMessage {
    /// A vector as a field of a message; an empty one is absent.
    pub(super) fn field(vector: VersionVector) -> Option<VectorMessage> {
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
        check_wire_type(WireType::LengthDelimited, wire_type)?;
        let mut entries = Ok(Vec::with_capacity(entries_ahead(buffer.chunk())));
        merge_loop(&mut entries, buffer, context, |entries, buffer, context| {
            let words = entry_words(buffer, context)?;
            if let Ok(read) = entries {
                match entry(words) {
                    Ok(entry) => read.push(entry),
                    Err(error) => *entries = Err(error.within_entry("entries", read.len())),
                }
            }
            Ok(())
        })?;
        if let Ok(vector) = &mut self.0 {
            match entries.map(VersionVector::from) {
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

/// The words of the next entry. One that goes beyond its list is found out where the list ends.
fn entry_words(buffer: &mut impl Buf, context: DecodeContext) -> Result<[u64; WORDS], DecodeError> {
    let mut words = [0; WORDS];
    if let Some(bytes) = buffer.chunk().first_chunk::<ENTRY_BYTES>() {
        let (bytes, _) = bytes.as_chunks();
        words = std::array::from_fn(|index| u64::from_le_bytes(bytes[index]));
        buffer.advance(ENTRY_BYTES);
    } else {
        for word in &mut words {
            fixed64::merge(WireType::SixtyFourBit, word, buffer, context.clone())?;
        }
    }
    Ok(words)
}

/// How many entries the packed list has that begins here, as far as it is here.
fn entries_ahead(mut list: &[u8]) -> usize {
    let bytes = decode_varint(&mut list).map_or(0, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    bytes.min(list.len()) / ENTRY_BYTES
}

fn entry([number, started_at, nonce, counter]: [u64; WORDS]) -> Result<(Origin, u64), WireError> {
    let number = u32::try_from(number).map_err(|_| WireError::new("branch", Problem::BeyondLastBranch))?;
    let incarnation = Incarnation { started_at, nonce };
    Ok((Origin { branch: branch(number, "branch")?, incarnation }, positive(counter, "counter")?))
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
