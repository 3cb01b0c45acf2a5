//! Merges the tapes of a trial into its history, while the trial runs.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

#[cfg(target_os = "linux")]
use rustix::{process::setpriority_process, thread::gettid};

use super::event_buffer::{EventBatch, EventBuffer};
use crate::history::{Event, Header, Origins, Writer};
use crate::model::{Origin, Time};
use crate::scenario::{TrialEvent, UnknownOrigin, since};

/// How often the tapes are emptied: often, so that each time there is little to do while others want the processor.
const ROUND: Duration = Duration::from_millis(10);

/// How much the recorder stands back behind the threads that are measured, from 0 to 19.
#[cfg(target_os = "linux")]
const NICE: i32 = 15;

/// Why a history was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("the history cannot be written: {0}; check the disk's room and rights")]
    Io(#[from] io::Error),
    #[error(transparent)]
    UnknownOrigin(#[from] UnknownOrigin),
    #[error("the recorder could not keep up: {0} events were lost; lower the load")]
    Overrun(u64),
    #[error("the recorder's thread panicked")]
    Panicked,
}

/// The thread that writes a history. It is told the trial's base when the load starts.
pub(in crate::live) struct Recorder<W> {
    orders: mpsc::Sender<Time>,
    thread: JoinHandle<Result<W, RecordError>>,
}

/// The state of the thread.
struct Merge<W: Write> {
    writer: Writer<W>,
    /// Each with the reel that it gets next.
    tapes: Vec<(Arc<EventBuffer>, EventBatch)>,
    origins: Origins,
    base: Time,
    /// Taken from the tapes and not yet written: something that has happened before may still be on a tape.
    pending: Vec<(Time, TrialEvent)>,
    lost: u64,
}

impl<W: Write + Send + 'static> Recorder<W> {
    /// Begins a history with its header and the origins of all branches. Nothing else is known of origins later.
    /// What `scheduled` says happens at its time, in this order, without anybody's doing.
    pub fn start(
        out: W,
        header: Header,
        origins: Vec<Origin>,
        tapes: Vec<Arc<EventBuffer>>,
        scheduled: Vec<(Time, TrialEvent)>,
        base: Time,
    ) -> Result<Recorder<W>, RecordError> {
        let mut writer = Writer::new(out);
        writer.append(&Event::Header(header))?;
        let mut named = Origins::default();
        for origin in origins {
            writer.append(&TrialEvent::Began(origin).event(base, base, &mut named)?)?;
        }
        let (orders, ends) = mpsc::channel();
        let tapes = tapes.into_iter().map(|tape| (tape, EventBatch::default())).collect();
        let merge = Merge { writer, tapes, origins: named, base, pending: scheduled, lost: 0 };
        let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || merge.run(&ends));
        Ok(Recorder { orders, thread: thread? })
    }

    /// Writes all that has happened until now, and closes the history.
    pub fn end(self, now: Time) -> Result<W, RecordError> {
        // A thread that has ended before says why.
        let _ = self.orders.send(now);
        self.thread.join().map_err(|_| RecordError::Panicked)?
    }
}

impl<W: Write> Merge<W> {
    fn run(mut self, ends: &mpsc::Receiver<Time>) -> Result<W, RecordError> {
        stand_back();
        let end = loop {
            let order = ends.recv_timeout(ROUND);
            self.write()?;
            match order {
                Ok(end) => break end,
                Err(RecvTimeoutError::Timeout) => {}
                // Whoever ran the trial has given it up.
                Err(RecvTimeoutError::Disconnected) => return Ok(self.writer.finish()?),
            }
        };
        match self.lost {
            0 => Ok(self.writer.end(since(end, self.base))?),
            lost => Err(RecordError::Overrun(lost)),
        }
    }

    /// Takes every tape, and writes what happened before anything that a tape may still get.
    fn write(&mut self) -> Result<(), RecordError> {
        let mut complete_until = Time(u64::MAX);
        for (tape, reel) in &mut self.tapes {
            complete_until = complete_until.min(tape.exchange(reel));
            self.pending.append(&mut reel.events);
            self.lost += std::mem::take(&mut reel.lost);
        }
        // Stable: things of one tape that happened at one time keep their order.
        self.pending.sort_by_key(|&(at, _)| at);
        let ready = self.pending.partition_point(|&(at, _)| at <= complete_until);
        for (at, happened) in self.pending.drain(..ready) {
            self.writer.append(&happened.event(at, self.base, &mut self.origins)?)?;
        }
        Ok(())
    }
}

/// Gives way to the threads that are measured. On Linux a thread has a priority of its own; elsewhere it is the whole
/// process's, which stays as it is.
fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = setpriority_process(Some(gettid()), NICE) {
        tracing::debug!(%error, "the recorder's priority stays as it is");
    }
}
