//! Customers' requests: validated, parked until their token is dominated, executed once.

use std::time::Duration;

use smallvec::SmallVec;

use super::memory::Lookup;
use super::parking::Parked;
use super::unsynced::{SyncEffect, Waiting};
use super::{Branch, CallId, Outbox, reply_all};
use crate::model::{
    AccountId, Amount, Answer, BranchId, Dot, Needs, Operation, Origin, Record, Refusal, Request,
    RequestError, RequestId, Time, VersionVector, Write, WriteKind, mutated,
};

impl Branch {
    /// Takes a request from a customer. A copy of one that is parked or not yet synced joins it.
    pub(super) fn request(&mut self, now: Time, call: CallId, mut request: Request, outbox: &mut Outbox) {
        let has_needed = self.has_needed(&request);
        if let Err(error) = self.validate(&request, has_needed) {
            return reply_all(outbox, &[call], Err(error), Duration::ZERO);
        }
        if let Some(joined) = self.join(call, &request) {
            self.counters.joined += u64::from(joined.is_ok());
            self.counters.copies_full += u64::from(matches!(joined, Err(RequestError::TooManyCopies { .. })));
            return joined.unwrap_or_else(|error| reply_all(outbox, &[call], Err(error), Duration::ZERO));
        }
        if let Some(known) = self.recall(&request) {
            self.counters.recalled += u64::from(known.is_ok());
            return reply_all(outbox, &[call], known, Duration::ZERO);
        }
        // Most requests wait for nothing: those are spared the ticket, and the vector of what they wait for.
        if has_needed {
            return self.execute(now, &request, SmallVec::from_elem(call, 1), Duration::ZERO, outbox);
        }
        request.max_wait = request.max_wait.min(self.config.limits.max_wait);
        if mutated!(self.config, WaitersExhaust) {
            request.max_wait = Duration::from_secs(3_600);
        }
        let needed = waits_for(&mut request);
        let waiting = self.parking.len();
        let arrived = self.parking.admit(call, request, needed, now);
        self.answer_or_park(now, arrived, outbox);
        self.counters.parked += (self.parking.len() - waiting) as u64;
    }

    /// Answers what waited for `origin`'s counter to come this far, or parks it under what else it misses.
    pub(super) fn wake(&mut self, now: Time, origin: Origin, outbox: &mut Outbox) {
        let counter = self.applied.get(origin);
        for parked in self.parking.reached(origin, counter) {
            self.answer_or_park(now, parked, outbox);
        }
    }

    /// Answers what may wait no longer, naming what it missed. Never with a stale balance.
    pub(super) fn expire(&mut self, now: Time, outbox: &mut Outbox) {
        for parked in self.parking.expired(now) {
            let error = self.unmet(&parked, now);
            reply_all(outbox, &parked.calls, Err(error), now.since(parked.arrived_at));
        }
    }

    fn has_needed(&self, request: &Request) -> bool {
        needed(request).into_iter().flatten().all(|vector| self.applied.dominates(vector))
    }

    fn validate(&self, request: &Request, has_needed: bool) -> Result<(), RequestError> {
        if request.branch != self.origin.branch {
            return Err(RequestError::WrongBranch { meant: request.branch, actual: self.origin.branch });
        }
        let AccountId(account) = request.operation.account();
        if account >= self.ledger.accounts() {
            return Err(RequestError::UnknownAccount { account, last: self.ledger.accounts() - 1 });
        }
        // What is here came from members.
        if !has_needed && let Some(branch) = self.unknown_branch(request) {
            return Err(RequestError::UnknownBranch { branch });
        }
        let current = self.origin.incarnation;
        match request.incarnation {
            None if request.operation.is_write() => return Err(RequestError::IncarnationMissing),
            Some(meant) if meant != current => return Err(RequestError::IncarnationGone { current }),
            Some(_) | None => {}
        }
        self.check_serving()
    }

    fn unknown_branch(&self, request: &Request) -> Option<BranchId> {
        let origins = needed(request).into_iter().flatten().flat_map(VersionVector::iter);
        origins.map(|(origin, _)| origin.branch).find(|branch| !self.config.members.contains(branch))
    }

