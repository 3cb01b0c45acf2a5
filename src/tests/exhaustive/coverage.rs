//! The bounds that are walked to their end, and what was found.

use std::time::Duration;

use readback::model::{Guarantees, Strategy};
use readback::session::Policy;
use stateright::{Checker, Expectation, Model};

use super::bank::{Bank, Bounds, Sometimes};

const NOTHING_GOES_WRONG: Bounds = Bounds { losses: 0, copies: 0, timeouts: 0, given_up: 0, crashes: 0 };

/// Customers who wait as long as it takes, and try twice.
pub fn policy(guarantees: Guarantees) -> Policy {
    Policy {
        strategy: Strategy::Wait,
        guarantees,
        max_wait: Duration::from_secs(60),
        backoff_initial: Duration::ZERO,
        backoff_max: Duration::ZERO,
        attempts_max: 2,
        ..Policy::default()
    }
}

fn bank(branches: u32) -> Bank {
    Bank::new(branches, policy(Guarantees::READ_YOUR_WRITES))
}

/// Walks all states. Returns how many there are and how many lie on the longest way, if every promise holds and all
/// that must be reached is.
fn walk(bank: Bank) -> (usize, usize) {
    // A walk ends early only by a cap, of which there is none, or when each property is decided, and an `always` that
    // holds never is. So its end means that there is nothing new.
    let walked = bank.checker().spawn_bfs().join();
    let discoveries = walked.discoveries();
    for property in walked.model().properties() {
        let discovery = discoveries.get(property.name);
        match property.expectation {
            Expectation::Always | Expectation::Eventually => {
                assert!(discovery.is_none(), "not {}: {discovery:#?}", property.name);
            }
            Expectation::Sometimes => assert!(discovery.is_some(), "never {}", property.name),
        }
    }
    (walked.unique_state_count(), walked.max_depth())
}

#[test]
fn a_lost_message_a_timeout_and_a_second_attempt() {
    let bank = Bank {
        bounds: Bounds { losses: 1, timeouts: 1, given_up: 1, ..NOTHING_GOES_WRONG },
        sometimes: &[Sometimes::Parked, Sometimes::CopyAnswered, Sometimes::Retransmitted],
        ..bank(2).customer().deposits(&[1]).queries(&[1, 2])
    };
    assert_eq!(walk(bank), (11_098, 15));
}

#[test]
fn a_message_that_comes_twice_a_timeout_and_a_second_attempt() {
    let bank = Bank {
        bounds: Bounds { copies: 1, timeouts: 1, given_up: 1, ..NOTHING_GOES_WRONG },
        sometimes: &[Sometimes::Parked, Sometimes::CopyAnswered, Sometimes::DuplicateRun],
        ..bank(2).customer().deposits(&[1]).queries(&[1, 2])
    };
    assert_eq!(walk(bank), (56_536, 17));
}

#[test]
fn two_customers_who_cross_a_lost_message_and_one_that_comes_twice() {
    let bank = Bank {
        bounds: Bounds { losses: 1, copies: 1, ..NOTHING_GOES_WRONG },
        sometimes: &[Sometimes::Parked, Sometimes::DuplicateRun],
        ..bank(2).customer().deposits(&[1]).queries(&[2]).customer().deposits(&[2]).queries(&[1])
    };
    assert_eq!(walk(bank), (56_818, 15));
}

#[test]
fn two_writes_that_overtake_each_other() {
    let bank = Bank {
        bounds: Bounds { losses: 1, timeouts: 1, ..NOTHING_GOES_WRONG },
        sometimes: &[Sometimes::Parked, Sometimes::GapHeld, Sometimes::Retransmitted],
        ..bank(2).customer().deposits(&[1]).deposits(&[1]).queries(&[2])
    };
    assert_eq!(walk(bank), (20_890, 17));
}

#[test]
fn three_branches_a_lost_message_and_one_that_comes_twice() {
    let bank = Bank {
        bounds: Bounds { losses: 1, copies: 1, ..NOTHING_GOES_WRONG },
        sometimes: &[Sometimes::Parked, Sometimes::DuplicateRun],
        ..bank(3).customer().deposits(&[1, 2]).queries(&[2, 3])
    };
    assert_eq!(walk(bank), (5_640, 13));
}

#[test]
fn three_branches_and_a_cut_that_one_of_them_bridges() {
    let bank = Bank {
        bounds: Bounds { timeouts: 2, ..NOTHING_GOES_WRONG },
        cut: &[(1, 3)],
        sometimes: &[Sometimes::Parked, Sometimes::Relayed],
        ..bank(3).customer().deposits(&[1]).queries(&[3])
    };
    assert_eq!(walk(bank), (1_796, 16));
}

#[test]
fn a_crash_at_any_moment_and_a_second_attempt() {
    let bank = Bank {
        durable: true,
        bounds: Bounds { given_up: 1, crashes: 1, ..NOTHING_GOES_WRONG },
        sometimes: &[
            Sometimes::Parked,
            Sometimes::CopyAnswered,
            Sometimes::AcceptedAndTaken,
            Sometimes::RecoveredWhilePeersPark,
        ],
        ..bank(2).customer().deposits(&[1]).queries(&[2])
    };
    assert_eq!(walk(bank), (123_835, 20));
}

#[test]
fn a_write_that_is_given_up_ends_unknown() {
    let bank = Bank {
        bounds: Bounds { losses: 1, given_up: 2, ..NOTHING_GOES_WRONG },
        sometimes: &[Sometimes::EndsUnknown, Sometimes::CopyAnswered],
        ..bank(2).customer().deposits(&[1]).queries(&[2])
    };
    assert_eq!(walk(bank), (1_329, 13));
}

#[test]
fn all_four_guarantees_for_one_who_writes_and_one_who_looks() {
    let all = Bank::new(2, policy(Guarantees::ALL));
    let bank = Bank {
        bounds: Bounds { copies: 1, ..NOTHING_GOES_WRONG },
        sometimes: &[Sometimes::Parked, Sometimes::DuplicateRun],
        ..all
            .customer()
            .deposits(&[1])
            .withdraws(&[2])
            .queries(&[1])
            .customer()
            .queries(&[1, 2])
            .queries(&[1, 2])
    };
    assert_eq!(walk(bank), (54_227, 19));
}
