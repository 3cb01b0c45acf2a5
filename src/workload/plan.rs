//! The load as plain data.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::accounts::Families;
use super::arrivals::Arrivals;
use super::pause::ThinkTime;
use super::roam::Roam;
use crate::model::BranchId;

/// A whole load. [`WorkloadPlan::check`] checks whether it makes sense; a [`Workload`](super::Workload) runs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadPlan {
    /// Where customers go; each once, in the order in which they are gone round.
    pub branches: Vec<BranchId>,
    /// How many customers there are, each one session. From 1 to a million.
    pub sessions: usize,
    /// Where each session has its home.
    pub homes: Homes,
    /// How a session chooses the branch of its next operation.
    pub roam: Roam,
    /// When operations are due, and for how long.
    pub load: Load,
    /// Which operations.
    pub mix: Mix,
    /// Which accounts queries read.
    pub queries: Queries,
    /// Which accounts there are, and how often each family is used.
    pub families: Families,
    /// The most accounts that the load may take. A branch keeps 16 bytes for each.
    pub accounts_max: u64,
}

/// When operations are due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// At intended times, from 0 (included) to `duration` (excluded), at most 30 days.
    Open {
        /// How they arrive, and at which rate.
        arrivals: Arrivals,
        /// When the last arrivals are due, from the start of load.
        duration: Duration,
    },
    /// A session's next operation starts a think time after the end of the one before; the first a think time
    /// after the start. A driver that stops at some time instead gives more operations than can be made.
    Closed {
        /// The pause before each operation.
        think: ThinkTime,
        /// How many operations each session makes, at least 1.
        operations_per_session: u64,
    },
    /// A think time, a write, a gap from its acknowledgement, and a read of its account at another branch. Of
    /// [`Mix`] only deposits against withdrawals count.
    WriteThenRead {
        /// The pause before each write.
        think: ThinkTime,
        /// The pause before each read.
        gap: ThinkTime,
        /// How many writes, each with a read, a session makes, at least 1.
        pairs_per_session: u64,
    },
}

/// Shares of all operations, each from 0 to 1, together 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mix {
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

/// Which accounts queries read. Write-then-read has its own rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Queries {
    /// One that the session has written: family and account are chosen as for a write, and if the session has not
    /// written there yet, it is the one that it wrote last. Before its first write, one that it may come to write.
    #[default]
    Written,
    /// The one that the session wrote last.
    LastWritten,
    /// Any session's, of the generation that the asker has itself reached: read-your-writes is then seldom at stake.
    Anyones,
}

/// Where sessions have their homes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Homes {
    /// Session s lives at the branch s modulo their number.
    #[default]
    RoundRobin,
    /// Session s lives at the entry s modulo the list's length; a branch may be listed often or not at all.
    Listed(Vec<BranchId>),
}

impl WorkloadPlan {
    /// So many sessions that roam evenly between these branches; all else by default, with at most 100,000 accounts.
    pub fn new(branches: impl IntoIterator<Item = BranchId>, sessions: usize, load: Load) -> WorkloadPlan {
        WorkloadPlan {
            branches: branches.into_iter().collect(),
            sessions,
            homes: Homes::default(),
            roam: Roam::Uniform,
            load,
            mix: Mix::default(),
            queries: Queries::default(),
            families: Families::default(),
            accounts_max: 100_000,
        }
    }
}

/// Half reads, and four deposits to each withdrawal.
impl Default for Mix {
    fn default() -> Mix {
        Mix { deposit: 0.4, withdraw: 0.1, query: 0.5 }
    }
}

impl Mix {
    /// The probability that a write is a withdrawal; 0 where nothing is written.
    pub(super) fn withdrawals_of_writes(&self) -> f64 {
        let writes = self.deposit + self.withdraw;
        if writes > 0.0 { self.withdraw / writes } else { 0.0 }
    }
}

impl Homes {
    /// The home of `session`, as an index into `branches`.
    pub(super) fn of(&self, session: usize, branches: &[BranchId]) -> usize {
        match self {
            Homes::RoundRobin => session % branches.len(),
            Homes::Listed(list) => {
                let home = list[session % list.len()];
                branches.iter().position(|&branch| branch == home).expect("homes are checked to be branches")
            }
        }
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// Eight sessions, three branches, 500 arrivals a second for two seconds, and all else by default.
    pub fn open() -> WorkloadPlan {
        let arrivals = Arrivals::Poisson { rate_per_s: 500.0 };
        let load = Load::Open { arrivals, duration: Duration::from_secs(2) };
        WorkloadPlan::new([1, 2, 3].map(BranchId), 8, load)
    }

    /// The same customers in a closed loop, with think times of 10 ms on average.
    pub fn closed(operations_per_session: u64) -> WorkloadPlan {
        let think = ThinkTime::Exponential { mean: Duration::from_millis(10) };
        WorkloadPlan { load: Load::Closed { think, operations_per_session }, ..open() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_go_round_the_branches_or_the_list() {
        let branches = [5, 6, 7].map(BranchId);
        let homes = |homes: Homes| (0..5).map(|session| homes.of(session, &branches)).collect::<Vec<usize>>();
        assert_eq!(homes(Homes::RoundRobin), [0, 1, 2, 0, 1]);
        assert_eq!(homes(Homes::Listed([7, 7, 5].map(BranchId).to_vec())), [2, 2, 0, 2, 2]);
    }
}
