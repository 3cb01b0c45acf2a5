//! The bytes of a log's file. All numbers are little-endian.
//!
//! ```text
//! head:  "readback" | version u32 | branch u32 | started_at u64 | nonce u64 | number u64 |
//!        bank u32 | crc32 u32
//! frame: "rbfr" | length of the body u32 | crc32 of the body u32 | body
//! body:  position of the first record u64 | synced up to u64 | count u32 | records (postcard)
//! ```

use crate::model::{BranchId, Incarnation, Origin, Record};

/// The version of the format.
pub(super) const VERSION: u32 = 1;

const HEAD_MAGIC: &[u8; 8] = b"readback";
pub(super) const HEAD_LEN: usize = 48;

pub(super) const MAGIC: [u8; 4] = *b"rbfr";
const PREFIX_LEN: usize = 12;
const BODY_LEAST: usize = 20;

/// The content of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub origin: Origin,
    pub number: u64,
    /// The fingerprint of the initial balances.
    pub bank: u32,
}

/// A frame whose checksum is right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub first: u64,
    pub synced: u64,
    pub count: u32,
    pub records: &'a [u8],
    /// Bytes of the whole frame.
    pub len: usize,
}

/// Why there is no head to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadHead {
    Damaged,
    Version(u32),
}

/// The name of a complete file.
pub(super) fn name(number: u64) -> String {
    format!("{number:016}.log")
}

/// The name of a file that is not yet complete.
pub(super) fn draft(number: u64) -> String {
    format!("{number:016}.new")
}

/// The bytes of a head.
pub(super) fn head(head: &Head) -> Vec<u8> {
    let Head { origin: Origin { branch, incarnation }, number, bank } = head;
    let mut bytes = HEAD_MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(branch.0.to_le_bytes());
    [incarnation.started_at, incarnation.nonce, *number].iter().for_each(|n| bytes.extend(n.to_le_bytes()));
    bytes.extend(bank.to_le_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// The head at the beginning of a file.
pub(super) fn read_head(bytes: &[u8]) -> Result<Head, BadHead> {
    let head = bytes.get(..HEAD_LEN).ok_or(BadHead::Damaged)?;
    let (content, crc) = head.split_at(HEAD_LEN - 4);
    // Another version may have another head: its number is read before anything is made of the rest.
    if &head[..8] == HEAD_MAGIC && u32_at(head, 8) != VERSION {
        return Err(BadHead::Version(u32_at(head, 8)));
    }
    if &head[..8] != HEAD_MAGIC || crc32fast::hash(content) != u32_at(crc, 0) {
        return Err(BadHead::Damaged);
    }
    let incarnation = Incarnation { started_at: u64_at(head, 16), nonce: u64_at(head, 24) };
    let origin = Origin { branch: BranchId(u32_at(head, 12)), incarnation };
    Ok(Head { origin, number: u64_at(head, 32), bank: u32_at(head, 40) })
}

/// The bytes of a frame.
///
/// # Panics
///
/// If the records take 4 GiB or more.
pub(super) fn encode(first: u64, synced: u64, records: &[Record]) -> Vec<u8> {
    let mut bytes = vec![0; PREFIX_LEN];
    bytes.extend(first.to_le_bytes());
    bytes.extend(synced.to_le_bytes());
    bytes.extend(u32::try_from(records.len()).expect("a group is bounded").to_le_bytes());
    for record in records {
        bytes = postcard::to_extend(record, bytes).expect("memory takes all bytes");
    }
    let body = &bytes[PREFIX_LEN..];
    let (len, crc) = (u32::try_from(body.len()).expect("a frame is below 4 GiB"), crc32fast::hash(body));
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..8].copy_from_slice(&len.to_le_bytes());
    bytes[8..12].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The frame that begins where `bytes` do, if a sound one does.
pub(super) fn decode(bytes: &[u8]) -> Option<Frame<'_>> {
    let prefix = bytes.get(..PREFIX_LEN)?;
    let len = usize::try_from(u32_at(prefix, 4)).ok().filter(|&len| len >= BODY_LEAST)?;
    let body = bytes.get(PREFIX_LEN..PREFIX_LEN.checked_add(len)?)?;
    if prefix[..4] != MAGIC || crc32fast::hash(body) != u32_at(prefix, 8) {
        return None;
    }
    Some(Frame {
        first: u64_at(body, 0),
        synced: u64_at(body, 8),
        count: u32_at(body, 16),
        records: &body[BODY_LEAST..],
        len: PREFIX_LEN + len,
    })
}

impl Frame<'_> {
    /// Its records; `None` if the bytes are none, or more.
    pub fn decode_records(&self) -> Option<Vec<Record>> {
        let mut rest = self.records;
        let mut records = Vec::new();
        for _ in 0..self.count {
            let (record, left) = postcard::take_from_bytes(rest).ok()?;
            records.push(record);
            rest = left;
        }
        rest.is_empty().then_some(records)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
