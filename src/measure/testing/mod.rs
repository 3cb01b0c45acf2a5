//! Histories made by hand, for tests, and results of trials. A script takes events in any order, in whole milliseconds,
//! and its history is loaded like a recorded one.
//!
//! ```text
//! let mut script = HistoryScript::new(2);                                two branches, 1 and 2
//! script.run(Op::deposit(0, 1).invoked(9).ok(10));                       session 0 writes at branch 1
//! script.apply(60, 2, 1, 1..=1);                                         the write comes to branch 2
//! script.run(Op::query(0, 2).invoked(40).parked(20).shows(60, &[1]));    a read that waited for it
//! let history = script.history(100);
//! ```
//!
//! A write that ends `ok` is applied at its branch when the branch answers, as the next of its origin. Branch b has
//! the origin with the index b - 1. Operations are numbered in the order in which a session's are added. The result
//! was written and read as a file, so a script that no recording can contain fails its test.

mod op;
mod trial;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

use crate::history::{
    Apply, Edge, Event, FaultEvent, Follows, Header, History, HistoryEnd, InitialBalances, Member, Milestone,
    OriginIndex, OriginNamed, PhaseEvent, Reader, Refused, Sent, SessionIndex, SessionOpened, Substrate,
    VERSION, Writer,
};
use crate::model::{
    AccountId, BranchId, Guarantees, Incarnation, Operation, Origin, SessionId, Strategy, Time,
};
use crate::results::{Histograms, Span};

pub(super) use op::Op;
pub(super) use trial::{spreads, trial};

pub(super) struct HistoryScript {
    branches: u32,
    /// By branch: its next counter.
    written: BTreeMap<u32, u64>,
    /// By session: how many operations it has begun.
    begun: BTreeMap<u32, u64>,
    /// Sessions that go on from another: when, from whom, and whether the token was kept.
    follows: BTreeMap<u32, (Time, Follows)>,
    lives: u32,
    events: Vec<Event>,
}

impl HistoryScript {
    pub fn new(branches: u32) -> HistoryScript {
        HistoryScript {
            branches,
            written: BTreeMap::new(),
            begun: BTreeMap::new(),
            follows: BTreeMap::new(),
            lives: branches,
            events: Vec::new(),
        }
    }

    pub fn run(&mut self, op: Op) {
        let number = self.begun.entry(op.session).or_default();
        *number += 1;
        let number = *number;
        if op.is_accepted() {
            let counter = self.written.entry(op.branch).or_default();
            *counter += 1;
            let counter = *counter;
            self.apply(op.answered_ms(), op.branch, op.branch, counter..=counter);
        }
        let counter = self.written.get(&op.branch).copied().unwrap_or_default();
        self.events.extend(op.events(number, counter));
    }

    /// A branch applies writes of another's origin, or its own.
    pub fn apply(&mut self, t: u64, branch: u32, origin: u32, run: RangeInclusive<u64>) {
        let (first, last) = run.into_inner();
        let apply = Apply { t: ms(t), branch: BranchId(branch), origin: index(origin), first, last };
        self.events.push(Event::Apply(apply));
    }

    /// Sends a batch of an origin's writes, with these delays.
    pub fn sent(
        &mut self,
        t: u64,
        (from, to): (u32, u32),
        origin: u32,
        run: RangeInclusive<u64>,
        copy: u32,
        delays: &[u64],
    ) {
        let (first, last) = run.into_inner();
        self.events.push(Event::Sent(Sent {
            t: ms(t),
            from: BranchId(from),
            to: BranchId(to),
            origin: index(origin),
            first,
            last,
            copy,
            delays: delays.iter().map(|&delay| Duration::from_millis(delay)).collect(),
        }));
    }

    /// A branch begins another life, without state.
    pub fn life(&mut self, t: u64, branch: u32, nonce: u64) {
        let named = OriginNamed::new(ms(t), OriginIndex(self.lives), origin(branch, nonce));
        self.lives += 1;
        self.events.push(Event::Origin(named));
    }

    /// A session goes on from another one.
    pub fn follow(&mut self, t: u64, session: u32, from: u32, token_kept: bool) {
        self.follows.insert(session, (ms(t), Follows { session: SessionIndex(from), token_kept }));
    }

    pub fn phase(&mut self, t: u64, reached: Milestone) {
        self.events.push(Event::Phase(PhaseEvent { t: ms(t), reached }));
    }

