//! Version vectors and the token that is made of two of them.

use prost::Message as _;
use prost::bytes::Bytes;

use super::error::{Problem, WireError, each, positive};
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

/// An entry: the origin's branch, its incarnation's start and nonce, and the counter.
const WORDS: usize = 4;
const WORD_BYTES: usize = 8;
const ENTRY_BYTES: usize = WORDS * WORD_BYTES;

/// A vector's entries, in order of origin, four words each. `build.rs` says why they are bytes.
pub(super) fn words(vector: &VersionVector) -> Bytes {
    let mut bytes = Vec::with_capacity(ENTRY_BYTES * vector.len());
    for (Origin { branch, incarnation: Incarnation { started_at, nonce } }, counter) in vector.iter() {
        for word in [u64::from(branch.0), started_at, nonce, counter] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
    }
    bytes.into()
}

/// The vector of entries in any order; of two entries of one origin the larger counts.
pub(super) fn vector(bytes: &[u8], name: &str) -> Result<VersionVector, WireError> {
    let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
    if !rest.is_empty() {
        return Err(WireError::new(name, Problem::BrokenEntry { bytes: bytes.len() }));
    }
    each(entries, name, entry).map(VersionVector::from)
}

fn entry(bytes: &[u8; ENTRY_BYTES]) -> Result<(Origin, u64), WireError> {
    let word = |index: usize| {
        let (words, _) = bytes.as_chunks::<WORD_BYTES>();
        u64::from_le_bytes(words[index])
    };
    let number = u32::try_from(word(0)).map_err(|_| WireError::new("branch", Problem::BeyondLastBranch))?;
    let incarnation = Incarnation { started_at: word(1), nonce: word(2) };
    Ok((Origin { branch: branch(number, "branch")?, incarnation }, positive(word(3), "counter")?))
}

impl From<SessionToken> for proto::SessionToken {
    fn from(SessionToken { writes, reads }: SessionToken) -> proto::SessionToken {
        proto::SessionToken { writes: words(&writes), reads: words(&reads) }
    }
}

impl TryFrom<proto::SessionToken> for SessionToken {
    type Error = WireError;

    fn try_from(message: proto::SessionToken) -> Result<SessionToken, WireError> {
        Ok(SessionToken {
            writes: vector(&message.writes, "writes")?,
            reads: vector(&message.reads, "reads")?,
        })
    }
}
