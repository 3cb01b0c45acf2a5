//! Whether a history can be the recording of a trial at all, before anything is judged.
//!
//! After a finding the history is taken as it is, so that one damage is one finding where that is possible.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{BranchId, Time};

use super::event::{
    Edge, Event, FaultEvent, Header, HistoryEnd, Milestone, OriginNamed, PhaseEvent, Sent, SessionOpened,
};
use super::finding::{Finding, Malformed};
use super::lives::PresentLives;
use super::turns::Turns;
use super::{
    Complete, Final, Invoke, OriginIndex, Origins, RecordedOutcome, RecordedSuccess, Refused, SessionIndex,
    Witness,
};

/// No more findings than this are kept: so many are enough to distrust a history.
const FINDINGS_MAX: usize = 100;

/// Sees the events of a history in their order, and finds what is wrong.
#[derive(Debug, Default)]
pub(super) struct WellFormed {
    findings: Vec<Finding>,
    line: u64,
    now: Time,
    header: bool,
    ended: bool,
    branches: BTreeSet<BranchId>,
    origins: Origins,
    named: usize,
    turns: Turns,
    lives: PresentLives,
    milestone: Option<Milestone>,
    load_over: Option<Time>,
    is_healed: bool,
    faults: BTreeMap<u32, Edge>,
}

impl WellFormed {
    /// Sees the event of the next line.
    pub fn see(&mut self, line: u64, event: &Event) {
        self.line = line;
        self.place(event);
        match event {
            Event::Header(header) => self.header(header),
            Event::Origin(origin) => self.origin(origin),
            Event::Session(opened) => self.session(opened),
            Event::Invoke(invoke) => self.invoke(invoke),
            Event::Complete(complete) => {
                let found = self.turns.complete(complete);
                self.note(found);
                self.answer(complete);
            }
            Event::Apply(apply) => {
                self.branch(apply.branch);
                self.known_origin(apply.origin);
                let found = self.lives.apply(apply);
                self.note(found);
            }
            Event::Sent(sent) => self.sent(sent),
            Event::Fault(fault) => self.fault(fault),
            Event::Phase(phase) => self.phase(phase),
            Event::Final(at_end) => self.at_end(at_end),
            Event::Refused(Refused { session, branch, .. }) => {
                self.known_session(*session);
                self.branch(*branch);
            }
            Event::Note(_) => {}
            Event::End(end) => self.end(end),
        }
    }

    /// Sees a line whose changes lead a witness out of the range of counters, where reading ends.
    pub fn spoiled_witness(&mut self, line: u64, session: SessionIndex, origin: OriginIndex) {
        self.line = line;
        self.note(Some(Malformed::WitnessSpoiled { session, origin }));
    }

    /// What was found, in order of lines; at most 100. Operations without an end are no finding.
    pub fn finish(mut self) -> Vec<Finding> {
        let (headless, endless) = (!self.header && self.line == 0, !self.ended);
        self.note(headless.then_some(Malformed::HeaderMissing));
        self.note(endless.then_some(Malformed::EndMissing));
        self.findings
    }

    /// The same for a history that was cut off: it need not have an end.
    pub fn finish_cut(mut self) -> Vec<Finding> {
        self.ended = true;
        self.finish()
    }

    /// What was found so far.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Where in the file an event may be: header first, end last, times never falling.
    fn place(&mut self, event: &Event) {
        let is_header = matches!(event, Event::Header(_));
        let headless = self.line == 1 && !is_header;
        self.note(headless.then_some(Malformed::HeaderMissing));
        let late = self.ended;
        self.note(late.then_some(Malformed::AfterEnd));
        let Some(t) = event.t() else { return };
        let falls = t < self.now;
        let from = std::mem::replace(&mut self.now, t);
        self.note(falls.then_some(Malformed::TimeFalls { from, to: t }));
    }

    fn header(&mut self, header: &Header) {
        let again = self.line > 1;
        self.note(again.then_some(Malformed::HeaderAgain));
        self.header = true;
        self.branches.extend(header.branches.iter().map(|member| member.branch));
    }

    fn origin(&mut self, named: &OriginNamed) {
        self.branch(named.branch);
        let expected = self.named;
        self.named = named.index.at().saturating_add(1);
        let skipped = Malformed::OriginIndex { expected, found: named.index };
        self.note((named.index.at() != expected).then_some(skipped));
        let again = self.origins.name(named.origin()).is_none();
        self.note(again.then_some(Malformed::OriginAgain { origin: named.origin() }));
        self.lives.begin(named.branch);
    }

