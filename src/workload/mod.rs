//! The operations of customers, their branches and times: decided by a plan and a seed before anything runs.
//!
//! ```text
//! WorkloadPlan, seed -> Workload -+-> Sequence  Open: one Schedule of Arrivals     to the driver
//!                                 |             Closed: Steps for each session
//!                                 +-> Accounts  initial balances                   to the cluster
//!                                               what a balance includes            to the checker
//! ```
//!
//! A [`WorkloadPlan`] is data. [`Workload::new`] checks it, counts the accounts that it takes, and is the last place
//! that can fail. Everything after is lazy and pure: the same plan and seed give the same operations on every
//! machine, however often and in whatever order they are asked for.
//!
//! # Load
//!
//! | [`Load`] | when an operation is due |
//! |---|---|
//! | open | at an intended time, whatever became of the ones before; latency counts from there |
//! | closed | a think time after the session's operation before it has ended |
//! | write-then-read | closed, in pairs: a write, then after a chosen gap a read of its account at another branch |
//!
//! A closed loop cannot overload a system, and by slowing down with it hides its stalls (G. Tene's "coordinated
//! omission"); so open loop is what latency is measured by, and closed loop what throughput is.
//!
//! Write-then-read is the experiment behind a curve of P(fresh) against time, and the one whose answer is known in
//! closed form: with two branches and replication delays that are exponential with rate a, a read that arrives a
//! time t after its write became visible finds it missing with probability e^(-a t). That formula takes one
//! unapplied write per origin, since vectors have no gaps; holding the next write back until then is the driver's
//! part, for only it sees what is applied.
//!
//! # Accounts
//!
//! [`Accounts`] choose amounts so that a balance *decodes* to the writes that it includes: three families of them, each
//! with another answer. A session that has made as many writes on an account as fit goes on to a fresh one. How many
//! generations of accounts a load takes is counted by running through its choices once;
//! [`WorkloadPlan::accounts_max`] bounds it.
//!
//! # Invariants
//!
//! * Each choice has a generator of its own: when, which session, which operation, which branch, how long a pause,
//!   which amounts. A session's own choices come from its own. So two plans that differ in one respect differ only
//!   there: open and closed loop give a session the same operations, and a strategy changes nothing at all.
//! * A longer load begins with the same operations as a shorter one.
//! * What a session does depends neither on the time nor on other sessions, except that `at` orders arrivals.
//! * Queries read accounts that the session has written, unless [`Queries`] says otherwise.
//! * Logarithms and powers are those of the crate `libm`, not the platform's, and no distribution of another crate is
//!   used: their draws may change with its version.
//!
//! # Absent
//!
//! No clock and no outcome: a driver waits for the intended time, and reports arrivals and ends to a [`Backlog`]. That
//! holds a busy session's arrivals back, and counts what it refuses and how late the driver was. An
//! operation that was refused or never sent leaves a hole, which decoding expects. Nothing here knows what a history
//! is: the checker compares what a balance includes with what was written.

mod accounts;
mod arrivals;
mod backlog;
mod check;
mod customer;
mod filter;
mod pause;
mod picker;
mod plan;
mod plan_error;
mod purpose;
mod roam;
mod schedule;
mod shared;
mod steps;
#[allow(clippy::module_inception, reason = "the room is named for its main type")]
mod workload;

pub use accounts::{
    AccountFamily, AccountPlace, Accounts, Decoded, Decoder, Digit, Families, Natural, PlannedWrite, Radix,
    Visible, WriteScript, WriteSet,
};
pub use arrivals::Arrivals;
pub use backlog::{Backlog, Offered};
pub use filter::OperationFilter;
pub use pause::ThinkTime;
pub use plan::{Homes, Load, Mix, Queries, WorkloadPlan};
pub use plan_error::WorkloadPlanError;
pub use roam::Roam;
pub use schedule::{Arrival, Schedule};
pub use steps::{Step, Steps};
pub use workload::{Sequence, Workload};
