//! All of it in one process: the cluster, and the echo server beside it.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use readback::live::{ClientPool, Cluster, Meter};
use tokio::runtime::Runtime;

use crate::bank;
use crate::echo::{EchoClient, EchoServer, Sizes, Tuning};
use crate::measured::{self, Measured};
use crate::plan::{Plan, Turn};
use crate::worker::{Shared, Worker};

pub struct Rig {
    cluster: Cluster,
    branches: ClientPool,
    shared: Shared,
    sizes: Sizes,
    _echo_servers: [EchoServer; 2],
}

/// A row of the table: who works in it, and what each round has given.
pub struct Lane {
    pub turn: Turn,
    pub rounds: Vec<Measured>,
    workers: Vec<Worker>,
}

impl Rig {
    /// Servers have runtimes of their own; `runtime` drives all clients.
    pub fn start(runtime: &Runtime) -> Result<Rig, Box<dyn Error>> {
        let cluster = runtime.block_on(bank::start())?;
        let branches = runtime
            .block_on(async { ClientPool::new(&cluster.addresses()) })
            .expect("the process has descriptors left");
        let sizes = runtime.block_on(bank::sizes(&branches))?;
        let server = |tuning| EchoServer::start(sizes, tuning);
        let servers = [server(Tuning::Plain)?, server(Tuning::Tuned)?];
        let clients = |which: usize, tuning| EchoClient::connect(servers[which].address(), sizes, tuning);
        let shared = runtime.block_on(async {
            Shared {
                plain: clients(0, Tuning::Plain),
                tuned: clients(1, Tuning::Tuned),
                promised: Arc::default(),
            }
        });
        Ok(Rig { cluster, branches, shared, sizes, _echo_servers: servers })
    }

    pub fn branches(&self) -> &ClientPool {
        &self.branches
    }

    /// Of a query that carries a token, and of its reply.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    pub async fn lane(&self, turn: Turn) -> Lane {
        let mut workers = Vec::new();
        for which in 0..turn.in_flight.count() {
            workers.push(Worker::new(turn.case, &self.branches, &self.shared, which).await);
        }
        Lane { turn, rounds: Vec::new(), workers }
    }

    pub async fn settle(&self) {
        bank::settle(&self.cluster).await;
    }
}

impl Lane {
    /// So many operations, and nothing of how long they took.
    pub async fn make(&mut self, operations: u64) {
        measured::run(&mut self.workers, operations).await;
    }

    /// One round: a warm-up, then what is measured. The CPU time runs on until replication has settled, since that
    /// is part of what a deposit costs; the elapsed time does not, since no customer waits for it.
    pub async fn measure(&mut self, rig: &Rig, plan: &Plan) {
        measured::run(&mut self.workers, plan.warm_up(self.turn)).await;
        rig.settle().await;
        let meter = Meter::start();
        let start = Instant::now();
        let made = measured::run(&mut self.workers, plan.operations(self.turn)).await;
        let elapsed = start.elapsed();
        rig.settle().await;
        self.rounds.push(Measured::new(elapsed, meter.own(), &made));
    }
}
