//! `readback run`: an experiment file in; a folder of results, a table and a verdict out.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use super::choice::one_of;
use super::interrupt::Interrupt;
use super::progress::Trials;
use super::{CommandOutcome, Status, chart, outcome, output, status};
use crate::experiment::{self, Ended, Overrides, Plan, SummedUp};
use crate::history::Substrate;
use crate::live;
use crate::results::{Code, Difference, Folder, Host, Manifest, SCHEMA};
use crate::workload::Load;

/// Run an experiment: measure, judge, draw.
///
/// Every point of the sweep runs under every strategy and is repeated. Each trial is saved before it is judged, so that
/// `readback check` can judge it and `readback chart` can draw it again. Ctrl-C ends the run; complete trials are kept
/// and summed up.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", status::help()))]
pub(super) struct RunCommand {
    /// The experiment's file.
    file: PathBuf,

    /// Set a key of the file, by its path, to another value; repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<KeyValue>,

    /// How often each point is repeated under each strategy.
    #[arg(long, value_name = "N")]
    repetitions: Option<u32>,

    /// The seed of all random draws.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// What the trials run on: gRPC in real time, or virtual time [default: the file's].
    #[arg(long, value_name = "live|sim", value_parser = one_of(SUBSTRATES))]
    substrate: Option<Substrate>,

    /// Where results go; a folder that is absent or empty [default: results/NAME/START].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Print the trials and how long they will take, and run nothing.
    #[arg(long)]
    dry_run: bool,

    /// End with status 2 if the measurement is unfit.
    #[arg(long)]
    strict: bool,
}

const EXAMPLES: &str = "\
Examples:
  readback run experiments/quickstart.toml
  readback run experiments/delay-sweep.toml --repetitions 3 --set run.duration_s=1
  readback run experiments/geo.toml --substrate sim
  readback run experiments/partition.toml --dry-run";

const SUBSTRATES: &[(&str, Substrate)] = &[("live", Substrate::Live), ("sim", Substrate::Sim)];

/// `KEY=VALUE`.
#[derive(Debug, Clone)]
struct KeyValue {
    key: String,
    value: String,
}

impl FromStr for KeyValue {
    type Err = String;

    fn from_str(text: &str) -> Result<KeyValue, String> {
        let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE, such as run.duration_s=5")?;
        Ok(KeyValue { key: key.trim().to_owned(), value: value.trim().to_owned() })
    }
}

impl RunCommand {
    pub fn run(&self, quiet: bool) -> CommandOutcome {
        let plan = self.plan()?;
        if self.dry_run {
            output::print(&listing(&plan))?;
            return Ok(Status::Valid);
        }
        let started = live::utc_now();
        let folder = match &self.out {
            Some(path) => Folder::create_at(path)?,
            None => Folder::create(Path::new("results"), &plan.name, &started)?,
        };
        folder.write_manifest(&manifest(&plan, started))?;
        let interrupt = Interrupt::listen()?;
        let mut trials = Trials::new(plan.trials.len(), plan.expected, quiet);
        let ended = experiment::perform(&plan, &folder, &mut |progress| {
            trials.show(&progress);
            interrupt.goes_on()
        })?;
        trials.finish();
        if ended == Ended::BrokenOff && experiment::saved(&folder)?.next().is_none() {
            return Err("interrupted before the first trial was judged; nothing was measured".into());
        }
        Ok(conclude(&folder, &plan, self.strict)?.0)
    }

    fn plan(&self) -> Result<Plan, Box<dyn Error>> {
        let text = output::read(&self.file)?;
        let name = self.file.file_stem().map_or_else(|| "stdin".into(), |stem| stem.to_string_lossy());
        let set = self.set.iter().map(|KeyValue { key, value }| (key.clone(), value.clone())).collect();
        let overrides =
            Overrides { set, repetitions: self.repetitions, seed: self.seed, substrate: self.substrate };
        let plan = experiment::read(&name, &text, &overrides);
        Ok(plan.map_err(|error| error.in_file(&self.file.display().to_string()))?)
    }
}

/// Sums up, draws, and prints the table; the folder's path comes last. Returns the status by what was found, and what
/// was saved otherwise before.
pub(super) fn conclude(
    folder: &Folder,
    plan: &Plan,
    is_strict: bool,
) -> Result<(Status, Vec<Difference>), Box<dyn Error>> {
    let SummedUp { summary, mut differences } = experiment::sum_up(folder)?;
    differences.extend(chart::draw(folder, plan, &summary)?.differences);
    output::print_styled(&outcome::text(&summary, outcome::WIDTH))?;
    if has_no_processor(plan) {
        output::print(
            "no processor is modelled: simulated branches handle a message in no time, so nothing saturates\n",
        )?;
    }
    output::print(&format!("{}\n", folder.path().display()))?;
    Ok((Status::of(&summary, is_strict), differences))
}

/// Whether load is varied, or at least offered, where nothing can be overloaded.
fn has_no_processor(plan: &Plan) -> bool {
    plan.trials.iter().map(|trial| &trial.scenario).any(|scenario| {
        let is_open = matches!(scenario.workload.load, Load::Open { .. });
        is_open && scenario.substrate == Substrate::Sim && scenario.service_time.is_zero()
    })
}

fn manifest(plan: &Plan, started: String) -> Manifest {
    Manifest {
        schema: SCHEMA.to_owned(),
        experiment: plan.name.clone(),
        question: plan.question.clone(),
        started,
        seed: plan.seed,
        spec: plan.text.clone(),
        command_line: command_line(),
        code: Code::current(),
        machine: Host::current(),
        points: plan.points.clone(),
        trials: plan.trials.iter().map(|trial| trial.id.clone()).collect(),
    }
}

/// The command line as it was given, without the folder of this program.
fn command_line() -> Vec<String> {
    let mut words: Vec<String> = std::env::args().collect();
    if let Some(program) = words.first_mut()
        && let Some(name) = Path::new(program.as_str()).file_name()
    {
        *program = name.to_string_lossy().into_owned();
    }
    words
}

/// The trials that would run, a line each.
fn listing(plan: &Plan) -> String {
    let mut text = format!("{}: {}\n", plan.name, plan.question);
    for (number, trial) in (1..).zip(&plan.trials) {
        let scenario = &trial.scenario;
        let seconds = scenario.load_ends().as_secs_f64();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{number:5}  {seconds:6.1} s  seed {:<20}  {}", scenario.seed, trial.id);
    }
    let expected = humantime::format_duration(std::time::Duration::from_secs(plan.expected.as_secs()));
    let is_simulated = plan.trials.iter().any(|trial| trial.scenario.substrate == Substrate::Sim);
    let time = if is_simulated { " of virtual time" } else { "" };
    let _ = writeln!(text, "trials: {}; about {expected}{time} and what judging takes", plan.trials.len());
    text
}
