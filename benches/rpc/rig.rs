//! What is measured: a cluster of three branches in this process, and the echo server beside it.

use std::error::Error;
use std::time::{Duration, Instant};

use readback::live::{Branches, Cluster, ClusterOptions, Meter, reply_bytes, request_bytes};
use readback::model::{BranchId, Request, RequestId, Strategy};
use readback::network;
use readback::session::Policy;
use tokio::runtime::Runtime;

use crate::echo::{EchoClient, EchoServer, Sizes};
use crate::measured::{self, Measured};
use crate::plan::{Case, Plan, Turn};
use crate::worker::{QUERY, Worker, deposit, perform};

pub const BRANCHES: [BranchId; 3] = [BranchId(1), BranchId(2), BranchId(3)];

/// Where cases in turns ask: all their calls go to one branch, as those of the floor go to one server.
const ASKED: BranchId = BRANCHES[0];

/// How long branches may take until they serve, and until they have each other's writes.
const READY_WITHIN: Duration = Duration::from_secs(10);
const READY_POLL: Duration = Duration::from_millis(1);

pub struct Rig {
    cluster: Cluster,
    branches: Branches,
    echo: EchoClient,
    sizes: Sizes,
    _echo_server: EchoServer,
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
        let cluster = Cluster::start(ClusterOptions::new(BRANCHES, 0, network::perfect()))?;
        runtime.block_on(serving(&cluster))?;
        let branches = runtime
            .block_on(async { Branches::new(&cluster.addresses()) })
            .expect("the process has descriptors left");
        let sizes = runtime.block_on(sizes(&cluster, &branches))?;
        let echo_server = EchoServer::start(sizes)?;
        let echo = runtime.block_on(async { echo_server.client(sizes) });
        Ok(Rig { cluster, branches, echo, sizes, _echo_server: echo_server })
    }

    pub fn branches(&self) -> &Branches {
        &self.branches
    }

    /// Of a query that carries a token, and of its reply.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    pub async fn lane(&self, turn: Turn) -> Lane {
        let mut workers = Vec::new();
        for _ in 0..turn.in_flight.count() {
            workers.push(self.worker(turn.case).await);
        }
        Lane { turn, rounds: Vec::new(), workers }
    }

    /// Returns when every branch has every write, and knows that every other has.
    ///
    /// # Panics
    ///
    /// If that takes too long: something is broken, and figures would mean nothing.
    pub async fn settle(&self) {
        settle(&self.cluster).await;
    }

    async fn worker(&self, case: Case) -> Worker {
        let customer = |policy| self.branches.customer(policy);
        let none = Policy { strategy: Strategy::None, ..Policy::default() };
        let customer = match case {
            Case::Echo => return Worker::Echo(self.echo.clone()),
            Case::QueryNone => customer(none),
            Case::QuerySatisfied => {
                let mut writer = customer(Policy::default());
                for branch in BRANCHES {
                    perform(&mut writer, branch, deposit()).await;
                }
                writer
            }
            Case::Deposit => customer(Policy::default()),
        };
        let operation = match case {
            Case::Echo | Case::QueryNone | Case::QuerySatisfied => QUERY,
            Case::Deposit => deposit(),
        };
        Worker::Customer { customer: Box::new(customer), branch: ASKED, operation }
    }
}

impl Lane {
    /// One round: a warm-up, then what is measured. The CPU time runs on until replication has settled, since that
    /// is part of what a deposit costs; the elapsed time does not, since no customer waits for it.
    pub async fn measure(&mut self, rig: &Rig, plan: &Plan) {
        measured::run(&mut self.workers, plan.warm_up(self.turn)).await;
        rig.settle().await;
        let meter = Meter::start();
        let start = Instant::now();
        let latencies = measured::run(&mut self.workers, plan.operations(self.turn)).await;
        let elapsed = start.elapsed();
        rig.settle().await;
        self.rounds.push(Measured::new(elapsed, meter.own(), &latencies));
    }
}

async fn serving(cluster: &Cluster) -> Result<(), Box<dyn Error>> {
    for branch in cluster.branches() {
        let mut serving = branch.serving();
        tokio::time::timeout(READY_WITHIN, serving.wait_for(|&serving| serving)).await??;
    }
    Ok(())
}

async fn settle(cluster: &Cluster) {
    let deadline = Instant::now() + READY_WITHIN;
    while !is_settled(cluster) {
        assert!(Instant::now() < deadline, "replication has not settled within {READY_WITHIN:?}");
        tokio::time::sleep(READY_POLL).await;
    }
}

fn is_settled(cluster: &Cluster) -> bool {
    let snapshots: Vec<_> = cluster.branches().map(|branch| branch.snapshot()).collect();
    snapshots.iter().all(|branch| branch.retained == 0 && branch.applied == snapshots[0].applied)
}

/// Asks once, after a write at every branch, and looks how large that was.
async fn sizes(cluster: &Cluster, branches: &Branches) -> Result<Sizes, Box<dyn Error>> {
    let policy = Policy::default();
    let mut customer = branches.customer(policy);
    for branch in BRANCHES {
        perform(&mut customer, branch, deposit()).await;
    }
    settle(cluster).await;
    let Policy { guarantees, max_wait, .. } = policy;
    let session = customer.session();
    let request = Request {
        id: RequestId { session: session.id(), number: BRANCHES.len() as u64 + 1 },
        branch: ASKED,
        incarnation: None,
        operation: QUERY,
        token: guarantees.needed(&QUERY, session.token()),
        guarantees,
        max_wait,
    };
    let request_size = request_bytes(&request, 0);
    let reply = branches.send(request, 0).await.ok_or("a query was not answered")?;
    let reply_size = reply_bytes(&reply).ok_or("a query was answered with an error")?;
    Ok(Sizes { request: request_size, reply: reply_size })
}
