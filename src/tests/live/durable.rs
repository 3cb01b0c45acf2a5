//! Logs on disk: what was acknowledged is there again, and what cannot be made durable is not acknowledged.

use std::collections::BTreeMap;
use std::path::Path;

use readback::live::{ClusterOptions, DataOptions, DiskFault, DiskFaults};
use readback::model::{AccountId, BranchId, Operation, Time};
use readback::network;
use readback::session::{Outcome, Policy};

use super::bank::{Bank, options, written};
use super::customers::{SHARED, deposit, impatient, insisting, look, pay_in, perform};

const WRITES: u32 = 50;
const ALWAYS: (Time, Time) = (Time(0), Time(u64::MAX));

fn durable(dir: &Path, group_max: usize, faults: BTreeMap<BranchId, DiskFaults>) -> ClusterOptions {
    let data = Some(DataOptions { dir: dir.to_owned(), group_max, faults });
    ClusterOptions { data, ..options(2, 1, 0, network::perfect()) }
}

/// Gives up at once.
fn hasty() -> Policy {
    Policy { attempts_max: 1, ..impatient() }
}

#[test]
fn a_cluster_that_is_started_again_has_every_write_and_goes_on_counting() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut all = 0;
    for (round, group_max) in [1, 4096, 3].into_iter().enumerate() {
        let bank = Bank::start(durable(folder.path(), group_max, BTreeMap::new()));
        let recovered: Vec<u64> =
            bank.handles().map(|branch| branch.recovery().map_or(0, |recovery| recovery.records)).collect();
        assert_eq!(recovered, [all; 2], "in round {round}");
        bank.live(async {
            let mut customer = bank.customer(insisting());
            for write in 0..WRITES {
                let dot = pay_in(&mut customer, 1 + write % 2, 1).await;
                assert_eq!(dot.counter, all / 2 + u64::from(write / 2) + 1, "no counter twice");
            }
            let (balance, _) = look(&mut customer, 1).await;
            all += u64::from(WRITES);
            assert_eq!(balance, all as i64);
            let (balance, witness) = look(&mut customer, 2).await;
            assert_eq!(balance, all as i64);
            assert_eq!(witness, written([&customer]));
        });
    }
}

#[test]
fn a_full_disk_refuses_writes_answers_reads_and_works_again_once_it_has_room() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let faults = DiskFaults::default();
    let bank = Bank::start(durable(folder.path(), 4096, BTreeMap::from([(BranchId(1), faults.clone())])));
    bank.live(async {
        let mut customer = bank.customer(insisting());
        pay_in(&mut customer, 1, 1).await;
        faults.add(ALWAYS.0, ALWAYS.1, DiskFault::Full);
        // The first finds the disk full only when it is on its way there, and waits for room.
        let mut refused = None;
        for _ in 0..WRITES {
            let completion = perform(&mut bank.customer(hasty()), 1, deposit(SHARED, 1)).await;
            let text = format!("{completion:?}");
            assert!(matches!(completion.outcome, Outcome::Info(_)), "{text}");
            if text.contains("DiskFull") {
                refused = Some(text);
                break;
            }
        }
        assert!(refused.is_some(), "no write was refused because the disk is full");
        assert_eq!(look(&mut customer, 1).await.0, 1, "reads are answered");
        let dot = pay_in(&mut customer, 2, 1).await;
        faults.clear();
        pay_in(&mut customer, 1, 1).await;
        let (balance, witness) = look(&mut customer, 1).await;
        assert!(balance >= 3 && witness.contains(dot), "{balance}, {witness:?}");
    });
}

#[test]
fn a_branch_whose_sync_fails_ends_and_has_acknowledged_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let faults = DiskFaults::default();
    let bank = Bank::start(durable(folder.path(), 4096, BTreeMap::from([(BranchId(1), faults.clone())])));
    bank.live(async {
        let mut customer = bank.customer(hasty());
        pay_in(&mut customer, 1, 1).await;
        faults.add(ALWAYS.0, ALWAYS.1, DiskFault::FailingSync);
        let completion = perform(&mut customer, 1, deposit(SHARED, 1)).await;
        assert!(matches!(completion.outcome, Outcome::Info(_)), "{completion:?}");
        let mut failure = bank.branch(1).failure();
        let reason = failure.wait_for(Option::is_some).await.expect("the branch says why").clone();
        assert!(reason.is_some_and(|reason| reason.contains("input/output error")));
        let after = perform(&mut customer, 1, Operation::Query { account: AccountId(0) }).await;
        assert!(matches!(after.outcome, Outcome::Fail(_)), "it serves no customer: {after:?}");
        assert_eq!(look(&mut bank.customer(insisting()), 2).await.0, 1, "the other branch goes on");
    });
}
