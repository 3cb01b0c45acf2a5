//! The workload as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Millis, PositiveCount};
use crate::model::BranchId;
use crate::workload::{Families, Mix, Queries, Roam};

/// The operations of customers: which, where and when.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct WorkloadTable {
    /// When operations are due.
    pub arrival: ArrivalTable,
    /// How many customers there are, each one session with one operation at a time. From 1 to a million.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub sessions: u64,
    /// Shares of all operations, together 1. Of `write_then_read` only deposits against withdrawals count.
    pub mix: Mix,
    /// How a session chooses the branch of its next operation.
    pub roam: Roam,
    /// Which accounts queries read.
    pub queries: Queries,
    /// Where sessions live: session s (from 0) at entry s modulo the list's length. Default: round the branches.
    pub homes: Option<Vec<BranchId>>,
    /// Which accounts there are, and how often each family is used.
    pub families: Families,
    /// In a closed loop, a write waits until the previous one of its branch is applied everywhere. The closed form
    /// of a read's staleness supposes it.
    pub isolated_writes: bool,
    /// Operations that are planned for each session of a closed loop. Default: enough for 40,000 operations a second
    /// in all, and at least 1,000. A trial that runs out of them says so.
    pub operations_per_session: Option<PositiveCount>,
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
        think: ThinkTimeTable,
    },
    /// Closed loop of pairs: a think time, a write, a gap from its acknowledgement, a read of its account elsewhere.
    WriteThenRead {
        /// The think time; none unless it is given.
        #[serde(default)]
        think: ThinkTimeTable,
        /// From the acknowledgement of the write to the read.
        gap: ThinkTimeTable,
    },
}

/// A length of time; exactly one of these. Up to a day.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in super::super) enum ThinkTimeTable {
    /// Always so many milliseconds; 0 for none.
    ConstantMs(Millis),
    /// Memoryless.
    Exponential {
        /// In milliseconds.
        mean_ms: Millis,
    },
    /// Evenly from one length to another.
    Uniform {
        /// The shortest, in milliseconds.
        from_ms: Millis,
        /// The longest, in milliseconds.
        to_ms: Millis,
    },
    /// These, in milliseconds, in this order, again and again.
    CycledMs(Vec<Millis>),
    /// One of these, in milliseconds, each as likely.
    DrawnMs(Vec<Millis>),
}

impl Default for ThinkTimeTable {
    fn default() -> ThinkTimeTable {
        ThinkTimeTable::ConstantMs(Millis::new(0.0))
    }
}

/// An open loop of 500 operations a second; half of them reads, by 32 customers who roam.
impl Default for WorkloadTable {
    fn default() -> WorkloadTable {
        WorkloadTable {
            arrival: ArrivalTable::PoissonPerS(500.0),
            sessions: 32,
            mix: Mix::default(),
            roam: Roam::Uniform,
            queries: Queries::default(),
            homes: None,
            families: Families::default(),
            isolated_writes: false,
            operations_per_session: None,
            queued_max: 1000,
            accounts_max: 1_000_000,
        }
    }
}
