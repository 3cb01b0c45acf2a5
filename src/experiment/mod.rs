//! Files in which an experiment is written, and what they make.
//!
//! Two types for every configuration: what was written, a mirror of the TOML, and what will run, plain data that has
//! passed every check. All checks are made at that border and none after it. What is wrong is told with the line, the
//! key and a remedy; an unknown key names the known one that is nearest.
//!
//! Today the room holds the network alone: the tables `[network]` and `[[fault]]`, which [`read_network`] turns into a
//! [`NetworkPlan`](crate::network::NetworkPlan) for `readback serve --network`.
//!
//! ```toml
//! [network]
//! topology = "aws-2020"                       # a preset; half its round trip is the floor of every delay
//! regions = { 1 = "ue1", 2 = "ew1", 3 = "an1" }
//! customers_in = "ue1"
//!
//! [network.between_branches]                  # runs and acks
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
//! kind = "partition"                          # partial one_way ring bridge isolate slow lossy flap pause
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
//!
//! A delay is one of `{ constant_ms = 1 }`, `{ uniform = { from_ms = 1, to_ms = 2 } }`, `{ normal = { mean_ms = 5,
//! deviation_ms = 1 } }`, `{ log_normal = { median_ms = 5, sigma = 0.5 } }`, `{ exponential = { mean_ms = 5 } }`,
//! `{ pareto = { minimum_ms = 1, shape = 1.5 } }`, `{ mixture = [{ weight = 0.9, delay = {...} }, ...] }` and
//! `{ empirical_ms = [1, 2, 3] }`.
//!
//! | file | what |
//! |---|---|
//! | `written` | the tables as written |
//! | `network` | the network as it will run |
//! | `fault` | fault windows as they will run |
//! | `parts` | what rules and faults are both made of |
//! | `problem` | what is wrong with a file, and where |
//!
//! Nothing here opens a file, prints, or runs anything.

mod fault;
mod network;
mod parts;
mod problem;
mod written;

pub use network::read_network;
pub use problem::SpecError;
