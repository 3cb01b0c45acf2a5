//! What branches applied too early, and the withdrawals among it.

use crate::model::{Guarantees, WriteKind};

use super::order::EarlyVisibility;
use super::proof::{Prover, Why, accepts};
use super::reads::Counts;
use super::violations::{BrokenRule, Violations};

/// The rules that bind branches.
pub(super) struct BranchTable<'a> {
    pub binds: Guarantees,
    pub prover: Prover<'a>,
}

impl BranchTable<'_> {
    /// Counts early applications, and returns how many withdrawals were accepted by a branch that lacked own writes.
    pub fn judge(
        &self,
        own: &EarlyVisibility,
        seen: &EarlyVisibility,
        counts: &mut Counts,
        violations: &mut Violations,
    ) -> u64 {
        let Guarantees { read_your_writes, monotonic_reads, monotonic_writes, writes_follow_reads } =
            self.binds;
        counts.monotonic_reads.binds = monotonic_reads;
        counts.monotonic_writes.binds = monotonic_writes;
        counts.monotonic_writes.applies = own.applied.len() as u64;
        counts.writes_follow_reads.binds = writes_follow_reads;
        counts.writes_follow_reads.applies = seen.applied.len() as u64;
        self.applications(BrokenRule::MonotonicWrites, Why::Own, monotonic_writes, own, violations);
        self.applications(BrokenRule::WritesFollowReads, Why::Seen, writes_follow_reads, seen, violations);
        counts.monotonic_reads.applies =
            self.withdrawals(BrokenRule::MonotonicReads, Why::Seen, monotonic_reads, seen, violations);
        self.withdrawals(BrokenRule::ReadYourWrites, Why::Own, read_your_writes, own, violations)
    }

    /// Notes each early application as a violation if the rule binds.
    fn applications(
        &self,
        kind: BrokenRule,
        why: Why,
        binds: bool,
        early: &EarlyVisibility,
        violations: &mut Violations,
    ) {
        for applied in early.applied.iter().filter(|_| binds) {
            violations.note(kind, applied.apply.line, || self.prover.applies(why, applied));
        }
    }

    /// A withdrawal reads the balance before it writes: the branch that accepts it is bound as by a read.
    fn withdrawals(
        &self,
        kind: BrokenRule,
        why: Why,
        binds: bool,
        early: &EarlyVisibility,
        violations: &mut Violations,
    ) -> u64 {
        let mut count = 0;
        for applied in &early.applied {
            let write = &self.prover.records.writes[applied.gap.write];
            if write.kind == WriteKind::Withdraw && accepts(self.prover.history, applied, write) {
                count += 1;
                if binds {
                    violations.note(kind, applied.apply.line, || self.prover.withdraws(why, applied));
                }
            }
        }
        count
    }
}
