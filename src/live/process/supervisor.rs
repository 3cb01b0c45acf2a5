//! The thread that starts, stops and ends the processes of a trial, by its timetable.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::process_table::{ProcessError, ProcessTable, RISE_MAX, lock};
use crate::live::clock;
use crate::live::cpu;
use crate::live::record::ipc::{self, SpawnSpec, ToChild};
use crate::model::{BranchId, Origin, Time, VersionVector};
use crate::network::PlannedNetwork;
use crate::scenario::{BranchFaultKind, Durability, Scenario, TrialEvent};

/// How often the director looks after the processes.
const LOOK: Duration = Duration::from_millis(20);

/// How long a process may take to end when its orders do.
const END_MAX: Duration = Duration::from_secs(5);

/// How long a branch whose sync failed may take to end, after the time when it is started again.
const GRACE: Duration = Duration::from_secs(1);

/// So much of what a process said before it ended is told.
const LAST_WORDS: usize = 2_000;

/// The subcommand by which this program serves one branch of a trial.
const SUBCOMMAND: &str = "branch";

/// What the director is told to do.
pub(in crate::live) enum Deed {
    Meet(BTreeMap<BranchId, SocketAddr>),
    Raise(Time, Vec<(Time, FaultAction)>),
    CountLateness,
    Account,
}

/// What happens by the timetable, in this order where it is the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::live) enum FaultAction {
    Continue(BranchId),
    Restart(BranchId),
    /// It may end by itself from now on, and is restarted then.
    MayEnd {
        branch: BranchId,
        until: Time,
    },
    Kill {
        branch: BranchId,
        loses_log: bool,
    },
    Stop(BranchId),
}

/// What happens to branches, the last first.
pub(in crate::live) fn timetable(
    scenario: &Scenario,
    network: &PlannedNetwork,
    base: Time,
) -> Vec<(Time, FaultAction)> {
    let mut turns = Vec::new();
    for pause in network.pauses() {
        turns.push((pause.from, FaultAction::Stop(pause.branch)));
        turns.push((pause.until, FaultAction::Continue(pause.branch)));
    }
    for accident in &scenario.accidents {
        let branch = accident.branch;
        let begins = match accident.kind {
            BranchFaultKind::Crash | BranchFaultKind::LoseState => {
                FaultAction::Kill { branch, loses_log: accident.kind.loses_log(scenario.durability) }
            }
            BranchFaultKind::FailingSync => FaultAction::MayEnd { branch, until: base + accident.until },
            // The branch sees to its disk itself.
            BranchFaultKind::SlowDisk { .. } | BranchFaultKind::FullDisk => continue,
        };
        turns.push((base + accident.from, begins));
        turns.push((base + accident.until, FaultAction::Restart(branch)));
    }
    turns.sort_unstable_by(|one, other| other.cmp(one));
    turns
}

/// A process that runs. Dropping it kills it.
struct Running {
    process: Child,
    orders: Option<ChildStdin>,
    reader: Option<JoinHandle<()>>,
    /// `None` while it is stopped.
    runs_since: Option<Time>,
}

impl Running {
    fn order(&mut self, order: &ToChild) {
        if let Some(orders) = &mut self.orders
            && let Err(error) = ipc::write(orders, order)
        {
            // It has ended, which is noticed elsewhere.
            tracing::debug!(%error, "an order was not heard");
        }
    }

    fn signal(&self, signal: Signal) {
        if let Err(error) = kill_process(Pid::from_child(&self.process), signal) {
            tracing::debug!(%error, ?signal, "a signal came too late");
        }
    }

    /// Kills it, and waits until all that it said is heard.
    fn kill(&mut self) {
        // Both fail if it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.hear_out();
    }

