//! What one thread has seen happen, until the recorder takes it.

use std::sync::{Mutex, MutexGuard};

use super::clock;
use crate::model::Time;
use crate::scenario::Happened;

/// Things that may wait for the recorder, which comes a hundred times a second.
const TAPE_MAX: usize = 1 << 20;

/// Things that happened in one part of a trial, in order of their times.
///
/// Times are read while the tape is held, so whatever is put on it after the recorder has looked at the clock, tape in
/// hand, happened later than that. This is how the tapes of several threads merge into one order.
#[derive(Default)]
pub(super) struct Tape {
    reel: Mutex<Reel>,
}

/// What is on a tape.
#[derive(Default)]
pub(super) struct Reel {
    pub events: Vec<(Time, Happened)>,
    /// How many did not fit.
    pub lost: u64,
}

/// A tape in hand: everything put on it has happened at one time.
pub(super) struct Recording<'a> {
    reel: MutexGuard<'a, Reel>,
    pub now: Time,
}

impl Tape {
    /// Takes the tape in hand and reads the clock.
    pub fn hold(&self) -> Recording<'_> {
        let reel = self.reel.lock().expect("nothing panics with a tape in hand");
        Recording { reel, now: clock::now() }
    }

    /// Puts one thing on the tape, as of now.
    pub fn record(&self, happened: Happened) {
        self.hold().put(happened);
    }

    /// Exchanges what is on the tape for an empty `reel`, in no more time than that takes: whoever records is being
    /// measured. Returns a time before all that will follow.
    pub fn exchange(&self, reel: &mut Reel) -> Time {
        let mut recording = self.hold();
        std::mem::swap(&mut *recording.reel, reel);
        recording.now
    }
}

impl Recording<'_> {
    pub fn put(&mut self, happened: Happened) {
        if self.reel.events.len() < TAPE_MAX {
            self.reel.events.push((self.now, happened));
        } else {
            self.reel.lost += 1;
        }
    }
}
