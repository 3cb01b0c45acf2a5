//! What does it take to make records durable? A branch's log on this machine's disk, by the size of its groups.
//!
//! Each row appends so many records at a time and syncs once, as a branch does with what has gathered while the sync
//! before was under way, until some time is over. Beside it stands the floor: a block of 512 bytes and one sync,
//! again and again. Where the temporary directory is in memory the figures say nothing of disks: let TMPDIR name a
//! real one.
//!
//! * **syncs/s**, **records/s**: as many as were durable in that time;
//! * **bare syncs/s**, **of bare**: the device alone, just before the row, and the log's syncs as a share of it;
//! * **bytes/record**: in the file, with the frames' own.
//!
//! `cargo bench --bench log -- --help` lists the options.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use readback::live::{DiskFaults, FileDisk, bare_syncs_per_s};
use readback::log::{self, Log};
use readback::model::{
    AccountId, Amount, BranchId, Incarnation, Origin, Record, RequestId, SessionId, VersionVector, Write,
    WriteKind,
};

/// Records made durable in groups of different sizes.
#[derive(Debug, Parser)]
#[command(name = "log")]
struct Arguments {
    /// How many records each sync covers, a row each
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,512")]
    groups: Vec<u64>,
    /// Seconds of each row
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Given by `cargo bench`; without it, or with --test, a moment shows that everything works
    #[arg(long)]
    bench: bool,
    /// Write next to nothing
    #[arg(long)]
    test: bool,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if !arguments.bench || arguments.test {
        arguments.seconds = 0.05;
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    println!(
        "{:>12} {:>10} {:>12} {:>13} {:>9} {:>13}",
        "records/sync", "syncs/s", "records/s", "bare syncs/s", "of bare", "bytes/record"
    );
    for &group in &arguments.groups {
        // Before each row: disks that are shared change their pace.
        let bare = bare_syncs_per_s(folder.path())?;
        let disk = FileDisk::take(&folder.path().join(group.to_string()), DiskFaults::default())?;
        let mut log = Log::create(disk, origin(), log::bank(&[0]))?;
        let (empty, began, span) = (log.bytes(), Instant::now(), Duration::from_secs_f64(arguments.seconds));
        let mut syncs = 0;
        while began.elapsed() < span {
            let records: Vec<Record> = (syncs * group..(syncs + 1) * group).map(record).collect();
            log.append(&records)?;
            log.sync()?;
            syncs += 1;
        }
        let (rate, records) = (syncs as f64 / began.elapsed().as_secs_f64(), syncs * group);
        println!(
            "{group:>12} {rate:>10.0} {:>12.0} {bare:>13.0} {:>9.2} {:>13.1}",
            rate * group as f64,
            rate / bare,
            (log.bytes() - empty) as f64 / records as f64,
        );
    }
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
