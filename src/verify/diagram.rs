//! A trial as a space-time diagram: what is on it, and where.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::failure::TrialFailure;
use super::message::TracedMessage;
use super::names::{ShortNames, asked};
use crate::history::{Complete, Edge, History, RecordedOutcome, RecordedSuccess, SessionIndex};
use crate::model::{BranchId, Time};
use crate::network::{Endpoint, Fault, Leg};
use crate::results::{self, Lane, MessageKind, Moment, SpaceTime, TimedBar, TimedBarKind, Weight};
use crate::scenario::{BranchFaultKind, Scenario};

/// More rows than that nobody reads; what matters least is left out first.
const ROWS_MAX: usize = 70;

/// What a diagram is drawn of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub scenario: &'a Scenario,
    pub history: &'a History,
    pub messages: &'a [TracedMessage],
    pub failure: &'a TrialFailure,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    Everything,
    NoAcks,
    /// Up to what must not be, and not long before what leads to it.
    Narrow,
    /// Only the calls of the customers that are named by it, and writes that reach a branch in time.
    Bare,
}

/// The diagram of a failure.
pub(super) fn diagram(subject: Subject, title: String, subtitle: String) -> SpaceTime {
    let depths = [Depth::Everything, Depth::NoAcks, Depth::Narrow, Depth::Bare];
    let mut drawn = SpaceTime::default();
    for depth in depths {
        drawn = DiagramDraft::of(subject, depth).finish();
        if drawn.moments.len() <= ROWS_MAX {
            break;
        }
    }
    cut(&mut drawn);
    SpaceTime { title, subtitle, ..drawn }
}

/// Takes the first rows out of a diagram that is too long even so.
fn cut(diagram: &mut SpaceTime) {
    let out = diagram.moments.len().saturating_sub(2 * ROWS_MAX);
    if out == 0 {
        return;
    }
    diagram.moments.drain(..out);
    diagram.messages.retain(|message| message.sent >= out);
    for message in &mut diagram.messages {
        message.sent -= out;
        message.arrived = message.arrived.map(|row| row - out);
    }
    diagram.bars.retain(|stretch| stretch.until >= out);
    for stretch in &mut diagram.bars {
        stretch.from = stretch.from.saturating_sub(out);
        stretch.until -= out;
    }
    diagram.notes.push(format!("the first {out} rows are left out"));
}

/// Something that gets a row, or a part of one.
#[derive(Debug)]
struct Item {
    at: Time,
    phase: DiagramPhase,
    lane: Option<usize>,
    text: String,
    weight: Weight,
}

/// In which order things stand that happen at one time: causes before effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum DiagramPhase {
    Fault,
    Arrival,
    End,
    Begin,
    Departure,
}

/// A diagram whose places are items, not yet rows.
struct DiagramDraft<'a> {
    subject: Subject<'a>,
    names: ShortNames<'a>,
    depth: Depth,
    lanes: Vec<Lane>,
    of_branch: BTreeMap<BranchId, usize>,
    of_customer: BTreeMap<SessionIndex, usize>,
    items: Vec<Item>,
    messages: Vec<results::MessageArrow>,
    bars: Vec<TimedBar>,
    left_out: usize,
    from: Time,
    until: Time,
}

