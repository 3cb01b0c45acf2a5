//! All trials of an experiment, made of its file.

use std::time::Duration;

use serde_json::{Map, Value};

use super::chart::charts;
use super::draft::{Draft, Variant};
use super::edit::Assignment;
use super::error::SpecError;
use super::expect::expectations;
use super::file::{Spec, StrategyTable, TrialTable};
use super::guarantee::strategies;
use super::invalid::{Invalid, Within};
use super::order::{RunSlot, turns};
use super::scenario::{check, filled, scenario};
use crate::history::Substrate;
use crate::model::Strategy;
use crate::results::{ChartSpec, Expectation};
use crate::scenario::Scenario;
use crate::workload::WorkloadPlan;

const REPETITIONS_MAX: u32 = 1_000;
const TRIALS_MAX: usize = 10_000;
/// The time of a trial beside its load: it starts, drains, and is judged.
const AROUND_A_TRIAL: Duration = Duration::from_millis(550);

/// An experiment that can be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The name of the file, without folder and ending.
    pub name: String,
    /// The one question that it answers.
    pub question: String,
    /// The seed of everything random.
    pub seed: u64,
    /// The file as it was read, after what options assigned.
    pub text: String,
    /// All trials in the order in which they run; at least one.
    pub trials: Vec<Trial>,
    /// The charts to draw.
    pub charts: Vec<ChartSpec>,
    /// What its figures must be.
    pub expectations: Vec<Expectation>,
    /// The swept values of each point, in the order of the file.
    pub points: Vec<Map<String, Value>>,
    /// The swept keys in the order in which they are written.
    pub swept: Vec<String>,
    /// The strategies to compare, the baseline first.
    pub strategies: Vec<Strategy>,
    /// About how long all trials take together.
    pub expected: Duration,
}

/// One point of the sweep, under one strategy, once.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Readable, unique in its experiment, and safe as the name of a folder: `mean_ms=20,none,r1`.
    pub id: String,
    /// The swept values, by key; empty if nothing is swept.
    pub point: Map<String, Value>,
    /// How guarantees are kept.
    pub strategy: Strategy,
    /// From 1. Equal repetitions of all points and strategies have equal seeds.
    pub repetition: u32,
    /// The whole plan of this trial as an experiment file, with defaults filled in and nothing swept. Read again it is
    /// this trial and no other.
    pub spec_text: String,
    /// The same as it runs.
    pub scenario: Scenario,
}

/// Options of the command line that replace values of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// Paths of keys and values, in order; of one key the last counts.
    pub set: Vec<(String, String)>,
    /// How often each strategy runs at each point.
    pub repetitions: Option<u32>,
    /// The seed of everything random.
    pub seed: Option<u64>,
    /// The substrate of the trials.
    pub substrate: Option<Substrate>,
}

/// The part of a scenario that decides whether its last check passes.
struct LoadCheck {
    seed: u64,
    isolated_writes: bool,
    workload: WorkloadPlan,
}

/// The plan of an experiment file. Nothing is checked later but what only running shows. Each load is run through
/// once, to count its accounts, which takes a moment where loads are long.
///
/// # Errors
///
/// The first problem, with its place: in the text, or in an option.
pub fn read(name: &str, text: &str, overrides: &Overrides) -> Result<Plan, SpecError> {
    let assigned = overrides.assignments()?;
    let draft = Draft::new(text, &assigned)?;
    let variants = draft.variants()?;
    let spec = draft.spec();
    // The experiment as a whole.
    let whole = |invalid| draft.blame(invalid, None);
    let (strategies, turns) = general(spec, variants.len(), overrides).map_err(whole)?;
    let swept: Vec<String> = draft.swept().iter().map(|swept| swept.key.clone()).collect();
    let charts = charts(&spec.chart, &swept).map_err(whole)?;
    let expectations = expectations(&spec.expect, &swept).map_err(whole)?;
    // Its trials, each with its point and strategy.
    let mut checked_loads = Vec::new();
    let trials = turns.iter().map(|turn| {
        let variant = &variants[turn.point];
        trial(variant, strategies[turn.strategy], turn.repetition)
            .and_then(|(trial, spec)| checked(trial, &spec, &mut checked_loads))
            .map_err(|invalid| draft.blame(invalid, Some(variant)))
    });
    let trials = trials.collect::<Result<Vec<Trial>, SpecError>>()?;
    Ok(Plan {
        name: name.to_owned(),
        question: spec.question.clone(),
        seed: spec.run.seed,
        expected: trials.iter().map(|trial| trial.scenario.load_ends() + AROUND_A_TRIAL).sum(),
        text: draft.text(),
        points: match &spec.trial {
            Some(trial) => vec![trial.point.clone()],
            None => variants.iter().map(|variant| variant.point.values.clone()).collect(),
        },
        trials,
        charts,
        expectations,
        swept,
        strategies,
    })
}

/// The trial of a text that [`Trial::spec_text`] held.
///
/// # Errors
///
/// The first problem, with its place; a text of several trials.
pub fn trial_of(spec_text: &str) -> Result<Trial, SpecError> {
    let draft = Draft::new(spec_text, &[])?;
    if draft.spec().trial.is_none() {
        let message = "`trial` is missing: this is the file of an experiment, and not of one trial";
        return Err(draft.blame(Invalid::at("trial", message), None));
    }
    let mut plan = read("", spec_text, &Overrides::default())?;
    Ok(plan.trials.remove(0))
}

