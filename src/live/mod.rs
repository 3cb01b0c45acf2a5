//! The live substrate: branches and customers that talk gRPC in real time, on this machine.
//!
//! A tonic shell around the two state machines that decide everything, [`branch`](crate::branch) and
//! [`session`](crate::session).
//!
//! ```text
//!  trial       one trial: branches, network, customers, recorder
//!    |  `--> process      branches that are processes of their own
//!    |          |  |
//!    v          v  |
//!  client   server |      customers over real calls; branches on their own threads
//!    |         |   v
//!    |         `-> record    events of all threads and processes, merged into a history
//!    v             |
//!  wire, status, transport, delay_queue, fine_timer, clock, cpu, poll
//! ```
//!
//! **In:** a [`Scenario`](crate::scenario::Scenario), or options of a cluster and operations of customers.
//! **Out:** a history and what was measured beside it, or replies.
//!
//! **The network.** Every message consults the [`Network`](crate::network::Network) once, on every leg: requests,
//! replies and greetings at the branch, batches and acks at the branch that sends them. A message carries its send
//! time. Its receiver holds it until that time plus the drawn delay, so that transport time is inside the delay. A
//! customer of this crate holds replies itself. For other clients the branch holds a reply before it sends it, and
//! transport time comes on top. The [`InjectionError`](crate::network::InjectionError) records how much later each
//! message was handed over. A dropped message is not delivered: the call stays open until the customer gives up, or for
//! half a minute.
//!
//! **The log** is volatile or durable. A volatile one is reported as synced as soon as the tasks have run that were
//! ready before. A durable one is a directory ([`FileDisk`]) and a thread that syncs all waiting records at once.
//!
//! # Invariants
//!
//! * This is the only room with a clock, a runtime and sockets, and the only one that sees a prost type.
//! * Nothing here decides for a branch or a session.
//! * Nothing points up: each room above imports only from those below it.
//!
//! **Absent.** No verdict, no statistics, no file but logs.
//!
//! **Caveat.** The timer of delays is late by some tens of microseconds on Linux, and by a millisecond elsewhere.
//!
//! | room | what |
//! |---|---|
//! | `trial` | one trial from beginning to end, its deployment and its load |
//! | `process` | supervisor, process table and the child itself |
//! | `server` | a branch on its own thread, clusters, logs on disk |
//! | `client` | a session over real calls, async and blocking |
//! | `record` | event buffers, the recorder, messages over a child's pipes |
//! | `wire` | messages, and their conversion to and from the types of `model` and `branch` |
//! | `status` | errors as gRPC statuses with typed details, and back |
//! | `transport` | connections and their settings |
//! | `delay_queue`, `fine_timer`, `poll` | what waits for a time or a condition |
//! | `clock`, `cpu` | clocks; meters of processor time and memory |

mod client;
mod clock;
mod cpu;
mod delay_queue;
mod fine_timer;
mod poll;
mod process;
mod record;
mod server;
mod status;
pub mod transport;
mod trial;
mod wire;

pub use client::{BlockingClient, ClientPool, Customer, NotDrained};
pub use clock::{now, utc_now};
pub use cpu::{MemoryMeter, Meter};
pub use fine_timer::FineTimer;
pub use process::{ChildError, ProcessError, serve_trial};
pub use record::RecordError;
pub use server::{
    BRANCHES_MAX, BranchHandle, BranchReport, Cluster, ClusterOptions, DataError, DataOptions, DiskFault,
    DiskFaults, DiskOptions, FileDisk, HostOptions, LogTraffic, Losses, PausedThread, PeerTraffic,
    RecordedBranch, Recovery, StartError, StopReason, bare_syncs_per_s, keep_pauses, start_network,
    wait_for_signal, wait_until_stopped,
};
pub use trial::{LiveTrialError, run_trial};
pub use wire::{
    ProstCodec, peer_message_bytes, reply_bytes, request_bytes, token_bytes, token_from_bytes, token_to_bytes,
};
