//! The project's vocabulary as plain data: ids, time, money, operations, version vectors, tokens.
//!
//! Every room above uses these types, so that a dot means the same in the protocol, on the wire and in a
//! history. Nothing here does I/O, reads a clock or draws a random number; every map is ordered, so that equal
//! inputs give equal bytes.
//!
//! | file | types |
//! |---|---|
//! | `ids` | branch, session, account, incarnation, origin, dot, request id |
//! | `time` | [`Time`], nanoseconds from a base that the caller chose |
//! | `money` | [`Amount`], [`Operation`] |
//! | `version` | [`VersionVector`]: per origin, how many of its writes are applied, without gaps |
//! | `guarantee` | [`SessionToken`], [`Guarantees`] (Terry's four), [`Strategy`] |
//! | `request` | [`Request`], and every way in which a branch answers it |
//! | `outcome` | [`Outcome`]: how an operation ended |
//! | `write` | [`Write`], as it is logged and replicated |
//! | `record` | [`Record`], an entry of a branch's log; [`Snapshot`], a branch's state at one vector; [`Checkpoint`] |
//! | [`wide_integer`] | integers in JSON that may lie beyond 2^53 |
//! | `mutant` | the protocol's mutants, under the feature `mutants` |

mod guarantee;
mod ids;
mod money;
mod mutant;
mod outcome;
mod record;
mod request;
mod time;
mod version;
pub mod wide_integer;
mod write;

pub use guarantee::{Guarantees, Needs, SessionToken, Strategy};
pub use ids::{AccountId, BranchId, Dot, Incarnation, Origin, RequestId, SessionId};
pub use money::{Amount, Operation, WriteKind};
pub(crate) use mutant::mutated;
#[cfg(feature = "mutants")]
pub use mutant::{Mutant, MutantInfo};
pub use outcome::{Outcome, Success};
pub use record::{Checkpoint, Record, Snapshot};
pub use request::{Answer, Greeting, NotServing, Refusal, Reply, Request, RequestError};
pub use time::Time;
pub use version::VersionVector;
pub use write::{Write, WriteRange};
