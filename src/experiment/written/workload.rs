//! What customers ask, as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What customers ask, where and when.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct WorkloadTable {
    /// When operations are due.
    pub arrival: ArrivalTable,
    /// How many customers there are, each one session with one operation at a time. From 1 to a million.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub sessions: u64,
    /// Shares of all operations, together 1. Of `write_then_read` only deposits against withdrawals count.
    pub mix: MixTable,
    /// How a session chooses the branch of its next operation.
    pub roam: RoamTable,
    /// Which accounts queries read.
    pub queries: QueriesName,
    /// Where sessions live: session s (from 0) at entry s modulo the list's length. Default: round the branches.
    pub homes: Option<Vec<u32>>,
    /// Which accounts there are, and how often each family is used.
    pub families: FamiliesTable,
    /// In a closed loop, a write waits until the previous one of its branch is applied everywhere. The closed form
    /// of a read's staleness supposes it.
    pub isolated_writes: bool,
    /// Operations that are planned for each session of a closed loop. Default: enough for 40,000 operations a second
    /// in all, and at least 1,000. A trial that runs out of them says so.
    #[schemars(range(min = 1))]
    pub operations_per_session: Option<u64>,
    /// Arrivals that may wait for one busy session in an open loop; further ones are refused and counted.
    pub queued_max: u64,
    /// The most accounts that the load may take. A branch keeps 16 bytes for each.
    #[schemars(range(min = 1))]
    pub accounts_max: u64,
}

/// When operations are due; exactly one of these.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in super::super) enum ArrivalTable {
    /// Open loop: a Poisson process with so many operations a second, all sessions together, up to 10^7.
    PoissonPerS(f64),
    /// Open loop: so many operations a second, evenly spaced, up to 10^7.
    ConstantPerS(f64),
    /// Closed loop: a session's next operation starts a think time after the end of the one before.
    Closed {
        /// The think time; none unless it is given.
        #[serde(default)]
        think: PauseTable,
    },
    /// Closed loop of pairs: a think time, a write, a gap from its acknowledgement, a read of its account elsewhere.
    WriteThenRead {
        /// The think time; none unless it is given.
        #[serde(default)]
        think: PauseTable,
        /// From the acknowledgement of the write to the read.
        gap: PauseTable,
    },
}

/// A length of time; exactly one of these. Up to a day.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in super::super) enum PauseTable {
    /// Always so many milliseconds; 0 for none.
    ConstantMs(f64),
    /// Memoryless.
    Exponential {
        /// In milliseconds.
        mean_ms: f64,
    },
    /// Evenly from one length to another.
    Uniform {
        /// The shortest, in milliseconds.
        from_ms: f64,
        /// The longest, in milliseconds.
        to_ms: f64,
    },
    /// These, in milliseconds, in this order, again and again.
    CycledMs(Vec<f64>),
    /// One of these, in milliseconds, each as likely.
    DrawnMs(Vec<f64>),
}

impl Default for PauseTable {
    fn default() -> PauseTable {
        PauseTable::ConstantMs(0.0)
    }
}

/// Shares of all operations, each from 0 to 1, together 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct MixTable {
    /// Share of deposits.
    #[schemars(range(min = 0, max = 1))]
    pub deposit: f64,
    /// Share of withdrawals.
    #[schemars(range(min = 0, max = 1))]
    pub withdraw: f64,
    /// Share of reads of a balance.
    #[schemars(range(min = 0, max = 1))]
    pub query: f64,
}

/// How a session chooses the branch of its next operation.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum RoamTable {
    /// Any branch, each as likely, the present one too.
    Uniform,
    /// Round all branches in their order, from home.
    Alternate,
    /// Never away from home.
    Sticky,
    /// Home with this probability, from 0 to 1, else one of the others.
    Home(f64),
}

/// Which accounts queries read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum QueriesName {
    /// One that the session has written.
    Written,
    /// The one that the session wrote last.
    LastWritten,
    /// Any session's, so that read-your-writes is seldom at stake.
    Anyones,
}

/// Which accounts there are. The shares are of all operations, and together 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct FamiliesTable {
    /// Private accounts with realistic amounts.
    pub natural: NaturalTable,
    /// Private accounts whose balance tells which writes it includes, and which of them twice.
    pub digit: DigitTable,
    /// Accounts of several sessions, whose balance tells how many writes of each it includes.
    pub radix: RadixTable,
}

/// Private accounts with realistic amounts.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct NaturalTable {
    /// Of all operations, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub share: f64,
    /// How many of them a session uses side by side.
    #[schemars(range(min = 1))]
    pub accounts_per_session: u32,
    /// What each account starts with, in minor units. Withdrawals beyond it are refused.
    pub opening_balance_minor_units: u64,
    /// The least amount, in minor units.
    #[schemars(range(min = 1))]
    pub amount_min_minor_units: u64,
    /// The greatest amount, in minor units.
    #[schemars(range(min = 1))]
    pub amount_max_minor_units: u64,
}

/// Private accounts whose balance tells which writes it includes.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct DigitTable {
    /// Of all operations, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub share: f64,
    /// How many of them a session uses side by side.
    #[schemars(range(min = 1))]
    pub accounts_per_session: u32,
}

/// Accounts of several sessions.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct RadixTable {
    /// Of all operations, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub share: f64,
    /// How many sessions share an account: 1 to 19; to 39 where nothing is withdrawn.
    #[schemars(range(min = 1, max = 39))]
    pub sharers: u32,
    /// How many accounts such a group uses side by side.
    #[schemars(range(min = 1))]
    pub accounts_per_group: u32,
    /// How unevenly: the k-th account with a probability proportional to 1 / k^exponent (Zipf). 0, which is even, to
    /// 10.
    #[schemars(range(min = 0, max = 10))]
    pub zipf_exponent: f64,
}

/// An open loop of 500 operations a second; half of them reads, by 32 customers who roam.
impl Default for WorkloadTable {
    fn default() -> WorkloadTable {
        WorkloadTable {
            arrival: ArrivalTable::PoissonPerS(500.0),
            sessions: 32,
            mix: MixTable { deposit: 0.4, withdraw: 0.1, query: 0.5 },
            roam: RoamTable::Uniform,
            queries: QueriesName::Written,
            homes: None,
            families: FamiliesTable::default(),
            isolated_writes: false,
            operations_per_session: None,
            queued_max: 1000,
            accounts_max: 1_000_000,
        }
    }
}

impl Default for NaturalTable {
    fn default() -> NaturalTable {
        NaturalTable {
            share: 0.6,
            accounts_per_session: 1,
            opening_balance_minor_units: 50_000,
            amount_min_minor_units: 100,
            amount_max_minor_units: 100_000,
        }
    }
}

impl Default for DigitTable {
    fn default() -> DigitTable {
        DigitTable { share: 0.2, accounts_per_session: 1 }
    }
}

impl Default for RadixTable {
    fn default() -> RadixTable {
        RadixTable { share: 0.2, sharers: 4, accounts_per_group: 1, zipf_exponent: 0.0 }
    }
}
