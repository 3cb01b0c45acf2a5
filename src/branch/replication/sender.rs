//! The sender to one peer: this branch's own writes, in runs, until the peer has applied them.
//!
//! A run leaves at once while fewer than a window of them are on the way; otherwise writes gather and the next
//! run is longer, so the batch size follows the load (self-clocked). What was sent stays a *flight* until the peer
//! has applied it:
//!
//! * a flight that the peer holds, but cannot apply yet, is not sent again;
//! * a flight sent before another that arrived is lost once a reordering allowance has passed (RFC 8985, RACK);
//! * silence is broken by a timer (RFC 6298) that sends the first flight again, or, if that one is held, a probe.

use std::collections::VecDeque;
use std::time::Duration;

use super::rtt::RoundTrip;
use crate::branch::config::{Config, Timing};
use crate::branch::message::BatchAck;
use crate::model::Time;

/// Largest multiple of a quarter of the shortest round trip that reordering may cost (RFC 8985, section 6.2).
const REORDERING_MAX: u32 = 16;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sender {
    /// Counter of the first write that was never sent.
    next: u64,
    flights: VecDeque<InFlightBatch>,
    round_trip: RoundTrip,
    /// Send time of the latest-sent run that is known to have arrived.
    latest_arrived: Option<Time>,
    /// Send time of the first flight that a later one has overtaken, if one was.
    first_overtaken: Option<Time>,
    reordering: u32,
    /// Whether some flights may be held; otherwise none is looked at.
    any_held: bool,
    /// Whether some flights may have been sent again; otherwise they are in order of their send times.
    any_resent: bool,
    timer: Option<Time>,
    /// Number of the latest ack. Acks arrive in any order, and what an older one says about held runs is out of date.
    last_ack: Option<u64>,
    /// When this stream began: what was sent before may have met an earlier life of the peer.
    since: Time,
    /// Writes below this counter were sent on an earlier stream, in copies below `copies`.
    sent_below: u64,
    copies: u32,
    window_runs: usize,
    run_max: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct InFlightBatch {
    first: u64,
    last: u64,
    sent_at: Time,
    copy: u32,
    held: bool,
}

/// A run to be made of the log and sent. A probe has no writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    pub first: u64,
    pub count: u64,
    pub copy: u32,
}

impl Sender {
    pub fn new(config: &Config) -> Sender {
        Sender {
            next: 1,
            flights: VecDeque::new(),
            round_trip: RoundTrip::new(&config.timing),
            latest_arrived: None,
            first_overtaken: None,
            reordering: 1,
            any_held: false,
            any_resent: false,
            timer: None,
            last_ack: None,
            since: Time::default(),
            sent_below: 1,
            copies: 0,
            window_runs: config.limits.window_runs,
            run_max: config.limits.run_max as u64,
        }
    }

    /// Starts over behind what the peer has applied: the stream is new, whatever was on the way may be lost.
    pub fn restart(&mut self, now: Time, applied: u64) {
        self.since = now;
        self.copies = self.flights.iter().map(|flight| flight.copy + 1).fold(self.copies, u32::max);
        self.sent_below = self.sent_below.max(self.next);
        self.next = applied + 1;
        self.flights.clear();
        (self.any_held, self.any_resent) = (false, false);
        self.latest_arrived = None;
        self.first_overtaken = None;
        self.last_ack = None;
        self.timer = None;
    }

    /// The peer has a new incarnation: nothing that was measured or acknowledged holds.
    pub fn forget(&mut self, now: Time, timing: &Timing) {
        self.restart(now, 0);
        self.round_trip = RoundTrip::new(timing);
    }

    /// Something came from the peer, be it an ack or not.
    pub fn heard(&mut self, now: Time) {
        self.round_trip.heard();
        if let Some(timer) = self.timer {
            self.timer = Some(timer.min(now + self.patience()));
        }
    }

    /// Runs that may leave now, given that own writes from `first` to `last` are at hand. A peer that lacks earlier
    /// ones takes a snapshot, and holds these until then.
    pub fn fill(&mut self, now: Time, first: u64, last: u64) -> Vec<Departure> {
        let mut departures = Vec::new();
        self.next = self.next.max(first);
        while self.next <= last && self.flights.len() < self.window_runs {
            let (first, end) = (self.next, last.min(self.next + self.run_max - 1));
            let copy = if first < self.sent_below { self.copies } else { 0 };
            self.flights.push_back(InFlightBatch { first, last: end, sent_at: now, copy, held: false });
            self.next = end + 1;
            departures.push(Departure { first, count: end - first + 1, copy });
        }
        if self.timer.is_none() && !self.flights.is_empty() {
            self.timer = Some(now + self.patience());
        }
        departures
    }

    /// The peer has applied own writes up to `applied`; `about` says what else it holds.
    pub fn acknowledged(&mut self, now: Time, number: u64, applied: u64, about: Option<&BatchAck>) {
        let mut progress = self.drop_applied(applied);
        // An echo from before this stream, or from the future, is no round trip.
        if let Some(about) = about.filter(|about| self.since <= about.echo && about.echo <= now) {
            self.arrived(now, about);
            if self.last_ack.is_none_or(|last| number > last) {
                self.last_ack = Some(number);
                progress |= self.mark_held(&about.held);
            }
        }
        self.find_overtaken();
        if self.flights.is_empty() {
            self.timer = None;
            (self.any_held, self.any_resent) = (false, false);
        } else if progress {
            self.timer = Some(now + self.patience());
        }
    }

