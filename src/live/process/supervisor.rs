//! The thread that starts, stops and ends the processes of a trial, by the schedule of its faults.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::process_table::{ProcessError, ProcessTable, START_MAX, lock};
use crate::live::record::ipc::{self, SpawnSpec, ToChild, TrialCommand};
use crate::live::{clock, cpu};
use crate::model::{BranchId, Origin, Time, VersionVector};
use crate::network::FaultWindow;
use crate::scenario::{BranchFault, BranchFaultKind, Durability, Scenario, TrialEvent};

/// How often the supervisor checks the processes.
const CHECK_EVERY: Duration = Duration::from_millis(20);

/// How long a process may take to end after its pipe was closed.
const END_MAX: Duration = Duration::from_secs(5);

/// How long a branch whose sync failed may take to end, after the time at which it is to start again.
const GRACE: Duration = Duration::from_secs(1);

/// Bytes of a process's last messages that an error quotes.
const STDERR_TAIL_MAX: usize = 2_000;

/// The subcommand by which this program serves one branch of a trial.
const SUBCOMMAND: &str = "branch";

/// What the supervisor does at a time of the schedule, in this order where the time is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FaultAction {
    Continue(BranchId),
    Restart(BranchId),
    /// The process may end by itself from now on, and is restarted at `until`.
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

/// The fault actions of a scenario whose network starts at `base`, the last first.
fn fault_schedule(scenario: &Scenario, base: Time) -> Vec<(Time, FaultAction)> {
    let mut schedule = Vec::new();
    let mut window = |from, until, begins, ends| {
        schedule.push((base + from, begins));
        schedule.push((base + until, ends));
    };
    for FaultWindow { from, until, fault, .. } in &scenario.network.faults {
        if let Some(branch) = fault.stopped() {
            window(*from, *until, FaultAction::Stop(branch), FaultAction::Continue(branch));
        }
    }
    for &BranchFault { from, until, branch, kind, .. } in &scenario.accidents {
        let begins = match kind {
            BranchFaultKind::Crash | BranchFaultKind::LoseState => {
                FaultAction::Kill { branch, loses_log: kind.loses_log(scenario.durability) }
            }
            BranchFaultKind::FailingSync => FaultAction::MayEnd { branch, until: base + until },
            // The branch injects faults of its disk itself.
            BranchFaultKind::SlowDisk { .. } | BranchFaultKind::FullDisk => continue,
        };
        window(from, until, begins, FaultAction::Restart(branch));
    }
    schedule.sort_unstable_by(|one, other| other.cmp(one));
    schedule
}

/// A running process. Dropping it kills the process.
struct RunningProcess {
    process: Child,
    commands: Option<ChildStdin>,
    reader: Option<JoinHandle<()>>,
    /// `None` while it is stopped.
    runs_since: Option<Time>,
}

impl RunningProcess {
    fn send(&mut self, message: &ToChild) {
        if let Some(commands) = &mut self.commands
            && let Err(error) = ipc::write(commands, message)
        {
            // The process has ended, which the next check finds.
            tracing::debug!(%error, "a message to a process was lost");
        }
    }

    fn signal(&self, signal: Signal) {
        if let Err(error) = kill_process(Pid::from_child(&self.process), signal) {
            tracing::debug!(%error, ?signal, "a signal came too late");
        }
    }

    /// Kills the process, and waits until all its messages are read.
    fn kill(&mut self) {
        // Both fail if the process has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.join_reader();
    }

    fn join_reader(&mut self) {
        if let Some(reader) = self.reader.take()
            && reader.join().is_err()
        {
            tracing::error!("the reader of a process panicked");
        }
    }
}

