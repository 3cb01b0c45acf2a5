//! The writes of an account, in the order in which a session makes them.

use super::super::purpose::WorkloadPurpose;
use super::family::AccountFamily;
use super::rules::AccountRules;
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
    /// Deposit or withdrawal.
    pub kind: WriteKind,
    /// How much it moves.
    pub amount: Amount,
}

impl WriteScript {
    /// The writes in the order in which the session makes them.
    pub fn writes(&self) -> &[PlannedWrite] {
        &self.writes
    }

    /// The position of such a write in the script; `None` if it is not there, or several times, as on radix accounts.
    pub fn position(&self, write: PlannedWrite) -> Option<usize> {
        let mut positions = (0..self.writes.len()).filter(|&position| self.writes[position] == write);
        positions.next().filter(|_| positions.next().is_none())
    }

    /// The script of `session` on an account of its own or its group's.
    pub(in crate::workload) fn new(
        rules: &AccountRules,
        family: AccountFamily,
        account: AccountId,
        session: usize,
    ) -> WriteScript {
        let mut rng = WorkloadPurpose::Script.rng(rules.seed, [account.0, session as u64]);
        let kinds = kinds(rules, family, &mut rng);
        let amounts = match family {
            AccountFamily::Natural => natural::amounts(&rules.families.natural, &mut rng),
            AccountFamily::Digit => (0..kinds.len()).map(digit::amount).collect(),
            AccountFamily::Radix => {
                let sharer = session as u32 % rules.families.radix.sharers;
                kinds.iter().map(|&kind| rules.positional.amount(sharer, kind)).collect()
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
fn kinds(rules: &AccountRules, family: AccountFamily, rng: &mut KeyedRng) -> Vec<WriteKind> {
    let mut kind = || if rng.chance(rules.withdrawals) { WriteKind::Withdraw } else { WriteKind::Deposit };
    (0..rules.layout.writes(family)).map(|_| kind()).collect()
}
