//! How messages are lost: not at all, each for itself, or in bursts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Probability;
use super::family::nanos;
use super::key::{BurstScope, Key};
use crate::rng::HashedDraws;

/// The messages of a link that never arrive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// No message is lost.
    None,
    /// Each message for itself.
    Independent(Probability),
    /// Messages are lost in bursts.
    Bursts(Bursts),
}

/// Gilbert's and Elliott's channel: a link is in a good or a bad state, and each state loses messages at its
/// own rate (E. N. Gilbert, Bell System Technical Journal 39, 1960; E. O. Elliott, ibid. 42, 1963). Time is
/// continuous: the state changes by itself, however many messages there are, and a stay is exponentially
/// long.
///
/// The state at a time is a function of the time, found without knowing the past: a two-state chain is the
/// same process as one that is *renewed* at random moments, at the sum of both rates of change, each renewal
/// drawing the state afresh at its long-run share. (The chain's generator is that rate times "jump to the
/// long-run law, less stay".) Time is cut into cells of about one renewal; each cell draws how many it holds,
/// when, and to which state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bursts {
    loss_in_good: Probability,
    loss_in_bad: Probability,
    /// The share of time in the bad state.
    share_bad: Probability,
    /// In nanoseconds, at least 1.
    cell: u64,
    renewals_per_cell: f64,
}

/// A parameter outside of its range.
#[allow(missing_docs, reason = "each message says what is wrong, and with what")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BurstsError {
    #[error("`{parameter}` must be above zero")]
    Zero { parameter: &'static str },
}

/// The most renewals of one cell; chance would need 10^70 cells to exceed it.
const RENEWALS_MAX: u64 = 64;

impl Loss {
    /// How likely a message is lost that is sent `elapsed` after the start on `scope`.
    pub(super) fn probability(
        &self,
        draws: &HashedDraws,
        scope: BurstScope,
        elapsed: Duration,
    ) -> Probability {
        match self {
            Loss::None => Probability::NEVER,
            Loss::Independent(probability) => *probability,
            Loss::Bursts(bursts) => match bursts.is_bad(draws, scope, elapsed) {
                true => bursts.loss_in_bad,
                false => bursts.loss_in_good,
            },
        }
    }

    /// The share of messages lost in the long run, sent at times that do not depend on the bursts.
    pub fn long_run(&self) -> f64 {
        match self {
            Loss::None => 0.0,
            Loss::Independent(probability) => probability.get(),
            Loss::Bursts(bursts) => {
                let bad = bursts.share_bad.get();
                bad * bursts.loss_in_bad.get() + (1.0 - bad) * bursts.loss_in_good.get()
            }
        }
    }
}

impl Bursts {
    /// `good` and `bad` are the mean lengths of a stay in each state. Error: one of them is zero.
    pub fn new(
        good: Duration,
        bad: Duration,
        loss_in_good: Probability,
        loss_in_bad: Probability,
    ) -> Result<Bursts, BurstsError> {
        for (parameter, span) in [("good", good), ("bad", bad)] {
            if span.is_zero() {
                return Err(BurstsError::Zero { parameter });
            }
        }
        let (good, bad) = (nanos(good), nanos(bad));
        let mean_gap = good * bad / (good + bad);
        let cell = libm::ceil(mean_gap).max(1.0);
        let share_bad = Probability::new(bad / (good + bad)).expect("a part of the whole");
        let renewals_per_cell = cell / mean_gap;
        Ok(Bursts { loss_in_good, loss_in_bad, share_bad, cell: cell as u64, renewals_per_cell })
    }

    /// The state `elapsed` after the start: that of the last renewal. Each step back is needed with a
    /// probability of at most 1/e.
    pub(super) fn is_bad(&self, draws: &HashedDraws, scope: BurstScope, elapsed: Duration) -> bool {
        let elapsed = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        let (mut cell, mut until) = (elapsed / self.cell, elapsed % self.cell);
        loop {
            if let Some(bad) = self.last_renewal(draws, scope, cell, until) {
                return bad;
            }
            if cell == 0 {
                // The long-run law from the start on.
                return Key::Burst { scope, cell: 0, number: u64::MAX }
                    .draw(draws)
                    .hits(self.share_bad.get());
            }
            cell -= 1;
            until = self.cell - 1;
        }
    }

    /// Whether the last renewal of `cell` up to `until` (nanoseconds from its begin) was to the bad state.
    /// Draw 0 of a cell is the count; draws 2k - 1 and 2k are time and state of the k-th renewal, in no order
    /// of time.
    fn last_renewal(&self, draws: &HashedDraws, scope: BurstScope, cell: u64, until: u64) -> Option<bool> {
        let draw = |number| Key::Burst { scope, cell, number }.draw(draws);
        let times = (1..=self.count(draw(0).unit())).map(|k| (draw(2 * k - 1).below(self.cell), k));
        let (_, last) = times.filter(|&(time, _)| time <= until).max()?;
        Some(draw(2 * last).hits(self.share_bad.get()))
    }

