//! The server side: one branch on a thread of its own, and clusters of them in one process.
//!
//! ```text
//!        calls |                                              ^ replies
//!              v                                              |
//!  FastRouter -> BankService -> BranchDriver: lock(core, outbox) -> calls: fates of request and reply
//!             `> ReplicationService -> |    |    ^
//!                               |    |    | timers: the core's timeout, held messages, held calls
//!                               |    v
//!                               |  SyncQueue -> Syncer (thread) -> Log on a FileDisk
//!                               v
//!                            a queue per peer -> keep_connected: one stream per direction
//! ```
//!
//! **In:** unary calls of customers, streams of peers, faults on their times. **Out:** replies, streams to peers,
//! records of a log, events of a history, and a [`BranchReport`] for operators.
//!
//! # Invariants
//!
//! * The core's lock is never held across an await, and every input takes the same way: clock, core, log, events,
//!   replies, messages.
//! * No branch can starve another: each has its own single-threaded runtime on its own thread.
//! * Every message consults the network once on every leg that begins here.
//! * After a sync that failed a branch acknowledges nothing more.
//!
//! **Absent.** No decision of the protocol: [`branch`](crate::branch) makes them all.
//!
//! **Caveat.** A call that the customer cancels stays parked until its deadline.

mod bank;
mod cluster;
mod disk;
mod driver;
mod host;
mod network;
mod replication;
mod report;
mod router;
mod service;
mod signal;
mod sync_queue;
mod syncer;

pub use cluster::{Cluster, ClusterOptions, DataOptions};
pub use disk::{DataError, DiskFault, DiskFaults, FileDisk, bare_syncs_per_s};
pub(super) use host::Probe;
pub use host::{
    BRANCHES_MAX, BranchHandle, DiskOptions, HostOptions, PausedThread, RecordedBranch, Recovery, StartError,
};
pub(super) use network::DeferredNetwork;
pub use network::{keep_pauses, start_network};
pub use report::{BranchReport, Losses, PeerTraffic};
pub use signal::{StopReason, wait_for_signal, wait_until_stopped};
pub use sync_queue::LogTraffic;
