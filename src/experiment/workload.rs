//! The load as it will run, made of its table. Paths of what is wrong count from the file.

use std::time::Duration;

use super::parts::{span, spans};
use super::written::{
    ArrivalTable, FamiliesTable, MixTable, PauseTable, QueriesName, RoamTable, WorkloadTable,
};
use super::wrong::{KeyPath, Within, Wrong};
use crate::model::BranchId;
use crate::workload::{
    Arrivals, Digit, Families, Homes, Load, Mix, Natural, Queries, Radix, Roam, ThinkTime, WorkloadPlan,
    WorkloadPlanError,
};

/// What a closed loop is planned for by default: more than two cores do.
const OPERATIONS_PER_S: f64 = 40_000.0;
const OPERATIONS_MIN: f64 = 1_000.0;

/// The load of one trial, checked, but for the number of accounts, which depends on the seed.
pub(super) fn plan(
    table: &WorkloadTable,
    branches: &[BranchId],
    load_ends: Duration,
) -> Result<WorkloadPlan, Wrong> {
    let homes = |listed: &Vec<u32>| Homes::Listed(listed.iter().copied().map(BranchId).collect());
    let plan = WorkloadPlan {
        branches: branches.to_vec(),
        sessions: usize::try_from(table.sessions).unwrap_or(usize::MAX),
        homes: table.homes.as_ref().map_or(Homes::RoundRobin, homes),
        roam: roam(table.roam),
        load: load(table, load_ends).within("arrival").within("workload")?,
        mix: mix(table.mix),
        queries: queries(table.queries),
        families: families(&table.families),
        accounts_max: table.accounts_max,
    };
    plan.check().map_err(|error| wrong(&error, table, branches))?;
    Ok(plan)
}

/// Operations for each session of a closed loop of this length: as written, or the default.
pub(super) fn operations_per_session(table: &WorkloadTable, load_ends: Duration) -> u64 {
    let in_all = OPERATIONS_PER_S * load_ends.as_secs_f64();
    let default = (in_all / table.sessions as f64).ceil().max(OPERATIONS_MIN);
    table.operations_per_session.unwrap_or(default as u64)
}

fn load(table: &WorkloadTable, load_ends: Duration) -> Result<Load, Wrong> {
    let open = |arrivals| Load::Open { arrivals, duration: load_ends };
    let each = operations_per_session(table, load_ends);
    Ok(match &table.arrival {
        &ArrivalTable::PoissonPerS(rate_per_s) => open(Arrivals::Poisson { rate_per_s }),
        &ArrivalTable::ConstantPerS(rate_per_s) => open(Arrivals::Constant { rate_per_s }),
        ArrivalTable::Closed { think } => Load::Closed {
            think: pause(think).within("think").within("closed")?,
            operations_per_session: each,
        },
        ArrivalTable::WriteThenRead { think, gap } => Load::WriteThenRead {
            think: pause(think).within("think").within("write_then_read")?,
            gap: pause(gap).within("gap").within("write_then_read")?,
            pairs_per_session: each.div_ceil(2),
        },
    })
}

fn pause(written: &PauseTable) -> Result<ThinkTime, Wrong> {
    Ok(match written {
        PauseTable::ConstantMs(length) => ThinkTime::Constant(span("constant_ms", *length)?),
        PauseTable::Exponential { mean_ms } => {
            ThinkTime::Exponential { mean: span("mean_ms", *mean_ms).within("exponential")? }
        }
        PauseTable::Uniform { from_ms, to_ms } => ThinkTime::Uniform {
            from: span("from_ms", *from_ms).within("uniform")?,
            to: span("to_ms", *to_ms).within("uniform")?,
        },
        PauseTable::CycledMs(list) => ThinkTime::Cycled(spans("cycled_ms", list)?),
        PauseTable::DrawnMs(list) => ThinkTime::Drawn(spans("drawn_ms", list)?),
    })
}

fn roam(written: RoamTable) -> Roam {
    match written {
        RoamTable::Uniform => Roam::Uniform,
        RoamTable::Alternate => Roam::Alternate,
        RoamTable::Sticky => Roam::Sticky,
        RoamTable::Home(probability) => Roam::Home { probability },
    }
}

