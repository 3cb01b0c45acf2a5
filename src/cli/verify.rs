//! `readback verify`: a swarm of seeds, and a failure shrunk and reported.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::choice::one_of;
use super::interrupt::Interrupt;
use super::progress::Seeds;
use super::{CommandOutcome, Status, coverage, output};
use crate::chart::{self, Drawing};
use crate::history::Substrate;
use crate::results::Counterexample;
use crate::verify::{
    self, Case, Failed, FailureReport, Keep, MutantReport, Mutation, SavedFailure, SeedTrialError, ShrinkEnd,
    Shrunk, Swarm, SwarmReport,
};

/// As many seeds must have run before a row that never occurred counts against the run.
const SEEDS_FOR_COVERAGE: u64 = 1_000;

const SEEDS: u64 = 1_000;
/// Live trials take seconds, and run one at a time.
const SEEDS_LIVE: u64 = 50;

/// Look for violations under random faults.
///
/// Each seed draws a cluster, a network, faults, a workload, guarantees and bounds, runs them, and judges the history.
/// The first violation stops the run, is shrunk to a few operations, and is reported as a page of text and a space-time
/// diagram, with the command that replays it. At the end a table shows how often each fault and each outcome occurred.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  readback verify
  readback verify --seeds 100000 --minutes 30
  readback verify --first-seed 17 --seeds 1
  readback verify --replay results/verify/17
  readback verify --substrate live

Exit status: 0 clean, 1 violated, 2 unknown, 3 error.")]
pub(super) struct Verify {
    /// How many seeds [default: 1000, on live 50].
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,

    /// The first seed; others follow it.
    #[arg(long, value_name = "S", default_value_t = 1)]
    first_seed: u64,

    /// End after so many minutes, however many seeds have run.
    #[arg(long, value_name = "M")]
    minutes: Option<f64>,

    /// How many seeds run at a time [default: one for each processor; on live always 1].
    #[arg(long, value_name = "J")]
    jobs: Option<usize>,

    /// Where they run: in virtual time, or on the gRPC cluster in real time.
    #[arg(long, default_value = "sim", value_parser = one_of(SUBSTRATES))]
    substrate: Substrate,

    /// Where a failure is saved [default: results/verify/SEED].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Run a saved failure again, and nothing else: its folder, or its case.json alone.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["seeds", "first_seed", "minutes", "substrate", "out"])]
    replay: Option<PathBuf>,

    /// Put one known bug after another into the core, and print which are caught; needs the feature `mutants`.
    #[arg(long, conflicts_with_all = ["replay", "substrate", "out"])]
    mutants: bool,

    /// Put one known bug into the core; needs the feature `mutants`.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["replay", "mutants", "substrate"])]
    mutant: Option<Mutation>,
}

const SUBSTRATES: &[(&str, Substrate)] = &[("sim", Substrate::Sim), ("live", Substrate::Live)];

impl Verify {
    pub fn run(&self, quiet: bool) -> CommandOutcome {
        // A panic of the core is reported as a finding; its own message would only tear the progress bar.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let outcome = match &self.replay {
            Some(folder) => replay(folder),
            None if self.mutants => self.mutation_test(quiet),
            None => self.swarm(quiet),
        };
        std::panic::set_hook(hook);
        outcome
    }

    fn seeds(&self) -> Swarm {
        let (seeds, jobs) = match self.substrate {
            Substrate::Sim => (SEEDS, self.jobs.unwrap_or_else(processors)),
            Substrate::Live => (SEEDS_LIVE, 1),
        };
        let first = Case { mutant: self.mutant, ..Case::whole(self.first_seed, self.substrate) };
        Swarm { first, seeds: self.seeds.unwrap_or(seeds), jobs }
    }

    fn swarm(&self, quiet: bool) -> CommandOutcome {
        let (seeds, watch) = (self.seeds(), TimeLeft::start(self.minutes)?);
        let mut progress = Seeds::new(seeds.seeds, quiet);
        let mut swarmed = verify::swarm(&seeds, &mut |seed| {
            progress.show(seed.operations);
            watch.goes_on()
        })?;
        progress.finish();
        match swarmed.failed.take() {
            Some(failed) => self.explain(failed, &watch, quiet),
            None => conclude(&swarmed),
        }
    }

    /// Shrinks a failure, saves it, and prints its report.
    fn explain(&self, failed: Failed, watch: &TimeLeft, quiet: bool) -> CommandOutcome {
        let mut progress = Seeds::shrinking(quiet);
        let command = failed.case.command();
        let shrunk = verify::shrink(failed, &mut |state| {
            progress.shrunk(state);
            watch.goes_on()
        })?;
        progress.finish();
        let report = verify::render(&shrunk);
        let default = || PathBuf::from("results/verify").join(shrunk.case.seed.to_string());
        let path = self.out.clone().unwrap_or_else(default);
        save(&path, &shrunk, &report)?;
        output::print(&format!("{}\n", report.page))?;
        output::print(&format!("replay: {command}\n"))?;
        let shown = path.display();
        if shrunk.end != ShrinkEnd::NotRepeatable {
            output::print(&format!("replay what is left: readback verify --replay {shown}\n"))?;
        }
        output::print(&format!("{shown}\n"))?;
        Ok(Status::Violated)
    }

    /// Runs the swarm against each mutant, and then without any.
    fn mutation_test(&self, quiet: bool) -> CommandOutcome {
        let mutants = Mutation::all()?;
        let (seeds, watch) = (self.seeds(), TimeLeft::start(self.minutes)?);
        let mut progress = Seeds::new(mutants.len() as u64, quiet);
        let reports = verify::mutation_test(&mutants, &seeds, &mut |mutant, seed| {
            progress.mutant(mutant, seed.seed);
            watch.goes_on()
        })?;
        progress.finish();
        let clean = verify::swarm(&Swarm { seeds: seeds_needed(&reports, &seeds), ..seeds }, &mut |_| {
            watch.goes_on()
        })?;
        output::print(&coverage::mutants(&reports, &clean))?;
        Ok(match &clean.failed {
            Some(_) => Status::Violated,
            None if reports.len() < mutants.len() => Status::Unknown,
            None if reports.iter().any(|report| report.caught.is_none()) => Status::Unknown,
            None => Status::Valid,
        })
    }
}

