//! One measurement: a number of operations by workers that each make one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::worker::Worker;

/// Latencies above it are counted as it; an operation is given up long before.
const LATENCY_MAX: Duration = Duration::from_secs(60);

/// A quantile is told only if so many operations are expected above it.
const OBSERVATIONS_ABOVE_MIN: u64 = 10;

/// What one turn of one round gave.
pub struct Measured {
    operations: u64,
    elapsed: Duration,
    cpu: Duration,
    latencies_ns: Histogram<u64>,
}

/// The quantiles that are told.
#[derive(Debug, Clone, Copy)]
pub enum Quantile {
    P50,
    P90,
    P99,
    P999,
}

impl Measured {
    /// `cpu` includes whatever the operations set off, as the caller chose to wait for it.
    pub fn new(elapsed: Duration, cpu: Duration, latencies: &[Duration]) -> Measured {
        let max_ns = LATENCY_MAX.as_nanos() as u64;
        let mut latencies_ns = Histogram::new_with_bounds(1, max_ns, 3).expect("these bounds are valid");
        for latency in latencies {
            latencies_ns.saturating_record(latency.as_nanos() as u64);
        }
        Measured { operations: latencies.len() as u64, elapsed, cpu, latencies_ns }
    }

    pub fn operations_per_s(&self) -> f64 {
        self.operations as f64 / self.elapsed.as_secs_f64()
    }

    pub fn cpu_us_per_operation(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.operations as f64
    }

    /// Microseconds; `None` if too few operations were made to tell.
    pub fn latency_us(&self, quantile: Quantile) -> Option<f64> {
        let above_per_mille = quantile.above_per_mille();
        let is_told = self.operations * above_per_mille >= OBSERVATIONS_ABOVE_MIN * 1000;
        let at = 1.0 - above_per_mille as f64 / 1000.0;
        is_told.then(|| self.latencies_ns.value_at_quantile(at) as f64 / 1e3)
    }
}

impl Quantile {
    pub const ALL: [Quantile; 4] = [Quantile::P50, Quantile::P90, Quantile::P99, Quantile::P999];

    pub fn name(self) -> &'static str {
        match self {
            Quantile::P50 => "p50",
            Quantile::P90 => "p90",
            Quantile::P99 => "p99",
            Quantile::P999 => "p99.9",
        }
    }

    fn above_per_mille(self) -> u64 {
        match self {
            Quantile::P50 => 500,
            Quantile::P90 => 100,
            Quantile::P99 => 10,
            Quantile::P999 => 1,
        }
    }
}

/// Makes so many operations, all workers at once, and gives how long each took.
///
/// # Panics
///
/// If an operation does not end as its case wants it: what was measured would be something else.
pub async fn run(workers: &mut Vec<Worker>, operations: u64) -> Vec<Duration> {
    let begun = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> =
        workers.drain(..).map(|worker| tokio::spawn(work(worker, Arc::clone(&begun), operations))).collect();
    let mut latencies = Vec::with_capacity(operations as usize);
    for task in tasks {
        let (worker, of_worker) = task.await.expect("every operation ends as its case wants it");
        workers.push(worker);
        latencies.extend(of_worker);
    }
    latencies
}

/// Begins operations until all workers together have begun enough.
async fn work(mut worker: Worker, begun: Arc<AtomicU64>, operations: u64) -> (Worker, Vec<Duration>) {
    let mut latencies = Vec::new();
    while begun.fetch_add(1, Ordering::Relaxed) < operations {
        let start = Instant::now();
        worker.operate().await;
        latencies.push(start.elapsed());
    }
    (worker, latencies)
}
