//! The causal reorder buffer: peers' writes on their way into the log, without gaps, and none before what it follows.
//!
//! A write is *staged* when it is the next of its origin and everything that it carries as `after` is staged
//! before it. The caller appends staged writes to the log in the order given, and the log is applied in order, so
//! what is staged first is visible first. What arrives too early is kept, bounded per origin; what can be staged
//! now is never refused by that bound.

use std::collections::BTreeMap;

use crate::branch::message::{BatchAck, WriteBatch};
use crate::model::{Origin, VersionVector, Write};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReorderBuffer {
    /// Everything in the log, synced or not, this branch's own writes included.
    staged: VersionVector,
    early: BTreeMap<Origin, BTreeMap<u64, Write>>,
    early_max: usize,
}

/// The result of taking a run in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// To be appended to the log, in this order.
    pub staged: Vec<Write>,
    /// The run held nothing that was not here already.
    pub duplicate: bool,
    /// Early writes given up because there were too many of their origin; they will be sent again.
    pub given_up: usize,
}

impl ReorderBuffer {
    pub fn new(early_max: usize) -> ReorderBuffer {
        ReorderBuffer { staged: VersionVector::new(), early: BTreeMap::new(), early_max }
    }

    /// Takes a peer's run in: stages what is next and keeps the rest.
    pub fn receive(&mut self, run: WriteBatch) -> Received {
        let mut received = Received { duplicate: true, ..Received::default() };
        for write in run.writes {
            if self.has(&write) {
                continue;
            }
            received.duplicate = false;
            if self.is_next(&write) {
                self.stage(write, &mut received.staged);
            } else {
                received.given_up += self.keep_early(write);
            }
        }
        if !received.staged.is_empty() {
            self.stage_early(&mut received.staged);
        }
        received
    }

    /// Notes a write that this branch accepted itself, or that recovery read. Early writes may come after it.
    pub fn note(&mut self, origin: Origin, counter: u64) {
        self.staged.raise(origin, counter);
    }

    /// Notes a snapshot that goes into the log. Returns the early writes that follow on it, to be appended behind it.
    pub fn jump(&mut self, applied: &VersionVector) -> Vec<Write> {
        self.staged.merge(applied);
        for (&origin, early) in &mut self.early {
            *early = early.split_off(&(self.staged.get(origin) + 1));
        }
        self.early.retain(|_, early| !early.is_empty());
        let mut staged = Vec::new();
        self.stage_early(&mut staged);
        staged
    }

    /// How many of `origin`'s writes are in the log.
    pub fn staged(&self, origin: Origin) -> u64 {
        self.staged.get(origin)
    }

    /// Ranges of `origin`'s counters beyond `applied` that are here, staged or early.
    pub fn held(&self, origin: Origin, applied: u64) -> Vec<(u64, u64)> {
        let staged = self.staged(origin);
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        if staged > applied {
            ranges.push((applied + 1, staged));
        }
        for &counter in self.early.get(&origin).into_iter().flat_map(BTreeMap::keys) {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == counter => *last = counter,
                Some(_) | None => ranges.push((counter, counter)),
            }
        }
        ranges.truncate(BatchAck::HELD_MAX);
        ranges
    }

    fn has(&self, write: &Write) -> bool {
        let dot = write.dot;
        self.staged.contains(dot)
            || self.early.get(&dot.origin).is_some_and(|early| early.contains_key(&dot.counter))
    }

    fn is_next(&self, write: &Write) -> bool {
        self.staged(write.dot.origin) + 1 == write.dot.counter && self.staged.dominates(&write.after)
    }

    fn stage(&mut self, write: Write, staged: &mut Vec<Write>) {
        self.staged.raise(write.dot.origin, write.dot.counter);
        staged.push(write);
    }

    /// Makes room by giving up the highest counter, so that the lowest always find a place. Returns how many were
    /// given up.
    fn keep_early(&mut self, write: Write) -> usize {
        let early = self.early.entry(write.dot.origin).or_default();
        early.insert(write.dot.counter, write);
        if early.len() <= self.early_max {
            return 0;
        }
        early.pop_last();
        1
    }

    /// Stages early writes until none is next. Each pass stages at least one, so it ends.
    fn stage_early(&mut self, staged: &mut Vec<Write>) {
        loop {
            let before = staged.len();
            let origins: Vec<Origin> = self.early.keys().copied().collect();
            for origin in origins {
                while let Some(write) = self.take_next(origin) {
                    self.stage(write, staged);
                }
            }
            if staged.len() == before {
                break;
            }
        }
    }

    fn take_next(&mut self, origin: Origin) -> Option<Write> {
        let early = self.early.get(&origin)?;
        let first =
            early.first_key_value().filter(|(_, write)| self.is_next(write)).map(|(&counter, _)| counter)?;
        let early = self.early.get_mut(&origin)?;
        let write = early.remove(&first);
        if early.is_empty() {
            self.early.remove(&origin);
        }
        write
    }
}
