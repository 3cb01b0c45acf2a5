//! The branches as they will run: their ids, bounds and timing. The path of an invalid value counts from the table.

use std::time::Duration;

use super::file::{ClusterTable, Millis};
use super::invalid::Invalid;
use crate::branch::{Limits, Timing};
use crate::history::Substrate;
use crate::model::BranchId;

/// So many threads with a runtime each still run on one machine...
const LIVE_BRANCHES_MAX: u32 = 64;
/// ...and so many state machines fit into its memory.
const SIMULATED_BRANCHES_MAX: u32 = 1000;

pub(super) fn branches(table: &ClusterTable, substrate: Substrate) -> Result<Vec<BranchId>, Invalid> {
    let most = match substrate {
        Substrate::Live => LIVE_BRANCHES_MAX,
        Substrate::Sim => SIMULATED_BRANCHES_MAX,
    };
    if !(1..=most).contains(&table.branches) {
        return Err(Invalid::value("branches", table.branches, &format!("give 1 to {most}")));
    }
    Ok((1..=table.branches).map(BranchId).collect())
}

pub(super) fn limits(table: &ClusterTable) -> Limits {
    let retained_max = table.retained_max.get();
    Limits {
        parked_max: table.parked_max.get(),
        copies_max: table.copies_max.get(),
        retained_max,
        sessions_max: table.sessions_max.get(),
        window_runs: table.window_runs.get(),
        run_max: table.run_max.get(),
        early_max: table.early_max.get(),
        // Before a log is full, it makes room where it may.
        behind_max: (retained_max / 4 * 3).max(1),
        ..Limits::default()
    }
}

pub(super) fn timing(table: &ClusterTable) -> Result<Timing, Invalid> {
    let timing = Timing {
        timeout_initial: above_zero("retransmit_initial_ms", table.retransmit_initial_ms)?,
        timeout_least: above_zero("retransmit_least_ms", table.retransmit_least_ms)?,
        timeout_greatest: above_zero("retransmit_greatest_ms", table.retransmit_greatest_ms)?,
        heartbeat: above_zero("heartbeat_ms", table.heartbeat_ms)?,
        relay_after: table.relay_after_ms.duration(),
        relay_round_trips: table.relay_round_trips,
    };
    if timing.timeout_least > timing.timeout_greatest {
        let (least, greatest) = (table.retransmit_least_ms.get(), table.retransmit_greatest_ms.get());
        let remedy = format!("`retransmit_greatest_ms` is {greatest}, and must not be less");
        return Err(Invalid::value("retransmit_least_ms", least, &remedy));
    }
    Ok(timing)
}

fn above_zero(key: &str, milliseconds: Millis) -> Result<Duration, Invalid> {
    let duration = milliseconds.duration();
    if duration.is_zero() {
        return Err(Invalid::value(key, milliseconds.get(), "write milliseconds above zero"));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::branch::Config;

    fn build(text: &str) -> Result<Config, Invalid> {
        let table: ClusterTable = toml::from_str(text).expect("the table is well-formed");
        let members = branches(&table, Substrate::Live)?;
        let mut config = Config::new(BranchId(1), members, vec![0]);
        (config.limits, config.timing) = (limits(&table), timing(&table)?);
        Ok(config)
    }

    #[test]
    fn what_is_not_written_is_the_branches_own_default() {
        let config = build("").expect("the defaults are sound");
        let own = Config::new(BranchId(1), [1, 2, 3].map(BranchId), vec![0]);
        assert_eq!(format!("{config:?}"), format!("{own:?}"));
    }

    #[test]
    fn what_is_written_is_what_runs() {
        let config = build("branches = 2\nwindow_runs = 1\nheartbeat_ms = 2.5").expect("the table is sound");
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
    fn an_invalid_value_has_a_key_and_a_remedy() {
        let rows = [
            ("branches = 0", "`branches` is 0; give 1 to 64"),
            ("branches = 65", "`branches` is 65; give 1 to 64"),
            ("heartbeat_ms = 0", "`heartbeat_ms` is 0; write milliseconds above zero"),
            (
                "retransmit_least_ms = 2000",
                "`retransmit_least_ms` is 2000; `retransmit_greatest_ms` is 1000, and must not be less",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(build(text).expect_err(text).message, expected);
        }
    }
}
