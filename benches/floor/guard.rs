//! What the guarantee costs where nothing has to be waited for, by a comparison that drift does not reach.
//!
//! A few hundredths are lost in what the machine does between two turns of a second. So satisfied and unguarded queries
//! alternate here in slices of a fiftieth of a turn, at the same branch, over the same connections, by customers who
//! differ in their strategy alone. Two lanes of each kind take part: both together are compared with both of the other
//! kind, and one lane of unguarded queries with the other is the control, which must come out as 1. Where a lane's
//! customers happen to lie in memory makes a hundredth of difference for as long as they live, so they are renewed, and
//! what varies from set to set of them is in the interval.

use std::array;
use std::error::Error;

use crate::lanes::{Plan, Rig, SATURATED};
use crate::words::progress;
use crate::worker::Case;

/// So many slices have as many operations as a turn.
const SLICES: u64 = 50;
/// Of a round, each with new customers.
const SETS: u64 = 5;
/// Of a set. In each, every lane has two slices, and another lane begins. In each set another one begins the first.
const BLOCKS: u64 = LANES as u64;
const LANES: usize = 4;

/// Ratios of throughput, a value for each set.
pub struct Guard {
    /// Of satisfied queries to unguarded ones.
    pub satisfied: Vec<f64>,
    /// Of unguarded queries to others of their kind.
    pub control: Vec<f64>,
}

/// The comparison without the race, and the others' share of the processors meanwhile. Must be called within the
/// runtime that is to drive the load.
pub async fn alone(plan: &Plan) -> Result<(Guard, Option<f64>), Box<dyn Error>> {
    let mut rig = Rig::start().await?;
    let guard = run(&mut rig, plan).await?;
    Ok((guard, rig.others_cpu_share()?))
}

pub async fn run(rig: &mut Rig, plan: &Plan) -> Result<Guard, Box<dyn Error>> {
    let mut guard = Guard { satisfied: Vec::new(), control: Vec::new() };
    let sets = plan.rounds * SETS;
    for set in 0..sets {
        progress(&format!("guarded and unguarded by turns: {} of {sets}", set + 1));
        let [none, satisfied, other_none, other_satisfied] = seconds(rig, plan, set).await?;
        guard.satisfied.push((none + other_none) / (satisfied + other_satisfied));
        guard.control.push(none / other_none);
    }
    Ok(guard)
}

/// How long the slices of each lane take in a set. Unguarded queries are the first and the third, and in each set
/// another lane is made first, and begins.
async fn seconds(rig: &mut Rig, plan: &Plan, set: u64) -> Result<[f64; LANES], Box<dyn Error>> {
    let mut order: [usize; LANES] = array::from_fn(|index| index);
    order.rotate_left(set as usize % LANES);
    let mut lanes = Vec::new();
    for which in order {
        let case = if which % 2 == 0 { Case::QueryNone } else { Case::QuerySatisfied };
        lanes.push((which, rig.lane(case, SATURATED).await));
    }
    rig.settle()?;
    let mut seconds = [0.0; LANES];
    for block in 0..BLOCKS {
        // There and back.
        for index in (0..LANES).chain((0..LANES).rev()) {
            let (which, lane) = &mut lanes[index];
            let operations = lane.operations(plan).div_ceil(SLICES);
            lane.warm_up(operations.div_ceil(4), block).await?;
            let (_, elapsed) = lane.measure(operations, block).await?;
            seconds[*which] += elapsed.as_secs_f64();
        }
        lanes.rotate_left(1);
    }
    Ok(seconds)
}
