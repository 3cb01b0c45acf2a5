//! What is told of a simulation, as it goes on.

use std::io;

use smallvec::SmallVec;

use super::SimTrialError;
use super::onlooker::{MessageContent, Observer, Passed};
use crate::history::{Event, Header, HistoryEnd, Origins};
use crate::model::Time;
use crate::network::{Fate, MessageInfo};
use crate::scenario::TrialEvent;

/// The time from which a history counts.
const BASE: Time = Time(0);

/// Turns what happens into lines of a history. The first thing that goes wrong is kept, and nothing is told after it.
pub(super) struct HistoryEmitter<'a> {
    onlooker: &'a mut dyn Observer,
    wants_events: bool,
    origins: Origins,
    lines: u64,
    failed: Option<SimTrialError>,
}

impl<'a> HistoryEmitter<'a> {
    pub fn new(onlooker: &'a mut dyn Observer) -> HistoryEmitter<'a> {
        let wants_events = onlooker.wants_events();
        HistoryEmitter { onlooker, wants_events, origins: Origins::default(), lines: 0, failed: None }
    }

    pub fn header(&mut self, header: impl FnOnce() -> Header) {
        if self.wants_events {
            self.line(Event::Header(header()));
        }
    }

    /// Tells what happened, unless nobody wants to know.
    pub fn tell(&mut self, now: Time, happened: impl FnOnce() -> TrialEvent) {
        self.tell_if_any(now, || Some(happened()));
    }

    pub fn tell_if_any(&mut self, now: Time, happened: impl FnOnce() -> Option<TrialEvent>) {
        if !self.wants_events || self.failed.is_some() {
            return;
        }
        let Some(happened) = happened() else { return };
        match happened.event(now, BASE, &mut self.origins) {
            Ok(event) => self.line(event),
            Err(error) => self.failed = Some(error.into()),
        }
    }

    pub fn passed(&mut self, passage: &MessageInfo, fate: &Fate, what: MessageContent<'_>) {
        let MessageInfo { from, to, leg, identity: _, sent_at } = *passage;
        let delivered: SmallVec<[Time; 1]> = match fate {
            Fate::Deliver(delays) => delays.iter().map(|&delay| sent_at + delay).collect(),
            Fate::Drop => SmallVec::new(),
        };
        self.onlooker.passed(&Passed { from, to, leg, sent_at, delivered, what });
    }

    pub fn end(&mut self, t: Time) {
        if self.wants_events {
            self.line(Event::End(HistoryEnd { t, lines: self.lines + 1 }));
        }
    }

    /// What went wrong, if something did.
    ///
    /// # Errors
    ///
    /// That.
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
        let told: io::Result<()> = self.onlooker.event(event);
        self.failed = told.err().map(SimTrialError::Record);
    }
}
