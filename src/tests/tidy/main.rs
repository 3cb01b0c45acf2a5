//! Style is a test: the sources are read with `syn`, and what they may not say is a finding.
//!
//! | file | rule |
//! |---|---|
//! | `layers` | a module imports only from rows below its own; gRPC and its runtime are named in `live` alone |
//! | `bans` | no clock, randomness, printing or unfinished code where it does not belong |
//! | `lengths` | short files, short functions |
//! | `shape` | every module opens with an essay; the top level of the repository is fixed |
//! | `names` | a type's name is defined once |
//! | `prose` | comments and texts use plain words |
//! | `words` | no path of one machine, no banner, no overlong line |
//!
//! A rule is a function from sources to findings. One test runs it on this repository and fails once, with all
//! that it found; a second one, its negative control, runs the same function on small sources that pretend to be a
//! file of this repository, some of which must be found and some must not.
//!
//! What is read is syntax: names are not resolved, types are not known. A rule can be outwitted by an alias behind
//! a glob, by a macro of another crate that expands to a banned call, or by a method that has the same name. It is
//! there to stop drift, not an adversary. Documentation is free to name anything.

mod bans;
mod control;
mod finding;
mod layers;
mod lengths;
mod mention;
mod names;
mod pattern;
mod prose;
mod shape;
mod source;
mod words;
