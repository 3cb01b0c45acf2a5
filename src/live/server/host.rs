//! One branch on a thread of its own, with its own single-threaded runtime: no branch can starve another.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::disk::{DataError, DiskFaults, FileDisk};
use super::driver::BranchDriver;
use super::report::BranchReport;
use super::service::Service;
use super::sync_queue::SyncQueue;
use super::syncer::Syncer;
use crate::branch::{Branch, Config, ConfigError, Start};
use crate::live::clock;
use crate::live::fine_timer::FineTimer;
use crate::live::record::EventBuffer;
use crate::live::record::ipc::{BranchStatus, FinalState};
use crate::log::{self, Log, LogContents, OpenError, Opened};
use crate::model::{AccountId, BranchId, Dot, Incarnation, Origin, VersionVector};
use crate::network::Network;

/// Branches of one process at most: each has a thread, and each pair two connections with both ends here.
pub const BRANCHES_MAX: usize = 64;

/// Everything that a branch needs to run.
pub struct HostOptions {
    /// Id, members, accounts and bounds.
    pub config: Config,
    /// Where the state of a branch without a log comes from.
    pub start: Start,
    /// Bound already, so that the address is known before any branch starts.
    pub listener: TcpListener,
    /// Where the other members listen.
    pub peers: BTreeMap<BranchId, SocketAddr>,
    /// Decides the fate of every message that leaves this branch, and of its customers' requests.
    pub network: Arc<dyn Network>,
    /// The default, unless a trial records this branch.
    pub recorded: RecordedBranch,
    /// Where the log is kept; without it the log is volatile.
    pub disk: Option<DiskOptions>,
}

/// A durable log. A branch that finds one there comes back from it, whatever its [`Start`] and [`RecordedBranch`] are.
#[derive(Debug, Clone)]
pub struct DiskOptions {
    /// The directory of the log; made if it does not exist.
    pub dir: PathBuf,
    /// Records that one sync covers at most; above 0.
    pub group_max: usize,
    /// Faults that are injected into the disk.
    pub faults: DiskFaults,
}

/// How a branch came back from its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// Records that were read and replayed.
    pub records: u64,
    /// From opening the directory until the core had its state.
    pub took: Duration,
}

/// What a trial that records a branch adds to it.
#[derive(Clone, Default)]
pub struct RecordedBranch {
    /// Drawn from clock and chance if it is absent.
    pub(in crate::live) incarnation: Option<Incarnation>,
    /// Where the branch records its events.
    pub(in crate::live) buffer: Option<Arc<EventBuffer>>,
}

