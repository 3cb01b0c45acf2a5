//! The least delay between any two ends, computed before anything is sent.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Endpoint, Link, NetworkPlan, Region};
use crate::model::{BranchId, SessionId};

/// The topology's share of every delay.
#[derive(Debug)]
pub(super) struct BaseDelays {
    /// The region of each branch, as an index into the table; in order of ids.
    branches: Vec<(BranchId, usize)>,
    customers: BTreeMap<SessionId, usize>,
    other_customers: usize,
    /// One way, from region to region.
    table: Vec<Vec<Duration>>,
}

impl BaseDelays {
    /// The table of a checked plan, in which every endpoint has a region of the topology; `None` without one.
    pub fn of(plan: &NetworkPlan) -> Option<BaseDelays> {
        let topology = plan.topology.as_ref()?;
        let regions = topology.regions();
        let place = |region: &Region| {
            regions.iter().position(|known| known == region).expect("every place is in the topology")
        };
        let row =
            |from| regions.iter().map(|to| topology.one_way(from, to).expect("both are in it")).collect();
        let placement = &plan.placement;
        Some(BaseDelays {
            branches: placement.branches.iter().map(|(&branch, region)| (branch, place(region))).collect(),
            customers: placement
                .customers
                .iter()
                .map(|(&session, region)| (session, place(region)))
                .collect(),
            other_customers: place(placement.other_customers.as_ref().expect("customers have a place")),
            table: regions.iter().map(row).collect(),
        })
    }

    /// The least delay of a message on this link.
    pub fn one_way(&self, link: Link) -> Duration {
        self.table[self.place(link.from)][self.place(link.to)]
    }

    fn place(&self, endpoint: Endpoint) -> usize {
        match endpoint {
            Endpoint::Branch(branch) => {
                let found = self.branches.binary_search_by_key(&branch, |entry| entry.0);
                self.branches[found.expect("every branch has a region of the topology")].1
            }
            Endpoint::Customer(session) => {
                self.customers.get(&session).copied().unwrap_or(self.other_customers)
            }
        }
    }
}
