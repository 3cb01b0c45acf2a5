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
use crate::telling::progress;
use crate::worker::Case;

/// So many slices have as many operations as a turn.
const SLICES: u64 = 50;
/// Of a round, each with new customers.
const SETS: u64 = 5;
/// Of a set. In each, every lane has two slices, and another lane begins.
const BLOCKS: u64 = LANES as u64;
const LANES: usize = 4;

/// Ratios of throughput, a value for each set.
pub struct Guard {
    /// Of satisfied queries to unguarded ones.
    pub satisfied: Vec<f64>,
    /// Of unguarded queries to others of their kind.
    pub control: Vec<f64>,
}

/// Without the race. Must be called within the runtime that is to drive the load.
pub async fn alone(plan: &Plan) -> Result<Guard, Box<dyn Error>> {
    run(&Rig::start().await?, plan).await
}

pub async fn run(rig: &Rig, plan: &Plan) -> Result<Guard, Box<dyn Error>> {
    let mut guard = Guard { satisfied: Vec::new(), control: Vec::new() };
    let sets = plan.rounds * SETS;
    for set in 0..sets {
        progress(&format!("guarded and unguarded by turns: {} of {sets}", set + 1));
        let [none, satisfied, other_none, other_satisfied] = seconds(rig, plan).await?;
        guard.satisfied.push((none + other_none) / (satisfied + other_satisfied));
        guard.control.push(none / other_none);
    }
    Ok(guard)
}

/// How long the slices of each lane take in a set.
async fn seconds(rig: &Rig, plan: &Plan) -> Result<[f64; LANES], Box<dyn Error>> {
    let lane = |case| rig.lane(case, SATURATED);
    let (none, satisfied) = (Case::QueryNone, Case::QuerySatisfied);
    let mut lanes = [lane(none).await, lane(satisfied).await, lane(none).await, lane(satisfied).await];
    let mut seconds = [0.0; LANES];
    for block in 0..BLOCKS {
        let mut order: [usize; LANES] = array::from_fn(|index| index);
        order.rotate_left(block as usize);
        // There and back.
        for which in order.into_iter().chain(order.into_iter().rev()) {
            let lane = &mut lanes[which];
            let operations = lane.operations(plan).div_ceil(SLICES);
            lane.warm_up(operations.div_ceil(4), block).await?;
            let (_, elapsed) = lane.measure(operations, block).await?;
            seconds[which] += elapsed.as_secs_f64();
        }
    }
    Ok(seconds)
}
