//! Faults of the network, and their windows.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Distribution, Link, Loss, Placement, Route};
use crate::model::BranchId;

/// One fault. A *cut* link delivers nothing that is sent while it is cut; what is under way already arrives.
/// Customers reach every branch in spite of a cut between branches; `Isolate`, and a lossy or flapping route
/// that names customers, are for them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Groups that do not reach each other.
    Partition {
        /// Every branch is in exactly one.
        groups: Vec<BTreeSet<BranchId>>,
    },
    /// These pairs do not reach each other, and all others do: the network is not transitive.
    Partial {
        /// Both branches of each pair, in either order.
        pairs: Vec<(BranchId, BranchId)>,
    },
    /// Nothing comes from these to those; everything comes back.
    OneWay {
        /// Branches whose messages are lost.
        from: BTreeSet<BranchId>,
        /// Branches that they do not reach; none is in `from`.
        to: BTreeSet<BranchId>,
    },
    /// Each branch reaches its two neighbours alone: the one before and the one after, the last next to the
    /// first.
    Ring {
        /// Every branch once; at least four.
        order: Vec<BranchId>,
    },
    /// Two halves that reach each other through one branch only.
    Bridge {
        /// One half.
        left: BTreeSet<BranchId>,
        /// The branch that reaches all others.
        bridge: BranchId,
        /// The other half.
        right: BTreeSet<BranchId>,
    },
    /// One branch exchanges no messages with the others.
    Isolate {
        /// That branch.
        branch: BranchId,
        /// Whether customers do not reach it either.
        customers: bool,
    },
    /// Everything on the route takes longer by a draw of its own.
    Slow {
        /// The links that are slow.
        route: Route,
        /// The delay that is added.
        extra: Distribution,
    },
    /// Messages on the route are lost, beyond what the rules lose.
    Lossy {
        /// The links that lose messages.
        route: Route,
        /// Which messages they lose.
        loss: Loss,
    },
    /// The route is cut for a span, open for a span, and so on; the window begins with a cut.
    Flap {
        /// The links that flap.
        route: Route,
        /// For how long they are cut; above zero.
        cut: Duration,
        /// For how long they are open then; above zero.
        open: Duration,
    },
    /// A branch does nothing. The network has no part in it: the substrate pauses the branch
    /// ([`super::PlannedNetwork::pauses`]).
    Pause {
        /// That branch.
        branch: BranchId,
    },
}

/// The kinds of [`Fault`], in files in lower case with underscores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// [`Fault::Partition`].
    Partition,
    /// [`Fault::Partial`].
    Partial,
    /// [`Fault::OneWay`].
    OneWay,
    /// [`Fault::Ring`].
    Ring,
    /// [`Fault::Bridge`].
    Bridge,
    /// [`Fault::Isolate`].
    Isolate,
    /// [`Fault::Slow`].
    Slow,
    /// [`Fault::Lossy`].
    Lossy,
    /// [`Fault::Flap`].
    Flap,
    /// [`Fault::Pause`].
    Pause,
}

/// A fault, and when it is there: from `from` (included) to `until` (excluded), counted from the trial's
/// start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultWindow {
    /// Names the window's draws, so it is unique in a plan, and a window keeps it when others are taken out.
    pub id: u32,
    /// When it begins.
    pub from: Duration,
    /// When it has healed; above `from`, and within the trial.
    pub until: Duration,
    /// The fault.
    pub fault: Fault,
}

impl FaultWindow {
    /// How long the window has been open at `elapsed`, if it is.
    pub fn open_for(&self, elapsed: Duration) -> Option<Duration> {
        (self.from <= elapsed && elapsed < self.until).then(|| elapsed - self.from)
    }
}

/// The effect of a fault on the messages of one link at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum LinkEffect<'a> {
    Nothing,
    Cut,
    Slow(&'a Distribution),
    Lossy(&'a Loss),
}

impl Fault {
    /// The branch that is paused as a whole, if it is such a fault; all others concern messages alone.
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

    /// Its kind.
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

    /// The effect on `link`, `open_for` after the window's begin.
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
    /// All kinds.
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
