//! A branch applies an own write once it is asked for, and before it acknowledges it, under a name of its own.

use super::history_builder::HistoryBuilder;
use super::{Planned, WORKLOAD, assert_valid, assert_violated, deposit, judge};
use crate::history::{Event, Substrate};
use crate::model::Time;
use crate::results::{Judgement, Verdict};
use crate::workload::AccountFamily;

/// Session 0 writes at branch 1, which applies that on one of the lines 6 to 8.
fn applied_on(substrate: Substrate, line: u64) -> (HistoryBuilder, Planned) {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::under(|header| header.substrate = substrate);
    let applies = |builder: &mut HistoryBuilder| {
        if builder.line() + 1 == line {
            builder.applies(1, 1, 1);
        }
    };
    applies(&mut builder);
    builder.session(0).writes(write, 1);
    applies(&mut builder);
    builder.session(0).ok(1, 1);
    applies(&mut builder);
    builder.settles(&[(1, 1)], &[write]);
    (builder, write)
}

fn judged(builder: &HistoryBuilder) -> Judgement {
    judge(&builder.verbatim(), WORKLOAD.accounts())
}

/// The three lines of the write share an instant.
fn at_once((mut builder, _): (HistoryBuilder, Planned)) -> HistoryBuilder {
    for event in &mut builder.events()[5..8] {
        match event {
            Event::Invoke(invoke) => invoke.t = Time(8_000_000),
            Event::Apply(apply) => apply.t = Time(8_000_000),
            Event::Complete(complete) => complete.t = Time(8_000_000),
            other => panic!("{other:?} is not of the write"),
        }
    }
    builder
}

#[test]
fn a_write_that_its_branch_applies_before_it_is_asked_for_is_found() {
    for substrate in [Substrate::Sim, Substrate::Live] {
        let (builder, write) = applied_on(substrate, 6);
        let judgement = judged(&builder);
        assert_violated(&judgement, &[("applied_before_asked", &[6, 7])]);
        let (account, amount) = (write.account, write.write.amount);
        let text = format!(
            "branch 1 applies at 6.000 ms session 0's deposit of {amount} to account {account} (n1:1, acknowledged by \
             branch 1 at 8.000 ms), which is asked for only at 7.000 ms"
        );
        assert_eq!(judgement.violations[0].text, text);
    }
}

#[test]
fn a_write_that_its_branch_acknowledges_before_it_applies_it_is_found() {
    for substrate in [Substrate::Sim, Substrate::Live] {
        let (builder, write) = applied_on(substrate, 8);
        let judgement = judged(&builder);
        assert_violated(&judgement, &[("acknowledged_before_applied", &[7, 8])]);
        let (account, amount) = (write.account, write.write.amount);
        let text = format!(
            "branch 1 applies only at 8.000 ms session 0's deposit of {amount} to account {account} (n1:1, \
             acknowledged by branch 1 at 7.000 ms)"
        );
        assert_eq!(judgement.violations[0].text, text);
    }
}

#[test]
fn a_write_that_its_branch_applies_between_request_and_acknowledgement_is_sound() {
    for substrate in [Substrate::Sim, Substrate::Live] {
        let (builder, _) = applied_on(substrate, 7);
        assert_valid(&judged(&builder));
        assert_valid(&judged(&at_once((builder, deposit(AccountFamily::Digit, 0, 0)))));
    }
}

#[test]
fn at_one_instant_the_order_of_lines_counts_in_virtual_time_and_not_on_the_live_substrate() {
    for (line, kind) in [(6, "applied_before_asked"), (8, "acknowledged_before_applied")] {
        let lines: &[u64] = if line == 6 { &[6, 7] } else { &[7, 8] };
        assert_violated(&judged(&at_once(applied_on(Substrate::Sim, line))), &[(kind, lines)]);
        assert_valid(&judged(&at_once(applied_on(Substrate::Live, line))));
    }
}

#[test]
fn a_write_that_its_branch_acknowledges_and_never_applies_is_found() {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::under(|_| {});
    builder.session(0).writes(write, 1).ok(1, 1);
    // That another branch has it is no excuse.
    builder.applies(2, 1, 1);
    builder.is_cut_off();
    let judgement = judged(&builder);
    assert_eq!(judgement.verdict, Verdict::Violated, "{judgement:#?}");
    assert_eq!(super::found(&judgement), [("acknowledged_before_applied", &[6, 7][..])]);
    assert!(judgement.violations[0].text.starts_with("the branch never applies session 0's deposit"));
}

/// Session 0 writes at branch 1, whose second life begins before the acknowledgement. Lines 6 to 8.
fn named_by(origin: u32) -> Judgement {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::under(|_| {});
    builder.session(0).writes(write, 1);
    builder.begins_a_life(1);
    builder.session(0).ok(origin, 1);
    builder.settles(&[(origin, 1)], &[write]);
    super::judged(&builder)
}

#[test]
fn a_write_that_has_a_name_of_another_branch_than_the_one_that_was_asked_is_found() {
    // The second life of branch 1 is the third origin.
    assert_valid(&named_by(3));
    let judgement = named_by(2);
    assert_violated(&judgement, &[("acknowledged_elsewhere", &[6, 8])]);
    let Planned { account, write } = deposit(AccountFamily::Digit, 0, 0);
    let text = format!(
        "session 0's deposit of {} to account {account} (n2:1, acknowledged by branch 1 at 8.000 ms) has a name \
         of branch 2, and branch 1 was asked for it",
        write.amount
    );
    assert_eq!(judgement.violations[0].text, text);
}
