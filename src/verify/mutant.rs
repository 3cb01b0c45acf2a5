//! Bugs on purpose. They exist in builds with the feature `mutants` alone; in others no name means one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[cfg(feature = "mutants")]
use crate::model::Mutant;
use crate::scenario::Scenario;

/// One bug on purpose, saved by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mutation {
    #[cfg(feature = "mutants")]
    mutant: Mutant,
    #[cfg(not(feature = "mutants"))]
    nothing: std::convert::Infallible,
}

/// A name that means no bug here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownMutation {
    /// No mutant has this name.
    #[error("there is no mutant `{name}`; there are {}", known.join(", "))]
    Name {
        /// As written.
        name: String,
        /// The names of all mutants.
        known: Vec<String>,
    },
    /// This build has no mutants.
    #[error(
        "mutants are bugs on purpose, and this build has none; build it with \
         `cargo build --release --features mutants`"
    )]
    NotBuilt,
}

#[cfg(feature = "mutants")]
impl Mutation {
    /// Every bug, in the order of the mutation test.
    ///
    /// # Errors
    ///
    /// That this build has none.
    pub fn all() -> Result<Vec<Mutation>, UnknownMutation> {
        Ok(Mutant::ALL.into_iter().map(|mutant| Mutation { mutant }).collect())
    }

    /// A sentence about what it breaks.
    pub fn about(self) -> &'static str {
        self.mutant.info().breaks
    }

    /// Branches and customers of `scenario` have the bug.
    pub(super) fn apply(self, scenario: &mut Scenario) {
        scenario.policy.mutant = Some(self.mutant);
    }

    fn name(self) -> &'static str {
        self.mutant.name()
    }
}

#[cfg(not(feature = "mutants"))]
impl Mutation {
    /// Every bug, in the order of the mutation test.
    ///
    /// # Errors
    ///
    /// That this build has none.
    pub fn all() -> Result<Vec<Mutation>, UnknownMutation> {
        Err(UnknownMutation::NotBuilt)
    }

    /// A sentence about what it breaks.
    pub fn about(self) -> &'static str {
        match self.nothing {}
    }

    /// Branches and customers of `scenario` have the bug.
    pub(super) fn apply(self, _scenario: &mut Scenario) {
        match self.nothing {}
    }

    fn name(self) -> &'static str {
        match self.nothing {}
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mutation {
    type Err = UnknownMutation;

    fn from_str(name: &str) -> Result<Mutation, UnknownMutation> {
        let all = Mutation::all()?;
        let known = || all.iter().map(Mutation::to_string).collect();
        let found = all.iter().copied().find(|mutant| mutant.name() == name);
        found.ok_or_else(|| UnknownMutation::Name { name: name.to_owned(), known: known() })
    }
}

impl TryFrom<String> for Mutation {
    type Error = UnknownMutation;

    fn try_from(name: String) -> Result<Mutation, UnknownMutation> {
        name.parse()
    }
}

impl From<Mutation> for String {
    fn from(mutant: Mutation) -> String {
        mutant.to_string()
    }
}
