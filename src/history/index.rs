//! Short names: a history names an origin or a session once in full, and from then on by its index.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An origin, by the order in which the history named it, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OriginIndex(pub u32);

/// A session, by the order in which the history named it, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionIndex(pub u32);

/// A write's name: the `counter`-th of an origin, from 1. In JSON a pair, `[origin, counter]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ShortDot(pub OriginIndex, pub u64);

impl OriginIndex {
    /// As an index of a list.
    pub fn at(self) -> usize {
        self.0 as usize
    }

    /// The short name of this origin's `counter`-th write.
    pub fn dot(self, counter: u64) -> ShortDot {
        ShortDot(self, counter)
    }
}

impl SessionIndex {
    /// As an index of a list.
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for OriginIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for SessionIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for ShortDot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}
