//! What does one step of a branch cost, and does it grow with what the branch holds?
//!
//! The core alone, through its public interface and on one thread: no socket, no clock, no disk. Its log is
//! volatile, so each record is reported as synced as soon as it comes out. A step is a call of
//! `Branch::handle` with everything that follows from it at the branch, until nothing is left to report. Time
//! is virtual: it passes at 100,000 writes a second, and on a heartbeat, when branches let go of writes that
//! all have, the peers say that they have all. So the heartbeats are inside of the figures, spread over ten
//! thousand writes each.
//!
//! | id | one iteration |
//! |---|---|
//! | `query/unguarded` | a query without guarantees is answered |
//! | `query/satisfied` | a query with read-your-writes is answered; its token is dominated |
//! | `deposit` | a deposit is synced, answered and sent to two peers, and their acks are taken in |
//! | `replicate/apply/n` | a peer's run of n writes is logged, applied and acknowledged |
//! | `park/others/n` | a query that misses one write is parked, where n others wait for later writes |
//! | `wake/others/n` | that write arrives and is applied, and the query is answered |
//! | `unawaited/others/n` | the same write where no request waits for it: waking costs the difference |
//! | `vector/dominates/n` | of two vectors of the same n origins one is ahead in every other entry |
//! | `vector/merge/n` | the one that is behind takes the other in |
//! | `token/encode/n`, `token/decode/n` | a token of n branches is put into the bytes of its message, or taken out |
//! | `dedup/recall/n` | a retry of the last write of any of n sessions gets its answer from memory |
//! | `dedup/remember/n` | a new session's first deposit, where n sessions are remembered and there is room |
//! | `dedup/forget/n` | the same where n sessions are as many as there is room for: the oldest is forgotten |
//!
//! **Caveats.** A branch that serves also encodes, locks and makes system calls; `benches/rpc` measures that.
//! Everything is as warm as caches allow, and a figure for one core says nothing of two. What parks and wakes
//! is timed step by step, so each of these figures holds two readings of the clock, some tens of nanoseconds;
//! it cancels out in the difference. The others' dots are scattered, and the one that is woken has the least
//! of all. New sessions have the highest ids, as they do where customers' clocks agree.

mod memory;
mod parking;
mod requests;
mod rig;
mod settings;
mod vectors;

fn main() {
    let mut criterion = settings::criterion();
    requests::bench(&mut criterion);
    parking::bench(&mut criterion);
    vectors::bench(&mut criterion);
    vectors::tokens(&mut criterion);
    memory::bench(&mut criterion);
    criterion.final_summary();
}

/// With `--test`, and without the `--bench` that `cargo bench` gives, each operation is done once: what takes
/// long to fill is left out.
fn scales(all: &[u64]) -> Vec<u64> {
    const QUICK_MAX: u64 = 10_000;
    let given = |flag: &str| std::env::args().any(|argument| argument == flag);
    let is_quick = given("--test") || !given("--bench");
    all.iter().copied().filter(|&scale| !is_quick || scale <= QUICK_MAX).collect()
}
