//! The cluster at the end, and histories that settle nothing.

use super::history_builder::{HistoryBuilder, held};
use super::{Planned, WORKLOAD, assert_valid, assert_violated, balance, deposit, judge, judged};
use crate::history::{Milestone, Origins, Substrate};
use crate::model::{Guarantees, Strategy};
use crate::results::{Judgement, Verdict};
use crate::workload::AccountFamily;

/// Session 0 deposits at branch 1 (lines 6 and 7) and reads its write there (8 and 9), on the live substrate.
fn written() -> (HistoryBuilder, Planned) {
    let write = deposit(AccountFamily::Natural, 0, 0);
    let mut builder = HistoryBuilder::under(|header| {
        header.substrate = Substrate::Live;
        header.strategy = Strategy::Wait;
        header.guarantees = Guarantees::READ_YOUR_WRITES;
    });
    let seen = balance(write.account, &[write]);
    builder.session(0).writes(write, 1).ok(1, 1).reads(write.account, 1).sees(seen, &[(1, 1)]);
    (builder, write)
}

/// The same, drained on line 10.
fn drained() -> (HistoryBuilder, Planned) {
    let (mut builder, write) = written();
    builder.reaches(Milestone::Drained);
    (builder, write)
}

#[test]
fn branches_that_agree_after_the_drain_have_converged() {
    let (mut builder, write) = drained();
    builder.ends(1, &[(1, 1)], &[write]);
    // An absent account holds what it held at the start; a listed one may hold it too.
    let untouched = deposit(AccountFamily::Digit, 0, 0).account;
    let mut balances = held(&[write]);
    balances.push((untouched, balance(untouched, &[])));
    balances.sort_unstable();
    builder.holds(2, &[(1, 1)], &balances);
    let judgement = judged(&builder);
    assert_valid(&judgement);
    assert_eq!(judgement.converged, Some(true));
}

#[test]
fn branches_with_other_vectors_diverge() {
    let (mut builder, write) = drained();
    builder.ends(1, &[(1, 1)], &[write]);
    assert_eq!(builder.line(), 12);
    builder.ends(2, &[], &[]);
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("divergence", &[12, 13])]);
    assert_eq!(judgement.converged, Some(false));
    let text = "branches 1 and 2 differ after the drain: 1 and 0 writes of n1";
    assert_eq!(judgement.violations[0].text, text);
}

#[test]
fn branches_with_other_balances_diverge() {
    let (mut builder, write) = drained();
    builder.ends(1, &[(1, 1)], &[write]);
    builder.ends(2, &[(1, 1)], &[]);
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("divergence", &[12, 14])]);
    let (account, with, without) =
        (write.account, balance(write.account, &[write]), balance(write.account, &[]));
    let text =
        format!("branches 1 and 2 differ after the drain: account {account} holds {with} and {without}");
    assert_eq!(judgement.violations[0].text, text);
}

#[test]
fn an_acknowledged_write_that_no_branch_has_is_lost() {
    let (mut builder, write) = drained();
    builder.ends(1, &[], &[]);
    builder.ends(2, &[], &[]);
    let judgement = judged(&builder);
    let expected: [(&str, &[u64]); 2] = [("lost_write", &[7, 11]), ("conservation", &[11])];
    assert_violated(&judgement, &expected);
    let (account, amount) = (write.account, write.write.amount);
    let text = format!(
        "no branch has session 0's deposit of {amount} to account {account} (n1:1, acknowledged by branch 1 at 7.000 \
         ms) at the end"
    );
    assert_eq!(judgement.violations[0].text, text);
}

#[test]
fn a_write_of_unknown_outcome_cannot_be_lost() {
    let write = deposit(AccountFamily::Natural, 0, 0);
    let mut builder = HistoryBuilder::unpromised();
    builder.session(0).writes(write, 1).stays_unknown();
    builder.settles(&[], &[]);
    assert_valid(&judged(&builder));
}

#[test]
fn a_write_is_lost_even_if_the_drain_was_given_up() {
    let (mut builder, _) = written();
    builder.reaches(Milestone::DrainBound);
    builder.ends(1, &[], &[]);
    builder.ends(2, &[], &[]);
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("lost_write", &[7, 11])]);
    assert_eq!(judgement.converged, None);
}

#[test]
fn money_from_nowhere_is_found_although_all_branches_agree() {
    let (mut builder, write) = drained();
    let untouched = deposit(AccountFamily::Digit, 0, 0).account;
    let mut balances = held(&[write]);
    balances[0].1 += 1;
    balances.push((untouched, balance(untouched, &[]) - 4));
    balances.sort_unstable();
    builder.holds(1, &[(1, 1)], &balances);
    builder.holds(2, &[(1, 1)], &balances);
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("conservation", &[12]), ("conservation", &[12])]);
    let (due, account) = (balance(write.account, &[write]), write.account);
    let expected = format!("account {account} ends with {}, and is due {due}", due + 1);
    assert!(judgement.violations.iter().any(|violation| violation.text == expected), "{judgement:#?}");
}

