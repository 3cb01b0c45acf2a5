//! Do the intervals of stale rates hold their level, where reads depend on one another?
//!
//! Each set-up is simulated with a thousand seeds under `none`. The truth is the rate of all seeds together. The table
//! says in how many percent of the seeds the 95 % interval holds it, and the same of Wilson's interval for independent
//! reads. A set-up with several repetitions takes them from seeds of their own. The last columns are about seeds in
//! which no read was stale: how many there were, and in how many percent of these the truth exceeds the bound, which
//! takes the dependence of reads from the seed after them, as a run does from its control.
//!
//! `cargo bench --bench intervals` takes three minutes; `-- SEEDS` is another number of seeds, and `--test` a handful.

use std::ops::ControlFlow;
use std::thread;

use readback::experiment::{self, Overrides};
use readback::history::{History, Reader};
use readback::measure::{measure, stale_design_effect, stale_rate_of};
use readback::results::{Measures, Rate};
use readback::sim;

struct SetUp {
    name: &'static str,
    repetitions: u64,
    duration_s: u32,
    /// Cluster, workload and network.
    text: &'static str,
}

const BASE: &str = "question = \"Does the interval hold its level?\"\n\
    [run]\nsubstrate = \"sim\"\nrepetitions = 1\nwarm_up_s = 0.2\nduration_s = DURATION\n\
    [guarantee]\nread_your_writes = true\nstrategy = [\"none\"]\n";

const EXPONENTIAL: &str = "[cluster]\nbranches = 3\n\
    [workload]\narrival = { poisson_per_s = 500 }\nsessions = 32\n\
    [network.between_branches]\ndelay = { exponential = { mean_ms = 20 } }\n";

const FOUR: &str = "[cluster]\nbranches = 3\n\
    [workload]\narrival = { poisson_per_s = 500 }\nsessions = 4\n\
    [network.between_branches]\ndelay = { exponential = { mean_ms = 20 } }\n";

const LOG_NORMAL: &str = "[cluster]\nbranches = 3\n\
    [workload]\narrival = { poisson_per_s = 500 }\nsessions = 32\n\
    [network.between_branches]\ndelay = { log_normal = { median_ms = 10, sigma = 1.0 } }\norder = \"fifo\"\n";

const BURSTS: &str = "[cluster]\nbranches = 3\n\
    [workload]\narrival = { poisson_per_s = 500 }\nsessions = 32\n\
    [network.between_branches]\ndelay = { constant_ms = 1 }\n\
    bursts = { good_ms = 500, bad_ms = 50, drop_in_bad = 0.9 }\n";

const RARE: &str = "[cluster]\nbranches = 3\n\
    [workload]\narrival = { poisson_per_s = 500 }\nsessions = 32\n\
    [network.between_branches]\ndelay = { constant_ms = 1 }\norder = \"fifo\"\n\
    bursts = { good_ms = 10000, bad_ms = 30, drop_in_bad = 0.9 }\n\
    [network.customer_to_branch]\ndelay = { constant_ms = 1 }\n";

const CLOSED: &str = "[cluster]\nbranches = 5\n\
    [workload]\narrival = { closed = { think = { exponential = { mean_ms = 5 } } } }\nsessions = 8\n\
    [network.between_branches]\ndelay = { exponential = { mean_ms = 5 } }\norder = \"fifo\"\n\
    [network.customer_to_branch]\ndelay = { constant_ms = 1 }\n";

