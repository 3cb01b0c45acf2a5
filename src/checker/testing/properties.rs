//! Sequential models: sessions in turn on one store that applies every write at once and names exactly what it holds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::history_builder::{HistoryBuilder, SESSIONS};
use super::{Planned, WORKLOAD, balance, deposit, found, judge, judged, whole};
use crate::checker::judge_while;
use crate::checker::order;
use crate::checker::proof::misses;
use crate::checker::records::Records;
use crate::checker::vector::{Rows, covers, spread};
use crate::checker::witness_pass::WitnessPass;
use crate::checker::write_index::WriteIndex;
use crate::history::{Apply, At, History};
use crate::model::{AccountId, BranchId, Operation};
use crate::results::{BlackBoxCounts, BreachCounts, Judgement, Verdict};
use crate::workload::{AccountFamily, PlannedWrite, Sequence, Step, Steps};

/// Who is next, and whether an answer to a write gets lost on the way; then whether the write was.
type ModelTurn = (usize, bool, bool);

/// A write that the store holds.
#[derive(Debug, Clone, Copy)]
struct StoredWrite {
    planned: Planned,
    branch: u32,
    counter: u64,
    /// Acknowledged to this session.
    owed_to: Option<usize>,
}

#[derive(Debug, Default)]
struct ModelStore {
    held: Vec<StoredWrite>,
    counters: BTreeMap<u32, u64>,
}

/// Kinds of violations of the four.
const GUARANTEES: [&str; 4] =
    ["read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads"];

/// What a run of the model leaves.
struct ModelRun {
    builder: HistoryBuilder,
    reads: u64,
    /// Reads of an account on which the session has an own acknowledged write.
    reads_of_own: usize,
    /// The spoiled read's last line.
    spoiled: Option<u64>,
}

