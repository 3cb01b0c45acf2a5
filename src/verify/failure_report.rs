//! The report of a failure: one page of plain text, and a diagram.

use std::fmt::Write as _;

use super::diagram::{Subject, diagram};
use super::failure::TrialFailure;
use super::message::{MessageTrace, TracedMessage};
use super::reduction;
use super::short_names::{ShortNames, fault_edge, request};
use super::shrink::{ShrinkEnd, Shrunk};
use super::trial::TrialRecord;
use crate::history::History;
use crate::model::Time;
use crate::network::{Endpoint, Leg};
use crate::results::SpaceTime;

/// As many operations and faults are listed at most.
const LISTED_MAX: usize = 40;

/// A failure that a person can read.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureReport {
    /// Plain text.
    pub page: String,
    /// `None` where there is no history to draw.
    pub diagram: Option<SpaceTime>,
}

/// The report of a shrunk failure.
pub fn render(shrunk: &Shrunk) -> FailureReport {
    let TrialRecord { scenario, history, messages, .. } = &shrunk.trial.evidence;
    let failure = &shrunk.failure;
    let drawn = history.as_ref().map(|history| {
        let subject = Subject { scenario, history, messages, failure };
        let title = format!("{}: seed {}", failure.kind.replace('_', " "), shrunk.case.seed);
        let text = ShortNames { history }.shortened(&failure.text);
        diagram(subject, title, text)
    });
    FailureReport { page: page(shrunk), diagram: drawn }
}

fn page(shrunk: &Shrunk) -> String {
    let Shrunk { case, trial, failure, runs, end } = shrunk;
    let mut text = String::new();
    let mut say = |line: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    say(&format!("{}: seed {}", failure.kind, case.seed));
    say("");
    say("What is wrong");
    let text_of_it = match &trial.evidence.history {
        Some(history) => ShortNames { history }.shortened(&failure.text),
        None => failure.text.clone(),
    };
    say(&format!("  {text_of_it}."));
    if !failure.lines.is_empty() {
        let lines: Vec<String> = failure.lines.iter().map(u64::to_string).collect();
        say(&format!("  Lines {} of history.jsonl.gz prove it.", lines.join(", ")));
    }
    say("");
    say("What was run");
    if let Some(mutant) = case.mutant {
        say(&format!("  mutant {mutant}: {}", mutant.about()));
    }
    reduction::describe(&trial.evidence.scenario).iter().for_each(|line| say(&format!("  {line}")));
    say("");
    if let Some(history) = &trial.evidence.history {
        let messages = &trial.evidence.messages;
        events(history, messages, failure).iter().for_each(|line| say(line));
        say("");
    }
    say("How it was found");
    say(&format!("  {}", case.command()));
    let rest = match end {
        ShrinkEnd::Minimal => "nothing more can be taken out alone",
        ShrinkEnd::Bound => "the bound on runs and messages was reached, and there may be more than it takes",
        ShrinkEnd::GivenUp => "it was broken off, and there may be more than it takes",
        ShrinkEnd::NotRepeatable => "a live trial is not the same twice, so nothing was taken out",
        ShrinkEnd::Replayed => "as it was saved",
    };
    say(&format!("  {} operations, {runs} runs to shrink it: {rest}", trial.operations));
    text
}

/// One event, with its time.
struct ReportLine {
    at: Time,
    /// Its line in the history, if it has one.
    number: Option<u64>,
    text: String,
}

/// Operations, faults, applied writes and batches on their way, in order of time.
fn events(history: &History, messages: &MessageTrace, failure: &TrialFailure) -> Vec<String> {
    let mut lines = operations(history);
    lines.extend(faults_and_applies(history));
    lines.extend(
        messages
            .iter()
            .filter(|message| message.leg == Leg::Replicate)
            .map(|batch| batch_line(history, batch)),
    );
    // Batches are no lines of the history; they leave after what happened at their time.
    lines.sort_by_key(|line| (line.at, line.number.unwrap_or(u64::MAX)));
    let count = lines.len();
    let proves = |line: &ReportLine| line.number.is_some_and(|number| failure.lines.contains(&number));
    let until = lines.iter().rposition(proves).map_or(count, |last| last + 1);
    let skipped = until.saturating_sub(LISTED_MAX);
    let mut listed = vec!["What happened, in ms (* proves it)".to_owned()];
    let skipped_or_forgotten = skipped as u64 + messages.forgotten;
    if skipped_or_forgotten > 0 {
        listed
            .push(format!("  ({skipped_or_forgotten} lines before are left out; history.jsonl.gz has them)"));
    }
    listed.extend(lines[skipped..until].iter().map(|line| {
        let mark = if proves(line) { '*' } else { ' ' };
        format!("{mark} {:>10.3}  {}", line.at.0 as f64 / 1e6, line.text)
    }));
    if until < count {
        listed.push(format!("  ({} lines after it are left out)", count - until));
    }
    listed
}

fn operations(history: &History) -> Vec<ReportLine> {
    let names = ShortNames { history };
    let mut lines = Vec::new();
    for operation in &history.operations {
        let invoke = &operation.invoke.event;
        let who = format!("session {}", invoke.session);
        let what = format!("{} at branch {}", request(&invoke.operation), invoke.branch);
        let never = if operation.complete.is_some() { "" } else { ", and it never ends" };
        let (at, number) = (invoke.t, Some(operation.invoke.line));
        lines.push(ReportLine { at, number, text: format!("{who} {what}{never}") });
        let Some(complete) = &operation.complete else { continue };
        let ended = names.outcome(&complete.event.outcome, ", ");
        let (at, number) = (complete.event.t, Some(complete.line));
        lines.push(ReportLine { at, number, text: format!("{who} {what}: {ended}") });
    }
    lines
}

fn faults_and_applies(history: &History) -> Vec<ReportLine> {
    let names = ShortNames { history };
    let faults = history.faults.iter().map(|fault| ReportLine {
        at: fault.event.t,
        number: Some(fault.line),
        text: fault_edge(&fault.event),
    });
    let applies = history.applies.iter().map(|apply| {
        let event = &apply.event;
        let text =
            format!("branch {} applies {}", event.branch, names.batch(event.origin, event.first, event.last));
        ReportLine { at: event.t, number: Some(apply.line), text }
    });
    let ends = history.finals.iter().map(|at_end| ReportLine {
        at: at_end.event.t,
        number: Some(at_end.line),
        text: names.final_state(&at_end.event),
    });
    faults.chain(applies).chain(ends).collect()
}

/// A batch of writes, and what becomes of it.
fn batch_line(history: &History, batch: &TracedMessage) -> ReportLine {
    let end = |endpoint| match endpoint {
        Endpoint::Branch(branch) => format!("branch {branch}"),
        Endpoint::Customer(_) => "a customer".to_owned(),
    };
    let arrives = match batch.delivered.as_slice() {
        [] => "lost".to_owned(),
        times => {
            let times = times.iter().map(|at| format!("{:.3}", at.0 as f64 / 1e6));
            format!("arrives at {}", times.collect::<Vec<_>>().join(" and "))
        }
    };
    let what = ShortNames { history }.shortened(&batch.text);
    ReportLine {
        at: batch.sent_at,
        number: None,
        text: format!("{} to {}: {what}, {arrives}", end(batch.from), end(batch.to)),
    }
}
