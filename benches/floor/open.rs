//! An open loop: arrivals that are made before, and begun when they are due, whatever became of those before.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use readback::live::now;
use readback::model::Time;
use tokio::task::JoinSet;

use crate::worker::{Made, Worker};

/// What one turn gave.
#[derive(Debug, Default)]
pub struct Opened {
    /// Each took from its intended start.
    pub made: Vec<Made>,
    /// From the intended start to the true one.
    pub lags: Vec<Duration>,
}

/// Idle workers, and the intended starts that found none idle.
struct Hall {
    idle: Vec<Worker>,
    queue: VecDeque<Time>,
}

/// Arrivals begin at multiples of this, as those that come through a network card do: together.
const STEP: Duration = Duration::from_micros(100);

/// Arrivals that begin before others run; else nothing that a late generator has begun would ever end.
const TOGETHER_MAX: u64 = 16;

/// So many Poisson arrivals. Both sides of a round meet the same ones.
pub async fn run(
    workers: &mut Vec<Worker>,
    operations: u64,
    rate_ops_s: f64,
    seed: u64,
) -> Result<Opened, Box<dyn Error>> {
    let arrivals = arrivals(operations, rate_ops_s, seed);
    let hall = Arc::new(Mutex::new(Hall { idle: std::mem::take(workers), queue: VecDeque::new() }));
    let mut opened = Opened::default();
    let mut busy = JoinSet::new();
    let mut together = 0;
    let base = now();
    for at in arrivals {
        // Others run meanwhile, and no worker sleeps: timers that wake one up for each arrival would take more of the
        // machine than the calls.
        while now() < base + begun(at) {
            tokio::task::yield_now().await;
            together = 0;
        }
        together += 1;
        if together % TOGETHER_MAX == 0 {
            tokio::task::yield_now().await;
        }
        let due = base + at;
        let Some(worker) = enter(&hall, due) else { continue };
        busy.spawn(work_off(Arc::clone(&hall), worker, due));
        while let Some(ended) = busy.try_join_next() {
            opened.note(ended?);
        }
    }
    while let Some(ended) = busy.join_next().await {
        opened.note(ended?);
    }
    std::mem::swap(workers, &mut lock(&hall).idle);
    Ok(opened)
}

/// An idle worker, or a place in the queue, which is as long as there are arrivals.
fn enter(hall: &Mutex<Hall>, due: Time) -> Option<Worker> {
    let mut hall = lock(hall);
    let worker = hall.idle.pop();
    if worker.is_none() {
        hall.queue.push_back(due);
    }
    worker
}

/// One arrival, and all that have come to wait for its end.
async fn work_off(hall: Arc<Mutex<Hall>>, mut worker: Worker, first: Time) -> Opened {
    let mut opened = Opened::default();
    let mut due = first;
    loop {
        opened.lags.push(now().since(due));
        let Made { waited, .. } = worker.operate().await;
        opened.made.push(Made { took: now().since(due), waited });
        let mut hall = lock(&hall);
        match hall.queue.pop_front() {
            Some(next) => due = next,
            None => {
                hall.idle.push(worker);
                return opened;
            }
        }
    }
}

fn lock(hall: &Mutex<Hall>) -> MutexGuard<'_, Hall> {
    hall.lock().expect("no worker panics in the hall")
}

impl Opened {
    fn note(&mut self, ended: Opened) {
        self.made.extend(ended.made);
        self.lags.extend(ended.lags);
    }
}

/// When an arrival begins.
fn begun(at: Duration) -> Duration {
    let steps = at.as_nanos().div_ceil(STEP.as_nanos());
    Duration::from_nanos((steps * STEP.as_nanos()) as u64)
}

/// Times from the base, in order.
fn arrivals(operations: u64, rate_ops_s: f64, seed: u64) -> Vec<Duration> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut at_s = 0.0;
    let mut next = || {
        let uniform: f64 = rng.random();
        at_s -= (1.0 - uniform).ln() / rate_ops_s;
        Duration::from_secs_f64(at_s)
    };
    (0..operations).map(|_| next()).collect()
}
