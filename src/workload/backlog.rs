//! Arrivals whose session is busy: a bounded queue for each session, and a count of those that do not fit.

use std::collections::VecDeque;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::schedule::Arrival;

/// An arrival that is later than an hour counts as an hour late.
const LATEST_NS: u64 = 3_600_000_000_000;

/// The arrivals of an open loop that are started and not over, and how well its driver keeps up.
///
/// The driver offers every arrival once, in order. A session works at one operation at a time; when that is over, the
/// one that has queued longest is next.
#[derive(Debug, Clone)]
pub struct Backlog {
    sessions: Vec<SessionQueue>,
    queued_max: usize,
    queued: usize,
    queued_peak: usize,
    refused: u64,
    lateness_ns: Histogram<u64>,
}

#[derive(Debug, Clone, Default)]
struct SessionQueue {
    is_busy: bool,
    waiting: VecDeque<Arrival>,
}

/// The fate of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// Its session is idle: start it now.
    Start,
    /// It waits for its session.
    Queued,
    /// As many wait for its session as may. It never happens.
    Refused,
}

impl Backlog {
    /// An empty backlog of so many sessions, each with room for `queued_max` arrivals.
    pub fn new(sessions: usize, queued_max: usize) -> Backlog {
        Backlog {
            sessions: vec![SessionQueue::default(); sessions],
            queued_max,
            queued: 0,
            queued_peak: 0,
            refused: 0,
            // Three significant digits, as latencies have them.
            lateness_ns: Histogram::new_with_bounds(1, LATEST_NS, 3).expect("bounds and precision are valid"),
        }
    }

    /// Offers an arrival, at the time `now` from the start of load.
    ///
    /// # Panics
    ///
    /// If there is no such session.
    pub fn offer(&mut self, now: Duration, arrival: Arrival) -> Offered {
        let late = now.saturating_sub(arrival.at);
        self.lateness_ns.saturating_record(u64::try_from(late.as_nanos()).unwrap_or(u64::MAX));
        let session = &mut self.sessions[arrival.session];
        if !session.is_busy {
            session.is_busy = true;
            return Offered::Start;
        }
        if session.waiting.len() >= self.queued_max {
            self.refused += 1;
            return Offered::Refused;
        }
        session.waiting.push_back(arrival);
        self.queued += 1;
        self.queued_peak = self.queued_peak.max(self.queued);
        Offered::Queued
    }

    /// The session's operation is over. Returns the arrival that it starts now, if one waited.
    ///
    /// # Panics
    ///
    /// If there is no such session.
    pub fn ended(&mut self, session: usize) -> Option<Arrival> {
        let session = &mut self.sessions[session];
        let next = session.waiting.pop_front();
        session.is_busy = next.is_some();
        self.queued -= usize::from(session.is_busy);
        next
    }

    /// How many arrivals wait now.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// The most that waited at once.
    pub fn queued_peak(&self) -> usize {
        self.queued_peak
    }

    /// How many arrivals were refused.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// How much later than intended each arrival was offered, in nanoseconds: the fault of the driver, not of the
    /// system. Waiting for a busy session is not in it.
    pub fn lateness_ns(&self) -> &Histogram<u64> {
        &self.lateness_ns
    }
}

#[cfg(test)]
mod tests {
    use super::super::accounts::AccountFamily;
    use super::*;
    use crate::model::{AccountId, BranchId, Operation};

    fn arrival(session: usize, at_ms: u64) -> Arrival {
        let operation = Operation::Query { account: AccountId(0) };
        Arrival {
            at: Duration::from_millis(at_ms),
            session,
            branch: BranchId(1),
            operation,
            family: AccountFamily::Digit,
        }
    }

    #[test]
    fn a_busy_session_s_arrivals_wait_in_order_and_beyond_the_bound_are_refused() {
        let mut backlog = Backlog::new(2, 2);
        let offered = [1, 2, 3, 4].map(|at| backlog.offer(Duration::ZERO, arrival(0, at)));
        assert_eq!(offered, [Offered::Start, Offered::Queued, Offered::Queued, Offered::Refused]);
        assert_eq!(backlog.offer(Duration::ZERO, arrival(1, 5)), Offered::Start);
        assert_eq!(backlog.ended(0), Some(arrival(0, 2)));
        assert_eq!(backlog.offer(Duration::ZERO, arrival(0, 6)), Offered::Queued);
        assert_eq!([(); 3].map(|()| backlog.ended(0)), [Some(arrival(0, 3)), Some(arrival(0, 6)), None]);
        assert_eq!(backlog.offer(Duration::ZERO, arrival(0, 7)), Offered::Start);
        assert_eq!((backlog.queued(), backlog.queued_peak(), backlog.refused()), (0, 2, 1));
    }

    #[test]
    fn without_a_queue_a_busy_session_refuses() {
        let mut backlog = Backlog::new(1, 0);
        let offered = [1, 2].map(|at| backlog.offer(Duration::ZERO, arrival(0, at)));
        assert_eq!(offered, [Offered::Start, Offered::Refused]);
    }

    #[test]
    fn how_late_the_driver_is_does_not_count_how_long_a_session_is_busy() {
        let mut backlog = Backlog::new(1, 5);
        for (at, now) in [(10, 10), (20, 20), (30, 34), (40, 39)] {
            backlog.offer(Duration::from_millis(now), arrival(0, at));
        }
        assert_eq!(backlog.lateness_ns().len(), 4);
        assert_eq!(backlog.lateness_ns().max() / 1_000_000, 4);
        assert_eq!(backlog.lateness_ns().value_at_quantile(0.75), 0);
    }
}
