//! Branches of a trial that are processes of their own: both ends of the pipes between the trial and them.
//!
//! ```text
//!  trial --TrialCommand--> Supervisor (thread) --ToChild--> branch 1 (process)
//!                            |  schedule: SIGKILL, start again,   | FromChild
//!                            |            SIGSTOP, SIGCONT        v
//!                            +-> branch n ...                  reader (thread)
//!                                                                 |
//!            ProcessTable, and the branch's EventBuffer <---------+
//! ```
//!
//! **In:** a scenario, and commands of the trial. **Out:** events of the branches, their statuses and final states.
//!
//! The trial's side is [`Processes`] with its [`supervisor`] and [`process_table`]; the side of the branch is
//! [`child`], the program's hidden subcommand `branch`.
//!
//! # Invariants
//!
//! * One thread starts all processes and lives for as long as they may: Linux sends a process the signal of its
//!   parent's death when the *thread* that started it ends.
//! * A process that ends unexpectedly spoils the trial, with its last messages as the reason ([`ProcessError`]).
//! * A branch whose process was killed has no status until its next process reports one.
//!
//! **Caveat.** What a branch had counted (messages, injection error, syncs) is lost with a process that is killed;
//! results have the counts of the last processes.

mod child;
mod process_table;
mod processes;
mod supervisor;

pub use child::{ChildError, serve_trial};
pub use process_table::ProcessError;
pub(super) use processes::Processes;
