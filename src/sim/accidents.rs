//! Pauses, crashes, restarts, slow disks.

use std::time::Duration;

use super::branches::config;
use super::site::Message;
use super::world::World;
use crate::branch::{Branch, Input, Start};
use crate::model::{BranchId, Time};
use crate::network::PlannedNetwork;
use crate::scenario::{AccidentKind, Durability, Happened, Scenario};

/// Something that befalls a branch, or ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    site: usize,
    what: What,
}

/// In this order where several befall a branch at one time: what ends comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Resume,
    Restart {
        lost_log: bool,
    },
    /// From now on a sync takes so much longer.
    Disk(Duration),
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
pub(super) fn turns(scenario: &Scenario, network: &PlannedNetwork, ids: &[BranchId]) -> Vec<(Time, Turn)> {
    let mut turns = Vec::new();
    let mut add = |branch: BranchId, at: Time, what: What| {
        let site = ids.binary_search(&branch).expect("faults are checked to be of this cluster");
        turns.push((at, Turn { site, what }));
    };
    for pause in network.pauses() {
        add(pause.branch, pause.from, What::Pause);
        add(pause.branch, pause.until, What::Resume);
    }
    for accident in &scenario.accidents {
        let (from, until) = (Time(0) + accident.from, Time(0) + accident.until);
        let [begins, ends] = match accident.kind {
            AccidentKind::Crash | AccidentKind::LoseState => {
                let loses_log = accident.kind.loses_log(scenario.durability);
                [What::Crash { loses_log }, What::Restart { lost_log: loses_log }]
            }
            AccidentKind::SlowDisk { extra } => [What::Disk(extra), What::Disk(Duration::ZERO)],
        };
        add(accident.branch, from, begins);
        add(accident.branch, until, ends);
    }
    turns.sort_by_key(|&(at, Turn { site, what })| (at, what, site));
    turns
}

impl World<'_> {
    pub fn turn(&mut self, Turn { site: at, what }: Turn) {
        match what {
            What::Pause => self.sites[at].pauses += 1,
            What::Resume => self.resume(at),
            What::Crash { loses_log } => self.crash(at, loses_log),
            What::Restart { lost_log } => self.restart(at, lost_log),
            What::Disk(extra) => self.sites[at].log.set_time(self.scenario.sync_time + extra),
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

    fn crash(&mut self, at: usize, loses_log: bool) {
        let in_hands = self.sites[at].crash();
        if loses_log {
            self.sites[at].log.lose();
        }
        for call in self.sites[at].calls.drain() {
            self.hang_up(at, call);
        }
        in_hands.into_iter().for_each(|message| self.lose(at, message));
        let peer = self.ids[at];
        self.nudge_others(at, || Input::Disconnected { peer });
    }

    fn restart(&mut self, at: usize, lost_log: bool) {
        let id = self.ids[at];
        let site = &mut self.sites[at];
        let start = match lost_log {
            true => {
                // Of the seed and the time, never of what the branch was.
                site.origin = self.scenario.origin_at(id, self.now - Time(0));
                Start::Unknown
            }
            false => Start::Recovered(site.log.recovered()),
        };
        let origin = site.origin;
        let config = config(self.scenario, &self.initial_balances, id);
        let core = Branch::new(config, origin.incarnation, start);
        site.core = Some(core.expect("the configuration was sound when the branch first started"));
        if lost_log {
            self.tell(|| Happened::Began(origin));
        }
        for other in 0..self.sites.len() {
            if other != at && self.sites[other].core.is_some() {
                let peer = self.ids[other];
                self.nudge(at, Input::Connected { peer });
            }
        }
        self.nudge_others(at, || Input::Connected { peer: id });
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
            Some(_) if site.pauses > 0 => site.inbox.push_back(Message::Input(news)),
            Some(_) => self.input(at, news),
        }
    }
}
