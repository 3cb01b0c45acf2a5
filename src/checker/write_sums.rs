//! Accounts whose balances do not decode: the sum of the writes that a witness names.

use std::collections::BTreeMap;

use crate::history::{OriginIndex, ShortDot};

use super::balance_evidence::{BalanceEvidence, Contradiction, Freshness};
use super::records::{ReadRecord, WriteFate, WriteRecord};

/// One account's writes, in ways in which they are quickly added up.
pub(super) struct WriteSums {
    opening: i128,
    /// By origin, in order of counters: a counter, and the sum of the writes up to it.
    named: BTreeMap<OriginIndex, Vec<(u64, i128)>>,
    /// When those of unknown outcome began, rising.
    unknown: Vec<u64>,
}

impl WriteSums {
    pub fn of(opening: i64, writes: &[&WriteRecord]) -> WriteSums {
        let mut sums = WriteSums { opening: opening.into(), named: BTreeMap::new(), unknown: Vec::new() };
        for write in writes {
            match write.fate {
                WriteFate::Acknowledged(ShortDot(origin, counter)) => {
                    sums.named.entry(origin).or_default().push((counter, write.delta()));
                }
                WriteFate::Unknown => sums.unknown.push(write.invoked.event.t.0),
                WriteFate::Refused => {}
            }
        }
        sums.unknown.sort_unstable();
        for named in sums.named.values_mut() {
            named.sort_unstable();
            let mut sum = 0;
            for (_, delta) in named {
                sum += *delta;
                *delta = sum;
            }
        }
        sums
    }

    /// Nothing is decided about what the read is owed; but without unknown writes the balance can be only one.
    pub fn evidence(&self, read: &ReadRecord) -> BalanceEvidence<'static> {
        let is_known = self.unknown.first().is_none_or(|&began| began > read.completed.event.t.0);
        let named = self.named.iter().map(|(&origin, sums)| {
            let counter = read.witness.get(origin);
            sums[..sums.partition_point(|sum| sum.0 <= counter)].last().map_or(0, |sum| sum.1)
        });
        let due = self.opening + named.sum::<i128>();
        let contradicts = is_known && due != read.balance.into();
        BalanceEvidence::new(Freshness::Undecided, contradicts.then_some(Contradiction::Sum { due }))
    }
}
