//! Isolated writes: none starts at a branch before the last one accepted there is applied everywhere.

use std::collections::VecDeque;

use super::world::World;
use crate::branch::Branch;
use crate::model::{BranchId, Dot};

/// One gate before each branch.
pub(super) struct IsolationGates {
    gates: Vec<Gate>,
    /// Branches whose writes were applied somewhere since the gates were last checked.
    touched: Vec<BranchId>,
}

#[derive(Default)]
struct Gate {
    /// The customer whose write is in flight.
    holder: Option<usize>,
    /// Customers that want to write, in order.
    waiting: VecDeque<usize>,
    /// The last write, if it was accepted.
    last: Option<Dot>,
}

impl IsolationGates {
    pub fn new(branches: usize) -> IsolationGates {
        IsolationGates { gates: (0..branches).map(|_| Gate::default()).collect(), touched: Vec::new() }
    }

    /// Writes of this branch were applied somewhere.
    pub fn applied(&mut self, branch: BranchId) {
        self.touched.push(branch);
    }
}

impl World<'_> {
    /// A customer comes to a gate, and may have to wait there.
    pub fn come_to_gate(&mut self, at: usize, customer: usize) {
        let Some(isolation) = &mut self.isolation else { return };
        isolation.gates[at].waiting.push_back(customer);
        self.open_gate(at);
    }

    /// The write of the gate's holder has ended, with this name if it was accepted.
    pub fn leave_gate(&mut self, customer: usize, written: Option<Dot>) {
        let Some(isolation) = &mut self.isolation else { return };
        let held = isolation.gates.iter_mut().enumerate().find(|(_, gate)| gate.holder == Some(customer));
        let Some((at, gate)) = held else { return };
        gate.holder = None;
        gate.last = written;
        self.open_gate(at);
    }

    /// Starts writes that may start, now that others were applied.
    pub fn open_gates(&mut self) {
        let Some(isolation) = &mut self.isolation else { return };
        for branch in std::mem::take(&mut isolation.touched) {
            let at = self.place(branch);
            self.open_gate(at);
        }
    }

    /// The load is over: customers that wait at a gate leave.
    pub fn open_all_gates(&mut self) {
        for at in 0..self.branches.len() {
            self.open_gate(at);
        }
    }

    fn open_gate(&mut self, at: usize) {
        let is_over = self.now >= self.ends;
        loop {
            let Some(isolation) = &mut self.isolation else { return };
            let gate = &mut isolation.gates[at];
            if gate.holder.is_some() || gate.waiting.is_empty() {
                return;
            }
            let last = gate.last;
            if !is_over && last.is_some_and(|dot| !self.is_everywhere(dot)) {
                return;
            }
            let Some(isolation) = &mut self.isolation else { return };
            let gate = &mut isolation.gates[at];
            let Some(customer) = gate.waiting.pop_front() else { return };
            if is_over {
                self.leave();
            } else {
                gate.holder = Some(customer);
                self.start(customer);
            }
        }
    }

    fn is_everywhere(&self, dot: Dot) -> bool {
        let has = |core: &Branch| core.applied().contains(dot);
        self.branches.iter().all(|branch| branch.core.as_ref().is_some_and(has))
    }
}
