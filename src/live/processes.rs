//! Branches that are processes of their own, as the trial sees them: started, stopped, killed and started again.
//!
//! ```text
//!  trial --deeds--> director (thread) --orders--> branch 1 (process) --news--> reader (thread) --> tape --> recorder
//!                      |   timetable: SIGKILL, start again, SIGSTOP, SIGCONT
//!                      +-> branch n ...
//! ```
//!
//! One thread starts all processes and lives for as long as they may: Linux sends a process the signal of its parent's
//! death when the *thread* that started it ends. A process that ends unbidden spoils the trial, which says why.
//!
//! **Caveat.** What a branch had counted (messages, lateness, syncs) is gone with a process that is killed; results have
//! the counts of the last lives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::clock;
use super::machine;
use super::news::{self, Account, Birth, News, Order, Seen, Standing};
use super::tape::Tape;
use crate::model::{BranchId, Origin, Time, VersionVector};
use crate::network::PlannedNetwork;
use crate::results::RecoveryObserved;
use crate::scenario::{AccidentKind, Durability, Happened, Scenario};

/// How often the director looks after the processes.
const LOOK: Duration = Duration::from_millis(20);

/// How long a process may take to end when its orders do.
const END_MAX: Duration = Duration::from_secs(5);

/// So much of what a process said before it ended is told.
const LAST_WORDS: usize = 2_000;

/// The subcommand by which this program serves one branch of a trial.
const SUBCOMMAND: &str = "branch";

/// Why processes spoil a trial.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("branch {branch}: {problem}: {source}")]
    Io { branch: BranchId, problem: &'static str, source: io::Error },
    #[error("the process of branch {branch} ended by itself ({status}): {last_words}")]
    Ended { branch: BranchId, status: String, last_words: String },
    #[error("branch {branch} does not say how it stands")]
    Silent { branch: BranchId },
}

/// The processes of one trial. Dropping it ends them all.
pub(super) struct Processes {
    household: Arc<Household>,
    deeds: Option<mpsc::Sender<Deed>>,
    director: Option<JoinHandle<()>>,
}

/// What all threads know.
struct Household {
    places: BTreeMap<BranchId, Place>,
    /// The director's, for what it does and not the branches.
    tape: Arc<Tape>,
    failure: Mutex<Option<ProcessError>>,
    /// Processor time of all processes, those that have ended included.
    cpu: Mutex<Duration>,
    base: Mutex<Option<Time>>,
}

/// One branch, whichever process it is.
struct Place {
    tape: Arc<Tape>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    address: Option<SocketAddr>,
    started: Option<Time>,
    /// How it stands, if it has said so in its present life.
    standing: Option<Standing>,
    /// The writes that its history has as visible.
    told: VersionVector,
    account: Option<Account>,
    recoveries: Vec<RecoveryObserved>,
}

/// What the director is told to do.
enum Deed {
    Meet(BTreeMap<BranchId, SocketAddr>),
    Raise(Time, Vec<(Time, Turn)>),
    CountLateness,
    Account,
}

/// What happens by the timetable, in this order where it is the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Continue(BranchId),
    Restart(BranchId),
    /// It may end by itself from now on, until it is restarted.
    MayEnd(BranchId),
    Kill {
        branch: BranchId,
        loses_log: bool,
    },
    Stop(BranchId),
}

impl Processes {
    /// Starts a process for each branch. They listen when [`Processes::addresses`] says so.
    pub fn start(
        scenario: &Scenario,
        initial_balances: &[i64],
        dir: &Path,
        tapes: &BTreeMap<BranchId, Arc<Tape>>,
        director_tape: &Arc<Tape>,
    ) -> io::Result<Processes> {
        let place = |(&branch, tape): (&BranchId, &Arc<Tape>)| {
            (branch, Place { tape: Arc::clone(tape), state: Mutex::default() })
        };
        let household = Arc::new(Household {
            places: tapes.iter().map(place).collect(),
            tape: Arc::clone(director_tape),
            failure: Mutex::default(),
            cpu: Mutex::default(),
            base: Mutex::default(),
        });
        let (deeds, orders) = mpsc::channel();
        let director = Director {
            household: Arc::clone(&household),
            program: std::env::current_exe()?,
            plan: toml::to_string(&scenario.plan).map_err(io::Error::other)?,
            scenario: scenario.clone(),
            initial_balances: initial_balances.to_vec(),
            dir: dir.to_owned(),
            addresses: BTreeMap::new(),
            origins: tapes.keys().map(|&branch| (branch, scenario.origin(branch))).collect(),
            children: BTreeMap::new(),
            may_end: BTreeSet::new(),
            forgetful: BTreeSet::new(),
            timetable: Vec::new(),
        };
        let thread = std::thread::Builder::new().name("director".to_owned());
        let director = thread.spawn(move || director.run(&orders))?;
        Ok(Processes { household, deeds: Some(deeds), director: Some(director) })
    }

