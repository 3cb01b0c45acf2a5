//! One measurement: a number of operations by workers that each make one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use readback::results::{Histograms, Spread};

use crate::worker::{Made, Worker};

/// What one turn of one round gave.
#[derive(Debug)]
pub struct Measured {
    pub operations: u64,
    pub elapsed: Duration,
    pub cpu: Duration,
    pub latencies_ns: Histogram<u64>,
    /// Operations that were parked.
    pub waited: u64,
}

impl Measured {
    /// `cpu` includes whatever the operations set off, as the caller chose to wait for it.
    pub fn new(elapsed: Duration, cpu: Duration, made: &[Made]) -> Measured {
        let mut latencies_ns = Histograms::empty();
        for operation in made {
            latencies_ns.saturating_record(operation.took.as_nanos() as u64);
        }
        let waited = made.iter().filter(|operation| operation.waited).count() as u64;
        Measured { operations: made.len() as u64, elapsed, cpu, latencies_ns, waited }
    }

    pub fn operations_per_s(&self) -> f64 {
        self.operations as f64 / self.elapsed.as_secs_f64()
    }

    pub fn cpu_us_per_operation(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.operations as f64
    }

    /// A percentile is printed only if ten operations lie above it.
    pub fn spread(&self) -> Spread {
        Spread::of(&self.latencies_ns)
    }
}

/// Makes so many operations, all workers at once, and gives what each was like.
///
/// # Panics
///
/// If an operation does not end as its case wants it: what was measured would be something else.
pub async fn run(workers: &mut Vec<Worker>, operations: u64) -> Vec<Made> {
    let begun = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> =
        workers.drain(..).map(|worker| tokio::spawn(work(worker, Arc::clone(&begun), operations))).collect();
    let mut made = Vec::with_capacity(operations as usize);
    for task in tasks {
        let (worker, of_worker) = task.await.expect("every operation ends as its case wants it");
        worker.assert_is_of_its_case();
        workers.push(worker);
        made.extend(of_worker);
    }
    made
}

/// Begins operations until all workers together have begun enough.
async fn work(mut worker: Worker, begun: Arc<AtomicU64>, operations: u64) -> (Worker, Vec<Made>) {
    let mut made = Vec::new();
    while begun.fetch_add(1, Ordering::Relaxed) < operations {
        made.push(worker.operate().await);
    }
    (worker, made)
}
