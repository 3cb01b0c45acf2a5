//! The white box, in one pass over the lines: what a session had written and seen when an operation began.
//!
//! Counters have no gaps, so the highest counter of each origin includes all before it.

use std::ops::ControlFlow;

use crate::history::ShortDot;

use super::Watch;
use super::records::{ReadRecord, Records, WriteRecord, includes};
use super::vector::{Rows, covers, merge, spread};

/// What witnesses prove, read by read, and what each write comes after.
pub(super) struct WitnessPass {
    /// By read: whether its witness misses an own write that was acknowledged before.
    pub stale: Vec<bool>,
    /// By read: whether its witness misses what an earlier read of the session was shown.
    pub falls: Vec<bool>,
    /// By read: whether its witness names a write that began only after the read had ended.
    pub names_future: Vec<bool>,
    /// By write: the own writes that were acknowledged before it began.
    pub own: Rows,
    /// By write: what reads of the session had been shown before it began.
    pub seen: Rows,
}

/// The event on a line, with the index of its read or write.
#[derive(Debug, Clone, Copy)]
enum PassStep {
    ReadBegins(usize),
    ReadEnds(usize),
    WriteBegins(usize),
    WriteIsAcknowledged(usize),
}

/// A session's token, as it ought to be.
#[derive(Debug, Clone)]
struct Token {
    own: Vec<u64>,
    seen: Vec<u64>,
}

impl WitnessPass {
    /// Goes over all reads and writes in order of lines.
    pub fn over(records: &Records, watch: Watch) -> ControlFlow<(), WitnessPass> {
        let nothing = vec![0; records.origins];
        let (reads, writes) = (records.reads.len(), records.writes.len());
        let mut pass = WitnessPass {
            stale: vec![false; reads],
            falls: vec![false; reads],
            names_future: vec![false; reads],
            own: Rows::new(records.origins, writes),
            seen: Rows::new(records.origins, writes),
        };
        let mut tokens = vec![Token { own: nothing.clone(), seen: nothing.clone() }; records.tokens];
        let mut future = Future::of(records);
        let mut witness = nothing;
        // Lines in order: invocations read the token, completions raise it.
        for (_, step) in steps(records) {
            watch()?;
            match step {
                PassStep::ReadBegins(index) => {
                    let read = &records.reads[index];
                    let token = &tokens[read.by.token];
                    spread(read.witness, &mut witness);
                    pass.stale[index] = !covers(&witness, &token.own);
                    pass.falls[index] = !covers(&witness, &token.seen);
                }
                PassStep::ReadEnds(index) => {
                    let read = &records.reads[index];
                    spread(read.witness, &mut witness);
                    pass.names_future[index] = !covers(&future.next, &witness);
                    merge(&mut tokens[read.by.token].seen, &witness);
                }
                PassStep::WriteBegins(index) => {
                    let token = &tokens[records.writes[index].by.token];
                    pass.own.push(&token.own);
                    pass.seen.push(&token.seen);
                    future.begins(index, &records.writes[index]);
                }
                PassStep::WriteIsAcknowledged(index) => {
                    let write = &records.writes[index];
                    if let Some((_, ShortDot(origin, counter))) = write.acknowledged() {
                        let highest = &mut tokens[write.by.token].own[origin.at()];
                        *highest = counter.max(*highest);
                    }
                }
            }
        }
        ControlFlow::Continue(pass)
    }
}

/// In order of lines.
fn steps(records: &Records) -> Vec<(u64, PassStep)> {
    let mut steps = Vec::with_capacity(2 * (records.reads.len() + records.writes.len()));
    for (index, read) in records.reads.iter().enumerate() {
        steps.push((read.invoked.line, PassStep::ReadBegins(index)));
        steps.push((read.completed.line, PassStep::ReadEnds(index)));
    }
    for (index, write) in records.writes.iter().enumerate() {
        steps.push((write.invoked.line, PassStep::WriteBegins(index)));
        let acknowledged = write.acknowledged();
        steps.extend(acknowledged.map(|(line, _)| (line, PassStep::WriteIsAcknowledged(index))));
    }
    steps.sort_unstable_by_key(|&(line, _)| line);
    steps
}

/// How far a witness may name each origin, as of a line.
struct Future {
    /// By origin: the counter before the lowest of an acknowledged write that has not begun.
    next: Vec<u64>,
    /// By write: what `next` is once it has begun.
    after: Vec<u64>,
}

impl Future {
    fn of(records: &Records) -> Future {
        let mut next = vec![u64::MAX; records.origins];
        let mut after = vec![0; records.writes.len()];
        for (index, write) in records.writes.iter().enumerate().rev() {
            if let Some((_, ShortDot(origin, counter))) = write.acknowledged() {
                let next = &mut next[origin.at()];
                after[index] = *next;
                *next = counter.saturating_sub(1).min(*next);
            }
        }
        Future { next, after }
    }

    fn begins(&mut self, index: usize, write: &WriteRecord) {
        if let Some((_, ShortDot(origin, _))) = write.acknowledged() {
            self.next[origin.at()] = self.after[index];
        }
    }
}

/// A write that the read's witness names although it began only after the read had ended.
pub(super) fn future_write<'a>(records: &'a Records<'a>, read: &ReadRecord) -> Option<&'a WriteRecord<'a>> {
    records.writes.iter().find(|write| {
        let named = write.acknowledged().is_some_and(|(_, dot)| includes(read.witness, dot));
        named && write.invoked.line > read.completed.line
    })
}
