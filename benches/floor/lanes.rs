//! The lanes and their turns.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use readback::live::{ClientPool, Meter, utc_now};
use readback::results::FloorLoad;

use crate::bank;
use crate::echo::{EchoClient, Sizes, Tuning};
use crate::guard::{self, Guard};
use crate::measured::{self, Measured};
use crate::open::{self, Opened};
use crate::server::{Role, Server};
use crate::words::progress;
use crate::worker::{Case, Made, Shared, Worker};

/// In flight where the machine is to be saturated.
const MANY: u64 = 64;

/// The load with as many.
pub const SATURATED: FloorLoad = FloorLoad::Closed { in_flight: MANY };

/// Customers of an open loop: as many calls are on the way at most, and further arrivals wait for one of them to end.
const POOL: usize = 256;

/// With many in flight an operation takes a fraction of the time, and a p99.99 wants a hundred thousand of them.
const OPERATIONS_FACTOR: u64 = 10;

pub struct Plan {
    pub rounds: u64,
    /// Of a turn with one in flight.
    pub operations: u64,
}

/// What was measured.
pub struct Race {
    pub started: String,
    pub sizes: Sizes,
    pub others_cpu_share: Option<f64>,
    /// Each load's floor first.
    pub lanes: Vec<Lane>,
    pub guard: Guard,
}

/// A case under one load, and what each round has given.
pub struct Lane {
    pub case: Case,
    pub load: FloorLoad,
    pub rounds: Vec<Measured>,
    /// Of an open loop, by round.
    pub opened: Vec<Opened>,
    workers: Vec<Worker>,
}

impl Race {
    pub fn lane(&self, case: Case, load: FloorLoad) -> Option<&Lane> {
        self.lanes.iter().find(|lane| (lane.case, lane.load) == (case, load))
    }
}

pub struct Rig {
    /// The servers that have nothing to replicate.
    echo_servers: [Server; 2],
    bank: Server,
    shared: Shared,
    branches: ClientPool,
    sizes: Sizes,
    meter: Meter,
}

/// Must be called within the runtime that is to drive the load.
pub async fn run(plan: &Plan) -> Result<Race, Box<dyn Error>> {
    let started = utc_now();
    let mut rig = Rig::start().await?;
    let mut lanes = Vec::new();
    for in_flight in [1, MANY] {
        let load = FloorLoad::Closed { in_flight };
        lanes.extend(rig.race(plan, load, &Case::ALL).await?);
    }
    let rate_ops_s = 0.5 * throughput(&lanes, Case::QuerySatisfied, SATURATED);
    let load = FloorLoad::Open { rate_ops_s };
    lanes.extend(rig.race(plan, load, &[Case::Echo, Case::EchoTuned, Case::QuerySatisfied]).await?);
    let guard = guard::run(&mut rig, plan).await?;
    let others_cpu_share = rig.others_cpu_share()?;
    Ok(Race { started, sizes: rig.sizes, others_cpu_share, lanes, guard })
}

/// The median over the rounds.
fn throughput(lanes: &[Lane], case: Case, load: FloorLoad) -> f64 {
    let lane =
        lanes.iter().find(|lane| (lane.case, lane.load) == (case, load)).expect("it has been measured");
    let rounds: Vec<f64> = lane.rounds.iter().map(Measured::operations_per_s).collect();
    readback::measure::interval_over(&rounds).value
}

impl Rig {
    /// As [`run`], must be called within the runtime that is to drive the load.
    pub async fn start() -> Result<Rig, Box<dyn Error>> {
        let meter = Meter::start();
        let bank = Server::start(Role::Bank, Sizes { request: 0, reply: 0 })?;
        let branches = ClientPool::new(&bank.addresses)?;
        let sizes = bank::sizes(&branches).await?;
        let echo_servers = [Server::start(Role::Echo, sizes)?, Server::start(Role::EchoTuned, sizes)?];
        let clients = |which: usize, tuning| {
            EchoClient::connect(echo_servers[which].addresses[&bank::ASKED], sizes, tuning)
        };
        let shared = Shared {
            plain: clients(0, Tuning::Plain),
            tuned: clients(1, Tuning::Tuned),
            promised: Arc::default(),
        };
        Ok(Rig { echo_servers, bank, shared, branches, sizes, meter })
    }

