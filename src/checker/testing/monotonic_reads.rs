//! Monotonic reads, by both boxes and by their agreement; and what the same asks of withdrawals.

use super::history_builder::{HistoryBuilder, Vector};
use super::{Planned, account, assert_valid, assert_violated, balance, deposit, judged, withdrawal};
use crate::model::{Guarantees, Strategy};
use crate::results::{BreachCounts, Judgement};
use crate::workload::AccountFamily;

const ALONE: Guarantees = Guarantees { monotonic_reads: true, ..Guarantees::NONE };

fn promised() -> HistoryBuilder {
    HistoryBuilder::new(Strategy::Wait, ALONE)
}

/// Session 0 deposits at branch 1 (lines 6 and 7), session 1 reads that there (8 and 9), and then at branch 2 (10 and
/// 11).
fn read_twice(mut builder: HistoryBuilder, family: AccountFamily, shows: bool, names: bool) -> Judgement {
    let write = deposit(family, 0, 0);
    let seen = if shows { balance(write.account, &[write]) } else { balance(write.account, &[]) };
    let named: Vector = if names { &[(1, 1)] } else { &[] };
    builder.session(0).writes(write, 1).ok(1, 1);
    builder.session(1).reads(write.account, 1).sees(balance(write.account, &[write]), &[(1, 1)]);
    builder.session(1).reads(write.account, 2).sees(seen, named);
    builder.settles(&[(1, 1)], &[write]);
    judged(&builder)
}

#[test]
fn a_read_that_sees_what_was_seen_is_valid() {
    for family in AccountFamily::ALL {
        let judgement = read_twice(promised(), family, true, true);
        assert_valid(&judgement);
        assert_eq!(judgement.monotonic_reads, BreachCounts { binds: true, ..BreachCounts::default() });
    }
}

#[test]
fn a_read_that_misses_what_was_seen_violates_what_was_promised() {
    for family in AccountFamily::ALL {
        let judgement = read_twice(promised(), family, false, false);
        assert_violated(&judgement, &[("monotonic_reads", &[7, 9, 10, 11])]);
        let broken = BreachCounts { binds: true, witnesses: 1, balances: 1, applies: 0 };
        assert_eq!(judgement.monotonic_reads, broken);
        assert_eq!(judgement.stale_white_box, 0);
    }
}

#[test]
fn a_fall_is_reported_with_what_is_missing_and_where_it_was_seen() {
    let judgement = read_twice(promised(), AccountFamily::Digit, false, false);
    let write = deposit(AccountFamily::Digit, 0, 0);
    let (account, amount, seen) = (write.account, write.write.amount, balance(write.account, &[]));
    let expected = format!(
        "session 1's read of account {account} at branch 2, from 10.000 ms to 11.000 ms, sees {seen}: it misses by its \
         witness and by its balance session 0's deposit of {amount} to account {account} (n1:1, acknowledged by branch \
         1 at 7.000 ms), which session 1 had been shown by branch 1 at 9.000 ms"
    );
    assert_eq!(judgement.violations[0].text, expected);
}

#[test]
fn without_a_promise_falls_are_counted_and_violate_nothing() {
    let other = HistoryBuilder::new(Strategy::Wait, Guarantees { monotonic_reads: false, ..Guarantees::ALL });
    for builder in [HistoryBuilder::new(Strategy::None, ALONE), other] {
        let judgement = read_twice(builder, AccountFamily::Radix, false, false);
        assert_valid(&judgement);
        let broken = BreachCounts { binds: false, witnesses: 1, balances: 1, applies: 0 };
        assert_eq!(judgement.monotonic_reads, broken);
    }
}

#[test]
fn a_balance_that_falls_while_the_witness_does_not_is_a_lie() {
    for family in AccountFamily::ALL {
        let judgement = read_twice(promised(), family, false, true);
        let lines: &[u64] = if family == AccountFamily::Radix { &[10, 11] } else { &[7, 10, 11] };
        assert_violated(&judgement, &[("balance_witness_mismatch", lines)]);
        let broken = BreachCounts { binds: true, witnesses: 0, balances: 1, applies: 0 };
        assert_eq!((judgement.monotonic_reads, judgement.black_box.balance_witness_mismatches), (broken, 1));
    }
}

#[test]
fn a_balance_that_loses_a_write_of_unknown_outcome_is_a_lie_if_the_witness_loses_nothing() {
    for family in AccountFamily::ALL {
        let write = deposit(family, 0, 0);
        let (with, without) = (balance(write.account, &[write]), balance(write.account, &[]));
        let falls_to = |named| {
            let mut builder = HistoryBuilder::unpromised();
            builder.session(0).writes(write, 1).stays_unknown();
            builder.session(1).reads(write.account, 1).sees(with, &[(1, 1)]);
            builder.session(1).reads(write.account, 2).sees(without, named);
            builder.settles(&[(1, 1)], &[write]);
            judged(&builder)
        };
        assert_violated(&falls_to(&[(1, 1)]), &[("balance_witness_mismatch", &[9, 10, 11])]);
        assert_valid(&falls_to(&[]));
    }
}

