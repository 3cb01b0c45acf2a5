//! Figures of reads inside the windows of each fault, and outside all windows.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::model::Time;
use crate::results::{FaultFigures, FaultPeriod, Histograms, Rate, Spread};

use super::observed_operation::{Ending, ObservedOperation};
use super::period::Period;
use super::repetitions::spread_over;
use super::spans::{between, wait_of_eligible};

/// The name of the group outside all windows.
const OUTSIDE: &str = "outside of faults";

/// Measured reads by the faults in whose windows they were meant to start.
pub(super) struct FaultTally {
    /// In order of their first beginnings; the last is outside of all windows. None without a fault.
    groups: Vec<Group>,
}

/// The windows of all faults with the same kind and text.
struct Group {
    kind: Option<String>,
    text: String,
    /// From and until, in nanoseconds; clipped to the measured time.
    windows: Vec<[u64; 2]>,
    read_latency: Histogram<u64>,
    wait: Histogram<u64>,
    stale: u64,
    eligible_ok: u64,
}

impl FaultTally {
    pub fn new(faults: &[FaultPeriod], period: &Period) -> FaultTally {
        let mut groups: Vec<Group> = Vec::new();
        for FaultPeriod { kind, text, from_s, until_s, .. } in faults {
            let window = [from_s, until_s].map(|s| ns(*s).clamp(period.from.0, period.until.0));
            let same =
                groups.iter_mut().find(|group| group.kind.as_ref() == Some(kind) && group.text == *text);
            match same {
                Some(group) => group.windows.push(window),
                None => groups.push(Group::new(Some(kind.clone()), text.clone(), vec![window])),
            }
        }
        if !groups.is_empty() {
            let within = union(groups.iter().flat_map(|group| group.windows.iter().copied()).collect());
            groups.iter_mut().for_each(|group| group.windows = union(std::mem::take(&mut group.windows)));
            groups.push(Group::new(None, OUTSIDE.to_owned(), gaps(&within, period)));
        }
        FaultTally { groups }
    }

    /// Counts a measured operation.
    pub fn count(&mut self, operation: &ObservedOperation, period: &Period) {
        let Some(read) = &operation.read else { return };
        let intended = operation.invoke.intended;
        let ended = operation.complete.map_or(period.ended, |complete| complete.t);
        for group in self.groups.iter_mut().filter(|group| group.holds(intended)) {
            group.read_latency.saturating_record(between(intended, ended));
            if let Some(wait) = wait_of_eligible(operation) {
                group.wait.saturating_record(wait);
            }
            group.stale += u64::from(read.is_stale());
            group.eligible_ok += u64::from(read.is_eligible && operation.ending == Ending::Ok);
        }
    }

    pub fn finish(self) -> Vec<FaultFigures> {
        self.groups.into_iter().map(Group::figures).collect()
    }
}

impl Group {
    fn new(kind: Option<String>, text: String, windows: Vec<[u64; 2]>) -> Group {
        let (read_latency, wait) = (Histograms::empty(), Histograms::empty());
        Group { kind, text, windows, read_latency, wait, stale: 0, eligible_ok: 0 }
    }

    /// Whether a time lies in one of the windows, which are apart and in order.
    fn holds(&self, t: Time) -> bool {
        let after = self.windows.partition_point(|window| window[0] <= t.0);
        after > 0 && t.0 < self.windows[after - 1][1]
    }

    fn figures(self) -> FaultFigures {
        let total_ns: u64 = self.windows.iter().map(|window| window[1] - window[0]).sum();
        FaultFigures {
            kind: self.kind,
            text: self.text,
            windows: self.windows.len() as u64,
            measured_s: total_ns as f64 / 1e9,
            read_latency_ms: Spread::of(&self.read_latency),
            wait_ms: Spread::of(&self.wait),
            stale_rate: Rate::new(self.stale, self.eligible_ok),
        }
    }
}

/// The figures over repetitions, fault by fault, in the order of the first repetition that has it. A percentile is the
/// median over the repetitions that had the fault; counts and times are sums.
pub(super) fn faults_over<'a>(repetitions: impl Iterator<Item = &'a [FaultFigures]>) -> Vec<FaultFigures> {
    let mut order: Vec<(&Option<String>, &str)> = Vec::new();
    let mut alike: BTreeMap<(&Option<String>, &str), Vec<&FaultFigures>> = BTreeMap::new();
    for figures in repetitions.flatten() {
        let key = (&figures.kind, figures.text.as_str());
        let known = alike.entry(key).or_default();
        if known.is_empty() {
            order.push(key);
        }
        known.push(figures);
    }
    // What is outside of faults stays the last.
    order.sort_by_key(|(kind, _)| kind.is_none());
    order.into_iter().map(|key| over(&alike[&key])).collect()
}

fn over(repetitions: &[&FaultFigures]) -> FaultFigures {
    let spread = |of: fn(&FaultFigures) -> Spread| {
        spread_over(&repetitions.iter().map(|figures| of(figures)).collect::<Vec<_>>())
    };
    let rates = repetitions.iter().map(|figures| (figures.stale_rate.hits, figures.stale_rate.n));
    FaultFigures {
        kind: repetitions[0].kind.clone(),
        text: repetitions[0].text.clone(),
        windows: repetitions.iter().map(|figures| figures.windows).sum(),
        measured_s: repetitions.iter().map(|figures| figures.measured_s).sum(),
        read_latency_ms: spread(|figures| figures.read_latency_ms),
        wait_ms: spread(|figures| figures.wait_ms),
        stale_rate: Rate::over(&rates.collect::<Vec<_>>()),
    }
}

