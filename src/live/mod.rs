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
//! **The log** is volatile: synced as soon as it is appended to, and gone with the branch.
//!
//! **Caveats.** A call that the customer cancels stays parked until its deadline. Delays are made by a timer of some
//! tens of microseconds' accuracy on Linux, and of a millisecond elsewhere.
//!
//! | file | what |
//! |---|---|
//! | `cluster` | all branches of a cluster in one process |
//! | `host` | one branch on its own thread: start, pause, stop; health and reflection |
//! | `shell` | the core behind its lock: clock, log, calls, fates, held messages |
//! | `bank`, `replication` | the two services, and the stream to a peer |
//! | `customer`, `reception` | a session over real calls, async and blocking |
//! | `weather` | a planned network over a served cluster, its pauses too |
//! | `transport` | connection settings |
//! | `wire` | the messages, and their conversion to and from the words of `model` and `branch` |
//! | `status` | errors as gRPC statuses with typed details, and back |
//! | `line` | what is held until it is due |
//! | `alarm`, `clock`, `signal` | timers, clocks, signals |

mod alarm;
mod bank;
mod clock;
mod cluster;
mod customer;
mod host;
mod line;
mod reception;
mod replication;
mod shell;
mod signal;
mod status;
pub mod transport;
mod weather;
mod wire;

pub use cluster::{Cluster, ClusterOptions};
pub use customer::{Branches, Customer};
pub use host::{BRANCHES_MAX, BranchHandle, HostOptions, Pause, Pauser, StartError};
pub use reception::{NotDrained, Reception};
pub use shell::{Losses, Snapshot};
pub use signal::wait_for_the_end;
pub use weather::{keep_pauses, start_network};
pub use wire::{reply_bytes, request_bytes};
