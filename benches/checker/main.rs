//! How fast is a trial judged? Histories of 10^4, 10^5 and 10^6 operations, made here by a bank without faults.
//!
//! Three branches, 64 sessions in turns, accounts of all families, half of the operations reads, all four guarantees
//! promised. The bank is one store: every write is at every branch at once, so the history is valid, and every rule has
//! something to look at. Each row is a history that is loaded from its bytes and judged so many times; the fastest is
//! told, since whatever else the machine does can only add to it.
//!
//! * **events**: lines of the history; an operation has two, and a write one more for each branch;
//! * **load s**: from the compressed bytes to the history in memory, once;
//! * **judge s**: `checker::judge`, the fastest of the repetitions;
//! * **events/s**, **ops/s**: of judging.
//!
//! A verdict other than `valid` ends the run with an error. `cargo bench --bench checker -- --help` lists the options.

mod bank;

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use readback::checker;
use readback::history::{History, Reader};
use readback::results::Verdict;

use crate::bank::Bank;

/// Times in which histories of different lengths are judged.
#[derive(Debug, Parser)]
#[command(name = "checker")]
struct Arguments {
    /// The longest history, in operations; each before it has a tenth
    #[arg(long, default_value_t = 1_000_000)]
    operations: u64,
    /// How many histories, each ten times as long as the one before
    #[arg(long, default_value_t = 3)]
    rows: u32,
    /// How often each is judged
    #[arg(long, default_value_t = 3)]
    repetitions: u32,
    /// Given by `cargo bench`; without it, or with --test, one short history shows that everything works
    #[arg(long)]
    bench: bool,
    /// Judge next to nothing
    #[arg(long)]
    test: bool,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if !arguments.bench || arguments.test {
        arguments = Arguments { operations: 2_000, rows: 1, repetitions: 1, ..arguments };
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
    println!(
        "{:>10} {:>10} {:>8} {:>8} {:>10} {:>10}",
        "ops", "events", "load s", "judge s", "events/s", "ops/s"
    );
    for row in (0..arguments.rows).rev() {
        let operations = arguments.operations / 10_u64.pow(row);
        let bank = Bank::new(operations)?;
        let (bytes, events) = bank.history()?;
        let began = Instant::now();
        let history = History::load(Reader::new(bytes.as_slice())?)?;
        let loaded = began.elapsed();
        let judged =
            (0..arguments.repetitions).map(|_| judge(&history, &bank)).collect::<Result<Vec<_>, _>>()?;
        let judged = judged.into_iter().min().unwrap_or_default().as_secs_f64();
        let operations = history.operations.len();
        let per_second = |count: f64| count / judged;
        println!(
            "{operations:>10} {events:>10} {:>8.2} {judged:>8.2} {:>10.0} {:>10.0}",
            loaded.as_secs_f64(),
            per_second(events as f64),
            per_second(operations as f64),
        );
    }
    Ok(())
}

fn judge(history: &History, bank: &Bank) -> Result<Duration, String> {
    let began = Instant::now();
    let judgement = checker::judge(history, bank.accounts());
    let took = began.elapsed();
    match judgement.verdict {
        Verdict::Valid => Ok(took),
        Verdict::Unknown | Verdict::Violated => Err(format!("the bank is sound: {judgement:#?}")),
    }
}
