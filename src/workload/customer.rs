//! One session's operations and branches.

use std::sync::Arc;

use super::draw::Purpose;
use super::family::Family;
use super::frame::Frame;
use super::picker::{Action, Pick, Picker};
use super::roam::Route;
use super::script::Script;
use crate::model::{AccountId, BranchId, Operation};

/// What one session asks, and where, in the order in which it asks.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub frame: Arc<Frame>,
    session: usize,
    picker: Picker,
    route: Route,
    /// By number of the lane: the account that is written there, and how.
    scripts: Vec<Option<(AccountId, Script)>>,
}

impl Customer {
    pub(super) fn new(frame: &Arc<Frame>, session: usize) -> Customer {
        let plan = &frame.plan;
        let home = plan.homes.of(session, &plan.branches);
        let draw = frame.draw(Purpose::Branch, [session as u64, 0]);
        Customer {
            frame: Arc::clone(frame),
            session,
            picker: Picker::new(frame, session),
            route: Route::new(plan.roam, plan.branches.len(), home, draw),
            scripts: vec![None; frame.layout.lanes()],
        }
    }

    /// The next operation of the mix.
    pub(super) fn operation(&mut self) -> (Operation, Family) {
        let pick = self.picker.next(&self.frame);
        (self.performed(pick), pick.family)
    }

    /// The next operation, which is a write.
    pub(super) fn write(&mut self) -> (Operation, Family) {
        let pick = self.picker.next_write(&self.frame);
        (self.performed(pick), pick.family)
    }

    /// Where the next operation is asked.
    pub(super) fn branch(&mut self) -> BranchId {
        self.frame.plan.branches[self.route.next()]
    }

    /// Where it is asked if that must be another branch than the last.
    pub(super) fn other_branch(&mut self) -> BranchId {
        self.frame.plan.branches[self.route.elsewhere()]
    }

    fn performed(&mut self, pick: Pick) -> Operation {
        match pick.action {
            Action::Query => Operation::Query { account: pick.account },
            Action::Write { position } => {
                let write = self.script(pick).writes()[position];
                Operation::Write { kind: write.kind, account: pick.account, amount: write.amount }
            }
        }
    }

    fn script(&mut self, pick: Pick) -> &Script {
        let Pick { family, account, lane, .. } = pick;
        let held = self.scripts[lane].take().filter(|held| held.0 == account);
        let fresh = || (account, Script::new(&self.frame, family, account, self.session));
        &self.scripts[lane].insert(held.unwrap_or_else(fresh)).1
    }
}
