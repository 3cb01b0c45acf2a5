//! Balances that no correct branch shows, beside those that one may.

use super::history_builder::{HistoryBuilder, Vector};
use super::{
    WORKLOAD, account, assert_valid, assert_violated, balance, deposit, judged, unplanned, withdrawal,
};
use crate::model::AccountId;
use crate::results::{BlackBoxCounts, Judgement, Verdict};
use crate::workload::AccountFamily;

const CORRUPT: BlackBoxCounts =
    BlackBoxCounts { decided: 0, stale: 0, undecided: 0, corrupt: 1, balance_witness_mismatches: 0 };

/// Session 0 deposits at branch 1 (lines 6 and 7) and reads there (8 and 9) what differs from the truth by this.
fn off_by(family: AccountFamily, difference: i64) -> Judgement {
    let write = deposit(family, 0, 0);
    let seen = balance(write.account, &[write]) + difference;
    let mut builder = HistoryBuilder::unpromised();
    builder.session(0).writes(write, 1).ok(1, 1).reads(write.account, 1).sees(seen, &[(1, 1)]);
    builder.settles(&[(1, 1)], &[write]);
    judged(&builder)
}

#[test]
fn a_balance_that_no_writes_give_is_corrupt() {
    for family in AccountFamily::ALL {
        assert_valid(&off_by(family, 0));
        let judgement = off_by(family, i64::MIN / 2);
        assert_violated(&judgement, &[("corrupt_balance", &[8, 9])]);
        assert_eq!(judgement.black_box, CORRUPT);
        assert!(judgement.violations[0].text.ends_with("is not the sum of any writes of the account"));
    }
}

#[test]
fn a_write_that_was_applied_twice_is_corrupt() {
    let rows = [
        (AccountFamily::Digit, &[7, 8, 9][..], "twice"),
        (
            AccountFamily::Radix,
            &[8, 9],
            "includes 2 deposits of customer 0, who had begun 1 that did not fail",
        ),
    ];
    for (family, lines, text) in rows {
        let judgement = off_by(family, deposit(family, 0, 0).delta());
        assert_violated(&judgement, &[("corrupt_balance", lines)]);
        assert!(judgement.violations[0].text.ends_with(text), "{:?}", judgement.violations);
    }
}

#[test]
fn a_write_that_nobody_asked_for_is_corrupt() {
    for family in [AccountFamily::Natural, AccountFamily::Digit] {
        let judgement = off_by(family, deposit(family, 0, 1).delta());
        assert_violated(&judgement, &[("corrupt_balance", &[8, 9])]);
        assert!(judgement.violations[0].text.ends_with("which no customer had asked for"));
    }
    // On a shared account it may be another's, who has not asked for anything either.
    let judgement = off_by(AccountFamily::Radix, deposit(AccountFamily::Radix, 1, 0).delta());
    assert_violated(&judgement, &[("corrupt_balance", &[8, 9])]);
    assert!(judgement.violations[0].text.contains("1 deposits of customer 1, who had begun 0"));
}

/// Session 0's withdrawal fails at branch 1 (lines 6 and 7); then it reads there (8 and 9).
fn after_a_refusal(family: AccountFamily, shows: bool) -> Judgement {
    let write = withdrawal(family, 0, 0);
    let seen = if shows { balance(write.account, &[write]) } else { balance(write.account, &[]) };
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(write, 1).fails().reads(write.account, 1).sees(seen, &[]);
    builder.settles(&[], &[]);
    judged(&builder)
}

#[test]
fn a_write_that_failed_must_not_show() {
    let rows = [
        (AccountFamily::Natural, &[7, 8, 9][..], "which had failed"),
        (AccountFamily::Digit, &[7, 8, 9], "which had failed"),
        (
            AccountFamily::Radix,
            &[8, 9],
            "includes 1 withdrawals of customer 0, who had begun 0 that did not fail",
        ),
    ];
    for (family, lines, text) in rows {
        assert_valid(&after_a_refusal(family, false));
        let judgement = after_a_refusal(family, true);
        assert_violated(&judgement, &[("corrupt_balance", lines)]);
        assert_eq!(judgement.black_box, CORRUPT);
        assert!(judgement.violations[0].text.ends_with(text), "{:?}", judgement.violations);
    }
}

