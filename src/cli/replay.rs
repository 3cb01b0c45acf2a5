//! `readback replay`: a course file run, or a results file judged.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::choice::one_of;
use super::{CommandOutcome, Status, injection_error, output, progress};
use crate::course::{
    self, Claims, CourseInput, CourseVerdict, InputError, ReplayOptions, ResultsFormat, Timings,
    ViolationKind,
};
use crate::model::Strategy;

/// Violations that are listed; the rest is counted.
const LISTED_MAX: usize = 50;

const EXAMPLES: &str = "\
The input is one JSON array, in any of the course's variants: branches as `branch` or `bank` with `balance`;
customers with `events` or `customer-requests`, each with `interface` (deposit, withdraw, query), `money`, and
`branch`, `dest` or, in files of the first stage, neither. An unknown interface and money that is not positive
answer `fail`, as in the course.

Running ends with status 0 whatever the answers are; --check ends with 1 if they are wrong.

Examples:
  readback replay experiments/course/cross-branch.json
  readback replay --output results.json experiments/course/cross-branch.json
  readback replay --check results.json experiments/course/cross-branch.json
  readback replay --strategy none --replication-delay 20ms experiments/course/cross-branch.json";

/// Run a course file on a live cluster, or judge a results file.
///
/// Starts a cluster with the file's branches, runs its customers one after another at the branches that their events
/// name, and writes the course's results. Latencies and the verdict go to standard error.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReplayCommand {
    /// The customers and branches, as a JSON array; `-` reads standard input.
    input: PathBuf,

    /// Write the results to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Shape of the results: an object per event, per customer, or each customer's last balance.
    #[arg(short, long, default_value = "events", value_parser = one_of(FORMATS))]
    format: ResultsFormat,

    /// Run nothing: judge this results file, from any program, against the input.
    #[arg(long, value_name = "OUTPUT", conflicts_with_all = ["output", "format", "strategy", "replication_delay"])]
    check: Option<PathBuf>,

    /// How stale reads are prevented; `none` is the control.
    #[arg(long, default_value = "wait", value_parser = one_of(STRATEGIES))]
    strategy: Strategy,

    /// Delay every message with writes between branches by this time, such as 20ms.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    replication_delay: Duration,

    /// How long a read may wait for the customer's own writes.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    max_wait: Duration,
}

const FORMATS: &[(&str, ResultsFormat)] = &[
    ("events", ResultsFormat::Events),
    ("customers", ResultsFormat::Customers),
    ("balances", ResultsFormat::Balances),
];

const STRATEGIES: &[(&str, Strategy)] = &[("none", Strategy::None), ("wait", Strategy::Wait)];

/// A file whose content is wrong, with each place and remedy.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BadFile(String);

impl ReplayCommand {
    pub(super) fn run(&self, quiet: bool) -> CommandOutcome {
        let started = Instant::now();
        let input = readable(&self.input, |text| match course::parse(text) {
            Err(_) if holds_results(text) => Err(Unreadable::NotAnInput),
            parsed => parsed.map_err(Unreadable::Wrong),
        })?;
        match &self.check {
            Some(results) => judge(&input, results),
            None => self.replay(&input, started, quiet),
        }
    }

    fn replay(&self, input: &CourseInput, started: Instant, quiet: bool) -> CommandOutcome {
        if let Some(path) = &self.output {
            output::check_writable(path)?;
        }
        let events = input.customers.iter().map(|customer| customer.events.len()).sum();
        let bar = progress::bar(events, quiet);
        let options = ReplayOptions {
            strategy: self.strategy,
            replication_delay: self.replication_delay,
            max_wait: self.max_wait,
        };
        let run = course::replay(input, &options, |done| bar.set_position(done as u64));
        bar.finish_and_clear();
        let run = run?;
        // Results go first: what follows is about the run.
        let text = course::render(&run.results, self.format);
        match &self.output {
            Some(path) => output::write(path, &text)?,
            None => output::print(&text)?,
        }
        if run.not_asked > 0 {
            let fails = "answered `fail` without asking: an unknown interface, or money that is not positive";
            output::report(&format!("{} of {events} events were {fails}", run.not_asked));
        }
        for event in &run.unanswered {
            let unknown = if event.is_unknown { "; it may have happened nevertheless" } else { "" };
            output::report(&format!("event {} was not answered: {}{unknown}", event.number, event.cause));
        }
        if !quiet {
            let verdict = course::judge(input, &Claims::of(&run.results));
            output::report(&figures(events, &run.timings, started.elapsed(), &verdict));
            if !self.replication_delay.is_zero() {
                output::report(&injection_error::table(&run.injection_error));
            }
        }
        Ok(Status::Valid)
    }
}

