//! The injection error: by how much messages were delivered later than their fates said.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::Leg;

/// A message that is later than a minute counts as a minute late.
const LATEST_NS: u64 = 60_000_000_000;

/// Per leg, the actual minus the intended delivery time of each message, in nanoseconds.
///
/// A message is never delivered early: its receiver holds it until its send time plus the drawn delay. The error
/// is transport that took longer than the draw, and the grain of the timer.
#[derive(Debug, Clone)]
pub struct InjectionError {
    legs: [Histogram<u64>; Leg::ALL.len()],
}

impl InjectionError {
    /// No messages yet.
    pub fn new() -> InjectionError {
        // Two significant digits: a tenth of a millisecond is exact to the microsecond.
        let leg = |_| Histogram::new_with_bounds(1, LATEST_NS, 2).expect("bounds and precision are valid");
        InjectionError { legs: std::array::from_fn(leg) }
    }

    /// Counts a message of this leg that was handed over so much later than its fate said.
    pub fn note(&mut self, leg: Leg, late: Duration) {
        self.note_many(leg, late, 1);
    }

    /// Counts so many messages alike.
    pub fn note_many(&mut self, leg: Leg, late: Duration, count: u64) {
        let nanoseconds = u64::try_from(late.as_nanos()).unwrap_or(u64::MAX);
        self.legs[index(leg)].saturating_record_n(nanoseconds, count);
    }

    /// The errors of the messages of one leg, in nanoseconds.
    pub fn leg(&self, leg: Leg) -> &Histogram<u64> {
        &self.legs[index(leg)]
    }

    /// Adds the messages that `other` counted.
    pub fn merge(&mut self, other: &InjectionError) {
        for (mine, theirs) in self.legs.iter_mut().zip(&other.legs) {
            mine.add(theirs).expect("all have the same bounds");
        }
    }
}

impl Default for InjectionError {
    fn default() -> InjectionError {
        InjectionError::new()
    }
}

fn index(leg: Leg) -> usize {
    match leg {
        Leg::Request => 0,
        Leg::Reply => 1,
        Leg::Replicate => 2,
        Leg::Ack => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_leg_has_its_own_lateness_and_merging_adds_them() {
        let (mut one, mut other) = (InjectionError::new(), InjectionError::new());
        one.note(Leg::Request, Duration::from_micros(10));
        other.note(Leg::Request, Duration::from_micros(30));
        other.note(Leg::Ack, Duration::ZERO);
        one.merge(&other);
        let counts: Vec<u64> = Leg::ALL.iter().map(|&leg| one.leg(leg).len()).collect();
        assert_eq!(counts, [2, 0, 0, 1]);
        assert_eq!(one.leg(Leg::Request).max() / 1000, 30);
    }
}
