//! Recovery: which file counts, and what it holds.

use super::Disk;
use super::error::{Damage, OpenError, Torn};
use super::frame::{self, BadHead, Head};
use crate::model::{BranchId, Origin, Record};

/// The content of a file.
pub(super) struct Contents {
    pub records: Vec<Record>,
    /// Bytes of the sound part.
    pub len: u64,
    /// Bytes of the head and the checkpoint.
    pub base: u64,
    pub torn: Option<Torn>,
}

/// The number of the newest file, and the files to remove: older ones, and drafts of newer ones.
pub(super) fn newest(disk: &impl Disk) -> Result<Option<(u64, Vec<String>)>, OpenError> {
    let mut numbers = Vec::new();
    let mut leftover = Vec::new();
    for file in disk.files()? {
        match file.split_once('.').map(|(number, kind)| (number.parse::<u64>(), kind)) {
            Some((Ok(number), "log")) if file == frame::name(number) => numbers.push(number),
            Some((Ok(number), "new")) if file == frame::draft(number) => leftover.push(file),
            Some(_) | None => return Err(OpenError::StrangeFile { file }),
        }
    }
    let Some(newest) = numbers.iter().copied().max() else {
        // A log that never came to be: its first file has no name yet.
        return Ok(None);
    };
    leftover.extend(numbers.into_iter().filter(|&number| number != newest).map(frame::name));
    Ok(Some((newest, leftover)))
}

/// Reads one file: its head, then frame by frame.
pub(super) fn file(
    file: &str,
    bytes: &[u8],
    number: u64,
    (branch, bank): (BranchId, u32),
) -> Result<(Origin, Contents), OpenError> {
    let damaged =
        |offset: usize, damage| OpenError::Damaged { file: file.to_owned(), offset: offset as u64, damage };
    let head = frame::read_head(bytes).map_err(|bad| match bad {
        BadHead::Damaged => damaged(0, Damage::Head),
        BadHead::Version(found) => OpenError::OtherVersion { file: file.to_owned(), found },
    })?;
    // The head is this file's, this branch's and this bank's.
    let Head { origin, number: named, bank: found } = head;
    if named != number {
        return Err(damaged(0, Damage::Number));
    }
    if origin.branch != branch {
        return Err(OpenError::OtherBranch { file: file.to_owned(), found: origin.branch, branch });
    }
    if found != bank {
        return Err(OpenError::OtherBank { file: file.to_owned() });
    }
    let mut records: Vec<Record> = Vec::new();
    let (mut at, mut base) = (frame::HEAD_LEN, frame::HEAD_LEN);
    while at < bytes.len() {
        let position = records.len() as u64;
        // A bad frame: damage, or the torn end.
        let Some(frame) = frame::decode(&bytes[at..]) else {
            // All files but the first begin with a checkpoint, which was complete before the file had its name.
            if position == 0 && number > 1 {
                return Err(damaged(at, Damage::Checkpoint));
            }
            if proves_synced_past(&bytes[at..], position) {
                return Err(damaged(at, Damage::Records));
            }
            break;
        };
        if frame.first != position {
            return Err(damaged(at, Damage::Order));
        }
        records.extend(frame.decode_records().ok_or_else(|| damaged(at, Damage::Encoding))?);
        at += frame.len;
        if position == 0 && matches!(records.first(), Some(Record::Checkpoint(_))) && records.len() == 1 {
            base = at;
        }
    }
    if number > 1 && base == frame::HEAD_LEN {
        return Err(damaged(frame::HEAD_LEN, Damage::Checkpoint));
    }
    // The rest is a torn end.
    let torn = (at < bytes.len()).then(|| Torn {
        file: file.to_owned(),
        offset: at as u64,
        bytes: (bytes.len() - at) as u64,
    });
    Ok((origin, Contents { records, len: at as u64, base: base as u64, torn }))
}

/// Whether a sound frame somewhere in `rest` proves that the log was synced past the record after `position`, with
/// which `rest` begins.
fn proves_synced_past(rest: &[u8], position: u64) -> bool {
    let starts = rest.windows(frame::MAGIC.len()).enumerate().filter(|(_, word)| **word == frame::MAGIC);
    let frames = starts.filter_map(|(at, _)| frame::decode(&rest[at..]));
    frames.into_iter().any(|frame| frame.synced > position)
}
