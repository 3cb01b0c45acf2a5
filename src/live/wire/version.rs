//! Version vectors and the token that is made of two of them.

use super::error::{WireError, each, positive, required};
use super::proto;
use crate::model::{Origin, SessionToken, VersionVector};

/// A vector's entries, in order of origin.
pub(super) fn entries(vector: &VersionVector) -> Vec<proto::VersionEntry> {
    let entry =
        |(origin, counter): (Origin, u64)| proto::VersionEntry { origin: Some(origin.into()), counter };
    vector.iter().map(entry).collect()
}

/// The vector of a list of entries in any order; of two entries of one origin the larger counts.
pub(super) fn vector(list: Vec<proto::VersionEntry>, name: &str) -> Result<VersionVector, WireError> {
    let mut entries = each(list, name, entry)?;
    // A vector grows cheaply only at its end, and the order is the sender's choice.
    entries.sort_unstable();
    Ok(entries.into_iter().collect())
}

fn entry(message: proto::VersionEntry) -> Result<(Origin, u64), WireError> {
    Ok((required(message.origin, "origin")?, positive(message.counter, "counter")?))
}

impl From<SessionToken> for proto::SessionToken {
    fn from(SessionToken { writes, reads }: SessionToken) -> proto::SessionToken {
        proto::SessionToken { writes: entries(&writes), reads: entries(&reads) }
    }
}

impl TryFrom<proto::SessionToken> for SessionToken {
    type Error = WireError;

    fn try_from(message: proto::SessionToken) -> Result<SessionToken, WireError> {
        Ok(SessionToken { writes: vector(message.writes, "writes")?, reads: vector(message.reads, "reads")? })
    }
}
