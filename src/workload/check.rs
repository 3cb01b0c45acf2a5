//! The check of a plan: everything is checked here, and nothing later.

use std::time::Duration;

use super::accounts::{Families, Natural, Positional};
use super::arrivals::Arrivals;
use super::pause::ThinkTime;
use super::plan::{Homes, Load, Mix, WorkloadPlan};
use super::plan_error::WorkloadPlanError;
use super::roam::Roam;
use crate::model::BranchId;

const SESSIONS_MAX: usize = 1_000_000;
const RATE_PER_S_MAX: f64 = 1e7;
const DURATION_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
const PAUSE_MAX: Duration = Duration::from_secs(24 * 3600);
/// Operations of a whole load, which is run through once before it starts.
const OPERATIONS_MAX: f64 = 1e8;
/// Exact as a float, and with room for every sum in 64 bits.
const MONEY_MAX: u64 = 1_000_000_000_000_000;
/// How many accounts a session or a group uses side by side.
const SLOTS_MAX: u64 = 100_000;
const ZIPF_EXPONENT_MAX: f64 = 10.0;
/// Shares are sums of decimal fractions, which floats round.
const SUM_TOLERANCE: f64 = 1e-9;

impl WorkloadPlan {
    /// Whether a workload can be made of it, but for the number of accounts, which depends on the seed.
    ///
    /// # Errors
    ///
    /// The first thing that makes no sense.
    pub fn check(&self) -> Result<(), WorkloadPlanError> {
        self.check_branches()?;
        self.mix.check()?;
        self.families.check(self.mix.withdraw > 0.0)?;
        self.check_load()
    }

    fn check_branches(&self) -> Result<(), WorkloadPlanError> {
        not_empty("branches", &self.branches)?;
        for (index, &branch) in self.branches.iter().enumerate() {
            if self.branches[..index].contains(&branch) {
                return Err(WorkloadPlanError::BranchTwice { branch });
            }
        }
        from_one("sessions", self.sessions as u64, SESSIONS_MAX as u64)?;
        self.homes.check(&self.branches)?;
        if let Roam::Home(probability) = self.roam {
            share("roam.home", probability)?;
        }
        if self.roam.changes_branch() { self.needs_two("roam") } else { Ok(()) }
    }

    fn needs_two(&self, field: &'static str) -> Result<(), WorkloadPlanError> {
        if self.branches.len() < 2 { Err(WorkloadPlanError::OneBranch { field }) } else { Ok(()) }
    }

    fn check_load(&self) -> Result<(), WorkloadPlanError> {
        match &self.load {
            Load::Open { arrivals, duration } => {
                check_arrivals(*arrivals)?;
                at_most_long("load.duration", *duration, DURATION_MAX)?;
                positive("load.duration", duration.as_secs_f64())?;
                operations("load.duration", arrivals.rate_per_s() * duration.as_secs_f64())
            }
            Load::Closed { think, operations_per_session: each } => {
                check_pause("load.think", think)?;
                self.check_operations("load.operations_per_session", *each, 1.0)
            }
            Load::WriteThenRead { think, gap, pairs_per_session: each } => {
                check_pause("load.think", think)?;
                check_pause("load.gap", gap)?;
                self.needs_two("load.write_then_read")?;
                if self.mix.deposit + self.mix.withdraw <= 0.0 {
                    return Err(WorkloadPlanError::NothingToWrite);
                }
                self.check_operations("load.pairs_per_session", *each, 2.0)
            }
        }
    }

    fn check_operations(
        &self,
        field: &'static str,
        each: u64,
        operations_each: f64,
    ) -> Result<(), WorkloadPlanError> {
        from_one(field, each, u64::MAX)?;
        operations(field, self.sessions as f64 * each as f64 * operations_each)
    }
}

impl Mix {
    fn check(&self) -> Result<(), WorkloadPlanError> {
        let Mix { deposit, withdraw, query } = *self;
        shares("mix", [("mix.deposit", deposit), ("mix.withdraw", withdraw), ("mix.query", query)])
    }
}

impl Homes {
    fn check(&self, branches: &[BranchId]) -> Result<(), WorkloadPlanError> {
        match self {
            Homes::RoundRobin => Ok(()),
            Homes::Listed(list) => {
                not_empty("homes", list)?;
                let unknown = list.iter().copied().find(|home| !branches.contains(home));
                unknown.map_or(Ok(()), |branch| Err(WorkloadPlanError::UnknownHome { branch }))
            }
        }
    }
}

