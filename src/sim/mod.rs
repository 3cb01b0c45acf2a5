//! The simulated substrate: the same branches and customers in virtual time.
//!
//! An event loop around the two state machines that decide everything, [`branch`](crate::branch) and
//! [`session`](crate::session), with the fates of a [`PlannedNetwork`](crate::network::PlannedNetwork) and the
//! operations of a [`workload`](crate::workload). In goes a [`Scenario`](crate::scenario::Scenario), out come the
//! lines of a history, of the same kind as `live`'s.
//!
//! ```text
//!               +--- queue: what is due, by time, then by number ---+
//!               |                                                   |
//!       arrivals, steps, timeouts      messages, syncs, timeouts    milestones, faults   
//!               v                                v                  v
//!   load -> customers: session --request--> branches: branch core, log, processor, inbox
//!               ^      <--reply--                |   ^
//!               |                                +---+ runs, acks
//!               +-- every leg asks the network for its fate
//! ```
//!
//! **What is the same as in `live`.** Every message asks the network once, on every leg, under the same name:
//! requests, replies and greetings, runs and acks. A duplicated request has one answer, to its first copy; a
//! duplicated reply is the earlier of the two. Branches find each other before the network starts, and learn of each
//! other then without delay. Arrivals queue at busy sessions, closed loops think, isolated writes wait for each other;
//! nothing starts once the load is over, and what is in flight is waited for. Then the cluster drains, bounded, until
//! nothing is parked or under way and all branches have applied the same.
//!
//! **What is different.** A message is handed over in the very nanosecond that was drawn, so the injection error is
//! zero. A call that is dropped stays silent for ever; its customer's own timeout ends the attempt. An
//! isolated write starts as soon as the one before it is everywhere, not at the next look.
//!
//! **The processor.** A branch handles one message at a time and takes [`Scenario::service_time`] for each; what it
//! says leaves when that is over. Timeouts and syncs take no time. With a service time of zero there is no processor,
//! so nothing saturates, and the history of an open loop says so. While a branch is paused it handles nothing; what
//! was in the processor is begun again.
//!
//! **The disk.** One sync runs at a time and takes [`Scenario::sync_time`], more while the disk is slow; it covers
//! what was appended before it began. One that takes no time ends after all that arrived in its instant, and covers
//! that too: what came in together is acknowledged together. A sync that ends during a pause is noticed after it.
//!
//! **A crash.** The branch is gone with what was not synced, the sync that runs included. As where a process dies and
//! its machine does not, connections break and say so: a customer that waits for an answer, or that asks while the
//! branch is down, learns that the connection is lost, one reply leg later, if the network carries that leg; peers
//! see the stream break at once. A run or ack that reaches the branch while it is down is lost; what was under way
//! when it crashed arrives, at its peers and at whatever it is by then. With its log it comes back as it was, else as
//! a new incarnation, drawn from the seed, which knows nothing ([`Start::Unknown`](crate::branch::Start)). Peers see it
//! again at once. In no other way does a stream break.
//!
//! **Invariants.** The same scenario gives the same bytes, on every machine, in debug and release; no clock, no
//! randomness but what the seed gives, no thread, no map whose order is not its keys'. Everything is bounded: the load
//! by its end, operations by their sessions' policy, the drain by its bound.
//!
//! **Caveats.** Virtual time does not pass if nothing takes any: a closed loop without think time, over a network
//! without delay, makes all its planned operations at once. A partition delays neither the report of a crash nor that
//! of a return.
//!
//! | file | what |
//! |---|---|
//! | `trial` | one simulation from beginning to end, and its history |
//! | `world` | the state, and the event loop |
//! | `queue` | events that are due, in order |
//! | `branches`, `sim_branch`, `log`, `calls` | branches, and the messages to and from them |
//! | `faults` | pauses, crashes, restarts, slow disks |
//! | `customers` | sessions: the messages to and from them, and how operations end |
//! | `load`, `isolation` | which operation starts when |
//! | `rules` | what no history shows: whether errors, acks and snapshots had their reason |
//! | `observer`, `history_emitter` | the observer, and the lines of the history |
//! | `size` | bytes of messages as on the wire |
//!
//! [`Scenario::service_time`]: crate::scenario::Scenario::service_time
//! [`Scenario::sync_time`]: crate::scenario::Scenario::sync_time

mod branches;
mod calls;
mod customers;
mod faults;
mod history_emitter;
mod isolation;
mod load;
mod log;
mod observer;
mod queue;
mod rules;
mod sim_branch;
pub mod size;
mod trial;
mod world;

pub use log::DiskSeen;
pub use observer::{MessageContent, NullObserver, Observer, Passed};
pub use rules::{ProtocolRule, RuleBreach};
pub use trial::{SimTrialError, Simulated, run_trial, simulate};
