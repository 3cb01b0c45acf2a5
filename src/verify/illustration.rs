//! A simulated trial as a space-time diagram, to explain the protocol rather than to prove a failure.

use std::ops::ControlFlow;

use super::diagram::{Subject, diagram};
use super::failure::TrialFailure;
use super::trial::{Keep, SeedTrialError, TrialRecord, run_sim};
use crate::results::SpaceTime;
use crate::scenario::Scenario;

/// Runs a scenario in virtual time and draws all of it. A trial of a few operations fits on a page; of a longer one
/// the diagram keeps the end.
///
/// # Errors
///
/// A scenario that fails its check.
pub fn illustrate(scenario: Scenario, title: String, subtitle: String) -> Result<SpaceTime, SeedTrialError> {
    let workload = scenario.check()?;
    let trial = run_sim(scenario, &workload, Keep::All, &mut |_| ControlFlow::Continue(()))?;
    let TrialRecord { scenario, history, messages, .. } = &trial.evidence;
    let failure =
        trial.failure.clone().unwrap_or_else(|| TrialFailure::new("none", String::new(), Vec::new()));
    let drawn = history
        .as_ref()
        .map(|history| diagram(Subject { scenario, history, messages, failure: &failure }, title, subtitle));
    Ok(drawn.unwrap_or_default())
}