/// The seeds that the mutant which was hardest to find has taken.
fn seeds_needed(reports: &[MutantReport], seeds: &Swarm) -> u64 {
    reports.iter().map(|report| report.seeds).max().unwrap_or(seeds.seeds)
}

fn conclude(swarmed: &SwarmReport) -> CommandOutcome {
    output::print(&coverage::table(swarmed))?;
    output::print(&coverage::summary(swarmed))?;
    let missing = swarmed.coverage.missing();
    let counts = swarmed.trials >= SEEDS_FOR_COVERAGE;
    Ok(if !swarmed.unknown.is_empty() || swarmed.trials == 0 || (counts && !missing.is_empty()) {
        Status::Unknown
    } else {
        Status::Valid
    })
}

/// Runs a saved failure again: it must fail alike.
fn replay(folder: &Path) -> CommandOutcome {
    let SavedFailure { kind, case } = Counterexample::open(folder).case()?;
    let trial = match verify::run(&case, Keep::All, &mut |_| ControlFlow::Continue(())) {
        Ok(trial) => trial,
        Err(SeedTrialError::Scenario(error)) => {
            return Err(format!("the case does not fit together any more: {error}").into());
        }
        Err(error) => return Err(error.into()),
    };
    let Some(failure) = trial.failure.clone() else {
        output::print(&format!("seed {} does not fail any more\n", case.seed))?;
        return Ok(Status::Valid);
    };
    if !failure.kinds.contains(&kind) {
        output::report(&format!("it failed as {kind} when it was saved, and fails as {} now", failure.kind));
    }
    let shrunk = Shrunk { case, trial, failure, runs: 0, end: ShrinkEnd::Replayed };
    output::print(&verify::render(&shrunk).page)?;
    Ok(Status::Violated)
}

fn save(path: &Path, shrunk: &Shrunk, report: &FailureReport) -> Result<(), Box<dyn std::error::Error>> {
    let folder = Counterexample::create_at(path)?;
    folder.write_case(&SavedFailure { kind: shrunk.failure.kind.clone(), case: shrunk.case.explicit()? })?;
    folder.write_history(&shrunk.trial.evidence.bytes()?)?;
    folder.write_page(&report.page)?;
    if let Some(diagram) = &report.diagram {
        let Drawing { svg, png } = chart::space_time(diagram);
        folder.write_diagram(&svg, &png)?;
    }
    Ok(())
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Whether there is time left, and no signal has come.
struct TimeLeft {
    interrupt: Interrupt,
    until: Option<Instant>,
}

impl TimeLeft {
    fn start(minutes: Option<f64>) -> Result<TimeLeft, Box<dyn std::error::Error>> {
        let span = minutes.map(|minutes| Duration::try_from_secs_f64(minutes * 60.0));
        let span = span.transpose().map_err(|_| "`--minutes` takes a number of minutes from 0")?;
        Ok(TimeLeft { interrupt: Interrupt::listen()?, until: span.map(|span| Instant::now() + span) })
    }

    fn goes_on(&self) -> ControlFlow<()> {
        let is_late = self.until.is_some_and(|until| Instant::now() >= until);
        if self.interrupt.has_come() || is_late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
