//! From a plan to results on disk: every trial is run, saved, judged and measured, and then all are summed up.
//!
//! ```text
//! Plan --perform--> trials/ID: plan, history, observed      phase 1: needs the cluster
//!                        |
//!                      judge--> verdict, measures           phase 2: needs what was saved, and nothing else
//!                        |
//!                    sum_up--> summary
//! ```
//!
//! In goes a [`Plan`](super::Plan) and a [`Folder`](crate::results::Folder) whose manifest is written; out come the
//! files that [`results`](crate::results) describes. [`perform`] does all of it, trial by trial, so that its
//! caller has figures while the run goes on; [`judge`] and [`sum_up`] repeat the second half on a saved folder.
//!
//! **Invariants.** Everything that cannot be had again is on disk before it is judged. A judgement reads what was
//! saved, never what is still in memory, so judging again gives the same. A trial that is broken off leaves nothing
//! that counts.
//!
//! **Absent.** Nothing is printed and nothing is drawn; the command line does both. The clock is in `live`, which
//! measures how long a simulation took.

mod judge;
mod operations;
mod perform;
mod place;
mod saved;
mod sum_up;

pub use judge::{JudgeError, JudgeProgress, JudgedTrial, judge};
pub use perform::{Ended, PerformError, Progress, perform};
pub use place::{ManifestError, plan_of};
pub use saved::{SavedTrial, saved};
pub use sum_up::{SummedUp, sum_up};
