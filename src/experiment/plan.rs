//! All trials of an experiment, made of its file.

use std::time::Duration;

use serde_json::{Map, Value};

use super::chart::charts;
use super::draft::{Draft, Variant};
use super::edit::Assignment;
use super::guarantee::{strategies, strategy};
use super::order::{RunSlot, turns};
use super::problem::SpecError;
use super::scenario::{check, filled, scenario};
use super::written::{Spec, StrategyName, StrategyTable, TrialTable};
use super::wrong::{Within, Wrong};
use crate::history::Substrate;
use crate::model::Strategy;
use crate::results::ChartSpec;
use crate::scenario::Scenario;
use crate::workload::WorkloadPlan;

const REPETITIONS_MAX: u32 = 1_000;
const TRIALS_MAX: usize = 10_000;
/// Of a trial, beside its load: it starts, drains, and is judged.
const AROUND_A_TRIAL: Duration = Duration::from_millis(550);

/// An experiment that can be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The file's, without folder and ending.
    pub name: String,
    pub question: String,
    pub seed: u64,
    /// The file as it was read, after what options assigned.
    pub text: String,
    /// In the order in which they run; at least one.
    pub trials: Vec<Trial>,
    pub charts: Vec<ChartSpec>,
    /// The swept values of each point, in the order of the file.
    pub points: Vec<Map<String, Value>>,
    /// The swept keys in the order in which they are written.
    pub swept: Vec<String>,
    /// What is compared, the baseline first.
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
    pub strategy: Strategy,
    /// From 1. Equal repetitions of all points and strategies have equal seeds.
    pub repetition: u32,
    /// The whole plan of this trial as an experiment file, with defaults filled in and nothing swept. Read again it is
    /// this trial and no other.
    pub spec_text: String,
    pub scenario: Scenario,
}

/// What the command line says over the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// Paths of keys and values, in order; of one key the last counts.
    pub set: Vec<(String, String)>,
    pub repetitions: Option<u32>,
    pub seed: Option<u64>,
    pub substrate: Option<Substrate>,
}

/// What decides whether a scenario's last check passes, once its parts were made.
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
/// The first thing that is wrong, with its place: in the text, or in an option.
pub fn read(name: &str, text: &str, overrides: &Overrides) -> Result<Plan, SpecError> {
    let assigned = overrides.assignments()?;
    let draft = Draft::new(text, &assigned)?;
    let variants = draft.variants()?;
    let spec = draft.spec();
    let whole = |wrong| draft.blame(wrong, None);
    let (strategies, turns) = general(spec, variants.len(), overrides).map_err(whole)?;
    let swept: Vec<String> = draft.swept().iter().map(|swept| swept.key.clone()).collect();
    let charts = charts(&spec.chart, &swept).map_err(whole)?;
    let mut sound = Vec::new();
    let trials = turns.iter().map(|turn| {
        let variant = &variants[turn.point];
        trial(variant, strategies[turn.strategy], turn.repetition)
            .and_then(|(trial, spec)| checked(trial, &spec, &mut sound))
            .map_err(|wrong| draft.blame(wrong, Some(variant)))
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
        swept,
        strategies: strategies.into_iter().map(strategy).collect(),
    })
}

