//! The way of an origin's writes to a branch: when their first copies left, and when any copy arrived as drawn.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, OriginIndex, Sent};
use crate::model::{BranchId, Time};

use super::apply_times::ApplyTimes;
use super::range_max::RangeMax;

/// Batches that were sent, by receiver and origin.
///
/// Several batches may hold the same write: it was lost, or relayed by another branch. Overlapping batches are
/// cut into stretches of writes that have the same copies. There are at most two stretches for each batch, so a long
/// batch costs no more than a short one.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    by_link: BTreeMap<(BranchId, OriginIndex), LinkCopies>,
}

/// All copies of one origin's writes to one branch.
#[derive(Debug)]
struct LinkCopies {
    /// Without gaps from the first write on.
    stretches: Vec<SameCopies>,
    /// By stretch: when its last write can have arrived by its first copy, and when its copy arrived. `NEVER` for
    /// what was dropped or not sent.
    physical: RangeMax,
    arrivals: RangeMax,
}

/// Writes with the same copies, up to the counter `last`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SameCopies {
    last: u64,
    first_copy: Option<FirstCopy>,
    arrived: Option<EarliestCopy>,
}

/// The first copy that the origin's own branch sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FirstCopy {
    left: Time,
    /// From then to its arrival, in nanoseconds; `None` if it was dropped.
    delay: Option<u64>,
}

/// The copy that arrived first, from any sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EarliestCopy {
    pub t: Time,
    pub left: Time,
}

const NEVER: u64 = u64::MAX;

impl Deliveries {
    pub fn of(history: &History, applied: &ApplyTimes) -> Deliveries {
        let mut batches: BTreeMap<(BranchId, OriginIndex), Vec<&Sent>> = BTreeMap::new();
        for at in &history.sent {
            batches.entry((at.event.to, at.event.origin)).or_default().push(&at.event);
        }
        let link = |((to, origin), batches): (_, Vec<&Sent>)| {
            ((to, origin), LinkCopies::of(&batches, origin, applied))
        };
        Deliveries { by_link: batches.into_iter().map(link).collect() }
    }

    /// When the first copy of this write left its origin for `to`.
    pub fn first_left(&self, to: BranchId, origin: OriginIndex, counter: u64) -> Option<Time> {
        Some(self.link(to, origin)?.stretch(counter)?.first_copy?.left)
    }

    /// The copy of this write that arrived first at `to`.
    pub fn arrived(&self, to: BranchId, origin: OriginIndex, counter: u64) -> Option<EarliestCopy> {
        self.link(to, origin)?.stretch(counter)?.arrived
    }

    /// When the latest of the writes from `first` to `last` can have arrived at `to` at the earliest: visible at the
    /// origin, and then the delay of its first copy. `None` if a first copy was dropped or never left.
    pub fn bound(
        &self,
        applied: &ApplyTimes,
        to: BranchId,
        origin: OriginIndex,
        first: u64,
        last: u64,
    ) -> Option<Time> {
        let link = self.link(to, origin)?;
        let (low, high) = (link.index(first)?, link.index(last)?);
        let at_last = link.stretches[high].first_copy?.earliest(applied.visible(origin, last)?);
        let latest = link.physical.within(low..high).max(at_last);
        (latest != NEVER).then_some(Time(latest))
    }

    /// When the latest of the writes from `first` to `last` arrived at `to`; `None` if there are none, or if one of
    /// them did not arrive by a batch.
    pub fn latest_arrival(&self, to: BranchId, origin: OriginIndex, first: u64, last: u64) -> Option<Time> {
        let link = self.link(to, origin).filter(|_| first <= last)?;
        let latest = link.arrivals.within(link.index(first)?..link.index(last)? + 1);
        (latest != NEVER).then_some(Time(latest))
    }

    fn link(&self, to: BranchId, origin: OriginIndex) -> Option<&LinkCopies> {
        self.by_link.get(&(to, origin))
    }
}

impl LinkCopies {
    fn of(batches: &[&Sent], origin: OriginIndex, applied: &ApplyTimes) -> LinkCopies {
        let stretches = stretches(batches, applied.home(origin));
        let physical = |stretch: &SameCopies| {
            let visible = applied.visible(origin, stretch.last);
            stretch.first_copy.zip(visible).map_or(NEVER, |(copy, visible)| copy.earliest(visible))
        };
        let arrival = |stretch: &SameCopies| stretch.arrived.map_or(NEVER, |arrived| arrived.t.0);
        let physical = RangeMax::of(stretches.iter().map(physical));
        let arrivals = RangeMax::of(stretches.iter().map(arrival));
        LinkCopies { stretches, physical, arrivals }
    }

    fn index(&self, counter: u64) -> Option<usize> {
        let index = self.stretches.partition_point(|stretch| stretch.last < counter);
        (index < self.stretches.len()).then_some(index)
    }

    fn stretch(&self, counter: u64) -> Option<&SameCopies> {
        self.index(counter).map(|index| &self.stretches[index])
    }
}

impl FirstCopy {
    fn earliest(&self, visible: Time) -> u64 {
        self.delay.map_or(NEVER, |delay| visible.0.saturating_add(delay))
    }
}

/// Goes through the counters at which a batch begins or ends, with the copies that hold the writes between.
fn stretches(batches: &[&Sent], home: BranchId) -> Vec<SameCopies> {
    let mut edges: Vec<(u64, usize)> = Vec::with_capacity(2 * batches.len());
    for (index, batch) in batches.iter().enumerate() {
        edges.extend([(batch.first, index), (batch.last.saturating_add(1), index)]);
    }
    edges.sort_unstable();
    let (mut open, mut next, mut stretches) = (Copies::default(), 1, Vec::new());
    for (counter, index) in edges {
        if next < counter {
            stretches.push(open.stretch(counter - 1));
            next = counter;
        }
        open.toggle(index, batches[index], home);
    }
    stretches
}

