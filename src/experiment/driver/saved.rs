//! What is saved of judged trials, for those who sum up and draw.

use super::judge::JudgeError;
use crate::experiment::{Trial, theory, trial_of};
use crate::measure::{Spreads, TrialResult};
use crate::results::{Folder, Histograms, Judgement, Measures, Observed};

/// One complete and judged trial.
#[derive(Debug)]
pub struct SavedTrial {
    pub trial: Trial,
    pub measures: Measures,
    pub histograms: Histograms,
    pub observed: Observed,
    pub judgement: Judgement,
}

/// All complete trials of a folder, in the order in which they ran, read one by one: histograms are large.
///
/// # Errors
///
/// Something that was saved and cannot be read.
pub fn saved(folder: &Folder) -> Result<impl Iterator<Item = Result<SavedTrial, JudgeError>>, JudgeError> {
    let trials = folder.complete_trials()?.into_iter().map(|(id, place)| {
        let plan = trial_of(&place.plan()?);
        Ok(SavedTrial {
            trial: plan.map_err(|source| JudgeError::Plan { trial: id, source })?,
            measures: place.measures()?,
            histograms: place.histograms()?,
            observed: place.observed()?,
            judgement: place.judgement()?,
        })
    });
    Ok(trials)
}

/// The same for `measure`, with what theory says of it.
pub(super) fn result(saved: SavedTrial) -> TrialResult {
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
