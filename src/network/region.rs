//! Where branches and customers are.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Endpoint;
use super::key::Party;
use crate::model::{BranchId, SessionId};

/// A place by its name: a region, a zone, a rack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(Arc<str>);

/// Who is where. Empty: nobody is anywhere, and no delay depends on places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    pub branches: BTreeMap<BranchId, Region>,
    pub customers: BTreeMap<SessionId, Region>,
    /// Where the customers are that `customers` does not name, those whose session opened anew among them.
    pub other_customers: Option<Region>,
}

impl Region {
    pub fn new(name: &str) -> Region {
        Region(name.into())
    }

    pub fn name(&self) -> &str {
        &self.0
    }
}

impl Placement {
    pub fn region(&self, endpoint: Endpoint) -> Option<&Region> {
        match endpoint {
            Endpoint::Branch(branch) => self.branches.get(&branch),
            Endpoint::Customer(session) => self.customers.get(&session).or(self.other_customers.as_ref()),
        }
    }

    /// Every region that somebody is in, with repetitions.
    pub(super) fn regions(&self) -> impl Iterator<Item = &Region> {
        self.branches.values().chain(self.customers.values()).chain(&self.other_customers)
    }

    /// Whose bursts an endpoint shares.
    pub(super) fn party(&self, endpoint: Endpoint) -> Party<'_> {
        match endpoint {
            Endpoint::Branch(branch) => Party::Branch(branch),
            Endpoint::Customer(_) => Party::CustomersOf(self.region(endpoint)),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
