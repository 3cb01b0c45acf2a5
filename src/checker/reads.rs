//! What both boxes say of each read, put together.

use crate::model::Guarantees;
use crate::results::{BlackBoxCounts, Broken};

use super::look::{BalanceEvidence, Freshness};
use super::order::OutOfOrder;
use super::proof::{Prover, Why, misses};
use super::records::ReadRecord;
use super::sweep::{WitnessPass, foreseen};
use super::violations::{BrokenRule, Violations};
use super::words::ViolationText;

/// What is known of all reads, each list in their order.
pub(super) struct ReadTable<'a> {
    pub binds: Guarantees,
    pub prover: Prover<'a>,
    pub sweep: &'a WitnessPass,
    pub looks: &'a [BalanceEvidence<'a>],
    /// Writes that show without own ones before them.
    pub own: &'a OutOfOrder<'a>,
    /// Writes that show without what their sessions had been shown before.
    pub seen: &'a OutOfOrder<'a>,
}

/// How many reads were what.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub stale: u64,
    pub black_box: BlackBoxCounts,
    pub monotonic_reads: Broken,
    pub monotonic_writes: Broken,
    pub writes_follow_reads: Broken,
}

impl ReadTable<'_> {
    pub fn judge(&self, violations: &mut Violations) -> Counts {
        let mut counts = Counts::default();
        for (index, read) in self.prover.records.reads.iter().enumerate() {
            let look = &self.looks[index];
            self.staleness(index, read, look, &mut counts, violations);
            self.fall(index, read, look, &mut counts, violations);
            self.orders(index, read, look, &mut counts, violations);
            self.honesty(index, read, look, &mut counts, violations);
        }
        counts
    }

    fn staleness(
        &self,
        index: usize,
        read: &ReadRecord,
        look: &BalanceEvidence,
        counts: &mut Counts,
        violations: &mut Violations,
    ) {
        let is_stale = self.sweep.stale[index];
        counts.stale += u64::from(is_stale);
        if is_stale && self.binds.read_your_writes {
            violations.note(BrokenRule::ReadYourWrites, read.completed.line, || {
                let missing = misses(self.prover.records, read).collect::<Vec<_>>();
                self.words().stale(read, &missing, &look.sight)
            });
        }
        match &look.sight {
            Freshness::Fresh => counts.black_box.decided += 1,
            Freshness::Stale => {
                counts.black_box.decided += 1;
                counts.black_box.stale += 1;
            }
            Freshness::Undecided => counts.black_box.undecided += 1,
            Freshness::Corrupt(corruption) => {
                counts.black_box.corrupt += 1;
                let proof = || self.words().corruption(read, corruption);
                violations.note(BrokenRule::CorruptBalance, read.completed.line, proof);
            }
        }
    }

    /// Whether a read shows less than an earlier one of its session.
    fn fall(
        &self,
        index: usize,
        read: &ReadRecord,
        look: &BalanceEvidence,
        counts: &mut Counts,
        violations: &mut Violations,
    ) {
        let falls = self.sweep.falls[index];
        counts.monotonic_reads.witnesses += u64::from(falls);
        counts.monotonic_reads.balances += u64::from(look.falls_from.is_some());
        if falls && self.binds.monotonic_reads {
            let proof = || self.prover.falls(read, look.falls_from);
            violations.note(BrokenRule::MonotonicReads, read.completed.line, proof);
        }
    }

    /// Whether a read shows writes in the wrong order. A write of unknown outcome has no name, so that a balance alone
    /// may show it.
    fn orders(
        &self,
        index: usize,
        read: &ReadRecord,
        look: &BalanceEvidence,
        counts: &mut Counts,
        violations: &mut Violations,
    ) {
        let Guarantees { monotonic_writes, writes_follow_reads, .. } = self.binds;
        let rules = [
            (
                (BrokenRule::MonotonicWrites, Why::Own, monotonic_writes),
                (self.own, look.after_own),
                &mut counts.monotonic_writes,
            ),
            (
                (BrokenRule::WritesFollowReads, Why::Seen, writes_follow_reads),
                (self.seen, look.after_seen),
                &mut counts.writes_follow_reads,
            ),
        ];
        for ((kind, why, binds), (order, apart), broken) in rules {
            let gap = order.shown.get(&index).copied();
            broken.witnesses += u64::from(gap.is_some());
            broken.balances += u64::from(apart.is_some());
            if binds && (gap.is_some() || apart.is_some()) {
                violations.note(kind, read.completed.line, || self.prover.shows(read, why, gap, apart));
            }
        }
    }

    /// Whether balance and witness tell the same, and nothing that was still to come.
    fn honesty(
        &self,
        index: usize,
        read: &ReadRecord,
        look: &BalanceEvidence,
        counts: &mut Counts,
        violations: &mut Violations,
    ) {
        let line = read.completed.line;
        if self.sweep.foresees[index] {
            violations.note(BrokenRule::Foresight, line, || {
                self.words().foresight(read, foreseen(self.prover.records, read))
            });
        }
        if let Some(contradiction) = &look.contradiction {
            counts.black_box.lies += 1;
            violations.note(BrokenRule::Lie, line, || self.words().contradiction(read, contradiction));
            return;
        }
        // A balance that falls where the witness does not: one of the two reads lies, if it was not found out already.
        let earlier = look.falls_from.filter(|&earlier| self.looks[earlier].contradiction.is_none());
        if let Some(earlier) = earlier.filter(|_| !self.sweep.falls[index]) {
            counts.black_box.lies += 1;
            violations.note(BrokenRule::Lie, line, || self.prover.falls_by_balance(read, earlier));
        }
    }

    fn words(&self) -> ViolationText<'_> {
        self.prover.words()
    }
}
