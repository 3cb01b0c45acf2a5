//! A read's witness is a state through which its branch went between the request and the answer.

use super::history_builder::{HistoryBuilder, Vector};
use super::{WORKLOAD, assert_valid, assert_violated, balance, deposit, judge};
use crate::history::{Event, Substrate};
use crate::model::Time;
use crate::results::Judgement;
use crate::workload::AccountFamily;

/// Session 0 writes twice at branch 1 (lines 6 to 11). Branch 2 applies the first on line 12 and the second on line 14,
/// while session 1 reads another account there, from line 13 to line 15.
fn reading(substrate: Substrate, named: Vector) -> HistoryBuilder {
    let writes = [deposit(AccountFamily::Digit, 0, 0), deposit(AccountFamily::Digit, 0, 1)];
    let account = deposit(AccountFamily::Natural, 1, 0).account;
    let mut builder = HistoryBuilder::under(|header| header.substrate = substrate);
    for (write, counter) in writes.into_iter().zip([1, 2]) {
        builder.session(0).writes(write, 1);
        builder.applies(1, 1, counter);
        builder.session(0).ok(1, counter);
    }
    builder.applies(2, 1, 1);
    builder.session(1).reads(account, 2);
    builder.applies(2, 1, 2);
    builder.session(1).sees(balance(account, &[]), named);
    builder.settles(&[(1, 2)], &writes);
    builder
}

fn judged(builder: &HistoryBuilder) -> Judgement {
    judge(&builder.verbatim(), WORKLOAD.accounts())
}

/// The read and what branch 2 applies around it share an instant.
fn at_once(mut builder: HistoryBuilder) -> HistoryBuilder {
    for event in &mut builder.events()[11..15] {
        match event {
            Event::Invoke(invoke) => invoke.t = Time(15_000_000),
            Event::Apply(apply) => apply.t = Time(15_000_000),
            Event::Complete(complete) => complete.t = Time(15_000_000),
            other => panic!("{other:?} is not of the read"),
        }
    }
    builder
}

#[test]
fn a_witness_has_all_that_its_branch_had_before_and_nothing_that_it_has_not() {
    let rows: [(Vector, Option<&str>); 5] = [
        (&[], Some("lacks n1:1, which its branch had applied before")),
        (&[(1, 1)], None),
        (&[(1, 2)], None),
        (&[(1, 3)], Some("names n1:3, which its branch had not applied by then")),
        (&[(1, 1), (2, 1)], Some("names n2:1, which its branch had not applied by then")),
    ];
    for substrate in [Substrate::Sim, Substrate::Live] {
        for (named, wrong) in rows {
            let judgement = judged(&reading(substrate, named));
            let Some(wrong) = wrong else {
                assert_valid(&judgement);
                continue;
            };
            assert_violated(&judgement, &[("witness_state_mismatch", &[13, 15])]);
            assert!(judgement.violations[0].text.ends_with(wrong), "{judgement:#?}");
        }
    }
}

#[test]
fn at_one_instant_only_the_live_substrate_leaves_open_what_its_branch_had() {
    let mismatch: [(&str, &[u64]); 1] = [("witness_state_mismatch", &[13, 15])];
    assert_violated(&judged(&at_once(reading(Substrate::Sim, &[]))), &mismatch);
    assert_valid(&judged(&at_once(reading(Substrate::Live, &[]))));
    assert_violated(&judged(&at_once(reading(Substrate::Live, &[(1, 3)]))), &mismatch);
}

#[test]
fn in_virtual_time_the_instant_of_the_answer_counts() {
    let answered = |substrate, named, t| {
        let mut builder = reading(substrate, named);
        match &mut builder.events()[14] {
            Event::Complete(complete) => complete.answered = Some(Time(t)),
            other => panic!("{other:?} is no answer"),
        }
        judged(&builder)
    };
    // The second write is applied at 14 ms.
    let rows: [(Vector, u64, bool); 6] = [
        (&[(1, 1)], 13_500_000, true),
        (&[(1, 2)], 13_500_000, false),
        (&[(1, 1)], 14_000_000, true),
        (&[(1, 2)], 14_000_000, true),
        (&[(1, 1)], 14_500_000, false),
        (&[(1, 2)], 14_500_000, true),
    ];
    for (named, t, is_state) in rows {
        let judgement = answered(Substrate::Sim, named, t);
        assert_eq!(judgement.violations_total, u64::from(!is_state), "{named:?} at {t}: {judgement:#?}");
        assert_valid(&answered(Substrate::Live, named, t));
    }
}

#[test]
fn a_read_within_which_its_branch_begins_another_life_may_show_either() {
    for named in [&[][..], &[(1, 1)]] {
        let write = deposit(AccountFamily::Digit, 0, 0);
        let account = deposit(AccountFamily::Natural, 1, 0).account;
        let mut builder = HistoryBuilder::unpromised();
        builder.session(0).writes(write, 1).ok(1, 1);
        builder.applies(2, 1, 1);
        builder.session(1).reads(account, 2);
        builder.begins_a_life(2);
        builder.session(1).sees(balance(account, &[]), named);
        builder.settles(&[(1, 1)], &[write]);
        assert_valid(&super::judged(&builder));
    }
}
