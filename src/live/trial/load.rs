//! The load of one trial: customers in an open or a closed loop, all on one thread.
//!
//! An open loop's arrivals start when they are due, whatever became of the ones before; a busy session's wait for it,
//! and those that are still waiting when the load is over are told as refused then. A closed loop's operations start
//! a think time after the one before has ended. Nothing starts once the load is over, and what is in flight is
//! waited for: the session's policy bounds that.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet, LocalSet};

use super::isolation::{Probe, WriteIsolation};
use super::recording_client::{RecorderContext, RecordingClient};
use crate::live::client::customer::ClientPool;
use crate::live::clock;
use crate::live::delay_queue::DelayQueue;
use crate::live::fine_timer::FineTimer;
use crate::live::record::event_buffer::EventBuffer;
use crate::live::wire;
use crate::model::{BranchId, Time};
use crate::network::{Endpoint, InjectionError};
use crate::scenario::{IntendedOperation, Scenario, SeededPart};
use crate::session::Session;
use crate::workload::{self, Backlog, Offered, Schedule, Sequence, Step, Steps};

/// What the thread of customers is given.
pub(in crate::live) struct LoadOptions {
    pub scenario: Scenario,
    pub sequence: Sequence,
    pub base: Time,
    pub addresses: BTreeMap<BranchId, SocketAddr>,
    /// What branches have applied, for isolated writes.
    pub probes: Vec<Probe>,
    pub tape: Arc<EventBuffer>,
    pub ended: Arc<AtomicU64>,
    /// Set to give the trial up.
    pub stop: watch::Receiver<bool>,
}

/// What is known once all customers have gone.
pub(in crate::live) struct LoadOutcome {
    pub token_bytes_max: u64,
    /// A session made all its planned operations before the load was over.
    pub ran_out: bool,
    /// Of replies, while measured.
    pub fidelity: InjectionError,
}

/// Runs the whole load on the calling thread. `None` if it was given up.
///
/// # Errors
///
/// When the system gives no runtime or no timer.
pub(in crate::live) fn run(options: LoadOptions) -> io::Result<Option<LoadOutcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut stop = options.stop.clone();
    let local = LocalSet::new();
    runtime.block_on(local.run_until(async move {
        tokio::select! {
            outcome = serve(options) => outcome.map(Some),
            _ = stop.wait_for(|&stop| stop) => Ok(None),
        }
    }))
}

/// What everybody needs who starts operations.
struct LoadContext {
    base: Time,
    warm_up: Duration,
    ends: Time,
    due: DelayQueue<oneshot::Sender<Duration>>,
    isolation: Option<WriteIsolation>,
    desk: Rc<RecorderContext>,
}

async fn serve(options: LoadOptions) -> io::Result<LoadOutcome> {
    let LoadOptions { scenario, sequence, base, addresses, probes, tape, ended, stop: _ } = options;
    let branches = ClientPool::new(&addresses)?;
    let ends = base + scenario.load_ends();
    let sessions = scenario.workload.sessions;
    let desk = Rc::new(RecorderContext::new(sessions, tape, ended));
    let tellers = tellers(&scenario, &branches, &desk);
    let isolation = scenario.isolated_writes.then(|| WriteIsolation::new(probes));
    let warm_up = scenario.warm_up;
    let floor = Rc::new(LoadContext { base, warm_up, ends, due: DelayQueue::new(), isolation, desk });
    let wakes = FineTimer::new()?;
    let waking = tokio::task::spawn_local({
        let floor = Rc::clone(&floor);
        async move { floor.due.wake(wakes).await }
    });
    let warming_up = tokio::task::spawn_local({
        let (floor, branches) = (Rc::clone(&floor), branches.clone());
        async move {
            floor.due.until(floor.base + floor.warm_up).await;
            branches.restart_fidelity();
        }
    });
    let (tellers, ran_out) = match sequence {
        Sequence::Open(schedule) => {
            (open(&floor, tellers, *schedule, Backlog::new(sessions, scenario.queued_max)).await, false)
        }
        Sequence::Closed(steps) => closed(&floor, tellers, steps).await,
    };
    waking.abort();
    warming_up.abort();
    let token_bytes = |teller: &RecordingClient| wire::token_bytes(teller.customer().session().token());
    let token_bytes_max = tellers.iter().map(token_bytes).max().unwrap_or_default() as u64;
    Ok(LoadOutcome { token_bytes_max, ran_out, fidelity: branches.fidelity() })
}