#[test]
fn what_was_seen_of_another_account_is_missed_by_the_witness_alone() {
    let (write, here) = (deposit(AccountFamily::Natural, 0, 0), account(AccountFamily::Digit, 1));
    let mut builder = promised();
    builder.session(0).writes(write, 1).ok(1, 1);
    builder.session(1).reads(write.account, 1).sees(balance(write.account, &[write]), &[(1, 1)]);
    builder.session(1).reads(here, 2).sees(balance(here, &[]), &[]);
    builder.settles(&[(1, 1)], &[write]);
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("monotonic_reads", &[7, 9, 10, 11])]);
    assert_eq!(judgement.monotonic_reads.balances, 0);
    assert!(judgement.violations[0].text.contains("misses by its witness session 0's deposit"));
}

#[test]
fn what_another_session_saw_is_not_owed_and_nor_is_what_an_open_read_will_see() {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let (with, without) = (balance(write.account, &[write]), balance(write.account, &[]));
    let mut builder = promised();
    builder.session(0).writes(write, 1).ok(1, 1).reads(write.account, 1).sees(with, &[(1, 1)]);
    builder.session(1).reads(write.account, 2).sees(without, &[]);
    // A read that goes on while another session of the same customer reads.
    builder.session(1).reads(write.account, 1);
    builder.follows(1, true);
    builder.session(2).reads(write.account, 2);
    builder.session(1).sees(with, &[(1, 1)]);
    builder.session(2).sees(without, &[]);
    builder.settles(&[(1, 1)], &[write]);
    assert_valid(&judged(&builder));
}

#[test]
fn a_session_that_kept_the_token_is_owed_what_the_old_one_saw_and_one_that_lost_it_is_not() {
    let write = deposit(AccountFamily::Radix, 0, 0);
    for token_kept in [true, false] {
        let mut builder = promised();
        builder.session(0).writes(write, 1).ok(1, 1);
        builder.session(1).reads(write.account, 1).sees(balance(write.account, &[write]), &[(1, 1)]);
        builder.follows(1, token_kept);
        builder.session(2).reads(write.account, 2).sees(balance(write.account, &[]), &[]);
        builder.settles(&[(1, 1)], &[write]);
        let judgement = judged(&builder);
        if token_kept {
            assert_violated(&judgement, &[("monotonic_reads", &[7, 9, 11, 12])]);
        } else {
            assert_valid(&judgement);
        }
    }
}

/// Session 0 reads or writes at branch 1, until line 9, and then withdraws at branch 2, which has the rest or lacks it
/// (lines 10 and 11).
fn withdraw_elsewhere(guarantees: Guarantees, writes: bool, in_order: bool) -> Judgement {
    let withdrawn = withdrawal(AccountFamily::Digit, 0, 0);
    let first: Planned = deposit(AccountFamily::Radix, usize::from(!writes), 0);
    let mut builder = HistoryBuilder::new(Strategy::Wait, guarantees);
    builder.session(usize::from(!writes)).writes(first, 1).ok(1, 1);
    let other = if writes { 1 } else { 0 };
    builder.session(other).reads(first.account, 1).sees(balance(first.account, &[first]), &[(1, 1)]);
    if in_order {
        builder.applies(2, 1, 1);
    }
    builder.session(0).writes(withdrawn, 2).ok(2, 1);
    builder.settles(&[(1, 1), (2, 1)], &[first, withdrawn]);
    judged(&builder)
}

#[test]
fn a_withdrawal_is_accepted_where_everything_is_that_the_session_saw() {
    assert_valid(&withdraw_elsewhere(ALONE, false, true));
    let judgement = withdraw_elsewhere(ALONE, false, false);
    assert_violated(&judgement, &[("monotonic_reads", &[9, 11])]);
    assert_eq!(judgement.monotonic_reads.applies, 1);
    let text = &judgement.violations[0].text;
    assert!(text.starts_with("branch 2 accepts session 0's withdrawal of "), "{text}");
    assert!(text.ends_with("which session 0 had been shown by branch 1 at 9.000 ms"), "{text}");
    assert_valid(&withdraw_elsewhere(Guarantees::READ_YOUR_WRITES, false, false));
}

#[test]
fn a_withdrawal_is_accepted_where_everything_is_that_the_session_wrote() {
    let ryw = Guarantees::READ_YOUR_WRITES;
    assert_valid(&withdraw_elsewhere(ryw, true, true));
    let judgement = withdraw_elsewhere(ryw, true, false);
    assert_violated(&judgement, &[("read_your_writes", &[7, 11])]);
    assert_eq!(judgement.stale_withdrawals, 1);
    assert!(judgement.violations[0].text.ends_with("which the session had written before"));
    let unpromised = withdraw_elsewhere(ALONE, true, false);
    assert_valid(&unpromised);
    assert_eq!(unpromised.stale_withdrawals, 1);
}

#[test]
fn a_withdrawal_that_a_snapshot_brings_back_is_not_accepted_again() {
    let withdrawn = withdrawal(AccountFamily::Digit, 0, 0);
    let first: Planned = deposit(AccountFamily::Radix, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(first, 1).ok(1, 1);
    builder.applies(2, 1, 1);
    builder.session(0).writes(withdrawn, 2).ok(2, 1);
    builder.applies(1, 2, 1);
    builder.strikes(1, 2, true);
    builder.relents(1, 2);
    builder.begins_a_life(2);
    // In the order in which the donor of the snapshot had them.
    [2, 1].into_iter().for_each(|origin| builder.applies(2, origin, 1));
    builder
        .session(1)
        .reads(withdrawn.account, 1)
        .sees(balance(withdrawn.account, &[withdrawn]), &[(1, 1), (2, 1)]);
    builder.settles(&[(1, 1), (2, 1)], &[first, withdrawn]);
    assert_valid(&judged(&builder));
}
