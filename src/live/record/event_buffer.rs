//! What one thread or process has seen happen, until the recorder takes it.

use std::fs::File;
use std::sync::{Mutex, MutexGuard};

use super::ipc::{self, FromChild, Observation};
use crate::live::clock;
use crate::model::Time;
use crate::scenario::TrialEvent;

/// Things that may wait for the recorder, which comes a hundred times a second.
const TAPE_MAX: usize = 1 << 20;

/// Things that happened in one part of a trial, in order of their times.
///
/// Times are read while the tape is held, so whatever is put on it after the recorder has looked at the clock, tape
/// in hand, happened later than that. This is how the tapes of several threads merge into one order.
///
/// A branch that is a process has a tape that goes *through*: what is put on it is written to the trial at once,
/// before anybody hears of it, so that nothing is lost with the process. There, another tape *follows* it, and knows
/// how far it is complete by what the process says.
#[derive(Default)]
pub(in crate::live) struct EventBuffer {
    reel: Mutex<EventBatch>,
    /// Where everything goes that is put on a tape which goes through.
    through: Option<Mutex<File>>,
    /// Until when a tape that follows another is complete; `None` for one that follows none now.
    follows: Mutex<Option<Time>>,
}

/// What is on a tape.
#[derive(Default)]
pub(in crate::live) struct EventBatch {
    pub events: Vec<(Time, TrialEvent)>,
    /// How many did not fit.
    pub lost: u64,
}

/// A tape in hand: everything put on it has happened at one time.
pub(in crate::live) struct EventBufferGuard<'a> {
    reel: MutexGuard<'a, EventBatch>,
    through: Option<&'a Mutex<File>>,
    pub now: Time,
}

impl EventBuffer {
    /// A tape that goes through to a pipe.
    pub fn through(pipe: File) -> EventBuffer {
        EventBuffer { through: Some(Mutex::new(pipe)), ..EventBuffer::default() }
    }

    /// Takes the tape in hand and reads the clock.
    pub fn hold(&self) -> EventBufferGuard<'_> {
        let reel = self.reel.lock().expect("nothing panics with a tape in hand");
        EventBufferGuard { reel, through: self.through.as_ref(), now: clock::now() }
    }

    /// Puts one thing on the tape, as of now.
    pub fn record(&self, happened: TrialEvent) {
        self.hold().put(happened);
    }

    /// Exchanges what is on the tape for an empty `reel`, in no more time than that takes: whoever records is being
    /// measured. Returns a time before all that will follow.
    pub fn exchange(&self, reel: &mut EventBatch) -> Time {
        let mut recording = self.hold();
        std::mem::swap(&mut *recording.reel, reel);
        self.follows.lock().expect("nothing panics with it in hand").unwrap_or(recording.now)
    }

    /// Puts on the tape what happened elsewhere at that time.
    pub fn relay(&self, at: Time, events: impl IntoIterator<Item = TrialEvent>) {
        let mut recording = self.hold();
        recording.now = at;
        events.into_iter().for_each(|happened| recording.put(happened));
    }

    /// The tape follows another, which is complete until that time; or it follows none from now on.
    pub fn follow(&self, until: Option<Time>) {
        let _held = self.hold();
        *self.follows.lock().expect("nothing panics with it in hand") = until;
    }
}

impl EventBufferGuard<'_> {
    pub fn put(&mut self, happened: TrialEvent) {
        if self.reel.events.len() < TAPE_MAX {
            self.reel.events.push((self.now, happened));
        } else {
            self.reel.lost += 1;
        }
    }

    /// Of a tape that goes through: what was put on it is out of this process when this returns.
    pub fn pass(&mut self) {
        if self.through.is_some() && !self.reel.events.is_empty() {
            let seen = self.reel.events.drain(..).filter_map(|(_, happened)| seen(happened)).collect();
            self.tell(&FromChild::Seen(self.now, seen));
        }
    }

    /// Tells the trial something else, in its order.
    pub fn tell(&self, news: &FromChild) {
        let Some(through) = self.through else { return };
        let mut pipe = through.lock().expect("nothing panics with the pipe in hand");
        if let Err(error) = ipc::write(&mut *pipe, news) {
            tracing::debug!(%error, "nobody listens to this branch");
        }
    }
}

/// What a branch sees; other things happen elsewhere.
fn seen(happened: TrialEvent) -> Option<Observation> {
    match happened {
        TrialEvent::Applied { run, .. } => Some(Observation::Applied(run)),
        TrialEvent::Sent { to, run, copy, delays, .. } => {
            Some(Observation::Sent { to, run, copy, delays: delays.into_vec() })
        }
        TrialEvent::Began(_)
        | TrialEvent::Opened { .. }
        | TrialEvent::Invoked { .. }
        | TrialEvent::Refused { .. }
        | TrialEvent::Completed { .. }
        | TrialEvent::Fault { .. }
        | TrialEvent::Reached(_)
        | TrialEvent::Final { .. }
        | TrialEvent::Note(_) => None,
    }
}