fn mix(MixTable { deposit, withdraw, query }: MixTable) -> Mix {
    Mix { deposit, withdraw, query }
}

fn queries(name: QueriesName) -> Queries {
    match name {
        QueriesName::Written => Queries::Written,
        QueriesName::LastWritten => Queries::LastWritten,
        QueriesName::Anyones => Queries::Anyones,
    }
}

fn families(FamiliesTable { natural, digit, radix }: &FamiliesTable) -> Families {
    Families {
        natural: Natural {
            share: natural.share,
            accounts_per_session: natural.accounts_per_session,
            opening_balance_minor_units: natural.opening_balance_minor_units,
            amount_min_minor_units: natural.amount_min_minor_units,
            amount_max_minor_units: natural.amount_max_minor_units,
        },
        digit: Digit { share: digit.share, accounts_per_session: digit.accounts_per_session },
        radix: Radix {
            share: radix.share,
            sharers: radix.sharers,
            accounts_per_group: radix.accounts_per_group,
            zipf_exponent: radix.zipf_exponent,
        },
    }
}

/// What the plan's own check found, in the words of the file.
pub(super) fn wrong(error: &WorkloadPlanError, table: &WorkloadTable, branches: &[BranchId]) -> Wrong {
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
    Wrong { path, message }
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
        "roam.probability" => KeyPath::of(["workload", "roam", "home"]),
        same => KeyPath(["workload"].into_iter().chain(same.split('.')).map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Duration = Duration::from_secs(2);

    fn made(text: &str, branches: &[u32]) -> Result<WorkloadPlan, Wrong> {
        let table: WorkloadTable = toml::from_str(text).expect(text);
        let branches: Vec<BranchId> = branches.iter().copied().map(BranchId).collect();
        plan(&table, &branches, SECONDS)
    }

    #[test]
    fn what_is_not_written_is_the_workload_s_own_default() {
        let plan = made("", &[1, 2, 3]).expect("the defaults are sound");
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
            let plan = made(&format!("arrival = {{ {arrival} }}"), &[1, 2]).expect(arrival);
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
        let plan = made(text, &[1, 2]).expect("the table is sound");
        assert_eq!(plan.roam, Roam::Home { probability: 0.8 });
        assert_eq!(plan.homes, Homes::Listed([2, 2, 1].map(BranchId).to_vec()));
        assert_eq!(plan.queries, Queries::LastWritten);
        assert_eq!(plan.mix, Mix { deposit: 0.0, withdraw: 0.0, query: 1.0 });
        assert_eq!(plan.families.radix, Radix { sharers: 2, ..Radix::default() });
    }

    #[test]
    fn what_is_wrong_is_told_in_the_words_of_the_file() {
        let rows: &[(&str, &str, &str)] = &[
            (
                "arrival.poisson_per_s = -5",
                "workload.arrival.poisson_per_s",
                "`arrival.poisson_per_s` is -5; give a finite number above 0",
            ),
            (
                "arrival.closed.think.exponential.mean_ms = -1",
                "workload.arrival.closed.think.exponential.mean_ms",
                "`mean_ms` is -1; write milliseconds, from zero to a year",
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
            (
                "arrival.closed.think.constant_ms = 0\noperations_per_session = 0",
                "workload.operations_per_session",
                "`operations_per_session` is 0; give at least 1",
            ),
        ];
        for &(text, path, message) in rows {
            let wrong = made(text, &[1, 2, 3]).expect_err(text);
            assert_eq!((wrong.path.to_string().as_str(), wrong.message.as_str()), (path, message), "{text}");
        }
    }

    #[test]
    fn one_branch_is_too_few_for_those_who_roam() {
        let wrong = made("", &[1]).expect_err("there is one branch");
        assert_eq!(
            wrong.message,
            "`roam` changes branch, and `cluster.branches` is 1; give 2, or roam \"sticky\""
        );
        made("roam = \"sticky\"", &[1]).expect("those who stay need one branch");
    }
}