    fn join(&mut self, call: CallId, request: &Request) -> Option<Result<(), RequestError>> {
        let (calls, operation) = match self.parking.find(request.id) {
            Some(parked) => (&mut parked.calls, parked.request.operation),
            None if request.operation.is_write() => {
                (&mut self.unsynced.find(request.id)?.calls, request.operation)
            }
            None => return None,
        };
        if operation != request.operation {
            let number = request.id.number;
            return Some(Err(RequestError::StaleNumber { number, remembered: number }));
        }
        if calls.len() >= self.config.limits.copies_max {
            return Some(Err(RequestError::TooManyCopies { copies: calls.len() }));
        }
        calls.push(call);
        Some(Ok(()))
    }

    /// What the memory says of a write, unless it is new. Reads are not remembered: answering one again does no
    /// harm.
    fn recall(&self, request: &Request) -> Option<Result<Answer, RequestError>> {
        if !request.operation.is_write() {
            return None;
        }
        match self.memory.recall(request.id) {
            Lookup::New => None,
            Lookup::Executed(Ok(dot)) => Some(Ok(Answer::Written { dot })),
            Lookup::Executed(Err(refusal)) => Some(Ok(Answer::Refused(refusal))),
            Lookup::Stale { remembered } => {
                Some(Err(RequestError::StaleNumber { number: request.id.number, remembered }))
            }
            Lookup::Forgotten => Some(Err(RequestError::SessionForgotten)),
        }
    }

    fn answer_or_park(&mut self, now: Time, parked: Parked, outbox: &mut Outbox) {
        let is_waived =
            |dot: &Dot| mutated!(self.config, LostIncarnationAccepted) && self.has_ended(dot.origin);
        let missing = parked.needed.missing_from(&self.applied).find(|dot| !is_waived(dot));
        match missing {
            None => {
                let parked_for = now.since(parked.arrived_at);
                self.execute(now, &parked.request, parked.calls, parked_for, outbox);
            }
            Some(missing) => self.park(now, parked, missing, outbox),
        }
    }

    fn park(&mut self, now: Time, parked: Parked, missing: Dot, outbox: &mut Outbox) {
        let limit = self.config.limits.parked_max;
        if parked.deadline <= now {
            let error = self.unmet(&parked, now);
            reply_all(outbox, &parked.calls, Err(error), now.since(parked.arrived_at));
        } else if self.parking.len() >= limit {
            self.counters.parked_full += 1;
            reply_all(outbox, &parked.calls, Err(RequestError::ParkedFull { parked: limit }), Duration::ZERO);
        } else {
            self.parking.park(parked, missing);
        }
    }

    /// The token is dominated: the request is executed, now.
    fn execute(
        &mut self,
        now: Time,
        request: &Request,
        calls: SmallVec<[CallId; 1]>,
        parked_for: Duration,
        outbox: &mut Outbox,
    ) {
        match request.operation {
            Operation::Query { account } => {
                let outcome = self.read(account);
                reply_all(outbox, &calls, outcome, parked_for);
            }
            Operation::Write { kind, account, amount } => {
                let waiting = Waiting { calls, parked_for };
                self.write(request, (kind, account, amount), waiting, outbox);
                if mutated!(self.config, CountersUsedTwice) {
                    self.send_unsynced(now, outbox);
                }
            }
        }
    }

    fn read(&self, account: AccountId) -> Result<Answer, RequestError> {
        let visible = self.ledger.balance(account).expect("the account was checked on arrival");
        let balance = i64::try_from(visible).map_err(|_| RequestError::BalanceOutOfRange)?;
        Ok(Answer::Balance { balance, witness: self.applied.clone() })
    }

