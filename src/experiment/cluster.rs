//! The branches as they will run: who they are, their bounds, their timing.

use std::time::Duration;

use super::parts::span;
use super::written::{ClusterTable, DurabilityName};
use super::wrong::Wrong;
use crate::branch::{Limits, Timing};
use crate::history::Substrate;
use crate::model::BranchId;
use crate::scenario::Durability;

/// So many threads with a runtime each are still a cluster on one machine...
const LIVE_BRANCHES_MAX: u32 = 64;
/// ...and so many state machines fit into its memory, with what each knows of all others.
const SIMULATED_BRANCHES_MAX: u32 = 1000;
/// Of everything that is counted in memory.
const COUNT_MAX: u64 = 1_000_000_000;

/// Paths of what is wrong count from the table, here and below.
pub(super) fn branches(table: &ClusterTable, substrate: Substrate) -> Result<Vec<BranchId>, Wrong> {
    let most = match substrate {
        Substrate::Live => LIVE_BRANCHES_MAX,
        Substrate::Sim => SIMULATED_BRANCHES_MAX,
    };
    if !(1..=most).contains(&table.branches) {
        return Err(Wrong::value("branches", table.branches, &format!("give 1 to {most}")));
    }
    Ok((1..=table.branches).map(BranchId).collect())
}

pub(super) fn limits(table: &ClusterTable) -> Result<Limits, Wrong> {
    let retained_max = count("retained_max", table.retained_max)?;
    Ok(Limits {
        parked_max: count("parked_max", table.parked_max)?,
        copies_max: count("copies_max", table.copies_max)?,
        retained_max,
        sessions_max: count("sessions_max", table.sessions_max)?,
        window_runs: count("window_runs", table.window_runs)?,
        run_max: count("run_max", table.run_max)?,
        early_max: count("early_max", table.early_max)?,
        // Before a log is full, it makes room where it may.
        behind_max: (retained_max / 4 * 3).max(1),
        ..Limits::default()
    })
}

pub(super) fn timing(table: &ClusterTable) -> Result<Timing, Wrong> {
    let (least, greatest) = (table.retransmit_least_ms, table.retransmit_greatest_ms);
    let timing = Timing {
        timeout_initial: above_zero("retransmit_initial_ms", table.retransmit_initial_ms)?,
        timeout_least: above_zero("retransmit_least_ms", least)?,
        timeout_greatest: above_zero("retransmit_greatest_ms", greatest)?,
        heartbeat: above_zero("heartbeat_ms", table.heartbeat_ms)?,
        relay_after: span("relay_after_ms", table.relay_after_ms)?,
        relay_round_trips: table.relay_round_trips,
    };
    if timing.timeout_least > timing.timeout_greatest {
        let remedy = format!("`retransmit_greatest_ms` is {greatest}, and must not be less");
        return Err(Wrong::value("retransmit_least_ms", least, &remedy));
    }
    Ok(timing)
}

pub(super) fn durability(table: &ClusterTable) -> Durability {
    match table.durability {
        DurabilityName::Volatile => Durability::Volatile,
        DurabilityName::Durable => Durability::Durable,
    }
}

/// How many records one sync covers.
pub(super) fn group_max(table: &ClusterTable) -> Result<usize, Wrong> {
    count("group_max", table.group_max)
}

/// What only simulated branches take: for a sync of the log, and for each message.
pub(super) fn virtual_times(table: &ClusterTable) -> Result<(Duration, Duration), Wrong> {
    Ok((span("sync_ms", table.sync_ms)?, span("service_ms", table.service_ms)?))
}

fn count(key: &str, value: u64) -> Result<usize, Wrong> {
    let out_of_range = || Wrong::value(key, value, &format!("give 1 to {COUNT_MAX}"));
    let in_range = Some(value).filter(|value| (1..=COUNT_MAX).contains(value));
    in_range.and_then(|value| usize::try_from(value).ok()).ok_or_else(out_of_range)
}

fn above_zero(key: &str, milliseconds: f64) -> Result<Duration, Wrong> {
    let span = span(key, milliseconds)?;
    if span.is_zero() {
        return Err(Wrong::value(key, milliseconds, "write milliseconds above zero"));
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::branch::Config;

    fn made(text: &str) -> Result<Config, Wrong> {
        let table: ClusterTable = toml::from_str(text).expect("the table is well-formed");
        let members = branches(&table, Substrate::Live)?;
        let mut config = Config::new(BranchId(1), members, vec![0]);
        (config.limits, config.timing) = (limits(&table)?, timing(&table)?);
        Ok(config)
    }

    #[test]
    fn what_is_not_written_is_the_branches_own_default() {
        let config = made("").expect("the defaults are sound");
        let own = Config::new(BranchId(1), [1, 2, 3].map(BranchId), vec![0]);
        assert_eq!(format!("{config:?}"), format!("{own:?}"));
    }

    #[test]
    fn what_is_written_is_what_runs() {
        let config = made("branches = 2\nwindow_runs = 1\nheartbeat_ms = 2.5").expect("the table is sound");
        assert_eq!(config.members, [1, 2].map(BranchId).into());
        assert_eq!(config.limits.window_runs, 1);
        assert_eq!(config.timing.heartbeat, Duration::from_micros(2500));
        config.check().expect("the branch accepts it");
    }

    #[test]
    fn a_simulated_cluster_may_be_larger_than_a_live_one() {
        let table: ClusterTable = toml::from_str("branches = 300").expect("the table is well-formed");
        assert_eq!(branches(&table, Substrate::Sim).map(|branches| branches.len()), Ok(300));
        assert!(branches(&table, Substrate::Live).is_err());
    }

    #[test]
    fn what_is_wrong_is_told_with_key_and_remedy() {
        let rows = [
            ("branches = 0", "`branches` is 0; give 1 to 64"),
            ("branches = 65", "`branches` is 65; give 1 to 64"),
            ("run_max = 0", "`run_max` is 0; give 1 to 1000000000"),
            ("heartbeat_ms = 0", "`heartbeat_ms` is 0; write milliseconds above zero"),
            (
                "retransmit_least_ms = 2000",
                "`retransmit_least_ms` is 2000; `retransmit_greatest_ms` is 1000, and must not be less",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(made(text).expect_err(text).message, expected);
        }
    }
}
