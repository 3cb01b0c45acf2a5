//! The black box: what balances prove, whatever the branches report about themselves.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::history;
use crate::model::AccountId;
use crate::workload::{AccountFamily, Accounts};

use super::Watch;
use super::balance_evidence::{AtEnd, BalanceEvidence};
use super::memory::{Memories, WriteTally};
use super::private::PrivateAccount;
use super::records::{ReadRecord, Records, WriteRecord};
use super::shared::SharedAccount;
use super::write_sums::WriteSums;

/// What all balances prove.
pub(super) struct BlackBox<'a> {
    /// One for each read, in the same order.
    pub evidence: Vec<BalanceEvidence<'a>>,
    /// What is wrong with what accounts hold at the end.
    pub at_end: Vec<(AccountId, AtEnd<'a>)>,
    /// Why some balances could not be read, if the history and the workload do not belong together.
    pub undecidable: Option<String>,
}

/// Decodes the balance of every read, and what the accounts `in_doubt` hold at the end. It goes account by account,
/// since a decoder may be large.
pub(super) fn inspect<'a>(
    records: &'a Records<'a>,
    started_with: &history::InitialBalances,
    accounts: &Accounts,
    in_doubt: &BTreeMap<AccountId, i64>,
    watch: Watch,
) -> ControlFlow<(), BlackBox<'a>> {
    let mut black_box = BlackBox {
        evidence: vec![BalanceEvidence::NOTHING; records.reads.len()],
        at_end: Vec::new(),
        undecidable: None,
    };
    if let Some(reason) = other_accounts(started_with, accounts) {
        return ControlFlow::Continue(BlackBox { undecidable: Some(reason), ..black_box });
    }
    let mut unreadable = Vec::new();
    for (id, account) in by_account(records, in_doubt) {
        watch()?;
        let opening = started_with.initial(id).unwrap_or(0);
        let mut model = AccountModel::of(accounts, id, opening, &account.writes);
        if model.is_unplanned() && !account.reads.is_empty() {
            unreadable.push(id);
        }
        model.inspect(&account, records, &mut black_box.evidence, watch)?;
        let at_end = in_doubt.get(&id).and_then(|&balance| model.at_end(balance));
        black_box.at_end.extend(at_end.map(|fault| (id, fault)));
    }
    black_box.undecidable = unreadable.first().map(|first| {
        let count = unreadable.len();
        format!("accounts with operations that the workload does not plan: {count}, the first is {first}")
    });
    ControlFlow::Continue(black_box)
}

/// How the accounts at the start differ from those of the workload.
fn other_accounts(started_with: &history::InitialBalances, accounts: &Accounts) -> Option<String> {
    let (found, planned) = (started_with.count, accounts.count());
    if found != planned {
        return Some(format!("the history has {found} accounts and the workload {planned}"));
    }
    let balances = accounts.initial_balances().into_iter().zip((0..).map(AccountId));
    let differs = |&(planned, account): &(i64, AccountId)| started_with.initial(account) != Some(planned);
    let (planned, account) = balances.into_iter().find(differs)?;
    Some(format!("account {account} does not start with {planned}, as the workload has it"))
}

/// What concerns one account.
#[derive(Default)]
struct AccountRecords<'a> {
    writes: Vec<&'a WriteRecord<'a>>,
    /// Indices.
    reads: Vec<usize>,
}

/// The accounts that were read, and those in doubt.
fn by_account<'a>(
    records: &'a Records<'a>,
    in_doubt: &BTreeMap<AccountId, i64>,
) -> BTreeMap<AccountId, AccountRecords<'a>> {
    let mut accounts: BTreeMap<AccountId, AccountRecords> =
        in_doubt.keys().map(|&account| (account, AccountRecords::default())).collect();
    for (index, read) in records.reads.iter().enumerate() {
        accounts.entry(read.account).or_default().reads.push(index);
    }
    for write in &records.writes {
        if let Some(account) = accounts.get_mut(&write.account) {
            account.writes.push(write);
        }
    }
    accounts
}

