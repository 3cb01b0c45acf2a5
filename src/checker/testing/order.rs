//! Monotonic writes and writes-follow-reads, by both boxes: at branches, in witnesses and in balances.

use super::history_builder::{HistoryBuilder, Vector};
use super::{Planned, assert_valid, assert_violated, balance, deposit, judged};
use crate::model::{Guarantees, Strategy};
use crate::results::{BreachCounts, Judgement};
use crate::workload::AccountFamily;

const MONOTONIC_WRITES: Guarantees = Guarantees { monotonic_writes: true, ..Guarantees::NONE };
const WRITES_FOLLOW_READS: Guarantees = Guarantees { writes_follow_reads: true, ..Guarantees::NONE };
const OTHERS: Guarantees = Guarantees { read_your_writes: true, monotonic_reads: true, ..Guarantees::NONE };

/// Session 0 writes at branch 1 (lines 6 and 7) and then at branch 2 (8 and 9). If that is to have the first write by
/// then, it applies it on line 8, and the second is written on lines 9 and 10.
fn written(guarantees: Guarantees, family: AccountFamily, in_order: bool) -> (HistoryBuilder, [Planned; 2]) {
    let writes = [deposit(family, 0, 0), deposit(family, 0, 1)];
    let mut builder = HistoryBuilder::new(Strategy::Wait, guarantees);
    builder.session(0).writes(writes[0], 1).ok(1, 1);
    if in_order {
        builder.applies(2, 1, 1);
    }
    builder.session(0).writes(writes[1], 2).ok(2, 1);
    (builder, writes)
}

/// A session reads what holds, so that a promise is tested; then everything is everywhere.
fn settled(mut builder: HistoryBuilder, vector: Vector, writes: &[Planned]) -> Judgement {
    let account = writes[0].account;
    for branch in [1, 2] {
        vector.iter().for_each(|&(origin, last)| builder.applies(branch, origin, last));
    }
    builder.session(1).reads(account, 1).sees(balance(account, writes), vector);
    builder.settles(vector, writes);
    judged(&builder)
}

/// The second branch applies both writes, in order or not; the first applies them in order.
fn applied(guarantees: Guarantees, in_order: bool) -> Judgement {
    let (builder, writes) = written(guarantees, AccountFamily::Digit, in_order);
    settled(builder, &[(1, 1), (2, 1)], &writes)
}

#[test]
fn a_branch_that_applies_a_write_before_an_earlier_one_of_its_session_violates_monotonic_writes() {
    assert_valid(&applied(MONOTONIC_WRITES, true));
    let judgement = applied(MONOTONIC_WRITES, false);
    assert_violated(&judgement, &[("monotonic_writes", &[7, 9])]);
    assert_eq!(
        judgement.monotonic_writes,
        BreachCounts { binds: true, applies: 1, witnesses: 0, balances: 0 }
    );
    let [first, second] = [0, 1].map(|n| deposit(AccountFamily::Digit, 0, n));
    let (account, earlier, later) = (first.account, first.write.amount, second.write.amount);
    let expected = format!(
        "branch 2 applies at 9.000 ms session 0's deposit of {later} to account {account} (n2:1, acknowledged by \
         branch 2 at 9.000 ms) without session 0's deposit of {earlier} to account {account} (n1:1, acknowledged by \
         branch 1 at 7.000 ms), which its session had written before"
    );
    assert_eq!(judgement.violations[0].text, expected);
}

#[test]
fn without_a_promise_the_order_is_counted_and_violates_nothing() {
    let judgement = applied(OTHERS, false);
    assert_valid(&judgement);
    assert_eq!(judgement.monotonic_writes, BreachCounts { applies: 1, ..BreachCounts::default() });
    assert_eq!(judgement.writes_follow_reads, BreachCounts::default());
}

#[test]
fn what_a_branch_applies_at_one_time_is_one_step() {
    let (mut builder, writes) = written(MONOTONIC_WRITES, AccountFamily::Digit, true);
    builder.strikes(0, 2, true);
    builder.begins_a_life(2);
    builder.applies_at_once(2, &[(2, 1), (1, 1)]);
    assert_valid(&settled(builder, &[(1, 1), (2, 1)], &writes));
}

