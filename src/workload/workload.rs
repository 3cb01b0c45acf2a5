//! A plan and a seed, checked and counted: everything of a workload comes from them.

use std::sync::Arc;

use super::accounts::Accounts;
use super::arrivals::ArrivalTimes;
use super::customer::OperationStream;
use super::filter::OperationFilter;
use super::picker::Picker;
use super::plan::{Load, WorkloadPlan};
use super::plan_error::WorkloadPlanError;
use super::schedule::Schedule;
use super::shared::SharedPlan;
use super::steps::Steps;

/// All operations of a trial, and the accounts that they touch.
#[derive(Debug, Clone)]
pub struct Workload {
    shared: Arc<SharedPlan>,
    accounts: Accounts,
    /// `None`: all operations take place.
    kept: Option<OperationFilter>,
}

/// All operations of a workload, from the first on.
#[derive(Debug, Clone)]
pub enum Sequence {
    /// The arrivals of [`Load::Open`].
    Open(Box<Schedule>),
    /// The steps of [`Load::Closed`] and [`Load::WriteThenRead`], one list for each session.
    Closed(Vec<Steps>),
}

impl Workload {
    /// The workload of this plan that belongs to `seed`, the same on every machine.
    ///
    /// It runs through the choices of the whole load once, without amounts, to count the accounts that it takes.
    ///
    /// # Errors
    ///
    /// Those of [`WorkloadPlan::check`], and [`WorkloadPlanError::AccountsDoNotFit`].
    pub fn new(plan: WorkloadPlan, seed: u64) -> Result<Workload, WorkloadPlanError> {
        plan.check()?;
        let shared = Arc::new(SharedPlan::new(plan, seed));
        let fits = |generations: u64| {
            let needed = generations.saturating_mul(shared.accounts.layout.width());
            let accounts_max = shared.plan.accounts_max;
            if needed > accounts_max {
                return Err(WorkloadPlanError::AccountsDoNotFit { needed, accounts_max });
            }
            Ok(generations)
        };
        fits(1)?;
        let generations = fits(generations(&shared))?;
        Ok(Workload { accounts: Accounts::new(shared.accounts, generations), shared, kept: None })
    }

    /// The same, with these operations alone. The others leave holes: accounts, amounts, branches and times of those
    /// that are kept stay as they are.
    pub fn only(self, kept: OperationFilter) -> Workload {
        Workload { kept: Some(kept), ..self }
    }

    /// The plan that it was made of.
    pub fn plan(&self) -> &WorkloadPlan {
        &self.shared.plan
    }

    /// Its accounts.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The operations from the first on, in each call. They are made as they are asked for, and a fresh natural account
    /// takes some time to choose its amounts; a driver that must be punctual makes them before the start.
    pub fn sequence(&self) -> Sequence {
        let shared = &self.shared;
        let sessions = 0..shared.plan.sessions;
        let kept = |session| self.kept.as_ref().map(|kept| kept.of_session(session));
        match &shared.plan.load {
            Load::Open { arrivals, duration } => {
                let customers =
                    sessions.clone().map(|session| OperationStream::new(shared, session)).collect();
                let times =
                    ArrivalTimes::new(*arrivals, *duration, shared.plan.sessions, shared.accounts.seed);
                let kept = sessions.map(kept).collect();
                Sequence::Open(Box::new(Schedule::new(times, customers, kept)))
            }
            Load::Closed { think, operations_per_session } => Sequence::Closed(
                sessions
                    .map(|session| {
                        Steps::mixed(shared, session, think, *operations_per_session).only(kept(session))
                    })
                    .collect(),
            ),
            Load::WriteThenRead { think, gap, pairs_per_session } => Sequence::Closed(
                sessions
                    .map(|session| {
                        Steps::pairs(shared, session, think, gap, *pairs_per_session).only(kept(session))
                    })
                    .collect(),
            ),
        }
    }
}