    /// Where all branches listen, once they all do.
    pub fn addresses(&self) -> Option<BTreeMap<BranchId, SocketAddr>> {
        let address = |(&branch, place): (&BranchId, &Place)| Some((branch, place.state().address?));
        self.household.places.iter().map(address).collect()
    }

    /// Tells all branches where the others are: they begin.
    pub fn meet(&self, addresses: BTreeMap<BranchId, SocketAddr>) {
        self.order(Deed::Meet(addresses));
    }

    /// The network begins, and the timetable.
    pub fn raise(&self, scenario: &Scenario, network: &PlannedNetwork, base: Time) {
        self.order(Deed::Raise(base, timetable(scenario, network, base)));
    }

    pub fn count_lateness(&self) {
        self.order(Deed::CountLateness);
    }

    /// How each branch stands, as it said last; `None` for one that is down, or has just come back.
    pub fn standings(&self) -> Vec<(BranchId, Option<Standing>)> {
        let standing = |(&branch, place): (&BranchId, &Place)| (branch, place.state().standing.clone());
        self.household.places.iter().map(standing).collect()
    }

    /// Asks all for their accounts, which [`Processes::accounts`] then has.
    pub fn ask_for_accounts(&self) {
        self.order(Deed::Account);
    }

    /// How each branch stood at the end, once all have said so.
    pub fn accounts(&self) -> Option<Vec<(BranchId, Account)>> {
        if self.household.places.values().any(|place| place.state().account.is_none()) {
            return None;
        }
        let take = |(&branch, place): (&BranchId, &Place)| Some((branch, place.state().account.take()?));
        self.household.places.iter().map(take).collect()
    }

    /// What spoilt the trial, if something did.
    pub fn failure(&self) -> Option<ProcessError> {
        lock(&self.household.failure).take()
    }

    /// Every time that a branch came back.
    pub fn recoveries(&self) -> Vec<RecoveryObserved> {
        self.household.places.values().flat_map(|place| place.state().recoveries.clone()).collect()
    }

    /// Processor time of all processes since they were started.
    pub fn cpu(&self) -> Duration {
        *lock(&self.household.cpu)
    }

    fn order(&self, deed: Deed) {
        if let Some(deeds) = &self.deeds {
            // A director that has ended has said why.
            let _ = deeds.send(deed);
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.deeds = None;
        if let Some(director) = self.director.take()
            && director.join().is_err()
        {
            tracing::error!("the director of the processes panicked");
        }
    }
}

impl Place {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics with it in hand")
}

fn timetable(scenario: &Scenario, network: &PlannedNetwork, base: Time) -> Vec<(Time, Turn)> {
    let mut turns = Vec::new();
    for pause in network.pauses() {
        turns.push((pause.from, Turn::Stop(pause.branch)));
        turns.push((pause.until, Turn::Continue(pause.branch)));
    }
    for accident in &scenario.accidents {
        let branch = accident.branch;
        let begins = match accident.kind {
            AccidentKind::Crash | AccidentKind::LoseState => {
                Turn::Kill { branch, loses_log: accident.kind.loses_log(scenario.durability) }
            }
            AccidentKind::FailingSync => Turn::MayEnd(branch),
            // The branch sees to its disk itself.
            AccidentKind::SlowDisk { .. } | AccidentKind::FullDisk => continue,
        };
        turns.push((base + accident.from, begins));
        turns.push((base + accident.until, Turn::Restart(branch)));
    }
    turns.sort_unstable_by(|one, other| other.cmp(one));
    turns
}

/// A process that runs. Dropping it kills it.
struct Running {
    process: Child,
    orders: Option<ChildStdin>,
    reader: Option<JoinHandle<()>>,
}

impl Running {
    fn order(&mut self, order: &Order) {
        if let Some(orders) = &mut self.orders
            && let Err(error) = news::write(orders, order)
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
struct Director {
    household: Arc<Household>,
    program: PathBuf,
    plan: String,
    scenario: Scenario,
    initial_balances: Vec<i64>,
    dir: PathBuf,
    addresses: BTreeMap<BranchId, SocketAddr>,
    /// Who each branch is in its present life.
    origins: BTreeMap<BranchId, Origin>,
    children: BTreeMap<BranchId, Running>,
    may_end: BTreeSet<BranchId>,
    /// Who is down and comes back without a log.
    forgetful: BTreeSet<BranchId>,
    /// The next turn last.
    timetable: Vec<(Time, Turn)>,
}

impl Director {
    fn run(mut self, deeds: &mpsc::Receiver<Deed>) {
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
                Order::Meet(self.addresses.clone())
            }
            Deed::Raise(base, timetable) => {
                *lock(&self.household.base) = Some(base);
                self.timetable = timetable;
                Order::Raise(base)
            }
            Deed::CountLateness => Order::CountLateness,
            Deed::Account => Order::Account,
        };
        self.children.values_mut().for_each(|child| child.order(&order));
        Ok(())
    }

