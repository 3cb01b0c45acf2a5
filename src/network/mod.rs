//! The fate of each message on the network, decided apart from its application.
//!
//! A [`Network`] is asked once for every message on every leg, with the message's identity, and answers with
//! a [`Fate`]: dropped, or delivered after one delay or several. The substrate applies it: the
//! receiver holds a message until its send time plus the drawn delay, so that transport time is inside the
//! delay. A closure is a network too, which is how tests cut links; a [`PlannedNetwork`] is the one that
//! experiments run.
//!
//! ```text
//!   NetworkPlan                 PlannedNetwork (plan, seed, start)            Fate
//!     topology, placement         matching rules -> policy   \
//!     rules             check     open windows  -> effects    >  lost?  delay  copy?  order
//!     fault windows    ------>    hash of the message -> draws /
//! ```
//!
//! # How a fate is made
//!
//! 1. The **policy**: all rules that match link and leg, the last one winning, property by property
//!    (`rule`).
//! 2. The **effects** of all fault windows that are open when the message is sent (`fault`).
//! 3. Lost, if a window cuts the link, or if the policy's loss or a window's takes the message. A lost
//!    message has no copy.
//! 4. Delayed: half the published round trip between the regions of both ends (`topology`), plus a draw of
//!    the policy's distribution, plus one of each window that slows the link.
//! 5. Copied, with the policy's probability; the copy draws its delays again.
//! 6. Under [`Order::Fifo`], held back until what was sent before on the same link is due.
//!
//! # Draws
//!
//! Every random number is a hash of the seed and a name, never the next one of a stream: for a message,
//! purpose, link, leg and identity (`key` has the bytes). So the same message meets the same
//! fate whatever else is sent; a rule or a window that is taken out leaves all other draws as they were; and
//! a baseline and the guarantee meet the same network. Delays are drawn by inversion (`distribution`), so
//! that a law that is changed a little changes each delay a little. Bursts are a function of time from a seed
//! of their own, found without knowing the past (`loss`).
//!
//! All arithmetic is IEEE 754's basic operations and the crate `libm`, never the platform's `exp` or `ln`;
//! results are whole nanoseconds. So a seed means the same on every machine, and a golden test of a few draws
//! says if it ever does not.
//!
//! # Invariants
//!
//! * A fate is a function of plan, seed and message; under `fifo`, also of what was asked before on that
//!   link.
//! * No delay is negative, and nothing is drawn that [`Distribution::quantile`] does not return.
//! * Every check is made once, by [`NetworkPlan::check`]; a plan that passes has a fate for every message.
//! * Fault windows lie within the trial, so that all of them heal.
//!
//! # Absent, and caveats
//!
//! No clock, no socket, no thread, no branch's code. Bandwidth and queues are not modelled: a message delays
//! no other but through `fifo`. Nothing is retransmitted here: under `fifo` a lost message leaves a gap that
//! TCP would have filled late. A cut, like every window, is judged by the send time; what is under way when
//! it begins arrives. The pause of a branch is on the timetable because it belongs there, but the
//! substrate makes it ([`PlannedNetwork::pauses`]); crashes and slow disks are no business of the
//! network. In `live` session ids and incarnations differ in every run, so what two runs share there
//! is the distributions, not the draws.
//!
//! | file | content |
//! |---|---|
//! | `message_info`, `fate` | the question and the answer; the simplest networks |
//! | `plan`, `plan_error`, `fault_check` | one trial's network as data, and its errors |
//! | `planned`, `fate_evaluation` | that network at work: one message through all that acts on it |
//! | `base_delays`, `fifo_links` | the topology's share of delays; the state of links that keep order |
//! | `rule`, `region`, `topology` | rules and the links they match; published tables of round trips |
//! | `fault`, `fault_display` | faults and their windows, and their texts |
//! | `distribution`, `family`, `normal` | laws of delays |
//! | `loss`, `probability` | independent loss and bursts |
//! | `key` | the name of a random number, and the number |
//! | `injection_error` | actual minus intended delivery time |

mod base_delays;
mod distribution;
mod family;
mod fate;
mod fate_evaluation;
mod fault;
mod fault_check;
mod fault_display;
mod fifo_links;
mod injection_error;
mod key;
mod loss;
mod message_info;
mod normal;
mod plan;
mod plan_error;
mod planned;
mod probability;
mod region;
mod rule;
#[cfg(test)]
mod tests;
mod topology;

pub use distribution::{Distribution, DistributionError};
pub use fate::{Fate, Network, constant_delay, perfect};
pub use fault::{Fault, FaultKind, FaultWindow};
pub use injection_error::InjectionError;
pub use loss::{Bursts, BurstsError, Loss};
pub use message_info::{Endpoint, Identity, Leg, Link, MessageInfo};
pub use plan::NetworkPlan;
pub use plan_error::{NetworkPlanError, NetworkProblem};
pub use planned::{PlannedNetwork, PlannedPause};
pub use probability::{Probability, ProbabilityError};
pub use region::{Placement, Region};
pub use rule::{Order, Route, RouteEnd, Rule};
pub use topology::{Topology, TopologyError};
