//! The load of one trial: customers in an open or a closed loop, all on one thread.
//!
//! An open loop's arrivals start when they are due, whatever became of earlier ones. An arrival at a busy session waits
//! for it, and is recorded as refused if it still waits when the load is over. A closed loop's operations start a think
//! time after the one before has ended. Nothing starts once the load is over; the load waits for operations in flight,
//! which the session's policy bounds.

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

use super::isolation::WriteIsolation;
use super::recording_client::{RecorderContext, RecordingClient};
use crate::live::client::ClientPool;
use crate::live::clock;
use crate::live::delay_queue::DelayQueue;
use crate::live::fine_timer::FineTimer;
use crate::live::record::EventBuffer;
use crate::live::server::Probe;
use crate::live::wire;
use crate::model::{BranchId, Time};
use crate::network::{Endpoint, InjectionError};
use crate::scenario::{IntendedOperation, Scenario, SeededPart};
use crate::session::Session;
use crate::workload::{self, Backlog, Offered, Schedule, Sequence, Step, Steps};

/// Everything that the thread of customers needs.
pub(super) struct LoadOptions {
    pub scenario: Scenario,
    pub sequence: Sequence,
    pub base: Time,
    pub addresses: BTreeMap<BranchId, SocketAddr>,
    /// Probes of the branches, for isolated writes.
    pub probes: Vec<Probe>,
    /// The events of the customers.
    pub buffer: Arc<EventBuffer>,
    /// Counts the operations that have ended.
    pub ended: Arc<AtomicU64>,
    /// Set to give the trial up.
    pub stop: watch::Receiver<bool>,
}

/// What is known once all customers have ended.
pub(super) struct LoadOutcome {
    /// Bytes of the largest token that a session carried at the end.
    pub token_bytes_max: u64,
    /// A session ran all its planned operations before the load was over.
    pub ran_out: bool,
    /// The injection error of replies, while measured.
    pub injection_error: InjectionError,
}

/// Runs the whole load on the calling thread. `None` if it was given up.
///
/// # Errors
///
/// When the system gives no runtime or no timer.
pub(super) fn run(options: LoadOptions) -> io::Result<Option<LoadOutcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut stop = options.stop.clone();
    let local = LocalSet::new();
    runtime.block_on(local.run_until(async move {
        tokio::select! {
            outcome = run_load(options) => outcome.map(Some),
            _ = stop.wait_for(|&stop| stop) => Ok(None),
        }
    }))
}

/// The state that all operations of a load share.
struct LoadContext {
    base: Time,
    warm_up: Duration,
    ends: Time,
    due: DelayQueue<oneshot::Sender<Duration>>,
    isolation: Option<WriteIsolation>,
    recorder: Rc<RecorderContext>,
}

async fn run_load(options: LoadOptions) -> io::Result<LoadOutcome> {
    let LoadOptions { scenario, sequence, base, addresses, probes, buffer, ended, stop: _ } = options;
    let pool = ClientPool::new(&addresses)?;
    let ends = base + scenario.load_ends();
    let sessions = scenario.workload.sessions;
    let recorder = Rc::new(RecorderContext::new(sessions, buffer, ended));
    let clients = clients(&scenario, &pool, &recorder);
    let isolation = scenario.isolated_writes.then(|| WriteIsolation::new(probes));
    let warm_up = scenario.warm_up;
    let context = Rc::new(LoadContext { base, warm_up, ends, due: DelayQueue::new(), isolation, recorder });
    // Beside the customers: the timer of what is due, and the end of the warm-up.
    let timer = FineTimer::new()?;
    let waking = tokio::task::spawn_local({
        let context = Rc::clone(&context);
        async move { context.due.wake(timer).await }
    });
    let warming_up = tokio::task::spawn_local({
        let (context, pool) = (Rc::clone(&context), pool.clone());
        async move {
            context.due.until(context.base + context.warm_up).await;
            pool.restart_injection_error();
        }
    });
    let (clients, ran_out) = match sequence {
        Sequence::Open(schedule) => {
            let backlog = Backlog::new(sessions, scenario.queued_max);
            (run_open(&context, clients, *schedule, backlog).await, false)
        }
        Sequence::Closed(steps) => run_closed(&context, clients, steps).await,
    };
    waking.abort();
    warming_up.abort();
    let token_bytes = |client: &RecordingClient| wire::token_bytes(client.customer().session().token());
    let token_bytes_max = clients.iter().map(token_bytes).max().unwrap_or_default() as u64;
    Ok(LoadOutcome { token_bytes_max, ran_out, injection_error: pool.injection_error() })
}