/// The same time as windows that are apart and in order; empty ones are left out.
fn union(mut windows: Vec<[u64; 2]>) -> Vec<[u64; 2]> {
    windows.sort_unstable();
    let mut apart: Vec<[u64; 2]> = Vec::new();
    for [from, until] in windows.into_iter().filter(|window| window[0] < window[1]) {
        match apart.last_mut() {
            Some(last) if from <= last[1] => last[1] = until.max(last[1]),
            Some(_) | None => apart.push([from, until]),
        }
    }
    apart
}

/// The measured time between windows that are apart and in order.
fn gaps(windows: &[[u64; 2]], period: &Period) -> Vec<[u64; 2]> {
    let froms = [period.from.0].into_iter().chain(windows.iter().map(|window| window[1]));
    let untils = windows.iter().map(|window| window[0]).chain([period.until.0]);
    froms.zip(untils).map(|(from, until)| [from, until]).filter(|gap| gap[0] < gap[1]).collect()
}

fn ns(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Edge, Milestone};
    use crate::measure::measure;
    use crate::measure::testing::{HistoryScript, Op, near};

    /// Measured from 100 to 900, with one fault in two windows and another that overlaps the second.
    fn faulty() -> HistoryScript {
        let mut script = HistoryScript::new(2);
        script.phase(100, Milestone::WarmUpOver);
        for (fault, from, until) in [(0, 50, 200), (0, 400, 500), (1, 450, 600)] {
            script.fault(from, fault, Edge::Begin);
            script.fault(until, fault, Edge::End);
        }
        script.phase(900, Milestone::LoadOver);
        script
    }

    fn figures(script: HistoryScript) -> Vec<FaultFigures> {
        measure(&script.history(1_000), true).0.by_fault
    }

    #[test]
    fn windows_of_one_fault_count_together_and_the_rest_of_the_measured_time_is_outside() {
        let found = figures(faulty());
        let found: Vec<_> = found.iter().map(|f| (f.text.as_str(), f.windows, f.measured_s)).collect();
        // Both faults of a script have the same text, so their overlapping windows are one.
        assert_eq!(found, [("a test's fault", 2, 0.3), (OUTSIDE, 2, 0.5)]);
        assert_eq!(figures(HistoryScript::new(2)), [], "no fault, no windows");
    }

    #[test]
    fn a_read_belongs_to_the_window_in_which_it_was_meant_to_start() {
        let mut script = faulty();
        script.run(Op::deposit(0, 1).invoked(110).ok(111));
        // Within, and long after the window has ended.
        script.run(Op::query(0, 2).intended(199).invoked(210).shows(230, &[0]));
        script.run(Op::query(0, 2).invoked(240).parked(30).shows(270, &[0]));
        script.run(Op::query(1, 2).invoked(450).shows(457, &[0]));
        script.run(Op::query(1, 2).invoked(600).shows(602, &[0]));
        let [within, outside] = &figures(script)[..] else { panic!("one fault") };
        assert_eq!((within.read_latency_ms.n, outside.read_latency_ms.n), (2, 2));
        near(within.read_latency_ms.max, 31.0);
        near(outside.read_latency_ms.max, 30.0);
        assert_eq!((within.wait_ms.n, outside.wait_ms.n), (1, 1), "eligible reads alone");
        near(outside.wait_ms.max, 30.0);
        let counts = [within, outside].map(|figures| (figures.stale_rate.hits, figures.stale_rate.n));
        assert_eq!(counts, [(1, 1), (1, 1)]);
    }

    #[test]
    fn repetitions_are_put_together_by_fault_with_the_outside_last() {
        let one = |kind: Option<&str>, text: &str, p50: f64, stale: u64| FaultFigures {
            kind: kind.map(str::to_owned),
            text: text.to_owned(),
            windows: 2,
            measured_s: 0.5,
            read_latency_ms: Spread { p50: Some(p50), n: 20, ..Spread::default() },
            wait_ms: Spread::default(),
            stale_rate: Rate::new(stale, 10),
        };
        let first = [one(Some("crash"), "crash of branch 2", 5.0, 1), one(None, OUTSIDE, 1.0, 0)];
        let second = [one(Some("crash"), "crash of branch 3", 9.0, 1), one(None, OUTSIDE, 3.0, 4)];
        let over = faults_over([&first[..], &second].into_iter());
        let texts: Vec<&str> = over.iter().map(|figures| figures.text.as_str()).collect();
        assert_eq!(texts, ["crash of branch 2", "crash of branch 3", OUTSIDE]);
        let outside = &over[2];
        assert_eq!((outside.windows, outside.measured_s, outside.read_latency_ms.p50), (4, 1.0, Some(2.0)));
        assert_eq!((outside.stale_rate.hits, outside.stale_rate.n), (4, 20));
    }
}
