//! The summary of all trials.

use std::collections::BTreeSet;

use super::judge::JudgeError;
use super::saved::{SavedTrial, saved};
use crate::experiment::theory;
use crate::measure::{self, Heading, Spreads, TrialResult};
use crate::results::{Difference, Folder, Summary, Verdict};

/// A summary, and what was saved otherwise before.
#[derive(Debug)]
pub struct SummedUp {
    /// The summary that is saved now.
    pub summary: Summary,
    /// Files of an earlier summary that are not what the trials give.
    pub differences: Vec<Difference>,
}

/// Sums up all complete trials, and saves the summary.
///
/// # Errors
///
/// A saved file that cannot be read.
pub fn sum_up(folder: &Folder) -> Result<SummedUp, JudgeError> {
    let manifest = folder.manifest()?;
    let mut substrates = BTreeSet::new();
    let results = saved(folder)?.map(|saved| {
        let saved = saved?;
        substrates.insert(saved.trial.scenario.substrate.to_string());
        Ok(result(saved))
    });
    let results = results.collect::<Result<Vec<TrialResult>, JudgeError>>()?;
    let mut summary = measure::summarize(
        Heading {
            experiment: manifest.experiment,
            question: manifest.question,
            seed: manifest.seed,
            substrate: substrates.into_iter().collect::<Vec<_>>().join(" and "),
            started: manifest.started,
            points: manifest.points,
        },
        &results,
    );
    let missing = manifest.trials.len() - results.len();
    if missing > 0 {
        let of = manifest.trials.len();
        summary.reasons.push(format!("the run was broken off: {missing} of {of} trials are missing"));
        summary.verdict = summary.verdict.max(Verdict::Unknown);
    }
    let differences = folder.write_summary(&summary)?;
    Ok(SummedUp { summary, differences })
}

/// A saved trial as `measure` takes it, with the closed form where there is one.
fn result(saved: SavedTrial) -> TrialResult {
    let SavedTrial { trial, measures, histograms, observed, judgement } = saved;
    TrialResult {
        id: trial.id,
        point: trial.point,
        strategy: trial.strategy.to_string(),
        repetition: trial.repetition as usize,
        expectation: theory(&trial.scenario),
        measures,
        spreads: Spreads::of(&histograms),
        observed,
        judgement,
    }
}
