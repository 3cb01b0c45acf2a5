//! A whole history in memory, for its judges.

use std::io::BufRead;

use crate::model::Time;

use super::well_formed::WellFormed;
use super::{
    Apply, Complete, Event, FaultEvent, Final, Finding, Header, Invoke, Note, OriginNamed, Origins,
    PhaseEvent, ReadError, Reader, Refused, Sent, SessionOpened,
};

/// What happened in one trial, by kind, each in the order of the file.
///
/// A million operations take about a quarter of a gigabyte; a witness costs 16 bytes an origin and is shared by
/// consecutive reads of a session that saw the same.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// What was run.
    pub header: Header,
    /// The origins by index.
    pub origins: Origins,
    /// Lives of branches, each with the line on which its origin was named, by index.
    pub lives: Vec<At<OriginNamed>>,
    /// Sessions, by index.
    pub sessions: Vec<SessionOpened>,
    /// Operations, in order of their invocations.
    pub operations: Vec<PairedOperation>,
    /// What branches applied.
    pub applies: Vec<At<Apply>>,
    /// What branches sent to peers.
    pub sent: Vec<At<Sent>>,
    /// Beginnings and ends of faults.
    pub faults: Vec<At<FaultEvent>>,
    /// Milestones.
    pub phases: Vec<At<PhaseEvent>>,
    /// Branches at the end.
    pub finals: Vec<At<Final>>,
    /// Arrivals that were never begun.
    pub refused: Vec<At<Refused>>,
    /// Remarks.
    pub notes: Vec<At<Note>>,
    /// When it ended; `None` if it was cut off.
    pub ended_at: Option<Time>,
}

/// An invocation, paired with its completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairedOperation {
    /// Its beginning.
    pub invoke: At<Invoke>,
    /// Its end; `None` if the operation was open when the history ended: it counts as `info`.
    pub complete: Option<At<Complete>>,
}

/// An event and its line in the file, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At<T> {
    /// The line.
    pub line: u64,
    /// The event.
    pub event: T,
}

/// Why a history cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// No recording can have written it: findings in order of lines, at least one and at most 100.
    #[error("the history is malformed: {}", list(.0))]
    Malformed(Vec<Finding>),
}

impl History {
    /// Reads a history that was recorded to its end, from the lines of a [`Reader`].
    ///
    /// # Errors
    ///
    /// Everything by which the history is malformed; if that is nothing, the line at which reading ended, because it
    /// cannot be read or the stream is cut off.
    pub fn load<I>(lines: I) -> Result<History, Unfit>
    where
        I: IntoIterator<Item = Result<(u64, Event), ReadError>>,
    {
        let mut loader = Loader::default();
        for line in lines {
            match line {
                Ok((line, event)) => loader.take(line, event),
                Err(error) => return Err(loader.stop(error)),
            }
        }
        loader.finish(WellFormed::finish)
    }

    /// Reads what a killed run has left: the whole lines before the cut, and where the cut is. `None` if the stream is
    /// whole, whether or not the history was recorded to its end.
    ///
    /// # Errors
    ///
    /// Those of [`History::load`], but for the cut and the missing end.
    pub fn salvage<R: BufRead>(reader: Reader<R>) -> Result<(History, Option<ReadError>), Unfit> {
        let mut loader = Loader::default();
        let mut cut = None;
        for read in reader {
            match read {
                Ok((line, event)) => loader.take(line, event),
                Err(error @ ReadError::Truncated { .. }) => cut = Some(error),
                Err(error) => return Err(loader.stop(error)),
            }
        }
        Ok((loader.finish(WellFormed::finish_cut)?, cut))
    }

    /// Loads events that never left memory, in the order in which they would be lines of a file.
    ///
    /// # Errors
    ///
    /// Everything by which the history is malformed.
    pub fn of(events: impl IntoIterator<Item = Event>) -> Result<History, Unfit> {
        let mut loader = Loader::default();
        for (line, event) in (1..).zip(events) {
            loader.take(line, event);
        }
        loader.finish(WellFormed::finish)
    }

    /// Operations that never ended. What they did is unknown.
    pub fn open(&self) -> impl Iterator<Item = &PairedOperation> {
        self.operations.iter().filter(|operation| operation.complete.is_none())
    }
}

