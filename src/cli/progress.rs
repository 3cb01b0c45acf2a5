//! Progress: a bar on a terminal; in a pipe a line for each trial, and otherwise silence.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::experiment::Progress;
use crate::results::{Judgement, Measures, Rate};
use crate::verify::{Mutation, RUNS_MAX, Shrinking};

/// A bar over `total` steps. indicatif hides it where standard error is not a terminal.
pub(super) fn bar(total: usize, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} events, {per_sec}, {eta} left")
        .expect("the template is well-formed");
    ProgressBar::new(total as u64).with_style(style)
}

/// The trials of a run. The bar counts milliseconds of load, so that the time left is right from the start.
pub(super) struct Trials {
    bar: ProgressBar,
    total: usize,
    quiet: bool,
    number: usize,
    name: String,
    /// Load of the trials that have ended, and of the present one.
    ended: Duration,
    present: Duration,
}

impl Trials {
    pub fn new(total: usize, expected: Duration, quiet: bool) -> Trials {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(millis(expected)) };
        let style =
            ProgressStyle::with_template("{bar:20} {msg} {eta} left").expect("the template is well-formed");
        let (number, name) = (0, String::new());
        bar.set_style(style);
        Trials { bar, total, quiet, number, name, ended: Duration::ZERO, present: Duration::ZERO }
    }

    pub fn show(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Begins { number, trial } => {
                self.number = *number;
                self.name.clone_from(&trial.id);
                self.present = trial.scenario.load_ends();
                self.set(Duration::ZERO, "");
            }
            Progress::Runs(state) => {
                let (operations, parked) = (state.operations, state.parked);
                let figures = format!("{operations} operations, {parked} parked");
                self.set(state.elapsed.min(self.present), &figures);
            }
            Progress::Judges => self.set(self.present, "being judged"),
            Progress::Ended { trial, measures, judgement } => {
                self.ended += self.present;
                self.present = Duration::ZERO;
                let line =
                    format!("{}/{} {}: {}", self.number, self.total, trial.id, describe(measures, judgement));
                if !self.quiet {
                    self.bar.suspend(|| output::report(&line));
                }
            }
        }
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn set(&self, elapsed: Duration, figures: &str) {
        self.bar.set_position(millis(self.ended + elapsed));
        self.bar.set_message(format!("{}/{} {} {figures}", self.number, self.total, self.name));
    }
}

/// The seeds of a swarm, or the runs of shrinking.
pub(super) struct Seeds {
    bar: ProgressBar,
    operations: u64,
}

impl Seeds {
    pub fn new(seeds: u64, quiet: bool) -> Seeds {
        Seeds::with(seeds, "{bar:30} {pos}/{len} seeds, {msg}{eta} left", quiet)
    }

    pub fn shrinking(quiet: bool) -> Seeds {
        Seeds::with(u64::from(RUNS_MAX), "shrinking: {msg} after {pos} runs", quiet)
    }

    /// Another seed has ended, with so many operations.
    pub fn show(&mut self, operations: u64) {
        self.operations += operations;
        self.bar.set_message(format!("{} operations, ", self.operations));
        self.bar.inc(1);
    }

    pub fn shrunk(&mut self, state: Shrinking) {
        self.bar.set_message(format!("{} operations", state.operations));
        self.bar.set_position(state.runs.into());
    }

    /// A seed of one mutant has ended.
    pub fn mutant(&mut self, mutant: Mutation, seed: u64) {
        self.bar.set_message(format!("{mutant}: seed {seed}, "));
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn with(steps: u64, template: &str, quiet: bool) -> Seeds {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(steps) };
        bar.set_style(ProgressStyle::with_template(template).expect("the template is well-formed"));
        Seeds { bar, operations: 0 }
    }
}

/// One line about one trial.
fn describe(measures: &Measures, judgement: &Judgement) -> String {
    let Rate { hits, n, .. } = measures.stale.rate;
    let rate = measures.throughput_ops_s;
    format!("{}, {rate:.0} ops/s, {hits} of {n} eligible reads stale", judgement.verdict)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