/// Session 1 reads session 0's account and sees its deposit, which begins before the read has ended or after it.
fn future_read(family: AccountFamily, begins_in_time: bool) -> Judgement {
    let write = deposit(family, 0, 0);
    let seen = balance(write.account, &[write]);
    let mut builder = HistoryBuilder::unpromised();
    builder.session(1).reads(write.account, 1);
    if begins_in_time {
        builder.session(0).writes(write, 1);
        builder.session(1).sees(seen, &[(1, 1)]);
        builder.session(0).ok(1, 1);
    } else {
        builder.session(1).sees(seen, &[(1, 1)]);
        builder.session(0).writes(write, 1).ok(1, 1);
    }
    builder.settles(&[(1, 1)], &[write]);
    judged(&builder)
}

#[test]
fn a_write_that_begins_after_the_read_has_ended_must_not_show() {
    let rows = [
        (AccountFamily::Natural, &[6, 7, 8][..], "which began only at 8.000 ms"),
        (AccountFamily::Digit, &[6, 7, 8], "which began only at 8.000 ms"),
        (
            AccountFamily::Radix,
            &[6, 7],
            "includes 1 deposits of customer 0, who had begun 0 that did not fail",
        ),
    ];
    for (family, lines, text) in rows {
        assert_valid(&future_read(family, true));
        let judgement = future_read(family, false);
        // Its witness names what is still to come.
        assert_violated(&judgement, &[("corrupt_balance", lines), ("future_read", &[6, 7, 8])]);
        assert!(judgement.violations[0].text.ends_with(text), "{:?}", judgement.violations);
    }
}

#[test]
fn a_witness_that_names_a_write_which_begins_after_the_read_has_ended_has_foresight() {
    let (write, here) = (deposit(AccountFamily::Natural, 0, 0), account(AccountFamily::Digit, 1));
    let named = |named: Vector| {
        let mut builder = HistoryBuilder::unpromised();
        builder.session(1).reads(here, 1).sees(balance(here, &[]), named);
        builder.session(0).writes(write, 1).ok(1, 1);
        builder.settles(&[(1, 1)], &[write]);
        judged(&builder)
    };
    assert_valid(&named(&[]));
    let judgement = named(&[(1, 1)]);
    assert_violated(&judgement, &[("future_read", &[6, 7, 8])]);
    assert!(judgement.violations[0].text.ends_with("which began only at 8.000 ms"));
}

#[test]
fn where_balances_do_not_decode_they_are_still_the_sum_of_what_witnesses_name() {
    let foreign = unplanned(deposit(AccountFamily::Radix, 0, 0));
    let sees = |difference: i64, is_known: bool| {
        let mut builder = HistoryBuilder::unpromised();
        let hand = builder.session(0).writes(foreign, 1);
        if is_known {
            hand.ok(1, 1)
        } else {
            hand.stays_unknown()
        };
        let balance = balance(foreign.account, &[foreign]) + difference;
        builder.session(1).reads(foreign.account, 1).sees(balance, &[(1, 1)]);
        builder.settles(&[(1, 1)], &[foreign]);
        judged(&builder)
    };
    assert_eq!(sees(0, true).verdict, Verdict::Unknown);
    assert_eq!(sees(1, false).verdict, Verdict::Unknown);
    let judgement = sees(1, true);
    assert_violated(&judgement, &[("balance_witness_mismatch", &[8, 9])]);
    let due = balance(foreign.account, &[foreign]);
    assert!(judgement.violations[0].text.contains(&format!(": it is not {due}, which the writes come to")));
}

/// Session 1 reads what session 0 has written on its account.
fn read_by_another(family: AccountFamily, shows: bool, named: Vector) -> Judgement {
    let write = deposit(family, 0, 0);
    let seen = if shows { balance(write.account, &[write]) } else { balance(write.account, &[]) };
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(write, 1).ok(1, 1);
    builder.session(1).reads(write.account, 2).sees(seen, named);
    builder.settles(&[(1, 1)], &[write]);
    judged(&builder)
}

