//! How customers roam between branches.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rng::KeyedRng;

/// How a session chooses the branch of its next operation. All but `sticky`, and `home` with a probability of 1,
/// change branch and need two of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Roam {
    /// Any branch, each as likely, the present one too.
    Uniform,
    /// Round all branches in their order, from home: no two operations in a row at the same.
    Alternate,
    /// Home with this probability, from 0 to 1, else one of the others, each as likely.
    Home(f64),
    /// Never away from home: the control, for which read-your-writes is free.
    Sticky,
}

/// One session's way. Branches are indices into the plan's list.
#[derive(Debug, Clone)]
pub(super) struct Itinerary {
    roam: Roam,
    branches: usize,
    home: usize,
    /// Where the last operation was; none was made yet.
    at: Option<usize>,
    rng: KeyedRng,
}

impl Roam {
    pub(super) fn changes_branch(self) -> bool {
        match self {
            Roam::Uniform | Roam::Alternate => true,
            Roam::Home(probability) => probability < 1.0,
            Roam::Sticky => false,
        }
    }
}

impl Itinerary {
    pub(super) fn new(roam: Roam, branches: usize, home: usize, rng: KeyedRng) -> Itinerary {
        Itinerary { roam, branches, home, at: None, rng }
    }

    /// The branch of the next operation.
    pub(super) fn next(&mut self) -> usize {
        let branch = match self.roam {
            Roam::Uniform => self.rng.below(self.branches),
            Roam::Alternate => self.at.map_or(self.home, |at| (at + 1) % self.branches),
            Roam::Home(probability) if self.rng.chance(probability) => self.home,
            Roam::Home(_) => self.other_than(self.home),
            Roam::Sticky => self.home,
        };
        self.at = Some(branch);
        branch
    }

    /// The branch of the next operation where that must not be the present one: the next in the round of
    /// [`Roam::Alternate`], else one of the others, each as likely. Needs two branches.
    pub(super) fn elsewhere(&mut self) -> usize {
        let at = self.at.unwrap_or(self.home);
        let branch = match self.roam {
            Roam::Alternate => (at + 1) % self.branches,
            Roam::Uniform | Roam::Home(_) | Roam::Sticky => self.other_than(at),
        };
        self.at = Some(branch);
        branch
    }

    fn other_than(&mut self, branch: usize) -> usize {
        let other = self.rng.below(self.branches - 1);
        if other < branch { other } else { other + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::purpose::WorkloadPurpose;
    use super::*;

    fn route(roam: Roam, home: usize) -> Itinerary {
        Itinerary::new(roam, 3, home, WorkloadPurpose::Branch.rng(1, [0, 0]))
    }

    fn shares(mut next: impl FnMut() -> usize) -> [f64; 3] {
        let mut counts = [0.0; 3];
        (0..30_000).for_each(|_| counts[next()] += 1.0 / 30_000.0);
        counts
    }

    #[test]
    fn each_way_to_roam_has_its_shares_of_the_branches() {
        let third = 1.0 / 3.0;
        let rows = [
            (Roam::Uniform, [third, third, third]),
            (Roam::Alternate, [third, third, third]),
            (Roam::Home(0.8), [0.1, 0.8, 0.1]),
            (Roam::Home(0.0), [0.5, 0.0, 0.5]),
            (Roam::Home(1.0), [0.0, 1.0, 0.0]),
            (Roam::Sticky, [0.0, 1.0, 0.0]),
        ];
        for (roam, expected) in rows {
            let mut route = route(roam, 1);
            let found = shares(|| route.next());
            let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 0.01);
            assert!(near, "{roam:?}: {found:?}");
        }
    }

    #[test]
    fn alternating_goes_round_from_home() {
        let mut route = route(Roam::Alternate, 1);
        assert_eq!([(); 5].map(|()| route.next()), [1, 2, 0, 1, 2]);
    }

    #[test]
    fn elsewhere_is_never_here_and_uniform_may_be() {
        for roam in [Roam::Uniform, Roam::Alternate, Roam::Home(0.5), Roam::Sticky] {
            let mut route = route(roam, 0);
            assert!((0..1000).all(|_| route.next() != route.elsewhere()), "{roam:?}");
        }
        let mut uniform = route(Roam::Uniform, 0);
        assert!((0..1000).any(|_| uniform.next() == uniform.next()));
    }

    #[test]
    fn from_home_every_other_branch_is_as_likely() {
        let mut route = route(Roam::Sticky, 0);
        let found = shares(|| {
            route.next();
            route.elsewhere()
        });
        assert!(found[0] == 0.0 && (found[1] - 0.5).abs() < 0.01, "{found:?}");
    }
}
