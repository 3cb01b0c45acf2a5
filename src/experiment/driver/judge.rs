//! Judges and measures what was saved.

use std::collections::BTreeSet;

use super::saved::{result, saved};
use crate::checker;
use crate::experiment::{SpecError, trial_of};
use crate::history::{History, Reader, Unfit};
use crate::measure::{self, Heading, TrialResult};
use crate::results::{Folder, FolderError, Judgement, Measures, Span, Summary, TrialFolder, Verdict};
use crate::scenario::ScenarioError;
use crate::workload::Load;

/// Why saved results cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("trial {trial}, plan.toml:{source}; the plan was changed, or another version wrote it")]
    Plan { trial: String, source: SpecError },
    #[error("trial {trial}, plan.toml: {source}")]
    Scenario { trial: String, source: ScenarioError },
    #[error("trial {trial}, history.jsonl.gz: {source}")]
    Unreadable { trial: String, source: std::io::Error },
    #[error("trial {trial}, history.jsonl.gz: {source}")]
    Unfit { trial: String, source: Unfit },
}

/// Judges and measures every complete trial anew, and tells `watch` of each.
///
/// # Errors
///
/// The first trial that cannot be read or written.
pub fn judge(folder: &Folder, watch: &mut dyn FnMut(&str, &Measures, &Judgement)) -> Result<(), JudgeError> {
    for (id, place) in folder.complete_trials()? {
        let (measures, judgement) = judge_trial(&id, &place)?;
        watch(&id, &measures, &judgement);
    }
    Ok(())
}

/// Sums up all complete trials, and saves the summary.
///
/// # Errors
///
/// Something that was saved and cannot be read.
pub fn sum_up(folder: &Folder) -> Result<Summary, JudgeError> {
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
    folder.write_summary(&summary)?;
    Ok(summary)
}

/// Judges and measures one trial by what was saved, and saves the outcome.
pub(super) fn judge_trial(id: &str, place: &TrialFolder) -> Result<(Measures, Judgement), JudgeError> {
    let trial = || id.to_owned();
    let plan = trial_of(&place.plan()?).map_err(|source| JudgeError::Plan { trial: trial(), source })?;
    let scenario = plan.scenario;
    let workload = scenario.check().map_err(|source| JudgeError::Scenario { trial: trial(), source })?;
    let reader =
        Reader::new(place.history()?).map_err(|source| JudgeError::Unreadable { trial: trial(), source })?;
    let history = History::load(reader).map_err(|source| JudgeError::Unfit { trial: trial(), source })?;
    let judgement = checker::judge(&history, workload.accounts());
    let is_open = matches!(scenario.workload.load, Load::Open { .. });
    let (measures, mut histograms) = measure::measure(&history, is_open);
    // What only the substrate saw stays as it is.
    let before = place.histograms()?;
    for (span, histogram) in before.iter().filter(|(span, _)| Span::LATE.contains(span)) {
        histograms.insert(span, histogram.clone());
    }
    place.write_histograms(&histograms, scenario.warm_up..scenario.load_ends())?;
    place.write_measures(&measures)?;
    place.write_judgement(&judgement)?;
    Ok((measures, judgement))
}