/// Why a branch did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot run.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The system refuses a socket, a timer or a thread.
    #[error("branch {branch}: {problem}: {source}")]
    Io {
        /// The branch.
        branch: BranchId,
        /// What the system refused.
        problem: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The address is taken or not this machine's.
    #[error("branch {branch} cannot listen on {address}: {source}; choose another address, or none")]
    Listen {
        /// The branch.
        branch: BranchId,
        /// Where it was to listen.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// More than [`BRANCHES_MAX`].
    #[error("one process holds at most {} branches, not {wanted}", BRANCHES_MAX)]
    TooManyBranches {
        /// How many were asked for.
        wanted: usize,
    },
    /// A member without an address.
    #[error("branch {0} is a member of the cluster and has no address")]
    NoAddress(BranchId),
    /// The data directory cannot be used.
    #[error("branch {branch}: {source}")]
    Data {
        /// The branch.
        branch: BranchId,
        /// Why not.
        source: DataError,
    },
    /// The log in the data directory cannot be opened.
    #[error("branch {branch}: {}: {source}", dir.display())]
    Log {
        /// The branch.
        branch: BranchId,
        /// The directory of the log.
        dir: PathBuf,
        /// Why not.
        source: OpenError,
    },
}

/// A running branch. Dropping it stops the branch as [`BranchHandle::shut_down`] does.
pub struct BranchHandle {
    id: BranchId,
    address: SocketAddr,
    incarnation: Incarnation,
    driver: Arc<BranchDriver>,
    stopping: watch::Sender<bool>,
    pauses: mpsc::UnboundedSender<std_mpsc::Receiver<()>>,
    thread: Option<JoinHandle<()>>,
    recovery: Option<Recovery>,
    applied_at_start: VersionVector,
    /// Ends after the thread: what the branch appended is written.
    syncer: Option<Syncer>,
}

/// Freezes one branch, without a hold on its handle.
#[derive(Clone)]
pub(super) struct Pauser {
    pauses: mpsc::UnboundedSender<std_mpsc::Receiver<()>>,
}

/// Answers which writes one branch has applied.
pub(in crate::live) struct Probe {
    driver: Arc<BranchDriver>,
}

/// A pause of one branch: until it is dropped no timer fires there and no socket is read.
#[must_use = "the branch resumes when this is dropped"]
pub struct PausedThread {
    _resume: std_mpsc::Sender<()>,
}

impl BranchHandle {
    /// Starts the branch; it accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// A configuration that cannot run, a member without an address, a listener or thread that the system refuses.
    pub fn start(options: HostOptions) -> Result<BranchHandle, StartError> {
        let HostOptions { config, start, listener, peers, network, recorded, disk } = options;
        let RecordedBranch { incarnation, buffer } = recorded;
        let id = config.branch;
        if let Some(&missing) = config.members.iter().find(|&&m| m != id && !peers.contains_key(&m)) {
            return Err(StartError::NoAddress(missing));
        }
        let failed = |problem| move |source| StartError::Io { branch: id, problem, source };
        let address = listener.local_addr().map_err(failed("the listener has no address"))?;
        listener.set_nonblocking(true).map_err(failed("the listener"))?;
        // The core, from its log if there is one.
        let drawn = || Incarnation { started_at: clock::unix_ns(), nonce: rand::random() };
        let incarnation = incarnation.unwrap_or_else(drawn);
        let (core, log, recovery) = match &disk {
            None => (Branch::new(config, incarnation, start)?, None, None),
            Some(disk) => {
                let (core, log, recovery) = recover(config, incarnation, start, disk)?;
                (core, Some((log, disk.group_max)), recovery)
            }
        };
        let incarnation = core.incarnation();
        let applied_at_start = core.applied().clone();
        let queue = log.as_ref().map(|_| Arc::<SyncQueue>::default());
        let driver = Arc::new(BranchDriver::new(id, core, network, buffer, queue.clone()));
        let syncer = match log.zip(queue.clone()) {
            Some(((log, group_max), queue)) => {
                let syncer = Syncer::start(log, group_max, queue, Arc::clone(&driver));
                Some(syncer.map_err(failed("no thread for the log"))?)
            }
            None => None,
        };
        // Its services, on a runtime and a thread of their own.
        let (stopping, stop) = watch::channel(false);
        let (pauses, pause_requests) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed("no runtime"))?;
        let service = Service { id, driver: Arc::clone(&driver), queue, peers, stop, pause_requests };
        let (timers, listener) = {
            // Entered, not driven: the caller may be within a runtime, where blocking on another one panics.
            let _entered = runtime.enter();
            let timer = || FineTimer::new().map_err(failed("no timer"));
            let listener = tokio::net::TcpListener::from_std(listener).map_err(failed("the listener"))?;
            ([timer()?, timer()?, timer()?], listener)
        };
        let thread = std::thread::Builder::new()
            .name(format!("branch-{id}"))
            .spawn(move || {
                runtime.block_on(service.run(timers, listener));
                runtime.shutdown_background();
            })
            .map_err(failed("no thread"))?;
        let thread = Some(thread);
        Ok(BranchHandle {
            id,
            address,
            incarnation,
            driver,
            stopping,
            pauses,
            thread,
            recovery,
            applied_at_start,
            syncer,
        })
    }

    /// The branch's id.
    pub fn id(&self) -> BranchId {
        self.id
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its present incarnation.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// How the branch came back, if it came back from a log.
    pub fn recovery(&self) -> Option<Recovery> {
        self.recovery
    }

    /// Why the branch ended by itself, as soon as it has.
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.driver.failure()
    }

    /// The branch at this moment, with all that it has counted.
    pub fn report(&self) -> BranchReport {
        self.driver.report()
    }

    /// The visible balance; `None` if there is no such account.
    pub fn balance(&self, account: AccountId) -> Option<i128> {
        self.driver.balance(account)
    }

    /// The branch at this moment, as a trial watches it.
    pub(in crate::live) fn status(&self) -> BranchStatus {
        self.driver.status()
    }

    /// The branch at the end of a trial with `accounts` accounts.
    pub(in crate::live) fn final_state(&self, accounts: usize) -> FinalState {
        let report = self.report();
        let balance = |account| Some((AccountId(account), self.balance(AccountId(account))?));
        FinalState {
            branch: self.id,
            balances: (0..accounts as u64).filter_map(balance).collect(),
            observed: report.observed(self.id),
            applied: report.applied,
            injection_error: report.injection_error,
        }
    }

    /// The writes that were visible when the branch started.
    pub(in crate::live) fn applied_at_start(&self) -> &VersionVector {
        &self.applied_at_start
    }

    pub(in crate::live) fn probe(&self) -> Probe {
        Probe { driver: Arc::clone(&self.driver) }
    }

    /// Counts the injection error from now on.
    pub(in crate::live) fn restart_injection_error(&self) {
        self.driver.restart_injection_error();
    }

    /// Whether the branch serves customers, and every change of it.
    pub fn serving(&self) -> watch::Receiver<bool> {
        self.driver.serving()
    }

    /// Freezes the branch, as a stopped process would be, until the pause is dropped.
    pub fn pause(&self) -> PausedThread {
        self.pauser().pause()
    }

    /// A pauser of this branch, which may outlive the handle.
    pub(super) fn pauser(&self) -> Pauser {
        Pauser { pauses: self.pauses.clone() }
    }

    /// Answers what is parked, refuses what comes, closes connections, and waits for the thread to end.
    pub fn shut_down(mut self) {
        self.stop();
    }

    /// Stops the branch without waiting for its end.
    pub(super) fn begin_to_stop(&self) {
        self.stopping.send_replace(true);
        self.driver.shut_down();
    }

    fn stop(&mut self) {
        self.begin_to_stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(branch = %self.id, "the branch's thread panicked");
        }
        self.syncer = None;
    }
}

