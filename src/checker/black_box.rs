//! The black box: what balances say, whatever the branches say about themselves.

use std::collections::BTreeMap;

use crate::history;
use crate::model::{AccountId, WriteKind};
use crate::workload::{AccountFamily, Accounts, Decoded, Decoder};

use super::look::{BalanceEvidence, Corruption};
use super::memory::{Memories, WriteTally};
use super::plain::WriteSums;
use super::private::Private;
use super::records::{ReadRecord, Records, WriteRecord};
use super::shared::SharedAccount;

pub(super) struct BlackBox<'a> {
    /// One for each read, in the same order.
    pub looks: Vec<BalanceEvidence<'a>>,
    /// What is wrong with what accounts hold at the end.
    pub at_end: Vec<(AccountId, AtEnd<'a>)>,
    /// Why some balances could not be read, if the history and the workload do not belong together.
    pub undecidable: Option<String>,
}

/// What is wrong with what an account holds at the end.
#[derive(Debug, Clone, Copy)]
pub(super) enum AtEnd<'a> {
    Corrupt(Corruption<'a>),
    /// It does not include a write that was acknowledged and is not lost.
    Lacks(&'a WriteRecord<'a>),
    /// It includes fewer writes of a customer than were acknowledged and are not lost.
    LacksSome {
        customer: usize,
        kind: WriteKind,
    },
}

/// Looks at the balance of every read, and of the accounts `in_doubt` at what they hold at the end. Account by account,
/// since what reads balances of one may be large.
pub(super) fn look<'a>(
    records: &'a Records<'a>,
    started_with: &history::InitialBalances,
    accounts: &Accounts,
    in_doubt: &BTreeMap<AccountId, i64>,
) -> BlackBox<'a> {
    let mut black_box = BlackBox {
        looks: vec![BalanceEvidence::BLIND; records.reads.len()],
        at_end: Vec::new(),
        undecidable: None,
    };
    if let Some(reason) = other_accounts(started_with, accounts) {
        return BlackBox { undecidable: Some(reason), ..black_box };
    }
    let mut unreadable = Vec::new();
    for (account, page) in pages(records, in_doubt) {
        let opening = started_with.initial(account).unwrap_or(0);
        let mut ledger = AccountModel::of(accounts, account, opening, &page.writes);
        if ledger.is_plain() {
            unreadable.extend((!page.reads.is_empty()).then_some(account));
        }
        ledger.look(&page, records, &mut black_box.looks);
        let at_end = in_doubt.get(&account).and_then(|&balance| ledger.at_end(balance));
        black_box.at_end.extend(at_end.map(|fault| (account, fault)));
    }
    black_box.undecidable = unreadable.first().map(|first| {
        let count = unreadable.len();
        format!("accounts with operations that the workload does not plan: {count}, the first is {first}")
    });
    black_box
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
struct Page<'a> {
    writes: Vec<&'a WriteRecord<'a>>,
    /// Indices.
    reads: Vec<usize>,
}

/// The accounts that were read, and those in doubt.
fn pages<'a>(records: &'a Records<'a>, in_doubt: &BTreeMap<AccountId, i64>) -> BTreeMap<AccountId, Page<'a>> {
    let mut pages: BTreeMap<AccountId, Page> =
        in_doubt.keys().map(|&account| (account, Page::default())).collect();
    for (index, read) in records.reads.iter().enumerate() {
        pages.entry(read.account).or_default().reads.push(index);
    }
    for write in &records.writes {
        if let Some(page) = pages.get_mut(&write.account) {
            page.writes.push(write);
        }
    }
    pages
}

/// The writes of one account, and what its balances mean.
enum AccountModel<'a> {
    One(Decoder, Private<'a>),
    Several(Decoder, SharedAccount),
    /// The workload does not plan one of the writes.
    Plain(WriteSums),
}

