//! The history of a simulation, line by line.

use std::io;

use smallvec::SmallVec;

use super::SimTrialError;
use super::observer::{MessageContent, Observer, Passed};
use super::rules::RuleBreach;
use crate::history::{Event, Header, HistoryEnd, Origins};
use crate::model::Time;
use crate::network::{Fate, MessageInfo};
use crate::scenario::TrialEvent;

/// The time from which a history counts.
const BASE: Time = Time(0);

/// Turns events into lines of a history. It keeps the first error, and emits nothing after it.
pub(super) struct HistoryEmitter<'a> {
    observer: &'a mut dyn Observer,
    wants_events: bool,
    origins: Origins,
    lines: u64,
    failed: Option<SimTrialError>,
}

impl<'a> HistoryEmitter<'a> {
    pub fn new(observer: &'a mut dyn Observer) -> HistoryEmitter<'a> {
        let wants_events = observer.wants_events();
        HistoryEmitter { observer, wants_events, origins: Origins::default(), lines: 0, failed: None }
    }

    pub fn header(&mut self, header: impl FnOnce() -> Header) {
        if self.wants_events {
            self.line(Event::Header(header()));
        }
    }

    /// Emits the event, unless the observer wants none.
    pub fn emit(&mut self, now: Time, event: impl FnOnce() -> TrialEvent) {
        self.emit_if_any(now, || Some(event()));
    }

    pub fn emit_if_any(&mut self, now: Time, event: impl FnOnce() -> Option<TrialEvent>) {
        if !self.wants_events || self.failed.is_some() {
            return;
        }
        let Some(event) = event() else { return };
        match event.event(now, BASE, &mut self.origins) {
            Ok(event) => self.line(event),
            Err(error) => self.failed = Some(error.into()),
        }
    }

    pub fn passed(&mut self, info: &MessageInfo, fate: &Fate, what: MessageContent<'_>) {
        let MessageInfo { from, to, leg, identity: _, sent_at } = *info;
        let delivered: SmallVec<[Time; 1]> = match fate {
            Fate::Deliver(delays) => delays.iter().map(|&delay| sent_at + delay).collect(),
            Fate::Drop => SmallVec::new(),
        };
        self.observer.passed(&Passed { from, to, leg, sent_at, delivered, what });
    }

    pub fn wants_rules(&self) -> bool {
        self.observer.wants_rules()
    }

    pub fn broke(&mut self, broken: &RuleBreach) {
        self.observer.broke(broken);
    }

    pub fn end(&mut self, t: Time) {
        if self.wants_events {
            self.line(Event::End(HistoryEnd { t, lines: self.lines + 1 }));
        }
    }

    /// Fails if an event could not be recorded.
    ///
    /// # Errors
    ///
    /// The first that occurred.
    pub fn check(&mut self) -> Result<(), SimTrialError> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn line(&mut self, event: Event) {
        if self.failed.is_some() {
            return;
        }
        self.lines += 1;
        let written: io::Result<()> = self.observer.event(event);
        self.failed = written.err().map(SimTrialError::Record);
    }
}
