//! Whole clusters over real gRPC, in real time: what the protocol promises, seen by customers.
//!
//! Each test starts its branches on ports that the system picks, lets customers roam, and holds what they saw
//! against what they did. Beside each promise is its negative control: the same schedule without the guarantee,
//! or without the helper, shows what the promise rules out, else the test would prove nothing.
//!
//! Nothing waits for a while and hopes. A test waits for a write by a read whose token names it, for anything else by
//! looking at it, bounded in number; and each test as a whole is bounded, so that a hang is a failure. No test says how
//! long anything took.
//!
//! | file | what it shows |
//! |---|---|
//! | `crowd` | many customers at once, on both branches: no customer waits for ever, every balance is right |
//! | `read_your_writes` | a read at another branch shows the writes before it, however slow replication is |
//! | `guarantees` | the other three of Terry's four, over a network that reorders |
//! | `token` | a session's token stays as small as the cluster, whatever was written |
//! | `partition` | a cut link is bridged by a third branch; an isolated branch says what it lacks |
//! | `pause` | a frozen branch loses nothing and repeats nothing |
//! | `retry` | lost requests and replies: once, or unknown |
//! | `lossy` | duplicated and dropped messages on every leg |
//! | `membership` | branches that start in any order, go, and come back without their state |
//! | `durable` | a log on disk: what was acknowledged is there again, what cannot be made durable is not acknowledged |
//! | `connection` | a client's connection, shared by its clones, and replaced when it has ended |
//! | `grpc` | health, reflection, and the exact error of a request that cannot be answered |
//! | `bank`, `customers`, `network` | the cluster under test, what customers do, and what the network does to them |

mod bank;
mod connection;
mod crowd;
mod customers;
mod durable;
mod grpc;
mod guarantees;
mod lossy;
mod membership;
mod network;
mod partition;
mod pause;
mod read_your_writes;
mod retry;
mod token;
mod trial;
