//! A branch's configuration, given once at its start: members, accounts, bounds and timing.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::BranchId;

/// A branch's configuration; [`Config::check`] finds what is wrong with one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    /// This branch, one of the members.
    pub branch: BranchId,
    /// Every branch of the cluster, this one included.
    pub members: BTreeSet<BranchId>,
    /// Account `n` starts with the `n`-th balance, in minor units, at every branch alike.
    pub initial_balances: Vec<i64>,
    /// Bounds on memory, queues and messages.
    pub limits: Limits,
    /// Timeouts and intervals.
    pub timing: Timing,
    /// The rule that this branch breaks.
    #[cfg(feature = "mutants")]
    pub mutant: Option<crate::model::Mutant>,
}

/// Bounds. Reaching one has a name of its own: an error, or a counter in [`Counters`](super::Counters).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Parked requests at one time.
    pub parked_max: usize,
    /// Copies of one request that wait for the same answer.
    pub copies_max: usize,
    /// The longest that a request may be parked, whatever it accepts.
    pub max_wait: Duration,
    /// Writes kept for peers that lack them; beyond it customers' writes are refused, replicated ones never.
    pub retained_max: usize,
    /// Sessions whose last write is remembered.
    pub sessions_max: usize,
    /// Unacknowledged runs on the way to one peer.
    pub window_runs: usize,
    /// Writes in one run.
    pub run_max: usize,
    /// Writes of one origin kept because they arrived before their predecessors.
    pub early_max: usize,
    /// Writes kept on account of one peer. One that lacks more is *behind*: it gets a snapshot instead, as long as a
    /// majority of the members is not behind. Beyond `retained_max` it means nothing.
    pub behind_max: usize,
    /// Accounts or writes in one piece of a snapshot.
    pub piece_max: usize,
    /// Peers that are given a snapshot at one time; others have to wait.
    pub snapshots_max: usize,
}

/// Timeouts and intervals. Defaults suit a network of up to a few hundred milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Retransmission timeout before the first round trip was measured (RFC 6298, with smaller parameters).
    pub timeout_initial: Duration,
    /// The least retransmission timeout.
    pub timeout_least: Duration,
    /// The greatest retransmission timeout.
    pub timeout_greatest: Duration,
    /// Every peer gets a changed vector at least this often.
    pub heartbeat: Duration,
    /// A peer that lacks a foreign origin's writes for this long gets them from here...
    pub relay_after: Duration,
    /// ...or for this many measured round trips, whichever is longer.
    pub relay_round_trips: u32,
}

/// Why a configuration cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The branch is not among its members.
    #[error("branch {0} is not among the members of its cluster")]
    NotAMember(BranchId),
    /// No initial balance.
    #[error("a cluster needs at least one account")]
    NoAccount,
    /// A bound or interval, by its name, is zero.
    #[error("`{0}` must be at least 1")]
    Zero(&'static str),
    /// The least timeout is above the greatest.
    #[error("`timeout_least` exceeds `timeout_greatest`")]
    TimeoutRange,
}

impl Config {
    /// The defaults for `branch` of a cluster of `members`, whose accounts start with `initial_balances`.
    pub fn new(
        branch: BranchId,
        members: impl IntoIterator<Item = BranchId>,
        initial_balances: Vec<i64>,
    ) -> Config {
        Config {
            branch,
            members: members.into_iter().collect(),
            initial_balances,
            limits: Limits::default(),
            timing: Timing::default(),
            #[cfg(feature = "mutants")]
            mutant: None,
        }
    }

    /// Whether a branch can run with it.
    ///
    /// # Errors
    ///
    /// The first value that makes no sense. Nothing is checked later.
    pub fn check(&self) -> Result<(), ConfigError> {
        let (limits, timing) = (&self.limits, &self.timing);
        let at_least_one = [
            ("copies_max", limits.copies_max),
            ("sessions_max", limits.sessions_max),
            ("window_runs", limits.window_runs),
            ("run_max", limits.run_max),
            ("early_max", limits.early_max),
            ("retained_max", limits.retained_max),
            ("parked_max", limits.parked_max),
            ("behind_max", limits.behind_max),
            ("piece_max", limits.piece_max),
            ("snapshots_max", limits.snapshots_max),
            ("heartbeat", usize::from(!timing.heartbeat.is_zero())),
            ("timeout_least", usize::from(!timing.timeout_least.is_zero())),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::Zero(name));
        }
        if !self.members.contains(&self.branch) {
            return Err(ConfigError::NotAMember(self.branch));
        }
        if self.initial_balances.is_empty() {
            return Err(ConfigError::NoAccount);
        }
        if self.timing.timeout_least > self.timing.timeout_greatest {
            return Err(ConfigError::TimeoutRange);
        }
        Ok(())
    }

    /// The other members, in order of ids.
    pub(super) fn peers(&self) -> impl Iterator<Item = BranchId> + '_ {
        self.members.iter().copied().filter(|&member| member != self.branch)
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            parked_max: 100_000,
            copies_max: 16,
            max_wait: Duration::from_secs(60),
            retained_max: 1_000_000,
            sessions_max: 1_000_000,
            window_runs: 1024,
            run_max: 512,
            early_max: 524_288,
            behind_max: 750_000,
            piece_max: 1024,
            snapshots_max: 4,
        }
    }
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            timeout_initial: Duration::from_millis(100),
            timeout_least: Duration::from_millis(10),
            timeout_greatest: Duration::from_secs(1),
            heartbeat: Duration::from_millis(100),
            relay_after: Duration::from_millis(500),
            relay_round_trips: 4,
        }
    }
}
