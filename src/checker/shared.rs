//! Accounts with several writers, whose balances show how many writes of each they include.

use std::collections::BTreeMap;

use crate::history::{OriginIndex, ShortDot, Witness};
use crate::model::{Time, WriteKind};
use crate::workload::{Decoded, Decoder, PlannedWrite, Visible, WriteScript};

use super::balance_evidence::{AtEnd, BalanceEvidence, Contradiction, Corruption, Freshness};
use super::memory::WriteTally;
use super::records::{Gone, ReadRecord, WriteFate, WriteRecord};

/// One account's writes by customer and kind: writes alike that no balance distinguishes.
pub(super) struct SharedAccount {
    decoder: Decoder,
    alike: BTreeMap<(usize, WriteKind), Alike>,
}

/// A customer's writes of one kind, in ways in which they are quickly counted. All lists rise.
#[derive(Debug, Default)]
struct Alike {
    /// When and on which line those began that were not refused.
    begun: Vec<(Time, u64)>,
    /// The same of those of unknown outcome.
    unknown: Vec<(Time, u64)>,
    /// By token: the lines on which they were acknowledged.
    acknowledged: BTreeMap<usize, Vec<u64>>,
    /// By origin: the counters of those that were.
    named: BTreeMap<OriginIndex, Vec<u64>>,
    /// Acknowledged, and not lost.
    lasting: u64,
}

/// How many of a customer's writes of one kind the balance includes.
#[derive(Debug, Clone, Copy)]
struct Shown {
    customer: usize,
    kind: WriteKind,
    count: u64,
}

/// What is known of those writes when a read ends.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    /// Begun, and not refused.
    begun: u64,
    /// Begun, and of unknown outcome.
    unknown: u64,
    /// Owed to the reader.
    owed: u64,
    /// Acknowledged at any time, and named by the reply's witness.
    named: u64,
}

impl SharedAccount {
    /// `None` if one of the writes is not in the script of the customer that made it.
    pub fn of(
        decoder: Decoder,
        scripts: &BTreeMap<usize, WriteScript>,
        writes: &[&WriteRecord],
    ) -> Option<SharedAccount> {
        let mut alike: BTreeMap<(usize, WriteKind), Alike> = BTreeMap::new();
        for &write in writes {
            let planned = PlannedWrite { kind: write.kind, amount: write.amount };
            scripts.get(&write.by.customer).filter(|script| script.writes().contains(&planned))?;
            alike.entry((write.by.customer, write.kind)).or_default().take(write);
        }
        alike.values_mut().for_each(Alike::sort);
        Some(SharedAccount { decoder, alike })
    }

    /// What the read's balance proves, and what it includes if that can be.
    pub fn evidence(&self, read: &ReadRecord) -> (BalanceEvidence<'static>, Option<WriteTally>) {
        let Some(shown) = self.shown(read.balance) else {
            return (BalanceEvidence::corrupt(Corruption::Unexplained), None);
        };
        let known: Vec<(Shown, Known)> =
            shown.iter().map(|&shown| (shown, self.known(shown, read))).collect();
        if let Some(corruption) = known.iter().find_map(|(shown, known)| shown.corruption(known.begun)) {
            return (BalanceEvidence::corrupt(corruption), None);
        }
        let any =
            |wanted: fn(&Shown, &Known) -> bool| known.iter().any(|(shown, known)| wanted(shown, known));
        let freshness = match (any(Shown::misses_owed), any(Shown::may_miss_owed)) {
            (true, _) => Freshness::Stale,
            (false, true) => Freshness::Undecided,
            (false, false) => Freshness::Fresh,
        };
        let contradiction = known.iter().find_map(|(shown, known)| shown.contradiction(known));
        let counts =
            shown.iter().map(|shown| u16::try_from(shown.count).expect("a radix is below 512")).collect();
        (BalanceEvidence::new(freshness, contradiction), Some(WriteTally(counts)))
    }

