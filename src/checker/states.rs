//! Witnesses beside the states of branches: a branch answers with what it has applied, no more and no less.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::history::{Apply, History, OriginIndex, Substrate};
use crate::model::{BranchId, Time};

use super::Watch;
use super::records::{ReadRecord, Records};
use super::vector::{first_gap, spread};
use super::violation_text::{Proof, ViolationText};
use super::violations::{BrokenRule, Violations};

/// What changes the state of a branch or asks for it, with its index. At one time of the live substrate, where the
/// order of lines means nothing, it is in this order: an answer may have all that is applied on its instant, and owes
/// none of what is applied on that of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum StateStep {
    ReadBegins(usize),
    LifeBegins(usize),
    Applies(usize),
    ReadEnds(usize),
}

/// Time and line.
type StepPlace = (Time, u64);

/// What a branch has applied in its present life.
#[derive(Debug, Clone)]
struct BranchState {
    /// How many lives it has begun.
    life: usize,
    vector: Vec<u64>,
}

/// The entry by which a witness is no state of its branch: origin and counter.
enum Mismatch {
    Lacks((usize, u64)),
    Exceeds((usize, u64)),
}

/// Finds reads whose witness has less than their branch had applied as they began, or more than it had applied as they
/// ended. In virtual time the instant of the branch's answer is both. A read within which its branch began
/// another life is left out.
pub(super) fn judge(
    history: &History,
    records: &Records,
    violations: &mut Violations,
    watch: Watch,
) -> ControlFlow<()> {
    let nothing = |life| BranchState { life, vector: vec![0; records.origins] };
    let mut states: BTreeMap<BranchId, BranchState> = BTreeMap::new();
    let mut as_read_began: BTreeMap<usize, BranchState> = BTreeMap::new();
    let mut witness = vec![0; records.origins];
    for (_, step) in steps(history, records) {
        watch()?;
        let state = states.entry(branch(history, records, step)).or_insert_with(|| nothing(0));
        match step {
            StateStep::LifeBegins(_) => *state = nothing(state.life + 1),
            StateStep::Applies(index) => state.apply(&history.applies[index].event),
            StateStep::ReadBegins(index) => {
                as_read_began.insert(index, state.clone());
            }
            StateStep::ReadEnds(index) => {
                let read = &records.reads[index];
                spread(read.witness, &mut witness);
                let began = as_read_began.remove(&index);
                let Some(mismatch) = began.and_then(|began| state.mismatch(&began, &witness)) else {
                    continue;
                };
                violations.note(BrokenRule::WitnessStateMismatch, read.completed.line, || {
                    describe(history, read, &mismatch)
                });
            }
        }
    }
    ControlFlow::Continue(())
}

impl BranchState {
    fn apply(&mut self, apply: &Apply) {
        if let Some(has) = self.vector.get_mut(apply.origin.at()) {
            *has = apply.last.max(*has);
        }
    }

    /// How a witness differs from all states between that in which the read began and this one.
    fn mismatch(&self, began: &BranchState, witness: &[u64]) -> Option<Mismatch> {
        let lacks = || first_gap(witness, &began.vector).map(Mismatch::Lacks);
        let exceeds = || first_gap(&self.vector, witness).map(Mismatch::Exceeds);
        if self.life == began.life { lacks().or_else(exceeds) } else { None }
    }
}

/// In the order in which they happened.
fn steps(history: &History, records: &Records) -> Vec<(StepPlace, StateStep)> {
    let place = |t: Time, line: u64| match history.header.substrate {
        Substrate::Sim => (t, line),
        Substrate::Live => (t, 0),
    };
    let mut steps = Vec::with_capacity(history.applies.len() + 2 * records.reads.len());
    for (index, life) in history.lives.iter().enumerate() {
        steps.push((place(life.event.t, life.line), StateStep::LifeBegins(index)));
    }
    for (index, apply) in history.applies.iter().enumerate() {
        steps.push((place(apply.event.t, apply.line), StateStep::Applies(index)));
    }
    for (index, ReadRecord { invoked, completed, .. }) in records.reads.iter().enumerate() {
        let mut from = place(invoked.event.t, invoked.line);
        let mut until = place(completed.event.t, completed.line);
        if let (Substrate::Sim, Some(answered)) = (history.header.substrate, completed.event.answered) {
            from = from.max((answered, 0));
            until = until.min((answered, u64::MAX));
        }
        steps.push((from, StateStep::ReadBegins(index)));
        steps.push((until, StateStep::ReadEnds(index)));
    }
    steps.sort_unstable();
    steps
}

fn branch(history: &History, records: &Records, step: StateStep) -> BranchId {
    match step {
        StateStep::LifeBegins(index) => history.lives[index].event.branch,
        StateStep::Applies(index) => history.applies[index].event.branch,
        StateStep::ReadBegins(index) | StateStep::ReadEnds(index) => {
            records.reads[index].invoked.event.branch
        }
    }
}

fn describe(history: &History, read: &ReadRecord, mismatch: &Mismatch) -> Proof {
    let describe = ViolationText { origins: &history.origins };
    let dot = |&(origin, counter): &(usize, u64)| describe.dot(OriginIndex(origin as u32).dot(counter));
    let what = match mismatch {
        Mismatch::Lacks(owed) => format!("lacks {}, which its branch had applied before", dot(owed)),
        Mismatch::Exceeds(named) => {
            format!("names {}, which its branch had not applied by then", dot(named))
        }
    };
    let text = format!("{} has a witness that {what}", describe.read(read));
    (vec![read.invoked.line, read.completed.line], text)
}
