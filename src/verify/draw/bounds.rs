//! Limits and timing: mostly the defaults, sometimes one or two that are reached at once.

use std::time::Duration;

use super::purpose::DrawPurpose;
use crate::branch::{Limits, Timing};
use crate::rng::KeyedRng;

const MS: Duration = Duration::from_millis(1);

pub(super) fn draw(seed: u64) -> (Limits, Timing) {
    let mut rng = DrawPurpose::Bounds.rng(seed);
    let limits = if rng.chance(0.5) { tight(&mut rng) } else { Limits::default() };
    let timing = if rng.chance(0.5) { timing(&mut rng) } else { Timing::default() };
    (limits, timing)
}

/// Each bound for itself is tight or as usual.
fn tight(rng: &mut KeyedRng) -> Limits {
    let usual = Limits::default();
    let mut bound = |usual: usize, least: usize, most: usize| {
        let tight = rng.size(least, most);
        if rng.chance(0.3) { tight } else { usual }
    };
    Limits {
        parked_max: bound(usual.parked_max, 1, 4),
        copies_max: bound(usual.copies_max, 1, 2),
        retained_max: bound(usual.retained_max, 4, 64),
        sessions_max: bound(usual.sessions_max, 1, 4),
        window_runs: bound(usual.window_runs, 1, 3),
        run_max: bound(usual.run_max, 1, 4),
        early_max: bound(usual.early_max, 1, 4),
        behind_max: bound(usual.behind_max, 4, 64),
        piece_max: bound(usual.piece_max, 1, 8),
        max_wait: if rng.chance(0.3) { rng.magnitude(5 * MS, 200 * MS) } else { usual.max_wait },
        ..usual
    }
}

/// From hasty to sluggish.
fn timing(rng: &mut KeyedRng) -> Timing {
    let timeout_least = rng.magnitude(2 * MS, 50 * MS);
    Timing {
        timeout_initial: rng.magnitude(10 * MS, 300 * MS),
        timeout_least,
        timeout_greatest: timeout_least + rng.magnitude(50 * MS, 2_000 * MS),
        heartbeat: rng.magnitude(10 * MS, 500 * MS),
        relay_after: rng.magnitude(20 * MS, 1_000 * MS),
        relay_round_trips: rng.pick(&[1, 2, 4, 8]),
    }
}