    /// The quantile at `p` of Poisson's law with mean `renewals_per_cell`.
    fn count(&self, p: f64) -> u64 {
        let mut share = libm::exp(-self.renewals_per_cell);
        let mut below = share;
        let mut count = 0;
        while p >= below && count < RENEWALS_MAX {
            count += 1;
            share *= self.renewals_per_cell / count as f64;
            below += share;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::BranchId;
    use crate::network::key::{Party, draws};
    use crate::network::tests::fit;
    use crate::rng::KeyedRng;

    const GOOD_MS: u64 = 18;
    const BAD_MS: u64 = 4;
    const MILLIS: u64 = 200_000;
    const STRETCH: BurstScope<'static> =
        BurstScope { window: None, from: Party::Branch(BranchId(1)), to: Party::Branch(BranchId(2)) };

    fn bursts() -> Bursts {
        let (good, bad) = (Duration::from_millis(GOOD_MS), Duration::from_millis(BAD_MS));
        let rare = Probability::new(0.01).expect("valid");
        Bursts::new(good, bad, rare, Probability::new(0.5).expect("valid")).expect("valid")
    }

    /// How many bursts last 1, 2, 3, 4 milliseconds and longer, in 200 seconds that are looked at once in a
    /// millisecond; and how many milliseconds are bad.
    fn bursts_seen(seed: u64) -> ([u64; 5], u64) {
        let draws = draws(seed);
        let (mut lengths, mut bad, mut length) = ([0; 5], 0, 0);
        for ms in 0..MILLIS {
            match (bursts().is_bad(&draws, STRETCH, Duration::from_millis(ms)), length) {
                (true, _) => (bad, length) = (bad + 1, length + 1),
                (false, 0) => {}
                (false, _) => {
                    lengths[length.min(5) - 1] += 1;
                    length = 0;
                }
            }
        }
        (lengths, bad)
    }

    /// Looked at once in a millisecond, a two-state chain stays bad with q = pi + (1 - pi) e^-r, where pi is
    /// the long-run share of the bad state and r the sum of both rates in a millisecond. So a burst lasts k
    /// with (1 - q) q^(k - 1).
    #[test]
    fn bursts_are_as_frequent_and_as_long_as_the_formulas_say() {
        let (lengths, bad) = bursts_seen(5);
        let share = BAD_MS as f64 / (GOOD_MS + BAD_MS) as f64;
        let shares = |bad_ms: f64| {
            let stays = share + (1.0 - share) * (-1.0 / GOOD_MS as f64 - 1.0 / bad_ms).exp();
            let longest = stays.powi(4);
            [0, 1, 2, 3]
                .map(|k| (1.0 - stays) * stays.powi(k))
                .into_iter()
                .chain([longest])
                .collect::<Vec<_>>()
        };
        // About 8,000 bursts, whose deviation is about their mean: 1 % is one standard error.
        assert!((bad as f64 / MILLIS as f64 / share - 1.0).abs() < 0.05, "{bad} bad");
        assert!(fit::chi_square(&lengths, &shares(BAD_MS as f64)) < fit::chi_square_max(4), "{lengths:?}");
        for off in [0.8, 1.2] {
            let wrong = shares(BAD_MS as f64 * off);
            assert!(fit::chi_square(&lengths, &wrong) > fit::chi_square_max(4), "{lengths:?} at {off}");
        }
    }

    #[test]
    fn the_long_run_loss_is_that_of_the_formula() {
        let (draws, loss) = (draws(6), Loss::Bursts(bursts()));
        let mut rng = KeyedRng::new([6, 0, 0, 0]);
        let lost = |ms: &u64| rng.chance(loss.probability(&draws, STRETCH, Duration::from_millis(*ms)).get());
        let share = (0..MILLIS).filter(lost).count() as f64 / MILLIS as f64;
        assert!((loss.long_run() - (18.0 * 0.01 + 4.0 * 0.5) / 22.0).abs() < 1e-12);
        assert!((share / loss.long_run() - 1.0).abs() < 0.05, "{share}");
    }

    #[test]
    fn the_state_is_the_same_in_whatever_order_it_is_asked_for() {
        let draws = draws(7);
        let ask = |ms| bursts().is_bad(&draws, STRETCH, Duration::from_millis(ms));
        let forwards: Vec<bool> = (0..2_000).map(ask).collect();
        let mut backwards: Vec<bool> = (0..2_000).rev().map(ask).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        assert!(forwards.contains(&true) && forwards.contains(&false));
    }

    #[test]
    fn other_stretches_and_other_windows_have_other_bursts() {
        let draws = draws(8);
        let states = |scope: BurstScope| -> Vec<bool> {
            (0..2_000).map(|ms| bursts().is_bad(&draws, scope, Duration::from_millis(ms))).collect()
        };
        let back = BurstScope { from: STRETCH.to, to: STRETCH.from, ..STRETCH };
        assert_ne!(states(STRETCH), states(back));
        assert_ne!(states(STRETCH), states(BurstScope { window: Some(0), ..STRETCH }));
    }

    #[test]
    fn a_stay_of_no_length_is_refused() {
        let second = Duration::from_secs(1);
        let make = |good, bad| Bursts::new(good, bad, Probability::NEVER, Probability::ALWAYS);
        assert_eq!(make(Duration::ZERO, second), Err(BurstsError::Zero { parameter: "good" }));
        assert_eq!(make(second, Duration::ZERO), Err(BurstsError::Zero { parameter: "bad" }));
    }
}
