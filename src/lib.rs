//! Measures what read-your-writes costs: a bank of replicated branches, and customers who wander between them.
//!
//! The layers, from the bottom; a module imports only from rows below its own, and a test enforces it:
//!
//! | row | modules |
//! |---|---|
//! | 0 | [`model`]: ids, time, money, version vectors, tokens, requests |
//! | 1 | [`branch`] and [`session`], both sides of the protocol without I/O; [`network`]: a message's fate |
//! | 1 | [`history`]: the record of a trial, on disk and for its judges |
//! | 1 | [`workload`]: what customers ask, where and when, and what a balance says about it |
//! | 2 | [`live`]: branches and customers over gRPC, in real time; the only room with a clock and sockets |
//! | 3 | [`course`]: the course's files, their replay and their judge; [`experiment`]: files of networks and faults |
//! | 5 | [`cli`]: arguments in, results and exit status out |
//!
//! [`history`] and [`workload`] have no user in this crate yet: they are the ground of the experiments.

pub mod branch;
pub mod cli;
pub mod course;
pub mod experiment;
pub mod history;
pub mod live;
pub mod model;
pub mod network;
pub mod session;
pub mod workload;