/// The copies that hold a write; the least of each set is the one that counts. Indices distinguish equal copies.
#[derive(Default)]
struct Copies {
    from_home: BTreeSet<(FirstCopy, usize)>,
    arrived: BTreeSet<(EarliestCopy, usize)>,
}

impl Copies {
    /// In where a batch begins, out where it ends.
    fn toggle(&mut self, index: usize, batch: &Sent, home: BranchId) {
        let delay = batch.delays.iter().min();
        let nanoseconds = delay.map(|delay| u64::try_from(delay.as_nanos()).unwrap_or(NEVER));
        if batch.from == home {
            toggle(&mut self.from_home, (FirstCopy { left: batch.t, delay: nanoseconds }, index));
        }
        if let Some(&delay) = delay {
            toggle(&mut self.arrived, (EarliestCopy { t: batch.t + delay, left: batch.t }, index));
        }
    }

    fn stretch(&self, last: u64) -> SameCopies {
        SameCopies {
            last,
            first_copy: self.from_home.first().map(|copy| copy.0),
            arrived: self.arrived.first().map(|copy| copy.0),
        }
    }
}

fn toggle<T: Ord + Copy>(set: &mut BTreeSet<T>, member: T) {
    if !set.remove(&member) {
        set.insert(member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::{HistoryScript, ms};

    const ONE: OriginIndex = OriginIndex(0);
    const TO: BranchId = BranchId(2);

    /// Writes 1 to 3 become visible at 10, 20, 30.
    fn script() -> HistoryScript {
        let mut script = HistoryScript::new(3);
        (1..=3).for_each(|counter| script.apply(10 * counter, 1, 1, counter..=counter));
        script
    }

    fn deliveries_of(script: HistoryScript) -> (Deliveries, ApplyTimes) {
        let history = script.history(1_000);
        let applied = ApplyTimes::of(&history);
        (Deliveries::of(&history, &applied), applied)
    }

    #[test]
    fn the_bound_is_the_latest_of_a_write_and_its_predecessors() {
        let mut script = script();
        script.sent(10, (1, 2), 1, 1..=1, 0, &[70]);
        script.sent(30, (1, 2), 1, 2..=3, 0, &[15, 5]);
        let (deliveries, applied) = deliveries_of(script);
        let bound = |first, last| deliveries.bound(&applied, TO, ONE, first, last);
        // The delay of the batch counts from when each write was visible, not from when the batch left.
        let rows = [(1, 1, 80), (2, 2, 25), (3, 3, 35), (2, 3, 35), (1, 3, 80)];
        for (first, last, expected) in rows {
            assert_eq!(bound(first, last), Some(ms(expected)), "{first} to {last}");
        }
        assert_eq!(bound(1, 4), None, "write 4 was never sent");
        assert_eq!(deliveries.bound(&applied, BranchId(3), ONE, 1, 1), None, "nothing was sent to branch 3");
    }

    #[test]
    fn there_is_no_bound_if_a_first_copy_was_dropped() {
        let mut script = script();
        script.sent(10, (1, 2), 1, 1..=1, 0, &[]);
        script.sent(20, (1, 2), 1, 2..=2, 0, &[5]);
        script.sent(40, (1, 2), 1, 1..=2, 1, &[5]);
        let (deliveries, applied) = deliveries_of(script);
        assert_eq!(deliveries.bound(&applied, TO, ONE, 1, 2), None);
        assert_eq!(deliveries.bound(&applied, TO, ONE, 2, 2), Some(ms(25)));
    }

    #[test]
    fn the_copy_that_arrives_first_counts_from_any_sender() {
        let mut script = script();
        script.sent(10, (1, 2), 1, 1..=1, 0, &[]);
        script.sent(30, (1, 2), 1, 2..=3, 0, &[60]);
        script.sent(25, (3, 2), 1, 1..=2, 0, &[35]);
        script.sent(50, (1, 2), 1, 1..=1, 1, &[30]);
        let (deliveries, _) = deliveries_of(script);
        let arrived = |counter| deliveries.arrived(TO, ONE, counter);
        let relayed = Some(EarliestCopy { t: ms(60), left: ms(25) });
        assert_eq!([1, 2].map(arrived), [relayed; 2]);
        assert_eq!(arrived(3), Some(EarliestCopy { t: ms(90), left: ms(30) }));
        let left = |counter| deliveries.first_left(TO, ONE, counter);
        assert_eq!([1, 2, 3].map(left), [10, 30, 30].map(|t| Some(ms(t))), "a relay is no first copy");
        let latest = |first, last| deliveries.latest_arrival(TO, ONE, first, last);
        assert_eq!([latest(1, 2), latest(1, 3)], [60, 90].map(|t| Some(ms(t))));
        assert_eq!([latest(2, 1), latest(1, 4)], [None, None]);
    }

    #[test]
    fn a_run_of_any_length_costs_no_more_than_a_short_one() {
        let mut script = script();
        script.sent(30, (1, 2), 1, 1..=u64::MAX, 0, &[5]);
        let (deliveries, _) = deliveries_of(script);
        assert_eq!(deliveries.arrived(TO, ONE, 1 << 60), Some(EarliestCopy { t: ms(35), left: ms(30) }));
    }
}
