//! Rules taken out are found out, in few steps.

use readback::model::{Guarantees, Strategy};
use readback::session::Policy;
use stateright::{Checker, Model};

use super::bank::{Bank, OWN_WRITES};
use super::coverage::policy;

/// No control needs more.
const STEPS_MAX: usize = 8;

/// How many steps lead to a state in which the promise does not hold, at the least.
///
/// A walk keeps the last such state that it sees and not the first, so it is taken a step further at a time.
fn steps_to_break(bank: &Bank, promise: &'static str) -> Option<usize> {
    // The first state is at depth 1, and what is at the greatest depth is not looked at.
    let breaks_within = |steps: &usize| {
        let walked = bank.clone().checker().target_max_depth(steps + 2).spawn_bfs().join();
        walked.discovery(promise).is_some()
    };
    (0..=STEPS_MAX).find(breaks_within)
}

#[test]
fn without_the_wait_a_read_is_stale_after_four_steps() {
    let careless = Policy { strategy: Strategy::None, ..policy(Guarantees::READ_YOUR_WRITES) };
    let bank = |policy| Bank::new(2, policy).customer().deposits(&[1]).queries(&[2]);
    assert_eq!(steps_to_break(&bank(policy(Guarantees::READ_YOUR_WRITES)), OWN_WRITES), None);
    // The write arrives, its answer arrives, the read arrives, its answer arrives. The replica hears of it too late.
    assert_eq!(steps_to_break(&bank(careless), OWN_WRITES), Some(4));
}

#[cfg(feature = "mutants")]
mod mutants {
    use readback::model::Mutant;

    use super::super::bank::{Bounds, EXACT, FORWARD, HEALS, ONCE};
    use super::*;

    fn bank(branches: u32, mutant: Option<Mutant>) -> Bank {
        Bank::new(branches, Policy { mutant, ..policy(Guarantees::READ_YOUR_WRITES) }).customer()
    }

    /// A log that can be lost up to its last sync.
    fn crashing(bank: Bank, given_up: u8) -> Bank {
        Bank { durable: true, bounds: Bounds { crashes: 1, given_up, ..Bounds::default() }, ..bank }
    }

    fn monotonic(bank: Bank) -> Bank {
        let guarantees = Guarantees { monotonic_reads: true, ..Guarantees::NONE };
        Bank { policy: Policy { guarantees, ..bank.policy }, ..bank }
    }

    /// A small world in which the mutant shows, and the promise that it breaks.
    fn stage(mutant: Mutant, on: Option<Mutant>) -> Option<(Bank, &'static str)> {
        match mutant {
            Mutant::UnstickAtFirst => {
                Some((bank(3, on).deposits(&[1]).queries(&[2]).queries(&[3]), OWN_WRITES))
            }
            Mutant::TokenNotMerged => {
                Some((bank(3, on).deposits(&[1]).deposits(&[2]).queries(&[3]), OWN_WRITES))
            }
            Mutant::NoMonotonicReads => {
                let looks = bank(2, on).deposits(&[1]).customer().queries(&[1]).queries(&[2]);
                Some((monotonic(looks), FORWARD))
            }
            Mutant::AbsoluteBalances => Some((bank(2, on).deposits(&[1]).customer().deposits(&[2]), EXACT)),
            Mutant::ForgottenDeduplication => Some((crashing(bank(2, on).deposits(&[1]), 1), ONCE)),
            Mutant::CountersUsedTwice => {
                Some((crashing(bank(2, on).deposits(&[1]).customer().deposits(&[1]), 0), EXACT))
            }
            Mutant::AcknowledgedBeforeSynced => Some((crashing(bank(2, on).deposits(&[1]), 0), HEALS)),
            Mutant::AppliedOverGap => Some((bank(2, on).deposits(&[1]).deposits(&[1]), EXACT)),
            Mutant::WakeBeforeApply => Some((bank(2, on).deposits(&[1]).queries(&[2]), OWN_WRITES)),
            // These show after some seconds, many writes, a deadline, or the loss of a whole state.
            Mutant::RetryWithoutToken
            | Mutant::NewClientWithoutToken
            | Mutant::FixedWindow
            | Mutant::LostIncarnationAccepted
            | Mutant::NoTokenOnWrites
            | Mutant::OversizeTokenDropped
            | Mutant::StaleProgress
            | Mutant::WaitersExhaust
            | Mutant::IdsCollide
            | Mutant::TookOverForgotten
            | Mutant::LostThoughHeld => None,
            // And these break no promise that a history shows: a reply, an ack or a snapshot has no reason.
            Mutant::LastOriginWakes | Mutant::ReceivedAcknowledged => None,
        }
    }

    #[test]
    fn mutants_are_found_in_few_steps_and_nothing_without_them() {
        let mut found = Vec::new();
        for mutant in Mutant::ALL {
            if let Some((bank, promise)) = stage(mutant, Some(mutant)) {
                found.push((mutant.name(), steps_to_break(&bank, promise)));
            }
            if let Some((bank, promise)) = stage(mutant, None) {
                assert_eq!(steps_to_break(&bank, promise), None, "without {mutant}");
            }
        }
        let expected = [
            ("unstick-at-first", 7),
            ("no-monotonic-reads", 5),
            ("absolute-balances", 3),
            ("forgotten-deduplication", 7),
            ("counters-used-twice", 6),
            ("acknowledged-before-synced", 3),
            ("applied-over-gap", 4),
            ("wake-before-apply", 5),
            ("token-not-merged", 7),
        ];
        assert_eq!(found, expected.map(|(mutant, steps)| (mutant, Some(steps))));
    }
}
