//! The black box: what balances say, whatever the branches say about themselves.

use std::collections::BTreeMap;

use crate::history;
use crate::model::AccountId;
use crate::workload::{Accounts, Decoded, Decoder, Family};

use super::look::{Corruption, Look};
use super::private::Private;
use super::records::{Read, Records, Write};
use super::shared::Shared;

pub(super) struct BlackBox<'a> {
    /// One for each read, in the same order.
    pub looks: Vec<Look<'a>>,
    /// Why some balances could not be read, if the history and the workload do not belong together.
    pub undecidable: Option<String>,
}

/// Looks at the balance of every read. Account by account, since what reads balances of one may be large.
pub(super) fn look<'a>(
    records: &'a Records<'a>,
    started_with: &history::Accounts,
    accounts: &Accounts,
) -> BlackBox<'a> {
    let mut looks = vec![Look::BLIND; records.reads.len()];
    if let Some(reason) = other_accounts(started_with, accounts) {
        return BlackBox { looks, undecidable: Some(reason) };
    }
    let mut unreadable = Vec::new();
    for (account, page) in pages(records) {
        match Ledger::of(accounts, account, &page.writes) {
            Some(ledger) => {
                page.reads.iter().for_each(|&index| looks[index] = ledger.look(&records.reads[index]))
            }
            None => unreadable.push(account),
        }
    }
    let undecidable = unreadable.first().map(|first| {
        let count = unreadable.len();
        format!("accounts with operations that the workload does not plan: {count}, the first is {first}")
    });
    BlackBox { looks, undecidable }
}

/// How the accounts at the start differ from those of the workload.
fn other_accounts(started_with: &history::Accounts, accounts: &Accounts) -> Option<String> {
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
    writes: Vec<&'a Write<'a>>,
    /// Indices.
    reads: Vec<usize>,
}

/// The accounts that were read.
fn pages<'a>(records: &'a Records<'a>) -> BTreeMap<AccountId, Page<'a>> {
    let mut pages: BTreeMap<AccountId, Page> = BTreeMap::new();
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
struct Ledger<'a> {
    decoder: Decoder,
    writers: Writers<'a>,
}

enum Writers<'a> {
    One(Private<'a>),
    Several(Shared<'a>),
}

impl<'a> Ledger<'a> {
    /// `None` if the workload has no such account, or does not plan one of the writes.
    fn of(accounts: &Accounts, account: AccountId, writes: &[&'a Write<'a>]) -> Option<Ledger<'a>> {
        let place = accounts.place(account)?;
        let writers = match place.family {
            Family::Natural | Family::Digit => {
                let owner = place.sessions.start;
                Writers::One(Private::of(owner, accounts.script(account, owner)?, writes)?)
            }
            Family::Radix => {
                let scripts =
                    place.sessions.map(|session| Some((session, accounts.script(account, session)?)));
                Writers::Several(Shared::of(&scripts.collect::<Option<_>>()?, writes)?)
            }
        };
        Some(Ledger { decoder: accounts.decoder(account)?, writers })
    }

    fn look(&self, read: &Read) -> Look<'a> {
        match (self.decoder.decode(read.balance), &self.writers) {
            (Decoded::Writes { applied, twice }, Writers::One(private)) => private.look(applied, twice, read),
            (Decoded::Counts(visible), Writers::Several(shared)) => shared.look(&visible, read),
            (Decoded::NoSubset | Decoded::Corrupt, _) => Look::corrupt(Corruption::Unexplained),
            (Decoded::Writes { .. }, Writers::Several(_)) | (Decoded::Counts(_), Writers::One(_)) => {
                unreachable!("sets are told by accounts with one writer, and counts by those with several")
            }
        }
    }
}
