//! A scenario from a seed.
//!
//! Swarm testing (Groce et al., "Swarm testing", ISSTA 2012): a seed first draws which features are on *at all*, then
//! how much of each. A test that always does a little of everything never does much of one thing, and features that
//! hide each other (a partition that keeps every retransmission away) never occur alone.

mod bounds;
mod faults;
mod network;
mod policy;
mod purpose;
mod rare;
mod workload;

use std::time::Duration;

use serde_json::Value;

use self::purpose::DrawPurpose;
use crate::history::Substrate;
use crate::model::BranchId;
use crate::network::FaultWindow;
use crate::rng::KeyedRng;
use crate::scenario::{Durability, Scenario};
use crate::workload::Load;

/// Virtual time that a cluster may take to converge once all is healed.
const DRAIN_MAX: Duration = Duration::from_secs(600);

/// The draws that all parts of a scenario share.
#[derive(Debug, Clone)]
struct ClusterDraw {
    seed: u64,
    branches: Vec<BranchId>,
    durability: Durability,
    /// From the base.
    load_ends: Duration,
    /// When the last fault has healed; not after the load.
    heal_by: Duration,
}

/// The scenario of a seed, in `sim`. It always passes [`Scenario::check`].
pub fn draw(seed: u64) -> Scenario {
    let mut rng = DrawPurpose::Cluster.rng(seed);
    let cluster = ClusterDraw::draw(seed, &mut rng);
    let (limits, timing) = bounds::draw(seed);
    let mut network = network::draw(&cluster);
    network.faults = faults::windows(&cluster);
    let accidents = faults::accidents(&cluster);
    let workload = workload::draw(&cluster);
    let warm_up = rng.pick(&[Duration::ZERO, Duration::from_millis(50)]);
    let sync_time = match cluster.durability {
        Durability::Volatile => Duration::ZERO,
        Durability::Durable => rng.magnitude(Duration::from_micros(10), Duration::from_millis(10)),
    };
    let is_busy = rng.chance(0.3);
    let service_time = rng.magnitude(Duration::from_micros(1), Duration::from_micros(200));
    let is_calm = accidents.is_empty() && network.faults.is_empty();
    let is_closed = !matches!(workload.load, Load::Open { .. });
    let mut scenario = Scenario {
        trial: format!("seed-{seed}"),
        seed,
        substrate: Substrate::Sim,
        policy: policy::draw(seed),
        limits,
        timing,
        network,
        warm_up,
        measured: cluster.load_ends - warm_up,
        queued_max: rng.size(0, 20),
        isolated_writes: is_calm && is_closed && rng.chance(0.1),
        drain_max: DRAIN_MAX,
        durability: cluster.durability,
        accidents,
        service_time: if is_busy { service_time } else { Duration::ZERO },
        processes: false,
        group_max: 4096,
        sync_time: if rng.chance(0.7) { sync_time } else { Duration::ZERO },
        workload,
        plan: Value::Null,
    };
    rare::bring_about(&mut scenario, &cluster);
    scenario
}

/// The scenario of a seed for the live cluster, in real time, volatile or durable. Accidents are the simulator's
/// alone, so a seed whose scenario has any means another one, drawn from it, and so on until one fits. Its load
/// is cut down to a second, and its fault windows with it.
pub(super) fn draw_live(seed: u64) -> Scenario {
    let mut again = DrawPurpose::Again.rng(seed);
    let mut scenario = draw(seed);
    while !runs_live(&scenario) {
        scenario = draw(again.bits());
    }
    shorten(&mut scenario, LIVE_LOAD_MAX);
    Scenario {
        trial: format!("seed-{seed}"),
        seed,
        substrate: Substrate::Live,
        drain_max: LIVE_DRAIN_MAX,
        service_time: Duration::ZERO,
        ..scenario
    }
}

const LIVE_LOAD_MAX: Duration = Duration::from_secs(1);
const LIVE_DRAIN_MAX: Duration = Duration::from_secs(30);

/// In one process branches do not die, and what goes wrong with a disk is another thing in real time.
fn runs_live(scenario: &Scenario) -> bool {
    scenario.accidents.is_empty()
}

/// Ends the load after `most` at the latest; all windows begin and end earlier in proportion.
fn shorten(scenario: &mut Scenario, most: Duration) {
    let (before, after) = (scenario.load_ends(), scenario.load_ends().min(most));
    scenario.measured = after - scenario.warm_up;
    scenario.network.duration = after;
    if let Load::Open { duration, .. } = &mut scenario.workload.load {
        *duration = after;
    }
    let scaled = |at: Duration| at.mul_f64(after.as_secs_f64() / before.as_secs_f64()).min(after);
    for FaultWindow { from, until, .. } in &mut scenario.network.faults {
        (*from, *until) = (scaled(*from), scaled(*until));
    }
}

impl ClusterDraw {
    /// Mostly three branches.
    fn draw(seed: u64, rng: &mut KeyedRng) -> ClusterDraw {
        let count = rng.pick(&[2, 2, 3, 3, 3, 3, 3, 4, 4, 5, 6, 7]);
        let load_ends = rng.magnitude(Duration::from_millis(400), Duration::from_secs(8));
        let calm_after = rng.pick(&[1.0, 0.9, 0.7]);
        let durability = rng.pick(&[Durability::Volatile, Durability::Durable]);
        let heal_by = load_ends.mul_f64(calm_after);
        ClusterDraw { seed, branches: (1..=count).map(BranchId).collect(), durability, load_ends, heal_by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_passes_its_check_and_heals_in_time() {
        for seed in 0..500 {
            let scenario = draw(seed);
            let checked = scenario.check();
            assert!(checked.is_ok(), "seed {seed}: {:?}", checked.err());
            let ends = scenario.network.faults.iter().map(|window| window.until);
            let ends = ends.chain(scenario.accidents.iter().map(|accident| accident.until));
            assert!(ends.max().is_none_or(|last| last <= scenario.load_ends()), "seed {seed}");
        }
    }

    #[test]
    fn every_live_scenario_passes_its_check_and_is_short() {
        for seed in 0..100 {
            let scenario = draw_live(seed);
            let checked = scenario.check();
            assert!(checked.is_ok(), "seed {seed}: {:?}", checked.err());
            assert!(scenario.load_ends() <= LIVE_LOAD_MAX && scenario.accidents.is_empty(), "seed {seed}");
        }
    }

    #[test]
    fn a_seed_means_this_scenario_on_every_machine() {
        let lines = super::super::reduction::describe(&draw(7));
        assert_eq!(lines, GOLDEN, "{lines:#?}");
    }

    const GOLDEN: [&str; 10] = [
        "2 branches, logs volatile, strategy wait, read-your-writes",
        "customers wait at most 885.434ms parked and 142.276ms for an answer; 5 attempts",
        "load ends after 469.64ms; a sync takes 0ns",
        "a branch takes 149µs for each message",
        "replicate and ack: delay log-normal, median 250µs, sigma 0.8",
        "request and reply: delay log-normal, median 1.043ms, sigma 0.8",
        "request and reply: loses 0.3 %",
        "request and reply: delivers 15.3 % twice",
        "replicate and ack between 1 and 2: loses 0.5 %",
        "293.973ms to 309.973ms: slow link",
    ];

    #[test]
    fn a_seed_draws_the_same_again_and_another_seed_something_else() {
        let text = |seed| format!("{:?}", draw(seed));
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
    }
}
