//! Logs that faults destroyed: what may be missing for that, and what may not.

use super::history_builder::HistoryBuilder;
use super::{Planned, assert_valid, assert_violated, balance, deposit, judged};
use crate::results::Judgement;
use crate::workload::AccountFamily;

/// Session 0 deposits at branch 1 (lines 6 and 7). Then the branch begins another life, without what it had.
fn written(strike: impl FnOnce(&mut HistoryBuilder)) -> (HistoryBuilder, Planned) {
    let write = deposit(AccountFamily::Natural, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(write, 1).ok(1, 1);
    strike(&mut builder);
    builder.begins_a_life(1);
    (builder, write)
}

/// Session 1 reads, and the write is nowhere.
fn gone(strike: impl FnOnce(&mut HistoryBuilder)) -> Judgement {
    let (mut builder, write) = written(strike);
    builder.session(1).reads(write.account, 2).sees(balance(write.account, &[]), &[]);
    builder.settles(&[], &[]);
    judged(&builder)
}

#[test]
fn a_write_that_went_with_its_log_is_lost_and_violates_nothing() {
    let judgement = gone(|builder| {
        builder.strikes(0, 1, true);
        builder.relents(0, 1);
    });
    assert_valid(&judgement);
    assert_eq!((judgement.lost_writes, judgement.converged), (1, Some(true)));
}

#[test]
fn without_a_fault_that_destroyed_the_log_a_missing_write_is_a_violation() {
    type Losing = fn(&mut HistoryBuilder);
    let log_losses: [(Losing, u64); 3] = [
        (|_| {}, 0),
        // The fault's two edges, and that everything has healed.
        (|builder| builder.strikes(0, 2, true), 3),
        (|builder| builder.strikes(0, 1, false), 3),
    ];
    for (strike, lines) in log_losses {
        let judgement = gone(strike);
        // The new origin, the read, and the drain.
        let at_end = 7 + lines + 1 + 2 + 1 + 1;
        let expected: [(&str, &[u64]); 2] = [("lost_write", &[7, at_end]), ("conservation", &[at_end])];
        assert_violated(&judgement, &expected);
        assert_eq!(judgement.lost_writes, 0);
    }
}

#[test]
fn a_fault_after_the_new_life_began_is_no_excuse() {
    let (mut builder, write) = written(|_| {});
    builder.strikes(0, 1, true);
    builder.session(1).reads(write.account, 2).sees(balance(write.account, &[]), &[]);
    builder.settles(&[], &[]);
    assert_eq!(judged(&builder).lost_writes, 0);
}

#[test]
fn a_life_that_ended_without_a_fault_leaves_no_excuse_to_anybody() {
    let judgement = gone(|builder| {
        builder.begins_a_life(2);
        builder.strikes(0, 1, true);
    });
    assert_eq!((judgement.lost_writes, judgement.violations_total), (0, 2));
}

#[test]
fn a_write_that_another_branch_has_is_not_lost_and_its_money_is_due() {
    let (mut builder, write) = written(|builder| {
        builder.applies(2, 1, 1);
        builder.strikes(0, 1, true);
    });
    builder.session(0).reads(write.account, 2).sees(balance(write.account, &[write]), &[(1, 1)]);
    let without = builder.clone();
    builder.settles(&[(1, 1)], &[write]);
    let judgement = judged(&builder);
    assert_valid(&judgement);
    assert_eq!(judgement.lost_writes, 0);
    let mut builder = without;
    builder.settles(&[(1, 1)], &[]);
    assert_violated(&judged(&builder), &[("conservation", &[builder.line() - 1])]);
}

#[test]
fn after_a_loss_a_session_that_opened_anew_is_owed_nothing_of_it_and_one_that_kept_the_token_is() {
    for token_kept in [false, true] {
        let (mut builder, write) = written(|builder| builder.strikes(0, 1, true));
        builder.follows(0, token_kept);
        assert_eq!(builder.line(), 10);
        builder.session(2).reads(write.account, 2).sees(balance(write.account, &[]), &[]);
        builder.settles(&[], &[]);
        let judgement = judged(&builder);
        assert_eq!(judgement.lost_writes, 1);
        if token_kept {
            assert_violated(&judgement, &[("read_your_writes", &[7, 11, 12])]);
        } else {
            assert_valid(&judgement);
        }
    }
}

#[test]
fn lost_money_is_not_due_and_money_that_stayed_is_surplus() {
    let (mut builder, write) = written(|builder| builder.strikes(0, 1, true));
    builder.session(1).reads(write.account, 2).sees(balance(write.account, &[]), &[]);
    builder.settles(&[], &[write]);
    assert_violated(&judged(&builder), &[("conservation", &[builder.line() - 1])]);
}
