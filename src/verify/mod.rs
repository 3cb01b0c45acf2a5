//! Searches for failures: many small trials, each with faults of its own, all of them judged. A failure is made small
//! enough to read.
//!
//! ```text
//! seed -> draw -> Scenario -> sim (or live) -> history -> checker -> clean, or a Failure
//!                    ^            |                                     |
//!                 Reduction    Coverage                              shrink -> FailureReport
//!                    +--------------------------------------------------+
//! ```
//!
//! In goes a [`Case`]: a seed, a substrate, and what is taken out of the seed's scenario. Nothing else decides a trial
//! in `sim`, so a case is all that has to be kept of a failure. A [`SavedFailure`] holds the scenario itself, since a
//! later version may draw another one from the seed; `corpus/` beside this file has those that the tests run again.
//! [`swarm`](swarm()) runs seed after seed on several threads and stops at the first that fails; [`shrink`](shrink())
//! takes out of it whatever it does not need; [`render`] makes a page of text and a space-time diagram of what is left.
//! [`mutation_test`](mutation_test()) gives the core one known bug after another, and reports whether the swarm finds
//! it: the test of the tests.
//!
//! **A trial** has faults and load first (safety: what must never happen), then everything heals and the load ends
//! (liveness: what must happen in the end). It fails if a checker finds a violation, if its history is malformed, if
//! an invariant of the core panics, or if the cluster does not come to rest though nothing is wrong any more. In `sim`
//! it also fails if an error, an ack or a snapshot had no reason, which no history shows
//! ([`ProtocolRule`](crate::sim::ProtocolRule)).
//!
//! **Drawing** is swarm testing (Groce et al., ISSTA 2012): which features are on at all is drawn before how much of
//! each, so that features that hide each other occur alone often enough. Bounds are often so tight that they are
//! reached, and moments that chance rarely hits are brought about. One branch keeps its state whatever happens to the
//! others: a cluster that has lost all state has nothing to be judged by.
//!
//! **Coverage.** A swarm that never met something proves nothing about it. Every fault, every way in which operations
//! end, and what must happen sometimes ("sometimes assertions") has a row, counted over all trials.
//!
//! # Invariants
//!
//! * Equal cases give equal histories in `sim`, on every machine and with any number of threads; the lowest seed that
//!   fails is the one that is reported.
//! * Every drawn scenario passes its check.
//! * Shrinking is bounded, and says which bound ended it. What is left fails with the same kind of failure.
//!
//! # Absent
//!
//! No clock: the caller decides how long a swarm may run. Nothing is printed, drawn or written to disk here.
//!
//! # Caveats
//!
//! A live trial is not the same twice: its failure is reported as it is, and not shrunk. A swarm that finds nothing
//! shows that nothing was found.
//!
//! | file | what |
//! |---|---|
//! | `draw/` | a scenario from a seed |
//! | `case`, `reduction` | a trial by its name, and what is taken out of it |
//! | `corpus/` | failures that are known, and failures that are mended, as data |
//! | `trial`, `failure`, `message` | one trial and what is wrong with it |
//! | `coverage/` | counts of what the trials came across |
//! | `swarm` | many trials |
//! | `shrink` | a small trial that fails alike |
//! | `failure_report`, `diagram`, `short_names` | a failure for a reader |
//! | `illustration` | a trial that does not fail, as a diagram |
//! | `mutant`, `mutation_test` | bugs on purpose, and whether they are found |

mod case;
#[cfg(test)]
mod corpus;
mod coverage;
mod diagram;
mod draw;
mod failure;
mod failure_report;
mod illustration;
mod message;
mod mutant;
mod mutation_test;
mod reduction;
mod short_names;
mod shrink;
mod swarm;
#[cfg(test)]
mod tests;
mod trial;

pub use case::{Case, SavedFailure};
pub use coverage::{Count, Coverage, CoverageRow, Sometimes};
pub use draw::draw;
pub use failure::TrialFailure;
pub use failure_report::{FailureReport, render};
pub use illustration::illustrate;
pub use message::{MessageTrace, TracedMessage};
pub use mutant::{Mutation, UnknownMutation};
pub use mutation_test::{MutantReport, mutation_test};
pub use reduction::{Reduction, Removable};
pub use shrink::{RUNS_MAX, ShrinkEnd, Shrinking, Shrunk, shrink};
pub use swarm::{Failed, SeedReport, Swarm, SwarmReport, swarm};
pub use trial::{Keep, SeedTrial, SeedTrialError, TrialRecord, run};
