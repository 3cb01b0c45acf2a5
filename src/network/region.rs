//! The regions of branches and customers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Endpoint;
use super::key::Party;
use crate::model::{BranchId, SessionId};

/// A place by its name: a region, a zone, a rack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(inline)]
pub struct Region(Arc<str>);

/// The region of each endpoint. Empty: no endpoint has one, and no delay depends on regions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// The region of each branch.
    pub branches: BTreeMap<BranchId, Region>,
    /// The regions of single customers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub customers: BTreeMap<SessionId, Region>,
    /// The region of all other customers, those whose session opened again among them.
    pub other_customers: Option<Region>,
}

impl Region {
    /// The region of this name.
    pub fn new(name: &str) -> Region {
        Region(name.into())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl From<String> for Region {
    fn from(name: String) -> Region {
        Region(name.into())
    }
}

impl From<Region> for String {
    fn from(region: Region) -> String {
        region.name().to_owned()
    }
}

impl Placement {
    /// The region of an endpoint, if it has one.
    pub fn region(&self, endpoint: Endpoint) -> Option<&Region> {
        match endpoint {
            Endpoint::Branch(branch) => self.branches.get(&branch),
            Endpoint::Customer(session) => self.customers.get(&session).or(self.other_customers.as_ref()),
        }
    }

    /// Every region with a branch or customers, with repetitions.
    pub(super) fn regions(&self) -> impl Iterator<Item = &Region> {
        self.branches.values().chain(self.customers.values()).chain(&self.other_customers)
    }

    /// The party whose bursts an endpoint shares.
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
