//! The load as it will run, made of its table. The path of an invalid value counts from the file.

use std::time::Duration;

use super::convert::durations;
use super::file::{ArrivalTable, ThinkTimeTable, WorkloadTable};
use super::invalid::{Invalid, KeyPath};
use crate::model::BranchId;
use crate::workload::{Arrivals, Homes, Load, ThinkTime, WorkloadPlan, WorkloadPlanError};

/// Operations a second that a closed loop is planned for by default: more than two cores do.
const OPERATIONS_PER_S: f64 = 40_000.0;
const OPERATIONS_MIN: f64 = 1_000.0;

/// The load of one trial, checked, but for the number of accounts, which depends on the seed.
pub(super) fn plan(
    table: &WorkloadTable,
    branches: &[BranchId],
    load_ends: Duration,
) -> Result<WorkloadPlan, Invalid> {
    let plan = WorkloadPlan {
        branches: branches.to_vec(),
        sessions: usize::try_from(table.sessions).unwrap_or(usize::MAX),
        homes: table.homes.clone().map_or(Homes::RoundRobin, Homes::Listed),
        roam: table.roam,
        load: load(table, load_ends),
        mix: table.mix,
        queries: table.queries,
        families: table.families,
        accounts_max: table.accounts_max,
    };
    plan.check().map_err(|error| invalid(&error, table, branches))?;
    Ok(plan)
}

/// Operations for each session of a closed loop of this length: as written, or the default.
pub(super) fn operations_per_session(table: &WorkloadTable, load_ends: Duration) -> u64 {
    let in_all = OPERATIONS_PER_S * load_ends.as_secs_f64();
    let default = (in_all / table.sessions as f64).ceil().max(OPERATIONS_MIN);
    table.operations_per_session.map_or(default as u64, |count| count.get() as u64)
}

fn load(table: &WorkloadTable, load_ends: Duration) -> Load {
    let open = |arrivals| Load::Open { arrivals, duration: load_ends };
    let each = operations_per_session(table, load_ends);
    match &table.arrival {
        &ArrivalTable::PoissonPerS(rate_per_s) => open(Arrivals::Poisson { rate_per_s }),
        &ArrivalTable::ConstantPerS(rate_per_s) => open(Arrivals::Constant { rate_per_s }),
        ArrivalTable::Closed { think } => {
            Load::Closed { think: think_time(think), operations_per_session: each }
        }
        ArrivalTable::WriteThenRead { think, gap } => Load::WriteThenRead {
            think: think_time(think),
            gap: think_time(gap),
            pairs_per_session: each.div_ceil(2),
        },
    }
}

fn think_time(written: &ThinkTimeTable) -> ThinkTime {
    match written {
        ThinkTimeTable::ConstantMs(length) => ThinkTime::Constant(length.duration()),
        ThinkTimeTable::Exponential { mean_ms } => ThinkTime::Exponential { mean: mean_ms.duration() },
        ThinkTimeTable::Uniform { from_ms, to_ms } => {
            ThinkTime::Uniform { from: from_ms.duration(), to: to_ms.duration() }
        }
        ThinkTimeTable::CycledMs(list) => ThinkTime::Cycled(durations(list)),
        ThinkTimeTable::DrawnMs(list) => ThinkTime::Drawn(durations(list)),
    }
}

/// An error of the plan's own check, with the keys of the file.
pub(super) fn invalid(error: &WorkloadPlanError, table: &WorkloadTable, branches: &[BranchId]) -> Invalid {
    let field = field(error);
    let path = path(field, &table.arrival);
    let key = path.to_string();
    let key = key.strip_prefix("workload.").unwrap_or(&key);
    let message = match error {
        WorkloadPlanError::OneBranch { .. } => {
            format!("`{key}` changes branch, and `cluster.branches` is 1; give 2, or roam \"sticky\"")
        }
        WorkloadPlanError::UnknownHome { branch } => {
            let ids: Vec<String> = branches.iter().map(BranchId::to_string).collect();
            format!("`{key}`: branch {branch} is not in this cluster, which has {}", ids.join(", "))
        }
        WorkloadPlanError::Empty { .. }
        | WorkloadPlanError::Zero { .. }
        | WorkloadPlanError::TooMuch { .. }
        | WorkloadPlanError::BranchTwice { .. }
        | WorkloadPlanError::NotPositive { .. }
        | WorkloadPlanError::NotANumber { .. }
        | WorkloadPlanError::NotAShare { .. }
        | WorkloadPlanError::SharesDoNotSum { .. }
        | WorkloadPlanError::Inverted { .. }
        | WorkloadPlanError::NothingToWrite
        | WorkloadPlanError::RadixDoesNotFit { .. }
        | WorkloadPlanError::AccountsDoNotFit { .. } => {
            error.to_string().replace(&format!("`{field}`"), &format!("`{key}`"))
        }
    };
    Invalid { path, message }
}

