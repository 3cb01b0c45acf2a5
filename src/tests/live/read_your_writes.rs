//! A write at one branch, then at once a read at another, over a replication that takes 20 ms.

use std::time::Duration;

use readback::network::{Leg, constant_delay};
use readback::session::Policy;

use super::bank::{Bank, options, written};
use super::customers::{careless, insisting, look, pay_in};

const ROUNDS: u32 = 30;

/// How many of the reads lacked a write of their own customer, and how many requests had to wait.
struct Seen {
    stale: u32,
    parked: u64,
}

fn write_here_read_there(policy: Policy) -> Seen {
    let network = constant_delay(Leg::Replicate, Duration::from_millis(20));
    let bank = Bank::start(options(3, 1, 0, network));
    bank.live(async {
        let mut customer = bank.customer(policy);
        let mut stale = 0;
        for round in 1..=ROUNDS {
            let (here, there) = (1 + round % 3, 1 + (round + 1) % 3);
            let dot = pay_in(&mut customer, here, 1).await;
            let (balance, witness) = look(&mut customer, there).await;
            let shown = balance == i64::from(round);
            assert!(!shown || witness.contains(dot), "branch {there} shows {dot} and does not name it");
            stale += u32::from(!shown);
        }
        let parked = bank.handles().map(|branch| branch.report().counters.parked).sum();
        bank.settle(&written([&customer])).await;
        Seen { stale, parked }
    })
}

#[test]
fn a_guarded_read_at_another_branch_shows_the_write_before_it() {
    let Seen { stale, parked } = write_here_read_there(insisting());
    assert_eq!(stale, 0, "stale reads of {ROUNDS}");
    assert!(parked > 0, "no read had to wait: the schedule proves nothing");
}

#[test]
fn without_the_guarantee_the_same_reads_are_stale() {
    let Seen { stale, parked } = write_here_read_there(careless());
    assert!(stale > 0, "all {ROUNDS} reads showed the write before them: the schedule proves nothing");
    assert_eq!(parked, 0, "who asks for nothing waits for nothing");
}
