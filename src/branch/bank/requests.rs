//! Customers' requests: validated, parked until their token is dominated, executed once.

use std::time::Duration;

use smallvec::SmallVec;

use super::Bank;
use super::client_table::Lookup;
use super::parking::Parked;
use crate::branch::replication::Replication;
use crate::branch::store::{Store, SyncEffect, Waiting};
use crate::branch::transfer::StateTransfer;
use crate::branch::{CallId, Config, Counters, Outbox};
use crate::model::{
    AccountId, Amount, Answer, BranchId, Dot, Needs, Operation, Origin, Record, Request, RequestError, Time,
    VersionVector, Write, WriteKind, mutated,
};

/// A step of a customer's request: it may change the bank and the store, and only reads what is known of peers.
pub struct RequestHandler<'a> {
    pub now: Time,
    pub config: &'a Config,
    pub bank: &'a mut Bank,
    pub store: &'a mut Store,
    pub replication: &'a Replication,
    pub transfer: &'a StateTransfer,
    pub counters: &'a mut Counters,
    pub outbox: &'a mut Outbox,
}

impl RequestHandler<'_> {
    /// Takes a request from a customer. A copy of one that is parked or not yet synced joins it.
    pub fn receive(&mut self, call: CallId, mut request: Request) {
        let has_needed = self.has_needed(&request);
        if let Err(error) = self.validate(&request, has_needed) {
            return self.outbox.reply(&[call], Err(error), Duration::ZERO);
        }
        // A copy of a request that waits.
        if let Some(joined) = self.join(call, &request) {
            self.counters.joined += u64::from(joined.is_ok());
            self.counters.copies_full += u64::from(matches!(joined, Err(RequestError::TooManyCopies { .. })));
            return joined.unwrap_or_else(|error| self.outbox.reply(&[call], Err(error), Duration::ZERO));
        }
        // A retry of an executed write.
        if let Some(known) = self.recall(&request) {
            self.counters.recalled += u64::from(known.is_ok());
            return self.outbox.reply(&[call], known, Duration::ZERO);
        }
        // Most requests wait for nothing: those are spared the ticket, and the vector of what they wait for.
        if has_needed {
            return self.execute(&request, SmallVec::from_elem(call, 1), Duration::ZERO);
        }
        request.max_wait = request.max_wait.min(self.config.limits.max_wait);
        if mutated!(self.config, WaitersExhaust) {
            request.max_wait = Duration::from_secs(3_600);
        }
        let needed = waits_for(&mut request);
        let waiting = self.bank.parking.len();
        let arrived = self.bank.parking.admit(call, request, needed, self.now);
        self.answer_or_park(arrived);
        self.counters.parked += (self.bank.parking.len() - waiting) as u64;
    }

    /// Answers the requests that waited for `origin`'s counter to come this far, or parks them under what else they
    /// miss.
    pub fn wake(&mut self, origin: Origin) {
        let counter = self.store.applied.get(origin);
        for parked in self.bank.parking.reached(origin, counter) {
            self.answer_or_park(parked);
        }
    }

    /// Answers the requests whose deadline has come with the dots that they miss, never with a stale balance.
    pub fn expire(&mut self) {
        for parked in self.bank.parking.expired(self.now) {
            let error = self.unmet(&parked);
            self.outbox.reply(&parked.calls, Err(error), self.now.since(parked.arrived_at));
        }
    }

    /// Answers all parked requests with why the branch does not serve, if it does not.
    pub fn give_up_parked(&mut self) {
        let Err(error) = self.check_serving() else { return };
        for parked in self.bank.parking.drain() {
            let parked_for = self.now.since(parked.arrived_at);
            self.outbox.reply(&parked.calls, Err(error.clone()), parked_for);
        }
    }

    fn has_needed(&self, request: &Request) -> bool {
        needed(request).into_iter().flatten().all(|vector| self.store.applied.dominates(vector))
    }

    fn check_serving(&self) -> Result<(), RequestError> {
        self.transfer.check_serving(self.replication.peers.len())
    }

    fn validate(&self, request: &Request, has_needed: bool) -> Result<(), RequestError> {
        let own = self.store.own;
        if request.branch != own.branch {
            return Err(RequestError::WrongBranch { meant: request.branch, actual: own.branch });
        }
        let AccountId(account) = request.operation.account();
        if account >= self.bank.ledger.accounts() {
            return Err(RequestError::UnknownAccount { account, last: self.bank.ledger.accounts() - 1 });
        }
        // A vector that is dominated names members alone.
        if !has_needed && let Some(branch) = self.unknown_branch(request) {
            return Err(RequestError::UnknownBranch { branch });
        }
        let current = own.incarnation;
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
        let (calls, operation) = match self.bank.parking.find(request.id) {
            Some(parked) => (&mut parked.calls, parked.request.operation),
            None if request.operation.is_write() => {
                (&mut self.store.unsynced.find(request.id)?.calls, request.operation)
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

    /// The answer to a write that the client table knows; `None` for a new one. Reads are not remembered: answering
    /// one again does no harm.
    fn recall(&self, request: &Request) -> Option<Result<Answer, RequestError>> {
        if !request.operation.is_write() {
            return None;
        }
        match self.bank.client_table.look_up(request.id) {
            Lookup::New => None,
            Lookup::Executed(Ok(dot)) => Some(Ok(Answer::Written { dot })),
            Lookup::Executed(Err(refusal)) => Some(Ok(Answer::Refused(refusal))),
            Lookup::Stale { remembered } => {
                Some(Err(RequestError::StaleNumber { number: request.id.number, remembered }))
            }
            Lookup::Forgotten => Some(Err(RequestError::SessionForgotten)),
        }
    }

    fn answer_or_park(&mut self, parked: Parked) {
        let is_waived =
            |dot: &Dot| mutated!(self.config, LostIncarnationAccepted) && self.has_ended(dot.origin);
        let missing = parked.needed.missing_from(&self.store.applied).find(|dot| !is_waived(dot));
        match missing {
            None => {
                let parked_for = self.now.since(parked.arrived_at);
                self.execute(&parked.request, parked.calls, parked_for);
            }
            Some(missing) => self.park(parked, missing),
        }
    }

    fn park(&mut self, parked: Parked, missing: Dot) {
        let limit = self.config.limits.parked_max;
        if parked.deadline <= self.now {
            let error = self.unmet(&parked);
            self.outbox.reply(&parked.calls, Err(error), self.now.since(parked.arrived_at));
        } else if self.bank.parking.len() >= limit {
            self.counters.parked_full += 1;
            let error = RequestError::ParkedFull { parked: limit };
            self.outbox.reply(&parked.calls, Err(error), Duration::ZERO);
        } else {
            self.bank.parking.park(parked, missing);
        }
    }

    /// Executes a request whose token is dominated.
    fn execute(&mut self, request: &Request, calls: SmallVec<[CallId; 1]>, parked_for: Duration) {
        match request.operation {
            Operation::Query { account } => {
                let outcome = self.read(account);
                self.outbox.reply(&calls, outcome, parked_for);
            }
            Operation::Write { kind, account, amount } => {
                self.write(request, (kind, account, amount), Waiting { calls, parked_for });
                if mutated!(self.config, CountersUsedTwice) {
                    self.replication.send_unsynced(self.now, self.store.own, self.outbox);
                }
            }
        }
    }

    fn read(&self, account: AccountId) -> Result<Answer, RequestError> {
        let visible = self.bank.ledger.balance(account).expect("the account was checked on arrival");
        let balance = i64::try_from(visible).map_err(|_| RequestError::BalanceOutOfRange)?;
        Ok(Answer::Balance { balance, witness: self.store.applied.clone() })
    }

    /// Accepts a write or refuses it, and logs which, together with the number that was used up.
    fn write(
        &mut self,
        request: &Request,
        (kind, account, amount): (WriteKind, AccountId, Amount),
        mut waiting: Waiting,
    ) {
        // Checked again: while it was parked, a later write of the session may have been executed.
        let known = self.recall(request).or_else(|| self.no_room().map(Err));
        if let Some(outcome) = known {
            return self.outbox.reply(&waiting.calls, outcome, waiting.parked_for);
        }
        let (id, own) = (request.id, self.store.own);
        let accepted = self.bank.ledger.accept(kind, account, amount).map(|()| {
            let dot = own.dot(self.store.reorder.staged(own) + 1);
            let after = request.guarantees.carried(&request.token);
            Write { dot, request: id, account, kind, amount, after }
        });
        // The number is used up, whatever comes of it.
        let answer = accepted.as_ref().map(|write| write.dot).map_err(|&refusal| refusal);
        if let Some(up_to) = self.bank.client_table.remember(id, answer) {
            self.counters.forgotten_sessions += 1;
            self.store.append(Record::Forgotten { up_to }, SyncEffect::Noted, self.outbox);
        }
        match accepted {
            Ok(write) => {
                self.store.reorder.note(own, write.dot.counter);
                if mutated!(self.config, AcknowledgedBeforeSynced) {
                    let answer = Ok(Answer::Written { dot: write.dot });
                    self.outbox.reply(&waiting.calls, answer, waiting.parked_for);
                    waiting.calls.clear();
                }
                let record = Record::Write(write.clone());
                self.store.append(record, SyncEffect::Own { write, waiting }, self.outbox);
            }
            Err(refusal) => {
                let effect = SyncEffect::Refused { request: id, refusal, waiting };
                self.store.append(Record::Refused { request: id, refusal }, effect, self.outbox);
            }
        }
    }

    /// Why no write can be taken now, if so.
    fn no_room(&mut self) -> Option<RequestError> {
        if self.bank.disk_is_full {
            self.counters.disk_full += 1;
            return Some(RequestError::DiskFull);
        }
        let retained_max = self.config.limits.retained_max;
        if self.store.size() >= retained_max {
            self.replication.trim(self.store, self.transfer, self.config);
        }
        let retained = self.store.size();
        self.counters.log_full += u64::from(retained >= retained_max);
        (retained >= retained_max).then_some(RequestError::LogFull { retained })
    }

    /// Why a request whose deadline came is not answered: late writes, or writes of an ended incarnation that no
    /// connected peer has. The latter is final for the customer's token, so a write counts as lost only once every
    /// helper has had its turn: a vector that names the write may still be on the way.
    fn unmet(&self, parked: &Parked) -> RequestError {
        let waited = self.now.since(parked.arrived_at);
        let missing: Vec<Dot> = parked.needed.missing_from(&self.store.applied).collect();
        let helped_within = || self.replication.helped_within(&self.config.timing);
        let is_lost = |dot: &Dot| waited >= helped_within() && self.is_lost(*dot);
        let lost: Vec<Dot> = missing.iter().copied().filter(is_lost).collect();
        if lost.is_empty() {
            RequestError::Deadline { missing, waited }
        } else {
            RequestError::TokenLost { missing: lost, waited }
        }
    }

    fn is_lost(&self, dot: Dot) -> bool {
        let ended = self.has_ended(dot.origin) && self.store.reorder.staged(dot.origin) < dot.counter;
        if mutated!(self.config, LostThoughHeld) {
            return ended;
        }
        ended && !self.replication.peers.values().any(|peer| peer.connected && peer.has.contains(dot))
    }

    /// Whether a later incarnation of the origin's branch has been heard of.
    fn has_ended(&self, origin: Origin) -> bool {
        let current = match self.replication.peers.get(&origin.branch) {
            Some(peer) => peer.incarnation,
            None => Some(self.store.own.incarnation),
        };
        current.is_some_and(|current| origin.incarnation < current)
    }
}

/// The vectors of its token that a request waits for.
fn needed(request: &Request) -> [Option<&VersionVector>; 2] {
    let Needs { writes, reads } = request.guarantees.needs(&request.operation);
    [writes.then_some(&request.token.writes), reads.then_some(&request.token.reads)]
}

/// These as one vector. It takes a read's token, which is used for nothing else: many reads may wait.
fn waits_for(request: &mut Request) -> VersionVector {
    let Request { guarantees, operation, token, .. } = request;
    let needed = match operation {
        Operation::Query { .. } => guarantees.part(operation, std::mem::take(token)),
        Operation::Write { .. } => guarantees.needed(operation, token),
    };
    needed.into_vector()
}
