//! Choices from ranges and lists.

use std::time::Duration;

use super::{KeyedRng, shuffle};

impl KeyedRng {
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

    /// One of `choices`, each as likely; one that is listed twice is twice as likely.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// Evenly from `least` to `most`, both included, in whole microseconds.
    pub fn duration(&mut self, least: Duration, most: Duration) -> Duration {
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

    /// All of `items` in a random order.
    pub fn shuffled<T: Clone>(&mut self, items: &[T]) -> Vec<T> {
        let mut order = items.to_vec();
        shuffle(&mut order, |end| self.below(end));
        order
    }

    /// Those of `items` that a coin with this probability chooses; at least one.
    pub fn some<T: Clone>(&mut self, items: &[T], probability: f64) -> Vec<T> {
        let mut chosen: Vec<T> = items.iter().filter(|_| self.chance(probability)).cloned().collect();
        if chosen.is_empty() {
            chosen.push(self.pick(items));
        }
        chosen
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_reached_and_not_left() {
        let mut rng = KeyedRng::new([2, 0, 0, 0]);
        let drawn: Vec<u64> = (0..1_000).map(|_| rng.between(3, 5)).collect();
        assert!((3..=5).all(|end| drawn.contains(&end)) && drawn.iter().all(|&n| (3..=5).contains(&n)));
        let ms = Duration::from_millis;
        assert!((0..1_000).all(|_| (ms(1)..=ms(100)).contains(&rng.magnitude(ms(1), ms(100)))));
        assert!((0..1_000).all(|_| !rng.some(&[1, 2, 3], 0.01).is_empty()));
    }
}