    /// All cases under one load, in turns.
    async fn race(
        &mut self,
        plan: &Plan,
        load: FloorLoad,
        cases: &[Case],
    ) -> Result<Vec<Lane>, Box<dyn Error>> {
        let mut lanes = Vec::new();
        for &case in cases {
            lanes.push(self.lane(case, load).await);
        }
        for round in 0..plan.rounds {
            progress(&format!("{load}: round {} of {}", round + 1, plan.rounds));
            let mut order: Vec<&mut Lane> = lanes.iter_mut().collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for lane in order {
                self.turn(lane, plan, round).await?;
            }
        }
        // Their connections stay, the customers go.
        lanes.iter_mut().for_each(|lane| lane.workers.clear());
        Ok(lanes)
    }

    pub async fn lane(&self, case: Case, load: FloorLoad) -> Lane {
        let count = match load {
            FloorLoad::Closed { in_flight } => in_flight as usize,
            FloorLoad::Open { .. } => POOL,
        };
        let mut workers = Vec::new();
        for which in 0..count {
            workers.push(Worker::new(case, &self.branches, &self.shared, which).await);
        }
        Lane { case, load, rounds: Vec::new(), opened: Vec::new(), workers }
    }

    /// The processor time runs on until replication has settled, since that is part of what a deposit costs; the
    /// elapsed time does not, since no customer waits for it.
    async fn turn(&mut self, lane: &mut Lane, plan: &Plan, round: u64) -> Result<(), Box<dyn Error>> {
        let operations = lane.operations(plan);
        lane.warm_up(operations.div_ceil(10), round).await?;
        self.settle()?;
        let before = self.cpu(lane.load)?;
        let (made, elapsed) = lane.measure(operations, round).await?;
        self.settle()?;
        lane.rounds.push(Measured::new(elapsed, self.cpu(lane.load)?.saturating_sub(before), &made));
        Ok(())
    }

    /// Waits until all that was written is replicated.
    pub fn settle(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.bank.settle()?)
    }

    /// Of the processors, since the start.
    pub fn others_cpu_share(&mut self) -> Result<Option<f64>, Box<dyn Error>> {
        let servers = self.cpu_of_servers()?;
        Ok(self.meter.share_of_others_than(servers))
    }

    /// Of the servers, and of this process unless it spins between arrivals.
    fn cpu(&mut self, load: FloorLoad) -> Result<Duration, Box<dyn Error>> {
        let own = match load {
            FloorLoad::Closed { .. } => self.meter.own(),
            FloorLoad::Open { .. } => Duration::ZERO,
        };
        Ok(own + self.cpu_of_servers()?)
    }

    fn cpu_of_servers(&mut self) -> Result<Duration, Box<dyn Error>> {
        let mut sum = self.bank.cpu()?;
        for server in &mut self.echo_servers {
            sum += server.cpu()?;
        }
        Ok(sum)
    }
}

impl Lane {
    pub fn operations(&self, plan: &Plan) -> u64 {
        match self.load {
            FloorLoad::Closed { in_flight: 1 } => plan.operations,
            FloorLoad::Closed { .. } | FloorLoad::Open { .. } => plan.operations * OPERATIONS_FACTOR,
        }
    }

    pub async fn warm_up(&mut self, operations: u64, round: u64) -> Result<(), Box<dyn Error>> {
        self.make(operations, round).await.map(drop)
    }

    /// What each operation was like, and the time from the first one's start to the last one's end.
    pub async fn measure(
        &mut self,
        operations: u64,
        round: u64,
    ) -> Result<(Vec<Made>, Duration), Box<dyn Error>> {
        let start = Instant::now();
        let opened = self.make(operations, round).await?;
        let elapsed = start.elapsed();
        let made = opened.made.clone();
        if let FloorLoad::Open { .. } = self.load {
            self.opened.push(opened);
        }
        Ok((made, elapsed))
    }

    async fn make(&mut self, operations: u64, seed: u64) -> Result<Opened, Box<dyn Error>> {
        match self.load {
            FloorLoad::Closed { .. } => {
                let made = measured::run(&mut self.workers, operations).await;
                Ok(Opened { made, ..Opened::default() })
            }
            FloorLoad::Open { rate_ops_s } => {
                open::run(&mut self.workers, operations, rate_ops_s, seed).await
            }
        }
    }
}