    /// Accepts a write or refuses it, and logs which, together with the number that was used up.
    fn write(
        &mut self,
        request: &Request,
        (kind, account, amount): (WriteKind, AccountId, Amount),
        mut waiting: Waiting,
        outbox: &mut Outbox,
    ) {
        // Checked again: while it was parked, a later write of the session may have been executed.
        let known = self.recall(request).or_else(|| self.no_room().map(Err));
        if let Some(outcome) = known {
            return reply_all(outbox, &waiting.calls, outcome, waiting.parked_for);
        }
        let id = request.id;
        let accepted = self.ledger.accept(kind, account, amount).map(|()| {
            let dot = self.origin.dot(self.intake.staged(self.origin) + 1);
            let after = request.guarantees.carried(&request.token);
            Write { dot, request: id, account, kind, amount, after }
        });
        if let Some(up_to) = self.memory.remember(id, accepted.as_ref().map(|w| w.dot).map_err(|&r| r)) {
            self.counters.forgotten_sessions += 1;
            self.append(Record::Forgotten { up_to }, SyncEffect::Noted, outbox);
        }
        match accepted {
            Ok(write) => {
                self.intake.note(self.origin, write.dot.counter);
                if mutated!(self.config, AcknowledgedBeforeSynced) {
                    let answer = Ok(Answer::Written { dot: write.dot });
                    reply_all(outbox, &waiting.calls, answer, waiting.parked_for);
                    waiting.calls.clear();
                }
                self.append(Record::Write(write.clone()), SyncEffect::Own { write, waiting }, outbox);
            }
            Err(refusal) => self.append_refusal(id, refusal, waiting, outbox),
        }
    }

    fn append_refusal(
        &mut self,
        request: RequestId,
        refusal: Refusal,
        waiting: Waiting,
        outbox: &mut Outbox,
    ) {
        let effect = SyncEffect::Refused { request, refusal, waiting };
        self.append(Record::Refused { request, refusal }, effect, outbox);
    }

    pub(super) fn append(&mut self, record: Record, effect: SyncEffect, outbox: &mut Outbox) {
        self.unsynced.push(effect);
        outbox.records.push(record);
    }

    fn no_room(&mut self) -> Option<RequestError> {
        if self.disk_is_full {
            self.counters.disk_full += 1;
            return Some(RequestError::DiskFull);
        }
        self.log_full()
    }

    fn log_full(&mut self) -> Option<RequestError> {
        let retained_max = self.config.limits.retained_max;
        if self.log.len() + self.unsynced.len() >= retained_max {
            self.trim();
        }
        let retained = self.log.len() + self.unsynced.len();
        self.counters.log_full += u64::from(retained >= retained_max);
        (retained >= retained_max).then_some(RequestError::LogFull { retained })
    }

    /// Why a request whose deadline came is not answered: late writes, or writes that nobody reachable has and
    /// whose origin's incarnation has ended. The latter is final for the customer's token, so it is said only of what
    /// no helper has brought in its time: a vector that names the write may still be on the way.
    fn unmet(&self, parked: &Parked, now: Time) -> RequestError {
        let waited = now.since(parked.arrived_at);
        let missing: Vec<Dot> = parked.needed.missing_from(&self.applied).collect();
        let is_lost = |dot: &Dot| waited >= self.helped_within() && self.is_lost(*dot);
        let lost: Vec<Dot> = missing.iter().copied().filter(is_lost).collect();
        if lost.is_empty() {
            RequestError::Deadline { missing, waited }
        } else {
            RequestError::TokenLost { missing: lost, waited }
        }
    }

    fn is_lost(&self, dot: Dot) -> bool {
        let ended = self.has_ended(dot.origin) && self.intake.staged(dot.origin) < dot.counter;
        ended && !self.peers.values().any(|peer| peer.connected && peer.has.contains(dot))
    }

    /// Whether a later incarnation of the origin's branch has been heard of.
    fn has_ended(&self, origin: Origin) -> bool {
        let current = match self.peers.get(&origin.branch) {
            Some(peer) => peer.incarnation,
            None => Some(self.origin.incarnation),
        };
        current.is_some_and(|current| origin.incarnation < current)
    }
}

/// What of the token the request waits for.
fn needed(request: &Request) -> [Option<&VersionVector>; 2] {
    let Needs { writes, reads } = request.guarantees.needs(&request.operation);
    [writes.then_some(&request.token.writes), reads.then_some(&request.token.reads)]
}

/// The same as one vector. A read has no other use for its token, and many may wait.
fn waits_for(request: &mut Request) -> VersionVector {
    let Request { guarantees, operation, token, .. } = request;
    let needed = match operation {
        Operation::Query { .. } => guarantees.part(operation, std::mem::take(token)),
        Operation::Write { .. } => guarantees.needed(operation, token),
    };
    needed.into_vector()
}