#[test]
fn another_s_account_may_be_stale_but_balance_and_witness_agree_there_too() {
    for family in AccountFamily::ALL {
        for judgement in [read_by_another(family, true, &[(1, 1)]), read_by_another(family, false, &[])] {
            assert_valid(&judgement);
            assert_eq!(judgement.black_box, BlackBoxCounts { decided: 1, ..BlackBoxCounts::default() });
        }
        let lines: &[u64] = if family == AccountFamily::Radix { &[8, 9] } else { &[7, 8, 9] };
        assert_violated(&read_by_another(family, false, &[(1, 1)]), &[("balance_witness_mismatch", lines)]);
        assert_violated(&read_by_another(family, true, &[]), &[("balance_witness_mismatch", lines)]);
    }
}

#[test]
fn holes_in_a_script_are_no_corruption() {
    for family in [AccountFamily::Natural, AccountFamily::Digit] {
        let (first, third) = (deposit(family, 0, 0), deposit(family, 0, 2));
        let mut builder = HistoryBuilder::promised();
        let seen = balance(first.account, &[first, third]);
        builder.session(0).writes(first, 1).ok(1, 1).writes(third, 2).ok(2, 1);
        builder.session(0).reads(first.account, 1).sees(seen, &[(1, 1), (2, 1)]);
        builder.settles(&[(1, 1), (2, 1)], &[first, third]);
        assert_valid(&judged(&builder));
    }
}

#[test]
fn a_write_that_the_workload_does_not_plan_leaves_its_account_undecided_and_the_verdict_unknown() {
    for family in AccountFamily::ALL {
        let foreign = unplanned(deposit(family, 0, 0));
        let mut builder = HistoryBuilder::promised();
        let seen = balance(foreign.account, &[foreign]);
        builder.session(0).writes(foreign, 1).ok(1, 1).reads(foreign.account, 1).sees(seen, &[(1, 1)]);
        builder.settles(&[(1, 1)], &[foreign]);
        let judgement = judged(&builder);
        assert_eq!(judgement.verdict, Verdict::Unknown);
        assert_eq!(judgement.black_box, BlackBoxCounts { undecided: 1, ..BlackBoxCounts::default() });
        let account = foreign.account;
        let reason =
            format!("accounts with operations that the workload does not plan: 1, the first is {account}");
        assert_eq!(judgement.reasons, [reason]);
    }
}

#[test]
fn a_write_on_another_s_private_account_is_not_planned() {
    for family in [AccountFamily::Natural, AccountFamily::Digit] {
        let write = deposit(family, 0, 0);
        let written_by = |session| {
            let mut builder = HistoryBuilder::promised();
            builder.session(session).writes(write, 1).ok(1, 1);
            let seen = balance(write.account, &[write]);
            builder.session(session).reads(write.account, 1).sees(seen, &[(1, 1)]);
            builder.settles(&[(1, 1)], &[write]);
            judged(&builder)
        };
        assert_valid(&written_by(0));
        let judgement = written_by(1);
        assert_eq!((judgement.verdict, judgement.black_box.undecided), (Verdict::Unknown, 1));
    }
}

#[test]
fn another_workload_s_accounts_leave_the_verdict_unknown_and_the_white_box_at_work() {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(write, 1).ok(1, 1).reads(write.account, 1).sees(5, &[(1, 1)]);
    builder.settles(&[(1, 1)], &[write]);
    let mut history = builder.history();
    history.header.accounts.except[3].1 += 1;
    let judgement = super::judge(&history, WORKLOAD.accounts());
    assert_eq!(judgement.verdict, Verdict::Unknown);
    assert_eq!((judgement.reads_judged, judgement.black_box.undecided), (1, 1));
    let planned = balance(AccountId(3), &[]);
    let differs = format!("account 3 does not start with {planned}, as the workload has it");
    assert_eq!(judgement.reasons, [differs]);
    history.header.accounts.count += 1;
    let count = WORKLOAD.accounts().count();
    let differs = format!("the history has {} accounts and the workload {count}", count + 1);
    assert_eq!(super::judge(&history, WORKLOAD.accounts()).reasons, [differs]);
}

#[test]
fn an_account_that_nobody_has_written_holds_what_it_started_with() {
    for family in AccountFamily::ALL {
        let account = account(family, 1);
        let read = |difference| {
            let mut builder = HistoryBuilder::promised();
            builder.session(1).reads(account, 1).sees(balance(account, &[]) + difference, &[]);
            builder.settles(&[], &[]);
            judged(&builder)
        };
        assert_valid(&read(0));
        assert_violated(&read(deposit(family, 1, 0).delta()), &[("corrupt_balance", &[6, 7])]);
    }
}
