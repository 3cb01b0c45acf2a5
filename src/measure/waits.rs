//! A read's wait beyond the injected network delay, and its parts.

use crate::model::{BranchId, Time};
use crate::results::{Span, WaitParts};

use super::apply_times::ApplyTimes;
use super::customers::{Lack, Tail};
use super::deliveries::Deliveries;
use super::observed_operation::{Ending, ObservedOperation};
use super::samples::Samples;

/// The waits of measured reads that were parked and then answered.
pub(super) struct Waits<'a> {
    applied: &'a ApplyTimes,
    deliveries: &'a Deliveries,
    /// Nanoseconds: queue, recovery, transport, predecessor, apply, wake-up.
    sums: [u128; 6],
    n: u64,
}

/// One wait.
struct Wait<'a> {
    branch: BranchId,
    arrived: Time,
    answered: Time,
    lack: &'a Lack,
}

impl<'a> Waits<'a> {
    pub fn new(applied: &'a ApplyTimes, deliveries: &'a Deliveries) -> Waits<'a> {
        Waits { applied, deliveries, sums: [0; 6], n: 0 }
    }

    /// Counts a measured operation.
    pub fn count(&mut self, operation: &ObservedOperation, samples: &mut Samples) {
        let Some(wait) = Wait::of(operation) else { return };
        if let Some(bound) = self.bound(&wait) {
            samples.record(Span::ExcessWait, wait.answered.0.saturating_sub(bound.0));
        }
        if let Some(parts) = self.parts(&wait) {
            self.sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += u128::from(part));
            self.n += 1;
        }
    }

    pub fn parts_mean(&self) -> WaitParts {
        let mean = |sum: u128| if self.n > 0 { sum as f64 / self.n as f64 / 1e6 } else { 0.0 };
        let [queue_ms, recovery_ms, transport_ms, predecessor_ms, apply_ms, wake_ms] = self.sums.map(mean);
        WaitParts { queue_ms, transport_ms, recovery_ms, predecessor_ms, apply_ms, wake_ms, n: self.n }
    }

    /// The earliest time at which the network can have brought all that was missing; not before the arrival.
    fn bound(&self, wait: &Wait) -> Option<Time> {
        let bound = |tail: &Tail| {
            self.deliveries.bound(self.applied, wait.branch, tail.origin, tail.has + 1, tail.last)
        };
        wait.lack.tails.iter().try_fold(wait.arrived, |latest, tail| Some(latest.max(bound(tail)?)))
    }

    /// Goes from mark to mark of the write that was applied last. A mark that lies before the one before it, or
    /// after the write was applied, is moved there. So no part is negative and the parts add up to the wait.
    fn parts(&self, wait: &Wait) -> Option<[u64; 6]> {
        let applied = |tail: &Tail| {
            let when = self.applied.when(wait.branch, tail.origin, tail.last, wait.arrived);
            when.map(|t| (t, *tail))
        };
        let all: Option<Vec<(Time, Tail)>> = wait.lack.tails.iter().map(applied).collect();
        let (applied, tail) = all?.into_iter().max_by_key(|(t, _)| *t)?;
        if applied > wait.answered {
            return None;
        }
        let Tail { origin, has, last } = tail;
        let arrived = self.deliveries.arrived(wait.branch, origin, last);
        let marks = [
            self.deliveries.first_left(wait.branch, origin, last),
            arrived.map(|copy| copy.left),
            arrived.map(|copy| copy.t),
            self.deliveries.latest_arrival(wait.branch, origin, has + 1, last - 1),
            Some(applied),
        ];
        let mut before = wait.arrived;
        let mut part = |mark: Option<Time>| {
            let mark = mark.map_or(before, |mark| mark.clamp(before, applied));
            mark.since(std::mem::replace(&mut before, mark)).as_nanos() as u64
        };
        let [queue, recovery, transport, predecessor, apply] = marks.map(&mut part);
        let wake = wait.answered.since(applied).as_nanos() as u64;
        Some([queue, recovery, transport, predecessor, apply, wake])
    }
}