#[test]
fn money_may_differ_by_the_unknown_amounts_and_no_more() {
    let (known, unknown) = (deposit(AccountFamily::Natural, 0, 0), deposit(AccountFamily::Natural, 0, 1));
    let with_more = |extra: i64| {
        let mut builder = HistoryBuilder::unpromised();
        builder.session(0).writes(known, 1).ok(1, 1).writes(unknown, 1).stays_unknown();
        builder.reaches(Milestone::Drained);
        let balances = [(known.account, balance(known.account, &[known]) + extra)];
        builder.holds(1, &[(1, 1)], &balances);
        builder.holds(2, &[(1, 1)], &balances);
        judged(&builder)
    };
    assert_valid(&with_more(0));
    assert_valid(&with_more(unknown.delta()));
    for extra in [-1, unknown.delta() + 1] {
        assert_violated(&with_more(extra), &[("conservation", &[12])]);
    }
}

#[test]
fn one_name_for_two_writes_is_found() {
    let (first, second) = (deposit(AccountFamily::Digit, 0, 0), deposit(AccountFamily::Digit, 0, 1));
    let with_second = |counter| {
        let mut builder = HistoryBuilder::unpromised();
        builder.session(0).writes(first, 1).ok(1, 1).writes(second, 1).ok(1, counter);
        builder.settles(&[(1, counter)], &[first, second]);
        judged(&builder)
    };
    assert_valid(&with_second(2));
    assert_violated(&with_second(1), &[("dot_twice", &[7, 9])]);
}

/// Branch 1 has two names, and was asked for one write that ended `ok` (lines 6 and 7) and perhaps for another.
fn with_two_names(other: impl FnOnce(&mut HistoryBuilder, Planned)) -> Judgement {
    let (write, more) = (deposit(AccountFamily::Digit, 0, 0), deposit(AccountFamily::Digit, 0, 1));
    let mut builder = HistoryBuilder::unpromised();
    builder.session(0).writes(write, 1).ok(1, 1);
    other(&mut builder, more);
    builder.settles(&[(1, 2)], &[write]);
    judged(&builder)
}

#[test]
fn a_branch_has_no_more_names_than_it_was_asked_for_writes_that_may_have_happened() {
    let judgement = with_two_names(|_, _| {});
    assert_violated(&judgement, &[("phantom_write", &[9, 10])]);
    let text = "branch 1 has accepted more writes than it was asked for: 1 that were not acknowledged, the first of \
                them n1:2, and 0 are of unknown outcome";
    assert_eq!(judgement.violations[0].text, text);
    let refused = with_two_names(|builder, more| {
        builder.session(0).writes(more, 1).fails();
    });
    assert_violated(&refused, &[("phantom_write", &[11, 12])]);
    let elsewhere = with_two_names(|builder, more| {
        builder.session(0).writes(more, 2).stays_unknown();
    });
    assert_violated(&elsewhere, &[("phantom_write", &[11, 12])]);
    assert_valid(&with_two_names(|builder, more| {
        builder.session(0).writes(more, 1).stays_unknown();
    }));
}

/// Session 0's deposit is `ok` (lines 6 and 7) and its next one of unknown outcome; the account ends with this more
/// than it began with, by line 12.
fn ends_with(family: AccountFamily, of_known: i64, of_unknown: i64) -> Judgement {
    let (known, unknown) = (deposit(family, 0, 0), deposit(family, 0, 1));
    let mut builder = HistoryBuilder::unpromised();
    builder.session(0).writes(known, 1).ok(1, 1).writes(unknown, 1).stays_unknown();
    builder.reaches(Milestone::Drained);
    let more = of_known * known.delta() + of_unknown * unknown.delta();
    let balances = [(known.account, balance(known.account, &[]) + more)];
    builder.holds(1, &[(1, 2)], &balances);
    builder.holds(2, &[(1, 2)], &balances);
    judged(&builder)
}

