//! A history as it is written by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{OPENING, Planned, balance};
use crate::history::{
    self, Apply, Cause, CauseWord, Complete, End, Event, Final, Follows, Header, History, Invoke, Member,
    Milestone, OriginIndex, OriginNamed, Outcome, Phase, Reader, SessionIndex, SessionOpened, Substrate,
    Success, Witness, Writer,
};
use crate::model::{AccountId, BranchId, Guarantees, Incarnation, Operation, SessionId, Strategy, Time};

const BRANCHES: [u32; 2] = [1, 2];
pub(super) const SESSIONS: usize = 2;

/// Counters of writes by the branch that accepted them.
pub(super) type Vector<'a> = &'a [(u32, u64)];

#[derive(Debug, Clone)]
pub(super) struct Tape {
    events: Vec<Event>,
    /// By session: how many operations it began.
    begun: Vec<u64>,
    is_cut: bool,
}

/// What one session does next. Everything is one line, and begins where the last one ended.
pub(super) struct Hand<'a> {
    tape: &'a mut Tape,
    session: usize,
}

impl Tape {
    /// A trial that promises read-your-writes.
    pub fn promised() -> Tape {
        Tape::new(Strategy::Wait, Guarantees::READ_YOUR_WRITES)
    }

    /// A trial that asks for it and does nothing to keep it.
    pub fn unpromised() -> Tape {
        Tape::new(Strategy::None, Guarantees::READ_YOUR_WRITES)
    }

    pub fn new(strategy: Strategy, guarantees: Guarantees) -> Tape {
        let except = (0..).zip(OPENING.iter().copied()).collect();
        let accounts = history::Accounts { count: OPENING.len() as u64, balance: 0, except };
        let branches = BRANCHES.map(|branch| Member { branch: BranchId(branch), region: None }).to_vec();
        let header = Event::Header(Header {
            version: history::VERSION,
            trial: "by hand".to_owned(),
            seed: 1,
            substrate: Substrate::Sim,
            branches,
            accounts,
            strategy,
            guarantees,
            patience: None,
            plan: Value::Null,
        });
        let mut tape = Tape { events: vec![header], begun: Vec::new(), is_cut: false };
        BRANCHES.into_iter().for_each(|branch| tape.begins_a_life(branch));
        (0..SESSIONS).for_each(|_| tape.opens(None));
        tape
    }

    pub fn session(&mut self, session: usize) -> Hand<'_> {
        Hand { tape: self, session }
    }

    /// The session is opened anew, and what is opened has the next index.
    pub fn follows(&mut self, session: u32, token_kept: bool) {
        self.opens(Some(Follows { session: SessionIndex(session), token_kept }));
    }

    pub fn reaches(&mut self, reached: Milestone) {
        let t = self.now();
        self.events.push(Event::Phase(Phase { t, reached }));
    }

    /// The branch has applied this and holds what these writes leave; one line for each origin and one for the rest.
    pub fn ends(&mut self, branch: u32, applied: Vector, writes: &[Planned]) {
        self.holds(branch, applied, &held(writes));
    }

    pub fn holds(&mut self, branch: u32, applied: Vector, balances: &[(AccountId, i64)]) {
        for &(origin, last) in applied.iter().filter(|&&(_, counter)| counter > 0) {
            let (t, origin) = (self.now(), index(origin));
            self.events.push(Event::Apply(Apply { t, branch: BranchId(branch), origin, first: 1, last }));
        }
        let balances = balances.iter().map(|&(account, balance)| (account, balance.into())).collect();
        let t = self.now();
        let applied = witness(applied);
        self.events.push(Event::Final(Final { t, branch: BranchId(branch), applied, balances }));
    }

    /// The cluster drains, and both branches end with this.
    pub fn settles(&mut self, applied: Vector, writes: &[Planned]) {
        self.reaches(Milestone::Drained);
        BRANCHES.into_iter().for_each(|branch| self.ends(branch, applied, writes));
    }

    /// It has no end.
    pub fn is_cut_off(&mut self) {
        self.is_cut = true;
    }

    /// The number of the line that was written last.
    pub fn line(&self) -> u64 {
        self.events.len() as u64
    }

    /// As it comes back from the file.
    pub fn history(&self) -> History {
        let mut writer = Writer::new(Vec::new());
        let end = Event::End(End { t: self.now(), lines: self.line() + 1 });
        let events = self.events.iter().chain((!self.is_cut).then_some(&end));
        events.for_each(|event| writer.append(event).expect("memory can be written"));
        let bytes = writer.finish().expect("memory can be written");
        let reader = Reader::new(bytes.as_slice()).expect("memory can be read");
        History::salvage(reader).expect("the history is well-formed").0
    }

    fn now(&self) -> Time {
        Time((self.line() + 1) * 1_000_000)
    }

    fn begins_a_life(&mut self, branch: u32) {
        let incarnation = Incarnation { started_at: 1, nonce: branch.into() };
        let (t, branch) = (self.now(), BranchId(branch));
        self.events.push(Event::Origin(OriginNamed { t, index: index(branch.0), branch, incarnation }));
    }

    fn opens(&mut self, follows: Option<Follows>) {
        let index = self.begun.len() as u32;
        let id = SessionId { opened_at: 1, nonce: index.into() };
        let (t, index) = (self.now(), SessionIndex(index));
        self.begun.push(0);
        self.events.push(Event::Session(SessionOpened { t, index, id, region: None, follows }));
    }
}

