//! The rules that decide all accounts of a workload, computed once.

use super::family::Families;
use super::layout::Layout;
use super::radix::Positional;

/// A few numbers from which every account follows: its place, its opening balance, its writes.
#[derive(Debug, Clone, Copy)]
pub(in crate::workload) struct AccountRules {
    pub families: Families,
    /// The probability that a write is a withdrawal.
    pub withdrawals: f64,
    pub layout: Layout,
    pub positional: Positional,
    pub seed: u64,
}

impl AccountRules {
    /// The rules for so many sessions, of a plan that has passed its check.
    pub fn new(sessions: usize, families: Families, withdrawals: f64, seed: u64) -> AccountRules {
        let positional = Positional::new(families.radix.sharers, withdrawals > 0.0);
        let layout = Layout::new(sessions, &families, positional.writes());
        AccountRules { families, withdrawals, layout, positional, seed }
    }
}
