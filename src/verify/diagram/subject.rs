//! The trial to draw, and the part of it that proves the failure.

use std::collections::BTreeSet;

use super::super::failure::TrialFailure;
use super::super::message::TracedMessage;
use crate::history::{History, SessionIndex};
use crate::model::Time;
use crate::scenario::Scenario;

/// A failed trial to draw.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub scenario: &'a Scenario,
    pub history: &'a History,
    pub messages: &'a [TracedMessage],
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

    /// The part of the trial that is shown.
    pub fn span(&self, depth: Depth) -> (Time, Time) {
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
