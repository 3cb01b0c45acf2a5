//! The side of a branch that is a process: commands in, reports out.
//!
//! It ends when its standard input does, which is when the trial ends for whatever reason. On Linux the system ends it
//! with its parent too, since a process that is stopped cannot see its input end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::branch::{Config, Start};
use crate::live::clock;
use crate::live::record::EventBuffer;
use crate::live::record::ipc::{self, FromChild, SpawnSpec, ToChild, TrialCommand};
use crate::live::server::{
    BranchHandle, DeferredNetwork, DiskFault, DiskFaults, DiskOptions, HostOptions, RecordedBranch,
    StartError,
};
use crate::model::{BranchId, Time};
use crate::network::Network;
use crate::scenario::{Scenario, SeededPart};

/// How often the branch reports its status.
const TICK: Duration = Duration::from_millis(10);

/// How often the branch tries to listen where it listened before, a tick apart.
const BINDS_MAX: u32 = 100;

/// Why a branch that is a process ended with an error.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The system refuses a pipe, a socket or a thread.
    #[error("the branch cannot talk to its trial: {0}")]
    Io(#[from] io::Error),
    /// The standard input does not begin with the messages of a trial.
    #[error("only a trial starts this command, with its commands on the standard input")]
    NoTrial,
    /// The trial's plan, and why it cannot be read.
    #[error("the plan cannot be read: {0}")]
    Plan(String),
    /// The branch did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The branch could not continue, for this reason.
    #[error("{0}")]
    Failed(String),
}

/// Serves one branch of a trial, by the commands on standard input, until that ends. The branch reports to `pipe`;
/// `scenario_of` reads a trial's plan.
///
/// # Errors
///
/// A refusal of the system, a plan that cannot be read, and a log that failed.
pub fn serve_trial(
    pipe: File,
    scenario_of: impl FnOnce(&str) -> Result<Scenario, String>,
) -> Result<(), ChildError> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(io::Error::from)?;
    let messages = messages()?;
    let next = || messages.recv().map_err(|_| ChildError::NoTrial);
    let ToChild::Spawn(spec) = next()? else { return Err(ChildError::NoTrial) };
    let scenario = scenario_of(&spec.plan).map_err(ChildError::Plan)?;
    let buffer = Arc::new(EventBuffer::piped(pipe));
    let listener = bind(spec.address)?;
    buffer.lock().send(&FromChild::Listening(listener.local_addr()?));
    let ToChild::Command(TrialCommand::Connect(addresses)) = next()? else { return Err(ChildError::NoTrial) };
    ServedBranch::start(&scenario, &spec, &addresses, listener, buffer)?.serve(&messages)
}

/// Reads messages on a thread of its own, so that the branch can wait for them with a bound.
fn messages() -> io::Result<Receiver<ToChild>> {
    let (send, messages) = mpsc::channel();
    std::thread::Builder::new().name("commands".to_owned()).spawn(move || {
        let mut from = io::stdin().lock();
        while let Ok(Some(message)) = ipc::read(&mut from) {
            if send.send(message).is_err() {
                return;
            }
        }
    })?;
    Ok(messages)
}

/// Tries for a while: the process that listened there before may take a moment to end.
fn bind(address: Option<SocketAddr>) -> io::Result<TcpListener> {
    let address = address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    for _ in 1..BINDS_MAX {
        match TcpListener::bind(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => std::thread::sleep(TICK),
            bound => return bound,
        }
    }
    TcpListener::bind(address)
}

/// The running branch of this process.
struct ServedBranch<'a> {
    scenario: &'a Scenario,
    accounts: usize,
    handle: BranchHandle,
    network: Arc<DeferredNetwork>,
    faults: DiskFaults,
    buffer: Arc<EventBuffer>,
}

impl ServedBranch<'_> {
    fn start<'a>(
        scenario: &'a Scenario,
        spec: &SpawnSpec,
        addresses: &BTreeMap<BranchId, SocketAddr>,
        listener: TcpListener,
        buffer: Arc<EventBuffer>,
    ) -> Result<ServedBranch<'a>, ChildError> {
        let SpawnSpec { initial_balances, branch, incarnation, new_cluster, data, .. } = spec;
        let network = Arc::new(DeferredNetwork::default());
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
        // Locked until the start is reported: no event of the branch is reported before it.
        let guard = buffer.lock();
        let handle = BranchHandle::start(HostOptions {
            config,
            start: if *new_cluster { Start::NewCluster } else { Start::Unknown },
            listener,
            peers: addresses.iter().filter(|&(id, _)| id != branch).map(|(&id, &at)| (id, at)).collect(),
            network: Arc::clone(&network) as Arc<dyn Network>,
            recorded: RecordedBranch { incarnation: Some(*incarnation), buffer: Some(Arc::clone(&buffer)) },
            disk,
        })?;
        let recovery = handle.recovery().map(|recovery| (recovery.records, recovery.took));
        let applied = handle.applied_at_start().clone();
        guard.send(&FromChild::Started { at: clock::now(), applied, recovery });
        drop(guard);
        Ok(ServedBranch { scenario, accounts: initial_balances.len(), handle, network, faults, buffer })
    }

    /// Carries out commands until the pipe is closed or the branch fails.
    fn serve(self, messages: &Receiver<ToChild>) -> Result<(), ChildError> {
        let failure = self.handle.failure();
        loop {
            let message = match messages.recv_timeout(TICK) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            if let Some(reason) = failure.borrow().clone() {
                return Err(ChildError::Failed(reason));
            }
            match message {
                None => self.report_status(),
                Some(ToChild::Command(TrialCommand::StartNetwork(base))) => self.start_network(base)?,
                Some(ToChild::Command(TrialCommand::RestartInjectionError)) => {
                    self.handle.restart_injection_error()
                }
                Some(ToChild::Command(TrialCommand::ReportFinalState)) => self.report_final_state(),
                Some(ToChild::Spawn(_) | ToChild::Command(TrialCommand::Connect(_))) => {
                    return Err(ChildError::NoTrial);
                }
            }
        }
    }

    fn report_status(&self) {
        let status = self.handle.status();
        let guard = self.buffer.lock();
        guard.send(&FromChild::Status(guard.now, status));
    }

    /// Starts the network, and with it the faults of this branch's disk.
    fn start_network(&self, base: Time) -> Result<(), ChildError> {
        let id = self.handle.id();
        for fault in self.scenario.accidents.iter().filter(|fault| fault.branch == id) {
            let Some(of_disk) = DiskFault::of(fault.kind) else { continue };
            self.faults.add(base + fault.from, base + fault.until, of_disk);
        }
        let seed = self.scenario.seed_of(SeededPart::Network);
        let started = self.network.start(self.scenario.network.clone(), seed, base);
        started.map_err(|error| ChildError::Plan(error.to_string()))?;
        tracing::debug!(branch = %id, since = ?clock::now().since(base), "the network has begun");
        Ok(())
    }

    fn report_final_state(&self) {
        let last = self.handle.final_state(self.accounts);
        self.buffer.lock().send(&FromChild::Final(Box::new(last)));
    }
}
