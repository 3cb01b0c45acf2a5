//! The writes of an account, in the order in which a session makes them.

use super::family::AccountFamily;
use super::frame::SharedPlan;
use super::purpose::WorkloadPurpose;
use super::write_set::WriteSet;
use super::{digit, natural};
use crate::model::{AccountId, Amount, WriteKind};
use crate::rng::KeyedRng;

/// All writes that one session may make on one account. A load uses them from the first on; it may end before the
/// last one, and leave out those that it had no time to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteScript {
    writes: Vec<PlannedWrite>,
}

/// One write of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedWrite {
    pub kind: WriteKind,
    pub amount: Amount,
}

impl WriteScript {
    pub fn writes(&self) -> &[PlannedWrite] {
        &self.writes
    }

    /// Where in the script such a write stands; `None` if it stands nowhere, or in several places, as on radix
    /// accounts.
    pub fn position(&self, write: PlannedWrite) -> Option<usize> {
        let mut positions = (0..self.writes.len()).filter(|&position| self.writes[position] == write);
        positions.next().filter(|_| positions.next().is_none())
    }

    /// Of `session`, on an account of its own or its group's.
    pub(super) fn new(
        frame: &SharedPlan,
        family: AccountFamily,
        account: AccountId,
        session: usize,
    ) -> WriteScript {
        let mut rng = frame.rng(WorkloadPurpose::Script, [account.0, session as u64]);
        let kinds = kinds(frame, family, &mut rng);
        let amounts = match family {
            AccountFamily::Natural => natural::amounts(&frame.plan.families.natural, &mut rng),
            AccountFamily::Digit => (0..kinds.len()).map(digit::amount).collect(),
            AccountFamily::Radix => {
                let sharer = session as u32 % frame.plan.families.radix.sharers;
                kinds.iter().map(|&kind| frame.positional.amount(sharer, kind)).collect()
            }
        };
        let write =
            |(kind, amount)| PlannedWrite { kind, amount: Amount::new(amount).expect("none is zero") };
        WriteScript { writes: kinds.into_iter().zip(amounts).map(write).collect() }
    }

    pub(super) fn amounts(&self) -> Vec<u64> {
        self.writes.iter().map(|write| write.amount.get()).collect()
    }

    /// Which of the writes are withdrawals. Not for radix accounts, whose scripts are longer than a set.
    pub(super) fn withdrawals(&self) -> WriteSet {
        let is_withdrawal = |&position: &usize| match self.writes[position].kind {
            WriteKind::Deposit => false,
            WriteKind::Withdraw => true,
        };
        (0..self.writes.len()).filter(is_withdrawal).collect()
    }
}

/// As many writes as the account takes from a session, withdrawals among them as the mix has it.
fn kinds(frame: &SharedPlan, family: AccountFamily, rng: &mut KeyedRng) -> Vec<WriteKind> {
    let withdrawals = frame.plan.mix.withdrawals_of_writes();
    let mut kind = || if rng.chance(withdrawals) { WriteKind::Withdraw } else { WriteKind::Deposit };
    (0..frame.layout.writes(family)).map(|_| kind()).collect()
}
