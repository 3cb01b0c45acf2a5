//! Branches that are processes of their own, as the trial sees them: started, stopped, killed and started again.
//!
//! ```text
//!  trial --deeds--> director (thread) --orders--> branch 1 (process) --news--> reader (thread) --> tape --> recorder
//!                      |   timetable: SIGKILL, start again, SIGSTOP, SIGCONT
//!                      +-> branch n ...
//! ```
//!
//! One thread starts all processes and lives for as long as they may: Linux sends a process the signal of its
//! parent's death when the *thread* that started it ends. A process that ends unbidden spoils the trial, which says
//! why.
//!
//! **Caveat.** What a branch had counted (messages, lateness, syncs) is gone with a process that is killed; results
//! have the counts of the last lives.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::process_table::{ProcessEntry, ProcessError, ProcessTable, lock};
use super::supervisor::{Deed, Supervisor, timetable};
use crate::live::record::event_buffer::EventBuffer;
use crate::live::record::ipc::{BranchStanding, FinalReport};
use crate::model::{BranchId, Time};
use crate::network::PlannedNetwork;
use crate::results::RecoveryObserved;
use crate::scenario::Scenario;

/// The processes of one trial. Dropping it ends them all.
pub(in crate::live) struct Processes {
    household: Arc<ProcessTable>,
    deeds: Option<mpsc::Sender<Deed>>,
    director: Option<JoinHandle<()>>,
}

impl Processes {
    /// Starts a process for each branch. They listen when [`Processes::addresses`] says so.
    pub fn start(
        scenario: &Scenario,
        initial_balances: &[i64],
        dir: &Path,
        tapes: &BTreeMap<BranchId, Arc<EventBuffer>>,
        director_tape: &Arc<EventBuffer>,
    ) -> io::Result<Processes> {
        let household = Arc::new(ProcessTable::new(tapes, director_tape));
        let director = Supervisor::new(scenario, initial_balances, dir, &household)?;
        let (deeds, orders) = mpsc::channel();
        let thread = std::thread::Builder::new().name("director".to_owned());
        let director = thread.spawn(move || director.run(&orders))?;
        Ok(Processes { household, deeds: Some(deeds), director: Some(director) })
    }

    /// Where all branches listen, once they all do.
    pub fn addresses(&self) -> Option<BTreeMap<BranchId, SocketAddr>> {
        let address = |(&branch, place): (&BranchId, &ProcessEntry)| Some((branch, place.state().address?));
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
    pub fn standings(&self) -> Vec<(BranchId, Option<BranchStanding>)> {
        let standing =
            |(&branch, place): (&BranchId, &ProcessEntry)| (branch, place.state().standing.clone());
        self.household.places.iter().map(standing).collect()
    }

    /// Asks all for their accounts, which [`Processes::accounts`] then has.
    pub fn ask_for_accounts(&self) {
        self.order(Deed::Account);
    }

    /// How each branch stood at the end, once all have said so.
    pub fn accounts(&self) -> Option<Vec<(BranchId, FinalReport)>> {
        if self.household.places.values().any(|place| place.state().account.is_none()) {
            return None;
        }
        let take =
            |(&branch, place): (&BranchId, &ProcessEntry)| Some((branch, place.state().account.take()?));
        self.household.places.iter().map(take).collect()
    }

    /// Who has not said how it ended, if anybody has not.
    pub fn silent(&self) -> Option<BranchId> {
        self.household.silent()
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
