//! What does a message's fate cost, and how late is the timer that carries the fates out?
//!
//! **Fates.** One iteration is one decision, about one of many messages that come from everywhere in turns:
//! requests and replies of 64 customers, runs and acks among the branches, one every ten microseconds of
//! virtual time. Naming the message is inside of each figure; `fate/perfect` holds little else.
//!
//! | id | the network |
//! |---|---|
//! | `fate/perfect` | everything arrives at once |
//! | `fate/constant` | a plan of one rule: everything takes 20 ms |
//! | `fate/lossy` | Pareto's delays, loss in bursts, copies, an open window that slows one branch's links |
//! | `fate/fifo` | a uniform delay, and nothing overtakes on a link |
//! | `fate/geo` | branches and customers in all 14 regions of the published table `aws-2020` |
//!
//! **The delay timer.** In a live trial the receiver of a message holds it until its delay is over, so a
//! delay is as exact as the timer is. The table after the fates has a row for each span and timer; 1,000
//! waits of that span are made one at a time, on a single-threaded runtime as a branch has it.
//!
//! * **late p50, p99, max**: microseconds from the end of the span to when the task ran on. It adds to the
//!   drawn delay, and is part of a trial's injection error;
//! * **CPU/wait**: microseconds of processor time that the process used for one wait, which a branch with
//!   many messages on the way pays for each of them, if they do not come due together.
//!
//! `alarm` is the crate's own, on Linux a timerfd; `tokio` is `tokio::time::sleep`, which counts in
//! milliseconds and rounds up: the lateness of a delay without a timer of one's own.
//!
//! **Caveats.** The table is about this machine when nothing else runs: while a branch works its timer waits
//! its turn, and virtual machines wake up late. With `--list`, or with a filter other than `timer`, there is
//! no table; with `--test` there are a few waits.

mod plans;
#[path = "../branch/settings.rs"]
mod settings;
mod timers;
mod traffic;

use std::hint::black_box;
use std::process::ExitCode;

use criterion::{Criterion, Throughput};

use crate::traffic::Traffic;

fn main() -> ExitCode {
    let mut criterion = settings::criterion();
    fates(&mut criterion);
    criterion.final_summary();
    match timers::print_table() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fate");
    group.throughput(Throughput::Elements(1));
    for (name, branches, network) in plans::all() {
        let mut traffic = Traffic::new(branches);
        group.bench_function(name, |b| b.iter(|| network.fate(&black_box(traffic.next()))));
    }
    group.finish();
}