    fn session(&mut self, opened: &SessionOpened) {
        if let Some(follows) = &opened.follows {
            self.known_session(follows.session);
        }
        let found = self.turns.open(opened.index);
        self.note(found);
    }

    fn invoke(&mut self, invoke: &Invoke) {
        self.branch(invoke.branch);
        let found = self.turns.invoke(self.line, invoke);
        found.into_iter().for_each(|what| self.note(Some(what)));
    }

    fn answer(&mut self, complete: &Complete) {
        let Complete { session, number, .. } = *complete;
        match &complete.outcome {
            &RecordedOutcome::Ok(RecordedSuccess::Written { dot }) => {
                self.known_origin(dot.0);
                self.note((dot.1 == 0).then_some(Malformed::NoDot { session, number, dot }));
            }
            RecordedOutcome::Ok(RecordedSuccess::Balance { witness, .. }) => self.known_origins(witness),
            RecordedOutcome::Fail(_) | RecordedOutcome::Info(_) => {}
        }
    }

    fn sent(&mut self, sent: &Sent) {
        self.branch(sent.from);
        self.branch(sent.to);
        self.known_origin(sent.origin);
        let Sent { first, last, .. } = *sent;
        self.note((first == 0 || last < first).then_some(Malformed::RunEmpty { first, last }));
    }

    fn fault(&mut self, fault: &FaultEvent) {
        let expected = self.faults.get(&fault.fault).is_none_or(|&last| last == Edge::End);
        self.faults.insert(fault.fault, fault.edge);
        let begins = fault.edge == Edge::Begin;
        self.note((begins != expected).then_some(Malformed::FaultOrder { fault: fault.fault }));
        let is_late = begins && self.is_healed;
        self.note(is_late.then_some(Malformed::FaultAfterHealed { fault: fault.fault }));
    }

    fn phase(&mut self, phase: &PhaseEvent) {
        let found = phase.reached;
        let falls = self.milestone.filter(|&last| last >= found);
        self.milestone = Some(found);
        self.note(falls.map(|after| Malformed::PhaseOrder { after, found }));
        match found {
            Milestone::WarmUpOver => return,
            Milestone::LoadOver => {
                self.load_over = Some(phase.t);
                return;
            }
            Milestone::Healed => self.is_healed = true,
            Milestone::Drained | Milestone::DrainBound => {
                // A cluster that is at rest as the load ends is drained at once.
                let is_due = !self.faults.is_empty() && self.load_over != Some(phase.t);
                self.note((is_due && !self.is_healed).then_some(Malformed::NotHealed { found }));
            }
        }
        let open = self.faults.iter().find(|&(_, &last)| last == Edge::Begin);
        let open = open.map(|(&fault, _)| Malformed::FaultOpen { found, fault });
        self.note(open);
    }

    fn at_end(&mut self, at_end: &Final) {
        self.branch(at_end.branch);
        self.known_origins(&at_end.applied);
        let found = self.lives.at_end(at_end);
        self.note(found);
    }

    fn end(&mut self, end: &HistoryEnd) {
        let (expected, found) = (end.lines, self.line);
        self.ended = true;
        self.note((expected != found).then_some(Malformed::LinesDiffer { expected, found }));
    }

    fn branch(&mut self, branch: BranchId) {
        let unknown = self.header && !self.branches.contains(&branch);
        self.note(unknown.then_some(Malformed::BranchUnknown { branch }));
    }

    fn known_origin(&mut self, origin: OriginIndex) {
        let unknown = origin.at() >= self.named;
        self.note(unknown.then_some(Malformed::OriginUnknown { origin }));
    }

    /// Entries are in order, so that the last one speaks for all.
    fn known_origins(&mut self, witness: &Witness) {
        if let Some((origin, _)) = witness.iter().next_back() {
            self.known_origin(origin);
        }
    }

    fn known_session(&mut self, session: SessionIndex) {
        let unknown = !self.turns.knows(session);
        self.note(unknown.then_some(Malformed::SessionUnknown { session }));
    }

    fn note(&mut self, found: Option<Malformed>) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.extend(found.map(|what| Finding { line: self.line, what }));
        }
    }
}
