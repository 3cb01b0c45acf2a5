//! What happens at its time without anybody's doing.

use std::time::Duration;

use super::{Happened, Scenario};
use crate::history::{Edge, Milestone};

/// Milestones and the edges of all windows, in order of time, counted from the base.
pub fn schedule(scenario: &Scenario) -> Vec<(Duration, Happened)> {
    let mut schedule = vec![(scenario.warm_up, Happened::Reached(Milestone::WarmUpOver))];
    for window in &scenario.network.faults {
        let (kind, text) = (window.fault.kind().to_string(), window.fault.to_string());
        schedule.extend(edges(window.id, [window.from, window.until], &kind, &text));
    }
    for accident in &scenario.accidents {
        let (kind, text) = (accident.kind.word(), accident.to_string());
        schedule.extend(edges(accident.id, [accident.from, accident.until], kind, &text));
    }
    schedule.push((scenario.load_ends(), Happened::Reached(Milestone::LoadOver)));
    if !scenario.network.faults.is_empty() || !scenario.accidents.is_empty() {
        schedule.push((scenario.load_ends(), Happened::Reached(Milestone::Healed)));
    }
    // Stable: what happens at one time keeps its order.
    schedule.sort_by_key(|&(at, _)| at);
    schedule
}

fn edges(fault: u32, window: [Duration; 2], kind: &str, text: &str) -> [(Duration, Happened); 2] {
    let edge = |at, edge| (at, Happened::Fault { fault, edge, kind: kind.to_owned(), text: text.to_owned() });
    [edge(window[0], Edge::Begin), edge(window[1], Edge::End)]
}
