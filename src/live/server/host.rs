//! One branch on a thread of its own, with its own single-threaded runtime: no branch can starve another.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self as std_mpsc, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tonic::service::Routes;

use super::bank::Bank;
use super::disk::{DataError, DiskFaults, FileDisk};
use super::driver::BranchDriver;
use super::replication::{self, Replication};
use super::report::BranchReport;
use super::router::FastRouter;
use super::syncer::{SyncQueue, Syncer};
use crate::branch::{Branch, Config, ConfigError, Start};
use crate::live::clock;
use crate::live::fine_timer::FineTimer;
use crate::live::record::event_buffer::EventBuffer;
use crate::live::record::ipc::BranchStanding;
use crate::live::transport;
use crate::live::trial::isolation::Probe;
use crate::live::wire::{self, proto};
use crate::log::{self, Log, LogContents, OpenError, Opened};
use crate::model::{AccountId, BranchId, Incarnation, Origin, VersionVector};
use crate::network::Network;

/// How often a frozen branch looks whether it is to end.
const PAUSE_LOOK: Duration = Duration::from_millis(20);

/// How long open connections may take to close after the last answer.
const LINGER: Duration = Duration::from_millis(500);

/// Branches of one process at most: each has a thread, and each pair two connections with both ends here.
pub const BRANCHES_MAX: usize = 64;

/// What a branch needs to run.
pub struct HostOptions {
    pub config: Config,
    pub start: Start,
    /// Bound already, so that the address is known before any branch starts.
    pub listener: TcpListener,
    /// Where the other members listen.
    pub peers: BTreeMap<BranchId, SocketAddr>,
    pub network: Arc<dyn Network>,
    pub life: RecordedBranch,
    /// Where the log is kept; without it the log is volatile.
    pub disk: Option<DiskOptions>,
}

