//! Sequential models: sessions in turn on one store that applies every write at once and names exactly what it holds.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::tape::{SESSIONS, Tape};
use super::{Planned, WORKLOAD, balance, deposit, found, judged};
use crate::checker::read_your_writes::{missing, stale};
use crate::checker::records::Records;
use crate::history::History;
use crate::model::{AccountId, BranchId, Operation};
use crate::results::{BlackBox, Verdict};
use crate::workload::{Family, PlannedWrite, Sequence, Step, Steps};

/// Who is next, and whether an answer to a write gets lost on the way; then whether the write was.
type Turn = (usize, bool, bool);

/// A write that the store holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    planned: Planned,
    branch: u32,
    counter: u64,
    /// Acknowledged to this session.
    owed_to: Option<usize>,
}

#[derive(Debug, Default)]
struct Store {
    held: Vec<Held>,
    counters: BTreeMap<u32, u64>,
}

/// What a run of the model leaves.
struct Run {
    tape: Tape,
    reads: u64,
    /// Reads of an account on which the session has an own acknowledged write.
    reads_of_own: usize,
    /// The spoiled read's last line.
    spoiled: Option<u64>,
}

impl Store {
    fn apply(&mut self, planned: Planned, branch: u32, owed_to: Option<usize>) -> u64 {
        let counter = self.counters.entry(branch).or_default();
        *counter += 1;
        self.held.push(Held { planned, branch, counter: *counter, owed_to });
        *counter
    }

    fn balance(&self, account: AccountId) -> i64 {
        balance(account, &self.planned())
    }

    fn planned(&self) -> Vec<Planned> {
        self.held.iter().map(|held| held.planned).collect()
    }

    fn vector(&self) -> Vec<(u32, u64)> {
        self.counters.iter().map(|(&branch, &counter)| (branch, counter)).collect()
    }

    /// The session's last acknowledged write on the account.
    fn own(&self, account: AccountId, session: usize) -> Option<Held> {
        let is_own = |held: &&Held| held.planned.account == account && held.owed_to == Some(session);
        self.held.iter().rfind(is_own).copied()
    }

    /// The store as it was for whoever has nothing from this write on of its origin.
    fn without(&self, Held { branch, counter, .. }: Held) -> Store {
        let lacks = |held: &&Held| held.branch == branch && held.counter >= counter;
        let held = self.held.iter().filter(|held| !lacks(held)).copied().collect();
        let mut counters = self.counters.clone();
        counters.insert(branch, counter - 1);
        Store { held, counters }
    }
}

/// Plays the workload in these turns, and spoils the read that is the `spoil`-th of the reads of own writes.
fn played(mut tape: Tape, turns: &[Turn], spoil: Option<usize>) -> Run {
    let Sequence::Closed(mut sessions) = WORKLOAD.sequence() else { panic!("the plan is a closed loop") };
    let mut store = Store::default();
    let (mut reads, mut reads_of_own, mut spoiled) = (0, 0, None);
    for &(session, loses_answer, loses_write) in turns {
        let Some(step) = next(&mut sessions, session) else { continue };
        let Step { branch: BranchId(branch), operation, family, .. } = step;
        match operation {
            Operation::Write { kind, account, amount } => {
                let planned = Planned { account, write: PlannedWrite { kind, amount } };
                let hand = tape.session(session).writes(planned, branch);
                if family == Family::Natural && store.balance(account) + planned.delta() < 0 {
                    hand.fails();
                } else if loses_answer {
                    hand.stays_unknown();
                    if !loses_write {
                        store.apply(planned, branch, None);
                    }
                } else {
                    hand.ok(branch, store.apply(planned, branch, Some(session)));
                }
            }
            Operation::Query { account } => {
                let own = store.own(account, session);
                let misses = own.filter(|_| spoil == Some(reads_of_own));
                reads += 1;
                reads_of_own += usize::from(own.is_some());
                let hand = tape.session(session).reads(account, branch);
                match misses {
                    Some(own) => {
                        let before = store.without(own);
                        hand.sees(before.balance(account), &before.vector());
                        spoiled = Some(tape.line());
                    }
                    None => {
                        hand.sees(store.balance(account), &store.vector());
                    }
                }
            }
        }
    }
    tape.settles(&store.vector(), &store.planned());
    Run { tape, reads, reads_of_own, spoiled }
}

