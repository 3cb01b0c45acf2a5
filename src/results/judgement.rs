//! The judgement of the checkers on one trial: `verdict.json`.
//!
//! | key | is | meaning |
//! |---|---|---|
//! | `trial` | text or null | the trial's id; `null` in files of older versions |
//! | `verdict` | text | `valid`, `unknown` or `violated` |
//! | `reasons` | list | why it is not valid, in sentences; empty if it is |
//! | `violations` | list | at most ten, in order of time |
//! | `violations[].kind` | text | the rule that was broken: a row of the table in the documentation of `checker` |
//! | `violations[].text` | text | for people, with sessions, branches, dots, balances and times |
//! | `violations[].lines` | list | lines of the history that prove it, from 1 |
//! | `violations_total` | count | how many there were in all |
//! | `read_your_writes_binds` | flag | whether it was promised, so that a stale read violates it |
//! | `reads_judged` | count | `ok` reads |
//! | `stale_white_box` | count | of these, the ones that miss an own write by their witness |
//! | `stale_withdrawals` | count | acknowledged withdrawals whose branch lacked an own write as it accepted them |
//! | `black_box` | object | what balances say of the reads that were judged |
//! | `black_box.decided` | count | those whose balance decides whether it includes the own writes of its account |
//! | `black_box.stale` | count | of these, the ones that miss one |
//! | `black_box.undecided` | count | those whose balance is ambiguous |
//! | `black_box.corrupt` | count | those whose balance no writes of the account explain |
//! | `black_box.balance_witness_mismatches` | count | those whose balance and witness contradict each other |
//! | `monotonic_reads` | broken | reads that miss what an earlier one of the session was shown |
//! | `monotonic_writes` | broken | writes that were visible without an own one before them |
//! | `writes_follow_reads` | broken | writes that were visible without what their session had been shown before |
//! | `lost_writes` | count | acknowledged writes that are gone with a log which an injected fault destroyed |
//! | `overdrawn_accounts` | count | accounts that a read or a branch at the end shows below zero |
//! | `converged` | flag or null | whether all branches ended alike; `null` if the drain was cut short |
//!
//! | key | is | meaning |
//! |---|---|---|
//! | `broken.binds` | flag | whether the guarantee was promised, so that each of these violates it |
//! | `broken.applies` | count | writes that a branch applied, each branch for itself; of reads, withdrawals as above |
//! | `broken.witnesses` | count | `ok` reads whose witness shows it |
//! | `broken.balances` | count | `ok` reads whose balance shows it |

use std::fmt;

use serde::{Deserialize, Serialize};

/// The outcome of judging, the worst last: a run has the worst verdict of its trials.
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
    /// The id of the trial; `null` in files of older versions.
    #[serde(default)]
    pub trial: Option<String>,
    /// The outcome.
    pub verdict: Verdict,
    /// Why it is not valid, for people; empty if it is.
    pub reasons: Vec<String>,
    /// At most ten, in order of time.
    pub violations: Vec<Violation>,
    /// The number of all violations.
    pub violations_total: u64,
    /// Whether the strategy promises read-your-writes, so that a stale read violates it.
    pub read_your_writes_binds: bool,
    /// `ok` reads that were judged by their witness.
    pub reads_judged: u64,
    /// Those of them that miss an own write by their witness.
    pub stale_white_box: u64,
    /// Acknowledged withdrawals whose branch lacked an own write as it accepted them.
    pub stale_withdrawals: u64,
    /// Reads by what their balances prove.
    pub black_box: BlackBoxCounts,
    /// Reads that miss what an earlier one of the session was shown.
    pub monotonic_reads: BreachCounts,
    /// Writes that were visible without an own one before them.
    pub monotonic_writes: BreachCounts,
    /// Writes that were visible without what their session had been shown before.
    pub writes_follow_reads: BreachCounts,
    /// Acknowledged writes that are gone with a log which an injected fault destroyed.
    pub lost_writes: u64,
    /// Accounts that a read or a branch at the end shows below zero. The bank neither prevents nor hides it.
    pub overdrawn_accounts: u64,
    /// Whether all branches ended with the same vector and balances; `null` if the drain was cut short.
    pub converged: Option<bool>,
}

/// How often a guarantee was broken, promised or not, by each kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreachCounts {
    /// Whether it was promised, so that each of these violates it.
    pub binds: bool,
    /// Writes that a branch applied before their predecessors, each branch for itself. For monotonic reads:
    /// withdrawals whose branch, as it accepted them, lacked what the session had been shown.
    pub applies: u64,
    /// `ok` reads whose witness shows it.
    pub witnesses: u64,
    /// `ok` reads whose balance shows it.
    pub balances: u64,
}

/// Evidence from balances alone, independent of witnesses. `decided`, `undecided` and `corrupt` add up to the reads
/// that were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlackBoxCounts {
    /// `ok` reads whose balance decides whether it includes the own writes of its account.
    pub decided: u64,
    /// Those of them that miss an own write.
    pub stale: u64,
    /// `ok` reads whose balance is ambiguous because of writes with an unknown outcome or that are not owed any more;
    /// and all reads of accounts that are not the workload's.
    pub undecided: u64,
    /// Balances that no writes of the account explain, or that hold a write twice, too early or although it failed.
    pub corrupt: u64,
    /// Reads whose balance and witness contradict each other, which includes every read that misses an own write by its
    /// balance alone.
    pub balance_witness_mismatches: u64,
}

/// One violation, with the lines of the history that prove it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// A stable word for the rule that was broken; the documentation of `checker` has the table.
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
