//! How many customer operations does a simulation do in a second of real time?
//!
//! Branches 20 ms apart, customers 1 ms away, a closed loop, read-your-writes by waiting, no observer: nothing
//! is recorded, so this is the event loop, the network's fates and the two state machines alone. One core does all of
//! it. One iteration is a whole simulation, the making of its workload not included; throughput counts the operations
//! that ended. With n branches each write makes n - 1 runs and as many acks, so the count of messages on all legs is
//! reported, too.
//!
//! `sim/3/writes 0.5` has three branches, and one operation in two is a write.

use std::ops::ControlFlow;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use readback::model::BranchId;
use readback::network::{Distribution, Leg, NetworkPlan, Order, Rule};
use readback::scenario::Scenario;
use readback::sim::{NullObserver, Simulated, simulate};
use readback::workload::{Load, Mix, ThinkTime, Workload, WorkloadPlan};

/// Branches, the share of writes, and seconds of load.
const CASES: [(u32, f64, f64); 4] = [(3, 0.5, 2.0), (3, 0.1, 4.0), (30, 0.1, 1.0), (300, 0.1, 0.05)];

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(4))
        .sample_size(10)
        .configure_from_args();
    let mut group = criterion.benchmark_group("sim");
    group.sampling_mode(SamplingMode::Flat);
    // The smallest cluster shows that everything works.
    let given = |flag: &str| std::env::args().any(|argument| argument == flag);
    let cases = if given("--bench") && !given("--test") { &CASES[..] } else { &CASES[..1] };
    for &(branches, writes, seconds) in cases {
        let scenario = scenario(branches, writes, Duration::from_secs_f64(seconds));
        let workload = scenario.check().expect("the scenario is sound");
        let id = BenchmarkId::new(branches.to_string(), format!("writes {writes}"));
        // The same each time, since it is drawn from one seed.
        let Simulated { operations, messages, .. } = run(&scenario, &workload);
        println!("{branches} branches, {seconds} s: operations {operations}, messages {messages}");
        group.throughput(Throughput::Elements(operations));
        group.bench_function(id, |b| b.iter(|| run(&scenario, &workload)));
    }
    group.finish();
    criterion.final_summary();
}

fn run(scenario: &Scenario, workload: &Workload) -> Simulated {
    let simulated = simulate(scenario, workload, &mut NullObserver, &mut |_| ControlFlow::Continue(()));
    let simulated = simulated.expect("no caller breaks it off");
    assert!(!simulated.ran_out, "the plan has enough operations");
    simulated
}

fn scenario(count: u32, writes: f64, measured: Duration) -> Scenario {
    let branches: Vec<BranchId> = (1..=count).map(BranchId).collect();
    let mut network = NetworkPlan::new(branches.iter().copied(), measured);
    let delay = |ms| Some(Distribution::constant(Duration::from_millis(ms)));
    network.rules = vec![
        Rule { delay: delay(20), order: Some(Order::Fifo), ..Rule::on(&[Leg::Replicate, Leg::Ack]) },
        Rule { delay: delay(1), order: Some(Order::Fifo), ..Rule::on(&[Leg::Request, Leg::Reply]) },
    ];
    let think = ThinkTime::Constant(Duration::from_millis(1));
    // An operation takes at least a think time and two legs.
    let operations_per_session = u64::try_from(measured.as_millis()).expect("seconds") / 3 + 10;
    let load = Load::Closed { think, operations_per_session };
    let workload = WorkloadPlan {
        mix: Mix { deposit: writes * 0.8, withdraw: writes * 0.2, query: 1.0 - writes },
        accounts_max: 1_000_000,
        ..WorkloadPlan::new(branches, 256, load)
    };
    Scenario { trial: format!("{count} branches"), ..Scenario::new(network, workload, measured) }
}
