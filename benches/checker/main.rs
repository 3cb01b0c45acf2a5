//! How fast is a trial judged? Histories of about 10^4, 10^5 and 10^6 events, made here by a bank without faults.
//!
//! Three branches, 64 sessions in turns, accounts of all families, half of the operations reads, all four guarantees
//! promised. The bank is one store: every write is at every branch at once, so the history is valid, and every rule has
//! something to look at. An operation is two events, and a write one more for each branch.
//!
//! | id | one iteration |
//! |---|---|
//! | `checker/load/n` | a history of n operations, from its compressed bytes into memory |
//! | `checker/judge/n` | the verdict on it |
//! | `checker/instant/n` | the verdict on one all of whose events share an instant |
//!
//! The last two are to be as fast as each other: what coincides in time costs nothing more. Throughput
//! counts events. A verdict other than `valid` ends the run with an error.

mod bank;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use readback::checker;
use readback::history::{History, Reader};
use readback::results::Verdict;

use crate::bank::Bank;

/// Operations; three and a half events each.
const OPERATIONS: [u64; 3] = [3_000, 30_000, 300_000];

/// Between two events.
const TICK_NS: u64 = 1_000;

/// Of a run that only shows that everything works.
const FEW: [u64; 1] = [OPERATIONS[0]];

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
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(3))
        .sample_size(10)
        .configure_from_args();
    let given = |flag: &str| std::env::args().any(|argument| argument == flag);
    let operations = if given("--bench") && !given("--test") { &OPERATIONS[..] } else { &FEW };
    let mut group = criterion.benchmark_group("checker");
    group.sampling_mode(SamplingMode::Flat);
    for &operations in operations {
        let bank = Bank::new(operations, TICK_NS)?;
        let (bytes, events) = bank.history()?;
        let load =
            || -> Result<History, Box<dyn Error>> { Ok(History::load(Reader::new(bytes.as_slice())?)?) };
        let history = load()?;
        group.throughput(Throughput::Elements(events));
        group.bench_function(BenchmarkId::new("load", operations), |b| {
            b.iter(|| load().expect("it has been loaded before"));
        });
        let instant = Bank::new(operations, 0)?.history()?.0;
        let instant = History::load(Reader::new(instant.as_slice())?)?;
        for (name, history) in [("judge", &history), ("instant", &instant)] {
            group.bench_function(BenchmarkId::new(name, operations), |b| {
                b.iter(|| {
                    let judgement = checker::judge(history, bank.accounts());
                    assert_eq!(judgement.verdict, Verdict::Valid, "the bank is sound: {judgement:#?}");
                });
            });
        }
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}
