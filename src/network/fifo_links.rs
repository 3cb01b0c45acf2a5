//! The state of links that keep order: per link, when its last message is due.

use std::collections::BTreeMap;

use super::{Endpoint, Link};
use crate::model::{BranchId, Time};

/// Links between branches of the plan have a place each; others are kept by name.
#[derive(Debug)]
pub(super) struct FifoLinks {
    /// In order of ids.
    branches: Vec<BranchId>,
    /// From branch to branch, row by row; empty until the first is used.
    between: Vec<Time>,
    others: BTreeMap<Link, Time>,
}

impl FifoLinks {
    pub fn new(branches: impl Iterator<Item = BranchId>) -> FifoLinks {
        FifoLinks { branches: branches.collect(), between: Vec::new(), others: BTreeMap::new() }
    }

    /// When the link's last message is due; the base before the first.
    pub fn last_due(&mut self, link: Link) -> &mut Time {
        let count = self.branches.len();
        match (self.rank(link.from), self.rank(link.to)) {
            (Some(from), Some(to)) => {
                if self.between.is_empty() {
                    self.between = vec![Time::default(); count * count];
                }
                &mut self.between[from * count + to]
            }
            (Some(_) | None, _) => self.others.entry(link).or_default(),
        }
    }

    fn rank(&self, endpoint: Endpoint) -> Option<usize> {
        match endpoint {
            Endpoint::Branch(branch) => self.branches.binary_search(&branch).ok(),
            Endpoint::Customer(_) => None,
        }
    }
}
