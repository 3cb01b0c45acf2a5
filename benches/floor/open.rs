//! An open loop: arrivals that are made before, and begun when they are due, whatever became of those before.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use readback::live::now;
use tokio::task::JoinSet;

use crate::worker::{Made, Worker};

/// What one turn gave.
#[derive(Debug, Default)]
pub struct Opened {
    /// Each took from its intended start.
    pub made: Vec<Made>,
    /// From the intended start to the true one.
    pub lags: Vec<Duration>,
    /// Arrivals that found nobody idle.
    pub refused: u64,
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
    let idle = Arc::new(Mutex::new(std::mem::take(workers)));
    let taken = |idle: &Mutex<Vec<Worker>>| idle.lock().expect("nobody panics with it").pop();
    let mut opened = Opened::default();
    let mut busy = JoinSet::new();
    let mut together = 0;
    let base = now();
    for at in arrivals {
        let due = base + at;
        // Others run meanwhile, and nobody sleeps: timers that wake one up for each arrival would take more of the
        // machine than the calls.
        while now() < base + begun(at) {
            tokio::task::yield_now().await;
            together = 0;
        }
        together += 1;
        if together % TOGETHER_MAX == 0 {
            tokio::task::yield_now().await;
        }
        let Some(mut worker) = taken(&idle) else {
            opened.refused += 1;
            continue;
        };
        let idle = Arc::clone(&idle);
        busy.spawn(async move {
            let lag = now().since(due);
            let Made { waited, .. } = worker.operate().await;
            let made = Made { took: now().since(due), waited };
            idle.lock().expect("nobody panics with it").push(worker);
            (lag, made)
        });
        while let Some(ended) = busy.try_join_next() {
            opened.note(ended?);
        }
    }
    while let Some(ended) = busy.join_next().await {
        opened.note(ended?);
    }
    std::mem::swap(workers, &mut *idle.lock().expect("nobody panics with it"));
    Ok(opened)
}

impl Opened {
    fn note(&mut self, (lag, made): (Duration, Made)) {
        self.lags.push(lag);
        self.made.push(made);
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