/// The scenario of a text that [`Trial::spec_text`] held.
///
/// # Errors
///
/// Those of [`trial_of`].
pub fn scenario_of(spec_text: &str) -> Result<Scenario, SpecError> {
    trial_of(spec_text).map(|trial| trial.scenario)
}

impl Overrides {
    fn assignments(&self) -> Result<Vec<Assignment>, SpecError> {
        let set = self.set.iter().map(|(key, value)| Assignment::set(key, value));
        let repetitions = self.repetitions.map(u64::from);
        let repetitions = repetitions.map(|value| Assignment::run("--repetitions", "repetitions", value));
        let seed = self.seed.map(|value| Assignment::run("--seed", "seed", value));
        let substrate = self.substrate.map(|substrate| substrate.to_string());
        let substrate = substrate.map(|word| Ok(Assignment::word("--substrate", "substrate", &word)));
        set.chain(repetitions).chain(seed).chain(substrate).collect()
    }
}

/// The parts of the whole experiment: its strategies, and the order of its trials.
fn general(
    spec: &Spec,
    points: usize,
    overrides: &Overrides,
) -> Result<(Vec<Strategy>, Vec<RunSlot>), Invalid> {
    if spec.question.trim().is_empty() {
        return Err(Invalid::at(
            "question",
            "`question` is empty; write the question that the experiment answers",
        ));
    }
    let repetitions = spec.run.repetitions;
    if !(1..=REPETITIONS_MAX).contains(&repetitions) {
        let remedy = format!("give 1 to {REPETITIONS_MAX}");
        return Err(Invalid::value("repetitions", repetitions, &remedy)).within("run");
    }
    let strategies = strategies(&spec.guarantee).within("guarantee")?;
    if let Some(trial) = &spec.trial {
        return one_trial(trial, spec, &strategies, overrides).map(|turn| (strategies.clone(), vec![turn]));
    }
    let count = points.saturating_mul(strategies.len()).saturating_mul(repetitions as usize);
    if count > TRIALS_MAX {
        let remedy = format!("that makes {count} trials, and at most {TRIALS_MAX} are run");
        return Err(Invalid::value("repetitions", repetitions, &remedy)).within("run");
    }
    let turns = turns(spec.run.seed, points, strategies.len(), repetitions);
    Ok((strategies, turns))
}

/// The slot of a file that is one trial.
fn one_trial(
    table: &TrialTable,
    spec: &Spec,
    strategies: &[Strategy],
    overrides: &Overrides,
) -> Result<RunSlot, Invalid> {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_-+.,=~".contains(c);
    if table.id.is_empty()
        || table.id.len() > 200
        || table.id.starts_with('.')
        || !table.id.chars().all(is_safe)
    {
        let message =
            "`id` is the name of a folder: letters, digits and _-+.,=~, not first a dot, at most 200";
        return Err(Invalid::at("id", message)).within("trial");
    }
    if !(1..=REPETITIONS_MAX).contains(&table.repetition) {
        let remedy = format!("give 1 to {REPETITIONS_MAX}");
        return Err(Invalid::value("repetition", table.repetition, &remedy)).within("trial");
    }
    if spec.sweep.is_some() {
        return Err(Invalid::at(
            "sweep",
            "`sweep`: a file with `[trial]` is one trial; take one of them out",
        ));
    }
    if strategies.len() > 1 {
        let message = "`strategy` names several; a file with `[trial]` is one trial";
        return Err(Invalid::at("strategy", message)).within("guarantee");
    }
    if overrides.repetitions.is_some() {
        let message = "`repetitions`: a file with `[trial]` is one trial; leave the option out";
        return Err(Invalid::at("repetitions", message)).within("run");
    }
    Ok(RunSlot { repetition: table.repetition, point: 0, strategy: 0 })
}

/// One trial, and the file that is this trial alone.
fn trial(variant: &Variant, strategy: Strategy, repetition: u32) -> Result<(Trial, Spec), Invalid> {
    let mut spec = filled(variant.spec.clone())?;
    let table = spec.trial.unwrap_or_else(|| TrialTable {
        id: id(&variant.point.name, strategy, repetition),
        repetition,
        point: variant.point.values.clone(),
    });
    let (id, point) = (table.id.clone(), table.point.clone());
    spec.guarantee.strategy = StrategyTable::One(strategy);
    (spec.sweep, spec.chart, spec.expect, spec.trial) = (None, Vec::new(), Vec::new(), Some(table));
    let scenario = scenario(&spec, strategy)?;
    let spec_text = toml::to_string(&spec).expect("a checked file can be written");
    Ok((Trial { id, point, strategy, repetition, spec_text, scenario }, spec))
}

/// Runs through a trial's workload, unless another trial has the same one, as those of other strategies do.
fn checked(trial: Trial, spec: &Spec, checked_loads: &mut Vec<LoadCheck>) -> Result<Trial, Invalid> {
    let Scenario { seed, isolated_writes, workload, .. } = &trial.scenario;
    let is_same = |load: &LoadCheck| {
        load.seed == *seed && load.isolated_writes == *isolated_writes && load.workload == *workload
    };
    if !checked_loads.iter().any(is_same) {
        check(&trial.scenario, spec)?;
        checked_loads.push(LoadCheck {
            seed: *seed,
            isolated_writes: *isolated_writes,
            workload: workload.clone(),
        });
    }
    Ok(trial)
}

fn id(point: &str, strategy: Strategy, repetition: u32) -> String {
    let comma = if point.is_empty() { "" } else { "," };
    format!("{point}{comma}{strategy},r{repetition}")
}
