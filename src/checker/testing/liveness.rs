//! Operations that do not end, or too late, and drains that come to nothing.

use std::time::Duration;

use super::history_builder::HistoryBuilder;
use super::{assert_valid, assert_violated, balance, deposit, judged};
use crate::history::{Milestone, Substrate};
use crate::results::{Judgement, Verdict};
use crate::workload::AccountFamily;

#[test]
fn an_operation_without_an_end_in_a_whole_history_is_stuck() {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(write, 1).ok(1, 1).reads(write.account, 1);
    builder.session(1).reads(write.account, 2).sees(balance(write.account, &[]), &[]);
    builder.settles(&[(1, 1)], &[write]);
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("stuck", &[8])]);
    let account = write.account;
    let text = format!("session 0's operation 2, query account={account}, at branch 1 has no end");
    assert_eq!(judgement.violations[0].text, text);
    builder.is_cut_off();
    let judgement = judged(&builder);
    assert_eq!((judgement.verdict, judgement.violations_total), (Verdict::Unknown, 0));
}

/// An operation takes a millisecond: a line.
fn with_patience(substrate: Substrate, patience: Duration) -> Judgement {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::under(|header| {
        header.substrate = substrate;
        header.patience = Some(patience);
    });
    builder.session(0).writes(write, 1).ok(1, 1);
    builder.settles(&[(1, 1)], &[write]);
    judged(&builder)
}

#[test]
fn in_virtual_time_an_operation_that_outlasts_its_session_s_patience_is_stuck() {
    let (long, short) = (Duration::from_millis(1), Duration::from_micros(999));
    assert_valid(&with_patience(Substrate::Sim, long));
    let judgement = with_patience(Substrate::Sim, short);
    assert_violated(&judgement, &[("stuck", &[6, 7])]);
    assert!(judgement.violations[0].text.ends_with("took 1ms, and was to be given up after 999µs"));
    assert_valid(&with_patience(Substrate::Live, short));
}

/// Session 0 deposits at branch 1 (lines 6 and 7); the drain is given up on line 8 or, after a fault, later.
fn given_up(substrate: Substrate, fault: impl FnOnce(&mut HistoryBuilder)) -> Judgement {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::under(|header| header.substrate = substrate);
    builder.session(0).writes(write, 1).ok(1, 1);
    fault(&mut builder);
    builder.reaches(Milestone::DrainBound);
    builder.ends(1, &[(1, 1)], &[write]);
    builder.ends(2, &[], &[]);
    judged(&builder)
}

#[test]
fn in_virtual_time_a_drain_in_vain_is_a_violation_once_every_fault_has_ended() {
    let judgement = given_up(Substrate::Sim, |_| {});
    assert_violated(&judgement, &[("not_drained", &[8, 10, 11])]);
    let text =
        "the drain was given up although every fault had ended, and branches differ: 1 and 0 writes of n1";
    assert_eq!(judgement.violations[0].text, text);
    let healed = given_up(Substrate::Sim, |builder| {
        builder.strikes(0, 2, false);
        builder.relents(0, 2);
    });
    assert_violated(&healed, &[("not_drained", &[10, 12, 13])]);
    for unknown in
        [given_up(Substrate::Live, |_| {}), given_up(Substrate::Sim, |builder| builder.strikes(0, 2, false))]
    {
        assert_eq!((unknown.verdict, unknown.violations_total), (Verdict::Unknown, 0));
    }
}