impl ModelStore {
    /// Both branches have it at once.
    fn apply(&mut self, planned: Planned, branch: u32, owed_to: Option<usize>) -> u64 {
        let counter = self.counters.entry(branch).or_default();
        *counter += 1;
        self.held.push(StoredWrite { planned, branch, counter: *counter, owed_to });
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
    fn own(&self, account: AccountId, session: usize) -> Option<StoredWrite> {
        let is_own = |held: &&StoredWrite| held.planned.account == account && held.owed_to == Some(session);
        self.held.iter().rfind(is_own).copied()
    }

    /// The store without this write and all later ones of its origin.
    fn without(&self, StoredWrite { branch, counter, .. }: StoredWrite) -> ModelStore {
        let lacks = |held: &&StoredWrite| held.branch == branch && held.counter >= counter;
        let held = self.held.iter().filter(|held| !lacks(held)).copied().collect();
        let mut counters = self.counters.clone();
        counters.insert(branch, counter - 1);
        ModelStore { held, counters }
    }
}

/// Plays the workload in these turns, and spoils the read that is the `spoil`-th of the reads of own writes.
fn played(mut builder: HistoryBuilder, turns: &[ModelTurn], spoil: Option<usize>) -> ModelRun {
    let Sequence::Closed(mut sessions) = WORKLOAD.sequence() else { panic!("the plan is a closed loop") };
    let mut store = ModelStore::default();
    let (mut reads, mut reads_of_own, mut spoiled) = (0, 0, None);
    for &(session, loses_answer, loses_write) in turns {
        let Some(step) = next(&mut sessions, session) else { continue };
        let Step { branch: BranchId(branch), operation, family, .. } = step;
        match operation {
            Operation::Write { kind, account, amount } => {
                let planned = Planned { account, write: PlannedWrite { kind, amount } };
                let hand = builder.session(session).writes(planned, branch);
                if family == AccountFamily::Natural && store.balance(account) + planned.delta() < 0 {
                    hand.fails();
                } else if loses_answer {
                    hand.stays_unknown();
                    if !loses_write {
                        store.apply(planned, branch, None);
                    }
                } else {
                    let counter = store.apply(planned, branch, Some(session));
                    builder.applies(branch, branch, counter);
                    builder.session(session).ok(branch, counter);
                }
                let last = store.counters.get(&branch).copied().unwrap_or_default();
                [1, 2].into_iter().for_each(|place| builder.applies(place, branch, last));
            }
            Operation::Query { account } => {
                let own = store.own(account, session);
                let misses = own.filter(|_| spoil == Some(reads_of_own));
                reads += 1;
                reads_of_own += usize::from(own.is_some());
                let hand = builder.session(session).reads(account, branch);
                match misses {
                    Some(own) => {
                        let before = store.without(own);
                        hand.sees(before.balance(account), &before.vector());
                        spoiled = Some(builder.line());
                    }
                    None => {
                        hand.sees(store.balance(account), &store.vector());
                    }
                }
            }
        }
    }
    builder.settles(&store.vector(), &store.planned());
    ModelRun { builder, reads, reads_of_own, spoiled }
}

/// A run of so many turns in which nothing gets lost, with something else on the builder before it ends.
pub(super) fn sequential(
    builder: HistoryBuilder,
    turns: usize,
    beside: impl FnOnce(&mut HistoryBuilder),
) -> HistoryBuilder {
    let turns: Vec<ModelTurn> = (0..turns).map(|turn| (turn * turn % 7 % SESSIONS, false, false)).collect();
    let mut builder = builder;
    beside(&mut builder);
    played(builder, &turns, None).builder
}

fn next(sessions: &mut [Steps], session: usize) -> Option<Step> {
    sessions[session].next()
}

/// A session acts at a branch, with these counters.
type AnyTurn = (usize, u32, Act, (u64, u64));

#[derive(Debug, Clone, Copy)]
enum Act {
    Write,
    Read,
    /// Whichever it is, the branch applies so many more.
    Apply,
}

fn any_turns() -> impl Strategy<Value = Vec<AnyTurn>> {
    let act = prop_oneof![Just(Act::Write), Just(Act::Read), Just(Act::Apply)];
    vec((0..4_usize, 1..=2_u32, act, (0..6_u64, 0..6_u64)), 1..60)
}

/// Four sessions, of which the third goes on for the first with its token and the fourth for the second without;
/// dots, witnesses and applications are whatever they are given.
fn with_anything(turns: &[AnyTurn]) -> History {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder.follows(0, true);
    builder.follows(1, false);
    let mut applied: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for &(session, branch, act, named) in turns {
        match act {
            Act::Write => {
                builder.session(session).writes(write, branch).ok(branch, named.0 + 1);
            }
            Act::Read => {
                let hand = builder.session(session).reads(write.account, branch);
                hand.sees(0, &[(1, named.0), (2, named.1)]);
            }
            Act::Apply => {
                let origin = 1 + session as u32 % 2;
                let last = applied.entry((branch, origin)).or_default();
                *last += named.0;
                builder.applies(branch, origin, *last);
            }
        }
    }
    builder.history()
}

/// Several things happen at each time.
fn at_common_times(history: &mut History) {
    history.applies.iter_mut().for_each(|apply| apply.event.t.0 /= 8_000_000);
}

/// A line for each write. All have the place of the one line, since that is what the order goes by.
fn divided(apply: &At<Apply>) -> Vec<At<Apply>> {
    let Apply { first, last, .. } = apply.event;
    let single = |counter| At { event: Apply { first: counter, last: counter, ..apply.event }, ..*apply };
    (first..=last).map(single).collect()
}

fn without_lines(mut judgement: Judgement) -> Judgement {
    judgement.violations.iter_mut().for_each(|violation| violation.lines.clear());
    judgement
}

/// What comes too early, one by one: line of the application and index of the write, and indices of reads.
fn too_early(history: &History, records: &Records, after: &Rows) -> (Vec<(u64, usize)>, Vec<usize>) {
    let named = |vector: &[u64], from: &[u64]| -> Vec<usize> {
        let writes = records.writes.iter().enumerate();
        let named = writes.filter(|(index, write)| {
            let (_, dot) = write.acknowledged().expect("every write here is acknowledged");
            let is_new = (from[dot.0.at()] + 1..=vector[dot.0.at()]).contains(&dot.1);
            is_new && !covers(vector, after.row(*index))
        });
        named.map(|(index, _)| index).collect()
    };
    let mut branches: BTreeMap<BranchId, Vec<u64>> = BTreeMap::new();
    let mut applied = Vec::new();
    for at_once in history.applies.chunk_by(|one, two| one.line == two.line) {
        let vector = branches.entry(at_once[0].event.branch).or_insert_with(|| vec![0; 2]);
        let before = vector.clone();
        at_once.iter().for_each(|apply| vector[apply.event.origin.at()] = apply.event.last);
        applied.extend(named(vector, &before).into_iter().map(|index| (at_once[0].line, index)));
    }
    let shows = |index: &usize| {
        let mut witness = vec![0; 2];
        spread(records.reads[*index].witness, &mut witness);
        !named(&witness, &[0, 0]).is_empty()
    };
    applied.sort_unstable();
    (applied, (0..records.reads.len()).filter(shows).collect())
}

/// Pairs of neighbours among the second branch's applications that belong to consecutive writes of one session, at
/// different branches.
fn swappable(builder: &HistoryBuilder) -> Vec<(usize, usize)> {
    let history = builder.history();
    let records = Records::of(&history);
    let names = WriteIndex::of(&records);
    let write =
        |apply: &Apply| names.find(apply.origin.dot(apply.last)).map(|index| records.writes[index].by);
    let second: Vec<_> = history.applies.iter().filter(|apply| apply.event.branch == BranchId(2)).collect();
    let is_swappable = |pair: &&[&At<Apply>]| {
        let [one, two] = [&pair[0].event, &pair[1].event];
        one.origin != two.origin && write(one).is_some() && write(one) == write(two)
    };
    let place = |apply: &At<Apply>| apply.line as usize - 1;
    second.windows(2).filter(is_swappable).map(|pair| (place(pair[0]), place(pair[1]))).collect()
}

fn turns(losses: f64) -> impl Strategy<Value = Vec<ModelTurn>> {
    vec((0..SESSIONS, proptest::bool::weighted(losses), any::<bool>()), 1..100)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn a_sequential_bank_is_accepted_and_every_balance_decided(turns in turns(0.0)) {
        let run = played(HistoryBuilder::unpromised(), &turns, None);
        let judgement = judged(&run.builder);
        prop_assert_eq!(judgement.verdict, Verdict::Valid, "{:#?}", judgement);
        prop_assert_eq!(judgement.reads_judged, run.reads);
        prop_assert_eq!(judgement.black_box, BlackBoxCounts { decided: run.reads, ..BlackBoxCounts::default() });
        prop_assert_eq!(judgement.stale_white_box, 0);
        let quiet = BreachCounts::default();
        prop_assert_eq!(judgement.monotonic_reads, quiet);
        prop_assert_eq!((judgement.monotonic_writes, judgement.writes_follow_reads), (quiet, quiet));
        let expected = if run.reads == 0 { Verdict::Unknown } else { Verdict::Valid };
        for builder in [HistoryBuilder::promised(), HistoryBuilder::all_promised()] {
            let promised = judged(&played(builder, &turns, None).builder);
            prop_assert_eq!(promised.verdict, expected, "{:#?}", promised);
        }
    }

    #[test]
    fn a_sequential_bank_whose_answers_get_lost_is_accepted(turns in turns(0.3)) {
        let run = played(HistoryBuilder::unpromised(), &turns, None);
        let judgement = judged(&run.builder);
        prop_assert_eq!(judgement.verdict, Verdict::Valid, "{:#?}", judgement);
        let BlackBoxCounts { decided, undecided, .. } = judgement.black_box;
        let expected = BlackBoxCounts { decided, undecided, ..BlackBoxCounts::default() };
        prop_assert_eq!(judgement.black_box, expected);
        prop_assert_eq!(decided + undecided, run.reads);
    }

    #[test]
    fn the_chain_finds_all_that_is_too_early_and_nothing_else(turns in any_turns()) {
        let history = with_anything(&turns);
        let records = Records::of(&history);
        let (names, sweep) =
            (WriteIndex::of(&records), whole(|watch| WitnessPass::over(&records, watch)));
        for after in [&sweep.own, &sweep.seen] {
            let order = whole(|watch| order::judge(&history, &records, &names, after, watch));
            let mut applied: Vec<(u64, usize)> =
                order.applied.iter().map(|applied| (applied.apply.line, applied.gap.write)).collect();
            applied.sort_unstable();
            let shown: Vec<usize> = order.shown.keys().copied().collect();
            prop_assert_eq!((applied, shown), too_early(&history, &records, after));
        }
    }

    #[test]
    fn a_caller_may_break_off_at_any_operation_of_any_pass(
        turns in turns(0.0), which: prop::sample::Index
    ) {
        let history = played(HistoryBuilder::all_promised(), &turns, None).builder.history();
        let mut steps = 0;
        let whole = judge_while(&history, WORKLOAD.accounts(), &mut || {
            steps += 1;
            ControlFlow::Continue(())
        });
        prop_assert_eq!(whole, ControlFlow::Continue(judge(&history, WORKLOAD.accounts())));
        // The witnesses, the two orders of applications and of witnesses, the balances, and the reads.
        let reads = history.operations.iter().filter(|operation| !operation.invoke.event.operation.is_write());
        let (reads, applies) = (reads.count(), history.applies.len());
        prop_assert!(steps >= 2 * history.operations.len() + 2 * applies + 4 * reads, "{}", steps);
        let (last, mut step) = (which.index(steps) + 1, 0);
        let broken = judge_while(&history, WORKLOAD.accounts(), &mut || {
            step += 1;
            if step == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        prop_assert_eq!((broken, step), (ControlFlow::Break(()), last));
    }

    #[test]
    fn the_sweep_finds_a_read_stale_if_and_only_if_an_owed_write_is_missing(turns in any_turns()) {
        let history = with_anything(&turns);
        let records = Records::of(&history);
        let expected: Vec<bool> =
            records.reads.iter().map(|read| misses(&records, read).next().is_some()).collect();
        prop_assert_eq!(whole(|watch| WitnessPass::over(&records, watch)).stale, expected);
    }

    #[test]
    fn how_a_branch_s_applications_are_divided_into_lines_changes_no_figure(turns in any_turns()) {
        let mut one_by_one = with_anything(&turns);
        at_common_times(&mut one_by_one);
        let at_once = judge(&one_by_one, WORKLOAD.accounts());
        one_by_one.applies = one_by_one.applies.iter().flat_map(divided).collect();
        let divided = judge(&one_by_one, WORKLOAD.accounts());
        prop_assert_eq!(without_lines(divided), without_lines(at_once));
    }

    #[test]
    fn one_read_that_misses_what_it_is_owed_is_found_under_whatever_promises_it(
        turns in turns(0.0), which: prop::sample::Index
    ) {
        let whole = played(HistoryBuilder::all_promised(), &turns, None);
        prop_assume!(whole.reads_of_own > 0);
        let run = played(HistoryBuilder::all_promised(), &turns, Some(which.index(whole.reads_of_own)));
        let judgement = judged(&run.builder);
        prop_assert_eq!(judgement.verdict, Verdict::Violated, "{:#?}", judgement);
        let BreachCounts { witnesses, balances, .. } = judgement.monotonic_reads;
        // What the balance lost the witness lost too, and perhaps more of other accounts. The branch has all of it.
        prop_assert!(balances <= witnesses && witnesses <= 1);
        for (kind, lines) in found(&judgement) {
            prop_assert!(kind == "witness_state_mismatch" || GUARANTEES.contains(&kind), "{}", kind);
            prop_assert_eq!(lines.last().copied(), run.spoiled, "{}", kind);
        }
    }

    #[test]
    fn one_write_that_a_branch_applies_after_the_next_of_its_session_is_found(
        turns in turns(0.0), which: prop::sample::Index
    ) {
        let mut builder = played(HistoryBuilder::all_promised(), &turns, None).builder;
        let late = swappable(&builder);
        prop_assume!(!late.is_empty());
        let (first, second) = late[which.index(late.len())];
        builder.swaps(first, second);
        let judgement = judged(&builder);
        prop_assert_eq!(judgement.verdict, Verdict::Violated, "{:#?}", judgement);
        prop_assert_eq!(judgement.monotonic_writes.applies, 1);
        let line = first as u64 + 1;
        let is_reported = |&(kind, lines): &(&str, &[u64])| kind == "monotonic_writes" && lines.contains(&line);
        prop_assert!(found(&judgement).iter().any(is_reported), "{:#?}", judgement);
    }

    #[test]
    fn one_read_without_an_own_write_is_found_by_both_boxes(turns in turns(0.0), which: prop::sample::Index) {
        let whole = played(HistoryBuilder::unpromised(), &turns, None);
        prop_assume!(whole.reads_of_own > 0);
        let spoil = Some(which.index(whole.reads_of_own));
        // Promised or not, the answer is not what its branch has.
        for (builder, kinds) in [
            (HistoryBuilder::promised(), &["witness_state_mismatch", "read_your_writes"][..]),
            (HistoryBuilder::unpromised(), &["witness_state_mismatch"]),
        ] {
            let run = played(builder, &turns, spoil);
            let judgement = judged(&run.builder);
            prop_assert_eq!(judgement.verdict, Verdict::Violated, "{:#?}", judgement);
            prop_assert_eq!(judgement.stale_white_box, 1);
            let expected = BlackBoxCounts { decided: run.reads, stale: 1, ..BlackBoxCounts::default() };
            prop_assert_eq!(judgement.black_box, expected);
            let found = found(&judgement);
            prop_assert!(found.iter().map(|&(kind, _)| kind).eq(kinds.iter().copied()), "{:?}", found);
            prop_assert!(found.iter().all(|(_, lines)| lines.last().copied() == run.spoiled));
        }
    }
}
