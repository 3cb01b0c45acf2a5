//! Tests of the core as a whole: golden scripts and properties, both over a [`Cluster`] of real branches.
//!
//! The cluster is a few branches, the messages between them, and sessions that keep their tokens. It decides
//! nothing: a script or a property says which message is delivered, lost or duplicated, what is synced, and when
//! time passes.

mod cluster;
mod hostile;
#[cfg(feature = "mutants")]
mod mutants;
mod properties;
mod script;

use cluster::{Packet, TestCluster, VisibleEvent};
