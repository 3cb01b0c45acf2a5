//! Logs that were interrupted and damaged in every way that a disk knows.

mod crashes;
mod damage;

use super::{Disk, Log, MemoryDisk, OpenError, Opened};
use crate::model::{
    AccountId, Amount, BranchId, Checkpoint, Incarnation, Origin, Record, Refusal, RequestId, SessionId,
    Snapshot, VersionVector, Write, WriteKind,
};

pub const BRANCH: BranchId = BranchId(3);
pub const BANK: u32 = 17;

pub fn origin() -> Origin {
    Origin { branch: BRANCH, incarnation: Incarnation { started_at: 5, nonce: 9 } }
}

/// The `number`-th record of a log: of every kind in turn, and different from all others.
pub fn record(number: u64) -> Record {
    let request = RequestId { session: SessionId { opened_at: number, nonce: 1 }, number };
    match number % 5 {
        0 => Record::Refused { request, refusal: Refusal::InsufficientFunds },
        1 => Record::Forgotten { up_to: request.session },
        2 => Record::Snapshot(Snapshot {
            applied: [(origin(), number)].into_iter().collect(),
            balances: vec![(AccountId(number), i128::from(number) - (1 << 80))],
            kept: vec![write(number)],
        }),
        3 | 4 => Record::Write(write(number)),
        _ => unreachable!("a remainder of five"),
    }
}

fn write(number: u64) -> Write {
    Write {
        dot: origin().dot(number),
        request: RequestId { session: SessionId { opened_at: number, nonce: 2 }, number },
        account: AccountId(number % 7),
        kind: if number.is_multiple_of(2) { WriteKind::Deposit } else { WriteKind::Withdraw },
        amount: Amount::new(number + 1).expect("a positive amount"),
        after: VersionVector::new(),
    }
}

/// A record that sums up the first `count` records.
pub fn checkpoint(count: u64) -> Record {
    let request = RequestId { session: SessionId { opened_at: count, nonce: 3 }, number: count };
    let answers = vec![
        (request, Some(Ok(origin().dot(count)))),
        (request, Some(Err(Refusal::Overflow))),
        (request, None),
    ];
    Record::Checkpoint(Checkpoint { answers, forgotten: Some(request.session), ..Checkpoint::default() })
}

pub fn created() -> Log<MemoryDisk> {
    Log::create(MemoryDisk::default(), origin(), BANK).expect("the disk takes everything")
}

/// The log of a disk, and its content.
pub fn recovered<D: Disk + std::fmt::Debug>(disk: D) -> Result<(Log<D>, super::LogContents), OpenError> {
    match Log::open(disk, BRANCH, BANK)? {
        Opened::Log(log, found) => Ok((log, found)),
        Opened::Empty(disk) => panic!("there is no log on {disk:?}"),
    }
}

#[test]
fn what_was_appended_and_synced_comes_back_and_goes_on() {
    let mut log = created();
    let mut expected = Vec::new();
    for group in [1, 7, 20, 2_u64] {
        let from = expected.len() as u64;
        let records: Vec<Record> = (from..from + group).map(record).collect();
        log.append(&records).unwrap();
        log.sync().unwrap();
        expected.extend(records);
        let (again, found) = recovered(log.into_disk()).unwrap();
        assert_eq!((&found.records, found.incarnation, found.torn), (&expected, origin().incarnation, None));
        log = again;
    }
}

#[test]
fn a_checkpoint_takes_the_place_of_what_was_before_and_of_its_bytes() {
    let mut log = created();
    log.set_checkpoint_least(1_000);
    for number in 0..100 {
        log.append(&[record(number)]).unwrap();
        log.sync().unwrap();
    }
    assert!(log.wants_checkpoint());
    let before = log.bytes();
    log.checkpoint(&checkpoint(100)).unwrap();
    assert!(!log.wants_checkpoint() && log.bytes() < before / 10);
    log.append(&[record(100)]).unwrap();
    log.sync().unwrap();
    let (mut log, found) = recovered(log.into_disk()).unwrap();
    assert_eq!(found.records, [checkpoint(100), record(100)]);
    assert_eq!(log.disk_mut().files().unwrap(), ["0000000000000002.log"]);
}

#[test]
fn files_that_a_crash_left_over_are_gone_once_the_log_is_open() {
    let mut log = created();
    log.append(&[record(0)]).unwrap();
    log.sync().unwrap();
    let old = log.disk_mut().read("0000000000000001.log").unwrap();
    log.checkpoint(&checkpoint(1)).unwrap();
    let mut disk = log.into_disk();
    // A crash between the new file and the removal of the old one, and in the middle of a draft.
    disk.append("0000000000000001.log", &old).unwrap();
    disk.append("0000000000000003.new", &old[..20]).unwrap();
    let (mut log, found) = recovered(disk).unwrap();
    assert_eq!(found.records, [checkpoint(1)]);
    assert_eq!(log.disk_mut().files().unwrap(), ["0000000000000002.log"]);
}

#[test]
fn a_full_disk_leaves_the_log_as_it_was_and_a_failed_sync_spoils_it() {
    let mut log = created();
    log.append(&[record(0)]).unwrap();
    log.sync().unwrap();
    log.disk_mut().set_full(true);
    let error = log.append(&[record(1)]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    log.disk_mut().set_full(false);
    log.append(&[record(2)]).unwrap();
    log.disk_mut().set_failing_sync(true);
    log.sync().unwrap_err();
    log.disk_mut().set_failing_sync(false);
    let spoilt = |error: std::io::Error| assert!(error.to_string().contains("spoilt"), "{error}");
    spoilt(log.sync().unwrap_err());
    spoilt(log.append(&[record(3)]).unwrap_err());
    spoilt(log.checkpoint(&checkpoint(1)).unwrap_err());
    let (_, found) = recovered(log.into_disk()).unwrap();
    assert_eq!(found.records, [record(0), record(2)], "what the system had taken is there after all");
}

#[test]
fn a_log_that_is_not_this_branch_s_is_refused_with_its_name() {
    let mut log = created();
    log.append(&[record(0)]).unwrap();
    log.sync().unwrap();
    let disk = log.into_disk();
    let refused = |disk, branch, bank| Log::<MemoryDisk>::open(disk, branch, bank).unwrap_err().to_string();
    assert_eq!(
        refused(disk.clone(), BranchId(4), BANK),
        "0000000000000001.log is the log of branch 3, and this is branch 4; name this one's directory"
    );
    assert!(refused(disk.clone(), BRANCH, 1).contains("other accounts or initial balances"));
    let mut strange = disk.clone();
    strange.append("notes.txt", b"").unwrap();
    assert!(refused(strange, BRANCH, BANK).contains("notes.txt is not part of a log"));
    let mut bytes = disk.read("0000000000000001.log").unwrap();
    bytes[8] = 9;
    let mut newer = MemoryDisk::default();
    newer.append("0000000000000001.log", &bytes).unwrap();
    assert!(refused(newer, BRANCH, BANK).contains("has format version 9, and this program knows version 1"));
    assert!(matches!(Log::open(MemoryDisk::default(), BRANCH, BANK), Ok(Opened::Empty(_))));
}
