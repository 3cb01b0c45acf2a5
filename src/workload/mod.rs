//! What customers ask, where and when: decided by a plan and a seed before anything runs.
//!
//! ```text
//! WorkloadPlan, seed -> Workload -+-> Sequence  Open: one Schedule of Arrivals     to the driver
//!                                 |             Closed: Steps for each session
//!                                 +-> Accounts  initial balances                   to the cluster
//!                                               what a balance says                to the checker
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
//! Amounts are chosen so that a balance *decodes* to the writes that it includes, so that a judge needs nothing that
//! the cluster says about itself. With amounts drawn at will it would have to solve a subset-sum problem with many
//! answers. Three families of accounts ride in one workload:
//!
//! | [`AccountFamily`] | written by | the balance tells | writes per account and session |
//! |---|---|---|---|
//! | natural | one session | which writes, if each was applied at most once | 12 for 1.00 to 1,000.00 |
//! | digit | one session | which writes, and which of them twice | 31 |
//! | radix | a group of sessions | how many deposits and withdrawals of each | 116 for 4 sessions |
//!
//! *Digit.* The i-th write, from 0, moves 4^i. A deposit position starts with the digit 0 and a withdrawal position
//! with 3, so that withdrawals count down and never borrow; applied once it shows 1 or 2, twice 2 or 1, and the
//! fourth digit is corrupt. Capacity: 31 digits end at 4^31 - 1 = 2^62 - 1. A 32nd would fit once, not twice.
//!
//! *Radix.* With G sessions there are P = 2G positions (G without withdrawals); a write of the session with position p
//! moves R^p, where R is the largest radix with R^P <= 2^63, but at most 511. Withdrawal positions start with R - 1.
//! A session makes (R - 1) / 2 writes there, so that all of them applied twice carry into no other digit. So 4
//! sessions have R = 234 and 116 writes, 8 have 15 and 7, and 19 have 3 and 1: more do not fit.
//!
//! *Natural.* Amounts are log-uniform, as payments have many small and few large ones; a drawn amount that would give
//! two sets of the account's writes the same sum is moved up to the next that does not. After i writes at most
//! (3^i - 1) / 2 amounts are barred (the positive sums of the earlier ones with signs -1, 0 and 1), so as many
//! amounts as that and one more always suffice for the next. The capacity is what that bound allows, up to 14: 12 for
//! a range of 99,901 amounts. These accounts look like accounts: withdrawals may be refused, and branches that do
//! not know of each other's may overdraw them. Theirs are the latencies to publish.
//!
//! No balance, whatever subset of an account's writes it includes and in whatever order they were applied, leaves
//! the range of `i64`.
//!
//! Where a session has made as many writes on an account as fit, it goes on to a fresh one, by itself: sessions that
//! share a radix account need no agreement. Accounts are numbered in generations, each a row with one account for
//! every place, so that a longer load has the accounts of a shorter one and more. How many generations a load takes
//! is counted by running through its choices once; [`WorkloadPlan::accounts_max`] bounds it.
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
//! # What is absent
//!
//! No clock and no outcome: who drives this waits for the intended time, and tells a [`Backlog`] what arrived and what
//! ended; that holds a busy session's arrivals back, and counts what it refuses and how late the driver was. An
//! operation that was refused or never sent leaves a hole, which decoding expects. Nothing here knows what a history
//! is: the checker compares what a balance includes with what was written.

mod accounts;
mod arrivals;
mod backlog;
mod check;
mod customer;
mod decode;
mod digit;
mod family;
mod frame;
mod kept;
mod layout;
mod natural;
mod pause;
mod picker;
mod plan;
mod plan_error;
mod purpose;
mod radix;
mod roam;
mod schedule;
mod script;
mod steps;
mod weights;
mod whole;
mod write_set;

pub use accounts::{AccountOwner, Accounts};
pub use arrivals::Arrivals;
pub use backlog::{Backlog, Offered};
pub use decode::{Decoded, Decoder, Visible};
pub use family::{AccountFamily, Digit, Families, Natural, Radix};
pub use kept::Kept;
pub use pause::ThinkTime;
pub use plan::{Homes, Load, Mix, Queries, WorkloadPlan};
pub use plan_error::WorkloadPlanError;
pub use roam::Roam;
pub use schedule::{Arrival, Schedule};
pub use script::{PlannedWrite, WriteScript};
pub use steps::{Step, Steps};
pub use whole::{Sequence, Workload};
pub use write_set::WriteSet;
