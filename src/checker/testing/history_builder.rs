//! A history as it is written by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{OPENING, Planned, balance};
use crate::history::{
    self, Apply, At, Cause, CauseWord, Complete, Edge, Event, FaultEvent, Final, Follows, Header, History,
    HistoryEnd, Invoke, Member, Milestone, OriginIndex, OriginNamed, PairedOperation, PhaseEvent, Reader,
    RecordedOutcome, RecordedSuccess, SessionIndex, SessionOpened, ShortDot, Substrate, Witness, Writer,
};
use crate::model::{AccountId, BranchId, Guarantees, Incarnation, Operation, SessionId, Strategy, Time};

const BRANCHES: [u32; 2] = [1, 2];
pub(super) const SESSIONS: usize = 2;

/// Counters of writes by the branch that accepted them; later lives of branches, in the order in which they begin,
/// are branches 3 and so on.
pub(super) type Vector<'a> = &'a [(u32, u64)];

#[derive(Debug, Clone)]
pub(super) struct HistoryBuilder {
    events: Vec<Event>,
    /// By session: how many operations it began.
    begun: Vec<u64>,
    /// How many lives branches have begun.
    lives: u32,
    /// By branch and origin: how many of its writes were applied.
    applied: BTreeMap<(u32, u32), u64>,
    /// Faults that have begun, with the branch that they strike until they end.
    faults: BTreeMap<u32, Option<u32>>,
    is_cut: bool,
}

/// What one session does next. Everything is one line, and begins where the last one ended.
pub(super) struct Hand<'a> {
    builder: &'a mut HistoryBuilder,
    session: usize,
}

impl HistoryBuilder {
    /// A trial that promises read-your-writes.
    pub fn promised() -> HistoryBuilder {
        HistoryBuilder::new(Strategy::Wait, Guarantees::READ_YOUR_WRITES)
    }

    /// A trial that asks for it and does nothing to keep it.
    pub fn unpromised() -> HistoryBuilder {
        HistoryBuilder::new(Strategy::None, Guarantees::READ_YOUR_WRITES)
    }

    pub fn new(strategy: Strategy, guarantees: Guarantees) -> HistoryBuilder {
        HistoryBuilder::under(|header| (header.strategy, header.guarantees) = (strategy, guarantees))
    }

    /// A trial that promises all four guarantees.
    pub fn all_promised() -> HistoryBuilder {
        HistoryBuilder::new(Strategy::Wait, Guarantees::ALL)
    }

    /// A trial that promises nothing, with something else about it.
    pub fn under(change: impl FnOnce(&mut Header)) -> HistoryBuilder {
        let except = (0..).zip(OPENING.iter().copied()).collect();
        let accounts = history::InitialBalances { count: OPENING.len() as u64, balance: 0, except };
        let branches = BRANCHES.map(|branch| Member { branch: BranchId(branch), region: None }).to_vec();
        let mut header = Header {
            version: history::VERSION,
            trial: "by hand".to_owned(),
            seed: 1,
            substrate: Substrate::Sim,
            branches,
            accounts,
            strategy: Strategy::None,
            guarantees: Guarantees::NONE,
            patience: None,
            plan: Value::Null,
        };
        change(&mut header);
        let events = vec![Event::Header(header)];
        let mut builder = HistoryBuilder {
            events,
            begun: Vec::new(),
            lives: 0,
            applied: BTreeMap::new(),
            faults: BTreeMap::new(),
            is_cut: false,
        };
        BRANCHES.into_iter().for_each(|branch| builder.begins_a_life(branch));
        (0..SESSIONS).for_each(|_| builder.opens(None));
        builder
    }

