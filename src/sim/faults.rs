//! Pauses, crashes, restarts, slow disks.

use std::time::Duration;

use super::branches::config;
use super::sim_branch::SimMessage;
use super::world::World;
use crate::branch::{Branch, Input, Start};
use crate::model::{BranchId, Time, VersionVector};
use crate::network::PlannedNetwork;
use crate::scenario::{BranchFaultKind, Durability, Observation, Scenario, SeededPart, TrialEvent};

/// One edge of a fault of a branch.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScheduledFault {
    place: usize,
    step: FaultStep,
}

/// In this order where several are due for a branch at one time: those that end come first.
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

/// All faults of branches in a trial, in order of time.
pub(super) fn scheduled_faults(
    scenario: &Scenario,
    network: &PlannedNetwork,
    ids: &[BranchId],
) -> Vec<(Time, ScheduledFault)> {
    let mut faults = Vec::new();
    let mut add = |branch: BranchId, at: Time, step: FaultStep| {
        let place = ids.binary_search(&branch).expect("faults are checked to be of this cluster");
        faults.push((at, ScheduledFault { place, step }));
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
    faults.sort_by_key(|&(at, ScheduledFault { place, step })| (at, step, place));
    faults
}

impl World<'_> {
    pub fn fault_step(&mut self, ScheduledFault { place: at, step }: ScheduledFault) {
        match step {
            FaultStep::Pause => self.branches[at].pauses += 1,
            FaultStep::Resume => self.resume(at),
            FaultStep::Crash { loses_log } => self.crash(at, loses_log),
            FaultStep::Restart => self.restart(at),
            FaultStep::Full(is_full) => self.fill(at, is_full),
            FaultStep::FailingSync(fails) => {
                self.branches[at].log.set_failing(fails);
                if !fails && self.branches[at].core.is_none() {
                    self.restart(at);
                }
            }
            FaultStep::Disk(extra) => self.branches[at].log.set_time(self.scenario.sync_time + extra),
        }
    }

    fn resume(&mut self, at: usize) {
        let branch = &mut self.branches[at];
        branch.pauses -= 1;
        if branch.pauses > 0 {
            return;
        }
        if std::mem::take(&mut branch.sync_ended) {
            self.synced(at, self.branches[at].life);
        }
        self.work(at);
        self.check_timeout(at);
    }

    fn fill(&mut self, at: usize, is_full: bool) {
        self.branches[at].log.set_full(is_full);
        self.notify(at, Input::DiskFull(is_full));
    }

    /// The branch is gone, and what was not synced with it.
    pub fn crash(&mut self, at: usize, loses_log: bool) {
        // From the trial's seed, the branch and the time, so that no other draw moves when a crash is taken away.
        let seed = self.scenario.seed_of(SeededPart::Branches) ^ self.now.0.rotate_left(20) ^ at as u64;
        let unhandled = self.branches[at].crash(seed);
        self.branches[at].loses_log = loses_log;
        for call in self.branches[at].calls.drain() {
            self.hang_up(at, call);
        }
        unhandled.into_iter().for_each(|message| self.lose(at, message));
        let peer = self.ids[at];
        self.notify_others(at, || Input::Disconnected { peer });
    }

    fn restart(&mut self, at: usize) {
        let id = self.ids[at];
        let branch = &mut self.branches[at];
        let lost_log = branch.loses_log;
        let start = match lost_log {
            true => {
                // From the seed and the time, never from what the branch was.
                branch.origin = self.scenario.origin_at(id, self.now - Time(0));
                branch.log.reset(branch.origin);
                Start::Unknown
            }
            false => Start::Recovered(branch.log.recovered()),
        };
        let origin = branch.origin;
        let config = config(self.scenario, &self.initial_balances, id);
        let core = Branch::new(config, origin.incarnation, start);
        branch.core = Some(core.expect("the configuration was sound when the branch first started"));
        if lost_log {
            self.emit(|| TrialEvent::Began(origin));
        }
        if let (Some(rules), Some(core)) = (&mut self.rules, &self.branches[at].core) {
            let checked = rules.restarted(at, id, core, lost_log);
            self.report_broken(checked);
        }
        self.emit_recovered(at, lost_log);
        for other in 0..self.branches.len() {
            if other != at && self.branches[other].core.is_some() {
                let peer = self.ids[other];
                self.notify(at, Input::Connected { peer });
            }
        }
        self.notify_others(at, || Input::Connected { peer: id });
    }

    /// A write whose sync was over before the branch knew is visible now, and the history does not have it yet.
    fn emit_recovered(&mut self, at: usize, lost_log: bool) {
        let branch = &mut self.branches[at];
        let (Some(reported), Some(core)) = (&mut branch.reported, &branch.core) else { return };
        if lost_log {
            *reported = VersionVector::new();
        }
        let branch = branch.id;
        for range in reported.merge_new(core.applied()) {
            self.emitter.emit(self.now, || TrialEvent::Observed(branch, Observation::Applied(range)));
        }
    }

    /// Reports on streams, which the operating system delivers and not the network.
    fn notify_others(&mut self, at: usize, report: impl Fn() -> Input) {
        for other in (0..self.branches.len()).filter(|&other| other != at) {
            self.notify(other, report());
        }
    }

    fn notify(&mut self, at: usize, report: Input) {
        let branch = &mut self.branches[at];
        match branch.core {
            None => {}
            Some(_) if branch.pauses > 0 => branch.inbox.push_back(SimMessage::Input(report)),
            Some(_) => self.input(at, report),
        }
    }
}