impl Families {
    fn check(&self, withdraws: bool) -> Result<(), WorkloadPlanError> {
        let Families { natural, digit, radix } = self;
        let each = [natural.share, digit.share, radix.share];
        let fields = ["families.natural.share", "families.digit.share", "families.radix.share"];
        shares("families", [0, 1, 2].map(|index| (fields[index], each[index])))?;
        natural.check()?;
        from_one("families.digit.accounts_per_session", digit.accounts_per_session.into(), SLOTS_MAX)?;
        from_one("families.radix.accounts_per_group", radix.accounts_per_group.into(), SLOTS_MAX)?;
        from_one("families.radix.sharers", radix.sharers.into(), u32::MAX.into())?;
        let (sharers, sharers_max) = (radix.sharers, Positional::sharers_max(withdraws));
        if sharers > sharers_max {
            return Err(WorkloadPlanError::RadixDoesNotFit { sharers, sharers_max });
        }
        let (field, value) = ("families.radix.zipf_exponent", radix.zipf_exponent);
        if !value.is_finite() || value < 0.0 {
            return Err(WorkloadPlanError::NotANumber { field, value });
        }
        at_most(field, value, ZIPF_EXPONENT_MAX)
    }
}

impl Natural {
    fn check(&self) -> Result<(), WorkloadPlanError> {
        let (low, high) = (self.amount_min_minor_units, self.amount_max_minor_units);
        from_one("families.natural.accounts_per_session", self.accounts_per_session.into(), SLOTS_MAX)?;
        from_one("families.natural.amount_min_minor_units", low, MONEY_MAX)?;
        from_one("families.natural.amount_max_minor_units", high, MONEY_MAX)?;
        in_order("families.natural.amount_min_minor_units", low, high)?;
        at_most("families.natural.opening_balance_minor_units", self.opening_balance_minor_units, MONEY_MAX)
    }
}

fn check_arrivals(arrivals: Arrivals) -> Result<(), WorkloadPlanError> {
    let (field, rate_per_s) = ("load.arrivals.rate_per_s", arrivals.rate_per_s());
    positive(field, rate_per_s)?;
    at_most(field, rate_per_s, RATE_PER_S_MAX)
}

fn check_pause(field: &'static str, pause: &ThinkTime) -> Result<(), WorkloadPlanError> {
    match pause {
        ThinkTime::Constant(length) | ThinkTime::Exponential { mean: length } => {
            at_most_long(field, *length, PAUSE_MAX)
        }
        ThinkTime::Uniform { from, to } => {
            in_order(field, from.as_secs_f64(), to.as_secs_f64())?;
            at_most_long(field, *to, PAUSE_MAX)
        }
        ThinkTime::Cycled(list) | ThinkTime::Drawn(list) => {
            not_empty(field, list)?;
            list.iter().try_for_each(|&length| at_most_long(field, length, PAUSE_MAX))
        }
    }
}

fn operations(field: &'static str, count: f64) -> Result<(), WorkloadPlanError> {
    if count <= OPERATIONS_MAX {
        return Ok(());
    }
    let value = format!("long enough for {count:.1e} operations");
    Err(WorkloadPlanError::TooMuch {
        field,
        value,
        max: format!("{OPERATIONS_MAX:.0e} operations over all sessions"),
    })
}

fn shares(whole: &'static str, parts: [(&'static str, f64); 3]) -> Result<(), WorkloadPlanError> {
    parts.iter().try_for_each(|&(field, value)| share(field, value))?;
    let sum = parts.iter().map(|part| part.1).sum::<f64>();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        // Without the digits that are there for rounding alone.
        return Err(WorkloadPlanError::SharesDoNotSum { field: whole, sum: (sum * 1e9).round() / 1e9 });
    }
    Ok(())
}

fn share(field: &'static str, value: f64) -> Result<(), WorkloadPlanError> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(WorkloadPlanError::NotAShare { field, value }) }
}

fn positive(field: &'static str, value: f64) -> Result<(), WorkloadPlanError> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(WorkloadPlanError::NotPositive { field, value })
    }
}

fn not_empty<T>(field: &'static str, list: &[T]) -> Result<(), WorkloadPlanError> {
    if list.is_empty() { Err(WorkloadPlanError::Empty { field }) } else { Ok(()) }
}

