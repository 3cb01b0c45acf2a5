//! The delay of writes over each link: from visible at their origin to visible at a peer.

use std::collections::BTreeMap;
use std::iter;

use crate::history::OriginIndex;
use crate::model::BranchId;
use crate::results::{LinkLag, Spread};

use super::apply_times::{ApplyStep, ApplyTimes};
use super::period::Period;

/// By link, over writes that became visible at their origin in the measured time and at the peer before the end.
pub(super) fn propagation(applied: &ApplyTimes, period: &Period) -> Vec<LinkLag> {
    let mut links: BTreeMap<(BranchId, BranchId), Vec<OriginIndex>> = BTreeMap::new();
    for (to, origin) in applied.pairs() {
        let from = applied.home(origin);
        if from != to {
            links.entry((from, to)).or_default().push(origin);
        }
    }
    let path = |((from, to), origins): ((BranchId, BranchId), Vec<OriginIndex>)| {
        let mut lags = Vec::new();
        origins.iter().for_each(|&origin| collect(&mut lags, applied, period, (from, to), origin));
        LinkLag { from, to, lag_ms: Spread::of_samples(lags) }
    };
    links.into_iter().map(path).collect()
}

/// Walks both branches' steps together. Only the first time that the peer applied a write counts.
fn collect(
    lags: &mut Vec<u64>,
    applied: &ApplyTimes,
    period: &Period,
    (from, to): (BranchId, BranchId),
    origin: OriginIndex,
) {
    let Some(visible) = applied.lives(from, origin).first() else { return };
    let mut visible = visible.as_slice();
    let mut reached = 0;
    for step in applied.lives(to, origin).iter().flatten() {
        while reached < step.counter {
            let Some((&ApplyStep { t, counter }, later)) = visible.split_first() else { return };
            if counter <= reached {
                visible = later;
                continue;
            }
            let upto = counter.min(step.counter);
            if period.contains(t) {
                let writes = (upto - reached) as usize;
                lags.extend(iter::repeat_n(step.t.0.saturating_sub(t.0), writes));
            }
            reached = upto;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Milestone;
    use crate::measure::testing::{HistoryScript, near};

    fn paths(script: HistoryScript) -> Vec<LinkLag> {
        let history = script.history(1_000);
        propagation(&ApplyTimes::of(&history), &Period::of(&history))
    }

    #[test]
    fn each_write_counts_once_for_each_link() {
        let mut script = HistoryScript::new(3);
        script.apply(10, 1, 1, 1..=2);
        script.apply(20, 1, 1, 3..=3);
        script.apply(50, 2, 1, 1..=3);
        script.apply(15, 3, 1, 1..=1);
        script.apply(60, 3, 1, 2..=2);
        let paths = paths(script);
        let links: Vec<_> = paths.iter().map(|path| (path.from.0, path.to.0, path.lag_ms.n)).collect();
        assert_eq!(links, [(1, 2, 3), (1, 3, 2)]);
        // 40, 40 and 30; 5 and 50.
        near(paths[0].lag_ms.mean, 110.0 / 3.0);
        near(paths[0].lag_ms.max, 40.0);
        near(paths[1].lag_ms.mean, 27.5);
    }

    #[test]
    fn neither_writes_of_the_warm_up_nor_a_second_life_count() {
        let mut script = HistoryScript::new(2);
        script.apply(10, 1, 1, 1..=1);
        script.phase(15, Milestone::WarmUpOver);
        script.apply(20, 1, 1, 2..=2);
        script.apply(30, 2, 1, 1..=2);
        script.life(40, 2, 2);
        script.apply(90, 2, 1, 1..=2);
        let paths = paths(script);
        assert_eq!((paths.len(), paths[0].lag_ms.n), (1, 1));
        near(paths[0].lag_ms.max, 10.0);
    }
}
