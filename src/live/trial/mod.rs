//! One trial from beginning to end: cluster, network, customers, recorder.

pub(in crate::live) mod deployment;
pub(in crate::live) mod isolation;
mod load;
mod recording_client;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::watch;

use crate::history::Milestone;
use crate::live::clock;
use crate::live::cpu::Meter;
use crate::live::process::process_table::ProcessError;
use crate::live::record::event_buffer::EventBuffer;
use crate::live::record::recorder::{RecordError, Recorder};
use crate::live::server::disk::bare_syncs_per_s;
use crate::live::server::host::StartError;
use crate::model::{BranchId, Time};
use crate::network::NetworkPlanError;
use crate::results::{Host, Observed};
use crate::scenario::{Durability, Scenario, TrialEvent, TrialOutput, TrialProgress, lateness, schedule};
use crate::workload::Workload;
use deployment::{Deployment, FinalState};
use load::{LoadOptions, LoadOutcome};

/// How long branches may take to find each other.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// How often is looked whether something has come about.
const LOOK: Duration = Duration::from_millis(5);

/// How often whoever watches is told how it stands.
const TELL: Duration = Duration::from_millis(50);

/// Why a trial came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum LiveTrialError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Network(#[from] NetworkPlanError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("branches could not be started: {0}")]
    Branches(#[source] io::Error),
    #[error("branches did not find each other within {CONNECT_MAX:?}")]
    NotConnected,
    #[error("no place for logs: {0}; let TMPDIR name a directory that can be written")]
    Data(#[source] io::Error),
    #[error("customers could not be started: {0}")]
    Load(#[source] io::Error),
    #[error("the thread of the customers panicked")]
    LoadPanicked,
    #[error(transparent)]
    Record(#[from] RecordError),
    /// By whoever watches.
    #[error("the trial was given up")]
    GivenUp,
}

/// Runs `scenario`, writes its history to `out`, and blocks until all is over. `workload` is what
/// [`Scenario::check`] gave. `watch` is told now and then how it stands, and may break it off.
///
/// # Errors
///
/// What the system refuses, a history that cannot be written, and a trial that was broken off.
pub fn run_trial<W: Write + Send + 'static>(
    scenario: &Scenario,
    workload: &Workload,
    out: W,
    watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
) -> Result<TrialOutput<W>, LiveTrialError> {
    let began = clock::now();
    let load_average = Host::current().load_average;
    let stage = RunningTrial::set(scenario, workload)?;
    let base = stage.raise_the_curtain(scenario)?;
    let initial_balances = workload.accounts().initial_balances();
    let origins = stage.tapes.keys().map(|&branch| scenario.origin(branch)).collect();
    let header = scenario.header(&initial_balances);
    let scheduled = schedule(scenario).into_iter().map(|(at, happened)| (base + at, happened)).collect();
    let recorder = Recorder::start(out, header, origins, stage.tapes(), scheduled, base)?;
    let (meter, children) = (Meter::start(), stage.stand.children_cpu());
    let load = stage.start_load(scenario, workload, base)?;
    stage.follow(&load, base, scenario, watch)?;
    let children = stage.stand.children_cpu().saturating_sub(children);
    let (own_cpu, others_cpu_share) = (meter.own() + children, meter.share_of_others_than(children));
    let outcome = load.finish()?.ok_or(LiveTrialError::GivenUp)?;
    if outcome.ran_out {
        stage.note("a session ran out of planned operations before the load was over".to_owned());
    }
    let left = stage.drain(scenario, &initial_balances, watch)?;
    let recoveries = stage.stand.recoveries();
    let bare_syncs_per_s = stage.data.as_ref().and_then(|data| data.bare_syncs_per_s);
    drop(stage);
    let out = recorder.end(clock::now())?;
    let observed = Observed {
        wall_s: clock::now().since(began).as_secs_f64(),
        cpu_s: own_cpu.as_secs_f64(),
        others_cpu_share,
        load_average,
        memory_bytes_max: None,
        bare_syncs_per_s,
        token_bytes_max: outcome.token_bytes_max,
        ran_out: outcome.ran_out,
        branches: left.iter().map(|left| left.observed).collect(),
        recoveries,
    };
    let mut fidelity = outcome.fidelity;
    left.iter().for_each(|left| fidelity.merge(&left.fidelity));
    let late = lateness(&fidelity);
    Ok(TrialOutput { out, observed, late })
}

/// Everything that stands while a trial runs.
struct RunningTrial {
    stand: Deployment,
    /// Where durable logs are, until the trial is over.
    data: Option<Data>,
    tapes: BTreeMap<BranchId, Arc<EventBuffer>>,
    /// Of the customers.
    house: Arc<EventBuffer>,
    /// Of the one who directs.
    director: Arc<EventBuffer>,
}

/// A place for logs that goes when it is dropped, with the cluster gone before it.
struct Data {
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
    /// Starts the branches, with nothing in the way of their messages.
    fn set(scenario: &Scenario, workload: &Workload) -> Result<RunningTrial, LiveTrialError> {
        let branches = scenario.network.branches.iter();
        let tapes: BTreeMap<BranchId, Arc<EventBuffer>> =
            branches.map(|&branch| (branch, Arc::default())).collect();
        let data = match (scenario.durability, scenario.processes) {
            (Durability::Volatile, false) => None,
            (Durability::Durable, _) | (_, true) => Some(Data::make(scenario).map_err(LiveTrialError::Data)?),
        };
        let (director, house) = (Arc::<EventBuffer>::default(), Arc::<EventBuffer>::default());
        let initial_balances = workload.accounts().initial_balances();
        let dir = data.as_ref().map(|data| data.dir.path());
        let stand = match dir.filter(|_| scenario.processes) {
            Some(dir) => Deployment::processes(scenario, &initial_balances, dir, &tapes, &director)?,
            None => Deployment::here(scenario, initial_balances, dir, &tapes)?,
        };
        Ok(RunningTrial { stand, data, tapes, house, director })
    }

    /// Waits until every branch has a stream to every other, and starts the network. Returns the trial's base.
    fn raise_the_curtain(&self, scenario: &Scenario) -> Result<Time, LiveTrialError> {
        let peers = scenario.network.branches.len() - 1;
        let connected = || match self.stand.failure() {
            Some(error) => Some(Err(LiveTrialError::from(error))),
            None => self.stand.all_connected_to(peers).then_some(Ok(())),
        };
        look(CONNECT_MAX, connected).unwrap_or(Err(LiveTrialError::NotConnected))?;
        let base = clock::now();
        self.stand.raise(scenario, base)?;
        Ok(base)
    }

    fn tapes(&self) -> Vec<Arc<EventBuffer>> {
        self.tapes.values().chain([&self.house, &self.director]).cloned().collect()
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
            addresses: self.stand.addresses(),
            probes: self.stand.probes(),
            tape: Arc::clone(&self.house),
            ended: Arc::clone(&ended),
            stop: stopped,
        };
        let thread = std::thread::Builder::new().name("customers".to_owned());
        let thread = thread.spawn(move || load::run(options)).map_err(LiveTrialError::Load)?;
        Ok(LoadThread { thread, ended, stop })
    }

    /// Watches until all customers have gone.
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
                self.stand.count_lateness();
            }
            if let Some(error) = self.stand.failure() {
                load.stop.send_replace(true);
                return Err(error.into());
            }
            if watch(self.standing(elapsed, load)).is_break() {
                load.stop.send_replace(true);
                return Err(LiveTrialError::GivenUp);
            }
            let warm_up = if is_warm { TELL } else { scenario.warm_up.saturating_sub(elapsed) };
            std::thread::park_timeout(warm_up.min(TELL));
        }
        Ok(())
    }

    fn standing(&self, elapsed: Duration, load: &LoadThread) -> TrialProgress {
        let parked = self.stand.parked();
        TrialProgress { elapsed, operations: load.ended.load(Ordering::Relaxed), parked }
    }

    /// Waits until all branches show the same and nothing is under way, and tells how they ended.
    fn drain(
        &self,
        scenario: &Scenario,
        initial_balances: &[i64],
        watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
    ) -> Result<Vec<FinalState>, LiveTrialError> {
        let mut restful_looks = 0;
        let mut is_given_up = false;
        let mut failure = None;
        let looks = self.stand.restful_looks();
        let drained = look(scenario.drain_max, || {
            let elapsed = scenario.load_ends();
            is_given_up = watch(TrialProgress { elapsed, operations: 0, parked: 0 }).is_break();
            restful_looks = if self.stand.is_at_rest() { restful_looks + 1 } else { 0 };
            failure = self.stand.failure();
            (restful_looks >= looks || is_given_up || failure.is_some()).then_some(())
        });
        if let Some(error) = failure {
            return Err(error.into());
        }
        if is_given_up {
            return Err(LiveTrialError::GivenUp);
        }
        let reached = if drained.is_some() { Milestone::Drained } else { Milestone::DrainBound };
        self.director.record(TrialEvent::Reached(reached));
        let left = self.stand.left(initial_balances.len())?;
        for FinalState { branch, applied, balances, .. } in &left {
            let balance = |account| balances.get(&account).copied();
            self.director.record(TrialEvent::at_end(*branch, applied.clone(), initial_balances, balance));
        }
        Ok(left)
    }

    /// Tells the readers of the history.
    fn note(&self, text: String) {
        self.director.record(TrialEvent::Note(text));
    }
}

impl Data {
    /// The device is tried only if logs go there.
    fn make(scenario: &Scenario) -> io::Result<Data> {
        let dir = tempfile::Builder::new().prefix("readback-").tempdir()?;
        let bare_syncs_per_s = match scenario.durability {
            Durability::Volatile => None,
            Durability::Durable => Some(bare_syncs_per_s(dir.path())?),
        };
        Ok(Data { dir, bare_syncs_per_s })
    }
}

impl LoadThread {
    fn finish(self) -> Result<Option<LoadOutcome>, LiveTrialError> {
        self.thread.join().map_err(|_| LiveTrialError::LoadPanicked)?.map_err(LiveTrialError::Load)
    }
}

/// Asks again and again, for no longer than `most`.
pub(in crate::live) fn look<T>(most: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let until = clock::now() + most;
    loop {
        let answer = ask();
        if answer.is_some() || clock::now() >= until {
            return answer;
        }
        std::thread::sleep(LOOK);
    }
}
