//! Fault windows as they happened.

use std::collections::BTreeMap;

use crate::history::{Edge, FaultEvent, History};
use crate::model::Time;
use crate::results::FaultPeriod;

use super::period::Period;

/// All windows in order of their beginnings. One that has not ended lasts until the trial's end; a fault that came
/// twice has two.
pub(super) fn fault_windows(history: &History, period: &Period) -> Vec<FaultPeriod> {
    let mut windows: Vec<FaultPeriod> = Vec::new();
    let mut open: BTreeMap<u32, usize> = BTreeMap::new();
    for FaultEvent { t, fault, edge, kind, text, .. } in history.faults.iter().map(|at| &at.event) {
        match edge {
            Edge::Begin => {
                open.insert(*fault, windows.len());
                let (kind, text) = (kind.clone(), text.clone());
                let until_s = seconds(period.ended);
                windows.push(FaultPeriod { fault: *fault, kind, text, from_s: seconds(*t), until_s });
            }
            Edge::End => {
                if let Some(index) = open.remove(fault) {
                    windows[index].until_s = seconds(*t);
                }
            }
        }
    }
    windows
}

fn seconds(t: Time) -> f64 {
    t.0 as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::HistoryScript;

    #[test]
    fn windows_have_both_edges_or_last_to_the_end() {
        let mut script = HistoryScript::new(1);
        script.fault(100, 0, Edge::Begin);
        script.fault(200, 1, Edge::Begin);
        script.fault(300, 0, Edge::End);
        script.fault(400, 0, Edge::Begin);
        script.fault(500, 0, Edge::End);
        let history = script.history(1_000);
        let windows = fault_windows(&history, &Period::of(&history));
        let found: Vec<_> =
            windows.iter().map(|window| (window.fault, window.from_s, window.until_s)).collect();
        assert_eq!(found, [(0, 0.1, 0.3), (1, 0.2, 1.0), (0, 0.4, 0.5)]);
        assert_eq!((windows[0].kind.as_str(), windows[0].text.as_str()), ("partition", "a test's fault"));
    }
}
