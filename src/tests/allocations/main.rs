//! How often an operation of the core goes to the allocator, and how many bytes a branch keeps for each thing
//! that it holds.
//!
//! Both are counted by the allocator of this program (`dhat`), so they are the same on every run, and need no
//! quiet machine. Each has a figure, stated here, from which the count may not stray in either direction:
//! where it has become less and the figure stays, the next change that makes it more is not found.
//!
//! * **Allocations** are the mean over a thousand operations, after a hundred that fill what is filled only
//!   once. Growing a block counts as one. A collection that grows makes one now and then, which is in the
//!   mean. What comes from elsewhere (the request, the message of a peer) is made before, and not counted.
//! * **Bytes** are what ten thousand of a kind add to the heap, divided by their number: room that was taken
//!   in advance and is not yet used is in them, what the allocator keeps for itself is not.
//!
//! **Caveats.** This is the profile of tests; the optimizer may take allocations out, and adds none. What the
//! standard library's collections take may change with its release; bytes have a margin for it.
//!
//! | file | what |
//! |---|---|
//! | `operations` | what is counted of an operation |
//! | `kept` | what is counted of what is kept |
//! | `figure` | a count beside its figure |
//!
//! The branches and the customer are those of the bench `instructions`, which counts the same paths.

#[path = "../../../benches/instructions/cluster.rs"]
mod cluster;
#[path = "../../../benches/instructions/customer.rs"]
mod customer;
mod figure;
mod kept;
mod operations;

use std::hint::black_box;
use std::sync::{Mutex, MutexGuard, PoisonError};

use figure::{Figure, assert_all, strays};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// There is one profiler in a process, and what any thread allocates is counted by it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Counts while it lives.
struct Counting {
    _profiler: dhat::Profiler,
    _turn: MutexGuard<'static, ()>,
}

impl Counting {
    fn begin() -> Counting {
        // A test that failed has left nothing behind that another could stumble over.
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        // No assertion asks where a block was allocated.
        let profiler = dhat::Profiler::builder().testing().trim_backtraces(Some(4)).build();
        Counting { _profiler: profiler, _turn: turn }
    }
}

#[test]
fn an_operation_goes_to_the_allocator_as_often_as_is_stated() {
    let _counting = Counting::begin();
    assert_all(&[
        Figure::allocations("query without a token", 0.0, operations::query(0)),
        Figure::allocations("query with a token of 3 origins", 0.0, operations::query(3)),
        Figure::allocations("deposit at one of three branches", 5.0, operations::deposit()),
        Figure::allocations("run of 1 write applied", 4.0, operations::run(1)),
        Figure::allocations("run of 64 writes applied", 8.0, operations::run(64)),
        Figure::allocations("query of a session with 3 origins", 0.0, operations::session(|| {})),
        Figure::allocations("fate of a message", 0.0, operations::fate()),
    ]);
}

#[test]
fn one_allocation_more_per_operation_is_found() {
    let _counting = Counting::begin();
    let plain = operations::session(|| {});
    let longer = operations::session(|| drop(black_box(Box::new(1))));
    assert!(!strays(&Figure::allocations("the same again", plain, operations::session(|| {}))));
    assert!(strays(&Figure::allocations("one more", plain, longer)), "{plain} and {longer}");
}

#[test]
fn what_a_branch_keeps_takes_the_bytes_that_are_stated() {
    let _counting = Counting::begin();
    assert_all(&[
        Figure::bytes("parked request with a token of 3 origins", 674.0, kept::parked()),
        Figure::bytes("remembered session", 123.0, kept::sessions()),
        Figure::bytes("retained write", 158.0, kept::writes(|| {})),
    ]);
}

#[test]
fn a_fifth_more_bytes_is_found() {
    let _counting = Counting::begin();
    let plain = kept::writes(|| {});
    let mut more: Vec<Box<[u8]>> = Vec::with_capacity(kept::COUNT);
    let fifth = plain as usize / 5;
    let larger = kept::writes(|| more.push(vec![0; fifth].into()));
    assert!(strays(&Figure::bytes("a fifth more", plain, larger)), "{plain} and {larger}");
}
