//! What the checkers say of one trial.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was found, the worst first: a run has the worst verdict of its trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that binds held.
    Valid,
    /// It cannot be decided, or nothing was put to the test.
    Unknown,
    /// Something that binds did not hold, and the excerpt proves it.
    Violated,
}

/// The verdict on one trial, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    pub verdict: Verdict,
    /// Why it is not valid, for people; empty if it is.
    pub reasons: Vec<String>,
    /// At most ten, in order of time.
    pub violations: Vec<Violation>,
    /// How many there were in all.
    pub violations_total: u64,
    /// Whether the strategy promises read-your-writes, so that a stale read violates it.
    pub read_your_writes_binds: bool,
    /// `ok` reads that were judged by their witness.
    pub reads_judged: u64,
    /// Of those, the ones that miss an own write by their witness.
    pub stale_white_box: u64,
    pub black_box: BlackBox,
    /// Whether all branches ended with the same vector and balances; `null` if the drain was cut short.
    pub converged: Option<bool>,
}

/// What balances say, whatever the cluster says about itself. `decided`, `undecided` and `corrupt` add up to the reads
/// that were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlackBox {
    /// `ok` reads whose balance tells whether it includes the own writes of its account.
    pub decided: u64,
    /// Of those, the ones that miss an own write.
    pub stale: u64,
    /// `ok` reads whose balance is ambiguous because of writes that nobody knows the outcome of or that are not owed
    /// any more; and all reads of accounts that are not the workload's.
    pub undecided: u64,
    /// Balances that no writes of the account explain, or that hold a write twice, too early or although it failed.
    pub corrupt: u64,
    /// Reads whose balance and witness tell different writes of the account, so every read that misses an own write by
    /// its balance alone: the branch lies about what it shows.
    pub lies: u64,
}

/// One thing that must not be, with the lines of the history that prove it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// A stable word: `read_your_writes`, `lie`, `corrupt_balance`, `dot_twice`, `divergence`, `lost_write` or
    /// `conservation`.
    pub kind: String,
    /// For people, with sessions, branches, dots, balances and times.
    pub text: String,
    /// Lines of the history file, from 1.
    pub lines: Vec<u64>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Valid => "valid",
            Verdict::Unknown => "unknown",
            Verdict::Violated => "violated",
        })
    }
}
