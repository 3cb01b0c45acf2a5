//! The live substrate: branches and customers that talk gRPC in real time, on this machine.
//!
//! A tonic shell around the two state machines that decide everything, [`branch`](crate::branch) and
//! [`session`](crate::session). This is the only room with a clock, a runtime and sockets, and the only one that
//! sees a prost type.
//!
//! ```text
//!  Customer (session)                    BranchHandle: a thread, a single-threaded runtime
//!      |  deposit, withdraw, query,         +-------------------------------------------+
//!      |  greet: unary calls                |  bank         shell                        |
//!      +----------------------------------->|  (service) -> lock(core) <- driver: timers |
//!                                           |                 |   ^                      |
//!                                           |   queue per peer|   | held until due       |
//!                                           |                 v   |                      |
//!                                           |  keep_connected     replication (service)  |
//!                                           +-------|-------------------^----------------+
//!                                                   | one stream        | one stream
//!                                                   v per direction     | per direction
//!                                                        other branches
//! ```
//!
//! **The network.** Every message consults the [`Network`](crate::network::Network) once, on every leg: requests,
//! replies and greetings at the branch, runs and acks at the branch that sends them. A message carries its send
//! time, and its receiver holds it until that time plus the drawn delay, so that transport time is inside the
//! delay. A reply is held by a customer of this crate, and by the branch before sending for a customer of another
//! make, whose transport time then comes on top. How late each message was handed over is recorded
//! ([`Fidelity`](crate::network::Fidelity)). Dropped means not delivered: the call stays silent until the customer
//! gives up, or half a minute has passed.
//!
//! **A recorded trial** ([`run_trial`]) is a cluster, a thread of customers, and a recorder. Each branch, and the
//! customers together, put what they see on a tape of their own, with the time read while the tape is held; the
//! recorder exchanges the tapes for empty ones a hundred times a second and merges them by time into a history. So
//! whoever is measured neither waits for another nor formats a line.
//!
//! ```text
//!  Scenario -> stage: cluster, curtain (network)      tapes
//!                |                             branch 1 ---+
//!                +-> customers: open or closed branch n ---+-> recorder -> history
//!                       loop, isolation        customers --+
//!                                              director ---+
//! ```
//!
//! **The log** is volatile, synced once the tasks have had their turn that were ready before, and gone with the branch,
//! or durable: a directory of
//! its own ([`FileDisk`]), and a thread that syncs as many records at once as wait.
//!
//! **Caveats.** A call that the customer cancels stays parked until its deadline. Delays are made by a timer of some
//! tens of microseconds' accuracy on Linux, and of a millisecond elsewhere.
//!
//! | file | what |
//! |---|---|
//! | `cluster` | all branches of a cluster in one process |
//! | `host` | one branch on its own thread: start, pause, stop; health and reflection |
//! | `disk`, `syncer` | a data directory, its faults on demand; group commit |
//! | `snapshot` | a branch at one moment, for operators and results |
//! | `shell` | the core behind its lock: clock, log, calls, fates, held messages |
//! | `bank`, `replication` | the two services, and the stream to a peer |
//! | `front` | which service a call is for |
//! | `customer`, `reception` | a session over real calls, async and blocking |
//! | `bank_client` | those calls |
//! | `weather` | a planned network over a served cluster, its pauses too |
//! | `trial` | one trial from beginning to end |
//! | `stand` | the branches of a trial, in this process or each in its own |
//! | `processes`, `director`, `household` | branches that are processes: the trial's side |
//! | `child`, `news` | such a branch's own side, and what both say |
//! | `load`, `teller`, `isolation` | customers by a workload, one of them, and writes that wait for each other |
//! | `tape`, `recorder` | what is seen, and the one history that it becomes |
//! | `transport` | connections and their settings |
//! | `wire` | the messages, and their conversion to and from the words of `model` and `branch` |
//! | `status` | errors as gRPC statuses with typed details, and back |
//! | `line` | what is held until it is due |
//! | `alarm`, `clock`, `signal`, `machine` | timers, clocks, signals, processor time |

mod client;
mod clock;
mod cpu;
mod delay_queue;
mod fine_timer;
mod process;
mod record;
mod server;
mod status;
pub mod transport;
mod trial;
mod wire;

pub use client::blocking::{BlockingClient, NotDrained};
pub use client::customer::{ClientPool, Customer};
pub use clock::{now, utc_now};
pub use cpu::{MemoryMeter, Meter};
pub use fine_timer::FineTimer;
pub use process::child::{ChildError, serve_trial};
pub use process::process_table::ProcessError;
pub use record::recorder::RecordError;
pub use server::cluster::{Cluster, ClusterOptions, DataOptions};
pub use server::disk::{DataError, DiskFault, DiskFaults, FileDisk, bare_syncs_per_s};
pub use server::host::{
    BRANCHES_MAX, BranchHandle, DiskOptions, HostOptions, PausedThread, Pauser, RecordedBranch, Recovery,
    StartError,
};
pub use server::network::{keep_pauses, start_network};
pub use server::report::{BranchReport, Losses, PeerTraffic};
pub use server::signal::{StopReason, wait_for_the_end, wait_for_the_end_of};
pub use server::syncer::LogTraffic;
pub use trial::{LiveTrialError, run_trial};
pub use wire::{
    ProstCodec, peer_message_bytes, reply_bytes, request_bytes, token_bytes, token_from_bytes, token_to_bytes,
};