#[test]
fn a_new_life_begins_with_nothing_and_is_bound_like_any_other() {
    for (order, is_valid) in [([1, 2], true), ([2, 1], false)] {
        let (mut builder, writes) = written(MONOTONIC_WRITES, AccountFamily::Digit, true);
        builder.strikes(0, 2, true);
        builder.begins_a_life(2);
        builder.relents(0, 2);
        order.into_iter().for_each(|origin| builder.applies(2, origin, 1));
        let judgement = settled(builder, &[(1, 1), (2, 1)], &writes);
        if is_valid {
            assert_valid(&judgement);
        } else {
            assert_violated(&judgement, &[("monotonic_writes", &[7, 10, 14])]);
        }
    }
}

#[test]
fn a_write_that_was_not_acknowledged_before_the_next_began_need_not_come_first() {
    let writes = [deposit(AccountFamily::Digit, 0, 0), deposit(AccountFamily::Digit, 0, 1)];
    let mut builder = HistoryBuilder::new(Strategy::Wait, MONOTONIC_WRITES);
    builder.session(0).writes(writes[0], 1);
    builder.follows(0, true);
    builder.session(2).writes(writes[1], 2);
    builder.session(0).ok(1, 1);
    builder.session(2).ok(2, 1);
    assert_valid(&settled(builder, &[(1, 1), (2, 1)], &writes));
}

/// Session 1 reads session 0's account at branch 2 and sees the second write, with the first or not (lines 10 and 11).
fn shown(guarantees: Guarantees, family: AccountFamily, whole: bool) -> Judgement {
    let (mut builder, writes) = written(guarantees, family, whole);
    let account = writes[0].account;
    let (seen, named): (_, Vector) =
        if whole { (&writes[..], &[(1, 1), (2, 1)]) } else { (&writes[1..], &[(2, 1)]) };
    builder.session(1).reads(account, 2).sees(balance(account, seen), named);
    settled(builder, &[(1, 1), (2, 1)], &writes)
}

#[test]
fn a_read_that_shows_a_write_without_an_earlier_one_of_its_session_violates_monotonic_writes() {
    for family in AccountFamily::ALL {
        assert_valid(&shown(MONOTONIC_WRITES, family, true));
        let judgement = shown(MONOTONIC_WRITES, family, false);
        // The branch accepts it too early, and the read shows that.
        let expected: [(&str, &[u64]); 2] =
            [("monotonic_writes", &[7, 9]), ("monotonic_writes", &[7, 9, 10, 11])];
        assert_violated(&judgement, &expected);
        // On a shared account nothing distinguishes the writes of a customer.
        let balances = u64::from(family != AccountFamily::Radix);
        assert_eq!(
            judgement.monotonic_writes,
            BreachCounts { binds: true, applies: 1, witnesses: 1, balances }
        );
        let unpromised = shown(OTHERS, family, false);
        assert_valid(&unpromised);
        assert_eq!(unpromised.monotonic_writes, BreachCounts { binds: false, ..judgement.monotonic_writes });
    }
}

#[test]
fn a_write_of_unknown_outcome_that_shows_too_early_is_found_by_the_balance_alone() {
    for family in [AccountFamily::Natural, AccountFamily::Digit] {
        let writes = [deposit(family, 0, 0), deposit(family, 0, 1)];
        let account = writes[0].account;
        let mut builder = HistoryBuilder::new(Strategy::Wait, MONOTONIC_WRITES);
        builder.session(0).writes(writes[0], 1).ok(1, 1).writes(writes[1], 2).stays_unknown();
        builder.session(1).reads(account, 2).sees(balance(account, &writes[1..]), &[(2, 1)]);
        let judgement = settled(builder, &[(1, 1), (2, 1)], &writes);
        assert_violated(&judgement, &[("monotonic_writes", &[7, 9, 10, 11])]);
        assert_eq!(
            judgement.monotonic_writes,
            BreachCounts { binds: true, applies: 0, witnesses: 0, balances: 1 }
        );
        assert!(judgement.violations[0].text.contains("includes by its balance session 0's deposit"));
    }
}

#[test]
fn a_state_that_is_out_of_order_is_found_by_every_read_that_shows_it() {
    let (mut builder, writes) = written(MONOTONIC_WRITES, AccountFamily::Digit, false);
    let later = deposit(AccountFamily::Digit, 1, 0);
    let account = writes[0].account;
    let read = |builder: &mut HistoryBuilder, named, seen: &[Planned]| {
        builder.session(1).reads(account, 2).sees(balance(account, seen), &[(2, named)]);
    };
    read(&mut builder, 1, &writes[1..]);
    builder.session(1).writes(later, 2).ok(2, 2);
    read(&mut builder, 2, &[writes[1], later]);
    read(&mut builder, 2, &[writes[1], later]);
    let judgement = settled(builder, &[(1, 1), (2, 2)], &[writes[0], writes[1], later]);
    assert_eq!((judgement.monotonic_writes.witnesses, judgement.monotonic_writes.applies), (3, 1));
    assert_eq!(judgement.violations_total, 4);
}

