//! Pauses, crashes, restarts, slow disks.

use std::time::Duration;

use super::branches::config;
use super::site::SimMessage;
use super::world::World;
use crate::branch::{Branch, Input, Start};
use crate::model::{BranchId, Time, VersionVector};
use crate::network::PlannedNetwork;
use crate::scenario::{BranchFaultKind, Durability, Observation, Scenario, SeededPart, TrialEvent};

/// Something that befalls a branch, or ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScheduledFault {
    site: usize,
    what: FaultStep,
}

/// In this order where several befall a branch at one time: what ends comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FaultStep {
    Resume,
    Restart,
    /// From now on a sync takes so much longer.
    Disk(Duration),
    /// The disk has no room, or has it again.
    Full(bool),
    /// From now on a sync fails, or succeeds. A branch that it took down is started again.
    FailingSync(bool),
    Crash {
        loses_log: bool,
    },
    Pause,
}

/// Whether a crash may ask for the records of this branch's log.
pub(super) fn asks_for_log(scenario: &Scenario, branch: BranchId) -> bool {
    let crashes = scenario.accidents.iter().any(|accident| accident.branch == branch);
    crashes && scenario.durability == Durability::Durable
}

/// All of a trial, in order of time.
pub(super) fn turns(
    scenario: &Scenario,
    network: &PlannedNetwork,
    ids: &[BranchId],
) -> Vec<(Time, ScheduledFault)> {
    let mut turns = Vec::new();
    let mut add = |branch: BranchId, at: Time, what: FaultStep| {
        let site = ids.binary_search(&branch).expect("faults are checked to be of this cluster");
        turns.push((at, ScheduledFault { site, what }));
    };
    for pause in network.pauses() {
        add(pause.branch, pause.from, FaultStep::Pause);
        add(pause.branch, pause.until, FaultStep::Resume);
    }
    for accident in &scenario.accidents {
        let (from, until) = (Time(0) + accident.from, Time(0) + accident.until);
        let [begins, ends] = match accident.kind {
            BranchFaultKind::Crash | BranchFaultKind::LoseState => {
                let loses_log = accident.kind.loses_log(scenario.durability);
                [FaultStep::Crash { loses_log }, FaultStep::Restart]
            }
            BranchFaultKind::SlowDisk { extra } => [FaultStep::Disk(extra), FaultStep::Disk(Duration::ZERO)],
            BranchFaultKind::FullDisk => [FaultStep::Full(true), FaultStep::Full(false)],
            BranchFaultKind::FailingSync => [FaultStep::FailingSync(true), FaultStep::FailingSync(false)],
        };
        add(accident.branch, from, begins);
        add(accident.branch, until, ends);
    }
    turns.sort_by_key(|&(at, ScheduledFault { site, what })| (at, what, site));
    turns
}

impl World<'_> {
    pub fn turn(&mut self, ScheduledFault { site: at, what }: ScheduledFault) {
        match what {
            FaultStep::Pause => self.sites[at].pauses += 1,
            FaultStep::Resume => self.resume(at),
            FaultStep::Crash { loses_log } => self.crash(at, loses_log),
            FaultStep::Restart => self.restart(at),
            FaultStep::Full(is_full) => self.fill(at, is_full),
            FaultStep::FailingSync(fails) => {
                self.sites[at].log.set_failing(fails);
                if !fails && self.sites[at].core.is_none() {
                    self.restart(at);
                }
            }
            FaultStep::Disk(extra) => self.sites[at].log.set_time(self.scenario.sync_time + extra),
        }
    }

    fn resume(&mut self, at: usize) {
        let site = &mut self.sites[at];
        site.pauses -= 1;
        if site.pauses > 0 {
            return;
        }
        if std::mem::take(&mut site.sync_ended) {
            self.synced(at, self.sites[at].life);
        }
        self.work(at);
        self.look_at_timeout(at);
    }

    fn fill(&mut self, at: usize, is_full: bool) {
        self.sites[at].log.set_full(is_full);
        self.nudge(at, Input::DiskFull(is_full));
    }

    /// The branch is gone, and what was not synced with it.
    pub fn crash(&mut self, at: usize, loses_log: bool) {
        // Of the trial's seed, the branch and the time, so that no other draw moves when a crash is taken away.
        let seed = self.scenario.seed_of(SeededPart::Branches) ^ self.now.0.rotate_left(20) ^ at as u64;
        let in_hands = self.sites[at].crash(seed);
        self.sites[at].loses_log = loses_log;
        for call in self.sites[at].calls.drain() {
            self.hang_up(at, call);
        }
        in_hands.into_iter().for_each(|message| self.lose(at, message));
        let peer = self.ids[at];
        self.nudge_others(at, || Input::Disconnected { peer });
    }

    fn restart(&mut self, at: usize) {
        let id = self.ids[at];
        let site = &mut self.sites[at];
        let lost_log = site.loses_log;
        let start = match lost_log {
            true => {
                // Of the seed and the time, never of what the branch was.
                site.origin = self.scenario.origin_at(id, self.now - Time(0));
                site.log.begin_anew(site.origin);
                Start::Unknown
            }
            false => Start::Recovered(site.log.recovered()),
        };
        let origin = site.origin;
        let config = config(self.scenario, &self.initial_balances, id);
        let core = Branch::new(config, origin.incarnation, start);
        site.core = Some(core.expect("the configuration was sound when the branch first started"));
        if lost_log {
            self.tell(|| TrialEvent::Began(origin));
        }
        self.tell_what_came_back(at, lost_log);
        for other in 0..self.sites.len() {
            if other != at && self.sites[other].core.is_some() {
                let peer = self.ids[other];
                self.nudge(at, Input::Connected { peer });
            }
        }
        self.nudge_others(at, || Input::Connected { peer: id });
    }

    /// A write whose sync was over before the branch knew is visible now, and nobody has been told.
    fn tell_what_came_back(&mut self, at: usize, lost_log: bool) {
        let site = &mut self.sites[at];
        let (Some(told), Some(core)) = (&mut site.told, &site.core) else { return };
        if lost_log {
            *told = VersionVector::new();
        }
        let branch = site.id;
        for range in told.merge_new(core.applied()) {
            self.telling.tell(self.now, || TrialEvent::Observed(branch, Observation::Applied(range)));
        }
    }

    /// News of streams, which the system brings and not the network.
    fn nudge_others(&mut self, at: usize, news: impl Fn() -> Input) {
        for other in (0..self.sites.len()).filter(|&other| other != at) {
            self.nudge(other, news());
        }
    }

    fn nudge(&mut self, at: usize, news: Input) {
        let site = &mut self.sites[at];
        match site.core {
            None => {}
            Some(_) if site.pauses > 0 => site.inbox.push_back(SimMessage::Input(news)),
            Some(_) => self.input(at, news),
        }
    }
}
