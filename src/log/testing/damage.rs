//! Bytes that changed behind the log's back: the acknowledged prefix comes back, or the error names the place.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{BANK, BRANCH, checkpoint, created, record, recovered};
use crate::log::{Damage, Disk, Log, MemoryDisk, OpenError, Opened};
use crate::model::Record;

const FILE: &str = "0000000000000001.log";
const SECOND: &str = "0000000000000002.log";

/// A log of groups of these sizes, each synced: its bytes, and for each group where it ends and how many records there
/// are by then. The marks are written behind the ends.
fn written(groups: &[u64]) -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut log = created();
    let mut ends = vec![(log.bytes() as usize, 0)];
    let mut count = 0;
    for &group in groups {
        let records: Vec<Record> = (count..count + group).map(record).collect();
        log.append(&records).unwrap();
        count += group;
        ends.push((log.bytes() as usize, count as usize));
        log.sync().unwrap();
    }
    (log.into_disk().read(FILE).unwrap(), ends)
}

fn opened(file: &str, bytes: &[u8]) -> Result<Vec<Record>, OpenError> {
    let mut disk = MemoryDisk::default();
    disk.append(file, bytes).unwrap();
    recovered(disk).map(|(_, found)| found.records)
}

fn records(count: usize) -> Vec<Record> {
    (0..count as u64).map(record).collect()
}

#[test]
fn a_log_that_was_cut_anywhere_has_every_group_that_is_whole() {
    let (bytes, ends) = written(&[1, 3, 2]);
    for cut in ends[0].0..=bytes.len() {
        let whole = ends.iter().rev().find(|&&(end, _)| end <= cut).unwrap().1;
        assert_eq!(opened(FILE, &bytes[..cut]).unwrap(), records(whole), "cut at {cut}");
    }
    for cut in 0..ends[0].0 {
        let error = opened(FILE, &bytes[..cut]).unwrap_err().to_string();
        assert!(
            error.starts_with("0000000000000001.log at byte 0: the head is damaged"),
            "cut at {cut}: {error}"
        );
    }
}

#[test]
fn a_bit_that_flipped_in_what_was_synced_is_refused_with_its_place() {
    let (bytes, ends) = written(&[2, 1, 3]);
    let synced = ends.last().unwrap().0;
    for bit in 0..8 * bytes.len() {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match opened(FILE, &bytes) {
            // Only the last mark may be lost: nothing hangs on it.
            Ok(found) => assert!(bit / 8 >= synced && found == records(6), "bit {bit}"),
            Err(OpenError::Damaged { offset, .. }) => {
                assert!(offset <= bit as u64 / 8, "bit {bit}: {offset}")
            }
            Err(OpenError::OtherVersion { .. }) => assert!((8..12).contains(&(bit / 8)), "bit {bit}"),
            Err(other) => panic!("bit {bit}: {other}"),
        }
    }
}

/// Every frame is sound by itself: only its position says that it is not where it belongs.
#[test]
fn whole_frames_in_another_order_are_refused_with_their_place() {
    let (bytes, ends) = written(&[2, 1, 1, 3]);
    let [head, first, second, third] = [0, 1, 2, 3].map(|group| ends[group].0);
    // A frame and the mark before it.
    let (one, other) = (&bytes[first..second], &bytes[second..third]);
    let (before, behind) = (&bytes[..first], &bytes[third..]);
    let rows = [
        ("swapped", [before, other, one, behind].concat()),
        ("twice", [before, one, one, other, behind].concat()),
        ("left out", [before, other, behind].concat()),
        ("the first is not the first", [&bytes[..head], one, other, behind].concat()),
    ];
    for (name, bytes) in rows {
        match opened(FILE, &bytes) {
            Err(OpenError::Damaged { damage: Damage::Order, offset, .. }) => {
                assert!(offset >= head as u64 && offset < third as u64, "{name}: byte {offset}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(
        opened(FILE, &[before, one, other, behind].concat()).unwrap(),
        records(7),
        "as it was written"
    );
}

#[test]
fn a_checkpoint_that_is_damaged_is_refused_however_little_follows() {
    let mut log = created();
    log.checkpoint(&checkpoint(0)).unwrap();
    let bytes = log.into_disk().read(SECOND).unwrap();
    assert_eq!(opened(SECOND, &bytes).unwrap(), [checkpoint(0)]);
    for at in 48..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert!(matches!(opened(SECOND, &damaged), Err(OpenError::Damaged { offset: 48, .. })), "byte {at}");
        assert!(
            matches!(opened(SECOND, &bytes[..at]), Err(OpenError::Damaged { offset: 48, .. })),
            "cut at {at}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Blocks zeroed, bytes changed, garbage behind: what comes back is a prefix that holds all that was synced before
    /// the damage began, or nothing comes back.
    #[test]
    fn whatever_happens_to_the_bytes_no_record_is_invented(
        groups in vec(1_u64..6, 1..8),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        zeroed in prop::option::of(any::<prop::sample::Index>()),
        garbage in vec(any::<u8>(), 0..64),
    ) {
        let (sound, ends) = written(&groups);
        let mut bytes = sound.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(block) = zeroed {
            let block = block.index(bytes.len().div_ceil(64)) * 64;
            let end = (block + 64).min(bytes.len());
            bytes[block..end].fill(0);
        }
        bytes.extend(garbage);
        let first_damaged = sound.iter().zip(&bytes).position(|(one, other)| one != other).unwrap_or(sound.len());
        let whole = ends.iter().rev().find(|&&(end, _)| end <= first_damaged).map_or(0, |&(_, count)| count);
        if let Ok(found) = opened(FILE, &bytes) {
            prop_assert!(found.len() >= whole, "{} of {whole} records", found.len());
            prop_assert_eq!(&found, &records(found.len()));
        }
    }

    #[test]
    fn bytes_that_are_no_log_are_refused_and_nothing_panics(bytes in vec(any::<u8>(), 0..300), second: bool) {
        let (file, mut framed) = if second { (SECOND, written(&[2]).0) } else { (FILE, written(&[2]).0) };
        framed.extend(&bytes);
        let mut disk = MemoryDisk::default();
        disk.append(file, &bytes).unwrap();
        prop_assert!(Log::open(disk, BRANCH, BANK).is_err());
        let mut disk = MemoryDisk::default();
        disk.append(file, &framed).unwrap();
        match Log::open(disk, BRANCH, BANK) {
            Ok(Opened::Log(_, found)) => prop_assert_eq!(found.records, records(2)),
            Ok(Opened::Empty(_)) => prop_assert!(false, "there is a file"),
            Err(error) => prop_assert!(second, "{}", error),
        }
    }
}
