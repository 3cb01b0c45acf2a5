//! Known bugs, one after another, and whether the swarm finds them.

use std::ops::ControlFlow;

use super::case::Case;
use super::mutant::Mutation;
use super::swarm::{Failed, SeedReport, Swarm, swarm};
use super::trial::SeedTrialError;

/// One bug in front of the swarm.
#[derive(Debug)]
pub struct MutantReport {
    pub mutant: Mutation,
    /// The first seed that shows it, and what it does; `None`: it was not found.
    pub caught: Option<Failed>,
    /// Seeds that were run.
    pub seeds: u64,
    /// Operations of all of them.
    pub operations: u64,
}

/// Gives every bug of `mutants` the same seeds, until one shows it. `watch` is told of every trial, and may break off.
///
/// # Errors
///
/// A trial that cannot be run.
pub fn museum(
    mutants: &[Mutation],
    seeds: &Swarm,
    watch: &mut dyn FnMut(Mutation, &SeedReport) -> ControlFlow<()>,
) -> Result<Vec<MutantReport>, SeedTrialError> {
    let nth = |seed: u64| seed.wrapping_sub(seeds.first.seed);
    let mut exhibits = Vec::new();
    let mut is_over = false;
    for &mutant in mutants {
        if is_over {
            break;
        }
        let first = Case { mutant: Some(mutant), ..seeds.first.clone() };
        let mut operations: Vec<(u64, u64)> = Vec::new();
        let found = swarm(&Swarm { first, ..seeds.clone() }, &mut |told| {
            operations.push((nth(told.seed), told.operations));
            let goes_on = watch(mutant, told);
            is_over |= goes_on.is_break();
            goes_on
        })?;
        // Other threads have begun seeds beyond the one that shows it; those do not count.
        let last = found.failed.as_ref().map_or(u64::MAX, |failed| nth(failed.case.seed));
        operations.retain(|&(nth, _)| nth <= last);
        exhibits.push(MutantReport {
            mutant,
            seeds: operations.len() as u64,
            operations: operations.iter().map(|&(_, operations)| operations).sum(),
            caught: found.failed,
        });
    }
    Ok(exhibits)
}
