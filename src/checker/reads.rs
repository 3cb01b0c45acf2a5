//! What both boxes prove of each read, put together.

use std::ops::ControlFlow;

use crate::model::Guarantees;
use crate::results::{BlackBoxCounts, BreachCounts};

use super::Watch;
use super::balance_evidence::{BalanceEvidence, Freshness};
use super::order::EarlyVisibility;
use super::proof::{Prover, Why, misses};
use super::records::ReadRecord;
use super::violation_text::ViolationText;
use super::violations::{BrokenRule, Violations};
use super::witness_pass::{WitnessPass, future_write};

/// The rules that bind reads, and what is known of all reads, each list in their order.
pub(super) struct ReadTable<'a> {
    pub binds: Guarantees,
    pub prover: Prover<'a>,
    pub pass: &'a WitnessPass,
    pub evidence: &'a [BalanceEvidence<'a>],
    /// Writes that show without own ones before them.
    pub own: &'a EarlyVisibility<'a>,
    /// Writes that show without what their sessions had been shown before.
    pub seen: &'a EarlyVisibility<'a>,
}

/// How often each rule was broken, or would have been without a promise.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub stale: u64,
    pub black_box: BlackBoxCounts,
    pub monotonic_reads: BreachCounts,
    pub monotonic_writes: BreachCounts,
    pub writes_follow_reads: BreachCounts,
}

impl ReadTable<'_> {
    pub fn judge(&self, violations: &mut Violations, watch: Watch) -> ControlFlow<(), Counts> {
        let mut counts = Counts::default();
        for (index, read) in self.prover.records.reads.iter().enumerate() {
            watch()?;
            let evidence = &self.evidence[index];
            self.staleness(index, read, evidence, &mut counts, violations);
            self.regression(index, read, evidence, &mut counts, violations);
            self.order(index, read, evidence, &mut counts, violations);
            self.agreement(index, read, evidence, &mut counts, violations);
        }
        ControlFlow::Continue(counts)
    }

    /// Whether a read misses own writes, by its witness and by its balance.
    fn staleness(
        &self,
        index: usize,
        read: &ReadRecord,
        evidence: &BalanceEvidence,
        counts: &mut Counts,
        violations: &mut Violations,
    ) {
        let is_stale = self.pass.stale[index];
        counts.stale += u64::from(is_stale);
        if is_stale && self.binds.read_your_writes {
            violations.note(BrokenRule::ReadYourWrites, read.completed.line, || {
                let missing = misses(self.prover.records, read).collect::<Vec<_>>();
                self.describe().stale(read, &missing, &evidence.freshness)
            });
        }
        match &evidence.freshness {
            Freshness::Fresh => counts.black_box.decided += 1,
            Freshness::Stale => {
                counts.black_box.decided += 1;
                counts.black_box.stale += 1;
            }
            Freshness::Undecided => counts.black_box.undecided += 1,
            Freshness::Corrupt(corruption) => {
                counts.black_box.corrupt += 1;
                let proof = || self.describe().corruption(read, corruption);
                violations.note(BrokenRule::CorruptBalance, read.completed.line, proof);
            }
        }
    }

    /// Whether a read shows less than an earlier one of its session.
    fn regression(
        &self,
        index: usize,
        read: &ReadRecord,
        evidence: &BalanceEvidence,
        counts: &mut Counts,
        violations: &mut Violations,
    ) {
        let falls = self.pass.falls[index];
        counts.monotonic_reads.witnesses += u64::from(falls);
        counts.monotonic_reads.balances += u64::from(evidence.falls_from.is_some());
        if falls && self.binds.monotonic_reads {
            let proof = || self.prover.falls(read, evidence.falls_from);
            violations.note(BrokenRule::MonotonicReads, read.completed.line, proof);
        }
    }

    /// Whether a read shows writes in the wrong order. A write of unknown outcome has no name, so that a balance alone
    /// may show it.
    fn order(
        &self,
        index: usize,
        read: &ReadRecord,
        evidence: &BalanceEvidence,
        counts: &mut Counts,
        violations: &mut Violations,
    ) {
        let Guarantees { monotonic_writes, writes_follow_reads, .. } = self.binds;
        let rules = [
            (
                (BrokenRule::MonotonicWrites, Why::Own, monotonic_writes),
                (self.own, evidence.after_own),
                &mut counts.monotonic_writes,
            ),
            (
                (BrokenRule::WritesFollowReads, Why::Seen, writes_follow_reads),
                (self.seen, evidence.after_seen),
                &mut counts.writes_follow_reads,
            ),
        ];
        for ((kind, why, binds), (early, out_of_order), broken) in rules {
            let gap = early.shown.get(&index).copied();
            broken.witnesses += u64::from(gap.is_some());
            broken.balances += u64::from(out_of_order.is_some());
            if binds && (gap.is_some() || out_of_order.is_some()) {
                violations
                    .note(kind, read.completed.line, || self.prover.shows(read, why, gap, out_of_order));
            }
        }
    }

    /// Whether balance and witness agree, and neither shows what was still to come.
    fn agreement(
        &self,
        index: usize,
        read: &ReadRecord,
        evidence: &BalanceEvidence,
        counts: &mut Counts,
        violations: &mut Violations,
    ) {
        let line = read.completed.line;
        if self.pass.names_future[index] {
            violations.note(BrokenRule::FutureRead, line, || {
                self.describe().future_read(read, future_write(self.prover.records, read))
            });
        }
        if let Some(contradiction) = &evidence.contradiction {
            counts.black_box.balance_witness_mismatches += 1;
            violations.note(BrokenRule::BalanceWitnessMismatch, line, || {
                self.describe().contradiction(read, contradiction)
            });
            return;
        }
        // A balance that falls where the witness does not: one of the two reads contradicts itself.
        let earlier = evidence.falls_from.filter(|&earlier| self.evidence[earlier].contradiction.is_none());
        if let Some(earlier) = earlier.filter(|_| !self.pass.falls[index]) {
            counts.black_box.balance_witness_mismatches += 1;
            violations.note(BrokenRule::BalanceWitnessMismatch, line, || {
                self.prover.falls_by_balance(read, earlier)
            });
        }
    }

    fn describe(&self) -> ViolationText<'_> {
        self.prover.describe()
    }
}
