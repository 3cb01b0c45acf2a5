//! The policy of customers.

use std::time::Duration;

use super::purpose::DrawPurpose;
use crate::model::{Guarantees, Strategy};
use crate::session::Policy;

const MS: Duration = Duration::from_millis(1);

/// Mostly `wait`, with any combination of guarantees; `none` is the control.
pub(super) fn draw(seed: u64) -> Policy {
    let mut rng = DrawPurpose::Policy.rng(seed);
    let strategy = if rng.chance(0.85) { Strategy::Wait } else { Strategy::None };
    let guarantees = match rng.between(0, 9) {
        0..=3 => Guarantees::READ_YOUR_WRITES,
        4..=6 => Guarantees::ALL,
        _ => Guarantees {
            read_your_writes: rng.chance(0.5),
            monotonic_reads: rng.chance(0.5),
            monotonic_writes: rng.chance(0.5),
            writes_follow_reads: rng.chance(0.5),
        },
    };
    let backoff_initial = rng.magnitude(MS, 50 * MS);
    #[cfg_attr(
        not(feature = "mutants"),
        expect(clippy::needless_update, reason = "mutants have a field of their own")
    )]
    let policy = Policy {
        strategy,
        guarantees,
        max_wait: if rng.chance(0.05) { Duration::ZERO } else { rng.magnitude(10 * MS, 3_000 * MS) },
        attempt_timeout: rng.magnitude(20 * MS, 1_000 * MS),
        backoff_initial,
        backoff_max: backoff_initial * 8,
        attempts_max: rng.pick(&[1, 2, 3, 5, 5, 8]),
        ..Policy::default()
    };
    policy
}