/// The plan's field that an error is about.
fn field(error: &WorkloadPlanError) -> &'static str {
    match error {
        WorkloadPlanError::Empty { field }
        | WorkloadPlanError::Zero { field }
        | WorkloadPlanError::TooMuch { field, .. }
        | WorkloadPlanError::NotPositive { field, .. }
        | WorkloadPlanError::NotANumber { field, .. }
        | WorkloadPlanError::NotAShare { field, .. }
        | WorkloadPlanError::SharesDoNotSum { field, .. }
        | WorkloadPlanError::Inverted { field, .. }
        | WorkloadPlanError::OneBranch { field } => field,
        WorkloadPlanError::BranchTwice { .. } => "branches",
        WorkloadPlanError::UnknownHome { .. } => "homes",
        WorkloadPlanError::NothingToWrite => "load",
        WorkloadPlanError::RadixDoesNotFit { .. } => "families.radix.sharers",
        WorkloadPlanError::AccountsDoNotFit { .. } => "accounts_max",
    }
}

/// Where the file has a field of the plan.
fn path(field: &str, arrival: &ArrivalTable) -> KeyPath {
    let variant = match arrival {
        ArrivalTable::PoissonPerS(_) => "poisson_per_s",
        ArrivalTable::ConstantPerS(_) => "constant_per_s",
        ArrivalTable::Closed { .. } => "closed",
        ArrivalTable::WriteThenRead { .. } => "write_then_read",
    };
    match field {
        "load" => KeyPath::of(["workload", "arrival"]),
        "load.arrivals.rate_per_s" | "load.write_then_read" => KeyPath::of(["workload", "arrival", variant]),
        "load.duration" => KeyPath::of(["run", "duration_s"]),
        "load.think" => KeyPath::of(["workload", "arrival", variant, "think"]),
        "load.gap" => KeyPath::of(["workload", "arrival", variant, "gap"]),
        "load.operations_per_session" | "load.pairs_per_session" => {
            KeyPath::of(["workload", "operations_per_session"])
        }
        same => KeyPath(["workload"].into_iter().chain(same.split('.')).map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Families, Mix, Queries, Radix, Roam};

    const SECONDS: Duration = Duration::from_secs(2);

    fn build(text: &str, branches: &[u32]) -> Result<WorkloadPlan, Invalid> {
        let table: WorkloadTable = toml::from_str(text).expect(text);
        let branches: Vec<BranchId> = branches.iter().copied().map(BranchId).collect();
        plan(&table, &branches, SECONDS)
    }

    #[test]
    fn what_is_not_written_is_the_workload_s_own_default() {
        let plan = build("", &[1, 2, 3]).expect("the defaults are sound");
        assert_eq!((plan.mix, plan.families), (Mix::default(), Families::default()));
        assert_eq!((plan.homes, plan.queries), (Homes::default(), Queries::default()));
        let arrivals = Arrivals::Poisson { rate_per_s: 500.0 };
        assert_eq!(plan.load, Load::Open { arrivals, duration: SECONDS });
    }

    #[test]
    fn every_arrival_and_pause_is_read() {
        let ms = Duration::from_millis;
        let closed = |think| Load::Closed { think, operations_per_session: 2500 };
        let rows = [
            (
                "constant_per_s = 20",
                Load::Open { arrivals: Arrivals::Constant { rate_per_s: 20.0 }, duration: SECONDS },
            ),
            ("closed.think = { constant_ms = 0 }", closed(ThinkTime::Constant(ms(0)))),
            ("closed.think = { exponential.mean_ms = 3 }", closed(ThinkTime::Exponential { mean: ms(3) })),
            (
                "closed.think = { uniform = { from_ms = 1, to_ms = 2 } }",
                closed(ThinkTime::Uniform { from: ms(1), to: ms(2) }),
            ),
            ("closed.think = { cycled_ms = [1, 2] }", closed(ThinkTime::Cycled(vec![ms(1), ms(2)]))),
            ("closed.think = { drawn_ms = [1, 2] }", closed(ThinkTime::Drawn(vec![ms(1), ms(2)]))),
            (
                "write_then_read = { think = { constant_ms = 1 }, gap = { constant_ms = 5 } }",
                Load::WriteThenRead {
                    think: ThinkTime::Constant(ms(1)),
                    gap: ThinkTime::Constant(ms(5)),
                    pairs_per_session: 1250,
                },
            ),
        ];
        for (arrival, expected) in rows {
            let plan = build(&format!("arrival = {{ {arrival} }}"), &[1, 2]).expect(arrival);
            assert_eq!(plan.load, expected, "{arrival}");
        }
    }

    #[test]
    fn a_closed_loop_is_planned_for_so_many_operations() {
        let rows = [
            ("", 2500),
            ("sessions = 1000", 1000),
            ("sessions = 1", 80_000),
            ("operations_per_session = 7", 7),
        ];
        for (text, expected) in rows {
            let table: WorkloadTable = toml::from_str(text).expect(text);
            assert_eq!(operations_per_session(&table, SECONDS), expected, "{text}");
        }
    }

    #[test]
    fn who_and_where_are_read() {
        let text = "roam = { home = 0.8 }\nhomes = [2, 2, 1]\nqueries = \"last_written\"\n\
                    mix = { deposit = 0.0, withdraw = 0.0, query = 1.0 }\nfamilies.radix.sharers = 2";
        let plan = build(text, &[1, 2]).expect("the table is sound");
        assert_eq!(plan.roam, Roam::Home(0.8));
        assert_eq!(plan.homes, Homes::Listed([2, 2, 1].map(BranchId).to_vec()));
        assert_eq!(plan.queries, Queries::LastWritten);
        assert_eq!(plan.mix, Mix { deposit: 0.0, withdraw: 0.0, query: 1.0 });
        assert_eq!(plan.families.radix, Radix { sharers: 2, ..Radix::default() });
    }

    #[test]
    fn an_invalid_value_is_named_by_the_key_of_the_file() {
        let rows: &[(&str, &str, &str)] = &[
            (
                "arrival.poisson_per_s = -5",
                "workload.arrival.poisson_per_s",
                "`arrival.poisson_per_s` is -5; give a finite number above 0",
            ),
            (
                "arrival.closed.think.constant_ms = 1e8",
                "workload.arrival.closed.think",
                "`arrival.closed.think` is 100000s; give at most 86400s",
            ),
            (
                "arrival.constant_per_s = 1e7\nsessions = 0",
                "workload.sessions",
                "`sessions` is 0; give at least 1",
            ),
            (
                "mix = { deposit = 0.5, withdraw = 0.1, query = 0.5 }",
                "workload.mix",
                "the shares of `mix` sum to 1.1; make them sum to 1",
            ),
            (
                "families.digit.share = 2.0",
                "workload.families.digit.share",
                "`families.digit.share` is 2; give a number from 0 to 1",
            ),
            ("roam = { home = 1.5 }", "workload.roam.home", "`roam.home` is 1.5; give a number from 0 to 1"),
            ("homes = [4]", "workload.homes", "`homes`: branch 4 is not in this cluster, which has 1, 2, 3"),
        ];
        for &(text, path, message) in rows {
            let invalid = build(text, &[1, 2, 3]).expect_err(text);
            assert_eq!(
                (invalid.path.to_string().as_str(), invalid.message.as_str()),
                (path, message),
                "{text}"
            );
        }
    }

    #[test]
    fn one_branch_is_too_few_for_customers_that_roam() {
        let invalid = build("", &[1]).expect_err("there is one branch");
        assert_eq!(
            invalid.message,
            "`roam` changes branch, and `cluster.branches` is 1; give 2, or roam \"sticky\""
        );
        build("roam = \"sticky\"", &[1]).expect("those who stay need one branch");
    }
}
