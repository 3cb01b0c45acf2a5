//! Drains that were given up: the cluster had failed to agree, or it only had no time to.

use crate::history::{At, Final, History, Milestone, OriginIndex, PhaseEvent, ShortDot, Substrate};
use crate::model::{BranchId, Time};

use super::convergence::difference;
use super::violation_text::ViolationText;
use super::violations::{BrokenRule, Violations};

/// Why the cluster's state at the end says nothing, if the drain was given up. Notes the violation if it had every
/// chance: all faults had ended, and what a branch lacks had been delivered to it, or was sent no more.
pub(super) fn judge(history: &History, violations: &mut Violations) -> Option<String> {
    let bound = history.phases.iter().find(|phase| phase.event.reached == Milestone::DrainBound)?;
    let given_up = "the drain was given up at its bound, `run.drain_s`,";
    let Some((first, other)) = unlike(history) else {
        let alike = "although all branches ended alike: something was still under way; give it longer";
        return Some(format!("{given_up} {alike}"));
    };
    let too_early = "before all branches had all writes";
    let drain = Drain { history, healed: healed(history), bound };
    if let Some((branch, missing)) = drain.excuse() {
        let missing = ViolationText { origins: &history.origins }.dot(missing);
        return Some(format!(
            "{given_up} {too_early}: {missing} was dropped or still on its way to branch {branch}; give it longer, or \
             lose and delay less"
        ));
    }
    match history.header.substrate {
        Substrate::Live => {
            Some(format!("{given_up} {too_early}; the machine may have been too slow: give it longer"))
        }
        Substrate::Sim => {
            violations.note(BrokenRule::NotDrained, bound.line, || {
                let differ = difference(history, &first.event, &other.event).unwrap_or_default();
                let text = format!(
                    "the drain was given up although every fault had ended, and branches differ: {differ}"
                );
                (vec![bound.line, first.line, other.line], text)
            });
            Some(format!("{given_up} {too_early}"))
        }
    }
}

/// The first branch, and one that ended otherwise.
fn unlike(history: &History) -> Option<(&At<Final>, &At<Final>)> {
    let (first, others) = history.finals.split_first()?;
    let other = others.iter().find(|other| difference(history, &first.event, &other.event).is_some())?;
    Some((first, other))
}

/// When the last fault ended: before the drain, in every history that could be loaded.
fn healed(history: &History) -> Time {
    history.faults.iter().map(|fault| fault.event.t).max().unwrap_or_default()
}

/// The end of a trial that did not come to rest.
struct Drain<'a> {
    history: &'a History,
    healed: Time,
    bound: &'a At<PhaseEvent>,
}

/// What became of the copies of a write on their way to a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct CopyFates {
    /// One left after every fault had ended, and arrived before the bound.
    arrived: bool,
    /// One was still on its way at the bound.
    late: bool,
    /// One left after every fault had ended.
    tried: bool,
}

impl Drain<'_> {
    /// A branch, and a write that the network did not bring to it in time; `None` if some branch has no such excuse.
    fn excuse(&self) -> Option<(BranchId, ShortDot)> {
        let finals = self.history.finals.iter().map(|at_end| &at_end.event);
        let behind = finals.filter(|at_end| self.lacks(at_end).next().is_some());
        let excuses: Option<Vec<_>> = behind.map(|at_end| self.excuse_of(at_end)).collect();
        excuses?.first().copied()
    }

    /// Of each origin the first write that a branch lacks counts, since that holds up all later ones, and perhaps those
    /// of other origins.
    fn excuse_of(&self, at_end: &Final) -> Option<(BranchId, ShortDot)> {
        let is_excused = |&dot: &ShortDot| {
            let CopyFates { arrived, late, tried } = self.copies(at_end.branch, dot);
            !arrived && (late || tried)
        };
        self.lacks(at_end).find(is_excused).map(|dot| (at_end.branch, dot))
    }

    /// By origin, the first write that another branch has and this one lacks.
    fn lacks(&self, at_end: &Final) -> impl Iterator<Item = ShortDot> {
        let origins = (0..self.history.origins.len() as u32).map(OriginIndex);
        origins.filter_map(|origin| {
            let has = at_end.applied.get(origin);
            let is_more = |other: &At<Final>| other.event.applied.get(origin) > has;
            self.history.finals.iter().any(is_more).then(|| origin.dot(has + 1))
        })
    }

    fn copies(&self, to: BranchId, ShortDot(origin, counter): ShortDot) -> CopyFates {
        let lives = self.history.lives.iter().rev();
        let born = lives.into_iter().find(|life| life.event.branch == to).map_or(0, |life| life.line);
        let holds = |sent: &&At<_>| sent.line > born;
        let mut copies = CopyFates::default();
        for sent in self.history.sent.iter().filter(holds).map(|sent| &sent.event) {
            if sent.to != to || sent.origin != origin || !(sent.first..=sent.last).contains(&counter) {
                continue;
            }
            let is_after = sent.t >= self.healed;
            let arrives = sent.delays.iter().min().map(|&delay| sent.t + delay);
            copies.tried |= is_after;
            copies.late |= arrives.is_some_and(|t| t > self.bound.event.t);
            copies.arrived |= is_after && arrives.is_some_and(|t| t <= self.bound.event.t);
        }
        copies
    }
}
