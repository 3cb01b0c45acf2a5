//! Merges the buffers of a trial into its history, while the trial runs.

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

/// How often the buffers are emptied: often, so that each time little work competes for the processor.
const ROUND: Duration = Duration::from_millis(10);

/// The nice value of the recorder, which yields to the threads that are measured.
#[cfg(target_os = "linux")]
const NICE: i32 = 15;

/// Why a history was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The sink of the history refuses a line.
    #[error("the history cannot be written: {0}; check the disk's room and rights")]
    Io(#[from] io::Error),
    /// An event counts writes of an origin that the trial did not name.
    #[error(transparent)]
    UnknownOrigin(#[from] UnknownOrigin),
    /// This many events did not fit into the buffers.
    #[error("the recorder could not keep up: {0} events were lost; lower the load")]
    Overrun(u64),
    /// The recorder's thread panicked.
    #[error("the recorder's thread panicked")]
    Panicked,
}

/// The thread that writes a history.
pub(in crate::live) struct Recorder<W> {
    /// Takes the time of the trial's end.
    end: mpsc::Sender<Time>,
    thread: JoinHandle<Result<W, RecordError>>,
}

/// The state of the thread.
struct Merge<W: Write> {
    writer: Writer<W>,
    /// Each with the empty batch that it gets next.
    buffers: Vec<(Arc<EventBuffer>, EventBatch)>,
    origins: Origins,
    base: Time,
    /// Taken from the buffers and not yet written: an earlier event may still be in a buffer.
    pending: Vec<(Time, TrialEvent)>,
    lost: u64,
}

impl<W: Write + Send + 'static> Recorder<W> {
    /// Begins a history with its header and the origins of all branches. The events of `scheduled` happen at their
    /// times, in this order, whatever the buffers hold.
    ///
    /// # Errors
    ///
    /// A sink that refuses the first lines, and a system that gives no thread.
    pub fn start(
        out: W,
        header: Header,
        origins: Vec<Origin>,
        buffers: Vec<Arc<EventBuffer>>,
        scheduled: Vec<(Time, TrialEvent)>,
        base: Time,
    ) -> Result<Recorder<W>, RecordError> {
        let mut writer = Writer::new(out);
        writer.append(&Event::Header(header))?;
        let mut named = Origins::default();
        for origin in origins {
            writer.append(&TrialEvent::Began(origin).event(base, base, &mut named)?)?;
        }
        let (end, ends) = mpsc::channel();
        let buffers = buffers.into_iter().map(|buffer| (buffer, EventBatch::default())).collect();
        let merge = Merge { writer, buffers, origins: named, base, pending: scheduled, lost: 0 };
        let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || merge.run(&ends));
        Ok(Recorder { end, thread: thread? })
    }

    /// Writes all events until `now`, and closes the history.
    ///
    /// # Errors
    ///
    /// The first reason for which the history is not complete.
    pub fn end(self, now: Time) -> Result<W, RecordError> {
        // A thread that has ended before returns the reason.
        let _ = self.end.send(now);
        self.thread.join().map_err(|_| RecordError::Panicked)?
    }
}

impl<W: Write> Merge<W> {
    fn run(mut self, ends: &mpsc::Receiver<Time>) -> Result<W, RecordError> {
        yield_to_others();
        let end = loop {
            let end = ends.recv_timeout(ROUND);
            self.write()?;
            match end {
                Ok(end) => break end,
                Err(RecvTimeoutError::Timeout) => {}
                // The trial was given up.
                Err(RecvTimeoutError::Disconnected) => return Ok(self.writer.finish()?),
            }
        };
        match self.lost {
            0 => Ok(self.writer.end(since(end, self.base))?),
            lost => Err(RecordError::Overrun(lost)),
        }
    }

    /// Empties every buffer, and writes the events before which no buffer can get another.
    fn write(&mut self) -> Result<(), RecordError> {
        let mut complete_until = Time(u64::MAX);
        for (buffer, batch) in &mut self.buffers {
            complete_until = complete_until.min(buffer.exchange(batch));
            self.pending.append(&mut batch.events);
            self.lost += std::mem::take(&mut batch.lost);
        }
        // Stable: events of one buffer and one time keep their order.
        self.pending.sort_by_key(|&(at, _)| at);
        let ready = self.pending.partition_point(|&(at, _)| at <= complete_until);
        for (at, event) in self.pending.drain(..ready) {
            self.writer.append(&event.event(at, self.base, &mut self.origins)?)?;
        }
        Ok(())
    }
}

/// Lowers this thread's priority below that of the threads that are measured. On Linux a thread has a priority of its
/// own; elsewhere only the process has one, which stays as it is.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = setpriority_process(Some(gettid()), NICE) {
        tracing::debug!(%error, "the recorder's priority stays as it is");
    }
}
