//! Crashes at random moments, drawn before a trial begins.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::invalid::Invalid;
use crate::model::BranchId;
use crate::scenario::{BranchFault, BranchFaultKind};

/// Crashes of one table at most. Their ids count from a multiple of it, which no table's own id reaches.
const CRASHES_MAX: u32 = 1_000;

/// The keys of one table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crashes {
    pub branch: BranchId,
    pub times: u32,
    /// How long the branch is down each time.
    pub down: Duration,
    pub from: Duration,
    pub until: Duration,
}

/// The table that a fault of a branch comes from.
pub(super) fn table_of(id: u32) -> u32 {
    if id < CRASHES_MAX { id } else { id / CRASHES_MAX - 1 }
}

impl Crashes {
    /// The window is divided evenly, and in each part the branch goes down once, at a moment that is uniform over
    /// those from which it is back within the part. Branches have tables, and draws, of their own: several may be
    /// down at once.
    pub fn draw(&self, table: u32, seed: u64) -> Result<Vec<BranchFault>, Invalid> {
        let Crashes { branch, times, down, from, until } = *self;
        if !(1..=CRASHES_MAX).contains(&times) {
            return Err(Invalid::value("times", times, &format!("give 1 to {CRASHES_MAX}")));
        }
        let part = until.saturating_sub(from) / times;
        let spare = part.checked_sub(down).filter(|spare| !spare.is_zero()).ok_or_else(|| {
            let remedy = format!("{times} times in this window leave {} ms each", part.as_millis());
            Invalid::value("down_ms", down.as_secs_f64() * 1e3, &remedy)
        })?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(u64::from(table) + 1);
        let crash = |nth: u32| {
            let nanos = u64::try_from(spare.as_nanos()).unwrap_or(u64::MAX);
            let from = from + part * nth + Duration::from_nanos(rng.random_range(0..nanos));
            let id = (table + 1) * CRASHES_MAX + nth;
            BranchFault { id, from, until: from + down, branch, kind: BranchFaultKind::Crash }
        };
        Ok((0..times).map(crash).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crashes(times: u32) -> Crashes {
        let [down, from, until] = [100, 1_000, 11_000].map(Duration::from_millis);
        Crashes { branch: BranchId(2), times, down, from, until }
    }

    #[test]
    fn crashes_lie_in_the_window_apart_from_each_other_and_follow_from_the_seed() {
        let drawn = crashes(40).draw(3, 7).expect("there is room");
        assert_eq!(drawn.len(), 40);
        assert!(drawn[0].from >= Duration::from_secs(1) && drawn[39].until <= Duration::from_secs(11));
        assert!(drawn.windows(2).all(|pair| pair[0].until <= pair[1].from && pair[0].id < pair[1].id));
        assert!(drawn.iter().all(|crash| crash.until - crash.from == Duration::from_millis(100)));
        assert_eq!(drawn, crashes(40).draw(3, 7).expect("there is room"));
        assert_ne!(drawn, crashes(40).draw(3, 8).expect("there is room"));
        assert!(drawn.iter().all(|crash| table_of(crash.id) == 3));
        let offset = |crash: &BranchFault| crash.from.as_nanos() % 250_000_000;
        let other = crashes(40).draw(4, 7).expect("there is room");
        assert!(drawn.iter().zip(&other).any(|(one, other)| offset(one) != offset(other)));
    }

    #[test]
    fn a_window_that_is_too_short_is_refused_with_what_it_leaves() {
        let invalid = crashes(100).draw(0, 7).expect_err("each crash fills its part");
        assert_eq!(invalid.message, "`down_ms` is 100; 100 times in this window leave 100 ms each");
        assert!(crashes(0).draw(0, 7).is_err() && crashes(1_001).draw(0, 7).is_err());
    }
}
