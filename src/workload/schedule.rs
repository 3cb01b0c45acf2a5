//! An open loop: every operation has its time.

use std::collections::BTreeSet;
use std::time::Duration;

use super::accounts::AccountFamily;
use super::arrivals::ArrivalTimes;
use super::customer::OperationStream;
use crate::model::{BranchId, Operation};

/// One operation of an open loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The intended start, from the start of load. Latency counts from here, however late it is sent.
    pub at: Duration,
    /// Whose it is, from 0. A session makes its operations in this order, one at a time.
    pub session: usize,
    /// Where it is asked.
    pub branch: BranchId,
    /// The operation.
    pub operation: Operation,
    /// The family of its account.
    pub family: AccountFamily,
}

/// All arrivals in order of time, made as they are asked for. Operations that arrive at the same nanosecond keep
/// their order.
#[derive(Debug, Clone)]
pub struct Schedule {
    times: ArrivalTimes,
    /// By session.
    customers: Vec<OperationStream>,
    /// By session: how many arrivals there were, and which of them take place; `None`: all.
    kept: Vec<(u64, Option<BTreeSet<u64>>)>,
}

impl Iterator for Schedule {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            let arrival = self.arrival()?;
            let (made, kept) = &mut self.kept[arrival.session];
            let number = *made;
            *made += 1;
            if kept.as_ref().is_none_or(|kept| kept.contains(&number)) {
                return Some(arrival);
            }
        }
    }
}

impl Schedule {
    pub(super) fn new(
        times: ArrivalTimes,
        customers: Vec<OperationStream>,
        kept: Vec<Option<BTreeSet<u64>>>,
    ) -> Schedule {
        Schedule { times, customers, kept: kept.into_iter().map(|kept| (0, kept)).collect() }
    }

    /// The next one, whether or not it takes place.
    fn arrival(&mut self) -> Option<Arrival> {
        let (at, session) = self.times.next()?;
        let customer = &mut self.customers[session];
        let (operation, family) = customer.operation();
        Some(Arrival { at, session, branch: customer.branch(), operation, family })
    }
}

#[cfg(test)]
mod tests {
    use super::super::arrivals::Arrivals;
    use super::super::plan::{Load, Mix, Queries, WorkloadPlan, samples};
    use super::super::steps::Step;
    use super::super::workload::{Sequence, Workload};
    use super::*;
    use crate::model::{AccountId, WriteKind};

    fn schedule(plan: WorkloadPlan, seed: u64) -> Schedule {
        match Workload::new(plan, seed).unwrap().sequence() {
            Sequence::Open(schedule) => *schedule,
            Sequence::Closed(_) => panic!("the plan is an open loop"),
        }
    }

    fn poisson(rate_per_s: f64, seconds: u64) -> WorkloadPlan {
        let arrivals = Arrivals::Poisson { rate_per_s };
        WorkloadPlan {
            load: Load::Open { arrivals, duration: Duration::from_secs(seconds) },
            ..samples::open()
        }
    }

    fn line(arrival: &Arrival) -> String {
        let Arrival { at, session, branch, operation, family } = arrival;
        format!("{} s{session} b{branch} {operation} {family}", at.as_nanos())
    }

    #[test]
    fn the_first_arrivals_of_a_seed_are_these() {
        let lines: Vec<String> =
            schedule(samples::open(), 1).take(16).map(|arrival| line(&arrival)).collect();
        let expected = [
            "960882 s1 b2 query account=16 radix",
            "1659791 s6 b3 deposit 44919 account=6 natural",
            "4861285 s3 b1 deposit 2011 account=3 natural",
            "9818813 s2 b1 query account=16 radix",
            "13692503 s7 b2 query account=7 natural",
            "13992253 s0 b2 query account=0 natural",
            "16639620 s1 b3 query account=16 radix",
            "19711332 s6 b3 withdraw 426 account=6 natural",
            "20747812 s5 b3 query account=17 radix",
            "21977642 s1 b2 deposit 316 account=1 natural",
            "25684510 s3 b1 query account=3 natural",
            "26179728 s2 b2 withdraw 1224 account=2 natural",
            "27026885 s6 b1 query account=6 natural",
            "29832808 s5 b3 query account=5 natural",
            "30231085 s4 b1 query account=4 natural",
            "32679857 s7 b3 query account=15 digit",
        ];
        assert_eq!(lines, expected, "{lines:#?}");
    }