impl<'a> AccountModel<'a> {
    fn of(
        accounts: &Accounts,
        account: AccountId,
        opening: i64,
        writes: &[&'a WriteRecord<'a>],
    ) -> AccountModel<'a> {
        AccountModel::decoding(accounts, account, writes)
            .unwrap_or_else(|| AccountModel::Plain(WriteSums::of(opening, writes)))
    }

    /// `None` if the workload has no such account, or does not plan one of the writes.
    fn decoding(
        accounts: &Accounts,
        account: AccountId,
        writes: &[&'a WriteRecord<'a>],
    ) -> Option<AccountModel<'a>> {
        let place = accounts.place(account)?;
        let decoder = accounts.decoder(account)?;
        Some(match place.family {
            AccountFamily::Natural | AccountFamily::Digit => {
                let owner = place.sessions.start;
                AccountModel::One(decoder, Private::of(owner, accounts.script(account, owner)?, writes)?)
            }
            AccountFamily::Radix => {
                let scripts =
                    place.sessions.map(|session| Some((session, accounts.script(account, session)?)));
                AccountModel::Several(decoder, SharedAccount::of(&scripts.collect::<Option<_>>()?, writes)?)
            }
        })
    }

    fn is_plain(&self) -> bool {
        match self {
            AccountModel::Plain(_) => true,
            AccountModel::One(..) | AccountModel::Several(..) => false,
        }
    }

    /// Looks at all reads of the account.
    fn look(&mut self, page: &Page<'a>, records: &'a Records<'a>, looks: &mut [BalanceEvidence<'a>]) {
        let mut seen: Vec<(usize, &ReadRecord, Option<WriteTally>)> = Vec::with_capacity(page.reads.len());
        for &index in &page.reads {
            let read = &records.reads[index];
            let (look, tally) = self.look_at(read);
            looks[index] = look;
            seen.push((index, read, tally));
        }
        if self.is_plain() {
            return;
        }
        let Memories { lost, before } = Memories::of(&seen, &page.writes);
        for ((index, ..), lost) in seen.iter().zip(lost) {
            looks[*index].falls_from = lost;
        }
        let AccountModel::One(decoder, private) = self else { return };
        private.remember(&page.writes, before);
        for (index, read, tally) in &seen {
            if let (Decoded::Writes { applied, .. }, Some(_)) = (decoder.decode(read.balance), tally) {
                looks[*index].after_own = private.after_own(applied);
                looks[*index].after_seen = private.after_seen(applied);
            }
        }
    }

    /// The look, and what the balance includes if that can be.
    fn look_at(&self, read: &ReadRecord) -> (BalanceEvidence<'a>, Option<WriteTally>) {
        let (look, tally) = match self {
            AccountModel::One(decoder, private) => match decoder.decode(read.balance) {
                Decoded::Writes { applied, twice } => {
                    (private.look(applied, twice, read), private.tally(applied))
                }
                Decoded::NoSubset | Decoded::Corrupt => {
                    return (BalanceEvidence::corrupt(Corruption::Unexplained), None);
                }
                Decoded::Counts(_) => unreachable!("counts are told by accounts with several writers"),
            },
            AccountModel::Several(decoder, shared) => match decoder.decode(read.balance) {
                Decoded::Counts(visible) => (shared.look(&visible, read), SharedAccount::tally(&visible)),
                Decoded::NoSubset | Decoded::Corrupt => {
                    return (BalanceEvidence::corrupt(Corruption::Unexplained), None);
                }
                Decoded::Writes { .. } => unreachable!("sets are told by accounts with one writer"),
            },
            AccountModel::Plain(plain) => return (plain.look(read), None),
        };
        let tally = (!look.is_corrupt()).then_some(tally);
        (look, tally)
    }

    fn at_end(&self, balance: i64) -> Option<AtEnd<'a>> {
        match self {
            AccountModel::One(decoder, private) => match decoder.decode(balance) {
                Decoded::Writes { applied, twice } => {
                    let corrupt = private.at_end(applied, twice).map(AtEnd::Corrupt);
                    corrupt.or_else(|| private.missing_at_end(applied).map(AtEnd::Lacks))
                }
                Decoded::NoSubset | Decoded::Corrupt => Some(AtEnd::Corrupt(Corruption::Unexplained)),
                Decoded::Counts(_) => unreachable!("counts are told by accounts with several writers"),
            },
            AccountModel::Several(decoder, shared) => match decoder.decode(balance) {
                Decoded::Counts(visible) => {
                    let lacks = |(customer, kind)| AtEnd::LacksSome { customer, kind };
                    let corrupt = shared.at_end(&visible).map(AtEnd::Corrupt);
                    corrupt.or_else(|| shared.missing_at_end(&visible).map(lacks))
                }
                Decoded::NoSubset | Decoded::Corrupt => Some(AtEnd::Corrupt(Corruption::Unexplained)),
                Decoded::Writes { .. } => unreachable!("sets are told by accounts with one writer"),
            },
            AccountModel::Plain(_) => None,
        }
    }
}
