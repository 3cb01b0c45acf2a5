//! Measures what read-your-writes costs: a bank of replicated branches, and customers who move between them.
//!
//! The layers, from the bottom; a module imports only from rows below its own, and a test enforces it:
//!
//! | row | modules |
//! |---|---|
//! | 0 | [`model`]: ids, time, money, version vectors, tokens, requests |
//! | 0 | [`rng`]: random numbers that follow from a seed |
//! | 1 | [`branch`] and [`session`], both sides of the protocol without I/O; [`network`]: a message's fate |
//! | 1 | [`history`]: the record of a trial, on disk and for its judges |
//! | 1 | [`workload`]: what customers ask, where and when, and what a balance says about it |
//! | 1 | [`results`]: what an experiment leaves behind: types of its files, and its folder |
//! | 1b | [`scenario`]: what happens in one trial |
//! | 2 | [`live`]: branches and customers over gRPC, in real time; the only room with a clock and sockets |
//! | 2 | [`sim`]: the same branches and customers in virtual time |
//! | 2 | [`checker`]: judges one trial by its history |
//! | 2 | [`measure`]: the figures of a trial and of an experiment, from histories alone |
//! | 3 | [`experiment`]: its file, its trials, and the way from them to results on disk |
//! | 3 | [`course`]: the course's files, their replay and their judge |
//! | 3 | [`verify`]: many seeds of random faults, and a failure made small enough to read |
//! | 4 | [`chart`]: pictures of results, as SVG and PNG |
//! | 5 | [`cli`]: arguments in, results and exit status out |

pub mod branch;
pub mod chart;
pub mod checker;
pub mod cli;
pub mod course;
pub mod experiment;
pub mod history;
pub mod live;
pub mod log;
pub mod measure;
pub mod model;
pub mod network;
pub mod results;
pub mod rng;
pub mod scenario;
pub mod session;
pub mod sim;
pub mod verify;
pub mod workload;
