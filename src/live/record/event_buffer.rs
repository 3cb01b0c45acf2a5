//! The events of one thread or process, until the recorder takes them.

use std::fs::File;
use std::sync::{Mutex, MutexGuard};

use super::ipc::{self, FromChild};
use crate::live::clock;
use crate::model::Time;
use crate::scenario::TrialEvent;

/// Events that may wait for the recorder, which comes a hundred times a second.
const EVENTS_MAX: usize = 1 << 20;

/// Events of one part of a trial, in order of their times.
///
/// The clock is read while the buffer is locked, so an event that enters after an exchange is later than it. This is
/// how the buffers of several threads merge into one order.
///
/// A branch that is a process has a *piped* buffer: it writes each event to the trial at once, so that nothing is lost
/// with the process. There another buffer *follows* it, and is complete up to the time that the process last reported.
#[derive(Default)]
pub(in crate::live) struct EventBuffer {
    batch: Mutex<EventBatch>,
    /// The pipe of a piped buffer.
    pipe: Option<Mutex<File>>,
    /// Until when a buffer that follows another is complete; `None` for one that follows none now.
    complete_until: Mutex<Option<Time>>,
}

/// The events that a buffer has gathered since the last exchange.
#[derive(Default)]
pub(super) struct EventBatch {
    pub events: Vec<(Time, TrialEvent)>,
    /// How many events did not fit.
    pub lost: u64,
}

/// A locked buffer: everything that is put into it happens at one time.
pub(in crate::live) struct EventBufferGuard<'a> {
    batch: MutexGuard<'a, EventBatch>,
    pipe: Option<&'a Mutex<File>>,
    pub now: Time,
}

impl EventBuffer {
    /// A buffer that writes its events to a pipe.
    pub fn piped(pipe: File) -> EventBuffer {
        EventBuffer { pipe: Some(Mutex::new(pipe)), ..EventBuffer::default() }
    }

    /// Locks the buffer, then reads the clock.
    pub fn lock(&self) -> EventBufferGuard<'_> {
        let batch = self.batch.lock().expect("nothing panics with a buffer locked");
        EventBufferGuard { batch, pipe: self.pipe.as_ref(), now: clock::now() }
    }

    /// Records one event, as of now.
    pub fn record(&self, event: TrialEvent) {
        self.lock().put(event);
    }

    /// Records events of another process, as of the time at which they happened there.
    pub fn record_at(&self, at: Time, events: impl IntoIterator<Item = TrialEvent>) {
        let mut guard = self.lock();
        guard.now = at;
        events.into_iter().for_each(|event| guard.put(event));
    }

    /// Exchanges the buffer's events for an empty `batch`, and does no more than that: threads that record are being
    /// measured. Returns a time before all events that will follow.
    pub(super) fn exchange(&self, batch: &mut EventBatch) -> Time {
        let mut guard = self.lock();
        std::mem::swap(&mut *guard.batch, batch);
        self.complete_until.lock().expect("nothing panics with it locked").unwrap_or(guard.now)
    }

    /// The buffer follows another, which is complete until `until`; with `None` it follows no other from now on.
    pub fn follow(&self, until: Option<Time>) {
        let _guard = self.lock();
        *self.complete_until.lock().expect("nothing panics with it locked") = until;
    }
}

impl EventBufferGuard<'_> {
    pub fn put(&mut self, event: TrialEvent) {
        if self.batch.events.len() < EVENTS_MAX {
            self.batch.events.push((self.now, event));
        } else {
            self.batch.lost += 1;
        }
    }

    /// Writes the observations of a piped buffer to its pipe: they have left this process when this returns.
    pub fn flush(&mut self) {
        if self.pipe.is_some() && !self.batch.events.is_empty() {
            let observation = |(_, event)| {
                // A branch sees nothing else.
                let TrialEvent::Observed(_, observation) = event else { return None };
                Some(observation)
            };
            let observations = self.batch.events.drain(..).filter_map(observation).collect();
            self.send(&FromChild::Observed(self.now, observations));
        }
    }

    /// Sends another message through the pipe of a piped buffer, in order with its events.
    pub fn send(&self, message: &FromChild) {
        let Some(pipe) = self.pipe else { return };
        let mut pipe = pipe.lock().expect("nothing panics with the pipe locked");
        if let Err(error) = ipc::write(&mut *pipe, message) {
            tracing::debug!(%error, "the trial has ended");
        }
    }
}
