//! Lives of branches: a branch that lost its state begins another one, under a new origin.

use std::collections::BTreeMap;

use crate::history::{Edge, History, OriginIndex};
use crate::model::BranchId;

/// When the lives of branches began, and which of them a fault ended.
#[derive(Debug, Default)]
pub(super) struct OriginLives {
    /// By branch: the lines on which its lives begin, rising.
    begun: BTreeMap<BranchId, Vec<u64>>,
    /// Origins of lives that an injected fault ended.
    ended_by_fault: Vec<OriginIndex>,
    /// Whether a life ended without one: what is missing then may be missing because of that.
    is_one_unexplained: bool,
}

impl OriginLives {
    pub fn of(history: &History) -> OriginLives {
        let mut lives = OriginLives::default();
        let mut present: BTreeMap<BranchId, (u64, OriginIndex)> = BTreeMap::new();
        let log_losses = log_losses(history);
        for life in &history.lives {
            let branch = life.event.branch;
            lives.begun.entry(branch).or_default().push(life.line);
            let Some((since, origin)) = present.insert(branch, (life.line, life.event.index)) else {
                continue;
            };
            let lines = log_losses.get(&branch).map_or(&[][..], Vec::as_slice);
            let next = lines[lines.partition_point(|&line| line < since)..].first();
            if next.is_some_and(|&line| line < life.line) {
                lives.ended_by_fault.push(origin);
            } else {
                lives.is_one_unexplained = true;
            }
        }
        lives.ended_by_fault.sort_unstable();
        lives
    }

    /// Which life of the branch it is on a line, from 0 for none.
    pub fn which(&self, branch: BranchId, line: u64) -> usize {
        self.begun.get(&branch).map_or(0, |lines| lines.partition_point(|&begun| begun < line))
    }

    /// Whether writes of the origin may be lost: its log is gone by an injected fault, and so is every other log that
    /// is gone.
    pub fn excuses(&self, origin: OriginIndex) -> bool {
        !self.is_one_unexplained && self.ended_by_fault.binary_search(&origin).is_ok()
    }
}

/// By branch: the lines, rising, on which faults begin that destroy its log.
fn log_losses(history: &History) -> BTreeMap<BranchId, Vec<u64>> {
    let mut log_losses: BTreeMap<BranchId, Vec<u64>> = BTreeMap::new();
    for fault in history.faults.iter().filter(|fault| fault.event.loses_state) {
        match (fault.event.edge, fault.event.branch) {
            (Edge::Begin, Some(branch)) => log_losses.entry(branch).or_default().push(fault.line),
            (Edge::Begin, None) | (Edge::End, _) => {}
        }
    }
    log_losses
}