impl Drop for RunningProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The thread that starts, stops and ends processes.
pub(super) struct Supervisor {
    table: Arc<ProcessTable>,
    program: PathBuf,
    plan: String,
    scenario: Scenario,
    initial_balances: Vec<i64>,
    dir: PathBuf,
    addresses: BTreeMap<BranchId, SocketAddr>,
    /// Each branch's origin in its present life.
    origins: BTreeMap<BranchId, Origin>,
    running: BTreeMap<BranchId, RunningProcess>,
    /// Branches whose sync is to fail, and until when.
    may_end: BTreeMap<BranchId, Time>,
    /// Branches that are down and come back without a log.
    without_log: BTreeSet<BranchId>,
    /// The next action last.
    schedule: Vec<(Time, FaultAction)>,
}

impl Supervisor {
    /// The supervisor of a trial whose plan this program can read again. It starts nothing before [`Supervisor::run`].
    pub fn new(
        scenario: &Scenario,
        initial_balances: &[i64],
        dir: &Path,
        table: &Arc<ProcessTable>,
    ) -> io::Result<Supervisor> {
        let branches = table.entries.keys();
        Ok(Supervisor {
            table: Arc::clone(table),
            program: std::env::current_exe()?,
            plan: toml::to_string(&scenario.plan).map_err(io::Error::other)?,
            scenario: scenario.clone(),
            initial_balances: initial_balances.to_vec(),
            dir: dir.to_owned(),
            addresses: BTreeMap::new(),
            origins: branches.map(|&branch| (branch, scenario.origin(branch))).collect(),
            running: BTreeMap::new(),
            may_end: BTreeMap::new(),
            without_log: BTreeSet::new(),
            schedule: Vec::new(),
        })
    }

