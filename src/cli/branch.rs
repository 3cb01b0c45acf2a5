//! `readback branch`: one branch of a trial whose branches are processes. For trials, not for people.

use super::{Outcome, Status};
use crate::{experiment, live};

/// Serve one branch of a trial, by orders on standard input.
///
/// Example: a trial with `cluster.processes = true` starts it.
#[derive(Debug, clap::Args)]
pub(super) struct Branch {}

impl Branch {
    pub(super) fn run(&self) -> Outcome {
        live::serve_trial(|plan| experiment::scenario_of(plan).map_err(|error| error.to_string()))?;
        Ok(Status::Valid)
    }
}
