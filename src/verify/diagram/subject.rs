//! The trial to draw, and the part of it that proves the failure.

use std::collections::BTreeSet;

use super::super::failure::TrialFailure;
use super::super::message::MessageTrace;
use crate::history::{History, SessionIndex};
use crate::model::Time;
use crate::scenario::Scenario;

/// The most messages, applications and operations of which a draft is made; a diagram has far fewer rows.
const EVENTS_MAX: usize = 20_000;

/// A failed trial to draw.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub scenario: &'a Scenario,
    pub history: &'a History,
    pub messages: &'a MessageTrace,
    pub failure: &'a TrialFailure,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    Everything,
    NoAcks,
    /// Up to the violation, and not long before what leads to it.
    Narrow,
    /// Only the calls of the customers that it names, and writes that reach a branch in time.
    Bare,
}

impl Subject<'_> {
    /// Sessions whose operations prove the failure.
    pub fn named_sessions(&self) -> BTreeSet<SessionIndex> {
        let lines = &self.failure.lines;
        let operations = self.history.operations.iter();
        let proving = operations.filter(|operation| {
            let complete = operation.complete.as_ref().map(|complete| complete.line);
            lines.contains(&operation.invoke.line) || complete.is_some_and(|line| lines.contains(&line))
        });
        proving.map(|operation| operation.invoke.event.session).collect()
    }

    /// The part of the trial that is shown: the end of it, if there is more than a reader can follow by far.
    pub fn span(&self, depth: Depth) -> (Time, Time) {
        let (from, until) = self.proving_span(depth);
        let messages = self.messages.iter().map(|message| message.sent_at);
        let applies = self.history.applies.iter().map(|apply| apply.event.t);
        let operations = self.history.operations.iter().map(|operation| operation.invoke.event.t);
        let mut times: Vec<Time> =
            messages.chain(applies).chain(operations).filter(|&at| from <= at && at <= until).collect();
        let Some(skipped) = times.len().checked_sub(EVENTS_MAX) else { return (from, until) };
        let (_, &mut from, _) = times.select_nth_unstable(skipped);
        (from, until)
    }

    fn proving_span(&self, depth: Depth) -> (Time, Time) {
        if depth < Depth::Narrow {
            return (Time(0), Time(u64::MAX));
        }
        let history = self.history;
        let lines = &self.failure.lines;
        let mut times = Vec::new();
        for operation in &history.operations {
            let complete = operation.complete.as_ref();
            if lines.contains(&operation.invoke.line)
                || complete.is_some_and(|complete| lines.contains(&complete.line))
            {
                times.push(operation.invoke.event.t);
                times.extend(complete.map(|complete| complete.event.t));
            }
        }
        times.extend(
            history.applies.iter().filter(|apply| lines.contains(&apply.line)).map(|apply| apply.event.t),
        );
        times.extend(history.finals.iter().filter(|end| lines.contains(&end.line)).map(|end| end.event.t));
        match (times.iter().min(), times.iter().max()) {
            (Some(&first), Some(&last)) => (first, last),
            (None, _) | (_, None) => (Time(0), Time(u64::MAX)),
        }
    }
}
