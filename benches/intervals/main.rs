//! Do the intervals of stale rates and of the cost of reads hold their level, where reads depend on one another?
//!
//! Each set-up is simulated with a thousand seeds under `none` and `wait`. Every table gives the truth, the mean of all
//! seeds, and in how many percent of the seeds the 95 % interval holds it. A set-up with several repetitions takes them
//! from seeds of their own.
//!
//! * The stale rate under `none`: beside it the same of Wilson's interval for independent reads. The last columns are
//!   about seeds in which no read was stale: how many there were, and in how many percent of these the truth exceeds
//!   the bound, which takes the dependence of reads from the seed after them, as a run does from its control.
//! * What reads cost under `wait`: the difference of the mean latencies of all reads, the mean of the paired
//!   differences, and the share of reads that are slower than their partner.
//!
//! `cargo bench --bench intervals` takes eight minutes on two cores; `-- SEEDS` is another number of seeds, and
//! `--test` a handful.

use std::ops::ControlFlow;
use std::thread;

use readback::experiment::{self, Overrides, Trial};
use readback::history::{History, Reader};
use readback::measure::{
    PairedReads, mean_difference, measure, read_latencies, stale_design_effect, stale_rate_of,
};
use readback::model::Strategy;
use readback::results::{Interval, Measures, PairedDifference, Rate};
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
    [guarantee]\nread_your_writes = true\nstrategy = [\"none\", \"wait\"]\n";

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

const SET_UPS: [SetUp; 8] = [
    SetUp { name: "exponential, 20 ms", repetitions: 1, duration_s: 2, text: EXPONENTIAL },
    SetUp { name: "four sessions", repetitions: 1, duration_s: 2, text: FOUR },
    SetUp { name: "log-normal, fifo", repetitions: 1, duration_s: 2, text: LOG_NORMAL },
    SetUp { name: "bursts of loss", repetitions: 1, duration_s: 2, text: BURSTS },
    SetUp { name: "exponential, 20 ms, 6 repetitions", repetitions: 6, duration_s: 1, text: EXPONENTIAL },
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
    let all: Vec<(&SetUp, Vec<Run>)> = SET_UPS.iter().map(|set_up| (set_up, runs(set_up, seeds))).collect();
    println!(
        "\n| stale rate | truth, % | held | Wilson | effective n of n | nothing seen | bound exceeded |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    all.iter().for_each(|(set_up, runs)| println!("{}", stale_row(set_up, runs)));
    println!("\n| cost of reads | mean, ms | held | paired mean, ms | held | slower, % | held |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    all.iter().for_each(|(set_up, runs)| println!("{}", cost_row(set_up, runs)));
}

/// All repetitions of one seed.
struct Run {
    /// Under `none`.
    measures: Vec<Measures>,
    cost: Option<Interval>,
    paired: PairedDifference,
}

fn stale_row(set_up: &SetUp, runs: &[Run]) -> String {
    let truth = stale_rate_of(runs.iter().flat_map(|run| &run.measures), None).value;
    let truth = truth.expect("reads were eligible");
    let rates: Vec<Rate> = (0..runs.len())
        .map(|index| {
            let later = runs[index + 1..].iter().chain(&runs[..index]);
            let control = later.filter_map(|control| stale_design_effect(control.measures.iter())).next();
            stale_rate_of(runs[index].measures.iter(), control)
        })
        .collect();
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

fn cost_row(set_up: &SetUp, runs: &[Run]) -> String {
    let of_mean = |mean: &Interval| [mean.value, mean.low, mean.high];
    let mean = held(runs.iter().filter_map(|run| run.cost.as_ref().map(of_mean)));
    let paired = held(runs.iter().filter_map(|run| run.paired.mean_ms.as_ref().map(of_mean)));
    let slower = held(runs.iter().filter_map(|run| {
        let Rate { value, low, high, .. } = run.paired.slower_share;
        Some([100.0 * value?, 100.0 * low?, 100.0 * high?])
    }));
    format!("| {} | {mean} | {paired} | {slower} |", set_up.name)
}

/// The truth of values with their intervals, and in how many percent these hold it.
fn held(figures: impl Iterator<Item = [f64; 3]>) -> String {
    let figures: Vec<[f64; 3]> = figures.collect();
    let truth = figures.iter().map(|[value, ..]| value).sum::<f64>() / figures.len() as f64;
    let holding = figures.iter().filter(|&&[_, low, high]| low <= truth && truth <= high).count();
    format!("{truth:.3} | {}", percent(holding, figures.len()))
}

fn percent(of: usize, all: usize) -> String {
    if all == 0 { "-".to_owned() } else { format!("{:.1}", 100.0 * of as f64 / all as f64) }
}

/// One run for each seed, on all cores.
fn runs(set_up: &SetUp, seeds: u64) -> Vec<Run> {
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let of_thread = |thread: u64| -> Vec<(u64, Run)> {
        (0..seeds).filter(|seed| seed % threads == thread).map(|seed| (seed, run(set_up, seed))).collect()
    };
    let mut all: Vec<(u64, Run)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || of_thread(thread))).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("no trial panics")).collect()
    });
    all.sort_by_key(|(seed, _)| *seed);
    all.into_iter().map(|(_, run)| run).collect()
}

fn run(set_up: &SetUp, seed: u64) -> Run {
    let mut paired = PairedReads::default();
    let arms: Vec<[Measures; 2]> = (0..set_up.repetitions)
        .map(|repetition| {
            let arms = histories(set_up, seed * set_up.repetitions + repetition);
            paired.add(&read_latencies(&arms[0]), &read_latencies(&arms[1]));
            arms.map(|history| measure(&history, true).0)
        })
        .collect();
    let sums: Vec<_> =
        arms.iter().map(|arms| arms.each_ref().map(|arm| arm.read_latency_blocks.as_slice())).collect();
    let cost = mean_difference(&sums);
    let measures = arms.into_iter().map(|[none, _]| none).collect();
    Run { measures, cost, paired: paired.finish().expect("reads had partners") }
}

/// The same arrivals under `none` and under `wait`.
fn histories(set_up: &SetUp, seed: u64) -> [History; 2] {
    let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
    let text = BASE.replace("DURATION", &set_up.duration_s.to_string()) + set_up.text;
    let plan = experiment::read(set_up.name, &text, &overrides);
    let plan = plan.unwrap_or_else(|error| panic!("{}: {error}", set_up.name));
    [Strategy::None, Strategy::Wait].map(|strategy| {
        let trial = plan.trials.iter().find(|trial| trial.strategy == strategy);
        history(trial.expect("the plan has both strategies"))
    })
}

fn history(trial: &Trial) -> History {
    let workload = trial.scenario.check().expect("the plan is sound");
    let ran = sim::run_trial(&trial.scenario, &workload, Vec::new(), &mut |_| ControlFlow::Continue(()));
    let recorded = ran.expect("nothing breaks it off").out;
    let history = Reader::new(recorded.as_slice()).map(History::load).expect("memory can be read");
    history.expect("the history is whole")
}