const SET_UPS: [SetUp; 7] = [
    SetUp { name: "exponential, 20 ms", repetitions: 1, duration_s: 2, text: EXPONENTIAL },
    SetUp { name: "four sessions", repetitions: 1, duration_s: 2, text: FOUR },
    SetUp { name: "log-normal, fifo", repetitions: 1, duration_s: 2, text: LOG_NORMAL },
    SetUp { name: "bursts of loss", repetitions: 1, duration_s: 2, text: BURSTS },
    SetUp { name: "log-normal, fifo, 10 repetitions", repetitions: 10, duration_s: 2, text: LOG_NORMAL },
    SetUp { name: "rare bursts of loss, 3 repetitions", repetitions: 3, duration_s: 1, text: RARE },
    SetUp { name: "closed loop, five branches", repetitions: 1, duration_s: 1, text: CLOSED },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let number = arguments.iter().find_map(|argument| argument.parse().ok());
    let seeds = if given("--test") || !given("--bench") { 4 } else { number.unwrap_or(1_000) };
    println!(
        "{seeds} seeds; shares in percent, with a standard error of {:.1}",
        100.0 * (0.0475 / seeds as f64).sqrt()
    );
    println!("| set-up | truth | held | Wilson | effective n of n | nothing seen | bound exceeded |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for set_up in &SET_UPS {
        println!("{}", row(set_up, seeds));
    }
}

fn row(set_up: &SetUp, seeds: u64) -> String {
    let trials = trials(set_up, seeds * set_up.repetitions);
    let repetitions: Vec<&[Measures]> = trials.chunks_exact(set_up.repetitions as usize).collect();
    let truth = stale_rate_of(trials.iter(), None).value.expect("reads were eligible");
    let rates: Vec<Rate> = (0..repetitions.len())
        .map(|index| {
            let later = repetitions[index + 1..].iter().chain(&repetitions[..index]);
            let control = later.filter_map(|control| stale_design_effect(control.iter())).next();
            stale_rate_of(repetitions[index].iter(), control)
        })
        .collect();
    let percent = |of: usize, all: usize| {
        if all == 0 { "-".to_owned() } else { format!("{:.1}", 100.0 * of as f64 / all as f64) }
    };
    let share =
        |is: &dyn Fn(&Rate) -> bool| percent(rates.iter().filter(|rate| is(rate)).count(), rates.len());
    let holds =
        |rate: &Rate| rate.low.is_some_and(|low| low <= truth) && rate.high.is_some_and(|high| truth <= high);
    let unseen: Vec<&Rate> = rates.iter().filter(|rate| rate.hits == 0).collect();
    let exceeded = unseen.iter().filter(|rate| rate.rule_of_three.is_some_and(|bound| truth > bound)).count();
    let effective: f64 = rates.iter().filter_map(|rate| rate.effective_n).sum();
    let n: u64 = rates.iter().map(|rate| rate.n).sum();
    format!(
        "| {} | {:.3} | {} | {} | {} % | {} | {} |",
        set_up.name,
        100.0 * truth,
        share(&holds),
        share(&|rate| holds(&Rate::new(rate.hits, rate.n))),
        percent(effective as usize, n as usize),
        unseen.len(),
        percent(exceeded, unseen.len()),
    )
}

/// One trial for each seed, on all cores.
fn trials(set_up: &SetUp, seeds: u64) -> Vec<Measures> {
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let of_thread = |thread: u64| -> Vec<(u64, Measures)> {
        (0..seeds).filter(|seed| seed % threads == thread).map(|seed| (seed, trial(set_up, seed))).collect()
    };
    let mut all: Vec<(u64, Measures)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || of_thread(thread))).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("no trial panics")).collect()
    });
    all.sort_by_key(|(seed, _)| *seed);
    all.into_iter().map(|(_, measures)| measures).collect()
}

fn trial(set_up: &SetUp, seed: u64) -> Measures {
    let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
    let text = BASE.replace("DURATION", &set_up.duration_s.to_string()) + set_up.text;
    let plan = experiment::read(set_up.name, &text, &overrides);
    let plan = plan.unwrap_or_else(|error| panic!("{}: {error}", set_up.name));
    let scenario = &plan.trials[0].scenario;
    let workload = scenario.check().expect("the plan is sound");
    let ran = sim::run_trial(scenario, &workload, Vec::new(), &mut |_| ControlFlow::Continue(()));
    let recorded = ran.expect("nothing breaks it off").out;
    let history = Reader::new(recorded.as_slice()).map(History::load).expect("memory can be read");
    measure(&history.expect("the history is whole"), true).0
}
