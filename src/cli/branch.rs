//! `readback branch`: one branch of a trial whose branches are processes. For trials, not for people.

use std::fs::File;
use std::os::fd::AsFd;

use super::{CommandOutcome, Status};
use crate::{experiment, live};

/// Serve one branch of a trial, by commands on standard input.
///
/// Example: a trial with `cluster.processes = true` starts it.
#[derive(Debug, clap::Args)]
pub(super) struct BranchCommand {}

impl BranchCommand {
    pub(super) fn run(&self) -> CommandOutcome {
        let to_parent = std::io::stdout().as_fd().try_clone_to_owned()?;
        live::serve_trial(File::from(to_parent), |plan| {
            experiment::scenario_of(plan).map_err(|error| error.to_string())
        })?;
        Ok(Status::Valid)
    }
}