/// The trial of a text that [`Trial::spec_text`] held.
///
/// # Errors
///
/// The first thing that is wrong, with its place; a text of several trials.
pub fn trial_of(spec_text: &str) -> Result<Trial, SpecError> {
    let draft = Draft::new(spec_text, &[])?;
    if draft.spec().trial.is_none() {
        let message = "`trial` is missing: this is the file of an experiment, and not of one trial";
        return Err(draft.blame(Wrong::at("trial", message), None));
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

/// What holds for the experiment as a whole: its strategies, and the turns of its trials.
fn general(
    spec: &Spec,
    points: usize,
    overrides: &Overrides,
) -> Result<(Vec<StrategyName>, Vec<RunSlot>), Wrong> {
    if spec.question.trim().is_empty() {
        return Err(Wrong::at("question", "`question` is empty; say what the experiment is to tell"));
    }
    let repetitions = spec.run.repetitions;
    if !(1..=REPETITIONS_MAX).contains(&repetitions) {
        let remedy = format!("give 1 to {REPETITIONS_MAX}");
        return Err(Wrong::value("repetitions", repetitions, &remedy)).within("run");
    }
    let strategies = strategies(&spec.guarantee).within("guarantee")?;
    if let Some(trial) = &spec.trial {
        return one_trial(trial, spec, &strategies, overrides).map(|turn| (strategies.clone(), vec![turn]));
    }
    let count = points.saturating_mul(strategies.len()).saturating_mul(repetitions as usize);
    if count > TRIALS_MAX {
        let remedy = format!("that makes {count} trials, and at most {TRIALS_MAX} are run");
        return Err(Wrong::value("repetitions", repetitions, &remedy)).within("run");
    }
    let turns = turns(spec.run.seed, points, strategies.len(), repetitions);
    Ok((strategies, turns))
}

/// The turn of a file that is one trial.
fn one_trial(
    table: &TrialTable,
    spec: &Spec,
    strategies: &[StrategyName],
    overrides: &Overrides,
) -> Result<RunSlot, Wrong> {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_-+.,=~".contains(c);
    if table.id.is_empty()
        || table.id.len() > 200
        || table.id.starts_with('.')
        || !table.id.chars().all(is_safe)
    {
        let message =
            "`id` is the name of a folder: letters, digits and _-+.,=~, not first a dot, at most 200";
        return Err(Wrong::at("id", message)).within("trial");
    }
    if !(1..=REPETITIONS_MAX).contains(&table.repetition) {
        let remedy = format!("give 1 to {REPETITIONS_MAX}");
        return Err(Wrong::value("repetition", table.repetition, &remedy)).within("trial");
    }
    if spec.sweep.is_some() {
        return Err(Wrong::at("sweep", "`sweep`: a file with `[trial]` is one trial; take one of them out"));
    }
    if strategies.len() > 1 {
        let message = "`strategy` names several; a file with `[trial]` is one trial";
        return Err(Wrong::at("strategy", message)).within("guarantee");
    }
    if overrides.repetitions.is_some() {
        let message = "`repetitions`: a file with `[trial]` is one trial; leave the option out";
        return Err(Wrong::at("repetitions", message)).within("run");
    }
    Ok(RunSlot { repetition: table.repetition, point: 0, strategy: 0 })
}

/// One trial, and the file that is this trial alone.
fn trial(variant: &Variant, name: StrategyName, repetition: u32) -> Result<(Trial, Spec), Wrong> {
    let strategy = strategy(name);
    let mut spec = filled(variant.spec.clone())?;
    let table = spec.trial.unwrap_or_else(|| TrialTable {
        id: id(&variant.point.name, strategy, repetition),
        repetition,
        point: variant.point.values.clone(),
    });
    let (id, point) = (table.id.clone(), table.point.clone());
    spec.guarantee.strategy = StrategyTable::One(name);
    (spec.sweep, spec.chart, spec.trial) = (None, Vec::new(), Some(table));
    let scenario = scenario(&spec, name)?;
    let spec_text = toml::to_string(&spec).expect("a checked file can be written");
    Ok((Trial { id, point, strategy, repetition, spec_text, scenario }, spec))
}

/// Runs through a trial's workload, unless another trial has the same one: strategies have, and often points.
fn checked(trial: Trial, spec: &Spec, sound: &mut Vec<LoadCheck>) -> Result<Trial, Wrong> {
    let Scenario { seed, isolated_writes, workload, .. } = &trial.scenario;
    let is_same = |load: &LoadCheck| {
        load.seed == *seed && load.isolated_writes == *isolated_writes && load.workload == *workload
    };
    if !sound.iter().any(is_same) {
        check(&trial.scenario, spec)?;
        sound.push(LoadCheck { seed: *seed, isolated_writes: *isolated_writes, workload: workload.clone() });
    }
    Ok(trial)
}

fn id(point: &str, strategy: Strategy, repetition: u32) -> String {
    let comma = if point.is_empty() { "" } else { "," };
    format!("{point}{comma}{strategy},r{repetition}")
}