fn tellers(scenario: &Scenario, branches: &ClientPool, desk: &Rc<RecorderContext>) -> Vec<RecordingClient> {
    let teller = |which: usize| {
        let id = scenario.session_id(which);
        let seed = scenario.seed_of(SeededPart::Sessions).wrapping_add(which as u64);
        let session = Session::new(id, clock::now(), scenario.policy, seed);
        let region = scenario.region(Endpoint::Customer(id));
        RecordingClient::new(desk, which, branches.customer_of(session), region)
    };
    (0..scenario.workload.sessions).map(teller).collect()
}

/// Starts each arrival when it is due. Returns the customers when the last operation has ended.
async fn open(
    floor: &Rc<LoadContext>,
    tellers: Vec<RecordingClient>,
    schedule: Schedule,
    backlog: Backlog,
) -> Vec<RecordingClient> {
    let arrivals: Vec<workload::Arrival> = schedule.collect();
    let idle: Rc<Vec<RefCell<Option<RecordingClient>>>> =
        Rc::new(tellers.into_iter().map(|teller| RefCell::new(Some(teller))).collect());
    let backlog = Rc::new(RefCell::new(backlog));
    let mut busy = JoinSet::new();
    for arrival in arrivals {
        floor.due.until(floor.base + arrival.at).await;
        let offered = backlog.borrow_mut().offer(clock::now().since(floor.base), arrival);
        match offered {
            Offered::Start => {
                let teller = idle[arrival.session].borrow_mut().take().expect("an idle session's is there");
                let (floor, idle, backlog) = (Rc::clone(floor), Rc::clone(&idle), Rc::clone(&backlog));
                busy.spawn_local(async move {
                    let teller = work_off(&floor, teller, arrival, &backlog).await;
                    let which = teller.which();
                    *idle[which].borrow_mut() = Some(teller);
                });
                while busy.try_join_next().is_some() {}
            }
            Offered::Queued => {}
            Offered::Refused => floor.desk.refuse(arrival.session, floor.planned(arrival)),
        }
    }
    floor.wait_for_the_end().await;
    busy.join_all().await;
    idle.iter().filter_map(|slot| slot.borrow_mut().take()).collect()
}

/// One operation, and all that have come to wait for its end.
async fn work_off(
    floor: &LoadContext,
    mut teller: RecordingClient,
    first: workload::Arrival,
    backlog: &RefCell<Backlog>,
) -> RecordingClient {
    let mut next = Some(first);
    while let Some(arrival) = next {
        if clock::now() < floor.ends {
            teller.perform(floor.planned(arrival)).await;
        } else {
            floor.desk.refuse(teller.which(), floor.planned(arrival));
        }
        next = backlog.borrow_mut().ended(teller.which());
    }
    teller
}

/// Every customer on its own. Returns them, and whether one ran out of operations.
async fn closed(
    floor: &Rc<LoadContext>,
    tellers: Vec<RecordingClient>,
    steps: Vec<Steps>,
) -> (Vec<RecordingClient>, bool) {
    let ran_out = Rc::new(Cell::new(false));
    let go = |(teller, steps)| {
        tokio::task::spawn_local(go_round(Rc::clone(floor), teller, steps, Rc::clone(&ran_out)))
    };
    let gone: Vec<JoinHandle<RecordingClient>> = tellers.into_iter().zip(steps).map(go).collect();
    let tellers = join_all(gone).await.into_iter().map(|teller| teller.expect("no customer panics"));
    let tellers = tellers.collect();
    floor.wait_for_the_end().await;
    (tellers, ran_out.get())
}

async fn go_round(
    floor: Rc<LoadContext>,
    mut teller: RecordingClient,
    steps: Steps,
    ran_out: Rc<Cell<bool>>,
) -> RecordingClient {
    let mut free = floor.base;
    for Step { think, branch, operation, .. } in steps {
        let mut intended = free + think;
        if intended >= floor.ends {
            return teller;
        }
        floor.due.until(intended).await;
        let isolated = match &floor.isolation {
            Some(isolation) if operation.is_write() => {
                let entered = isolation.enter(branch, floor.ends).await;
                intended = intended.max(clock::now());
                Some(entered)
            }
            Some(_) | None => None,
        };
        if clock::now() >= floor.ends {
            return teller;
        }
        let warm_up = intended.since(floor.base) < floor.warm_up;
        let written = teller.perform(IntendedOperation { branch, operation, intended, warm_up }).await;
        if let Some(mut last) = isolated {
            *last = written;
        }
        free = clock::now();
    }
    ran_out.set(true);
    teller
}

impl LoadContext {
    fn planned(&self, arrival: workload::Arrival) -> IntendedOperation {
        IntendedOperation {
            branch: arrival.branch,
            operation: arrival.operation,
            intended: self.base + arrival.at,
            warm_up: arrival.at < self.warm_up,
        }
    }

    async fn wait_for_the_end(&self) {
        self.due.until(self.ends).await;
    }
}