    /// Starts all processes and supervises them until the trial gives no more commands.
    pub fn run(mut self, commands: &mpsc::Receiver<TrialCommand>) {
        let all: Vec<BranchId> = self.table.entries.keys().copied().collect();
        for branch in all {
            if let Err(error) = self.spawn(branch, true) {
                return self.table.fail(error);
            }
        }
        loop {
            let next = self.schedule.last().map_or(CHECK_EVERY, |&(at, _)| at.since(clock::now()));
            match commands.recv_timeout(next.min(CHECK_EVERY)) {
                Ok(command) => self.forward(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.shut_down(),
            }
            if let Err(error) = self.run_due_actions().and_then(|()| self.check_processes()) {
                return self.table.fail(error);
            }
        }
    }

    /// Remembers what a process that starts again must know, and passes the command on to all.
    fn forward(&mut self, command: TrialCommand) {
        match &command {
            TrialCommand::Connect(addresses) => self.addresses = addresses.clone(),
            TrialCommand::StartNetwork(base) => {
                *lock(&self.table.base) = Some(*base);
                self.schedule = fault_schedule(&self.scenario, *base);
            }
            TrialCommand::RestartInjectionError | TrialCommand::ReportFinalState => {}
        }
        let message = ToChild::Command(command);
        self.running.values_mut().for_each(|child| child.send(&message));
    }

    fn run_due_actions(&mut self) -> Result<(), ProcessError> {
        while let Some((_, action)) = self.schedule.pop_if(|(at, _)| *at <= clock::now()) {
            match action {
                FaultAction::Stop(branch) => self.signal(branch, Signal::STOP, None),
                FaultAction::Continue(branch) => self.signal(branch, Signal::CONT, Some(clock::now())),
                FaultAction::Kill { branch, loses_log } => {
                    if let Some(mut child) = self.running.remove(&branch) {
                        child.kill();
                    }
                    self.table.mark_ended(branch);
                    if loses_log {
                        self.without_log.insert(branch);
                    }
                }
                FaultAction::MayEnd { branch, until } => drop(self.may_end.insert(branch, until)),
                FaultAction::Restart(branch) => {
                    if self.without_log.remove(&branch) {
                        self.remove_log(branch)?;
                    }
                    if !self.running.contains_key(&branch) {
                        self.spawn(branch, false)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn signal(&mut self, branch: BranchId, signal: Signal, runs_since: Option<Time>) {
        if let Some(child) = self.running.get_mut(&branch) {
            child.signal(signal);
            child.runs_since = runs_since;
        }
    }

    /// The branch will come back as a new incarnation, without state.
    fn remove_log(&mut self, branch: BranchId) -> Result<(), ProcessError> {
        match std::fs::remove_dir_all(log_dir(&self.dir, branch)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(ProcessError::Io { branch, problem: "its log cannot be removed", source: error });
            }
            Ok(()) | Err(_) => {}
        }
        let base = lock(&self.table.base).unwrap_or_default();
        let origin = self.scenario.origin_at(branch, clock::now().since(base));
        self.origins.insert(branch, origin);
        self.table.entries[&branch].state().recorded = VersionVector::new();
        self.table.events.record(TrialEvent::Began(origin));
        Ok(())
    }

    /// Starts a process, and sends it everything that is known by now.
    fn spawn(&mut self, branch: BranchId, is_first: bool) -> Result<(), ProcessError> {
        let failed = |problem| move |source| ProcessError::Io { branch, problem, source };
        let entry = &self.table.entries[&branch];
        let origin = self.origins[&branch];
        let stderr = File::options().create(true).append(true).open(stderr_file(&self.dir, branch));
        let now = clock::now();
        entry.buffer.follow(Some(now));
        let mut command = process::Command::new(&self.program);
        command.arg(SUBCOMMAND).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(stderr.map_err(failed("the file of its messages cannot be opened"))?);
        // A terminal interrupts a whole process group. The trial then ends in good order, and its branches with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut process = command.spawn().map_err(failed("its process cannot be started"))?;
        let (commands, mut pipe) =
            (process.stdin.take(), process.stdout.take().expect("the output is piped"));
        entry.state().started = Some(now);
        let table = Arc::clone(&self.table);
        let reader = std::thread::Builder::new().name(format!("reader-{branch}")).spawn(move || {
            loop {
                match ipc::read(&mut pipe) {
                    Ok(Some(message)) => table.receive(branch, is_first, message),
                    Ok(None) => return,
                    Err(source) => {
                        let problem = "its messages cannot be read";
                        return table.fail(ProcessError::Io { branch, problem, source });
                    }
                }
            }
        });
        let reader = Some(reader.map_err(failed("no thread can read its messages"))?);
        let mut child = RunningProcess { process, commands, reader, runs_since: Some(now) };
        // A process that starts again learns at once what the others learned step by step.
        child.send(&ToChild::Spawn(Box::new(SpawnSpec {
            plan: self.plan.clone(),
            initial_balances: self.initial_balances.clone(),
            branch,
            incarnation: origin.incarnation,
            new_cluster: is_first,
            address: self.addresses.get(&branch).copied(),
            data: (self.scenario.durability == Durability::Durable).then(|| log_dir(&self.dir, branch)),
        })));
        if !self.addresses.is_empty() {
            child.send(&ToChild::Command(TrialCommand::Connect(self.addresses.clone())));
        }
        if let Some(base) = *lock(&self.table.base) {
            child.send(&ToChild::Command(TrialCommand::StartNetwork(base)));
        }
        self.running.insert(branch, child);
        Ok(())
    }

    /// Measures the processes, and finds those that have ended or are overdue.
    fn check_processes(&mut self) -> Result<(), ProcessError> {
        let mut living = Duration::ZERO;
        let mut ended = Vec::new();
        for (&branch, child) in &mut self.running {
            let waited = child.process.try_wait();
            let failed = |source| ProcessError::Io { branch, problem: "its process is lost", source };
            match waited.map_err(failed)? {
                Some(status) => ended.push((branch, status)),
                None => living += cpu::cpu_of(child.process.id()),
            }
        }
        *lock(&self.table.cpu) = living + cpu::cpu_of_ended_children();
        for (branch, status) in ended {
            if let Some(mut child) = self.running.remove(&branch) {
                child.join_reader();
            }
            self.table.mark_ended(branch);
            match process_exit(self.may_end.get(&branch).copied(), clock::now()) {
                ProcessExit::Unexpected => {
                    let (status, messages) = (status.to_string(), self.stderr_tail(branch));
                    return Err(ProcessError::Ended { branch, status, messages });
                }
                ProcessExit::Expected => {}
                ProcessExit::ExpectedLate => self.spawn(branch, false)?,
            }
        }
        match self.overdue() {
            Some(branch) => Err(ProcessError::Late { branch, messages: self.stderr_tail(branch) }),
            None => Ok(()),
        }
    }

    /// A branch that should have a status by now. One that waits for another to listen is not overdue.
    fn overdue(&self) -> Option<BranchId> {
        let is_late = |&(branch, child): &(&BranchId, &RunningProcess)| {
            let state = self.table.entries[branch].state();
            let waits = state.address.is_some() && self.addresses.is_empty();
            let is_overdue = child.runs_since.is_some_and(|since| clock::now().since(since) > START_MAX);
            state.status.is_none() && !waits && is_overdue
        };
        self.running.iter().find(is_late).map(|(&branch, _)| branch)
    }

    /// The last messages of a branch's process, cut to a bounded length.
    fn stderr_tail(&self, branch: BranchId) -> String {
        let all = std::fs::read_to_string(stderr_file(&self.dir, branch)).unwrap_or_default();
        let from = all.len().saturating_sub(STDERR_TAIL_MAX);
        let from = (from..=all.len()).find(|&at| all.is_char_boundary(at)).unwrap_or_default();
        all[from..].trim().to_owned()
    }

    /// Processes end when their pipe is closed; one that does not is killed.
    fn shut_down(mut self) {
        self.running.values_mut().for_each(|child| {
            child.signal(Signal::CONT);
            child.commands = None;
        });
        let until = clock::now() + END_MAX;
        let is_running = |child: &mut RunningProcess| matches!(child.process.try_wait(), Ok(None));
        while clock::now() < until && self.running.values_mut().any(&is_running) {
            std::thread::sleep(CHECK_EVERY / 4);
        }
        let branches: Vec<BranchId> = self.running.keys().copied().collect();
        self.running.clear();
        branches.into_iter().for_each(|branch| self.table.mark_ended(branch));
    }
}

/// How a process that ended by itself was meant to end.
#[derive(Debug, PartialEq, Eq)]
enum ProcessExit {
    /// Not at all: the trial is spoilt.
    Unexpected,
    /// Its sync failed, and the schedule starts it again.
    Expected,
    /// Its sync failed so late that it still ran when the schedule was to start it again.
    ExpectedLate,
}

/// The exit of a process whose sync was to fail until `fails_until`, if it was to fail at all.
fn process_exit(fails_until: Option<Time>, now: Time) -> ProcessExit {
    match fails_until {
        Some(until) if now < until => ProcessExit::Expected,
        Some(until) if now <= until + GRACE => ProcessExit::ExpectedLate,
        Some(_) | None => ProcessExit::Unexpected,
    }
}

fn log_dir(dir: &Path, branch: BranchId) -> PathBuf {
    dir.join(format!("branch-{branch}"))
}

fn stderr_file(dir: &Path, branch: BranchId) -> PathBuf {
    dir.join(format!("branch-{branch}.stderr"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_whose_sync_fails_as_the_window_ends_is_started_again_and_spoils_nothing() {
        let until = Time(10_000_000_000);
        let rows = [
            (None, Time(5), ProcessExit::Unexpected),
            (Some(until), Time(5), ProcessExit::Expected),
            (Some(until), until, ProcessExit::ExpectedLate),
            (Some(until), until + GRACE, ProcessExit::ExpectedLate),
            (Some(until), until + GRACE * 2, ProcessExit::Unexpected),
        ];
        for (fails_until, now, expected) in rows {
            assert_eq!(process_exit(fails_until, now), expected, "{fails_until:?} at {now:?}");
        }
    }
}