    pub fn fault(&mut self, t: u64, fault: u32, edge: Edge) {
        let (kind, text) = ("partition".to_owned(), "a test's fault".to_owned());
        self.events.push(Event::Fault(FaultEvent {
            t: ms(t),
            fault,
            edge,
            kind,
            text,
            branch: None,
            loses_state: false,
        }));
    }

    /// An arrival that was never begun.
    pub fn refused(&mut self, t: u64, session: u32, branch: u32) {
        self.refuse(t, session, branch, (t, false));
    }

    /// An arrival that still queues when the load ends at `t`.
    pub fn left_over(&mut self, t: u64, session: u32, branch: u32, intended: u64) {
        self.refuse(t, session, branch, (intended, false));
    }

    pub fn refused_in_warm_up(&mut self, t: u64, session: u32, branch: u32) {
        self.refuse(t, session, branch, (t, true));
    }

    fn refuse(&mut self, t: u64, session: u32, branch: u32, (intended, warm_up): (u64, bool)) {
        self.begun.entry(session).or_default();
        self.events.push(Event::Refused(Refused {
            t: ms(t),
            session: SessionIndex(session),
            branch: BranchId(branch),
            operation: Operation::Query { account: AccountId(0) },
            intended: ms(intended),
            warm_up,
        }));
    }

    /// The history of all events, with an end at `ended` milliseconds.
    pub fn history(mut self, ended: u64) -> History {
        let mut events = self.opening();
        events.append(&mut self.events);
        events.sort_by_key(Event::t);
        let lines = events.len() as u64 + 1;
        events.push(Event::End(HistoryEnd { t: ms(ended), lines }));
        let mut writer = Writer::new(Vec::new());
        events.iter().for_each(|event| writer.append(event).expect("memory can be written"));
        let bytes = writer.finish().expect("memory can be written");
        let reader = Reader::new(bytes.as_slice()).expect("memory can be read");
        History::load(reader).unwrap_or_else(|error| panic!("the history cannot be: {error}"))
    }

    fn opening(&self) -> Vec<Event> {
        let named = (1..=self.branches)
            .map(|branch| Event::Origin(OriginNamed::new(Time(0), index(branch), origin(branch, 1))));
        let sessions = self.begun.keys().chain(self.follows.keys()).max().map_or(0, |last| last + 1);
        let opened = (0..sessions).map(|session| {
            let follows = self.follows.get(&session);
            Event::Session(SessionOpened {
                t: follows.map_or(Time(0), |&(t, _)| t),
                index: SessionIndex(session),
                id: SessionId { opened_at: 1, nonce: session.into() },
                region: None,
                follows: follows.map(|&(_, follows)| follows),
            })
        });
        [Event::Header(self.header())].into_iter().chain(named).chain(opened).collect()
    }

    fn header(&self) -> Header {
        let member = |branch| Member { branch: BranchId(branch), region: None };
        Header {
            version: VERSION,
            trial: "a trial by hand".to_owned(),
            seed: 1,
            substrate: Substrate::Sim,
            branches: (1..=self.branches).map(member).collect(),
            accounts: InitialBalances { count: 10, balance: 1_000, except: Vec::new() },
            strategy: Strategy::Wait,
            guarantees: Guarantees::READ_YOUR_WRITES,
            patience: None,
            plan: Value::Null,
        }
    }
}

/// The origin with which a branch begins.
fn index(branch: u32) -> OriginIndex {
    OriginIndex(branch - 1)
}

fn origin(branch: u32, nonce: u64) -> Origin {
    Origin { branch: BranchId(branch), incarnation: Incarnation { started_at: 1, nonce } }
}

pub(super) fn ms(ms: u64) -> Time {
    Time(ms * 1_000_000)
}

/// The recorded values, in whole milliseconds and rising.
pub(super) fn recorded(histograms: &Histograms, span: Span) -> Vec<u64> {
    let values = histograms.get(span).into_iter().flat_map(|histogram| histogram.iter_recorded());
    values
        .flat_map(|value| {
            let ms = (value.value_iterated_to() as f64 / 1e6).round() as u64;
            vec![ms; value.count_at_value() as usize]
        })
        .collect()
}

/// Within a thousandth: published values and histograms have as many digits.
#[track_caller]
pub(super) fn near(found: Option<f64>, expected: f64) {
    let found = found.expect("a figure is there");
    assert!((found - expected).abs() <= 0.001 * expected.abs() + 1e-9, "{found} and not {expected}");
}