/// How many generations of accounts the whole load uses.
fn generations(shared: &SharedPlan) -> u64 {
    let mut pickers: Vec<Picker> =
        (0..shared.plan.sessions).map(|session| Picker::new(shared, session)).collect();
    match shared.plan.load {
        Load::Open { arrivals, duration } => {
            ArrivalTimes::new(arrivals, duration, shared.plan.sessions, shared.accounts.seed).for_each(
                |(_, session)| {
                    pickers[session].next(shared);
                },
            );
        }
        Load::Closed { operations_per_session, .. } => pickers.iter_mut().for_each(|picker| {
            (0..operations_per_session).for_each(|_| {
                picker.next(shared);
            });
        }),
        Load::WriteThenRead { pairs_per_session, .. } => pickers.iter_mut().for_each(|picker| {
            (0..pairs_per_session).for_each(|_| {
                picker.next_write(shared);
            });
        }),
    }
    pickers.iter().map(|picker| picker.generations(shared)).max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::plan::samples;
    use super::*;

    #[test]
    fn a_load_that_takes_more_accounts_than_it_may_is_refused() {
        let needed = Workload::new(samples::closed(2_000), 1).unwrap().accounts().count();
        let with = |accounts_max| Workload::new(WorkloadPlan { accounts_max, ..samples::closed(2_000) }, 1);
        assert!(with(needed).is_ok());
        let error = with(needed - 1).unwrap_err();
        assert_eq!(error, WorkloadPlanError::AccountsDoNotFit { needed, accounts_max: needed - 1 });
        // Not even one generation: said before anything is counted.
        assert_eq!(with(1).unwrap_err(), WorkloadPlanError::AccountsDoNotFit { needed: 18, accounts_max: 1 });
    }

    #[test]
    fn operations_that_pass_the_filter_are_as_they_were() {
        let whole = |plan| Workload::new(plan, 1).unwrap();
        let kept = || OperationFilter::of_sessions([(2, vec![0, 3, 4]), (5, vec![1])]);
        let Sequence::Open(all) = whole(samples::open()).sequence() else {
            panic!("the plan is an open loop")
        };
        let Sequence::Open(some) = whole(samples::open()).only(kept()).sequence() else {
            panic!("the plan is an open loop")
        };
        let all: Vec<_> = all.collect();
        let of = |session| all.iter().filter(move |arrival| arrival.session == session).copied();
        let (two, five): (Vec<_>, Vec<_>) = (of(2).collect(), of(5).collect());
        let mut expected = vec![two[0], two[3], two[4], five[1]];
        expected.sort_by_key(|arrival| arrival.at);
        assert_eq!(some.collect::<Vec<_>>(), expected);

        let Sequence::Closed(all) = whole(samples::closed(9)).sequence() else {
            panic!("the plan is a closed loop")
        };
        let Sequence::Closed(some) = whole(samples::closed(9)).only(kept()).sequence() else {
            panic!("the plan is a closed loop")
        };
        let all: Vec<Vec<_>> = all.into_iter().map(Iterator::collect).collect();
        let some: Vec<Vec<_>> = some.into_iter().map(Iterator::collect).collect();
        let asked = |steps: &[super::super::Step]| {
            steps.iter().map(|step| (step.branch, step.operation)).collect::<Vec<_>>()
        };
        assert_eq!(asked(&some[2]), asked(&[all[2][0], all[2][3], all[2][4]]));
        assert_eq!(asked(&some[5]), asked(&all[5][1..2]));
        assert_eq!(some[5][0].think, all[5][0].think + all[5][1].think, "pauses add up");
        assert!(
            some.iter().enumerate().all(|(session, steps)| [2, 5].contains(&session) || steps.is_empty())
        );
    }

    #[test]
    fn a_plan_that_makes_no_sense_is_refused() {
        let plan = WorkloadPlan { sessions: 0, ..samples::open() };
        assert_eq!(Workload::new(plan, 1).unwrap_err(), WorkloadPlanError::Zero { field: "sessions" });
    }

    #[test]
    fn a_longer_load_has_the_accounts_of_a_shorter_one_and_more() {
        let balances =
            |operations| Workload::new(samples::closed(operations), 1).unwrap().accounts().initial_balances();
        let (short, long) = (balances(100), balances(1_000));
        assert!(short.len() < long.len());
        assert!(long.starts_with(&short));
    }
}