#[test]
fn what_an_account_with_unknown_writes_ends_with_still_decodes_to_each_known_write_once() {
    for family in AccountFamily::ALL {
        assert_valid(&ends_with(family, 1, 0));
        assert_valid(&ends_with(family, 1, 1));
    }
    // The sums are possible, and the writes are not.
    let lacks = ends_with(AccountFamily::Digit, 0, 1);
    assert_violated(&lacks, &[("conservation", &[7, 12])]);
    assert!(lacks.violations[0].text.contains(", without session 0's deposit of "));
    let twice = ends_with(AccountFamily::Digit, 2, 0);
    assert_violated(&twice, &[("conservation", &[7, 12])]);
    assert!(twice.violations[0].text.ends_with(" twice"));
}

#[test]
fn an_account_that_a_read_or_a_branch_shows_below_zero_is_counted_once() {
    let (mut builder, write) = written();
    let count = |builder: &HistoryBuilder| judged(builder).overdrawn_accounts;
    assert_eq!(count(&builder), 0);
    builder.session(1).reads(write.account, 1).sees(-1, &[(1, 1)]);
    assert_eq!(count(&builder), 1);
    let other = deposit(AccountFamily::Natural, 1, 0).account;
    builder.holds(1, &[(1, 1)], &[(write.account, -1), (other, -5)]);
    assert_eq!(count(&builder), 2);
}

#[test]
fn what_the_history_does_not_settle_is_unknown() {
    let unknown = |builder: &HistoryBuilder, reason: &str| {
        let judgement = judged(builder);
        assert_eq!((judgement.verdict, judgement.converged), (Verdict::Unknown, None), "{judgement:#?}");
        assert_eq!(judgement.reasons, [reason]);
    };
    let (mut builder, write) = written();
    unknown(&builder, "the history does not say that the cluster drained");
    builder.reaches(Milestone::Drained);
    unknown(&builder, "branch 1 has no final state");
    builder.ends(1, &[(1, 1)], &[write]);
    unknown(&builder, "branch 2 has no final state");

    let (mut builder, write) = written();
    builder.reaches(Milestone::DrainBound);
    builder.ends(1, &[(1, 1)], &[write]);
    builder.ends(2, &[], &[]);
    let reason = "the drain was given up at its bound, `run.drain_s`, before all branches had all writes; the machine \
                  may have been too slow: give it longer";
    unknown(&builder, reason);

    let (mut builder, write) = drained();
    builder.reaches(Milestone::DrainBound);
    builder.ends(1, &[(1, 1)], &[write]);
    builder.ends(2, &[(1, 1)], &[write]);
    let reason = "the drain was given up at its bound, `run.drain_s`, although all branches ended alike: something was \
                  still under way; give it longer";
    unknown(&builder, reason);
}

#[test]
fn a_history_that_was_cut_off_is_unknown() {
    let (mut builder, write) = written();
    builder.settles(&[(1, 1)], &[write]);
    assert_valid(&judged(&builder));
    builder.is_cut_off();
    let judgement = judged(&builder);
    assert_eq!((judgement.verdict, judgement.converged), (Verdict::Unknown, Some(true)));
    assert_eq!(judgement.reasons, ["the history was cut off"]);
}

#[test]
fn a_violation_outweighs_what_is_not_settled() {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder
        .session(0)
        .writes(write, 1)
        .ok(1, 1)
        .reads(write.account, 2)
        .sees(balance(write.account, &[]), &[]);
    builder.is_cut_off();
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("read_your_writes", &[7, 8, 9])]);
    let reasons = [
        "violations: read_your_writes 1",
        "the history was cut off",
        "the history does not say that the cluster drained",
    ];
    assert_eq!(judgement.reasons, reasons);
}

#[test]
fn a_dot_whose_origin_was_never_named_is_unknown_and_never_violated() {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder
        .session(0)
        .writes(write, 1)
        .ok(1, 1)
        .reads(write.account, 2)
        .sees(balance(write.account, &[]), &[]);
    builder.settles(&[(1, 1)], &[write]);
    let mut history = builder.history();
    history.origins = Origins::default();
    let judgement = judge(&history, WORKLOAD.accounts());
    assert_eq!((judgement.verdict, judgement.stale_white_box), (Verdict::Unknown, 0));
    let reason = "acknowledged writes whose origin was never named: 1, the first on line 7";
    assert_eq!(judgement.reasons, [reason]);
}

#[test]
fn more_than_ten_violations_are_counted_and_the_earliest_are_kept() {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(write, 1).ok(1, 1);
    for _ in 0..12 {
        builder.session(0).reads(write.account, 2).sees(balance(write.account, &[]), &[]);
    }
    builder.settles(&[(1, 1)], &[write]);
    let judgement = judged(&builder);
    assert_eq!((judgement.violations_total, judgement.violations.len()), (12, 10));
    assert_eq!(judgement.violations[9].lines, [7, 26, 27]);
    assert_eq!(judgement.reasons, ["violations: read_your_writes 12"]);
}
