//! Operations that do not end, or too late, and drains that come to nothing.

use std::time::Duration;

use super::history_builder::HistoryBuilder;
use super::{assert_valid, assert_violated, balance, deposit, judged};
use crate::history::{Event, Milestone, OriginIndex, Sent, Substrate};
use crate::model::BranchId;
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
    assert_violated(&judgement, &[("never_completed", &[8])]);
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
    assert_violated(&judgement, &[("never_completed", &[6, 7])]);
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
    assert_violated(&healed, &[("not_drained", &[11, 13, 14])]);
    assert_bound(&given_up(Substrate::Live, |_| {}), "the machine may have been too slow");
}

/// Fails unless the bound of the drain is all that there is to say.
#[track_caller]
fn assert_bound(judgement: &Judgement, reason: &str) {
    assert_eq!((judgement.verdict, judgement.violations_total), (Verdict::Unknown, 0), "{judgement:#?}");
    assert!(
        matches!(&judgement.reasons[..], [one] if one.contains("`run.drain_s`") && one.contains(reason)),
        "{judgement:#?}"
    );
}

/// The first branch sends the second its first write.
fn sends(builder: &mut HistoryBuilder, delays_ms: &[u64]) {
    let delays = delays_ms.iter().copied().map(Duration::from_millis).collect();
    let (from, to, origin) = (BranchId(1), BranchId(2), OriginIndex(0));
    builder.happens(|t| Event::Sent(Sent { t, from, to, origin, first: 1, last: 1, copy: 0, delays }));
}

#[test]
fn a_network_that_brings_no_copy_before_the_bound_of_the_drain_breaks_no_promise() {
    let on_its_way = "n1:1 was dropped or still on its way to branch 2";
    for substrate in [Substrate::Sim, Substrate::Live] {
        assert_bound(&given_up(substrate, |builder| sends(builder, &[])), on_its_way);
        assert_bound(&given_up(substrate, |builder| sends(builder, &[60_000])), on_its_way);
        // One that left during a fault is late all the same.
        let during_a_fault = given_up(substrate, |builder| {
            builder.strikes(0, 2, false);
            sends(builder, &[60_000]);
            builder.relents(0, 2);
        });
        assert_bound(&during_a_fault, on_its_way);
    }
}

#[test]
fn a_branch_that_lacks_what_was_brought_to_it_or_is_sent_no_more_breaks_a_promise() {
    // One copy of two arrives on the bound.
    let brought = given_up(Substrate::Sim, |builder| sends(builder, &[60_000, 1]));
    assert_violated(&brought, &[("not_drained", &[9, 11, 12])]);
    // The copy was lost during a fault, and no other follows.
    let no_more = given_up(Substrate::Sim, |builder| {
        builder.strikes(0, 2, false);
        sends(builder, &[]);
        builder.relents(0, 2);
    });
    assert_violated(&no_more, &[("not_drained", &[12, 14, 15])]);
    // What was on its way to an earlier life says nothing of the present one.
    let reborn = given_up(Substrate::Sim, |builder| {
        sends(builder, &[60_000]);
        builder.strikes(0, 2, true);
        builder.begins_a_life(2);
        builder.relents(0, 2);
    });
    assert_eq!(reborn.verdict, Verdict::Violated, "{reborn:#?}");
}

#[test]
fn a_drain_that_was_given_up_although_branches_ended_alike_breaks_no_promise() {
    for substrate in [Substrate::Sim, Substrate::Live] {
        let write = deposit(AccountFamily::Digit, 0, 0);
        let mut builder = HistoryBuilder::under(|header| header.substrate = substrate);
        builder.session(0).writes(write, 1).ok(1, 1);
        builder.reaches(Milestone::DrainBound);
        builder.ends(1, &[(1, 1)], &[write]);
        builder.ends(2, &[(1, 1)], &[write]);
        assert_bound(&judged(&builder), "all branches ended alike");
    }
}

#[test]
fn branches_that_count_the_same_writes_and_hold_other_money_have_no_excuse() {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::under(|_| {});
    builder.session(0).writes(write, 1).ok(1, 1);
    sends(&mut builder, &[]);
    builder.reaches(Milestone::DrainBound);
    builder.ends(1, &[(1, 1)], &[write]);
    builder.ends(2, &[(1, 1)], &[]);
    assert_violated(&judged(&builder), &[("not_drained", &[9, 11, 13])]);
}
