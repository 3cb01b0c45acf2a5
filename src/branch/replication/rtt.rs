//! Round-trip time and the retransmission timeout made of it: RFC 6298, with smaller parameters.
//!
//! Samples come from the echo of a run's send time, so a retransmission gives a sample too and Karn's rule is not
//! needed (RFC 7323, section 4).

use std::time::Duration;

use crate::branch::config::Timing;

/// The clock granularity `G` of RFC 6298.
const GRANULARITY: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoundTrip {
    initial: Duration,
    least: Duration,
    greatest: Duration,
    measured: Option<RttEstimate>,
    /// How often the timeout was doubled since anything was heard.
    backoff: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct RttEstimate {
    smoothed: Duration,
    variation: Duration,
    latest: Duration,
    shortest: Duration,
}

impl RoundTrip {
    pub fn new(timing: &Timing) -> RoundTrip {
        RoundTrip {
            initial: timing.timeout_initial,
            least: timing.timeout_least,
            greatest: timing.timeout_greatest,
            measured: None,
            backoff: 0,
        }
    }

    /// Takes in one measured round trip.
    pub fn sample(&mut self, latest: Duration) {
        self.measured = Some(match self.measured {
            None => RttEstimate { smoothed: latest, variation: latest / 2, latest, shortest: latest },
            Some(RttEstimate { smoothed, variation, shortest, .. }) => RttEstimate {
                variation: (variation * 3 + smoothed.abs_diff(latest)) / 4,
                smoothed: (smoothed * 7 + latest) / 8,
                shortest: shortest.min(latest),
                latest,
            },
        });
    }

    /// The timeout, doubled for each time that it passed in silence, within its bounds.
    pub fn timeout(&self) -> Duration {
        let base = match self.measured {
            None => self.initial,
            Some(RttEstimate { smoothed, variation, .. }) => smoothed + GRANULARITY.max(variation * 4),
        };
        let base = base.clamp(self.least, self.greatest);
        base.saturating_mul(1 << self.backoff.min(16)).min(self.greatest)
    }

    /// The greatest timeout.
    pub fn greatest(&self) -> Duration {
        self.greatest
    }

    /// The timeout passed in silence: the next one is twice as long.
    pub fn back_off(&mut self) {
        self.backoff = self.backoff.saturating_add(1);
    }

    /// The peer is alive: the next timeout is a fresh one.
    pub fn heard(&mut self) {
        self.backoff = 0;
    }

    /// `SRTT` of RFC 6298, once measured.
    pub fn smoothed(&self) -> Option<Duration> {
        self.measured.map(|measured| measured.smoothed)
    }

    /// The latest round trip, once measured.
    pub fn latest(&self) -> Option<Duration> {
        self.measured.map(|measured| measured.latest)
    }

    /// The shortest round trip, once measured.
    pub fn shortest(&self) -> Option<Duration> {
        self.measured.map(|measured| measured.shortest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn the_timeout_follows_rfc_6298() {
        // First sample R: SRTT = R, RTTVAR = R/2, RTO = R + 4 * R/2 = 3R. A second equal one: RTTVAR = 3/4 of that.
        let rows: [(&[u64], Duration); 4] = [
            (&[], ms(100)),
            (&[20], ms(60)),
            (&[20, 20], ms(50)),
            (&[20, 60], Duration::from_micros(25_000 + 4 * 17_500)),
        ];
        for (samples, expected) in rows {
            let mut round_trip = RoundTrip::new(&Timing::default());
            samples.iter().for_each(|&sample| round_trip.sample(ms(sample)));
            assert_eq!(round_trip.timeout(), expected, "after samples {samples:?} ms");
        }
    }

    #[test]
    fn the_timeout_doubles_in_silence_up_to_the_greatest_and_is_fresh_once_heard() {
        let mut round_trip = RoundTrip::new(&Timing::default());
        let silent: Vec<Duration> = (0..5)
            .map(|_| {
                round_trip.back_off();
                round_trip.timeout()
            })
            .collect();
        assert_eq!(silent, [ms(200), ms(400), ms(800), ms(1000), ms(1000)]);
        round_trip.heard();
        assert_eq!(round_trip.timeout(), ms(100));
    }
}
