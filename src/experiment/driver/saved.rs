//! Judged trials as they are saved, for summaries and charts.

use super::judge::JudgeError;
use crate::experiment::{Trial, trial_of};
use crate::results::{Folder, Histograms, Judgement, Measures, Observed};

/// One complete and judged trial.
#[derive(Debug)]
pub struct SavedTrial {
    /// Its plan.
    pub trial: Trial,
    /// Its figures.
    pub measures: Measures,
    /// Its distributions.
    pub histograms: Histograms,
    /// Facts that only the substrate knows.
    pub observed: Observed,
    /// Its verdict.
    pub judgement: Judgement,
}

/// All complete and judged trials of a folder, in the order in which they ran, read one by one: histograms are large.
///
/// # Errors
///
/// A saved file that cannot be read.
pub fn saved(folder: &Folder) -> Result<impl Iterator<Item = Result<SavedTrial, JudgeError>>, JudgeError> {
    let judged = folder.complete_trials()?.into_iter().filter(|(_, place)| place.is_judged());
    let trials = judged.map(|(id, place)| {
        let trial = trial_of(&place.plan()?).map_err(|source| JudgeError::Plan { trial: id, source })?;
        place.check_id(&trial.id)?;
        Ok(SavedTrial {
            trial,
            measures: place.measures()?,
            histograms: place.histograms()?,
            observed: place.observed()?,
            judgement: place.judgement()?,
        })
    });
    Ok(trials)
}
