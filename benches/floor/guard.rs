//! What the guarantee costs where nothing has to be waited for, by a comparison that drift does not reach.
//!
//! A few hundredths are lost in what the machine does between two turns of a second. So satisfied and unguarded queries
//! alternate here in slices of a fiftieth of a turn, at the same branch, over the same connections. Two lanes of each
//! kind take part: both together are compared with both of the other kind, and one lane of unguarded queries with the
//! other is the control, which must come out as 1.

use std::error::Error;

use crate::lanes::{Lane, Plan, Rig, SATURATED};
use crate::telling::progress;
use crate::worker::Case;

/// So many slices have as many operations as a turn.
const SLICES: u64 = 50;
/// Of a round. In each, every lane has two slices.
const BLOCKS: u64 = 20;

/// Ratios of throughput, a value for each block.
pub struct Guard {
    /// Of satisfied queries to unguarded ones.
    pub satisfied: Vec<f64>,
    /// Of unguarded queries to others of their kind.
    pub control: Vec<f64>,
}

pub async fn run(rig: &Rig, plan: &Plan) -> Result<Guard, Box<dyn Error>> {
    let lane = |case| rig.lane(case, SATURATED);
    let (none, satisfied) = (Case::QueryNone, Case::QuerySatisfied);
    let mut lanes = [lane(none).await, lane(satisfied).await, lane(none).await, lane(satisfied).await];
    let mut guard = Guard { satisfied: Vec::new(), control: Vec::new() };
    for block in 0..plan.rounds * BLOCKS {
        progress(&format!("guarded and unguarded by turns: {} of {}", block + 1, plan.rounds * BLOCKS));
        let [none, satisfied, other_none, other_satisfied] = seconds(&mut lanes, plan, block).await?;
        guard.satisfied.push((none + other_none) / (satisfied + other_satisfied));
        guard.control.push(none / other_none);
    }
    Ok(guard)
}

/// How long two slices of each lane take: in turns, there and back, and each block begins with another lane.
async fn seconds(lanes: &mut [Lane; 4], plan: &Plan, block: u64) -> Result<[f64; 4], Box<dyn Error>> {
    let mut seconds = [0.0; 4];
    let mut order = [0, 1, 2, 3];
    order.rotate_left(block as usize % 4);
    for which in order.into_iter().chain(order.into_iter().rev()) {
        let lane = &mut lanes[which];
        let operations = lane.operations(plan).div_ceil(SLICES);
        lane.warm_up(operations.div_ceil(4), block).await?;
        let (_, elapsed) = lane.measure(operations, block).await?;
        seconds[which] += elapsed.as_secs_f64();
    }
    Ok(seconds)
}