    /// What is wrong with what the account holds at the end: writes that cannot be there, else a customer and a kind of
    /// which fewer are there than were acknowledged.
    pub fn at_end(&self, balance: i64) -> Option<AtEnd<'static>> {
        let Some(shown) = self.shown(balance) else { return Some(AtEnd::Corrupt(Corruption::Unexplained)) };
        let begun = |shown: &Shown| self.of_kind(*shown).map_or(0, |alike| alike.begun.len() as u64);
        let corrupt = shown.iter().find_map(|shown| shown.corruption(begun(shown)));
        let is_missing =
            |shown: &&Shown| self.of_kind(**shown).is_some_and(|alike| shown.count < alike.lasting);
        let missing = || shown.iter().find(is_missing);
        let lacks = |&Shown { customer, kind, .. }: &Shown| AtEnd::LacksSome { customer, kind };
        corrupt.map(AtEnd::Corrupt).or_else(|| missing().map(lacks))
    }

    /// What a balance includes, if it can be at all.
    fn shown(&self, balance: i64) -> Option<Vec<Shown>> {
        match self.decoder.decode(balance) {
            Decoded::Counts(visible) => Some(visible.iter().flat_map(Shown::by_kind).collect()),
            Decoded::NoSubset | Decoded::Corrupt => None,
            Decoded::Writes { .. } => unreachable!("an account with several writers decodes to counts"),
        }
    }

    fn of_kind(&self, Shown { customer, kind, .. }: Shown) -> Option<&Alike> {
        self.alike.get(&(customer, kind))
    }

    fn known(&self, shown: Shown, read: &ReadRecord) -> Known {
        self.of_kind(shown).map(|alike| alike.known(shown.customer, read)).unwrap_or_default()
    }
}

impl Alike {
    fn take(&mut self, write: &WriteRecord) {
        let began = (write.invoked.event.t, write.invoked.line);
        match write.fate {
            WriteFate::Acknowledged(ShortDot(origin, counter)) => {
                self.begun.push(began);
                let lines = self.acknowledged.entry(write.by.token).or_default();
                lines.extend(write.acknowledged().map(|(line, _)| line));
                self.named.entry(origin).or_default().push(counter);
                self.lasting += u64::from(write.gone != Some(Gone::Lost));
            }
            WriteFate::Unknown => {
                self.begun.push(began);
                self.unknown.push(began);
            }
            WriteFate::Refused => {}
        }
    }

    fn sort(&mut self) {
        self.begun.sort_unstable();
        self.unknown.sort_unstable();
        self.acknowledged.values_mut().for_each(|lines| lines.sort_unstable());
        self.named.values_mut().for_each(|counters| counters.sort_unstable());
    }

    fn known(&self, customer: usize, read: &ReadRecord) -> Known {
        // The same conditions as `ReadRecord::ends_after_the_start_of` and `ReadRecord::is_owed`.
        let begun_by_then =
            |began: &[(Time, u64)]| began.partition_point(|&began| read.ends_after(customer, began)) as u64;
        let before = |lines: &Vec<u64>| up_to(lines, read.invoked.line - 1);
        Known {
            begun: begun_by_then(&self.begun),
            unknown: begun_by_then(&self.unknown),
            owed: self.acknowledged.get(&read.by.token).map_or(0, before),
            named: self.named_by(read.witness),
        }
    }

    fn named_by(&self, witness: &Witness) -> u64 {
        self.named.iter().map(|(&origin, counters)| up_to(counters, witness.get(origin))).sum()
    }
}

/// How many of these rising numbers are not above another.
fn up_to(rising: &[u64], most: u64) -> u64 {
    rising.partition_point(|&number| number <= most) as u64
}

impl Shown {
    fn by_kind(&Visible { session: customer, deposits, withdrawals }: &Visible) -> [Shown; 2] {
        [(WriteKind::Deposit, deposits), (WriteKind::Withdraw, withdrawals)].map(|(kind, count)| Shown {
            customer,
            kind,
            count,
        })
    }

    fn corruption(&self, begun: u64) -> Option<Corruption<'static>> {
        let Shown { customer, kind, count: shown } = *self;
        (shown > begun).then_some(Corruption::TooMany { customer, kind, shown, begun })
    }

    fn misses_owed(&self, known: &Known) -> bool {
        self.count < known.owed
    }

    /// Writes that are not owed may be there in the place of some that are, unless all are there.
    fn may_miss_owed(&self, known: &Known) -> bool {
        known.owed > 0 && self.count < known.begun
    }

    fn contradiction(&self, known: &Known) -> Option<Contradiction<'static>> {
        let Shown { customer, kind, count: shown } = *self;
        let Known { named, unknown, .. } = *known;
        let agree = (named..=named + unknown).contains(&shown);
        (!agree).then_some(Contradiction::Count { customer, kind, shown, named, unknown })
    }
}
