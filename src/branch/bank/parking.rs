//! Requests that wait for their token.
//!
//! A request is parked under one dot that it misses. When the origin's counter reaches *or passes* that dot, the
//! request is taken out. The caller checks it again, and parks it under another dot if it still misses one. Waking
//! costs O(log parked) for each request that is woken; nothing ever scans all.

use std::collections::{BTreeMap, BTreeSet};

use smallvec::SmallVec;

use crate::branch::CallId;
use crate::model::{Dot, Origin, Request, RequestId, Time, VersionVector};

/// A parked request. It keeps its ticket, and so its place in arrival order, however often it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parked {
    ticket: u64,
    pub request: Request,
    /// Every dot that it waits for.
    pub needed: VersionVector,
    pub arrived_at: Time,
    pub deadline: Time,
    /// The call that brought it, and the copies that joined.
    pub calls: SmallVec<[CallId; 1]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Parking {
    next_ticket: u64,
    /// By ticket: the dot under which the request waits, and the request.
    requests: BTreeMap<u64, (Dot, Parked)>,
    by_origin: BTreeMap<Origin, BTreeSet<(u64, u64)>>,
    by_deadline: BTreeSet<(Time, u64)>,
    by_request: BTreeMap<RequestId, u64>,
}

impl Parking {
    /// A ticket for a request that arrives now.
    pub fn admit(&mut self, call: CallId, request: Request, needed: VersionVector, now: Time) -> Parked {
        self.next_ticket += 1;
        let deadline = now + request.max_wait;
        let calls = SmallVec::from_elem(call, 1);
        Parked { ticket: self.next_ticket, request, needed, arrived_at: now, deadline, calls }
    }

    /// Lets a request wait under a dot that it misses.
    pub fn park(&mut self, parked: Parked, under: Dot) {
        self.by_origin.entry(under.origin).or_default().insert((under.counter, parked.ticket));
        self.by_deadline.insert((parked.deadline, parked.ticket));
        self.by_request.insert(parked.request.id, parked.ticket);
        self.requests.insert(parked.ticket, (under, parked));
    }

    /// Takes out the requests under dots that `counter` reaches or passes: by dot, then in order of arrival.
    pub fn reached(&mut self, origin: Origin, counter: u64) -> Vec<Parked> {
        let Some(waiting) = self.by_origin.get_mut(&origin) else { return Vec::new() };
        if waiting.first().is_none_or(|&(least, _)| least > counter) {
            return Vec::new();
        }
        let later = match counter.checked_add(1) {
            Some(next) => waiting.split_off(&(next, 0)),
            None => BTreeSet::new(),
        };
        let ready = std::mem::replace(waiting, later);
        if waiting.is_empty() {
            self.by_origin.remove(&origin);
        }
        ready.into_iter().map(|(_, ticket)| self.take(ticket)).collect()
    }

    /// Takes out the requests whose deadline has come, earliest first.
    pub fn expired(&mut self, now: Time) -> Vec<Parked> {
        let mut expired = Vec::new();
        while let Some(&(deadline, ticket)) = self.by_deadline.first() {
            if deadline > now {
                break;
            }
            expired.push(self.take(ticket));
        }
        expired
    }

    /// Takes out everything, in order of arrival.
    pub fn drain(&mut self) -> Vec<Parked> {
        let tickets: Vec<u64> = self.requests.keys().copied().collect();
        tickets.into_iter().map(|ticket| self.take(ticket)).collect()
    }

    /// The parked request of this name, for a copy to join.
    pub fn find(&mut self, request: RequestId) -> Option<&mut Parked> {
        let ticket = self.by_request.get(&request)?;
        self.requests.get_mut(ticket).map(|(_, parked)| parked)
    }

    /// The first request all of whose token is applied.
    pub fn satisfied_by(&self, applied: &VersionVector) -> Option<RequestId> {
        let mut parked = self.requests.values().map(|(_, parked)| parked);
        parked.find(|parked| applied.dominates(&parked.needed)).map(|parked| parked.request.id)
    }

    /// The earliest deadline of a parked request.
    pub fn next_deadline(&self) -> Option<Time> {
        self.by_deadline.first().map(|&(deadline, _)| deadline)
    }

    /// How many requests are parked.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    fn take(&mut self, ticket: u64) -> Parked {
        let (under, parked) = self.requests.remove(&ticket).expect("every index names a parked request");
        self.by_deadline.remove(&(parked.deadline, ticket));
        self.by_request.remove(&parked.request.id);
        if let Some(waiting) = self.by_origin.get_mut(&under.origin) {
            waiting.remove(&(under.counter, ticket));
            if waiting.is_empty() {
                self.by_origin.remove(&under.origin);
            }
        }
        parked
    }
}
