//! Experiment files, and the plans that they make.
//!
//! Two types for every table: the one as written, a mirror of the TOML, and the one that will run, plain data that has
//! passed every check. Words such as `wait` have one type, which is the domain's. All checks are made at that border
//! and none after it; the parser itself checks numbers with a unit. Errors name the line, the key and a fix; an unknown
//! key names the known one that is nearest.
//!
//! ```text
//! text, options -> draft (written, well-formed) -> points -> Plan: Trials, each with a scenario::Scenario
//!                                                                  and the text that is this trial alone
//! ```
//!
//! [`read`] makes a [`Plan`] of a file and of what the command line says over it; [`trial_of`] and [`scenario_of`]
//! make a trial of the text that was saved with it; [`schema`] is for editors; [`theory`] finds the trials that
//! have an answer in closed form. [`read_network`] reads the tables of a network alone, for `readback serve --network`.
//!
//! # The file
//!
//! Units are last in a key. Only `question` has no default; the meaning, default and range of every key are in
//! [`schema`], which is made of the comments in `file`.
//!
//! ```toml
//! question = "What does read-your-writes cost at 20 ms between three branches?"
//!
//! [run]
//! duration_s = 2                              # measured, after the warm-up
//! warm_up_s = 0.5
//! repetitions = 6
//! seed = 1
//!
//! [guarantee]
//! read_your_writes = true
//! strategy = ["none", "wait"]                 # a list is compared; the first is the baseline
//!
//! [workload]
//! arrival = { poisson_per_s = 500 }           # constant_per_s, closed, write_then_read
//! roam = "uniform"
//!
//! [network.between_branches]
//! delay = { exponential = { mean_ms = 20 } }
//!
//! [sweep]                                     # any key, by its path in quotes; a value may be a table
//! "network.between_branches.delay.exponential.mean_ms" = [5, 10, 20]
//!
//! [[chart]]
//! kind = "stale_rate"
//!
//! [[expect]]                                  # the run ends with status 4 if it fails
//! measure = "wait_ms.p99"
//! strategy = "wait"
//! below = 100
//! ```
//!
//! **Trials.** Every point of the sweep runs under every strategy and is repeated. Equal repetitions have equal seeds,
//! whatever point and strategy: so they meet the same arrivals, and the same fates where their networks are alike.
//! With `run.seeds = "per_point"` each point has seeds of its own instead, so that points are independent evidence;
//! strategies still meet the same. Repetitions follow one another; within one, points come in an order drawn from the
//! seed, and the strategies of a point directly after each other, forwards in odd repetitions and backwards in even
//! ones.
//!
//! **Blame.** The file has to be well-formed by itself, whatever options say; so lines and columns are those of the
//! file as it was written. An error that an option or a swept value causes names that option or that value.
//!
//! # The network
//!
//! ```toml
//! [network]
//! topology = "aws-2020"                       # a preset; half its round trip is the floor of every delay
//! regions = { 1 = "ue1", 2 = "ew1", 3 = "an1" }   # or, round and round: regions_in_turn = ["ue1", "ew1"]
//! customers_in = "ue1"
//!
//! [network.between_branches]                  # batches and acks
//! delay = { exponential = { mean_ms = 20 } }  # on top of the topology
//! drop = 0.01                                 # or: bursts = { good_ms = 1000, bad_ms = 50, drop_in_bad = 0.8 }
//! duplicate = 0.001
//! order = "fifo"                              # or "independent"
//!
//! [network.customer_to_branch]                # requests and replies
//! delay = { constant_ms = 0.2 }
//!
//! [[network.rule]]                            # the last rule that matches wins, property by property
//! from = 1
//! to = 2
//! legs = ["replicate"]
//! drop = 1.0                                  # one way: acks from 1 to 2 still pass
//!
//! [[fault]]
//! kind = "partition"                          # partial one_way ring bridge isolate slow lossy flap pause;
//!                                             # of a branch: crash lose_state slow_disk
//! from_s = 1.0
//! until_s = 1.5
//! groups = [[1], [2, 3]]
//! ```
//!
//! A rule holds from one side to another: a branch such as `1`, `"branches"`, `"customers"`, `{ branches_in = "ue1" }`
//! or `{ customers_in = "ue1" }`; without `from` or `to`, from or to anyone. `both_ways = true` adds the way back, and
//! `legs` are `"request"`, `"reply"`, `"replicate"` and `"ack"`. Bursts may also have `drop_in_good`.
//!
//! | fault | its keys beside `kind`, `from_s` and `until_s` |
//! |---|---|
//! | `partition` | `groups = [[1], [2, 3]]`, every branch in one |
//! | `partial` | `pairs = [[1, 2]]` |
//! | `one_way` | `from = [1]`, `to = [2, 3]` |
//! | `ring` | `order = [1, 2, 3, 4]` |
//! | `bridge` | `left = [1]`, `bridge = 2`, `right = [3]` |
//! | `isolate` | `branch = 1`, `customers = true` to cut these off too |
//! | `slow` | `from`, `to`, `both_ways` as in a rule; `extra`, a delay |
//! | `lossy` | `from`, `to`, `both_ways`; `drop` or `bursts` |
//! | `flap` | `from`, `to`, `both_ways`; `cut_ms`, `open_ms` |
//! | `pause` | `branch = 3` |
//! | `crash`, `lose_state` | `branch = 3`; down meanwhile, and back with its log or without it |
//! | `crashes` | `branch = 3`, `times = 20`, `down_ms = 100`; at random moments |
//! | `slow_disk` | `branch = 3`, `extra_ms = 5` |
//! | `full_disk`, `failing_sync` | `branch = 3` |
//!
//! A delay is one of `{ constant_ms = 1 }`, `{ uniform = { from_ms = 1, to_ms = 2 } }`, `{ normal = { mean_ms = 5,
//! deviation_ms = 1 } }`, `{ log_normal = { median_ms = 5, sigma = 0.5 } }`, `{ exponential = { mean_ms = 5 } }`,
//! `{ pareto = { minimum_ms = 1, shape = 1.5 } }`, `{ mixture = [{ weight = 0.9, delay = {...} }, ...] }` and
//! `{ empirical_ms = [1, 2, 3] }`.
//!
//! | file | holds |
//! |---|---|
//! | `file/` | the tables as written, and the meaning of their keys |
//! | `plan` | all trials of a file: where everything below comes together |
//! | `draft`, `edit` | a file with the values of options and points put over it |
//! | `sweep`, `label`, `order` | points; their names; the order and the seeds of trials |
//! | `scenario` | one trial as it will run |
//! | `cluster`, `guarantee`, `workload` | parts of it |
//! | `network`, `fault`, `convert` | its network; faults; the parts of both rules and faults |
//! | `chart`, `expect` | the pictures that a file asks for, and what it expects |
//! | `theory` | trials that have an answer in closed form |
//! | `schema` | the JSON Schema of the file |
//! | `reference`, `presets` | the keys, and the published round trips, as Markdown |
//! | `invalid`, `source`, `error`, `message` | an invalid value; its place; the error; the parser's messages |
//!
//! Nothing here opens a file, prints, or runs anything.

mod chart;
mod cluster;
mod convert;
mod crashes;
mod draft;
mod driver;
mod edit;
mod error;
mod expect;
mod fault;
mod file;
mod guarantee;
mod invalid;
mod label;
mod message;
mod network;
mod order;
mod plan;
mod presets;
mod reference;
mod scenario;
mod schema;
mod source;
mod sweep;
#[cfg(test)]
mod tests;
mod theory;
mod workload;

pub use driver::{
    Ended, JudgeError, JudgeProgress, JudgedTrial, ManifestError, PerformError, Progress, SavedTrial,
    SummedUp, judge, perform, plan_of, saved, sum_up,
};
pub use error::{SpecError, SpecPlace};
pub use network::read_network;
pub use plan::{Overrides, Plan, Trial, read, scenario_of, trial_of};
pub use reference::reference;
pub use schema::schema;
pub use theory::theory;
