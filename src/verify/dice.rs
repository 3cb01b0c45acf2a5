//! Random numbers of the swarm: each part of a scenario draws from a generator of its own.

use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is drawn. A new purpose goes to the end: the numbers are part of what a seed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// How many branches, how long, whether logs are durable.
    Cluster,
    /// How customers ask.
    Policy,
    Network,
    Faults,
    Accidents,
    Workload,
    /// Limits and timing.
    Bounds,
    /// Another seed in the place of one whose scenario does not fit the substrate.
    Again,
}

/// The random numbers for one purpose.
#[derive(Debug, Clone)]
pub(super) struct Dice {
    rng: ChaCha8Rng,
}

impl Dice {
    /// ChaCha with 8 rounds. Its key is the seed, the purpose and a name that no other part of the project uses, eight
    /// bytes each and least significant byte first.
    pub fn new(seed: u64, purpose: Purpose) -> Dice {
        let mut key = [0; 32];
        let words = [seed, purpose.number(), u64::from_le_bytes(*b"verify\0\0"), 0];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Dice { rng: ChaCha8Rng::from_seed(key) }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A multiple of 2^-53 from 0 (included) to 1 (excluded).
    pub fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.bits() >> 11) as f64 * STEP
    }

    /// Whether something with this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number from `least` to `most`, both included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        let width = u128::from(most - least) + 1;
        // The product's upper half is below the width, so that it fits.
        least + ((u128::from(self.bits()) * width) >> 64) as u64
    }

    /// The same for sizes.
    pub fn size(&mut self, least: usize, most: usize) -> usize {
        self.between(least as u64, most as u64) as usize
    }

    /// One of `choices`, each as likely; one that stands there twice is twice as likely.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.size(0, choices.len() - 1)].clone()
    }

    /// Evenly from `least` to `most`, both included, in whole microseconds.
    pub fn span(&mut self, least: Duration, most: Duration) -> Duration {
        Duration::from_micros(self.between(micros(least), micros(most)))
    }

    /// From `least` to `most` so that each order of magnitude is as likely, in whole microseconds; `least` is at
    /// least one.
    pub fn magnitude(&mut self, least: Duration, most: Duration) -> Duration {
        let ratio = micros(most) as f64 / micros(least) as f64;
        let drawn = micros(least) as f64 * libm::pow(ratio, self.unit());
        Duration::from_micros(libm::round(drawn) as u64)
    }

    /// A number from `least` to `most` so that each order of magnitude is as likely, to three digits after the point.
    pub fn share(&mut self, least: f64, most: f64) -> f64 {
        let drawn = least * libm::pow(most / least, self.unit());
        libm::round(drawn * 1000.0).max(1.0) / 1000.0
    }

    /// Durstenfeld's shuffle.
    pub fn shuffled<T: Clone>(&mut self, all: &[T]) -> Vec<T> {
        let mut order = all.to_vec();
        for last in (1..order.len()).rev() {
            order.swap(last, self.size(0, last));
        }
        order
    }

    /// Those of `all` that a coin with this probability chooses; at least one.
    pub fn some<T: Clone>(&mut self, all: &[T], probability: f64) -> Vec<T> {
        let mut chosen: Vec<T> = all.iter().filter(|_| self.chance(probability)).cloned().collect();
        if chosen.is_empty() {
            chosen.push(self.pick(all));
        }
        chosen
    }
}

impl Purpose {
    fn number(self) -> u64 {
        match self {
            Purpose::Cluster => 0,
            Purpose::Policy => 1,
            Purpose::Network => 2,
            Purpose::Faults => 3,
            Purpose::Accidents => 4,
            Purpose::Workload => 5,
            Purpose::Bounds => 6,
            Purpose::Again => 7,
        }
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_draws_of_a_seed_are_these() {
        let mut dice = Dice::new(1, Purpose::Cluster);
        let drawn: Vec<u64> = (0..8).map(|_| dice.between(0, 999)).collect();
        assert_eq!(drawn, FIRST, "{drawn:?}");
    }

    #[test]
    fn ends_are_reached_and_not_left() {
        let mut dice = Dice::new(2, Purpose::Network);
        let drawn: Vec<u64> = (0..1_000).map(|_| dice.between(3, 5)).collect();
        assert!((3..=5).all(|end| drawn.contains(&end)) && drawn.iter().all(|&n| (3..=5).contains(&n)));
        let ms = Duration::from_millis;
        assert!((0..1_000).all(|_| (ms(1)..=ms(100)).contains(&dice.magnitude(ms(1), ms(100)))));
        assert!((0..1_000).all(|_| !dice.some(&[1, 2, 3], 0.01).is_empty()));
    }

    #[test]
    fn purposes_and_seeds_draw_different_numbers() {
        let first = |seed, purpose| Dice::new(seed, purpose).bits();
        let draws = [first(1, Purpose::Cluster), first(2, Purpose::Cluster), first(1, Purpose::Policy)];
        assert!(draws[0] != draws[1] && draws[0] != draws[2] && draws[1] != draws[2]);
    }

    const FIRST: [u64; 8] = [625, 923, 462, 694, 543, 508, 816, 925];
}