/// The customers in order of their numbers.
fn clients(scenario: &Scenario, pool: &ClientPool, recorder: &Rc<RecorderContext>) -> Vec<RecordingClient> {
    let client = |index: usize| {
        let id = scenario.session_id(index);
        let seed = scenario.seed_of(SeededPart::Sessions).wrapping_add(index as u64);
        let session = Session::new(id, clock::now(), scenario.policy, seed);
        let region = scenario.region(Endpoint::Customer(id));
        RecordingClient::new(recorder, index, pool.customer_of(session), region)
    };
    (0..scenario.workload.sessions).map(client).collect()
}

/// Starts each arrival when it is due. Returns the customers when the last operation has ended.
async fn run_open(
    context: &Rc<LoadContext>,
    clients: Vec<RecordingClient>,
    schedule: Schedule,
    backlog: Backlog,
) -> Vec<RecordingClient> {
    let arrivals: Vec<workload::Arrival> = schedule.collect();
    let idle: Rc<Vec<RefCell<Option<RecordingClient>>>> =
        Rc::new(clients.into_iter().map(|client| RefCell::new(Some(client))).collect());
    let backlog = Rc::new(RefCell::new(backlog));
    let mut busy = JoinSet::new();
    for arrival in arrivals {
        context.due.until(context.base + arrival.at).await;
        let offered = backlog.borrow_mut().offer(clock::now().since(context.base), arrival);
        match offered {
            Offered::Start => {
                let client = idle[arrival.session]
                    .borrow_mut()
                    .take()
                    .expect("the customer of an idle session is there");
                let (context, idle, backlog) = (Rc::clone(context), Rc::clone(&idle), Rc::clone(&backlog));
                busy.spawn_local(async move {
                    let client = run_backlog(&context, client, arrival, &backlog).await;
                    let index = client.index();
                    *idle[index].borrow_mut() = Some(client);
                });
                while busy.try_join_next().is_some() {}
            }
            Offered::Queued => {}
            Offered::Refused => context.recorder.refuse(arrival.session, context.intended(arrival)),
        }
    }
    context.wait_for_the_end().await;
    busy.join_all().await;
    idle.iter().filter_map(|slot| slot.borrow_mut().take()).collect()
}

/// Runs one operation, then those that have queued behind it.
async fn run_backlog(
    context: &LoadContext,
    mut client: RecordingClient,
    first: workload::Arrival,
    backlog: &RefCell<Backlog>,
) -> RecordingClient {
    let mut next = Some(first);
    while let Some(arrival) = next {
        if clock::now() < context.ends {
            client.perform(context.intended(arrival)).await;
        } else {
            context.recorder.refuse(client.index(), context.intended(arrival));
        }
        next = backlog.borrow_mut().ended(client.index());
    }
    client
}

/// Runs every customer's steps side by side. Returns the customers, and whether one ran out of operations.
async fn run_closed(
    context: &Rc<LoadContext>,
    clients: Vec<RecordingClient>,
    steps: Vec<Steps>,
) -> (Vec<RecordingClient>, bool) {
    let ran_out = Rc::new(Cell::new(false));
    let spawn = |(client, steps)| {
        tokio::task::spawn_local(run_steps(Rc::clone(context), client, steps, Rc::clone(&ran_out)))
    };
    let running: Vec<JoinHandle<RecordingClient>> = clients.into_iter().zip(steps).map(spawn).collect();
    let clients = join_all(running).await.into_iter().map(|client| client.expect("no customer panics"));
    let clients = clients.collect();
    context.wait_for_the_end().await;
    (clients, ran_out.get())
}

/// Runs one customer's steps until the load is over.
async fn run_steps(
    context: Rc<LoadContext>,
    mut client: RecordingClient,
    steps: Steps,
    ran_out: Rc<Cell<bool>>,
) -> RecordingClient {
    let mut ended = context.base;
    for Step { think, branch, operation, .. } in steps {
        let mut intended = ended + think;
        if intended >= context.ends {
            return client;
        }
        context.due.until(intended).await;
        let isolated = match &context.isolation {
            Some(isolation) if operation.is_write() => {
                let entered = isolation.enter(branch, context.ends).await;
                intended = intended.max(clock::now());
                Some(entered)
            }
            Some(_) | None => None,
        };
        if clock::now() >= context.ends {
            return client;
        }
        let warm_up = intended.since(context.base) < context.warm_up;
        let written = client.perform(IntendedOperation { branch, operation, intended, warm_up }).await;
        if let Some(mut last) = isolated {
            *last = written;
        }
        ended = clock::now();
    }
    ran_out.set(true);
    client
}

impl LoadContext {
    fn intended(&self, arrival: workload::Arrival) -> IntendedOperation {
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
