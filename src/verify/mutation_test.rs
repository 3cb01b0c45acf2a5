//! The mutation test: known bugs, one after another, and whether the swarm finds them.

use std::ops::ControlFlow;

use super::case::Case;
use super::mutant::Mutation;
use super::swarm::{Failed, SeedReport, Swarm, swarm};
use super::trial::SeedTrialError;

/// How one bug fared.
#[derive(Debug)]
pub struct MutantReport {
    /// The bug.
    pub mutant: Mutation,
    /// The first seed that shows it, and what it does; `None`: it was not found.
    pub caught: Option<Failed>,
    /// Seeds that were run.
    pub seeds: u64,
    /// Operations of all of these.
    pub operations: u64,
}

/// Runs the same seeds with every bug of `mutants`, until one shows it. `watch` receives every trial, and may break
/// off.
///
/// # Errors
///
/// A trial that cannot be run.
pub fn mutation_test(
    mutants: &[Mutation],
    seeds: &Swarm,
    watch: &mut dyn FnMut(Mutation, &SeedReport) -> ControlFlow<()>,
) -> Result<Vec<MutantReport>, SeedTrialError> {
    let nth = |seed: u64| seed.wrapping_sub(seeds.first.seed);
    let mut reports = Vec::new();
    let mut is_over = false;
    for &mutant in mutants {
        if is_over {
            break;
        }
        let first = Case { mutant: Some(mutant), ..seeds.first.clone() };
        let mut operations: Vec<(u64, u64)> = Vec::new();
        let found = swarm(&Swarm { first, ..seeds.clone() }, &mut |trial| {
            operations.push((nth(trial.seed), trial.operations));
            let goes_on = watch(mutant, trial);
            is_over |= goes_on.is_break();
            goes_on
        })?;
        // Other threads have begun seeds beyond the one that shows it; those do not count.
        let last = found.failed.as_ref().map_or(u64::MAX, |failed| nth(failed.case.seed));
        operations.retain(|&(nth, _)| nth <= last);
        reports.push(MutantReport {
            mutant,
            seeds: operations.len() as u64,
            operations: operations.iter().map(|&(_, operations)| operations).sum(),
            caught: found.failed,
        });
    }
    Ok(reports)
}