impl Probe {
    pub fn branch(&self) -> BranchId {
        self.driver.id()
    }

    pub fn has_applied(&self, dot: Dot) -> bool {
        self.driver.applied(dot.origin) >= dot.counter
    }
}

impl Pauser {
    /// Freezes the branch, as a stopped process would be, until the pause is dropped.
    pub fn pause(&self) -> PausedThread {
        let (resume, resumed) = std_mpsc::channel();
        // A branch that has ended needs no freezing.
        drop(self.pauses.send(resumed));
        PausedThread { _resume: resume }
    }
}

impl Drop for BranchHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A branch from the log in its directory; with a new log if there is none.
fn recover(
    config: Config,
    incarnation: Incarnation,
    start: Start,
    options: &DiskOptions,
) -> Result<(Branch, Log<FileDisk>, Option<Recovery>), StartError> {
    let DiskOptions { dir, faults, .. } = options;
    let branch = config.branch;
    let bank = log::bank(&config.initial_balances);
    let began = clock::now();
    let disk = FileDisk::take(dir, faults.clone()).map_err(|source| StartError::Data { branch, source })?;
    let refused = |source| StartError::Log { branch, dir: dir.clone(), source };
    match Log::open(disk, branch, bank).map_err(refused)? {
        Opened::Empty(disk) => {
            let log = Log::create(disk, Origin { branch, incarnation }, bank).map_err(refused)?;
            Ok((Branch::new(config, incarnation, start)?, log, None))
        }
        Opened::Log(log, LogContents { incarnation, records, torn }) => {
            if let Some(torn) = torn {
                tracing::warn!(%branch, %torn, "the end of the log was never synced as a whole, and was cut off");
            }
            let count = records.len() as u64;
            let core = Branch::new(config, incarnation, Start::Recovered(records))?;
            let recovery = Recovery { records: count, took: clock::now().since(began) };
            tracing::info!(%branch, records = count, took = ?recovery.took, "came back from its log");
            Ok((core, log, Some(recovery)))
        }
    }
}
