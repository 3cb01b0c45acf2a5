//! Accounts with several writers, whose balances tell how many writes of each they include.

use std::collections::BTreeMap;

use crate::model::WriteKind;
use crate::workload::{PlannedWrite, Script, Visible};

use super::look::{Contradiction, Corruption, Look, Sight};
use super::records::{Fate, Read, Write, includes};

/// One account's writes by customer and kind, which no balance tells apart.
pub(super) struct Shared<'a> {
    alike: BTreeMap<(usize, WriteKind), Vec<&'a Write<'a>>>,
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
    /// Begun, and nobody knows whether it happened.
    unknown: u64,
    /// Owed to the reader.
    owed: u64,
    /// Acknowledged at any time, and named by the reply's witness.
    named: u64,
}

impl<'a> Shared<'a> {
    /// `None` if one of the writes is not in the script of whoever made it.
    pub fn of(scripts: &BTreeMap<usize, Script>, writes: &[&'a Write<'a>]) -> Option<Shared<'a>> {
        let mut alike: BTreeMap<(usize, WriteKind), Vec<&Write>> = BTreeMap::new();
        for &write in writes {
            let planned = PlannedWrite { kind: write.kind, amount: write.amount };
            scripts.get(&write.by.customer).filter(|script| script.writes().contains(&planned))?;
            alike.entry((write.by.customer, write.kind)).or_default().push(write);
        }
        Some(Shared { alike })
    }

    pub fn look(&self, visible: &[Visible], read: &Read) -> Look<'a> {
        let shown: Vec<(Shown, Known)> =
            visible.iter().flat_map(Shown::by_kind).map(|shown| (shown, self.known(shown, read))).collect();
        if let Some(corruption) = shown.iter().find_map(|(shown, known)| shown.corruption(known)) {
            return Look::corrupt(corruption);
        }
        let any =
            |wanted: fn(&Shown, &Known) -> bool| shown.iter().any(|(shown, known)| wanted(shown, known));
        let sight = match (any(Shown::misses_owed), any(Shown::may_miss_owed)) {
            (true, _) => Sight::Stale,
            (false, true) => Sight::Undecided,
            (false, false) => Sight::Fresh,
        };
        Look { sight, contradiction: shown.iter().find_map(|(shown, known)| shown.contradiction(known)) }
    }

    fn known(&self, Shown { customer, kind, .. }: Shown, read: &Read) -> Known {
        let mut known = Known::default();
        for write in self.alike.get(&(customer, kind)).into_iter().flatten() {
            let has_begun = u64::from(read.ends_after_the_start_of(write));
            match write.fate {
                Fate::Acknowledged(dot) => {
                    known.begun += has_begun;
                    known.owed += u64::from(read.is_owed(write));
                    known.named += u64::from(includes(read.witness, dot));
                }
                Fate::Unknown => {
                    known.begun += has_begun;
                    known.unknown += has_begun;
                }
                Fate::Refused => {}
            }
        }
        known
    }
}

impl Shown {
    fn by_kind(&Visible { session: customer, deposits, withdrawals }: &Visible) -> [Shown; 2] {
        [(WriteKind::Deposit, deposits), (WriteKind::Withdraw, withdrawals)].map(|(kind, count)| Shown {
            customer,
            kind,
            count,
        })
    }

    fn corruption(&self, known: &Known) -> Option<Corruption<'static>> {
        let Shown { customer, kind, count: shown } = *self;
        let begun = known.begun;
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
