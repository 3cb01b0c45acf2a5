//! The policy of a session: strategy, guarantees, timeouts and retries.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Guarantees, Strategy};

/// How a session asks, how long it waits and how often it tries: the same for all of its operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How the guarantees are kept.
    pub strategy: Strategy,
    /// The guarantees that the session asks for. Under [`Strategy::None`] no request names it.
    pub guarantees: Guarantees,
    /// How long a branch may park a request. Zero: answer at once or not at all.
    pub max_wait: Duration,
    /// How long an attempt may stay unanswered beyond the time for which it may be parked: `max_wait` for a request,
    /// nothing for a greeting. It covers the delays of request and reply.
    pub attempt_timeout: Duration,
    /// Ceiling of the pause after the first failed attempt; it doubles with each further one.
    pub backoff_initial: Duration,
    /// The ceiling's cap.
    pub backoff_max: Duration,
    /// With this many failed attempts an operation is given up. A greeting that is answered has not failed, so an
    /// operation makes at most one attempt more than this.
    pub attempts_max: u32,
    /// The rule that the session breaks.
    #[cfg(feature = "mutants")]
    #[serde(skip)]
    pub mutant: Option<crate::model::Mutant>,
}

/// Why a policy makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// No attempt is allowed.
    #[error("attempts_max is 0; an operation needs at least one attempt")]
    NoAttempts,
    /// Attempts have no time.
    #[error("attempt_timeout is 0; an attempt would be given up as it is made")]
    NoTime,
    /// The first ceiling is above the cap.
    #[error("backoff_initial is {initial:?}, above backoff_max, which is {max:?}")]
    BackoffInverted {
        /// The first ceiling.
        initial: Duration,
        /// The cap.
        max: Duration,
    },
}

impl Policy {
    /// Whether a session can run with it.
    ///
    /// # Errors
    ///
    /// The first value that makes no sense. Nothing is checked later.
    pub fn check(&self) -> Result<(), PolicyError> {
        let Policy { attempt_timeout, backoff_initial: initial, backoff_max: max, attempts_max, .. } = *self;
        if attempts_max == 0 {
            return Err(PolicyError::NoAttempts);
        }
        if attempt_timeout.is_zero() {
            return Err(PolicyError::NoTime);
        }
        if initial > max {
            return Err(PolicyError::BackoffInverted { initial, max });
        }
        Ok(())
    }

    /// The longest that an operation takes from its beginning until it has ended or is given up: every attempt fails
    /// at its timeout, one more greeting is answered at the last moment, and every pause is as long as it may be.
    pub fn patience(&self) -> Duration {
        let pauses = self.attempts_max.saturating_sub(1);
        // After so many doublings the ceiling is at its cap, unless it began with zero.
        let doubling = pauses.min(u32::BITS);
        let ceilings = (1..=doubling).map(|failures| self.backoff_ceiling(failures));
        let paused = ceilings.fold(Duration::ZERO, Duration::saturating_add);
        self.request_timeout()
            .saturating_mul(self.attempts_max)
            .saturating_add(self.attempt_timeout)
            .saturating_add(paused)
            .saturating_add(self.backoff_max.saturating_mul(pauses - doubling))
    }

    /// The longest pause after the `failures`-th failed attempt, counted from 1.
    pub(super) fn backoff_ceiling(&self, failures: u32) -> Duration {
        let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
        self.backoff_initial.saturating_mul(doubled).min(self.backoff_max)
    }

    /// How long a request may stay unanswered before the attempt counts as failed.
    pub(super) fn request_timeout(&self) -> Duration {
        self.max_wait.saturating_add(self.attempt_timeout)
    }
}

/// Read-your-writes by waiting, up to a second; five attempts, as many as gRPC's own retry policy admits
/// (gRFC A6), with pauses below 20 ms, 40 ms and so on up to a second.
impl Default for Policy {
    fn default() -> Policy {
        Policy {
            strategy: Strategy::Wait,
            guarantees: Guarantees::READ_YOUR_WRITES,
            max_wait: Duration::from_secs(1),
            attempt_timeout: Duration::from_secs(1),
            backoff_initial: Duration::from_millis(20),
            backoff_max: Duration::from_secs(1),
            attempts_max: 5,
            #[cfg(feature = "mutants")]
            mutant: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_of_the_pause_doubles_up_to_its_cap() {
        let ms = Duration::from_millis;
        let policy = Policy { backoff_initial: ms(10), backoff_max: ms(100), ..Policy::default() };
        let rows = [(1, 10), (2, 20), (3, 40), (4, 80), (5, 100), (40, 100), (u32::MAX, 100)];
        for (failures, expected) in rows {
            assert_eq!(policy.backoff_ceiling(failures), ms(expected), "after {failures} failures");
        }
    }

    #[test]
    fn patience_ends_when_every_attempt_and_every_pause_has_taken_its_longest() {
        let ms = Duration::from_millis;
        let policy = Policy {
            max_wait: ms(300),
            attempt_timeout: ms(200),
            backoff_initial: ms(10),
            backoff_max: ms(35),
            ..Policy::default()
        };
        let rows = [(1, 500 + 200), (2, 1_000 + 200 + 10), (4, 2_000 + 200 + 10 + 20 + 35)];
        for (attempts_max, expected) in rows {
            assert_eq!(Policy { attempts_max, ..policy }.patience(), ms(expected), "{attempts_max}");
        }
        let forty = Policy { attempts_max: 40, ..policy }.patience();
        assert_eq!(forty, ms(40 * 500 + 200 + 10 + 20 + 37 * 35));
    }

    #[test]
    fn a_policy_that_makes_no_sense_is_named() {
        let sound = Policy::default();
        let (initial, max) = (Duration::from_secs(2), sound.backoff_max);
        let rows = [
            (sound, Ok(())),
            (Policy { attempts_max: 0, ..sound }, Err(PolicyError::NoAttempts)),
            (Policy { attempt_timeout: Duration::ZERO, ..sound }, Err(PolicyError::NoTime)),
            (
                Policy { backoff_initial: initial, ..sound },
                Err(PolicyError::BackoffInverted { initial, max }),
            ),
            (Policy { max_wait: Duration::ZERO, ..sound }, Ok(())),
        ];
        for (policy, expected) in rows {
            assert_eq!(policy.check(), expected, "{policy:?}");
        }
    }
}