impl Hand<'_> {
    /// Begins a write at the branch.
    pub fn writes(self, planned: Planned, branch: u32) -> Self {
        self.begins(planned.operation(), branch)
    }

    /// Begins a read at the branch.
    pub fn reads(self, account: AccountId, branch: u32) -> Self {
        self.begins(Operation::Query { account }, branch)
    }

    /// The write in flight is acknowledged: the `counter`-th that `branch` accepted.
    pub fn ok(self, branch: u32, counter: u64) -> Self {
        self.completes(Outcome::Ok(Success::Written { dot: index(branch).dot(counter) }))
    }

    /// The read in flight is answered.
    pub fn sees(self, balance: i64, named: Vector) -> Self {
        self.completes(Outcome::Ok(Success::Balance { balance, witness: witness(named) }))
    }

    /// The operation in flight certainly did not happen.
    pub fn fails(self) -> Self {
        self.completes(Outcome::Fail(Cause::new(CauseWord::InsufficientFunds, "refused")))
    }

    /// Nobody knows whether the write in flight happened.
    pub fn stays_unknown(self) -> Self {
        self.completes(Outcome::Info(Cause::new(CauseWord::GivenUp, "given up")))
    }

    fn begins(self, operation: Operation, branch: u32) -> Self {
        let number = &mut self.tape.begun[self.session];
        *number += 1;
        let (number, t) = (*number, self.tape.now());
        self.tape.events.push(Event::Invoke(Invoke {
            t,
            session: SessionIndex(self.session as u32),
            number,
            branch: BranchId(branch),
            operation,
            intended: t,
            warm_up: false,
        }));
        self
    }

    fn completes(self, outcome: Outcome) -> Self {
        let complete = Complete {
            t: self.tape.now(),
            session: SessionIndex(self.session as u32),
            number: self.tape.begun[self.session],
            outcome,
            attempts: 1,
            parked: Duration::ZERO,
            answered: None,
        };
        self.tape.events.push(Event::Complete(complete));
        self
    }
}

/// What the accounts hold once these were applied.
pub(super) fn held(writes: &[Planned]) -> Vec<(AccountId, i64)> {
    let accounts: BTreeMap<AccountId, i64> =
        writes.iter().map(|planned| (planned.account, balance(planned.account, writes))).collect();
    accounts.into_iter().collect()
}

fn index(branch: u32) -> OriginIndex {
    OriginIndex(branch - 1)
}

fn witness(vector: Vector) -> Witness {
    vector.iter().map(|&(branch, counter)| (index(branch), counter)).collect()
}
