//! The processes of one trial, as the trial uses them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::process_table::{ProcessEntry, ProcessError, ProcessTable, lock};
use super::supervisor::Supervisor;
use crate::live::poll::poll;
use crate::live::record::EventBuffer;
use crate::live::record::ipc::{BranchStatus, FinalState, TrialCommand};
use crate::model::BranchId;
use crate::results::RecoveryObserved;
use crate::scenario::Scenario;

/// How long processes may take to listen, and to report their final states.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// The processes of one trial. Dropping it ends them all.
pub(in crate::live) struct Processes {
    table: Arc<ProcessTable>,
    commands: Option<mpsc::Sender<TrialCommand>>,
    supervisor: Option<JoinHandle<()>>,
}

impl Processes {
    /// Starts a process for each branch. `events` are the supervisor's, `buffers` the branches'.
    ///
    /// # Errors
    ///
    /// A program that cannot be found, a plan that cannot be written, and a thread that the system refuses.
    pub fn start(
        scenario: &Scenario,
        initial_balances: &[i64],
        dir: &Path,
        buffers: &BTreeMap<BranchId, Arc<EventBuffer>>,
        events: &Arc<EventBuffer>,
    ) -> io::Result<Processes> {
        let table = Arc::new(ProcessTable::new(buffers, events));
        let supervisor = Supervisor::new(scenario, initial_balances, dir, &table)?;
        let (commands, received) = mpsc::channel();
        let thread = std::thread::Builder::new().name("supervisor".to_owned());
        let supervisor = thread.spawn(move || supervisor.run(&received))?;
        Ok(Processes { table, commands: Some(commands), supervisor: Some(supervisor) })
    }

    /// Waits until all branches listen, and connects them. `None` if they do not listen in time.
    pub fn connect(&self) -> Option<Result<(), ProcessError>> {
        let addresses = poll(ANSWER_MAX, || match self.failure() {
            Some(error) => Some(Err(error)),
            None => self.addresses().map(Ok),
        });
        Some(addresses?.map(|addresses| self.command(TrialCommand::Connect(addresses))))
    }

    /// Where all branches listen, once they all do.
    pub fn addresses(&self) -> Option<BTreeMap<BranchId, SocketAddr>> {
        let address = |(&branch, entry): (&BranchId, &ProcessEntry)| Some((branch, entry.state().address?));
        self.table.entries.iter().map(address).collect()
    }

    /// Gives a command to all branches.
    pub fn command(&self, command: TrialCommand) {
        if let Some(commands) = &self.commands {
            // A supervisor that has ended has left the reason in the table.
            let _ = commands.send(command);
        }
    }

    /// The last status of each branch; `None` for one that is down, or has just come back.
    pub fn statuses(&self) -> Vec<Option<BranchStatus>> {
        self.table.entries.values().map(|entry| entry.state().status.clone()).collect()
    }

    /// Asks all branches for their final states, and waits for them.
    ///
    /// # Errors
    ///
    /// A process that spoils the trial meanwhile, or does not answer.
    pub fn final_states(&self) -> Result<Vec<FinalState>, ProcessError> {
        self.command(TrialCommand::ReportFinalState);
        let answered = poll(ANSWER_MAX, || match self.failure() {
            Some(error) => Some(Err(error)),
            None => self.table.without_final_state().is_none().then_some(Ok(())),
        });
        // At the bound the first branch without a final state is named below.
        answered.unwrap_or(Ok(()))?;
        let taken = |(&branch, entry): (&BranchId, &ProcessEntry)| {
            entry.state().final_state.take().ok_or(ProcessError::Silent { branch })
        };
        self.table.entries.iter().map(taken).collect()
    }

    /// Why the trial is spoilt, if it is.
    pub fn failure(&self) -> Option<ProcessError> {
        lock(&self.table.failure).take()
    }

    /// Every time that a branch came back.
    pub fn recoveries(&self) -> Vec<RecoveryObserved> {
        self.table.entries.values().flat_map(|entry| entry.state().recoveries.clone()).collect()
    }

    /// Processor time of all processes since they were started.
    pub fn cpu(&self) -> Duration {
        *lock(&self.table.cpu)
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(supervisor) = self.supervisor.take()
            && supervisor.join().is_err()
        {
            tracing::error!("the supervisor of the processes panicked");
        }
    }
}
