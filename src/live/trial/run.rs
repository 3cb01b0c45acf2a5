//! The course of one trial, and what runs while it lasts.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::watch;

use super::deployment::{Deployment, InProcess};
use super::load::{self, LoadOptions, LoadOutcome};
use crate::history::Milestone;
use crate::live::clock;
use crate::live::cpu::Meter;
use crate::live::poll::poll;
use crate::live::process::{ProcessError, Processes};
use crate::live::record::ipc::FinalState;
use crate::live::record::{EventBuffer, RecordError, Recorder};
use crate::live::server::{StartError, bare_syncs_per_s};
use crate::model::{BranchId, Time};
use crate::network::NetworkPlanError;
use crate::results::{Host, Observed};
use crate::scenario::{Durability, Scenario, TrialEvent, TrialOutput, TrialProgress, lateness, schedule};
use crate::workload::Workload;

/// How long branches may take to connect to each other.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// How often the caller's `watch` is called.
const WATCH_EVERY: Duration = Duration::from_millis(50);

/// Why a trial has no result.
#[derive(Debug, thiserror::Error)]
pub enum LiveTrialError {
    /// A branch did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The network's plan cannot run.
    #[error(transparent)]
    Network(#[from] NetworkPlanError),
    /// A branch that is a process spoilt the trial.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The system refuses what processes of branches need.
    #[error("branches could not be started: {0}")]
    Branches(#[source] io::Error),
    /// A branch has no stream to one of the others.
    #[error("branches did not connect to each other within {CONNECT_MAX:?}")]
    NotConnected,
    /// There is no directory for durable logs.
    #[error("no directory for logs: {0}; set TMPDIR to a directory that can be written")]
    Data(#[source] io::Error),
    /// The system refuses what customers need.
    #[error("customers could not be started: {0}")]
    Load(#[source] io::Error),
    /// The thread of the customers panicked.
    #[error("the thread of the customers panicked")]
    LoadPanicked,
    /// The history is not complete.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The caller's `watch` broke the trial off.
    #[error("the trial was given up")]
    GivenUp,
}

/// Runs `scenario`, writes its history to `out`, and blocks until all is over. `workload` is the one that
/// [`Scenario::check`] returned. `watch` gets the progress now and then, and may break the trial off.
///
/// # Errors
///
/// A refusal of the system, a history that cannot be written, and a trial that was broken off.
pub fn run_trial<W: Write + Send + 'static>(
    scenario: &Scenario,
    workload: &Workload,
    out: W,
    watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
) -> Result<TrialOutput<W>, LiveTrialError> {
    let began = clock::now();
    let load_average = Host::current().load_average;
    // Branches and network.
    let trial = RunningTrial::start(scenario, workload)?;
    let base = trial.start_network(scenario)?;
    // History.
    let initial_balances = workload.accounts().initial_balances();
    let origins = trial.buffers.keys().map(|&branch| scenario.origin(branch)).collect();
    let header = scenario.header(&initial_balances);
    let scheduled = schedule(scenario).into_iter().map(|(at, event)| (base + at, event)).collect();
    let recorder = Recorder::start(out, header, origins, trial.all_buffers(), scheduled, base)?;
    // Load.
    let (meter, children) = (Meter::start(), trial.deployment.children_cpu());
    let load = trial.start_load(scenario, workload, base)?;
    trial.follow(&load, base, scenario, watch)?;
    let children = trial.deployment.children_cpu().saturating_sub(children);
    let (own_cpu, others_cpu_share) = (meter.own() + children, meter.share_of_others_than(children));
    let outcome = load.finish()?.ok_or(LiveTrialError::GivenUp)?;
    if outcome.ran_out {
        trial.note("a session ran out of planned operations before the load was over".to_owned());
    }
    // Drain.
    let last = trial.drain(scenario, &initial_balances, watch)?;
    let recoveries = trial.deployment.recoveries();
    let bare_syncs_per_s = trial.data.as_ref().and_then(|data| data.bare_syncs_per_s);
    drop(trial);
    let out = recorder.end(clock::now())?;
    let observed = Observed {
        trial: scenario.trial.clone(),
        wall_s: clock::now().since(began).as_secs_f64(),
        cpu_s: own_cpu.as_secs_f64(),
        others_cpu_share,
        load_average,
        memory_bytes_max: None,
        bare_syncs_per_s,
        token_bytes_max: outcome.token_bytes_max,
        ran_out: outcome.ran_out,
        branches: last.iter().map(|state| state.observed).collect(),
        recoveries,
    };
    let mut injection_error = outcome.injection_error;
    last.iter().for_each(|state| injection_error.merge(&state.injection_error));
    let late = lateness(&injection_error);
    Ok(TrialOutput { out, observed, late })
}

/// Everything that lasts as long as a trial. Branches end before their logs are removed.
struct RunningTrial {
    deployment: Box<dyn Deployment>,
    /// Where durable logs and files of processes are.
    data: Option<DataDir>,
    /// The events of each branch.
    buffers: BTreeMap<BranchId, Arc<EventBuffer>>,
    /// The events of the customers.
    customers: Arc<EventBuffer>,
    /// The events of the trial itself and of the supervisor.
    supervisor: Arc<EventBuffer>,
}

/// A directory that is removed when it is dropped.
struct DataDir {
    dir: TempDir,
    bare_syncs_per_s: Option<f64>,
}

/// The thread of the customers.
struct LoadThread {
    thread: JoinHandle<io::Result<Option<LoadOutcome>>>,
    ended: Arc<AtomicU64>,
    stop: watch::Sender<bool>,
}

impl RunningTrial {
    /// Starts the branches, over a network that delivers at once.
    fn start(scenario: &Scenario, workload: &Workload) -> Result<RunningTrial, LiveTrialError> {
        let branches = scenario.network.branches.iter();
        let buffers: BTreeMap<BranchId, Arc<EventBuffer>> =
            branches.map(|&branch| (branch, Arc::default())).collect();
        let data = match (scenario.durability, scenario.processes) {
            (Durability::Volatile, false) => None,
            (Durability::Durable, _) | (_, true) => {
                Some(DataDir::new(scenario).map_err(LiveTrialError::Data)?)
            }
        };
        let supervisor = Arc::default();
        let initial_balances = workload.accounts().initial_balances();
        let dir = data.as_ref().map(|data| data.dir.path());
        let deployment: Box<dyn Deployment> = match dir.filter(|_| scenario.processes) {
            Some(dir) => {
                let processes = Processes::start(scenario, &initial_balances, dir, &buffers, &supervisor);
                let processes = processes.map_err(LiveTrialError::Branches)?;
                processes.connect().ok_or(LiveTrialError::NotConnected)??;
                Box::new(processes)
            }
            None => Box::new(InProcess::start(scenario, initial_balances, dir, &buffers)?),
        };
        Ok(RunningTrial { deployment, data, buffers, customers: Arc::default(), supervisor })
    }

    /// Waits until every branch has a stream to every other, and starts the network. Returns the trial's base.
    fn start_network(&self, scenario: &Scenario) -> Result<Time, LiveTrialError> {
        let peers = scenario.network.branches.len() - 1;
        let connected = || match self.deployment.failure() {
            Some(error) => Some(Err(LiveTrialError::from(error))),
            None => self.deployment.is_connected(peers).then_some(Ok(())),
        };
        poll(CONNECT_MAX, connected).unwrap_or(Err(LiveTrialError::NotConnected))?;
        let base = clock::now();
        self.deployment.start_network(scenario, base)?;
        Ok(base)
    }

    fn all_buffers(&self) -> Vec<Arc<EventBuffer>> {
        self.buffers.values().chain([&self.customers, &self.supervisor]).cloned().collect()
    }

    fn start_load(
        &self,
        scenario: &Scenario,
        workload: &Workload,
        base: Time,
    ) -> Result<LoadThread, LiveTrialError> {
        let ended = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = watch::channel(false);
        let options = LoadOptions {
            scenario: scenario.clone(),
            sequence: workload.sequence(),
            base,
            addresses: self.deployment.addresses(),
            probes: self.deployment.probes(),
            buffer: Arc::clone(&self.customers),
            ended: Arc::clone(&ended),
            stop: stopped,
        };
        let thread = std::thread::Builder::new().name("customers".to_owned());
        let thread = thread.spawn(move || load::run(options)).map_err(LiveTrialError::Load)?;
        Ok(LoadThread { thread, ended, stop })
    }

    /// Calls `watch` until all customers have ended.
    fn follow(
        &self,
        load: &LoadThread,
        base: Time,
        scenario: &Scenario,
        watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
    ) -> Result<(), LiveTrialError> {
        let mut is_warm = false;
        while !load.thread.is_finished() {
            let elapsed = clock::now().since(base);
            if !is_warm && elapsed >= scenario.warm_up {
                is_warm = true;
                self.deployment.restart_injection_error();
            }
            if let Some(error) = self.deployment.failure() {
                load.stop.send_replace(true);
                return Err(error.into());
            }
            if watch(self.progress(elapsed, load)).is_break() {
                load.stop.send_replace(true);
                return Err(LiveTrialError::GivenUp);
            }
            let warm_up = if is_warm { WATCH_EVERY } else { scenario.warm_up.saturating_sub(elapsed) };
            std::thread::park_timeout(warm_up.min(WATCH_EVERY));
        }
        Ok(())
    }

    fn progress(&self, elapsed: Duration, load: &LoadThread) -> TrialProgress {
        let parked = self.deployment.parked();
        TrialProgress { elapsed, operations: load.ended.load(Ordering::Relaxed), parked }
    }

    /// Waits until all branches show the same and nothing is under way, and returns how they ended.
    fn drain(
        &self,
        scenario: &Scenario,
        initial_balances: &[i64],
        watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
    ) -> Result<Vec<FinalState>, LiveTrialError> {
        let mut at_rest = 0;
        let mut is_given_up = false;
        let mut failure = None;
        let polls = self.deployment.polls_at_rest();
        let drained = poll(scenario.drain_max, || {
            let elapsed = scenario.load_ends();
            is_given_up = watch(TrialProgress { elapsed, operations: 0, parked: 0 }).is_break();
            at_rest = if self.deployment.is_at_rest() { at_rest + 1 } else { 0 };
            failure = self.deployment.failure();
            (at_rest >= polls || is_given_up || failure.is_some()).then_some(())
        });
        if let Some(error) = failure {
            return Err(error.into());
        }
        if is_given_up {
            return Err(LiveTrialError::GivenUp);
        }
        let reached = if drained.is_some() { Milestone::Drained } else { Milestone::DrainBound };
        self.supervisor.record(TrialEvent::Reached(reached));
        let last = self.deployment.final_states(initial_balances.len())?;
        for FinalState { branch, applied, balances, .. } in &last {
            let balance = |account| balances.get(&account).copied();
            self.supervisor.record(TrialEvent::at_end(*branch, applied.clone(), initial_balances, balance));
        }
        Ok(last)
    }

    /// Leaves a note in the history.
    fn note(&self, text: String) {
        self.supervisor.record(TrialEvent::Note(text));
    }
}

impl DataDir {
    /// Measures the device too if logs go there.
    fn new(scenario: &Scenario) -> io::Result<DataDir> {
        let dir = tempfile::Builder::new().prefix("readback-").tempdir()?;
        let bare_syncs_per_s = match scenario.durability {
            Durability::Volatile => None,
            Durability::Durable => Some(bare_syncs_per_s(dir.path())?),
        };
        Ok(DataDir { dir, bare_syncs_per_s })
    }
}

impl LoadThread {
    fn finish(self) -> Result<Option<LoadOutcome>, LiveTrialError> {
        self.thread.join().map_err(|_| LiveTrialError::LoadPanicked)?.map_err(LiveTrialError::Load)
    }
}
