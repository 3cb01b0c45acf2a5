//! How many customer operations does a simulation do in a second of real time?
//!
//! Branches 20 ms apart, customers 1 ms away, a closed loop, read-your-writes by waiting, nobody who looks on: nothing
//! is recorded, so this is the event loop, the network's fates and the two state machines alone. One core does all of
//! it. With n branches each write makes n - 1 runs and as many acks, so the count of messages stands beside.
//!
//! | column | what |
//! |---|---|
//! | operations | customer operations that ended |
//! | messages | handed over, on all legs |
//! | virtual s | of load |
//! | wall s | of the whole simulation, the making of the workload not included |
//! | operations/s, messages/s | of wall time: the median of the rounds, and their range |
//!
//! `cargo bench --bench sim` runs three rounds of each; `cargo bench --bench sim -- 3 30` only those counts, and
//! `-- --test` next to nothing.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use readback::branch::{Limits, Timing};
use readback::history::Substrate;
use readback::model::BranchId;
use readback::network::{Distribution, Leg, NetworkPlan, Order, Rule};
use readback::scenario::{Durability, Scenario};
use readback::session::Policy;
use readback::sim::{Nobody, simulate};
use readback::workload::{Families, Homes, Load, Mix, Pause, Queries, Roam, WorkloadPlan};

const ROUNDS: usize = 3;

/// Branches, the share of writes, and seconds of load.
const CASES: [(u32, f64, f64); 4] = [(3, 0.5, 6.0), (3, 0.1, 10.0), (30, 0.1, 4.0), (300, 0.1, 0.3)];

fn main() {
    let asked: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    // A moment of the smallest cluster shows that everything works.
    if std::env::args().any(|argument| argument == "--test") {
        return case(3, 0.5, 0.1);
    }
    println!(
        "branches  writes  operations   messages  virtual s  wall s  operations/s (range)      messages/s"
    );
    for (branches, writes, seconds) in CASES {
        if asked.is_empty() || asked.contains(&branches) {
            case(branches, writes, seconds);
        }
    }
}

fn case(branches: u32, writes: f64, seconds: f64) {
    let scenario = scenario(branches, writes, Duration::from_secs_f64(seconds));
    let workload = scenario.check().expect("the scenario is sound");
    let mut rounds: Vec<(f64, u64, u64)> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let simulated = simulate(&scenario, &workload, &mut Nobody, &mut |_| ControlFlow::Continue(()));
            let simulated = simulated.expect("nobody breaks it off");
            assert!(!simulated.ran_out, "the plan has enough operations");
            (began.elapsed().as_secs_f64(), simulated.operations, simulated.messages)
        })
        .collect();
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let per_s = |round: usize| rounds[round].1 as f64 / rounds[round].0;
    let (wall, operations, messages) = rounds[ROUNDS / 2];
    println!(
        "{branches:8}  {writes:6}  {operations:10}  {messages:9}  {seconds:9}  {wall:6.2}  \
         {:8.0} ({:.0}-{:.0})  {:10.0}",
        per_s(ROUNDS / 2),
        per_s(ROUNDS - 1),
        per_s(0),
        messages as f64 / wall,
    );
}

fn scenario(count: u32, writes: f64, load: Duration) -> Scenario {
    let branches: Vec<BranchId> = (1..=count).map(BranchId).collect();
    let mut network = NetworkPlan::new(branches.iter().copied(), load);
    let delay = |ms| Some(Distribution::constant(Duration::from_millis(ms)));
    network.rules = vec![
        Rule { delay: delay(20), order: Some(Order::Fifo), ..Rule::on(&[Leg::Replicate, Leg::Ack]) },
        Rule { delay: delay(1), order: Some(Order::Fifo), ..Rule::on(&[Leg::Request, Leg::Reply]) },
    ];
    let think = Pause::Constant(Duration::from_millis(1));
    // An operation takes at least a think time and two legs.
    let operations_per_session = u64::try_from(load.as_millis()).expect("seconds") / 3 + 10;
    Scenario {
        trial: format!("{count} branches"),
        seed: 1,
        substrate: Substrate::Sim,
        policy: Policy::default(),
        limits: Limits::default(),
        timing: Timing::default(),
        network,
        workload: WorkloadPlan {
            branches,
            sessions: 256,
            homes: Homes::default(),
            roam: Roam::Uniform,
            load: Load::Closed { think, operations_per_session },
            mix: Mix { deposit: writes * 0.8, withdraw: writes * 0.2, query: 1.0 - writes },
            queries: Queries::default(),
            families: Families::default(),
            accounts_max: 1_000_000,
        },
        warm_up: Duration::ZERO,
        measured: load,
        queued_max: 0,
        isolated_writes: false,
        drain_max: Duration::from_secs(10),
        processes: false,
        durability: Durability::Volatile,
        accidents: Vec::new(),
        service_time: Duration::ZERO,
        group_max: 4096,
        sync_time: Duration::ZERO,
        plan: serde_json::Value::Null,
    }
}