impl<'a> Wait<'a> {
    /// The wait of an operation; `None` if it was not parked or not answered, or lacked no own write.
    fn of(operation: &'a ObservedOperation) -> Option<Wait<'a>> {
        let arrival = operation.read.as_ref()?.arrival.as_ref()?;
        let answered = operation.complete?.answered?;
        let counts = operation.ending == Ending::Ok && operation.parked_ns() > 0 && !arrival.lack.is_empty();
        let wait =
            Wait { branch: operation.invoke.branch, arrived: arrival.t, answered, lack: &arrival.lack };
        counts.then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::history::CauseWord;
    use crate::measure::measure;
    use crate::measure::testing::{HistoryScript, Op, near, recorded};
    use crate::results::{Span, WaitParts};

    /// A write at branch 1 that is visible and acknowledged at 10.
    fn written() -> HistoryScript {
        let mut script = HistoryScript::new(3);
        script.run(Op::deposit(0, 1).invoked(9).ok(10));
        script
    }

    /// Arrives at branch 2 at 30 and is answered then.
    fn waits_until(script: &mut HistoryScript, answered: u64, shown: &[u64]) {
        script.run(Op::query(0, 2).invoked(30).parked(answered - 30).shows(answered, shown));
    }

    fn excess(script: HistoryScript) -> Vec<u64> {
        recorded(&measure(&script.history(1_000), true).1, Span::ExcessWait)
    }

    /// Queue, transport, recovery, predecessor, apply, wake-up; in milliseconds.
    fn parts(script: HistoryScript, expected: [f64; 6]) {
        let parts = measure(&script.history(1_000), true).0.wait_parts;
        let WaitParts { queue_ms, transport_ms, recovery_ms, predecessor_ms, apply_ms, wake_ms, n } = parts;
        assert_eq!(n, 1);
        let found = [queue_ms, transport_ms, recovery_ms, predecessor_ms, apply_ms, wake_ms];
        for (found, expected) in found.into_iter().zip(expected) {
            near(Some(found), expected);
        }
    }

    #[test]
    fn excess_is_what_a_wait_takes_beyond_the_delay_of_the_first_copy() {
        let mut script = written();
        script.sent(12, (1, 2), 1, 1..=1, 0, &[80]);
        script.apply(93, 2, 1, 1..=1);
        waits_until(&mut script, 95, &[1]);
        // Visible at 10, with a delay of 80: it cannot be there before 90.
        assert_eq!(excess(script), [5]);
    }

    #[test]
    fn a_read_that_comes_after_the_bound_can_only_blame_what_follows() {
        let mut script = written();
        script.sent(10, (1, 2), 1, 1..=1, 0, &[15]);
        script.apply(42, 2, 1, 1..=1);
        waits_until(&mut script, 42, &[1]);
        assert_eq!(excess(script), [12], "from its arrival at 30 on");
    }

    #[test]
    fn the_bound_covers_predecessors_of_others_and_every_missing_origin() {
        let mut script = HistoryScript::new(3);
        // Another customer's write comes before the own one at branch 1.
        script.run(Op::deposit(1, 1).invoked(5).ok(6));
        script.run(Op::deposit(0, 1).invoked(9).ok(10));
        script.run(Op::deposit(0, 3).invoked(19).ok(20));
        script.sent(6, (1, 2), 1, 1..=1, 0, &[90]);
        script.sent(10, (1, 2), 1, 2..=2, 0, &[30]);
        script.sent(20, (3, 2), 3, 1..=1, 0, &[40]);
        script.apply(60, 2, 3, 1..=1);
        script.apply(96, 2, 1, 1..=2);
        waits_until(&mut script, 97, &[2, 0, 1]);
        assert_eq!(excess(script), [1], "6 + 90 is later than 10 + 30 and 20 + 40");
    }

    #[test]
    fn a_relay_that_is_faster_leaves_no_excess() {
        let mut script = written();
        script.sent(10, (1, 2), 1, 1..=1, 0, &[80]);
        script.sent(20, (3, 2), 1, 1..=1, 0, &[20]);
        script.apply(40, 2, 1, 1..=1);
        waits_until(&mut script, 40, &[1]);
        assert_eq!(excess(script), [0]);
    }

    #[test]
    fn losses_timeouts_and_reads_that_did_not_wait_have_no_excess() {
        let mut script = written();
        script.sent(10, (1, 2), 1, 1..=1, 0, &[]);
        script.sent(50, (1, 2), 1, 1..=1, 1, &[30]);
        script.apply(80, 2, 1, 1..=1);
        script.sent(10, (1, 3), 1, 1..=1, 0, &[10]);
        script.apply(200, 3, 1, 1..=1);
        waits_until(&mut script, 80, &[1]);
        script.run(Op::query(0, 3).invoked(90).parked(50).fails(140, CauseWord::Deadline));
        script.run(Op::query(0, 3).invoked(210).shows(211, &[1]));
        assert_eq!(excess(script), [0_u64; 0]);
    }

    #[test]
    fn a_wait_is_taken_apart_into_what_happened_one_after_another() {
        let mut script = HistoryScript::new(2);
        script.run(Op::deposit(1, 1).invoked(5).ok(6));
        script.run(Op::deposit(0, 1).invoked(9).ok(10));
        // The first copy of the own write is held back until 35 and lost; the next one leaves at 50.
        script.sent(35, (1, 2), 1, 2..=2, 0, &[]);
        script.sent(50, (1, 2), 1, 2..=2, 1, &[20]);
        // Its predecessor comes 11 after it, both are applied 3 later, and the read is woken 2 after that.
        script.sent(6, (1, 2), 1, 1..=1, 0, &[75]);
        script.apply(84, 2, 1, 1..=2);
        waits_until(&mut script, 86, &[2]);
        parts(script, [5.0, 20.0, 15.0, 11.0, 3.0, 2.0]);
    }

    #[test]
    fn what_was_over_before_the_read_came_is_no_part_of_its_wait() {
        let mut script = written();
        // Left long before the read came, which meets the last 10 of 30 on the way.
        script.sent(10, (1, 2), 1, 1..=1, 0, &[30]);
        script.apply(41, 2, 1, 1..=1);
        waits_until(&mut script, 45, &[1]);
        parts(script, [0.0, 10.0, 0.0, 0.0, 1.0, 4.0]);
    }

    #[test]
    fn the_write_that_is_applied_last_is_the_one_that_is_taken_apart() {
        let mut script = written();
        script.run(Op::deposit(0, 3).invoked(19).ok(20));
        script.sent(10, (1, 2), 1, 1..=1, 0, &[80]);
        script.sent(40, (3, 2), 3, 1..=1, 0, &[20]);
        script.apply(60, 2, 3, 1..=1);
        script.apply(90, 2, 1, 1..=1);
        waits_until(&mut script, 90, &[1, 0, 1]);
        parts(script, [0.0, 60.0, 0.0, 0.0, 0.0, 0.0]);
    }

    /// When a run leaves, who sends it, where it begins, how many writes follow, and its delays.
    type Run = (u64, bool, u64, u64, Vec<u64>);

    fn run() -> impl Strategy<Value = Run> {
        (0..100_u64, any::<bool>(), 1..=3_u64, 0..3_u64, prop::collection::vec(0..100_u64, 0..3))
    }

    proptest! {
        #[test]
        fn the_parts_add_up_whatever_was_sent(
            runs in prop::collection::vec(run(), 0..8),
            applied in 31..300_u64,
            wake in 0..20_u64,
        ) {
            let mut script = HistoryScript::new(3);
            (1..=3).for_each(|n| script.run(Op::deposit(0, 1).invoked(3 * n).ok(3 * n + 1)));
            for (t, relayed, first, more, delays) in runs {
                let from = if relayed { 3 } else { 1 };
                script.sent(t, (from, 2), 1, first..=(first + more).min(3), 0, &delays);
            }
            script.apply(applied, 2, 1, 1..=3);
            waits_until(&mut script, applied + wake, &[3]);
            let parts = measure(&script.history(1_000), true).0.wait_parts;
            let WaitParts { queue_ms, transport_ms, recovery_ms, predecessor_ms, apply_ms, wake_ms, n } = parts;
            let all = [queue_ms, transport_ms, recovery_ms, predecessor_ms, apply_ms, wake_ms];
            prop_assert!(all.iter().all(|&part| part >= 0.0), "{:?}", parts);
            prop_assert_eq!((n, all.iter().sum::<f64>()), (1, (applied + wake - 30) as f64));
        }
    }

    #[test]
    fn what_no_run_explains_counts_as_apply() {
        let mut script = written();
        script.apply(50, 2, 1, 1..=1);
        waits_until(&mut script, 51, &[1]);
        parts(script, [0.0, 0.0, 0.0, 0.0, 20.0, 1.0]);
    }
}
