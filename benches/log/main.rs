//! What does it take to make records durable? A branch's log on this machine's disk, by the size of its groups.
//!
//! | id | one iteration |
//! |---|---|
//! | `log/append/n` | n records are appended, and synced once, as a branch does with what has gathered meanwhile |
//! | `log/bare/before n` | the floor, just before: a block of 512 bytes is written and synced |
//!
//! Throughput counts records. Where the temporary directory is in memory the figures say nothing of disks: let TMPDIR
//! name a real one. Disks that are shared change their pace, so each row has a floor of its own.

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use readback::live::{DiskFaults, FileDisk};
use readback::log::{self, Log};
use readback::model::{
    AccountId, Amount, BranchId, Incarnation, Origin, Record, RequestId, SessionId, VersionVector, Write,
    WriteKind,
};

/// Records that one sync covers.
const GROUPS: [u64; 4] = [1, 8, 64, 512];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .nresamples(10_000)
        .configure_from_args();
    let folder = tempfile::tempdir()?;
    let mut group = criterion.benchmark_group("log");
    for records in GROUPS {
        let mut bare = tempfile::tempfile_in(folder.path())?;
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("bare", format!("before {records}")), |b| {
            b.iter(|| bare.write_all(&[0; 512]).and_then(|()| bare.sync_data()).expect("the disk has room"));
        });
        let disk = FileDisk::take(&folder.path().join(records.to_string()), DiskFaults::default())?;
        let mut log = Log::create(disk, origin(), log::bank(&[0]))?;
        let mut appended = 0;
        group.throughput(Throughput::Elements(records));
        group.bench_function(BenchmarkId::new("append", records), |b| {
            let group = || {
                appended += records;
                (appended - records..appended).map(record).collect::<Vec<Record>>()
            };
            let append = |group: Vec<Record>| {
                log.append(&group).and_then(|()| log.sync()).expect("the disk has room");
            };
            b.iter_batched(group, append, BatchSize::PerIteration);
        });
        assert!(appended == 0 || log.bytes() > appended, "each record takes a byte at least");
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}

fn origin() -> Origin {
    Origin { branch: BranchId(1), incarnation: Incarnation { started_at: 1 << 60, nonce: 1 << 62 } }
}

/// As a customer's deposit is logged.
fn record(number: u64) -> Record {
    Record::Write(Write {
        dot: origin().dot(number + 1),
        request: RequestId { session: SessionId { opened_at: 1 << 60, nonce: 1 << 63 }, number },
        account: AccountId(number % 100),
        kind: WriteKind::Deposit,
        amount: Amount::new(number % 10_000 + 1).expect("a positive amount"),
        after: VersionVector::new(),
    })
}
