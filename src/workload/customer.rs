//! One session's operations and branches.

use std::sync::Arc;

use super::accounts::{AccountFamily, WriteScript};
use super::picker::{OperationChoice, Pick, Picker};
use super::purpose::WorkloadPurpose;
use super::roam::Itinerary;
use super::shared::SharedPlan;
use crate::model::{AccountId, BranchId, Operation};

/// The operations of one session and their branches, in the order in which it asks.
#[derive(Debug, Clone)]
pub(super) struct OperationStream {
    pub shared: Arc<SharedPlan>,
    session: usize,
    picker: Picker,
    route: Itinerary,
    /// By number of the slot: the account that is written there, and how.
    scripts: Vec<Option<(AccountId, WriteScript)>>,
}

impl OperationStream {
    pub(super) fn new(shared: &Arc<SharedPlan>, session: usize) -> OperationStream {
        let plan = &shared.plan;
        let home = plan.homes.of(session, &plan.branches);
        let rng = shared.rng(WorkloadPurpose::Branch, [session as u64, 0]);
        OperationStream {
            shared: Arc::clone(shared),
            session,
            picker: Picker::new(shared, session),
            route: Itinerary::new(plan.roam, plan.branches.len(), home, rng),
            scripts: vec![None; shared.accounts.layout.slots()],
        }
    }

    /// The next operation of the mix.
    pub(super) fn operation(&mut self) -> (Operation, AccountFamily) {
        let pick = self.picker.next(&self.shared);
        (self.performed(pick), pick.family)
    }

    /// The next operation, which is a write.
    pub(super) fn write(&mut self) -> (Operation, AccountFamily) {
        let pick = self.picker.next_write(&self.shared);
        (self.performed(pick), pick.family)
    }

    /// Where the next operation is asked.
    pub(super) fn branch(&mut self) -> BranchId {
        self.shared.plan.branches[self.route.next()]
    }

    /// Where it is asked if that must be another branch than the last.
    pub(super) fn other_branch(&mut self) -> BranchId {
        self.shared.plan.branches[self.route.elsewhere()]
    }

    fn performed(&mut self, pick: Pick) -> Operation {
        match pick.action {
            OperationChoice::Query => Operation::Query { account: pick.account },
            OperationChoice::Write { position } => {
                let write = self.script(pick).writes()[position];
                Operation::Write { kind: write.kind, account: pick.account, amount: write.amount }
            }
        }
    }

    fn script(&mut self, pick: Pick) -> &WriteScript {
        let Pick { family, account, slot, .. } = pick;
        let held = self.scripts[slot].take().filter(|held| held.0 == account);
        let fresh = || (account, WriteScript::new(&self.shared.accounts, family, account, self.session));
        &self.scripts[slot].insert(held.unwrap_or_else(fresh)).1
    }
}
