//! What can be wrong with the network for a while.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;

use super::{Distribution, Link, Loss, Placement, Route};
use crate::model::BranchId;

/// One fault. A *cut* link delivers nothing that is sent while it is cut; what is under way already arrives.
/// Customers reach every branch in spite of a cut between branches; `Isolate`, and a lossy or flapping route
/// that names customers, are for them.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Groups that do not hear each other. Every branch is in exactly one.
    Partition { groups: Vec<BTreeSet<BranchId>> },
    /// These pairs do not hear each other, and everybody else does: the network is not transitive.
    Partial { pairs: Vec<(BranchId, BranchId)> },
    /// Nothing comes from these to those; everything comes back.
    OneWay { from: BTreeSet<BranchId>, to: BTreeSet<BranchId> },
    /// Each branch hears its two neighbours alone: the one before and the one after, the last next to the
    /// first.
    Ring { order: Vec<BranchId> },
    /// Two halves that hear each other through one branch only, which hears all.
    Bridge { left: BTreeSet<BranchId>, bridge: BranchId, right: BTreeSet<BranchId> },
    /// One branch hears no other and is heard by none, nor by customers if they are in it.
    Isolate { branch: BranchId, customers: bool },
    /// Everything on the route takes longer by a draw of its own.
    Slow { route: Route, extra: Distribution },
    /// Messages on the route are lost, beyond what the rules lose.
    Lossy { route: Route, loss: Loss },
    /// The route is cut for a span, open for a span, and so on; the window begins with a cut.
    Flap { route: Route, cut: Duration, open: Duration },
    /// The branch stands still. The network does nothing about it: whoever runs the trial does
    /// ([`super::PlannedNetwork::pauses`]).
    Pause { branch: BranchId },
}

/// The kinds of [`Fault`], in files in lower case with underscores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    Partition,
    Partial,
    OneWay,
    Ring,
    Bridge,
    Isolate,
    Slow,
    Lossy,
    Flap,
    Pause,
}

/// A fault, and when it is there: from `from` (included) to `until` (excluded), counted from the trial's
/// start.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultWindow {
    /// Names the window's draws, so it is unique in a plan, and a window keeps it when others are taken out.
    pub id: u32,
    pub from: Duration,
    pub until: Duration,
    pub fault: Fault,
}

impl FaultWindow {
    /// How long the window has been open at `elapsed`, if it is.
    pub fn open_for(&self, elapsed: Duration) -> Option<Duration> {
        (self.from <= elapsed && elapsed < self.until).then(|| elapsed - self.from)
    }
}

/// What a fault does to the messages of one link at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum LinkEffect<'a> {
    Nothing,
    Cut,
    Slow(&'a Distribution),
    Lossy(&'a Loss),
}

impl Fault {
    /// The branch that stands still as a whole, if it is such a fault; all others concern messages alone.
    pub fn stopped(&self) -> Option<BranchId> {
        match self {
            Fault::Pause { branch } => Some(*branch),
            Fault::Partition { .. }
            | Fault::Partial { .. }
            | Fault::OneWay { .. }
            | Fault::Ring { .. }
            | Fault::Bridge { .. }
            | Fault::Isolate { .. }
            | Fault::Slow { .. }
            | Fault::Lossy { .. }
            | Fault::Flap { .. } => None,
        }
    }

    pub fn kind(&self) -> FaultKind {
        match self {
            Fault::Partition { .. } => FaultKind::Partition,
            Fault::Partial { .. } => FaultKind::Partial,
            Fault::OneWay { .. } => FaultKind::OneWay,
            Fault::Ring { .. } => FaultKind::Ring,
            Fault::Bridge { .. } => FaultKind::Bridge,
            Fault::Isolate { .. } => FaultKind::Isolate,
            Fault::Slow { .. } => FaultKind::Slow,
            Fault::Lossy { .. } => FaultKind::Lossy,
            Fault::Flap { .. } => FaultKind::Flap,
            Fault::Pause { .. } => FaultKind::Pause,
        }
    }

    /// What happens on `link`, `open_for` after the window's begin.
    pub(super) fn effect(&self, link: Link, placement: &Placement, open_for: Duration) -> LinkEffect<'_> {
        let cut = |cut: bool| if cut { LinkEffect::Cut } else { LinkEffect::Nothing };
        match self {
            Fault::Partition { groups } => cut(between(link, |from, to| apart(groups, from, to))),
            Fault::Partial { pairs } => {
                cut(between(link, |from, to| pairs.contains(&(from, to)) || pairs.contains(&(to, from))))
            }
            Fault::OneWay { from, to } => cut(between(link, |a, b| from.contains(&a) && to.contains(&b))),
            Fault::Ring { order } => cut(between(link, |from, to| !neighbours(order, from, to))),
            Fault::Bridge { left, bridge: _, right } => cut(between(link, |from, to| {
                left.contains(&from) && right.contains(&to) || right.contains(&from) && left.contains(&to)
            })),
            Fault::Isolate { branch, customers } => {
                cut(link.touches(*branch) && (*customers || link.branches().is_some()))
            }
            Fault::Slow { route, extra } if route.covers(link, placement) => LinkEffect::Slow(extra),
            Fault::Lossy { route, loss } if route.covers(link, placement) => LinkEffect::Lossy(loss),
            Fault::Flap { route, cut: length, open } => {
                let phase = open_for.as_nanos() % (length.as_nanos() + open.as_nanos());
                cut(phase < length.as_nanos() && route.covers(link, placement))
            }
            Fault::Slow { .. } | Fault::Lossy { .. } | Fault::Pause { .. } => LinkEffect::Nothing,
        }
    }
}

impl FaultKind {
    pub const ALL: [FaultKind; 10] = [
        FaultKind::Partition,
        FaultKind::Partial,
        FaultKind::OneWay,
        FaultKind::Ring,
        FaultKind::Bridge,
        FaultKind::Isolate,
        FaultKind::Slow,
        FaultKind::Lossy,
        FaultKind::Flap,
        FaultKind::Pause,
    ];

    /// The fewest branches with which it changes anything. In a ring of three every branch is every other's neighbour.
    pub fn branches_min(self) -> usize {
        match self {
            FaultKind::Pause => 1,
            FaultKind::Partition
            | FaultKind::Partial
            | FaultKind::OneWay
            | FaultKind::Isolate
            | FaultKind::Slow
            | FaultKind::Lossy
            | FaultKind::Flap => 2,
            FaultKind::Bridge => 3,
            FaultKind::Ring => 4,
        }
    }
}

fn between(link: Link, cut: impl FnOnce(BranchId, BranchId) -> bool) -> bool {
    link.branches().is_some_and(|(from, to)| cut(from, to))
}

fn apart(groups: &[BTreeSet<BranchId>], from: BranchId, to: BranchId) -> bool {
    !groups.iter().any(|group| group.contains(&from) && group.contains(&to))
}

fn neighbours(order: &[BranchId], from: BranchId, to: BranchId) -> bool {
    let place = |branch| order.iter().position(|&other| other == branch);
    let (Some(from), Some(to)) = (place(from), place(to)) else { return false };
    let gap = from.abs_diff(to);
    gap <= 1 || gap == order.len() - 1
}
