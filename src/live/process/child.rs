//! A branch that is a process of its own, as it sees itself: orders in, news out.
//!
//! It ends when its standard input does, which is when the trial ends in whatever way; on Linux the system sees to
//! that too, for a branch that is stopped cannot see its input end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::branch::{Config, Start};
use crate::live::clock;
use crate::live::record::event_buffer::EventBuffer;
use crate::live::record::ipc::{self, BranchStanding, FinalReport, FromChild, SpawnSpec, ToChild};
use crate::live::server::disk::DiskFaults;
use crate::live::server::host::{BranchHandle, DiskOptions, HostOptions, RecordedBranch, StartError};
use crate::live::server::network::DeferredNetwork;
use crate::live::trial::deployment::disk_fault;
use crate::model::{AccountId, BranchId, Time};
use crate::network::Network;
use crate::scenario::{Scenario, SeededPart};

/// How often it tells how it stands.
const TICK: Duration = Duration::from_millis(10);

/// How often it tries to listen where it listened before, a tick apart.
const BINDS_MAX: u32 = 100;

/// Why a branch that is a process came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    #[error("the trial cannot be heard: {0}")]
    Io(#[from] io::Error),
    #[error("this command is for trials to start, with orders on its standard input")]
    NoOrders,
    #[error("the plan cannot be read: {0}")]
    Plan(String),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{0}")]
    Failed(String),
}

/// Serves one branch of a trial, by the orders on standard input, until that ends. `scenario_of` reads a trial's
/// plan.
///
/// # Errors
///
/// What the system refuses, a plan that cannot be read, and a log that failed.
pub fn serve_trial(
    news: File,
    scenario_of: impl FnOnce(&str) -> Result<Scenario, String>,
) -> Result<(), ChildError> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(io::Error::from)?;
    let orders = orders()?;
    let next = || orders.recv().map_err(|_| ChildError::NoOrders);
    let ToChild::Begin(birth) = next()? else { return Err(ChildError::NoOrders) };
    let scenario = scenario_of(&birth.plan).map_err(ChildError::Plan)?;
    let tape = Arc::new(EventBuffer::through(news));
    let listener = listener(birth.address)?;
    tape.hold().tell(&FromChild::Listening(listener.local_addr()?));
    let ToChild::Meet(addresses) = next()? else { return Err(ChildError::NoOrders) };
    Served::start(&scenario, &birth, &addresses, listener, tape)?.serve(&orders)
}

/// Reads orders on a thread of its own, so that they can be waited for with a bound.
fn orders() -> io::Result<Receiver<ToChild>> {
    let (send, orders) = mpsc::channel();
    std::thread::Builder::new().name("orders".to_owned()).spawn(move || {
        let mut from = io::stdin().lock();
        while let Ok(Some(order)) = ipc::read(&mut from) {
            if send.send(order).is_err() {
                return;
            }
        }
    })?;
    Ok(orders)
}

/// Whoever listened there may take a moment to be gone.
fn listener(address: Option<SocketAddr>) -> io::Result<TcpListener> {
    let address = address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    for _ in 1..BINDS_MAX {
        match TcpListener::bind(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => std::thread::sleep(TICK),
            bound => return bound,
        }
    }
    TcpListener::bind(address)
}

/// A branch that runs.
struct Served<'a> {
    scenario: &'a Scenario,
    accounts: usize,
    handle: BranchHandle,
    curtain: Arc<DeferredNetwork>,
    faults: DiskFaults,
    tape: Arc<EventBuffer>,
}

impl Served<'_> {
    fn start<'a>(
        scenario: &'a Scenario,
        birth: &SpawnSpec,
        addresses: &BTreeMap<BranchId, SocketAddr>,
        listener: TcpListener,
        tape: Arc<EventBuffer>,
    ) -> Result<Served<'a>, ChildError> {
        let SpawnSpec { initial_balances, branch, incarnation, new_cluster, data, .. } = birth;
        let curtain = Arc::new(DeferredNetwork::default());
        let faults = DiskFaults::default();
        let config = Config {
            limits: scenario.limits.clone(),
            timing: scenario.timing.clone(),
            ..Config::new(*branch, addresses.keys().copied(), initial_balances.clone())
        };
        let disk = data.as_ref().map(|dir| DiskOptions {
            dir: dir.clone(),
            group_max: scenario.group_max,
            faults: faults.clone(),
        });
        // In hand until it is told how the branch began: nothing that happens afterwards is told before.
        let recording = tape.hold();
        let handle = BranchHandle::start(HostOptions {
            config,
            start: if *new_cluster { Start::NewCluster } else { Start::Unknown },
            listener,
            peers: addresses.iter().filter(|&(id, _)| id != branch).map(|(&id, &at)| (id, at)).collect(),
            network: Arc::clone(&curtain) as Arc<dyn Network>,
            life: RecordedBranch { incarnation: Some(*incarnation), tape: Some(Arc::clone(&tape)) },
            disk,
        })?;
        let recovery = handle.recovery().map(|recovery| (recovery.records, recovery.took));
        let applied = handle.applied_at_start().clone();
        recording.tell(&FromChild::Began { at: clock::now(), applied, recovery });
        drop(recording);
        Ok(Served { scenario, accounts: initial_balances.len(), handle, curtain, faults, tape })
    }

    fn serve(self, orders: &Receiver<ToChild>) -> Result<(), ChildError> {
        let failure = self.handle.failure();
        loop {
            let order = match orders.recv_timeout(TICK) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if let Some(reason) = failure.borrow().clone() {
                return Err(ChildError::Failed(reason));
            }
            match order {
                None => self.stand(),
                Some(ToChild::Raise(base)) => self.raise(base)?,
                Some(ToChild::CountLateness) => self.handle.restart_fidelity(),
                Some(ToChild::Account) => self.account(),
                Some(ToChild::Begin(_) | ToChild::Meet(_)) => return Err(ChildError::NoOrders),
            }
        }
    }

    fn stand(&self) {
        let standing: BranchStanding = self.handle.standing();
        let recording = self.tape.hold();
        recording.tell(&FromChild::Standing(recording.now, standing));
    }

    /// The network begins, and with it what goes wrong with this branch's disk.
    fn raise(&self, base: Time) -> Result<(), ChildError> {
        let id = self.handle.id();
        for accident in self.scenario.accidents.iter().filter(|accident| accident.branch == id) {
            let Some(fault) = disk_fault(accident.kind) else { continue };
            self.faults.add(base + accident.from, base + accident.until, fault);
        }
        let seed = self.scenario.seed_of(SeededPart::Network);
        let raised = self.curtain.raise(self.scenario.network.clone(), seed, base);
        raised.map_err(|error| ChildError::Plan(error.to_string()))?;
        tracing::debug!(branch = %id, since = ?clock::now().since(base), "the network has begun");
        Ok(())
    }

    fn account(&self) {
        let snapshot = self.handle.snapshot();
        let balance = |account| Some((AccountId(account), self.handle.balance(AccountId(account))?));
        let observed = serde_json::to_string(&snapshot.observed(self.handle.id()));
        let account = FinalReport {
            balances: (0..self.accounts as u64).filter_map(balance).collect(),
            observed: observed.expect("what is observed is JSON"),
            late: ipc::late(&snapshot.fidelity),
            applied: snapshot.applied,
        };
        self.tape.hold().tell(&FromChild::Account(Box::new(account)));
    }
}
