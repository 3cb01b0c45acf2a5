//! The same lanes by criterion, which compares with an earlier run and reports whether one of them changed.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use tokio::runtime::Runtime;

use crate::plan::Plan;
use crate::rig::Rig;

/// One lane after another, and not in turns: a ratio of two of them says less than the table does. Of `query waiting`
/// the write is timed, too.
pub fn run(rig: &Rig, runtime: &Runtime, plan: &Plan, criterion: Criterion) {
    let mut criterion = criterion
        .without_plots()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500))
        .sample_size(15)
        .nresamples(10_000);
    let mut group = criterion.benchmark_group("rpc");
    group.throughput(Throughput::Elements(1));
    for &turn in &plan.turns {
        let mut lane = runtime.block_on(rig.lane(turn));
        group.bench_function(BenchmarkId::new(turn.case.name(), turn.in_flight.count()), |b| {
            b.iter_custom(|operations| {
                let start = Instant::now();
                runtime.block_on(lane.make(operations));
                start.elapsed()
            });
        });
        runtime.block_on(rig.settle());
    }
    group.finish();
}