fn judge(input: &CourseInput, results: &Path) -> CommandOutcome {
    let claims = readable(results, |text| match course::parse_results(text) {
        Err(_) if course::parse(text).is_ok() => Err(Unreadable::NotResults),
        parsed => parsed.map_err(Unreadable::Wrong),
    })?;
    let verdict = course::judge(input, &claims);
    for violation in verdict.violations.iter().take(LISTED_MAX) {
        output::print(&format!("{violation}\n"))?;
    }
    if verdict.violations.len() > LISTED_MAX {
        output::print(&format!("and {} more\n", verdict.violations.len() - LISTED_MAX))?;
    }
    output::print(&format!("{}\n", summary(&verdict)))?;
    Ok(if verdict.is_valid() { Status::Valid } else { Status::Violated })
}

/// Why a file cannot be used.
enum Unreadable {
    Wrong(InputError),
    /// An input where results are expected.
    NotResults,
    /// Results where an input is expected.
    NotAnInput,
}

fn readable<T>(
    path: &Path,
    parse: impl Fn(&str) -> Result<T, Unreadable>,
) -> Result<T, Box<dyn std::error::Error>> {
    let (text, name) = (output::read(path)?, path.display());
    parse(&text).map_err(|unreadable| match unreadable {
        Unreadable::Wrong(error) => BadFile(error.in_file(&name.to_string())).into(),
        Unreadable::NotResults => {
            BadFile(format!("{name}: this is an input, not results; write --check RESULTS INPUT")).into()
        }
        Unreadable::NotAnInput => BadFile(format!("{name}: these are results, not an input")).into(),
    })
}

/// Balances do not count: the branches of an input have the same form.
fn holds_results(text: &str) -> bool {
    match course::parse_results(text) {
        Ok(Claims::Events(claims)) => !claims.is_empty(),
        Ok(Claims::Balances(_)) | Err(_) => false,
    }
}

fn summary(verdict: &CourseVerdict) -> String {
    let count = |kind| verdict.count(kind);
    if verdict.is_valid() {
        return format!("valid: all {} results follow from the sequence of the file", verdict.checked);
    }
    let (reads, writes) = (count(ViolationKind::WrongRead), count(ViolationKind::WrongWrite));
    let others = verdict.violations.len() - reads - writes;
    let others = match others {
        0 => String::new(),
        _ => format!(", {others} results missing, out of place or surplus: is it the right file?"),
    };
    format!(
        "violated: {reads} reads stale or wrong, {writes} writes wrong{others}; {} results",
        verdict.checked
    )
}

fn figures(events: usize, timings: &Timings, total: Duration, verdict: &CourseVerdict) -> String {
    let elapsed = timings.elapsed();
    let rate = events as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    let mut lines = vec![format!(
        "{events} events in {elapsed:.1?}, {rate:.0} ops/s; {total:.1?} with starting the cluster"
    )];
    for (name, durations) in [("writes", &timings.writes), ("reads", &timings.reads)] {
        let quantile = |q| Timings::quantile(durations, q);
        if let (Some(p50), Some(p99)) = (quantile(0.5), quantile(0.99)) {
            lines.push(format!("{name:<6} {:>6}   p50 {p50:.1?}   p99 {p99:.1?}", durations.len()));
        }
    }
    lines.push(summary(verdict));
    lines.join("\n")
}
