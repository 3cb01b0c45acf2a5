//! A session in a closed loop.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::accounts::AccountFamily;
use super::customer::OperationStream;
use super::pause::{Pauses, ThinkTime};
use super::purpose::WorkloadPurpose;
use super::shared::SharedPlan;
use crate::model::{AccountId, BranchId, Operation};

/// One operation of a closed loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// From the end of the session's operation before it, or from the start of load, to the start of this one.
    pub think: Duration,
    /// Where it is asked.
    pub branch: BranchId,
    /// The operation.
    pub operation: Operation,
    /// The family of its account.
    pub family: AccountFamily,
}

/// The steps of one session, independent of all others. There is an end to them.
#[derive(Debug, Clone)]
pub struct Steps {
    customer: OperationStream,
    think: Pauses,
    pattern: Pattern,
    steps_left: u64,
    made: u64,
    /// By number; `None`: all.
    kept: Option<BTreeSet<u64>>,
}

#[derive(Debug, Clone)]
enum Pattern {
    Mixed,
    Pairs {
        gap: Box<Pauses>,
        /// The account that the write of a pair has written, until it is read.
        unread: Option<(AccountId, AccountFamily)>,
    },
}

impl Iterator for Steps {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let mut think = Duration::ZERO;
        loop {
            let step = self.step()?;
            think += step.think;
            let number = self.made;
            self.made += 1;
            if self.kept.as_ref().is_none_or(|kept| kept.contains(&number)) {
                return Some(Step { think, ..step });
            }
        }
    }
}

impl Steps {
    /// A session that does so many operations of the mix.
    pub(super) fn mixed(
        shared: &Arc<SharedPlan>,
        session: usize,
        think: &ThinkTime,
        operations: u64,
    ) -> Steps {
        Steps::new(shared, session, think, Pattern::Mixed, operations)
    }

    /// A session that does so many pairs of a write and a read.
    pub(super) fn pairs(
        shared: &Arc<SharedPlan>,
        session: usize,
        think: &ThinkTime,
        gap: &ThinkTime,
        pairs: u64,
    ) -> Steps {
        let gap = Box::new(Pauses::new(gap.clone(), shared.rng(WorkloadPurpose::Gap, [session as u64, 0])));
        Steps::new(shared, session, think, Pattern::Pairs { gap, unread: None }, 2 * pairs)
    }

    fn new(
        shared: &Arc<SharedPlan>,
        session: usize,
        think: &ThinkTime,
        pattern: Pattern,
        steps_left: u64,
    ) -> Steps {
        let think = Pauses::new(think.clone(), shared.rng(WorkloadPurpose::Think, [session as u64, 0]));
        Steps {
            customer: OperationStream::new(shared, session),
            think,
            pattern,
            steps_left,
            made: 0,
            kept: None,
        }
    }

    /// The same with these steps alone; the pauses before the others are added to those of the kept ones.
    pub(super) fn only(self, kept: Option<BTreeSet<u64>>) -> Steps {
        Steps { kept, ..self }
    }

    /// The next one, kept or not.
    fn step(&mut self) -> Option<Step> {
        self.steps_left = self.steps_left.checked_sub(1)?;
        let step = match &mut self.pattern {
            Pattern::Mixed => {
                let (operation, family) = self.customer.operation();
                Step { think: self.think.next(), branch: self.customer.branch(), operation, family }
            }
            Pattern::Pairs { gap, unread } => match unread.take() {
                Some((account, family)) => {
                    let operation = Operation::Query { account };
                    Step { think: gap.next(), branch: self.customer.other_branch(), operation, family }
                }
                None => {
                    let (operation, family) = self.customer.write();
                    *unread = Some((operation.account(), family));
                    Step { think: self.think.next(), branch: self.customer.branch(), operation, family }
                }
            },
        };
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Load, WorkloadPlan, samples};
    use super::super::roam::Roam;
    use super::super::workload::{Sequence, Workload};
    use super::*;

    fn steps(plan: WorkloadPlan, seed: u64) -> Vec<Steps> {
        match Workload::new(plan, seed).unwrap().sequence() {
            Sequence::Closed(steps) => steps,
            Sequence::Open(_) => panic!("the plan is a closed loop"),
        }
    }

    fn write_then_read(gap: ThinkTime, roam: Roam) -> WorkloadPlan {
        let think = ThinkTime::Constant(Duration::from_millis(1));
        let load = Load::WriteThenRead { think, gap, pairs_per_session: 200 };
        WorkloadPlan { load, roam, ..samples::open() }
    }

    fn line(step: Step) -> String {
        let Step { think, branch, operation, family } = step;
        format!("{} b{branch} {operation} {family}", think.as_nanos())
    }

