//! A failure told to people: one page of plain text.

use std::fmt::Write as _;

use super::diagram::{Subject, diagram};
use super::failure::TrialFailure;
use super::message::TracedMessage;
use super::names::{ShortNames, asked};
use super::reduction;
use super::shrink::{ShrinkEnd, Shrunk};
use super::trial::TrialRecord;
use crate::history::{Edge, History, RecordedOutcome, RecordedSuccess};
use crate::model::Time;
use crate::network::{Endpoint, Leg};
use crate::results::SpaceTime;

/// As many operations and faults are listed at most.
const LISTED_MAX: usize = 40;

/// A failure, told.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureReport {
    pub page: String,
    /// `None` where there is no history to draw.
    pub diagram: Option<SpaceTime>,
}

/// Tells a shrunk failure.
pub fn tell(shrunk: &Shrunk) -> FailureReport {
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
    let told = match &trial.evidence.history {
        Some(history) => ShortNames { history }.shortened(&failure.text),
        None => failure.text.clone(),
    };
    say(&format!("  {told}."));
    if !failure.lines.is_empty() {
        let lines: Vec<String> = failure.lines.iter().map(u64::to_string).collect();
        say(&format!("  Lines {} of history.jsonl.gz prove it.", lines.join(", ")));
    }
    say("");
    say("What was run");
    if let Some(mutant) = case.mutant {
        say(&format!("  mutant {mutant}: {}", mutant.about()));
    }
    reduction::told(&trial.evidence.scenario).iter().for_each(|line| say(&format!("  {line}")));
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
        ShrinkEnd::Bound => "the bound on runs was reached, and there may be more than it takes",
        ShrinkEnd::GivenUp => "it was broken off, and there may be more than it takes",
        ShrinkEnd::NotRepeatable => "a live trial is not the same twice, so nothing was taken out",
        ShrinkEnd::Replayed => "as it was saved",
    };
    say(&format!("  {} operations, {runs} runs to shrink it: {rest}", trial.operations));
    text
}

/// One line of what happened, with its time.
struct ReportLine {
    at: Time,
    /// Of the history, if it is one of its lines.
    number: Option<u64>,
    text: String,
}

/// Operations, faults, applied writes and runs of writes, in their order.
fn events(history: &History, messages: &[TracedMessage], failure: &TrialFailure) -> Vec<String> {
    let mut lines = operations(history);
    lines.extend(faults_and_applies(history));
    lines.extend(
        messages.iter().filter(|message| message.leg == Leg::Replicate).map(|run| told(history, run)),
    );
    // Runs are no lines of the history; they leave after what happened at their time.
    lines.sort_by_key(|line| (line.at, line.number.unwrap_or(u64::MAX)));
    let count = lines.len();
    let proves = |line: &ReportLine| line.number.is_some_and(|number| failure.lines.contains(&number));
    let until = lines.iter().rposition(proves).map_or(count, |last| last + 1);
    let skipped = until.saturating_sub(LISTED_MAX);
    let mut told = vec!["What happened, in ms (* proves it)".to_owned()];
    if skipped > 0 {
        told.push(format!("  ({skipped} lines before are left out; history.jsonl.gz has them)"));
    }
    told.extend(lines[skipped..until].iter().map(|line| {
        let mark = if proves(line) { '*' } else { ' ' };
        format!("{mark} {:>10.3}  {}", line.at.0 as f64 / 1e6, line.text)
    }));
    if until < count {
        told.push(format!("  ({} lines after it are left out)", count - until));
    }
    told
}

fn operations(history: &History) -> Vec<ReportLine> {
    let names = ShortNames { history };
    let mut lines = Vec::new();
    for operation in &history.operations {
        let invoke = &operation.invoke.event;
        let who = format!("session {}", invoke.session);
        let what = format!("{} at branch {}", asked(&invoke.operation), invoke.branch);
        let never = if operation.complete.is_some() { "" } else { ", and it never ends" };
        let (at, number) = (invoke.t, Some(operation.invoke.line));
        lines.push(ReportLine { at, number, text: format!("{who} {what}{never}") });
        let Some(complete) = &operation.complete else { continue };
        let ended = match &complete.event.outcome {
            RecordedOutcome::Ok(RecordedSuccess::Written { dot }) => {
                format!("ok, written as {}", names.dot(*dot))
            }
            RecordedOutcome::Ok(RecordedSuccess::Balance { balance, witness }) => {
                let seen = witness.iter().map(|(origin, counter)| names.dot(origin.dot(counter)));
                format!("ok, balance {balance}, witness [{}]", seen.collect::<Vec<_>>().join(" "))
            }
            RecordedOutcome::Fail(cause) => format!("fail, {}", names.shortened(&cause.text)),
            RecordedOutcome::Info(cause) => format!("unknown, {}", names.shortened(&cause.text)),
        };
        let (at, number) = (complete.event.t, Some(complete.line));
        lines.push(ReportLine { at, number, text: format!("{who} {what}: {ended}") });
    }
    lines
}

fn faults_and_applies(history: &History) -> Vec<ReportLine> {
    let names = ShortNames { history };
    let faults = history.faults.iter().map(|fault| {
        let edge = match fault.event.edge {
            Edge::Begin => "begins",
            Edge::End => "ends",
        };
        let text = format!("{} {edge}", fault.event.text);
        ReportLine { at: fault.event.t, number: Some(fault.line), text }
    });
    let applies = history.applies.iter().map(|apply| {
        let event = &apply.event;
        let text =
            format!("branch {} applies {}", event.branch, names.run(event.origin, event.first, event.last));
        ReportLine { at: event.t, number: Some(apply.line), text }
    });
    let ends = history.finals.iter().map(|at_end| {
        let event = &at_end.event;
        let applied = event.applied.iter().map(|(origin, counter)| names.dot(origin.dot(counter)));
        let applied = applied.collect::<Vec<_>>().join(" ");
        let text = format!("branch {} ends with [{applied}]", event.branch);
        ReportLine { at: event.t, number: Some(at_end.line), text }
    });
    faults.chain(applies).chain(ends).collect()
}

/// A run of writes, and what becomes of it.
fn told(history: &History, run: &TracedMessage) -> ReportLine {
    let end = |endpoint| match endpoint {
        Endpoint::Branch(branch) => format!("branch {branch}"),
        Endpoint::Customer(_) => "a customer".to_owned(),
    };
    let arrives = match run.delivered.as_slice() {
        [] => "lost".to_owned(),
        times => {
            let times = times.iter().map(|at| format!("{:.3}", at.0 as f64 / 1e6));
            format!("arrives at {}", times.collect::<Vec<_>>().join(" and "))
        }
    };
    let what = ShortNames { history }.shortened(&run.text);
    ReportLine {
        at: run.sent_at,
        number: None,
        text: format!("{} to {}: {what}, {arrives}", end(run.from), end(run.to)),
    }
}