fn from_one(field: &'static str, value: u64, max: u64) -> Result<(), WorkloadPlanError> {
    if value == 0 { Err(WorkloadPlanError::Zero { field }) } else { at_most(field, value, max) }
}

fn at_most_long(field: &'static str, value: Duration, max: Duration) -> Result<(), WorkloadPlanError> {
    if value <= max {
        return Ok(());
    }
    Err(WorkloadPlanError::TooMuch { field, value: format!("{value:?}"), max: format!("{max:?}") })
}

fn at_most<T: PartialOrd + ToString>(field: &'static str, value: T, max: T) -> Result<(), WorkloadPlanError> {
    if value <= max {
        return Ok(());
    }
    Err(WorkloadPlanError::TooMuch { field, value: value.to_string(), max: max.to_string() })
}

fn in_order<T: PartialOrd + ToString>(field: &'static str, low: T, high: T) -> Result<(), WorkloadPlanError> {
    if low <= high {
        return Ok(());
    }
    Err(WorkloadPlanError::Inverted { field, low: low.to_string(), high: high.to_string() })
}

#[cfg(test)]
mod tests {
    use super::super::accounts::{Digit, Radix};
    use super::super::plan::samples::{closed, open};
    use super::*;

    type Change = fn(&mut WorkloadPlan);

    /// Fails unless each change of the sample is answered as expected.
    fn hold(sample: &WorkloadPlan, rows: &[(Change, &str)]) {
        for (change, expected) in rows {
            let mut plan = sample.clone();
            change(&mut plan);
            let found = plan.check().map_or_else(|error| error.to_string(), |()| "fine".to_owned());
            assert!(found.contains(expected), "expected {expected:?}, found {found:?}");
        }
    }

    #[test]
    fn sessions_and_branches_are_checked() {
        let rows: &[(Change, &str)] = &[
            (|_| {}, "fine"),
            (|plan| plan.branches.clear(), "`branches` is empty; name at least one"),
            (|plan| plan.branches.push(BranchId(2)), "`branches` names 2 twice"),
            (|plan| plan.sessions = 0, "`sessions` is 0; give at least 1"),
            (|plan| plan.sessions = 1_000_001, "`sessions` is 1000001; give at most 1000000"),
            (|plan| plan.homes = Homes::Listed(Vec::new()), "`homes` is empty"),
            (|plan| plan.homes = Homes::Listed(vec![BranchId(4)]), "`homes` names 4, which is not"),
            (|plan| plan.homes = Homes::Listed(vec![BranchId(3)]), "fine"),
            (|plan| plan.roam = Roam::Home(1.1), "`roam.home` is 1.1; give a number"),
            (|plan| plan.roam = Roam::Home(f64::NAN), "`roam.home` is NaN"),
            (|plan| plan.branches.truncate(1), "`roam` changes branch, and `branches` has only one"),
        ];
        hold(&open(), rows);
    }

    #[test]
    fn one_branch_is_enough_for_sessions_that_stay() {
        let alone = WorkloadPlan { branches: vec![BranchId(1)], ..open() };
        let rows: &[(Change, &str)] = &[
            (|plan| plan.roam = Roam::Sticky, "fine"),
            (|plan| plan.roam = Roam::Home(1.0), "fine"),
            (|plan| plan.roam = Roam::Home(0.999), "`roam` changes branch"),
            (|plan| plan.roam = Roam::Alternate, "`roam` changes branch"),
        ];
        hold(&alone, rows);
    }

    #[test]
    fn the_mix_and_the_families_are_checked() {
        let rows: &[(Change, &str)] = &[
            (
                |plan| plan.mix = Mix { deposit: 0.4, withdraw: 0.1, query: 0.4 },
                "the shares of `mix` sum to 0.9",
            ),
            (|plan| plan.mix = Mix { deposit: 1.5, withdraw: -0.5, query: 0.0 }, "`mix.deposit` is 1.5"),
            (|plan| plan.mix = Mix { deposit: 0.1, withdraw: 0.2, query: 0.7 }, "fine"),
            (|plan| plan.mix = Mix { deposit: 0.0, withdraw: 0.0, query: 1.0 }, "fine"),
            (|plan| plan.families.digit.share = 0.7, "the shares of `families` sum to 1.5"),
            (
                |plan| plan.families.digit = Digit { accounts_per_session: 0, ..Digit::default() },
                "session` is 0",
            ),
            (
                |plan| plan.families.radix = Radix { sharers: 0, ..Radix::default() },
                "`families.radix.sharers` is 0",
            ),
            (|plan| plan.families.radix.sharers = 20, "sharers` is 20; with this mix at most 19 sessions"),
            (
                |plan| plan.families.radix.zipf_exponent = -1.0,
                "zipf_exponent` is -1; give a finite number from 0",
            ),
            (|plan| plan.families.radix.zipf_exponent = 11.0, "zipf_exponent` is 11; give at most 10"),
            (|plan| plan.families.natural.amount_min_minor_units = 0, "amount_min_minor_units` is 0"),
            (|plan| plan.families.natural.amount_min_minor_units = 200_000, "end at 200000, above its upper"),
            (
                |plan| plan.families.natural.opening_balance_minor_units = u64::MAX,
                "give at most 1000000000000000",
            ),
        ];
        hold(&open(), rows);
    }

