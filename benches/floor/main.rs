//! How close does the guarded bank come to the floor, with server and load in processes of their own?
//!
//! The floor is a bare gRPC echo: a tonic service that does nothing, on the same kind of thread and over the same
//! connection settings as a branch, with messages of the size of a satisfied query and its reply. It runs in a
//! process of its own, three branches on three threads in another, and the load in this one, on one thread. All servers
//! are up all the time, and idle while it is not their turn.
//!
//! | case | what one operation is |
//! |---|---|
//! | `echo` | a bare unary call, as tonic makes it out of the box |
//! | `echo tuned` | the same with the bank's codec and connections, and without tonic's routes |
//! | `query none` | a session that has written reads at one branch under the strategy `none`: no token, no wait |
//! | `query satisfied` | a session reads its own writes where they have arrived: a token is sent and dominated |
//! | `query waiting` | a read whose token names a write that leaves with it, at another branch: it is parked until |
//! | | that is replicated; the read alone is timed |
//! | `deposit` | a session writes at that branch; two others get the write; logs are volatile |
//!
//! **Closed loop**: 1 worker, and then 64, each of which makes one operation after another. With 64 the machine is
//! saturated. **Open loop**: Poisson arrivals at half of what `query satisfied` reached with 64 in flight, at the same
//! rate for the echo; each takes a customer out of a pool of 256, and waits for one if all are busy. Latency counts
//! from the intended start, so that a server that stalls is not spared the arrivals of that time. The generator looks
//! for arrivals every 100 microseconds, which is in the latency, and spins in between: it keeps one core to itself.
//!
//! Cases take turns in rounds, forwards and backwards by turns (A B, B A), so that drift of the machine meets all
//! alike. A turn is a warm-up of a tenth, and then a fixed count of operations.
//!
//! * **ops/s**, **CPU us/op**: operations by elapsed time, and processor time of all processes by operations,
//!   replication included; in the open loop that of the servers alone;
//! * **p50 to p99.99**: medians over rounds of each round's own; printed if ten operations lie above it;
//! * **to echo's**: medians of ratios to the echo of the same round and load, with an interval: below six rounds their
//!   range, and from six on order statistics at 95 % or more.
//!
//! * **guarded to unguarded**: what a token costs that is dominated, by a comparison of its own in short slices, with a
//!   control: see `guard`. `--guard` makes that alone.
//!
//! With `--save` the figures go to `results/floor/START`: `floor.json`, a histogram of each turn in the form that
//! HdrHistogram's plotter reads, and two charts. `readback report results/floor/START` makes the README's section of
//! it. What the bench `branch` has said since this program was built goes there, too.
//!
//! **Caveats.** Three threads of branches, one of load and two cores: nothing here is a capacity. With one in flight,
//! latency is mostly cores that wake up, and moves with the machine's idle states. The throughput and
//! the processor time of `query waiting` are those of a read and a write.
//!
//! `cargo bench --bench floor -- --help` lists the options.

#[path = "../rpc/bank.rs"]
mod bank;
mod core;
#[path = "../rpc/echo.rs"]
mod echo;
mod guard;
mod lanes;
#[path = "../rpc/machine.rs"]
mod machine;
#[path = "../rpc/measured.rs"]
mod measured;
mod open;
mod saved;
mod server;
mod table;
#[path = "../rpc/words.rs"]
mod words;
#[path = "../rpc/worker.rs"]
mod worker;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use readback::measure::interval_over;

use crate::guard::Guard;
use crate::lanes::Plan;
use crate::server::Role;

/// Latency and throughput of the bank's calls beside those of a bare call, each server in a process of its own.
#[derive(Debug, Parser)]
#[command(name = "floor")]
struct Arguments {
    /// How often each lane is measured
    #[arg(long, default_value_t = 6, value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    rounds: u64,
    /// Operations of a turn with 1 in flight; with more in flight there are ten times as many
    #[arg(long, default_value_t = 10_000, value_parser = RangedU64ValueParser::<u64>::new().range(10..))]
    operations: u64,
    /// Only what the guarantee costs where nothing has to be waited for: guarded against unguarded queries
    #[arg(long, conflicts_with = "save")]
    guard: bool,
    /// Keep the figures, histograms and charts below results/floor
    #[arg(long)]
    save: bool,
    /// Where they are kept
    #[arg(long, default_value = "results", value_name = "DIR")]
    root: PathBuf,
    /// Given by `cargo bench`
    #[arg(long)]
    bench: bool,
    /// A handful of operations, to see that everything works
    #[arg(long)]
    test: bool,
    /// Be a server, until standard input ends
    #[arg(long, hide = true)]
    serve: Option<Role>,
    #[arg(long, hide = true, default_value_t = 0)]
    request_bytes: usize,
    #[arg(long, hide = true, default_value_t = 0)]
    reply_bytes: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let sizes = echo::Sizes { request: arguments.request_bytes, reply: arguments.reply_bytes };
    let ended = match arguments.serve {
        Some(role) => server::serve(role, sizes),
        None => run(&arguments),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let plan = match arguments.bench && !arguments.test {
        true => Plan { rounds: arguments.rounds, operations: arguments.operations },
        false => Plan { rounds: 1, operations: 20 },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if arguments.guard {
        let (Guard { satisfied, control }, share) = runtime.block_on(guard::alone(&plan))?;
        let ratios = table::guard(interval_over(&satisfied), interval_over(&control));
        println!("{}\n\n{ratios}\n\n{}", machine::facts(), words::others(share));
        return Ok(());
    }
    let race = runtime.block_on(lanes::run(&plan))?;
    let floor = saved::floor(&plan, &race);
    println!("{}\n\n{}", machine::facts(), table::text(&floor));
    if arguments.save {
        println!("saved in {}", saved::save(&arguments.root, &floor, &race)?.display());
    }
    Ok(())
}
