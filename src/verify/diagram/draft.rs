//! The content of a diagram: lanes, and items that have no row yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::message::TracedMessage;
use super::super::short_names::{ShortNames, fault_edge, request};
use super::subject::{Depth, Subject};
use crate::history::{Complete, Edge, SessionIndex};
use crate::model::{BranchId, Time};
use crate::network::{Endpoint, Fault, Leg};
use crate::results::{Lane, MessageArrow, MessageKind, TimedBar, TimedBarKind, Weight};
use crate::scenario::BranchFaultKind;

/// One event, which gets a row or a part of one.
#[derive(Debug)]
pub(super) struct Item {
    pub at: Time,
    pub phase: DiagramPhase,
    pub lane: Option<usize>,
    pub text: String,
    pub weight: Weight,
}

/// The order of what happens at one time: causes before effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DiagramPhase {
    Fault,
    Arrival,
    End,
    Begin,
    Departure,
}

/// A diagram whose places are items, not yet rows.
pub(super) struct DiagramDraft<'a> {
    subject: Subject<'a>,
    names: ShortNames<'a>,
    depth: Depth,
    pub(super) lanes: Vec<Lane>,
    of_branch: BTreeMap<BranchId, usize>,
    of_customer: BTreeMap<SessionIndex, usize>,
    pub(super) items: Vec<Item>,
    pub(super) messages: Vec<MessageArrow>,
    pub(super) bars: Vec<TimedBar>,
    pub(super) left_out: usize,
    from: Time,
    until: Time,
}

impl<'a> DiagramDraft<'a> {
    pub(super) fn of(subject: Subject<'a>, depth: Depth) -> DiagramDraft<'a> {
        let names = ShortNames { history: subject.history };
        let (from, until) = subject.span(depth);
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
            left_out: usize::try_from(subject.messages.forgotten).unwrap_or(usize::MAX),
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

    /// Customers that do something are at the left, branches at the right.
    fn name_lanes(&mut self) {
        let history = self.subject.history;
        let guilty = self.subject.named_sessions();
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
        // Copies that arrive while something is shown.
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
            self.messages.push(MessageArrow { kind, sent, from, to, arrived: None });
        }
        for at in arrivals {
            let text = String::new();
            let arrived = self.item(Item { at, phase: DiagramPhase::Arrival, lane: Some(to), text, weight });
            self.messages.push(MessageArrow { kind, sent, from, to, arrived: Some(arrived) });
        }
    }

    /// Requests and replies have no text of their own, unless they are lost: their operation has one.
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
                request(&invoke.operation),
                invoke.branch
            );
            // Its beginning.
            let weight = match &operation.complete {
                Some(_) => Weight::Operation,
                None => self.weight(operation.invoke.line, Weight::Operation),
            };
            let from =
                self.item(Item { at: invoke.t, phase: DiagramPhase::Begin, lane: Some(lane), text, weight });
            let Some(complete) = &operation.complete else { continue };
            // Its end.
            let event = &complete.event;
            let weight = self.weight(complete.line, Weight::Operation);
            let until = event.t.min(self.until);
            let text =
                if event.t > self.until { String::new() } else { self.names.outcome(&event.outcome, ": ") };
            let until =
                self.item(Item { at: until, phase: DiagramPhase::End, lane: Some(lane), text, weight });
            self.bars.push(TimedBar { kind: TimedBarKind::Operation, lanes: vec![lane], from, until });
            self.parked(event, invoke.branch);
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
            let run = self.names.batch(event.origin, event.first, event.last);
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
            let text = if at == event.t { fault_edge(event) } else { String::new() };
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

    /// The lanes that a fault window concerns: those of the branches that it names, or all.
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

    /// Branches at the end, where their state proves the failure.
    fn ends(&mut self) {
        let history = self.subject.history;
        for at_end in &history.finals {
            let weight = self.weight(at_end.line, Weight::Plain);
            if weight == Weight::Plain {
                continue;
            }
            let event = &at_end.event;
            let lane = self.of_branch.get(&event.branch).copied();
            let text = self.names.final_state(event);
            self.item(Item { at: event.t, phase: DiagramPhase::End, lane, text, weight });
        }
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