impl<'a> DiagramDraft<'a> {
    fn of(subject: Subject<'a>, depth: Depth) -> DiagramDraft<'a> {
        let names = ShortNames { history: subject.history };
        let (from, until) = span(&subject, depth);
        let mut draft = DiagramDraft {
            subject,
            names,
            depth,
            lanes: Vec::new(),
            of_branch: BTreeMap::new(),
            of_customer: BTreeMap::new(),
            items: Vec::new(),
            messages: Vec::new(),
            bars: Vec::new(),
            left_out: 0,
            from,
            until,
        };
        draft.name_lanes();
        subject.messages.iter().for_each(|message| draft.message(message));
        draft.operations();
        draft.events();
        draft.faults();
        draft.ends();
        draft
    }

    /// Customers who do something stand at the left, branches at the right.
    fn name_lanes(&mut self) {
        let history = self.subject.history;
        let guilty = named_sessions(&self.subject);
        let mut acting: BTreeSet<SessionIndex> =
            history.operations.iter().map(|operation| operation.invoke.event.session).collect();
        if self.depth >= Depth::Narrow && !guilty.is_empty() {
            acting.retain(|session| guilty.contains(session));
        }
        for session in acting {
            self.of_customer.insert(session, self.lanes.len());
            self.lanes.push(Lane { name: format!("session {session}"), is_branch: false });
        }
        for member in &history.header.branches {
            self.of_branch.insert(member.branch, self.lanes.len());
            self.lanes.push(Lane { name: format!("branch {}", member.branch), is_branch: true });
        }
    }

    fn item(&mut self, item: Item) -> usize {
        self.items.push(item);
        self.items.len() - 1
    }

    fn is_shown(&self, at: Time) -> bool {
        self.from <= at && at <= self.until
    }

    /// How much the event of this line matters.
    fn weight(&self, line: u64, otherwise: Weight) -> Weight {
        let lines = &self.subject.failure.lines;
        match lines.iter().max() {
            Some(&last) if last == line => Weight::Guilty,
            Some(_) if lines.contains(&line) => Weight::Owed,
            Some(_) | None => otherwise,
        }
    }

    fn lane_of(&self, endpoint: Endpoint) -> Option<usize> {
        match endpoint {
            Endpoint::Branch(branch) => self.of_branch.get(&branch).copied(),
            Endpoint::Customer(id) => {
                let mut named = self.subject.history.sessions.iter();
                let session = named.find(|opened| opened.id == id)?;
                self.of_customer.get(&session.index).copied()
            }
        }
    }

    fn message(&mut self, message: &TracedMessage) {
        let kind = kind(message);
        let lanes = self.lane_of(message.from).zip(self.lane_of(message.to));
        let is_wanted =
            self.is_shown(message.sent_at) && (kind != MessageKind::Ack || self.depth < Depth::NoAcks);
        let Some((from, to)) = lanes.filter(|_| is_wanted) else {
            self.left_out += 1;
            return;
        };
        let arrivals: Vec<Time> = message.delivered.iter().copied().filter(|&at| self.is_shown(at)).collect();
        if self.depth == Depth::Bare
            && kind == MessageKind::Run
            && arrivals.is_empty()
            && !message.delivered.is_empty()
        {
            self.left_out += 1;
            return;
        }
        let weight = Weight::Plain;
        let text = self.message_text(message, kind);
        let at = message.sent_at;
        let sent = self.item(Item { at, phase: DiagramPhase::Departure, lane: Some(from), text, weight });
        if message.delivered.is_empty() {
            self.messages.push(results::MessageArrow { kind, sent, from, to, arrived: None });
        }
        for at in arrivals {
            let text = String::new();
            let arrived = self.item(Item { at, phase: DiagramPhase::Arrival, lane: Some(to), text, weight });
            self.messages.push(results::MessageArrow { kind, sent, from, to, arrived: Some(arrived) });
        }
    }

    /// Questions and answers are told with the operation that they belong to, unless they are lost.
    fn message_text(&self, message: &TracedMessage, kind: MessageKind) -> String {
        let text = self.names.shortened(&message.text);
        match (kind, message.delivered.is_empty()) {
            (MessageKind::Ack, _) | (MessageKind::Call, false) => String::new(),
            (MessageKind::Call, true) => format!("{text}, lost"),
            (MessageKind::Run, false) => format!("{text} to {}", end(message.to)),
            (MessageKind::Run, true) => format!("{text} to {}, lost", end(message.to)),
        }
    }

    fn operations(&mut self) {
        let history = self.subject.history;
        for operation in &history.operations {
            let invoke = &operation.invoke.event;
            let Some(&lane) = self.of_customer.get(&invoke.session) else { continue };
            if !self.is_shown(invoke.t) {
                continue;
            }
            let text = format!(
                "session {} {} at branch {}",
                invoke.session,
                asked(&invoke.operation),
                invoke.branch
            );
            let weight = match &operation.complete {
                Some(_) => Weight::Operation,
                None => self.weight(operation.invoke.line, Weight::Operation),
            };
            let from =
                self.item(Item { at: invoke.t, phase: DiagramPhase::Begin, lane: Some(lane), text, weight });
            let Some(complete) = &operation.complete else { continue };
            let event = &complete.event;
            let weight = self.weight(complete.line, Weight::Operation);
            let until = event.t.min(self.until);
            let text = if event.t > self.until { String::new() } else { self.told(event) };
            let until =
                self.item(Item { at: until, phase: DiagramPhase::End, lane: Some(lane), text, weight });
            self.bars.push(TimedBar { kind: TimedBarKind::Operation, lanes: vec![lane], from, until });
            self.parked(event, invoke.branch);
        }
    }

    fn told(&self, complete: &Complete) -> String {
        match &complete.outcome {
            RecordedOutcome::Ok(RecordedSuccess::Written { dot }) => {
                format!("ok, written as {}", self.names.dot(*dot))
            }
            RecordedOutcome::Ok(RecordedSuccess::Balance { balance, witness }) => {
                let seen = witness.iter().map(|(origin, counter)| self.names.dot(origin.dot(counter)));
                let seen = seen.collect::<Vec<_>>().join(" ");
                format!("ok, balance {balance}, witness [{seen}]")
            }
            RecordedOutcome::Fail(cause) => format!("fail: {}", self.names.shortened(&cause.text)),
            RecordedOutcome::Info(cause) => format!("unknown: {}", self.names.shortened(&cause.text)),
        }
    }

    fn parked(&mut self, complete: &Complete, branch: BranchId) {
        let (Some(answered), Some(&lane)) = (complete.answered, self.of_branch.get(&branch)) else { return };
        if complete.parked.is_zero() || !self.is_shown(answered) {
            return;
        }
        let began = Time(answered.0.saturating_sub(nanos(complete.parked)));
        let (lane_or_none, weight) = (Some(lane), Weight::Plain);
        let text = format!("branch {branch} parks the request");
        let from = self.item(Item { at: began, phase: DiagramPhase::End, lane: lane_or_none, text, weight });
        let text = String::new();
        let until =
            self.item(Item { at: answered, phase: DiagramPhase::End, lane: lane_or_none, text, weight });
        self.bars.push(TimedBar { kind: TimedBarKind::Parked, lanes: vec![lane], from, until });
    }

    fn events(&mut self) {
        let history = self.subject.history;
        for apply in &history.applies {
            let event = &apply.event;
            if !self.is_shown(event.t) {
                continue;
            }
            let lane = self.of_branch.get(&event.branch).copied();
            let run = self.names.run(event.origin, event.first, event.last);
            let weight = self.weight(apply.line, Weight::Plain);
            let text = format!("branch {} applies {run}", event.branch);
            self.item(Item { at: event.t, phase: DiagramPhase::End, lane, text, weight });
        }
    }

    fn faults(&mut self) {
        let history = self.subject.history;
        let mut open: BTreeMap<u32, usize> = BTreeMap::new();
        for fault in &history.faults {
            let event = &fault.event;
            let at = event.t.clamp(self.from, self.until);
            let text = match event.edge {
                _ if at != event.t => String::new(),
                Edge::Begin => format!("{} begins", event.text),
                Edge::End => format!("{} ends", event.text),
            };
            let (kind, lanes) = self.concerned(event.fault);
            let lane = if lanes.len() == 1 { Some(lanes[0]) } else { None };
            let row = self.item(Item { at, phase: DiagramPhase::Fault, lane, text, weight: Weight::Plain });
            match event.edge {
                Edge::Begin => drop(open.insert(event.fault, row)),
                Edge::End => {
                    let from = open.remove(&event.fault).unwrap_or(row);
                    self.bars.push(TimedBar { kind, lanes, from, until: row });
                }
            }
        }
    }

    /// Whom a fault window concerns: the lanes of branches that are named, or everybody.
    fn concerned(&self, id: u32) -> (TimedBarKind, Vec<usize>) {
        let lane =
            |branch: BranchId| self.of_branch.get(&branch).copied().into_iter().collect::<Vec<usize>>();
        let scenario = self.subject.scenario;
        if let Some(accident) = scenario.accidents.iter().find(|accident| accident.id == id) {
            let kind = match accident.kind {
                BranchFaultKind::Crash | BranchFaultKind::LoseState => TimedBarKind::Down,
                BranchFaultKind::SlowDisk { .. }
                | BranchFaultKind::FullDisk
                | BranchFaultKind::FailingSync => TimedBarKind::Fault,
            };
            return (kind, lane(accident.branch));
        }
        let window = scenario.network.faults.iter().find(|window| window.id == id);
        let lanes = window.map_or_else(Vec::new, |window| match window.fault {
            Fault::Isolate { branch, .. } | Fault::Pause { branch } => lane(branch),
            Fault::Partition { .. }
            | Fault::Partial { .. }
            | Fault::OneWay { .. }
            | Fault::Ring { .. }
            | Fault::Bridge { .. }
            | Fault::Slow { .. }
            | Fault::Lossy { .. }
            | Fault::Flap { .. } => Vec::new(),
        });
        (TimedBarKind::Fault, lanes)
    }

    /// Branches at the end, where the end is what must not be.
    fn ends(&mut self) {
        let history = self.subject.history;
        for at_end in &history.finals {
            let weight = self.weight(at_end.line, Weight::Plain);
            if weight == Weight::Plain {
                continue;
            }
            let event = &at_end.event;
            let applied = event.applied.iter().map(|(origin, counter)| self.names.dot(origin.dot(counter)));
            let applied = applied.collect::<Vec<_>>().join(" ");
            let lane = self.of_branch.get(&event.branch).copied();
            let text = format!("branch {} ends with [{applied}]", event.branch);
            self.item(Item { at: event.t, phase: DiagramPhase::End, lane, text, weight });
        }
    }

    /// Items of one time and lane share a row.
    fn finish(self) -> SpaceTime {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.sort_by_key(|&item| (self.items[item].at, self.items[item].phase));
        let mut moments: Vec<Moment> = Vec::new();
        let mut row_of = vec![0; self.items.len()];
        let mut rows_now: BTreeMap<Option<usize>, usize> = BTreeMap::new();
        let mut now = None;
        for index in order {
            let Item { at, phase: _, lane, text, weight } = &self.items[index];
            if now != Some(*at) {
                now = Some(*at);
                rows_now.clear();
            }
            // What customers do has rows of its own; the rest of one time and lane shares one.
            let is_taken = |row: &usize| moments[*row].weight > Weight::Plain && *weight > Weight::Plain;
            let row = match rows_now.get(lane).copied().filter(|row| !is_taken(row)) {
                Some(row) => row,
                None => {
                    let weight = Weight::Plain;
                    moments.push(Moment { at_ns: at.0, lane: *lane, text: String::new(), weight });
                    moments.len() - 1
                }
            };
            rows_now.insert(*lane, row);
            row_of[index] = row;
            join(&mut moments[row], text, *weight);
        }
        let messages = self.messages.into_iter().map(|message| results::MessageArrow {
            sent: row_of[message.sent],
            arrived: message.arrived.map(|item| row_of[item]),
            ..message
        });
        let bars = self.bars.into_iter();
        let bars = bars.map(|stretch| TimedBar {
            from: row_of[stretch.from],
            until: row_of[stretch.until],
            ..stretch
        });
        let notes = match self.left_out {
            0 => Vec::new(),
            count => vec![format!("{count} messages that matter less are left out")],
        };
        SpaceTime {
            lanes: self.lanes,
            moments,
            messages: messages.collect(),
            bars: bars.collect(),
            notes,
            ..SpaceTime::default()
        }
    }
}

/// Something more is told of a moment.
fn join(moment: &mut Moment, text: &str, weight: Weight) {
    moment.weight = moment.weight.max(weight);
    if text.is_empty() || moment.text.contains(text) {
        return;
    }
    if !moment.text.is_empty() {
        moment.text.push_str("; ");
    }
    moment.text.push_str(text);
}

/// Sessions whose operations prove the failure.
fn named_sessions(subject: &Subject) -> BTreeSet<SessionIndex> {
    let lines = &subject.failure.lines;
    let operations = subject.history.operations.iter();
    let proving = operations.filter(|operation| {
        let complete = operation.complete.as_ref().map(|complete| complete.line);
        lines.contains(&operation.invoke.line) || complete.is_some_and(|line| lines.contains(&line))
    });
    proving.map(|operation| operation.invoke.event.session).collect()
}

/// From when to when something is shown.
fn span(subject: &Subject, depth: Depth) -> (Time, Time) {
    if depth < Depth::Narrow {
        return (Time(0), Time(u64::MAX));
    }
    let history = subject.history;
    let lines = &subject.failure.lines;
    let mut times = Vec::new();
    for operation in &history.operations {
        let complete = operation.complete.as_ref();
        if lines.contains(&operation.invoke.line)
            || complete.is_some_and(|complete| lines.contains(&complete.line))
        {
            times.push(operation.invoke.event.t);
            times.extend(complete.map(|complete| complete.event.t));
        }
    }
    times.extend(
        history.applies.iter().filter(|apply| lines.contains(&apply.line)).map(|apply| apply.event.t),
    );
    times.extend(history.finals.iter().filter(|end| lines.contains(&end.line)).map(|end| end.event.t));
    match (times.iter().min(), times.iter().max()) {
        (Some(&first), Some(&last)) => (first, last),
        (None, _) | (_, None) => (Time(0), Time(u64::MAX)),
    }
}

fn kind(message: &TracedMessage) -> MessageKind {
    match message.leg {
        Leg::Request | Leg::Reply => MessageKind::Call,
        Leg::Replicate => MessageKind::Run,
        Leg::Ack => MessageKind::Ack,
    }
}

fn end(endpoint: Endpoint) -> String {
    match endpoint {
        Endpoint::Branch(branch) => format!("branch {branch}"),
        Endpoint::Customer(_) => "the customer".to_owned(),
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