    pub fn session(&mut self, session: usize) -> Hand<'_> {
        Hand { builder: self, session }
    }

    /// The session is opened again, and the new one has the next index.
    pub fn follows(&mut self, session: u32, token_kept: bool) {
        self.opens(Some(Follows { session: SessionIndex(session), token_kept }));
    }

    /// Before the drain ends every fault does, and everything has healed.
    pub fn reaches(&mut self, reached: Milestone) {
        if reached >= Milestone::Drained && !self.faults.is_empty() {
            let open: Vec<(u32, u32)> = std::mem::take(&mut self.faults)
                .into_iter()
                .filter_map(|(fault, struck)| Some((fault, struck?)))
                .collect();
            open.into_iter().for_each(|(fault, branch)| self.relents(fault, branch));
            self.faults.clear();
            self.reaches(Milestone::Healed);
        }
        let t = self.now();
        self.events.push(Event::Phase(PhaseEvent { t, reached }));
    }

    /// The branch has applied this and holds what these writes leave; one line for each origin and one for the rest.
    pub fn ends(&mut self, branch: u32, applied: Vector, writes: &[Planned]) {
        self.holds(branch, applied, &held(writes));
    }

    pub fn holds(&mut self, branch: u32, applied: Vector, balances: &[(AccountId, i64)]) {
        for &(origin, last) in applied {
            self.applies(branch, origin, last);
        }
        let balances = balances.iter().map(|&(account, balance)| (account, balance.into())).collect();
        let t = self.now();
        let applied = witness(applied);
        self.events.push(Event::Final(Final { t, branch: BranchId(branch), applied, balances }));
    }

    /// The branch applies what it lacks of the origin's writes up to this one.
    pub fn applies(&mut self, branch: u32, origin: u32, last: u64) {
        self.applies_at(self.now(), branch, origin, last);
    }

    /// The branch applies all this at one time.
    pub fn applies_at_once(&mut self, branch: u32, applied: Vector) {
        let t = self.now();
        applied.iter().for_each(|&(origin, last)| self.applies_at(t, branch, origin, last));
    }

    fn applies_at(&mut self, t: Time, branch: u32, origin: u32, last: u64) {
        let before = self.applied.insert((branch, origin), last).unwrap_or_default();
        if before < last {
            let (branch, origin, first) = (BranchId(branch), index(origin), before + 1);
            self.events.push(Event::Apply(Apply { t, branch, origin, first, last }));
        }
    }

    /// A fault begins that strikes the branch.
    pub fn strikes(&mut self, fault: u32, branch: u32, loses_state: bool) {
        self.fault(fault, Edge::Begin, branch, loses_state);
    }

    pub fn relents(&mut self, fault: u32, branch: u32) {
        self.fault(fault, Edge::End, branch, false);
    }

    fn fault(&mut self, fault: u32, edge: Edge, branch: u32, loses_state: bool) {
        self.faults.insert(fault, (edge == Edge::Begin).then_some(branch));
        let (t, branch) = (self.now(), Some(BranchId(branch)));
        let (kind, text) = ("crash".to_owned(), "a branch crashes".to_owned());
        self.events.push(Event::Fault(FaultEvent { t, fault, edge, kind, text, branch, loses_state }));
    }

    pub fn happens(&mut self, event: impl FnOnce(Time) -> Event) {
        self.events.push(event(self.now()));
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

    /// With its replies, or anything else, changed; times and lines stay.
    pub fn events(&mut self) -> &mut [Event] {
        &mut self.events
    }

    /// Two things that a branch applied take each other's places.
    pub fn swaps(&mut self, one: usize, two: usize) {
        let [Event::Apply(first), Event::Apply(second)] = [&self.events[one], &self.events[two]] else {
            panic!("these are no applications");
        };
        let (first, second) = (*first, *second);
        self.events[one] = Event::Apply(Apply { t: first.t, ..second });
        self.events[two] = Event::Apply(Apply { t: second.t, ..first });
    }

    /// The lines of the file.
    pub fn lines(&self) -> Vec<String> {
        let bytes = self.bytes();
        let text = std::io::read_to_string(flate2::read::GzDecoder::new(bytes.as_slice()));
        text.expect("a whole stream of text").lines().map(str::to_owned).collect()
    }

    /// As it comes back from the file. A branch has applied an own write by its acknowledgement, and what another one
    /// accepted by the answer that names it: on the line of that, unless an earlier line says so.
    pub fn history(&self) -> History {
        let mut history = self.verbatim();
        let mut applies: Vec<At<Apply>> =
            history.operations.iter().flat_map(|operation| implied(&history, operation)).collect();
        applies.extend(&history.applies);
        applies.sort_by_key(|apply| apply.line);
        let mut applied: BTreeMap<(BranchId, usize, OriginIndex), u64> = BTreeMap::new();
        applies.retain_mut(|At { line, event: apply }| {
            let lives = history.lives.iter().filter(|life| life.event.branch == apply.branch);
            let life = lives.take_while(|life| life.line < *line).count();
            let has = applied.entry((apply.branch, life, apply.origin)).or_default();
            apply.first = *has + 1;
            *has = apply.last.max(*has);
            apply.first <= apply.last
        });
        history.applies = applies;
        history
    }

    /// The same without applications of its own.
    pub fn verbatim(&self) -> History {
        let bytes = self.bytes();
        let reader = Reader::new(bytes.as_slice()).expect("memory can be read");
        History::salvage(reader).expect("the history is well-formed").0
    }

    fn bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        let end = Event::End(HistoryEnd { t: self.now(), lines: self.line() + 1 });
        let events = self.events.iter().chain((!self.is_cut).then_some(&end));
        events.for_each(|event| writer.append(event).expect("memory can be written"));
        writer.finish().expect("memory can be written")
    }

    fn now(&self) -> Time {
        Time((self.line() + 1) * 1_000_000)
    }

    /// The branch begins a life without state.
    pub fn begins_a_life(&mut self, branch: u32) {
        self.lives += 1;
        self.applied.retain(|&(applied_by, _), _| applied_by != branch);
        let incarnation = Incarnation { started_at: 1, nonce: self.lives.into() };
        let (t, index, branch) = (self.now(), index(self.lives), BranchId(branch));
        self.events.push(Event::Origin(OriginNamed { t, index, branch, incarnation }));
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
        self.completes(RecordedOutcome::Ok(RecordedSuccess::Written { dot: index(branch).dot(counter) }))
    }

    /// The read in flight is answered.
    pub fn sees(self, balance: i64, named: Vector) -> Self {
        self.completes(RecordedOutcome::Ok(RecordedSuccess::Balance { balance, witness: witness(named) }))
    }

    /// The operation in flight certainly did not happen.
    pub fn fails(self) -> Self {
        self.completes(RecordedOutcome::Fail(Cause::new(CauseWord::InsufficientFunds, "refused")))
    }

    /// Whether the write in flight happened stays unknown.
    pub fn stays_unknown(self) -> Self {
        self.completes(RecordedOutcome::Info(Cause::new(CauseWord::GivenUp, "given up")))
    }

    fn begins(self, operation: Operation, branch: u32) -> Self {
        let number = &mut self.builder.begun[self.session];
        *number += 1;
        let (number, t) = (*number, self.builder.now());
        self.builder.events.push(Event::Invoke(Invoke {
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

    fn completes(self, outcome: RecordedOutcome) -> Self {
        let complete = Complete {
            t: self.builder.now(),
            session: SessionIndex(self.session as u32),
            number: self.builder.begun[self.session],
            outcome,
            attempts: 1,
            parked: Duration::ZERO,
            answered: None,
        };
        self.builder.events.push(Event::Complete(complete));
        self
    }
}

/// What a branch had applied by the end of this operation, as its answer has it.
fn implied(history: &History, operation: &PairedOperation) -> Vec<At<Apply>> {
    let Some(At { line, event }) = &operation.complete else { return Vec::new() };
    let RecordedOutcome::Ok(answer) = &event.outcome else { return Vec::new() };
    let applies = |branch, (origin, last)| {
        let event = Apply { t: event.t, branch, origin, first: last, last };
        At { line: *line, event }
    };
    match answer {
        RecordedSuccess::Written { dot: ShortDot(origin, last) } => {
            let home = history.origins.origin(*origin);
            home.map(|home| applies(home.branch, (*origin, *last))).into_iter().collect()
        }
        RecordedSuccess::Balance { witness, .. } => {
            witness.iter().map(|entry| applies(operation.invoke.event.branch, entry)).collect()
        }
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
