//! A long session: whether its writes become slower, or its token larger, the longer it lasts.

use std::time::Duration;

use readback::model::Guarantees;
use readback::session::Policy;

use crate::bank::BRANCHES;
use crate::measured::Measured;
use crate::rig::Rig;
use crate::worker::{Made, deposit, perform};

/// Writes in a stretch, if there are enough of them.
const STRETCH: u64 = 1000;

/// Consecutive writes of the session.
pub struct Stretch {
    /// Counted from 1.
    pub first: u64,
    pub last: u64,
    /// Origins that the token names after the last one.
    pub token_entries: usize,
    pub measured: Measured,
}

/// The first and the last stretch of `count` writes, one after another, each at the next branch. The session wants
/// all four guarantees, so that every write carries the token, and every branch waits for the write before.
pub async fn run(rig: &Rig, count: u64) -> [Stretch; 2] {
    let policy = Policy { guarantees: Guarantees::ALL, ..Policy::default() };
    let length = STRETCH.min(count.div_ceil(2));
    let mut stranger = rig.branches().customer(policy);
    let mut customer = rig.branches().customer(policy);
    let mut branches = BRANCHES.into_iter().cycle();
    let mut next_branch = || branches.next().expect("a cycle does not end");
    for _ in 0..length {
        perform(&mut stranger, next_branch(), deposit()).await;
    }
    let mut made = Vec::new();
    let mut token_entries = Vec::new();
    for _ in 0..count {
        let completion = perform(&mut customer, next_branch(), deposit()).await;
        made.push(Made {
            took: completion.completed_at.since(completion.invoked_at),
            waited: completion.parked_for > Duration::ZERO,
        });
        token_entries.push(customer.session().token().writes.len());
    }
    [1, count + 1 - length].map(|first| stretch(first, length, &made, &token_entries))
}

fn stretch(first: u64, length: u64, made: &[Made], token_entries: &[usize]) -> Stretch {
    let last = first + length - 1;
    let made = &made[first as usize - 1..last as usize];
    let elapsed = made.iter().map(|operation| operation.took).sum();
    let measured = Measured::new(elapsed, Duration::ZERO, made);
    Stretch { first, last, token_entries: token_entries[last as usize - 1], measured }
}