    fn hear_out(&mut self) {
        if let Some(reader) = self.reader.take()
            && reader.join().is_err()
        {
            tracing::error!("the reader of a process panicked");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The thread that starts, stops and ends processes.
pub(in crate::live) struct Supervisor {
    household: Arc<ProcessTable>,
    program: PathBuf,
    plan: String,
    scenario: Scenario,
    initial_balances: Vec<i64>,
    dir: PathBuf,
    addresses: BTreeMap<BranchId, SocketAddr>,
    /// Who each branch is in its present life.
    origins: BTreeMap<BranchId, Origin>,
    children: BTreeMap<BranchId, Running>,
    /// Whose sync was to fail, until then.
    may_end: BTreeMap<BranchId, Time>,
    /// Who is down and comes back without a log.
    forgetful: BTreeSet<BranchId>,
    /// The next turn last.
    timetable: Vec<(Time, FaultAction)>,
}

impl Supervisor {
    /// Of a trial whose plan this program can read again. It does nothing before [`Supervisor::run`].
    pub fn new(
        scenario: &Scenario,
        initial_balances: &[i64],
        dir: &Path,
        household: &Arc<ProcessTable>,
    ) -> io::Result<Supervisor> {
        let branches = household.places.keys();
        Ok(Supervisor {
            household: Arc::clone(household),
            program: std::env::current_exe()?,
            plan: toml::to_string(&scenario.plan).map_err(io::Error::other)?,
            scenario: scenario.clone(),
            initial_balances: initial_balances.to_vec(),
            dir: dir.to_owned(),
            addresses: BTreeMap::new(),
            origins: branches.map(|&branch| (branch, scenario.origin(branch))).collect(),
            children: BTreeMap::new(),
            may_end: BTreeMap::new(),
            forgetful: BTreeSet::new(),
            timetable: Vec::new(),
        })
    }

    /// Starts all processes and sees to them until nobody gives orders any more.
    pub fn run(mut self, deeds: &mpsc::Receiver<Deed>) {
        let all: Vec<BranchId> = self.household.places.keys().copied().collect();
        for branch in all {
            if let Err(error) = self.launch(branch, true) {
                return self.household.fail(error);
            }
        }
        loop {
            let next = self.timetable.last().map_or(LOOK, |&(at, _)| at.since(clock::now()));
            let deed = match deeds.recv_timeout(next.min(LOOK)) {
                Ok(deed) => Some(deed),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return self.end(),
            };
            let done = deed.map_or(Ok(()), |deed| self.follow(deed));
            if let Err(error) = done.and_then(|()| self.take_turns()).and_then(|()| self.look_after()) {
                return self.household.fail(error);
            }
        }
    }

    fn follow(&mut self, deed: Deed) -> Result<(), ProcessError> {
        let order = match deed {
            Deed::Meet(addresses) => {
                self.addresses = addresses;
                ToChild::Meet(self.addresses.clone())
            }
            Deed::Raise(base, timetable) => {
                *lock(&self.household.base) = Some(base);
                self.timetable = timetable;
                ToChild::Raise(base)
            }
            Deed::CountLateness => ToChild::CountLateness,
            Deed::Account => ToChild::Account,
        };
        self.children.values_mut().for_each(|child| child.order(&order));
        Ok(())
    }

    fn take_turns(&mut self) -> Result<(), ProcessError> {
        while let Some((_, turn)) = self.timetable.pop_if(|(at, _)| *at <= clock::now()) {
            match turn {
                FaultAction::Stop(branch) => self.signal(branch, Signal::STOP, None),
                FaultAction::Continue(branch) => self.signal(branch, Signal::CONT, Some(clock::now())),
                FaultAction::Kill { branch, loses_log } => {
                    if let Some(mut child) = self.children.remove(&branch) {
                        child.kill();
                    }
                    self.household.gone(branch);
                    if loses_log {
                        self.forgetful.insert(branch);
                    }
                }
                FaultAction::MayEnd { branch, until } => drop(self.may_end.insert(branch, until)),
                FaultAction::Restart(branch) => {
                    if self.forgetful.remove(&branch) {
                        self.forget(branch)?;
                    }
                    if !self.children.contains_key(&branch) {
                        self.launch(branch, false)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn signal(&mut self, branch: BranchId, signal: Signal, runs_since: Option<Time>) {
        if let Some(child) = self.children.get_mut(&branch) {
            child.signal(signal);
            child.runs_since = runs_since;
        }
    }

    /// The branch comes back as somebody else, who knows nothing.
    fn forget(&mut self, branch: BranchId) -> Result<(), ProcessError> {
        match std::fs::remove_dir_all(data(&self.dir, branch)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(ProcessError::Io { branch, problem: "its log cannot be removed", source: error });
            }
            Ok(()) | Err(_) => {}
        }
        let base = lock(&self.household.base).unwrap_or_default();
        let origin = self.scenario.origin_at(branch, clock::now().since(base));
        self.origins.insert(branch, origin);
        self.household.places[&branch].state().told = VersionVector::new();
        self.household.tape.record(TrialEvent::Began(origin));
        Ok(())
    }

    /// Starts a process, and tells it all that is known by now.
    fn launch(&mut self, branch: BranchId, is_first: bool) -> Result<(), ProcessError> {
        let failed = |problem| move |source| ProcessError::Io { branch, problem, source };
        let place = &self.household.places[&branch];
        let origin = self.origins[&branch];
        let stderr = File::options().create(true).append(true).open(last_words(&self.dir, branch));
        let now = clock::now();
        place.tape.follow(Some(now));
        let mut command = Command::new(&self.program);
        command.arg(SUBCOMMAND).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(stderr.map_err(failed("its messages have no place"))?);
        // A terminal interrupts all of its group. The trial then ends in good order, and its branches with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut process = command.spawn().map_err(failed("its process cannot be started"))?;
        let (orders, mut said) = (process.stdin.take(), process.stdout.take().expect("the output is piped"));
        place.state().started = Some(now);
        let household = Arc::clone(&self.household);
        let reader = std::thread::Builder::new().name(format!("hears-{branch}")).spawn(move || {
            loop {
                match ipc::read(&mut said) {
                    Ok(Some(news)) => household.hear(branch, is_first, news),
                    Ok(None) => return,
                    Err(source) => {
                        let problem = "what it says cannot be understood";
                        return household.fail(ProcessError::Io { branch, problem, source });
                    }
                }
            }
        });
        let reader = Some(reader.map_err(failed("nobody can listen to it"))?);
        let mut child = Running { process, orders, reader, runs_since: Some(now) };
        child.order(&ToChild::Begin(Box::new(SpawnSpec {
            plan: self.plan.clone(),
            initial_balances: self.initial_balances.clone(),
            branch,
            incarnation: origin.incarnation,
            new_cluster: is_first,
            address: self.addresses.get(&branch).copied(),
            data: (self.scenario.durability == Durability::Durable).then(|| data(&self.dir, branch)),
        })));
        if !self.addresses.is_empty() {
            child.order(&ToChild::Meet(self.addresses.clone()));
        }
        if let Some(base) = *lock(&self.household.base) {
            child.order(&ToChild::Raise(base));
        }
        self.children.insert(branch, child);
        Ok(())
    }

    /// Nobody may end unbidden.
    fn look_after(&mut self) -> Result<(), ProcessError> {
        let mut living = Duration::ZERO;
        let mut ended = Vec::new();
        for (&branch, child) in &mut self.children {
            let waited = child.process.try_wait();
            let failed = |source| ProcessError::Io { branch, problem: "its process is lost", source };
            match waited.map_err(failed)? {
                Some(status) => ended.push((branch, status)),
                None => living += cpu::cpu_of(child.process.id()),
            }
        }
        *lock(&self.household.cpu) = living + cpu::cpu_of_ended_children();
        for (branch, status) in ended {
            if let Some(mut child) = self.children.remove(&branch) {
                child.hear_out();
            }
            self.household.gone(branch);
            match ending(self.may_end.get(&branch).copied(), clock::now()) {
                ProcessExit::Unbidden => {
                    let (status, last_words) = (status.to_string(), self.last_words(branch));
                    return Err(ProcessError::Ended { branch, status, last_words });
                }
                ProcessExit::Awaited => {}
                ProcessExit::Belated => self.launch(branch, false)?,
            }
        }
        self.late()
            .map_or(Ok(()), |branch| Err(ProcessError::Late { branch, last_words: self.last_words(branch) }))
    }

    /// Who should have come up by now. A branch that waits for another one to listen is not late.
    fn late(&self) -> Option<BranchId> {
        let is_late = |&(branch, child): &(&BranchId, &Running)| {
            let state = self.household.places[branch].state();
            let waits = state.address.is_some() && self.addresses.is_empty();
            let is_overdue = child.runs_since.is_some_and(|since| clock::now().since(since) > RISE_MAX);
            state.standing.is_none() && !waits && is_overdue
        };
        self.children.iter().find(is_late).map(|(&branch, _)| branch)
    }

    fn last_words(&self, branch: BranchId) -> String {
        let all = std::fs::read_to_string(last_words(&self.dir, branch)).unwrap_or_default();
        let from = all.len().saturating_sub(LAST_WORDS);
        let from = (from..=all.len()).find(|&at| all.is_char_boundary(at)).unwrap_or_default();
        all[from..].trim().to_owned()
    }

    /// All end when they hear no more orders; whoever does not is killed.
    fn end(mut self) {
        self.children.values_mut().for_each(|child| {
            child.signal(Signal::CONT);
            child.orders = None;
        });
        let until = clock::now() + END_MAX;
        let is_running = |child: &mut Running| matches!(child.process.try_wait(), Ok(None));
        while clock::now() < until && self.children.values_mut().any(&is_running) {
            std::thread::sleep(LOOK / 4);
        }
        let branches: Vec<BranchId> = self.children.keys().copied().collect();
        self.children.clear();
        branches.into_iter().for_each(|branch| self.household.gone(branch));
    }
}

/// What it means that a process has ended by itself.
#[derive(Debug, PartialEq, Eq)]
enum ProcessExit {
    /// It spoils the trial.
    Unbidden,
    /// Its sync failed; its time to be started again comes.
    Awaited,
    /// Its sync failed so late that it still ran at that time.
    Belated,
}

/// Of a branch whose sync was to fail until that time, if it was to fail at all.
fn ending(fails_until: Option<Time>, now: Time) -> ProcessExit {
    match fails_until {
        Some(until) if now < until => ProcessExit::Awaited,
        Some(until) if now <= until + GRACE => ProcessExit::Belated,
        Some(_) | None => ProcessExit::Unbidden,
    }
}

fn data(dir: &Path, branch: BranchId) -> PathBuf {
    dir.join(format!("branch-{branch}"))
}

fn last_words(dir: &Path, branch: BranchId) -> PathBuf {
    dir.join(format!("branch-{branch}.stderr"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_whose_sync_fails_as_the_window_ends_is_started_again_and_spoils_nothing() {
        let until = Time(10_000_000_000);
        let rows = [
            (None, Time(5), ProcessExit::Unbidden),
            (Some(until), Time(5), ProcessExit::Awaited),
            (Some(until), until, ProcessExit::Belated),
            (Some(until), until + GRACE, ProcessExit::Belated),
            (Some(until), until + GRACE * 2, ProcessExit::Unbidden),
        ];
        for (fails_until, now, expected) in rows {
            assert_eq!(ending(fails_until, now), expected, "{fails_until:?} at {now:?}");
        }
    }
}