/// Pairs and sorts events while they are read.
#[derive(Default)]
struct Loader {
    well_formed: WellFormed,
    /// From the header on.
    history: Option<History>,
    /// By session: which operation is in flight.
    in_flight: Vec<Option<usize>>,
}

impl Loader {
    /// Leaves out what does not fit; the history is refused for it in the end.
    fn take(&mut self, line: u64, event: Event) {
        self.well_formed.see(line, &event);
        match (event, &mut self.history) {
            (Event::Header(header), _) => self.history = Some(History::under(header)),
            (event, Some(history)) => history.take(line, event, &mut self.in_flight),
            (_, None) => {}
        }
    }

    /// Findings before the line that cannot be read come first.
    fn stop(mut self, error: ReadError) -> Unfit {
        if let ReadError::Witness { line, session, origin } = error {
            self.well_formed.spoiled_witness(line, session, origin);
        }
        match self.well_formed.findings() {
            [] => error.into(),
            findings => Unfit::Malformed(findings.to_vec()),
        }
    }

    fn finish(self, end: impl FnOnce(WellFormed) -> Vec<Finding>) -> Result<History, Unfit> {
        let findings = end(self.well_formed);
        match self.history {
            Some(history) if findings.is_empty() => Ok(history),
            Some(_) | None => Err(Unfit::Malformed(findings)),
        }
    }
}

impl History {
    /// By session, its customer, from 0 in the order in which customers came. A session that goes on from another one
    /// is the same customer's, whether or not its token was kept: the plan of operations goes on.
    pub fn customers(&self) -> Vec<usize> {
        let mut customers: Vec<usize> = Vec::with_capacity(self.sessions.len());
        let mut next = 0..;
        for session in &self.sessions {
            let before = session.follows.and_then(|follows| customers.get(follows.session.at()).copied());
            customers.extend(before.or_else(|| next.next()));
        }
        customers
    }

    fn under(header: Header) -> History {
        History {
            header,
            origins: Origins::default(),
            lives: Vec::new(),
            sessions: Vec::new(),
            operations: Vec::new(),
            applies: Vec::new(),
            sent: Vec::new(),
            faults: Vec::new(),
            phases: Vec::new(),
            finals: Vec::new(),
            refused: Vec::new(),
            notes: Vec::new(),
            ended_at: None,
        }
    }

    fn take(&mut self, line: u64, event: Event, in_flight: &mut Vec<Option<usize>>) {
        match event {
            Event::Header(header) => self.header = header,
            Event::Origin(event) => {
                // One that has a name already is a finding.
                let _ = self.origins.name(event.origin());
                self.lives.push(At { line, event });
            }
            Event::Session(opened) => {
                self.sessions.push(opened);
                in_flight.push(None);
            }
            Event::Invoke(event) => self.invoke(At { line, event }, in_flight),
            Event::Complete(event) => self.complete(At { line, event }, in_flight),
            Event::Apply(event) => self.applies.push(At { line, event }),
            Event::Sent(event) => self.sent.push(At { line, event }),
            Event::Fault(event) => self.faults.push(At { line, event }),
            Event::Phase(event) => self.phases.push(At { line, event }),
            Event::Final(event) => self.finals.push(At { line, event }),
            Event::Refused(event) => self.refused.push(At { line, event }),
            Event::Note(event) => self.notes.push(At { line, event }),
            Event::End(end) => self.ended_at = Some(end.t),
        }
    }

    fn invoke(&mut self, invoke: At<Invoke>, in_flight: &mut [Option<usize>]) {
        if let Some(in_flight) = in_flight.get_mut(invoke.event.session.at()) {
            *in_flight = Some(self.operations.len());
        }
        self.operations.push(PairedOperation { invoke, complete: None });
    }

    fn complete(&mut self, complete: At<Complete>, in_flight: &mut [Option<usize>]) {
        let invoked = in_flight.get_mut(complete.event.session.at()).and_then(Option::take);
        if let Some(index) = invoked {
            self.operations[index].complete = Some(complete);
        }
    }
}

fn list(findings: &[Finding]) -> String {
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("; ")
}