    fn take_turns(&mut self) -> Result<(), ProcessError> {
        while let Some((_, turn)) = self.timetable.pop_if(|(at, _)| *at <= clock::now()) {
            match turn {
                Turn::Stop(branch) => self.signal(branch, Signal::STOP),
                Turn::Continue(branch) => self.signal(branch, Signal::CONT),
                Turn::Kill { branch, loses_log } => {
                    if let Some(mut child) = self.children.remove(&branch) {
                        child.kill();
                    }
                    self.household.gone(branch);
                    if loses_log {
                        self.forgetful.insert(branch);
                    }
                }
                Turn::MayEnd(branch) => drop(self.may_end.insert(branch)),
                Turn::Restart(branch) => {
                    self.may_end.remove(&branch);
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

    fn signal(&self, branch: BranchId, signal: Signal) {
        if let Some(child) = self.children.get(&branch) {
            child.signal(signal);
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
        self.household.tape.record(Happened::Began(origin));
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
                match news::read(&mut said) {
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
        let mut child = Running { process, orders, reader };
        child.order(&Order::Begin(Box::new(Birth {
            plan: self.plan.clone(),
            initial_balances: self.initial_balances.clone(),
            branch,
            incarnation: origin.incarnation,
            new_cluster: is_first,
            address: self.addresses.get(&branch).copied(),
            data: (self.scenario.durability == Durability::Durable).then(|| data(&self.dir, branch)),
        })));
        if !self.addresses.is_empty() {
            child.order(&Order::Meet(self.addresses.clone()));
        }
        if let Some(base) = *lock(&self.household.base) {
            child.order(&Order::Raise(base));
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
                None => living += machine::cpu_of(child.process.id()),
            }
        }
        *lock(&self.household.cpu) = living + machine::cpu_of_ended_children();
        for (branch, status) in ended {
            if let Some(mut child) = self.children.remove(&branch) {
                child.hear_out();
            }
            self.household.gone(branch);
            if !self.may_end.contains(&branch) {
                let last_words = std::fs::read_to_string(last_words(&self.dir, branch)).unwrap_or_default();
                let from = last_words.len().saturating_sub(LAST_WORDS);
                let from =
                    (from..=last_words.len()).find(|&at| last_words.is_char_boundary(at)).unwrap_or_default();
                let last_words = last_words[from..].trim().to_owned();
                return Err(ProcessError::Ended { branch, status: status.to_string(), last_words });
            }
        }
        Ok(())
    }

    /// All end when they hear no more orders; whoever does not is killed.
    fn end(mut self) {
        self.children.values_mut().for_each(|child| {
            child.signal(Signal::CONT);
            child.orders = None;
        });
        let until = clock::now() + END_MAX;
        let is_running = |child: &mut Running| matches!(child.process.try_wait(), Ok(None));
        while clock::now() < until && self.children.values_mut().any(|child| is_running(child)) {
            std::thread::sleep(LOOK / 4);
        }
        let branches: Vec<BranchId> = self.children.keys().copied().collect();
        self.children.clear();
        branches.into_iter().for_each(|branch| self.household.gone(branch));
    }
}

fn data(dir: &Path, branch: BranchId) -> PathBuf {
    dir.join(format!("branch-{branch}"))
}

fn last_words(dir: &Path, branch: BranchId) -> PathBuf {
    dir.join(format!("branch-{branch}.stderr"))
}

impl Household {
    fn fail(&self, error: ProcessError) {
        lock(&self.failure).get_or_insert(error);
    }

    /// A process has ended, and all that it said is heard.
    fn gone(&self, branch: BranchId) {
        let place = &self.places[&branch];
        place.state().standing = None;
        place.tape.follow(None);
    }

    /// What a process says goes where it belongs.
    fn hear(&self, branch: BranchId, is_first: bool, news: News) {
        let place = &self.places[&branch];
        match news {
            News::Listening(address) => place.state().address = Some(address),
            News::Began { at, applied, recovery } => {
                let mut state = place.state();
                place.tape.relay(at, state.catch_up(branch, &applied));
                if !is_first {
                    let took = at.since(state.started.unwrap_or(at));
                    let recovered = self.recovered(branch, at, took, recovery);
                    state.recoveries.push(recovered);
                }
            }
            News::Seen(at, seen) => {
                let mut state = place.state();
                place.tape.relay(at, seen.into_iter().map(|seen| state.happened(branch, seen)));
            }
            News::Standing(at, standing) => {
                place.state().standing = Some(standing);
                place.tape.follow(Some(at));
            }
            News::Account(account) => place.state().account = Some(*account),
        }
    }

    fn recovered(
        &self,
        branch: BranchId,
        at: Time,
        took: Duration,
        recovery: Option<(u64, Duration)>,
    ) -> RecoveryObserved {
        let (records, replay) = recovery.unwrap_or_default();
        let note =
            format!("branch {branch} came back in {took:.1?}: {records} records replayed in {replay:.1?}");
        self.tape.record(Happened::Note(note));
        let base = lock(&self.base).unwrap_or(at);
        let ms = |span: Duration| span.as_secs_f64() * 1e3;
        RecoveryObserved {
            branch,
            at_s: at.since(base).as_secs_f64(),
            took_ms: ms(took),
            records,
            replay_ms: ms(replay),
        }
    }
}

impl State {
    /// A write that was synced, and whose branch was killed before it could tell, is visible now.
    fn catch_up(&mut self, branch: BranchId, applied: &VersionVector) -> Vec<Happened> {
        use crate::scenario::Run;
        let mut runs = Vec::new();
        for (origin, last) in applied.iter() {
            let first = self.told.get(origin) + 1;
            if first <= last {
                self.told.raise(origin, last);
                runs.push(Happened::Applied { branch, run: Run { origin, first, last } });
            }
        }
        runs
    }

    fn happened(&mut self, branch: BranchId, seen: Seen) -> Happened {
        match seen {
            Seen::Applied(run) => {
                self.told.raise(run.origin, run.last);
                Happened::Applied { branch, run }
            }
            Seen::Sent { to, run, copy, delays } => {
                Happened::Sent { from: branch, to, run, copy, delays: delays.into() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRANCHES: [BranchId; 2] = [BranchId(1), BranchId(2)];

    fn household() -> Arc<Household> {
        Arc::new(Household {
            places: BRANCHES
                .map(|branch| (branch, Place { tape: Arc::default(), state: Mutex::default() }))
                .into(),
            tape: Arc::default(),
            failure: Mutex::default(),
            cpu: Mutex::default(),
            base: Mutex::default(),
        })
    }

    fn processes(household: &Arc<Household>) -> Processes {
        Processes { household: Arc::clone(household), deeds: None, director: None }
    }

    #[test]
    fn a_branch_that_came_back_does_not_stand_as_it_stood_in_its_former_life() {
        let household = household();
        let standing = |branch: usize| processes(&household).standings()[branch].1.clone();
        household.hear(BRANCHES[0], true, News::Standing(Time(5), Standing::default()));
        assert_eq!((standing(0), standing(1)), (Some(Standing::default()), None));
        household.gone(BRANCHES[0]);
        assert_eq!(standing(0), None);
        let began = News::Began { at: Time(9), applied: VersionVector::new(), recovery: None };
        household.hear(BRANCHES[0], false, began);
        assert_eq!(standing(0), None);
        household.hear(BRANCHES[0], false, News::Standing(Time(10), Standing::default()));
        assert_eq!(standing(0), Some(Standing::default()));
    }
}
