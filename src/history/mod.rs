//! The record of one trial: every event in its order, on disk while the trial runs, and in memory for its judges.
//!
//! A substrate converts what happens into [`Event`]s and hands them to a [`Writer`], in order of their times. A
//! [`Reader`] returns the same events, and [`History::load`] pairs them, once `WellFormed` has found nothing that no
//! recording can contain. From there on nothing needs the cluster.
//!
//! **Format.** Lines of JSON, one object a line, compressed with gzip as one stream, so that
//! `zcat history.jsonl.gz | jq` reads it; a [`Reader`] takes the uncompressed lines, too. After 64 KiB of text or a
//! second, whichever comes first, the stream is flushed: a run that is killed leaves all but that readable.
//!
//! Every line has the key `e`, its kind. `t` and all other times are nanoseconds from the trial's base, spans are
//! nanoseconds, money is minor units. Every kind but `header` has `t`. A dot is `[origin, counter]`. An origin or a
//! session is named once, with an index that counts from 0, and later lines use the index.
//!
//! | kind | key | meaning | present |
//! |---|---|---|---|
//! | `header` | `version` | of the format: 2 | always |
//! | `header` | `trial`, `seed` | the trial's id; the seed, up to 2^64 - 1 | always |
//! | `header` | `substrate` | `live` or `sim` | always |
//! | `header` | `branches` | a list of `branch` (id) and, if it has one, `region` | always |
//! | `header` | `accounts` | what accounts hold at the start, an object of: | always |
//! | | `count` | how many there are; their numbers are from 0 | always |
//! | | `balance` | of each | always |
//! | | `except` | pairs of account and balance, for those that hold something else | if there is any |
//! | `header` | `strategy` | `none` or `wait` | always |
//! | `header` | `guarantees` | a list, of these: | always |
//! | | | `read_your_writes`, `monotonic_reads`, `monotonic_writes`, `writes_follow_reads` | |
//! | `header` | `patience` | by when a session gives an operation up, from its invocation | if known |
//! | `header` | `plan` | the plan, in any form | always |
//! | `origin` | `t`, `o` | the next index, for an origin; `branch` begins a life without state | always |
//! | `origin` | `branch`, `incarnation` | the origin's name; hexadecimal, `start.nonce` | always |
//! | `session` | `t`, `s` | the next index, for a session | always |
//! | `session` | `id` | hexadecimal, `opening.nonce` | always |
//! | `session` | `region` | where the customer is | if known |
//! | `session` | `follows` | the session that it goes on from, an object of: | if it goes on from one |
//! | | `s` | its index | always |
//! | | `token_kept` | whether the new one is owed what the old one was | always |
//! | `invoke` | `t`, `s`, `n` | a session begins its `n`-th operation, counted from 1 | always |
//! | `invoke` | `branch` | which one is asked | always |
//! | `invoke` | `op`, `account` | `deposit`, `withdraw` or `query` | always |
//! | `invoke` | `amount` | 1 to 2^64 - 1 | for a write |
//! | `invoke` | `at` | the intended start | always |
//! | `invoke` | `warm_up` | `true`: no measure counts it | in the warm-up |
//! | `complete` | `t`, `s`, `n` | a session's operation ends | always |
//! | `complete` | `outcome` | `ok`, `fail` (it did not and will not happen) or `info` (unknown) | always |
//! | `complete` | `dot` | the write's name | for a write that is `ok` |
//! | `complete` | `balance` | from -2^63 to 2^63 - 1 | for a query that is `ok` |
//! | `complete` | `witness` | pairs of origin and change since this session's last witness | for a query that is `ok` |
//! | `complete` | `cause`, `text` | a word of [`CauseWord`]; the same for people | unless `ok` |
//! | `complete` | `attempts` | how many were made | always |
//! | `complete` | `parked` | how long the branch held the request | if it did |
//! | `complete` | `answered` | when the branch answered | if known |
//! | `apply` | `t`, `branch` | a branch applied writes, its own or a peer's | always |
//! | `apply` | `o`, `first`, `last` | of an origin, from counter to counter | always |
//! | `sent` | `t`, `from`, `to`, `o`, `first`, `last` | a branch sent a peer a run of an origin's writes | always |
//! | `sent` | `copy` | how often it did before | always |
//! | `sent` | `delays` | as drawn; none: dropped, several: duplicated | always |
//! | `fault` | `t`, `fault`, `edge` | a window of the fault plan, by number, has its `begin` or `end` | always |
//! | `fault` | `kind`, `text` | a stable word; what it does to whom, for people | always |
//! | `fault` | `branch` | the branch whose process it strikes | if it strikes one |
//! | `fault` | `loses_state` | `true`: that branch's log is gone, and a new life begins without it | if it is |
//! | `phase` | `t`, `phase` | reached, at most once each, in this order: | always |
//! | | | `warm_up_over`, `load_over`, `healed`, `drained`, `drain_bound` (the drain was given up) | |
//! | `final` | `t`, `branch`, `applied` | a branch at the end; pairs of origin and counter, in full | always |
//! | `final` | `balances` | pairs of account and balance; the number is text beyond 2^53 | always |
//! | | | an account that is absent holds what it held at the start | |
//! | `refused` | `t`, `s` | an arrival that was never begun: its session's queue was full, or after | always |
//! | | | `load_over`, it had still been waiting in it | |
//! | `refused` | `branch`, `op`, `account`, `at` | as in `invoke` | always |
//! | `refused` | `amount`, `warm_up` | as in `invoke` | as in `invoke` |
//! | `note` | `t`, `text` | anything that a reader should know | always |
//! | `end` | `t`, `lines` | the number of lines, first and last included | always |
//!
//! A witness is a list of changes: by how much each counter rose since the last `witness` of the same session, counters
//! starting at 0. Without a guarantee a counter may fall. The sum of a session's changes up to a line is the full
//! vector.
//!
//! **Invariants.** The header is the first line and the end the last; a history without an end was cut off. Lines
//! are in order of `t`, equal times allowed. A session has at most one operation in flight, numbers count from 1
//! without gaps, and each completion follows its invocation. Every fault ends before `healed`, and where there were
//! faults `healed` comes before the drain's end, unless that is on the instant of `load_over`. A branch applies each
//! write once in each of its lives, without gaps, and its final vector is the sum of its applies. Equal events give
//! equal bytes. A change of any key or meaning is a new version, and a reader refuses versions, kinds and keys that it
//! does not know.
//!
//! **Absent.** No clock, no file, no thread: bytes go to an `io::Write` and come from an `io::BufRead`. Nothing of
//! the protocol either: what a history *means* is for its judges, and a branch's wrong answer is recorded as faithfully
//! as a right one. No acks, since a branch's applies contain more.
//!
//! **Caveats.** A recorder of several threads merges their events first. Since a witness is a change, no line can be
//! removed without spoiling later ones of its session; tools that need full vectors add up the changes.
//! Integers beyond 2^53 are text, since a reader that keeps numbers as floating point loses their low digits; seeds,
//! amounts, balances and integers of the plan reach so far. A witness counts up to 2^63 - 1 writes of an origin.
//!
//! | file | holds |
//! |---|---|
//! | `event`, `operation`, `complete`, `cause` | the events, and the keys of their lines |
//! | `index`, `origins`, `witness` | short names, and vectors by them |
//! | `json` | the JSON form of types that have another serde form elsewhere |
//! | `writer`, `reader` | to and from bytes |
//! | `loaded` | a history in memory, operations paired |
//! | `finding`, `well_formed`, `turns`, `lives` | what no recording can contain |

mod cause;
mod complete;
mod event;
mod finding;
mod index;
mod json;
mod lives;
mod loaded;
mod operation;
mod origins;
mod reader;
#[cfg(test)]
mod testing;
mod turns;
mod well_formed;
mod witness;
mod writer;

pub use cause::{Cause, CauseWord};
pub use complete::{Complete, RecordedOutcome, RecordedSuccess};
pub use event::{
    Apply, Edge, Event, FaultEvent, Final, Follows, Header, HistoryEnd, InitialBalances, Member, Milestone,
    Note, OriginNamed, PhaseEvent, Sent, SessionOpened, Substrate,
};
pub use finding::Finding;
pub use index::{OriginIndex, SessionIndex, ShortDot};
pub use loaded::{At, History, PairedOperation, Unfit};
pub use operation::{Invoke, Refused};
pub use origins::Origins;
pub use reader::{ReadError, Reader};
pub use witness::Witness;
pub use writer::Writer;

/// The version of the format that is written and read here.
pub const VERSION: u32 = 2;