    #[test]
    fn a_longer_load_begins_with_the_same_arrivals() {
        let short: Vec<Arrival> = schedule(poisson(500.0, 2), 1).collect();
        let long: Vec<Arrival> = schedule(poisson(500.0, 6), 1).collect();
        assert!(long.starts_with(&short));
        assert!(long[short.len()].at >= Duration::from_secs(2));
    }

    #[test]
    fn another_rate_changes_times_alone() {
        let without_time = |arrival| Arrival { at: Duration::ZERO, ..arrival };
        let slow = schedule(poisson(250.0, 4), 1).map(without_time).take(500);
        let fast = schedule(poisson(1_000.0, 1), 1).map(without_time).take(500);
        assert!(slow.eq(fast));
    }

    #[test]
    fn a_session_asks_the_same_in_an_open_and_in_a_closed_loop() {
        let Sequence::Closed(steps) = Workload::new(samples::closed(50), 1).unwrap().sequence() else {
            panic!("the plan is a closed loop");
        };
        let arrivals: Vec<Arrival> = schedule(poisson(500.0, 2), 1).collect();
        for (session, steps) in steps.into_iter().enumerate() {
            let open = arrivals.iter().filter(|arrival| arrival.session == session);
            let open = open.map(|arrival| (arrival.branch, arrival.operation, arrival.family)).take(50);
            assert!(open.eq(steps.map(|Step { branch, operation, family, .. }| (branch, operation, family))));
        }
    }

    #[test]
    fn operations_and_families_have_their_shares() {
        let arrivals: Vec<Arrival> = schedule(poisson(500.0, 40), 1).collect();
        let share = |wanted: &dyn Fn(&Arrival) -> bool| {
            arrivals.iter().filter(|arrival| wanted(arrival)).count() as f64 / arrivals.len() as f64
        };
        let of_kind = |wanted| {
            move |arrival: &Arrival| match arrival.operation {
                Operation::Write { kind, .. } => Some(kind) == wanted,
                Operation::Query { .. } => wanted.is_none(),
            }
        };
        let rows = [
            (share(&of_kind(Some(WriteKind::Deposit))), 0.4),
            (share(&of_kind(Some(WriteKind::Withdraw))), 0.1),
            (share(&of_kind(None)), 0.5),
            (share(&|arrival| arrival.family == AccountFamily::Natural), 0.6),
            (share(&|arrival| arrival.family == AccountFamily::Digit), 0.2),
            (share(&|arrival| arrival.family == AccountFamily::Radix), 0.2),
        ];
        // Four standard errors of 20,000 draws are at most 0.014.
        assert!(rows.iter().all(|(found, expected)| (found - expected).abs() < 0.014), "{rows:?}");
    }

    #[test]
    fn another_share_of_queries_leaves_the_way_as_it_is() {
        let branches = |query| {
            let mix = Mix { deposit: 1.0 - query, withdraw: 0.0, query };
            schedule(WorkloadPlan { mix, ..samples::open() }, 1)
                .map(|arrival| arrival.branch)
                .collect::<Vec<_>>()
        };
        assert_eq!(branches(0.1), branches(0.9));
    }

    /// The shares, of all queries of sessions that have written, that read an account that the session has written,
    /// and how many the one that it wrote last.
    fn written(queries: Queries) -> [f64; 2] {
        let mut of_session: Vec<Vec<AccountId>> = vec![Vec::new(); 8];
        let mut counts = [0.0; 3];
        for arrival in schedule(WorkloadPlan { queries, ..samples::open() }, 1) {
            let written = &mut of_session[arrival.session];
            match arrival.operation {
                Operation::Write { account, .. } => written.push(account),
                Operation::Query { account } => {
                    let hits =
                        [!written.is_empty(), written.contains(&account), written.last() == Some(&account)];
                    counts.iter_mut().zip(hits).for_each(|(count, hit)| *count += f64::from(hit));
                }
            }
        }
        [counts[1] / counts[0], counts[2] / counts[0]]
    }

    #[test]
    fn queries_read_what_the_session_has_written_unless_it_is_planned_otherwise() {
        assert_eq!(written(Queries::LastWritten), [1.0, 1.0]);
        let [any, last] = written(Queries::Written);
        assert!(any == 1.0 && (0.3..0.7).contains(&last), "{any} {last}");
        let [any, _] = written(Queries::Anyones);
        assert!((0.05..0.4).contains(&any), "{any}");
    }
}