    /// Runs that are due to be sent again: flights that others overtook by too much, and the first one after silence.
    pub fn overdue(&mut self, now: Time) -> Vec<Departure> {
        let mut departures = Vec::new();
        // Lost behind a later one (RACK).
        if self.loss_shows_at().is_some_and(|at| at <= now) {
            let allowance = self.allowance().unwrap_or_default();
            for index in 0..self.flights.len() {
                if self.is_overtaken(&self.flights[index]) && self.flights[index].sent_at + allowance <= now {
                    departures.push(self.resend(index, now));
                }
            }
            self.find_overtaken();
        }
        // Lost in silence (RTO).
        if self.timer.is_some_and(|timer| timer <= now) {
            if departures.is_empty() {
                departures.extend(self.break_silence(now));
            }
            self.round_trip.back_off();
            self.timer = Some(now + self.patience());
        }
        departures
    }

    /// When [`Sender::overdue`] has something to send.
    pub fn next_timeout(&self) -> Option<Time> {
        self.loss_shows_at().into_iter().chain(self.timer).min()
    }

    /// The smoothed round trip to the peer, if one was measured.
    pub fn smoothed_round_trip(&self) -> Option<Duration> {
        self.round_trip.smoothed()
    }

    /// Drops the flights that the peer has applied. Returns whether there were any.
    fn drop_applied(&mut self, applied: u64) -> bool {
        self.next = self.next.max(applied + 1);
        let before = self.flights.len();
        while self.flights.front().is_some_and(|flight| flight.last <= applied) {
            self.flights.pop_front();
        }
        if let Some(flight) = self.flights.front_mut() {
            flight.first = flight.first.max(applied + 1);
        }
        self.flights.len() < before
    }

    fn arrived(&mut self, now: Time, about: &BatchAck) {
        self.round_trip.sample(now.since(about.echo));
        self.latest_arrived = self.latest_arrived.max(Some(about.echo));
        if about.duplicate {
            // Sent again in vain: the network reorders by more than was allowed for.
            self.reordering = (self.reordering + 1).min(REORDERING_MAX);
        }
    }

    /// Marks the flights within the ranges that the peer holds. Returns whether one is newly held.
    fn mark_held(&mut self, held: &[(u64, u64)]) -> bool {
        if held.is_empty() && !self.any_held {
            return false;
        }
        self.any_held = !held.is_empty();
        let mut progress = false;
        for flight in &mut self.flights {
            let is_held = held.iter().any(|&(first, last)| first <= flight.first && flight.last <= last);
            progress |= is_held && !flight.held;
            flight.held = is_held;
        }
        progress
    }

    /// When the first overtaken flight counts as lost.
    fn loss_shows_at(&self) -> Option<Time> {
        Some(self.first_overtaken? + self.allowance()?)
    }

    /// How long after it was sent an overtaken flight counts as lost (RFC 8985, section 6.2, step 5): the latest round
    /// trip, and a part of the shortest for reordering.
    fn allowance(&self) -> Option<Duration> {
        let (latest, shortest) = (self.round_trip.latest()?, self.round_trip.shortest()?);
        let reordering = (shortest / 4).saturating_mul(self.reordering).min(self.round_trip.smoothed()?);
        Some(latest + reordering)
    }

    fn is_overtaken(&self, flight: &InFlightBatch) -> bool {
        !flight.held && self.latest_arrived.is_some_and(|latest| flight.sent_at < latest)
    }

    fn find_overtaken(&mut self) {
        let is_overtaken = |flight: &&InFlightBatch| self.is_overtaken(flight);
        // Flights are in the order in which they were first sent, so the first shows it for all.
        let first = match self.any_resent {
            true => self.flights.iter().filter(is_overtaken).min_by_key(|flight| flight.sent_at),
            false => self.flights.iter().find(|flight| !flight.held).filter(is_overtaken),
        };
        self.first_overtaken = first.map(|flight| flight.sent_at);
    }

    /// The first flight again; a probe if the peer holds that one.
    fn break_silence(&mut self, now: Time) -> Option<Departure> {
        let first = self.flights.front_mut()?;
        if first.held {
            first.copy += 1;
            return Some(Departure { first: first.first, count: 0, copy: first.copy });
        }
        Some(self.resend(0, now))
    }

    fn resend(&mut self, index: usize, now: Time) -> Departure {
        self.any_resent = true;
        let flight = &mut self.flights[index];
        flight.copy += 1;
        flight.sent_at = now;
        Departure { first: flight.first, count: flight.last - flight.first + 1, copy: flight.copy }
    }

    /// How long silence may last: while the peer only holds what it cannot apply, nothing is to be hurried.
    fn patience(&self) -> Duration {
        match self.flights.front() {
            Some(flight) if flight.held => self.round_trip.greatest(),
            Some(_) | None => self.round_trip.timeout(),
        }
    }
}
