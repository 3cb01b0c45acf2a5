//! What does a read of one's own writes cost over a bare RPC, when nothing is injected and no branch is behind?
//!
//! Three branches run in this process, each on a thread with a single-threaded runtime, over loopback. Beside them
//! runs the floor, a tonic service that does nothing (`echo`), on the same kind of thread and with the same
//! connection settings, in the same run. Clients share one more single-threaded runtime, and have two connections to
//! each server. The loop is closed: so many workers make one operation after another. The bench `floor` has the same
//! cases with server and load in processes of their own.
//!
//! | case | what one operation is |
//! |---|---|
//! | `echo` | a unary call whose messages have the sizes of the satisfied query's and its reply's |
//! | `echo tuned` | the same with the bank's codec and connections, and without tonic's routes |
//! | `query none` | a session that has written reads at one branch under the strategy `none`: no token, no wait |
//! | `query satisfied` | a session reads its own writes where they have arrived: a token is sent and dominated |
//! | `query waiting` | a read whose token names a write that leaves with it, at another branch: it is parked until |
//! | | that is replicated; the read alone is timed |
//! | `deposit` | a session writes at that branch; two others get the write |
//!
//! Each case runs once under criterion, with 1 and with 64 in flight, for comparison with an earlier run
//! (`--save-baseline`, `--baseline`). For the table cases take turns in rounds, forwards and backwards by turns, so
//! that drift of the machine meets all alike. Each turn is a warm-up of a tenth, and then a fixed count of operations.
//! Every table entry is the median over the rounds:
//!
//! * **parked %**: operations that had to wait at the branch;
//! * **ops/s**: operations by the time from the first one's beginning to the last one's end;
//! * **p50 to p99.9**: of the latencies of one turn, all of its operations, as the caller sees them. They are never
//!   pooled over rounds, so the entry is a median of quantiles. A quantile is printed only if a turn has ten operations
//!   above it;
//! * **CPU us/op**: CPU time of the whole process, clients and all servers, by operations. The time runs on until
//!   all branches have every write and know it, so a deposit's includes its replication;
//! * **to echo's**: the ratio to `echo` with as many in flight in the same round, and its interval: below six
//!   rounds their range, and from six on order statistics at 95 % or more.
//!
//! The second table is one session that writes 20,000 times, each time at the next branch, with all four guarantees:
//! each write carries the token, and waits until the one before has arrived. It answers whether a session's age
//! costs anything: the token has an entry per origin, not per write.
//!
//! **Caveats.** Clients and servers share the process and the cores, so nothing here is a capacity: a server on a
//! machine of its own does more. The log is volatile, so no deposit waits for a disk. A closed loop slows down with
//! the server and hides queues. Latencies with one in flight are mostly threads that wake up, and move with the
//! machine's idle states; ratios and CPU time move less.
//!
//! `cargo bench --bench rpc -- --help` lists the options.

mod bank;
mod echo;
mod grouped;
mod machine;
mod measured;
mod plan;
mod report;
mod rig;
mod session;
mod words;
mod worker;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;
use readback::live::Meter;

use crate::plan::{Arguments, Plan};
use crate::rig::{Lane, Rig};
use crate::words::progress;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match Plan::new(&arguments).map_err(Into::into).and_then(|plan| run(&arguments, &plan)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, plan: &Plan) -> Result<(), Box<dyn Error>> {
    println!("{}\n{}", machine::facts(), machine::command_line("rpc").join(" "));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rig = Rig::start(&runtime)?;
    if let Some(criterion) = arguments.criterion() {
        grouped::run(&rig, &runtime, plan, criterion);
    }
    let meter = Meter::start();
    if !plan.turns.is_empty() {
        let lanes = runtime.block_on(rounds(&rig, plan));
        println!("\n{}\n\n{}", about_lanes(&rig, plan), report::of_lanes(&lanes).trim_end());
    }
    if plan.session_writes > 0 {
        progress("one long session");
        let stretches = runtime.block_on(session::run(&rig, plan.session_writes));
        println!("\n{}\n\n{}", about_session(plan), report::of_session(&stretches).trim_end());
    }
    println!("\n{}", words::others(meter.share_of_others()));
    Ok(())
}

async fn rounds(rig: &Rig, plan: &Plan) -> Vec<Lane> {
    let mut lanes = Vec::new();
    for &turn in &plan.turns {
        lanes.push(rig.lane(turn).await);
    }
    for round in 0..plan.rounds {
        progress(&format!("round {} of {}", round + 1, plan.rounds));
        let forwards = round % 2 == 0;
        let mut order: Vec<&mut Lane> = lanes.iter_mut().collect();
        if !forwards {
            order.reverse();
        }
        for lane in order {
            lane.measure(rig, plan).await;
        }
    }
    lanes
}

fn about_lanes(rig: &Rig, plan: &Plan) -> String {
    let sizes = rig.sizes();
    let of_flights: Vec<String> = plan
        .turns
        .iter()
        .filter(|turn| **turn == turn.floor())
        .map(|&turn| format!("{} with {} in flight", plan.operations(turn), turn.in_flight.count()))
        .collect();
    format!(
        "medians over rounds: {}; operations per case and round: {}\n\
         bytes of an echo's and a satisfied query's message: request {}, reply {}",
        plan.rounds,
        of_flights.join(", "),
        sizes.request,
        sizes.reply,
    )
}

fn about_session(plan: &Plan) -> String {
    let branches = bank::BRANCHES.len();
    format!("one session's {} writes in turns at {branches} branches, all guarantees", plan.session_writes)
}
