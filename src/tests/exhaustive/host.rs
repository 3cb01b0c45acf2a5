//! A branch with its log and its clock.

use readback::branch::{Branch, Config, Input, Outbox, Start};
use readback::model::{Incarnation, Origin, Record, Time};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host {
    /// `None` while it is down.
    pub branch: Option<Branch>,
    pub now: Time,
    /// Kept if the log is durable.
    pub log: Vec<Record>,
    pub synced: usize,
    /// Position of the log's first record that this life appended.
    life_began: usize,
    /// Records that this life appended to a volatile log.
    appended: u64,
    pub lives: u32,
}

/// Branches never lose their state here, so each keeps its first incarnation.
pub const INCARNATION: Incarnation = Incarnation { started_at: 1, nonce: 0 };

impl Host {
    pub fn new(config: Config) -> Host {
        Host {
            branch: Some(start(config, Start::NewCluster)),
            now: Time(0),
            log: Vec::new(),
            synced: 0,
            life_began: 0,
            appended: 0,
            lives: 1,
        }
    }

    pub fn is_up(&self) -> bool {
        self.branch.is_some()
    }

    /// Records that are appended and not synced.
    pub fn unsynced(&self) -> usize {
        self.log.len() - self.synced
    }

    /// Takes an input; a volatile log is synced at once. A branch that is down takes nothing.
    pub fn handle(&mut self, input: Input, durable: bool) -> Outbox {
        let mut outbox = Outbox::default();
        let Some(branch) = &mut self.branch else { return outbox };
        branch.handle(self.now, input, &mut outbox);
        if durable {
            self.log.extend(outbox.records.iter().cloned());
            return outbox;
        }
        // What is synced may wake a write, which appends a record of its own.
        let before = self.appended;
        while self.appended < before + outbox.records.len() as u64 {
            self.appended = before + outbox.records.len() as u64;
            branch.handle(self.now, Input::Synced { position: self.appended }, &mut outbox);
        }
        outbox
    }

    /// Lets the next timeout come, if there is one.
    pub fn time_out(&mut self, durable: bool) -> Outbox {
        let next = self.branch.as_ref().and_then(Branch::next_timeout);
        self.now = self.now.max(next.unwrap_or_default());
        self.handle(Input::Timeout, durable)
    }

    /// Everything that was appended is synced.
    pub fn sync(&mut self) -> Outbox {
        self.synced = self.log.len();
        let position = (self.synced - self.life_began) as u64;
        self.handle(Input::Synced { position }, true)
    }

    /// The branch is gone, with what was not synced.
    pub fn crash(&mut self) {
        self.branch = None;
        self.log.truncate(self.synced);
    }

    /// The branch comes back with its log.
    pub fn restart(&mut self, config: Config) {
        self.branch = Some(start(config, Start::Recovered(self.log.clone())));
        self.life_began = self.log.len();
        self.lives += 1;
    }

    /// How many of its own writes the log has.
    pub fn own_logged(&self, origin: Origin) -> usize {
        let is_own = |record: &&Record| match record {
            Record::Write(write) => write.dot.origin == origin,
            Record::Refused { .. }
            | Record::Forgotten { .. }
            | Record::Joining
            | Record::Joined
            | Record::Snapshot(_)
            | Record::Checkpoint(_) => false,
        };
        self.log.iter().filter(is_own).count()
    }
}

fn start(config: Config, start: Start) -> Branch {
    Branch::new(config, INCARNATION, start).expect("the configuration is sound")
}
