//! The summary of all trials.

use std::collections::BTreeSet;
use std::mem;
use std::time::Duration;

use super::judge::JudgeError;
use super::place::plan_of;
use super::saved::{SavedTrial, saved};
use crate::experiment::{Plan, theory};
use crate::measure::{self, Heading, PairedReads, Spreads, TrialResult};
use crate::results::{
    Difference, Fitness, Folder, LoadKind, PairedDifference, Summary, UnfitKind, UnfitReason, Verdict,
};
use crate::workload::{Load, ThinkTime};

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
    let plan = plan_of(&manifest)?;
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
    for comparison in &mut summary.comparisons {
        comparison.read_cost.paired = paired(folder, &measure::paired_trials(comparison, &results))?;
    }
    let (planned, complete) = (manifest.trials.len(), folder.complete_trials()?.len());
    let absent = [
        (planned - complete, "the run was broken off", "are missing"),
        (complete - results.len(), "judging was broken off", "have no verdict; `readback check` judges them"),
    ];
    for (count, why, what) in absent.into_iter().filter(|(count, ..)| *count > 0) {
        summary.reasons.push(format!("{why}: {count} of {planned} trials {what}"));
        summary.verdict = summary.verdict.max(Verdict::Unknown);
    }
    expect(&plan, &mut summary);
    let differences = folder.write_summary(&summary)?;
    Ok(SummedUp { summary, differences })
}

/// The reads of all pairs of trials, read by read; `None` if no read has a partner. Only those of one pair are in
/// memory at a time.
fn paired(
    folder: &Folder,
    trials: &[(&TrialResult, &TrialResult)],
) -> Result<Option<PairedDifference>, JudgeError> {
    let mut paired = PairedReads::default();
    for (baseline, own) in trials {
        paired.add(&folder.trial(&baseline.id)?.reads()?, &folder.trial(&own.id)?.reads()?);
    }
    Ok(paired.finish())
}

/// Holds the summary against the expectations of the file. Where one that asks for agreement fails, the measurement is
/// unfit.
fn expect(plan: &Plan, summary: &mut Summary) {
    summary.expectations = plan.expectations.iter().map(|expectation| expectation.outcome(summary)).collect();
    let failed = summary.expectations.iter().find(|outcome| outcome.is_agreement && !outcome.holds);
    let reason =
        failed.map(|outcome| UnfitReason { kind: UnfitKind::Disagreement, text: outcome.to_string() });
    let known = mem::take(&mut summary.fitness.reasons);
    summary.fitness = Fitness::of(known.into_iter().chain(reason).collect());
}

/// A saved trial as `measure` takes it, with the closed form where there is one.
fn result(saved: SavedTrial) -> TrialResult {
    let SavedTrial { trial, measures, histograms, observed, judgement } = saved;
    TrialResult {
        id: trial.id,
        point: trial.point,
        strategy: trial.strategy.to_string(),
        repetition: trial.repetition as usize,
        load: load_kind(&trial.scenario.workload.load),
        sessions: trial.scenario.workload.sessions,
        expectation: theory(&trial.scenario),
        spreads: Spreads::of(&measures.spreads, &histograms),
        measures,
        observed,
        judgement,
    }
}

/// The part of a load that decides what a ratio of throughputs means.
fn load_kind(load: &Load) -> LoadKind {
    let none = ThinkTime::Constant(Duration::ZERO);
    match load {
        Load::Open { .. } => LoadKind::Open,
        Load::Closed { think, .. } if *think == none => LoadKind::ClosedWithoutThinkTime,
        Load::WriteThenRead { think, gap, .. } if *think == none && *gap == none => {
            LoadKind::ClosedWithoutThinkTime
        }
        Load::Closed { .. } | Load::WriteThenRead { .. } => LoadKind::ClosedWithThinkTime,
    }
}
