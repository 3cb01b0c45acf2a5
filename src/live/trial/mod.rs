//! One trial from beginning to end: branches, network, customers, recorder.
//!
//! ```text
//!  Scenario -> run_trial: Deployment, its network deferred        EventBuffers
//!                |            (in this process, or processes)  branch 1 ---+
//!                |                                             branch n ---+-> Recorder -> history
//!                +-> load: customers in an open or a closed    customers --+
//!                       loop, isolated writes                  supervisor -+
//! ```
//!
//! **In:** a checked scenario and its workload. **Out:** a history, and what no history can hold ([`TrialOutput`]).
//!
//! 1. All branches start and connect, over a network that delivers at once.
//! 2. The network starts: the *base*, from which fault windows, load and history count.
//! 3. Customers run until the load is over. Counts of the injection error restart when the warm-up ends.
//! 4. The cluster drains until all branches show the same, for a bounded time, and reports its final states.
//! 5. The recorder closes the history.
//!
//! # Invariants
//!
//! * Every operation that begins is recorded before it is sent, and again when it ends.
//! * A trial that ends early returns an error, and never a history that looks complete.
//!
//! **Absent.** No verdict and no file: the caller saves the history, then judges it.
//!
//! [`TrialOutput`]: crate::scenario::TrialOutput

mod deployment;
mod isolation;
mod load;
mod recording_client;
mod run;

pub use run::{LiveTrialError, run_trial};