fn next(sessions: &mut [Steps], session: usize) -> Option<Step> {
    sessions[session].next()
}

/// Four sessions, of which the third goes on for the first with its token and the fourth for the second without;
/// dots and witnesses are whatever they are given.
fn with_any_witnesses(turns: &[(usize, u32, bool, (u64, u64))]) -> History {
    let write = deposit(Family::Digit, 0, 0);
    let mut tape = Tape::promised();
    tape.follows(0, true);
    tape.follows(1, false);
    for &(session, branch, writes, named) in turns {
        if writes {
            tape.session(session).writes(write, branch).ok(branch, named.0 + 1);
        } else {
            tape.session(session).reads(write.account, branch).sees(0, &[(1, named.0), (2, named.1)]);
        }
    }
    tape.history()
}

fn turns(losses: f64) -> impl Strategy<Value = Vec<Turn>> {
    vec((0..SESSIONS, proptest::bool::weighted(losses), any::<bool>()), 1..100)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn a_sequential_bank_is_accepted_and_every_balance_decided(turns in turns(0.0)) {
        let run = played(Tape::unpromised(), &turns, None);
        let judgement = judged(&run.tape);
        prop_assert_eq!(judgement.verdict, Verdict::Valid, "{:#?}", judgement);
        prop_assert_eq!(judgement.reads_judged, run.reads);
        prop_assert_eq!(judgement.black_box, BlackBox { decided: run.reads, ..BlackBox::default() });
        prop_assert_eq!(judgement.stale_white_box, 0);
        let promised = judged(&played(Tape::promised(), &turns, None).tape);
        let expected = if run.reads == 0 { Verdict::Unknown } else { Verdict::Valid };
        prop_assert_eq!(promised.verdict, expected);
    }

    #[test]
    fn a_sequential_bank_whose_answers_get_lost_is_accepted(turns in turns(0.3)) {
        let run = played(Tape::unpromised(), &turns, None);
        let judgement = judged(&run.tape);
        prop_assert_eq!(judgement.verdict, Verdict::Valid, "{:#?}", judgement);
        let BlackBox { decided, undecided, .. } = judgement.black_box;
        let expected = BlackBox { decided, undecided, ..BlackBox::default() };
        prop_assert_eq!(judgement.black_box, expected);
        prop_assert_eq!(decided + undecided, run.reads);
    }

    #[test]
    fn the_sweep_finds_a_read_stale_if_and_only_if_an_owed_write_is_missing(
        turns in vec((0..4_usize, 1..=2_u32, any::<bool>(), (0..6_u64, 0..6_u64)), 1..40)
    ) {
        let history = with_any_witnesses(&turns);
        let records = Records::of(&history);
        let expected: Vec<bool> =
            records.reads.iter().map(|read| missing(&records, read).next().is_some()).collect();
        prop_assert_eq!(stale(&records), expected);
    }

    #[test]
    fn one_read_without_an_own_write_is_found_by_both_boxes(turns in turns(0.0), which: prop::sample::Index) {
        let whole = played(Tape::unpromised(), &turns, None);
        prop_assume!(whole.reads_of_own > 0);
        let spoil = Some(which.index(whole.reads_of_own));
        for (tape, verdict) in [
            (Tape::promised(), Verdict::Violated), (Tape::unpromised(), Verdict::Valid)
        ] {
            let run = played(tape, &turns, spoil);
            let judgement = judged(&run.tape);
            prop_assert_eq!(judgement.verdict, verdict, "{:#?}", judgement);
            prop_assert_eq!(judgement.stale_white_box, 1);
            let expected = BlackBox { decided: run.reads, stale: 1, ..BlackBox::default() };
            prop_assert_eq!(judgement.black_box, expected);
            let found = found(&judgement);
            prop_assert_eq!(found.len(), usize::from(verdict == Verdict::Violated));
            for (kind, lines) in found {
                prop_assert_eq!((kind, lines.last().copied()), ("read_your_writes", run.spoiled));
            }
        }
    }
}
