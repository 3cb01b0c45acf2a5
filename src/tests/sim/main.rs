//! Whole trials in virtual time: what they promise, and that a seed means the same everywhere.
//!
//! Each test makes a scenario, lets it run, loads its history and holds that against what must be. Beside each promise
//! stands its negative control: the same scenario without the guarantee, or without the log, shows what the promise
//! rules out.
//!
//! | file | what it shows |
//! |---|---|
//! | `equality` | the same scenario gives the same bytes, and those of a committed digest |
//! | `guarantees` | own writes are read under `wait`, and missed under `none` |
//! | `oracle` | stale reads and waits are as often and as long as the closed form says |
//! | `load` | open and closed loops: what starts, what is refused, what is isolated |
//! | `faults` | partitions heal, paused branches catch up, duplicates and losses do no harm |
//! | `accidents` | crashes with a log and without, lost logs, slow disks |
//! | `processor` | one message at a time |
//! | `onlookers` | every message is shown, with its fate |
//! | `size` | bytes are those that `live` would send |
//! | `trials` | scenarios under test, and what became of them |

mod accidents;
mod equality;
mod faults;
mod guarantees;
mod load;
mod onlookers;
mod oracle;
mod processor;
mod size;
mod trials;
