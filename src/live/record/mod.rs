//! What a trial records: the events of all its threads and processes, merged into one history.
//!
//! ```text
//!  branch (thread) ------------------------------> EventBuffer --+
//!  branch (process) -> EventBuffer -> pipe (ipc) -> EventBuffer --+--> Recorder --> history
//!  customers, supervisor ------------------------> EventBuffer --+
//! ```
//!
//! **In:** a [`TrialEvent`](crate::scenario::TrialEvent) with the time at which its writer locked the buffer.
//! **Out:** the lines of a history, in order of time.
//!
//! The recorder exchanges every buffer for an empty one a hundred times a second, on a thread of low priority. So a
//! thread that is measured neither waits for another nor formats a line.
//!
//! # Invariants
//!
//! * A buffer reads the clock while it is locked. Whatever enters it after an exchange is therefore later than the
//!   time that the exchange returned, and all earlier events can be written.
//! * A branch that is a process writes an event to its pipe before the message or reply that depends on it leaves. A
//!   process that is killed loses no event that another branch or a customer could know of.
//!
//! **Caveat.** A buffer holds about a million events. Events beyond that are lost, and the trial fails with
//! [`RecordError::Overrun`].

mod event_buffer;
pub(super) mod ipc;
mod recorder;

pub(super) use event_buffer::{EventBuffer, EventBufferGuard};
pub use recorder::RecordError;
pub(super) use recorder::Recorder;