    #[test]
    fn without_withdrawals_more_sessions_share_an_account() {
        let deposits = WorkloadPlan { mix: Mix { deposit: 0.5, withdraw: 0.0, query: 0.5 }, ..open() };
        let rows: &[(Change, &str)] = &[
            (|plan| plan.families.radix.sharers = 39, "fine"),
            (|plan| plan.families.radix.sharers = 40, "at most 39 sessions"),
        ];
        hold(&deposits, rows);
    }

    #[test]
    fn an_open_loop_is_checked() {
        fn load(plan: &mut WorkloadPlan, rate_per_s: f64, seconds: u64) {
            let arrivals = Arrivals::Poisson { rate_per_s };
            plan.load = Load::Open { arrivals, duration: Duration::from_secs(seconds) };
        }
        let rows: &[(Change, &str)] = &[
            (|plan| load(plan, 0.0, 1), "`load.arrivals.rate_per_s` is 0; give a finite number above 0"),
            (|plan| load(plan, f64::INFINITY, 1), "`load.arrivals.rate_per_s` is inf"),
            (|plan| load(plan, 2e7, 1), "`load.arrivals.rate_per_s` is 20000000; give at most 10000000"),
            (|plan| load(plan, 1.0, 0), "`load.duration` is 0; give a finite number above 0"),
            (|plan| load(plan, 1.0, 2_592_001), "`load.duration` is 2592001s; give at most 2592000s"),
            (
                |plan| load(plan, 1e5, 1_100),
                "`load.duration` is long enough for 1.1e8 operations; give at most",
            ),
            (|plan| load(plan, 1e5, 1_000), "fine"),
        ];
        hold(&open(), rows);
    }

    #[test]
    fn a_closed_loop_is_checked() {
        fn think(plan: &mut WorkloadPlan, think: ThinkTime) {
            plan.load = Load::Closed { think, operations_per_session: 1 };
        }
        const DAYS: Duration = Duration::from_secs(48 * 3600);
        let rows: &[(Change, &str)] = &[
            (|_| {}, "fine"),
            (|plan| *plan = closed(0), "`load.operations_per_session` is 0"),
            (|plan| *plan = closed(u64::MAX), "`load.operations_per_session` is long enough for"),
            (|plan| think(plan, ThinkTime::Constant(Duration::ZERO)), "fine"),
            (
                |plan| think(plan, ThinkTime::Exponential { mean: DAYS }),
                "`load.think` is 172800s; give at most 86400s",
            ),
            (|plan| think(plan, ThinkTime::Cycled(Vec::new())), "`load.think` is empty"),
            (
                |plan| think(plan, ThinkTime::Uniform { from: DAYS, to: Duration::ZERO }),
                "end at 172800, above",
            ),
        ];
        hold(&closed(100), rows);
    }

    #[test]
    fn write_then_read_needs_two_branches_and_writes() {
        let none = ThinkTime::Constant(Duration::ZERO);
        let load = Load::WriteThenRead { think: none.clone(), gap: none, pairs_per_session: 10 };
        let sticky = WorkloadPlan { load, roam: Roam::Sticky, ..open() };
        let rows: &[(Change, &str)] = &[
            (|_| {}, "fine"),
            (|plan| plan.branches.truncate(1), "`load.write_then_read` changes branch"),
            (|plan| plan.mix = Mix { deposit: 0.0, withdraw: 0.0, query: 1.0 }, "`mix` has no writes"),
        ];
        hold(&sticky, rows);
    }
}