    #[test]
    fn the_first_steps_of_a_seed_are_these() {
        let lines: Vec<String> = steps(samples::closed(8), 1)[4].clone().map(line).collect();
        let expected = [
            "32534217 b1 query account=4 natural",
            "6721110 b1 query account=4 natural",
            "541780 b3 deposit 1 account=17 radix",
            "6940407 b1 deposit 1746 account=4 natural",
            "6461384 b2 query account=4 natural",
            "11250023 b1 deposit 1 account=12 digit",
            "8907346 b3 deposit 10907 account=4 natural",
            "2814064 b3 query account=17 radix",
        ];
        assert_eq!(lines, expected, "{lines:#?}");
    }

    #[test]
    fn the_first_pairs_of_a_seed_are_these() {
        let gap = ThinkTime::Exponential { mean: Duration::from_millis(5) };
        let session = &steps(write_then_read(gap, Roam::Uniform), 1)[2];
        let lines: Vec<String> = session.clone().take(6).map(line).collect();
        let expected = [
            "1000000 b1 deposit 2998219536 account=16 radix",
            "13155757 b3 query account=16 radix",
            "1000000 b3 withdraw 1224 account=2 natural",
            "7098600 b1 query account=2 natural",
            "1000000 b3 withdraw 2395 account=2 natural",
            "21105108 b2 query account=2 natural",
        ];
        assert_eq!(lines, expected, "{lines:#?}");
    }

    #[test]
    fn a_session_takes_the_same_steps_however_fast_the_others_are() {
        let one_by_one: Vec<Vec<Step>> =
            steps(samples::closed(100), 1).into_iter().map(Iterator::collect).collect();
        let mut sessions = steps(samples::closed(100), 1);
        let mut interleaved = vec![Vec::new(); sessions.len()];
        // The last session is seven times as fast as the second, and the first does nothing until the end.
        for round in 0..800 {
            for (speed, session) in sessions.iter_mut().enumerate() {
                let turns = if round == 799 { 100 } else { speed };
                interleaved[speed].extend(session.take(turns));
            }
        }
        assert_eq!(interleaved, one_by_one);
        assert_ne!(steps(samples::closed(100), 2)[0].clone().collect::<Vec<Step>>(), one_by_one[0]);
    }

    #[test]
    fn a_longer_loop_begins_with_the_steps_of_a_shorter_one() {
        for (short, long) in steps(samples::closed(100), 1).into_iter().zip(steps(samples::closed(300), 1)) {
            assert_eq!(short.collect::<Vec<Step>>(), long.take(100).collect::<Vec<Step>>());
        }
    }

    #[test]
    fn another_think_time_changes_nothing_else() {
        let think = ThinkTime::Constant(Duration::ZERO);
        let load = Load::Closed { think, operations_per_session: 100 };
        let at_once = steps(WorkloadPlan { load, ..samples::closed(100) }, 1);
        for (calm, at_once) in steps(samples::closed(100), 1).into_iter().zip(at_once) {
            let without = calm.map(|step| Step { think: Duration::ZERO, ..step });
            assert!(without.eq(at_once));
        }
    }

    #[test]
    fn a_write_is_read_at_another_branch_after_its_gap() {
        let ms = Duration::from_millis;
        let gaps = [ms(0), ms(5), ms(20)];
        for roam in [Roam::Uniform, Roam::Alternate, Roam::Home(0.7), Roam::Sticky] {
            for session in steps(write_then_read(ThinkTime::Cycled(gaps.to_vec()), roam), 1) {
                let steps: Vec<Step> = session.collect();
                assert_eq!(steps.len(), 400);
                for (pair, gap) in steps.chunks_exact(2).zip(gaps.into_iter().cycle()) {
                    let (write, read) = (pair[0], pair[1]);
                    assert!(write.operation.is_write());
                    assert_eq!(read.operation, Operation::Query { account: write.operation.account() });
                    assert_ne!(read.branch, write.branch);
                    assert_eq!((write.think, read.think), (ms(1), gap));
                }
            }
        }
    }

    #[test]
    fn other_gaps_leave_the_writes_as_they_are() {
        let writes = |gap| {
            let sessions = steps(write_then_read(gap, Roam::Uniform), 1).into_iter();
            sessions.map(|session| session.step_by(2).collect()).collect::<Vec<Vec<Step>>>()
        };
        let drawn = ThinkTime::Drawn([1, 10, 100].map(Duration::from_millis).to_vec());
        assert_eq!(writes(ThinkTime::Constant(Duration::ZERO)), writes(drawn));
    }
}
