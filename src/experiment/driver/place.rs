//! Whether a saved trial is the one of its place: its plan that of the manifest, its history that of its plan.

use serde_json::Value;

use crate::experiment::{Overrides, Plan, SpecError, Trial, read};
use crate::history::{Header, History};
use crate::results::{FolderError, KeyDifference, Manifest, TrialFolder, first_difference};
use crate::workload::Workload;

use super::judge::JudgeError;
use super::operations::first_unplanned;

const OWN_PLAN: &str = "put the trial's own plan back, or run the experiment again";
const OWN_HISTORY: &str = "put the trial's own history back, or run the experiment again";

/// Why a manifest is not that of a run.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The experiment that it holds cannot be read.
    #[error("manifest.json, `spec`:{0}")]
    Spec(SpecError),
    /// A key that its experiment contradicts.
    #[error(
        "manifest.json: `{key}` is {found}, and its `spec` makes it {expected}; put the run's own file back"
    )]
    Contradiction {
        /// The key.
        key: String,
        /// The value that is there.
        found: String,
        /// The value that the experiment gives it.
        expected: String,
    },
}

/// The plan of a run, from the experiment that its manifest holds.
///
/// # Errors
///
/// An experiment that cannot be read, and a manifest that contradicts it.
pub fn plan_of(manifest: &Manifest) -> Result<Plan, ManifestError> {
    let plan =
        read(&manifest.experiment, &manifest.spec, &Overrides::default()).map_err(ManifestError::Spec)?;
    let ids: Vec<&String> = plan.trials.iter().map(|trial| &trial.id).collect();
    let found = serde_json::json!({
        "question": manifest.question, "seed": manifest.seed, "points": manifest.points, "trials": manifest.trials,
    });
    let expected = serde_json::json!({
        "question": plan.question, "seed": plan.seed, "points": plan.points, "trials": ids,
    });
    if found == expected {
        return Ok(plan);
    }
    let lacking = || KeyDifference {
        key: "points".to_owned(),
        found: found["points"].to_string(),
        expected: expected["points"].to_string(),
    };
    let KeyDifference { key, found, expected } = first_difference(&found, &expected).unwrap_or_else(lacking);
    Err(ManifestError::Contradiction { key, found, expected })
}

/// Refuses a saved plan that is not the one that the manifest gives to this trial.
pub(super) fn check_plan(place: &TrialFolder, saved: &Trial, expected: &Trial) -> Result<(), JudgeError> {
    place.check_id(&saved.id)?;
    same(&saved.scenario.plan, &expected.scenario.plan, |what| FolderError::Misplaced {
        path: place.plan_path(),
        what,
        remedy: OWN_PLAN,
    })
}

/// Refuses a history whose header is not the one that the plan gives it, or that has operations of another workload.
pub(super) fn check_history(
    place: &TrialFolder,
    history: &History,
    plan: &Trial,
    workload: &Workload,
) -> Result<(), JudgeError> {
    // The name first: it says most.
    place.check_history_id(&history.header.trial)?;
    let misplaced = |what| FolderError::Misplaced { path: place.history_path(), what, remedy: OWN_HISTORY };
    let expected = plan.scenario.header(&workload.accounts().initial_balances());
    same(&json(&history.header), &json(&expected), misplaced)?;
    first_unplanned(history, workload).map_or(Ok(()), |what| Err(misplaced(what).into()))
}

fn same(
    found: &Value,
    expected: &Value,
    refused: impl FnOnce(KeyDifference) -> FolderError,
) -> Result<(), JudgeError> {
    first_difference(found, expected).map_or(Ok(()), |what| Err(refused(what).into()))
}

fn json(header: &Header) -> Value {
    serde_json::to_value(header).expect("a header is plain data with keys of text")
}