/// Session 1 writes at branch 1 (lines 6 and 7), session 0 reads that there (8 and 9) and writes at branch 2 (10 and
/// 11), which lacks the first write then or has it.
fn followed(guarantees: Guarantees, in_order: bool) -> (HistoryBuilder, [Planned; 2]) {
    let writes = [deposit(AccountFamily::Digit, 1, 0), deposit(AccountFamily::Digit, 0, 0)];
    let mut builder = HistoryBuilder::new(Strategy::Wait, guarantees);
    builder.session(1).writes(writes[0], 1).ok(1, 1);
    let account = writes[0].account;
    builder.session(0).reads(account, 1).sees(balance(account, &writes[..1]), &[(1, 1)]);
    if in_order {
        builder.applies(2, 1, 1);
    }
    builder.session(0).writes(writes[1], 2).ok(2, 1);
    (builder, writes)
}

/// The second branch applies both, in order or not.
fn applied_after_a_read(guarantees: Guarantees, in_order: bool) -> Judgement {
    let (builder, writes) = followed(guarantees, in_order);
    settled(builder, &[(1, 1), (2, 1)], &writes)
}

#[test]
fn a_branch_that_applies_a_write_before_what_its_session_had_seen_violates_writes_follow_reads() {
    assert_valid(&applied_after_a_read(WRITES_FOLLOW_READS, true));
    let judgement = applied_after_a_read(WRITES_FOLLOW_READS, false);
    assert_violated(&judgement, &[("writes_follow_reads", &[9, 11])]);
    assert_eq!(
        judgement.writes_follow_reads,
        BreachCounts { binds: true, applies: 1, witnesses: 0, balances: 0 }
    );
    let text = &judgement.violations[0].text;
    assert!(text.ends_with("which session 0 had been shown by branch 1 at 9.000 ms before"), "{text}");
    let unpromised = applied_after_a_read(MONOTONIC_WRITES, false);
    assert_valid(&unpromised);
    assert_eq!(unpromised.writes_follow_reads, BreachCounts { applies: 1, ..BreachCounts::default() });
}

#[test]
fn a_read_that_shows_a_write_without_what_its_session_had_seen_violates_writes_follow_reads() {
    let (mut builder, writes) = followed(WRITES_FOLLOW_READS, false);
    let account = writes[1].account;
    builder.session(1).reads(account, 2).sees(balance(account, &writes[1..]), &[(2, 1)]);
    let judgement = settled(builder, &[(1, 1), (2, 1)], &writes);
    let expected: [(&str, &[u64]); 2] =
        [("writes_follow_reads", &[9, 11]), ("writes_follow_reads", &[9, 11, 12, 13])];
    assert_violated(&judgement, &expected);
    // What is missing is on another account.
    assert_eq!(
        judgement.writes_follow_reads,
        BreachCounts { binds: true, applies: 1, witnesses: 1, balances: 0 }
    );
}

#[test]
fn a_balance_with_a_write_and_without_one_that_its_session_had_seen_violates_writes_follow_reads() {
    for family in [AccountFamily::Natural, AccountFamily::Digit] {
        let writes = [deposit(family, 0, 0), deposit(family, 0, 1)];
        let account = writes[0].account;
        let mut builder = HistoryBuilder::new(Strategy::Wait, WRITES_FOLLOW_READS);
        builder.session(0).writes(writes[0], 1).stays_unknown();
        builder.session(0).reads(account, 1).sees(balance(account, &writes[..1]), &[(1, 1)]);
        builder.session(0).writes(writes[1], 2).stays_unknown();
        builder.session(1).reads(account, 2).sees(balance(account, &writes[1..]), &[(2, 1)]);
        let judgement = settled(builder, &[(1, 1), (2, 1)], &writes);
        assert_violated(&judgement, &[("writes_follow_reads", &[7, 11, 12, 13])]);
        assert_eq!(
            judgement.writes_follow_reads,
            BreachCounts { binds: true, applies: 0, witnesses: 0, balances: 1 }
        );
    }
}
