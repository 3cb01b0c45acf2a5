//! The events that are due by the clock alone.

use std::time::Duration;

use super::{Scenario, TrialEvent};
use crate::history::{Edge, Milestone};
use crate::model::BranchId;

/// Milestones and the edges of all windows, in order of time, counted from the base.
pub fn schedule(scenario: &Scenario) -> Vec<(Duration, TrialEvent)> {
    let mut schedule = vec![(scenario.warm_up, TrialEvent::Reached(Milestone::WarmUpOver))];
    for window in &scenario.network.faults {
        let effect = FaultEffect {
            kind: window.fault.kind().to_string(),
            text: window.fault.to_string(),
            branch: window.fault.stopped(),
            loses_state: false,
        };
        schedule.extend(edges(window.id, [window.from, window.until], &effect));
    }
    for accident in &scenario.accidents {
        let effect = FaultEffect {
            kind: accident.kind.word().to_owned(),
            text: accident.to_string(),
            branch: Some(accident.branch),
            loses_state: accident.kind.loses_log(scenario.durability),
        };
        schedule.extend(edges(accident.id, [accident.from, accident.until], &effect));
    }
    schedule.push((scenario.load_ends(), TrialEvent::Reached(Milestone::LoadOver)));
    if !scenario.network.faults.is_empty() || !scenario.accidents.is_empty() {
        schedule.push((scenario.load_ends(), TrialEvent::Reached(Milestone::Healed)));
    }
    // Stable: what happens at one time keeps its order.
    schedule.sort_by_key(|&(at, _)| at);
    schedule
}

/// The effect of a window.
#[derive(Clone)]
struct FaultEffect {
    kind: String,
    text: String,
    branch: Option<BranchId>,
    loses_state: bool,
}

fn edges(fault: u32, window: [Duration; 2], effect: &FaultEffect) -> [(Duration, TrialEvent); 2] {
    let edge = |at, edge| {
        let FaultEffect { kind, text, branch, loses_state } = effect.clone();
        (at, TrialEvent::Fault { fault, edge, kind, text, branch, loses_state })
    };
    [edge(window[0], Edge::Begin), edge(window[1], Edge::End)]
}