/// A durable log. A branch that finds one there comes back from it, whatever [`HostOptions::start`] and its [`RecordedBranch`]
/// say.
#[derive(Debug, Clone)]
pub struct DiskOptions {
    pub dir: PathBuf,
    /// Records that one sync covers at most; above 0.
    pub group_max: usize,
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

/// What a branch of a recorded trial is given, and others do without.
#[derive(Clone, Default)]
pub struct RecordedBranch {
    /// Drawn from clock and chance if it is not given.
    pub(in crate::live) incarnation: Option<Incarnation>,
    pub(in crate::live) tape: Option<Arc<EventBuffer>>,
}

/// Why a branch did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("branch {branch}: {problem}: {source}")]
    Io { branch: BranchId, problem: &'static str, source: io::Error },
    #[error("branch {branch} cannot listen on {address}: {source}; choose another address, or none")]
    Listen { branch: BranchId, address: SocketAddr, source: io::Error },
    #[error("{wanted} branches are more than one process holds, {}", BRANCHES_MAX)]
    TooManyBranches { wanted: usize },
    #[error("no address was given for branch {0}, a member of the cluster")]
    NoAddress(BranchId),
    #[error("branch {branch}: {source}")]
    Data { branch: BranchId, source: DataError },
    #[error("branch {branch}: {}: {source}", dir.display())]
    Log { branch: BranchId, dir: PathBuf, source: OpenError },
}

/// A running branch. Dropping it stops the branch as [`BranchHandle::shut_down`] does.
pub struct BranchHandle {
    id: BranchId,
    address: SocketAddr,
    incarnation: Incarnation,
    shell: Arc<BranchDriver>,
    stopping: watch::Sender<bool>,
    pauses: mpsc::UnboundedSender<std_mpsc::Receiver<()>>,
    thread: Option<JoinHandle<()>>,
    recovery: Option<Recovery>,
    applied_at_start: VersionVector,
    /// Ends after the thread: what the branch appended is written.
    syncer: Option<Syncer>,
}

/// Freezes one branch from elsewhere.
#[derive(Clone)]
pub struct Pauser {
    pauses: mpsc::UnboundedSender<std_mpsc::Receiver<()>>,
}

/// While it lives, the branch's thread does nothing at all: no timer fires, no socket is read.
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
        let HostOptions { config, start, listener, peers, network, life, disk } = options;
        let RecordedBranch { incarnation, tape } = life;
        let id = config.branch;
        if let Some(&missing) = config.members.iter().find(|&&m| m != id && !peers.contains_key(&m)) {
            return Err(StartError::NoAddress(missing));
        }
        let failed = |problem| move |source| StartError::Io { branch: id, problem, source };
        let address = listener.local_addr().map_err(failed("the listener has no address"))?;
        listener.set_nonblocking(true).map_err(failed("the listener"))?;
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
        let shell = Arc::new(BranchDriver::new(id, core, network, tape, queue.clone()));
        let syncer = match log.zip(queue.clone()) {
            Some(((log, group_max), queue)) => {
                let syncer = Syncer::start(log, group_max, queue, Arc::clone(&shell));
                Some(syncer.map_err(failed("no thread for the log"))?)
            }
            None => None,
        };
        let (stopping, stop) = watch::channel(false);
        let (pauses, pause_requests) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed("no runtime"))?;
        let service = Service { id, shell: Arc::clone(&shell), queue, peers, stop, pause_requests };
        let (alarms, listener) = {
            // Entered, not driven: a caller may be within a runtime of its own, where blocking on another panics.
            let _entered = runtime.enter();
            let alarm = || FineTimer::new().map_err(failed("no timer"));
            let listener = tokio::net::TcpListener::from_std(listener).map_err(failed("the listener"))?;
            ([alarm()?, alarm()?, alarm()?], listener)
        };
        let thread = std::thread::Builder::new()
            .name(format!("branch-{id}"))
            .spawn(move || {
                runtime.block_on(service.run(alarms, listener));
                runtime.shutdown_background();
            })
            .map_err(failed("no thread"))?;
        let thread = Some(thread);
        Ok(BranchHandle {
            id,
            address,
            incarnation,
            shell,
            stopping,
            pauses,
            thread,
            recovery,
            applied_at_start,
            syncer,
        })
    }

    pub fn id(&self) -> BranchId {
        self.id
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// How the branch came back, if it did.
    pub fn recovery(&self) -> Option<Recovery> {
        self.recovery
    }

    /// Why the branch ended by itself, as soon as it has.
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.shell.failure()
    }

    /// The branch at this moment.
    pub fn snapshot(&self) -> BranchReport {
        self.shell.snapshot()
    }

    /// The visible balance; `None` if there is no such account.
    pub fn balance(&self, account: AccountId) -> Option<i128> {
        self.shell.balance(account)
    }

    /// Requests that wait now.
    pub fn parked(&self) -> usize {
        self.shell.parked()
    }

    /// The branch at this moment, in short.
    pub(in crate::live) fn standing(&self) -> BranchStanding {
        self.shell.in_short()
    }

    /// The writes that were visible before anything happened.
    pub(in crate::live) fn applied_at_start(&self) -> &VersionVector {
        &self.applied_at_start
    }

    pub(in crate::live) fn probe(&self) -> Probe {
        Probe { shell: Arc::clone(&self.shell) }
    }

    /// Counts lateness from now on.
    pub(in crate::live) fn restart_fidelity(&self) {
        self.shell.restart_fidelity();
    }

    /// Whether the branch serves customers, and every change of it.
    pub fn serving(&self) -> watch::Receiver<bool> {
        self.shell.serving()
    }

    /// Freezes the branch as a stopped process would be, until the pause is dropped.
    pub fn pause(&self) -> PausedThread {
        self.pauser().pause()
    }

    /// Freezes the branch later, without a hold on it.
    pub fn pauser(&self) -> Pauser {
        Pauser { pauses: self.pauses.clone() }
    }

    /// Answers what is parked, refuses what comes, closes connections, and waits for the thread to end.
    pub fn shut_down(mut self) {
        self.stop();
    }

    /// Tells the branch to end, without waiting for it.
    pub(in crate::live) fn begin_to_stop(&self) {
        self.stopping.send_replace(true);
        self.shell.shut_down();
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

impl Pauser {
    /// Freezes the branch as a stopped process would be, until the pause is dropped.
    pub fn pause(&self) -> PausedThread {
        let (resume, resumed) = std_mpsc::channel();
        // A branch that has ended cannot be frozen, and nobody can tell.
        drop(self.pauses.send(resumed));
        PausedThread { _resume: resume }
    }
}

impl Drop for BranchHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What runs on the branch's thread.
struct Service {
    id: BranchId,
    shell: Arc<BranchDriver>,
    /// Of a durable log.
    queue: Option<Arc<SyncQueue>>,
    peers: BTreeMap<BranchId, SocketAddr>,
    stop: watch::Receiver<bool>,
    pause_requests: mpsc::UnboundedReceiver<std_mpsc::Receiver<()>>,
}

impl Service {
    async fn run(self, alarms: [FineTimer; 3], listener: tokio::net::TcpListener) {
        let Service { id, shell, queue, peers, stop, mut pause_requests } = self;
        for (peer, address) in peers {
            tokio::spawn(replication::keep_connected(Arc::clone(&shell), peer, address));
        }
        tokio::spawn({
            let shell = Arc::clone(&shell);
            async move { shell.drive(alarms).await }
        });
        tokio::spawn({
            let shell = Arc::clone(&shell);
            async move { shell.sync_volatile().await }
        });
        let ending = stop.clone();
        tokio::spawn(async move {
            while let Some(resumed) = pause_requests.recv().await {
                let _log_too = queue.as_deref().map(SyncQueue::hold_back);
                freeze(&resumed, &ending);
            }
        });
        let (health, health_service) = tonic_health::server::health_reporter();
        tokio::spawn(report_health(id, health, Arc::clone(&shell)));
        let failure = shell.failure();
        let stopped = ended(stop.clone(), failure.clone());
        let mut others = Routes::new(health_service);
        others = others.add_service(reflection_v1()).add_service(reflection_v1alpha());
        let bank = proto::bank_server::BankServer::new(Bank { shell: Arc::clone(&shell) });
        others = others.add_service(replication::service(Replication { shell, stopping: stop.clone() }));
        let incoming = transport::incoming(listener);
        let served = transport::server().serve_with_incoming_shutdown(
            FastRouter::new(bank, others),
            incoming,
            stopped,
        );
        let lingered = async {
            ended(stop, failure).await;
            tokio::time::sleep(LINGER).await;
        };
        tokio::select! {
            ended = served => {
                if let Err(error) = ended {
                    tracing::error!(branch = %id, %error, "the server ended");
                }
            }
            () = lingered => tracing::debug!(branch = %id, "connections were still open"),
        }
    }
}

/// The branch is to end, or can go on no longer.
async fn ended(mut stop: watch::Receiver<bool>, mut failure: watch::Receiver<Option<String>>) {
    tokio::select! {
        _ = stop.wait_for(|&stopping| stopping) => {}
        _ = failure.wait_for(Option::is_some) => {}
    }
}

/// A branch with what its directory holds, if it holds a log; else with a new log.
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

/// Blocks the thread and with it every task of this branch, which is the point, until the pause is dropped: nothing
/// is ever sent. A branch that is to end does not wait for that.
fn freeze(resumed: &std_mpsc::Receiver<()>, ending: &watch::Receiver<bool>) {
    while resumed.recv_timeout(PAUSE_LOOK) == Err(RecvTimeoutError::Timeout) && !*ending.borrow() {}
}

/// The standard health service says of the whole server, and of `readback.v1.Bank`, what the branch says of itself.
async fn report_health(id: BranchId, health: tonic_health::server::HealthReporter, shell: Arc<BranchDriver>) {
    use tonic_health::ServingStatus;
    let mut serving = shell.serving();
    loop {
        serving.mark_unchanged();
        let standing = shell.standing();
        let status = if standing.is_ok() { ServingStatus::Serving } else { ServingStatus::NotServing };
        health.set_service_status("", status).await;
        health.set_service_status("readback.v1.Bank", status).await;
        match standing {
            Ok(_) => tracing::info!(branch = %id, "serves"),
            Err(reason) => tracing::info!(branch = %id, %reason, "serves nobody"),
        }
        if serving.changed().await.is_err() {
            return;
        }
    }
}

fn reflection_v1()
-> tonic_reflection::server::v1::ServerReflectionServer<impl tonic_reflection::server::v1::ServerReflection> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(wire::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("the descriptors were made by the build")
}

/// Most clients still ask for the older version.
fn reflection_v1alpha() -> tonic_reflection::server::v1alpha::ServerReflectionServer<
    impl tonic_reflection::server::v1alpha::ServerReflection,
> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(wire::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1alpha()
        .expect("the descriptors were made by the build")
}