/// The writes of one account, and what its balances mean.
enum AccountModel<'a> {
    Private(PrivateAccount<'a>),
    Shared(SharedAccount),
    /// The workload does not plan one of the writes.
    Unplanned(WriteSums),
}

impl<'a> AccountModel<'a> {
    fn of(
        accounts: &Accounts,
        account: AccountId,
        opening: i64,
        writes: &[&'a WriteRecord<'a>],
    ) -> AccountModel<'a> {
        AccountModel::planned(accounts, account, writes)
            .unwrap_or_else(|| AccountModel::Unplanned(WriteSums::of(opening, writes)))
    }

    /// `None` if the workload has no such account, or does not plan one of the writes.
    fn planned(
        accounts: &Accounts,
        account: AccountId,
        writes: &[&'a WriteRecord<'a>],
    ) -> Option<AccountModel<'a>> {
        let place = accounts.place(account)?;
        let decoder = accounts.decoder(account)?;
        Some(match place.family {
            AccountFamily::Natural | AccountFamily::Digit => {
                let owner = place.sessions.start;
                let script = accounts.script(account, owner)?;
                AccountModel::Private(PrivateAccount::of(decoder, owner, script, writes)?)
            }
            AccountFamily::Radix => {
                let scripts =
                    place.sessions.map(|session| Some((session, accounts.script(account, session)?)));
                let scripts = scripts.collect::<Option<_>>()?;
                AccountModel::Shared(SharedAccount::of(decoder, &scripts, writes)?)
            }
        })
    }

    fn is_unplanned(&self) -> bool {
        match self {
            AccountModel::Unplanned(_) => true,
            AccountModel::Private(_) | AccountModel::Shared(_) => false,
        }
    }

    /// Decodes the balances of all reads of the account.
    fn inspect(
        &mut self,
        account: &AccountRecords<'a>,
        records: &'a Records<'a>,
        evidence: &mut [BalanceEvidence<'a>],
        watch: Watch,
    ) -> ControlFlow<()> {
        let mut reads: Vec<(usize, &ReadRecord, Option<WriteTally>)> =
            Vec::with_capacity(account.reads.len());
        for &index in &account.reads {
            watch()?;
            let read = &records.reads[index];
            let (of_read, tally) = self.evidence(read);
            evidence[index] = of_read;
            reads.push((index, read, tally));
        }
        if self.is_unplanned() {
            return ControlFlow::Continue(());
        }

        // From read to read.
        let Memories { lost, before } = Memories::of(&reads, &account.writes);
        for ((index, ..), lost) in reads.iter().zip(lost) {
            evidence[*index].falls_from = lost;
        }

        // From write to write: only private accounts distinguish writes.
        let AccountModel::Private(private) = self else { return ControlFlow::Continue(()) };
        private.remember(&account.writes, before);
        for (index, read, _) in reads.iter().filter(|(_, _, tally)| tally.is_some()) {
            watch()?;
            (evidence[*index].after_own, evidence[*index].after_seen) = private.out_of_order(read);
        }
        ControlFlow::Continue(())
    }

    /// The evidence, and what the balance includes if that can be.
    fn evidence(&self, read: &ReadRecord) -> (BalanceEvidence<'a>, Option<WriteTally>) {
        match self {
            AccountModel::Private(private) => private.evidence(read),
            AccountModel::Shared(shared) => shared.evidence(read),
            AccountModel::Unplanned(sums) => (sums.evidence(read), None),
        }
    }

    fn at_end(&self, balance: i64) -> Option<AtEnd<'a>> {
        match self {
            AccountModel::Private(private) => private.at_end(balance),
            AccountModel::Shared(shared) => shared.at_end(balance),
            AccountModel::Unplanned(_) => None,
        }
    }
}
