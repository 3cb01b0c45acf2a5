//! Read-your-writes, by both boxes and by their agreement.

use super::history_builder::{HistoryBuilder, Vector};
use super::{account, assert_valid, assert_violated, balance, deposit, judged, withdrawal};
use crate::history::Event;
use crate::model::{Guarantees, Strategy};
use crate::results::{BlackBoxCounts, Judgement, Verdict};
use crate::workload::AccountFamily;

const FAMILIES: [AccountFamily; 3] = AccountFamily::ALL;

/// Session 0 deposits at branch 1 (lines 6 and 7) and reads at branch 2 (8 and 9).
fn deposit_and_read(
    mut builder: HistoryBuilder,
    family: AccountFamily,
    shows: bool,
    names: bool,
) -> Judgement {
    let write = deposit(family, 0, 0);
    let seen = if shows { balance(write.account, &[write]) } else { balance(write.account, &[]) };
    let named: Vector = if names { &[(1, 1)] } else { &[] };
    builder.session(0).writes(write, 1).ok(1, 1).reads(write.account, 2).sees(seen, named);
    builder.settles(&[(1, 1)], &[write]);
    judged(&builder)
}

#[test]
fn a_read_that_sees_the_own_write_is_valid() {
    for family in FAMILIES {
        let judgement = deposit_and_read(HistoryBuilder::promised(), family, true, true);
        assert_valid(&judgement);
        assert!(judgement.read_your_writes_binds);
        assert_eq!((judgement.reads_judged, judgement.stale_white_box), (1, 0));
        assert_eq!(judgement.black_box, BlackBoxCounts { decided: 1, ..BlackBoxCounts::default() });
        assert_eq!(judgement.converged, Some(true));
    }
}

#[test]
fn a_read_that_misses_the_own_write_violates_what_was_promised() {
    for family in FAMILIES {
        let judgement = deposit_and_read(HistoryBuilder::promised(), family, false, false);
        assert_violated(&judgement, &[("read_your_writes", &[7, 8, 9])]);
        assert_eq!(judgement.stale_white_box, 1);
        assert_eq!(judgement.black_box, BlackBoxCounts { decided: 1, stale: 1, ..BlackBoxCounts::default() });
        assert_eq!(judgement.reasons, ["violations: read_your_writes 1"]);
    }
}

#[test]
fn staleness_is_reported_with_session_branch_dot_and_times() {
    let judgement = deposit_and_read(HistoryBuilder::promised(), AccountFamily::Digit, false, false);
    let write = deposit(AccountFamily::Digit, 0, 0);
    let (account, amount, seen) = (write.account, write.write.amount, balance(write.account, &[]));
    let expected = format!(
        "session 0's read of account {account} at branch 2, from 8.000 ms to 9.000 ms, sees {seen}: it misses by \
         its witness and by its balance session 0's deposit of {amount} to account {account} (n1:1, acknowledged by \
         branch 1 at 7.000 ms)"
    );
    assert_eq!(judgement.violations[0].text, expected);
}

#[test]
fn without_a_promise_staleness_is_counted_and_violates_nothing() {
    let other = Guarantees { monotonic_reads: true, ..Guarantees::NONE };
    for builder in [HistoryBuilder::unpromised(), HistoryBuilder::new(Strategy::Wait, other)] {
        let judgement = deposit_and_read(builder, AccountFamily::Digit, false, false);
        assert_valid(&judgement);
        assert!(!judgement.read_your_writes_binds);
        assert_eq!((judgement.stale_white_box, judgement.black_box.stale), (1, 1));
    }
}

#[test]
fn a_balance_without_a_write_that_the_witness_names_is_a_lie_promised_or_not() {
    for (builder, family) in FAMILIES
        .into_iter()
        .flat_map(|family| [(HistoryBuilder::promised(), family), (HistoryBuilder::unpromised(), family)])
    {
        let judgement = deposit_and_read(builder, family, false, true);
        let lines: &[u64] = if family == AccountFamily::Radix { &[8, 9] } else { &[7, 8, 9] };
        assert_violated(&judgement, &[("balance_witness_mismatch", lines)]);
        assert_eq!(judgement.stale_white_box, 0);
        assert_eq!(
            judgement.black_box,
            BlackBoxCounts {
                decided: 1,
                stale: 1,
                balance_witness_mismatches: 1,
                ..BlackBoxCounts::default()
            }
        );
    }
}

#[test]
fn a_witness_that_denies_a_write_which_the_balance_shows_is_a_lie() {
    for family in FAMILIES {
        let judgement = deposit_and_read(HistoryBuilder::unpromised(), family, true, false);
        let lines: &[u64] = if family == AccountFamily::Radix { &[8, 9] } else { &[7, 8, 9] };
        assert_violated(&judgement, &[("balance_witness_mismatch", lines)]);
        assert_eq!(judgement.stale_white_box, 1);
        assert_eq!(
            judgement.black_box,
            BlackBoxCounts { decided: 1, balance_witness_mismatches: 1, ..BlackBoxCounts::default() }
        );
    }
}

#[test]
fn a_missing_write_of_another_account_is_seen_by_the_witness_alone() {
    let (elsewhere, here) = (deposit(AccountFamily::Natural, 0, 0), account(AccountFamily::Digit, 0));
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(elsewhere, 1).ok(1, 1).reads(here, 2).sees(balance(here, &[]), &[]);
    builder.settles(&[(1, 1)], &[elsewhere]);
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("read_your_writes", &[7, 8, 9])]);
    assert_eq!(judgement.black_box, BlackBoxCounts { decided: 1, ..BlackBoxCounts::default() });
    assert!(judgement.violations[0].text.contains("misses by its witness session 0's deposit"));
}

#[test]
fn a_withdrawal_is_an_own_write_like_any_other() {
    for family in FAMILIES {
        let write = withdrawal(family, 0, 0);
        let builder = |applied: &[_], named: Vector| {
            let mut builder = HistoryBuilder::promised();
            let seen = balance(write.account, applied);
            builder.session(0).writes(write, 1).ok(1, 1).reads(write.account, 2).sees(seen, named);
            builder.settles(&[(1, 1)], &[write]);
            builder
        };
        assert_valid(&judged(&builder(&[write], &[(1, 1)])));
        let judgement = judged(&builder(&[], &[]));
        assert_violated(&judgement, &[("read_your_writes", &[7, 8, 9])]);
        assert_eq!(judgement.black_box.stale, 1);
    }
}

#[test]
fn a_write_of_unknown_outcome_is_free_to_be_there_or_not() {
    for family in FAMILIES {
        let write = deposit(family, 0, 0);
        for (applied, vector) in [(&[write][..], &[(1, 1)][..]), (&[], &[])] {
            let mut builder = HistoryBuilder::promised();
            let seen = balance(write.account, applied);
            builder.session(0).writes(write, 1).stays_unknown().reads(write.account, 2).sees(seen, vector);
            builder.settles(vector, applied);
            let judgement = judged(&builder);
            assert_valid(&judgement);
            assert_eq!(judgement.black_box, BlackBoxCounts { decided: 1, ..BlackBoxCounts::default() });
        }
    }
}

#[test]
fn an_unknown_write_in_the_place_of_an_owed_one_leaves_a_shared_account_undecided() {
    let (owed, unknown) = (deposit(AccountFamily::Radix, 0, 0), deposit(AccountFamily::Radix, 0, 1));
    // Shown of the two: none, one, both.
    let rows = [
        (&[][..], BlackBoxCounts { decided: 1, stale: 1, ..BlackBoxCounts::default() }),
        (&[owed][..], BlackBoxCounts { undecided: 1, ..BlackBoxCounts::default() }),
        (&[owed, unknown][..], BlackBoxCounts { decided: 1, ..BlackBoxCounts::default() }),
    ];
    for (applied, expected) in rows {
        let mut builder = HistoryBuilder::unpromised();
        let named = &[(1, applied.len() as u64)];
        let seen = balance(owed.account, applied);
        builder.session(0).writes(owed, 1).ok(1, 1).writes(unknown, 1).stays_unknown();
        builder.session(0).reads(owed.account, 2).sees(seen, named);
        builder.settles(&[(1, 2)], &[owed, unknown]);
        let judgement = judged(&builder);
        assert_valid(&judgement);
        assert_eq!(judgement.black_box, expected);
    }
}

/// Session 0 writes, and reads that alone or what else it is given (lines 8 and 9). At the instant of the read's end
/// session `next` begins another write, on line 10.
fn read_before_the_next_write(family: AccountFamily, next: usize, sees_next: bool) -> Judgement {
    let (owed, later) = (deposit(family, 0, 0), deposit(family, next, 1));
    let mut builder = HistoryBuilder::unpromised();
    let shown = if sees_next { &[owed, later][..] } else { &[owed] };
    builder.session(0).writes(owed, 1).ok(1, 1);
    builder.session(0).reads(owed.account, 1).sees(balance(owed.account, shown), &[(1, 1)]);
    builder.session(next).writes(later, 1);
    let [.., Event::Complete(read), Event::Invoke(write)] = builder.events() else {
        panic!("a write follows a read");
    };
    write.t = read.t;
    builder.session(next).stays_unknown();
    builder.settles(&[(1, 2)], &[owed, later]);
    judged(&builder)
}

#[test]
fn a_session_s_own_next_write_is_in_no_read_that_ended_before_it_on_the_same_instant() {
    for family in AccountFamily::ALL {
        let judgement = read_before_the_next_write(family, 0, false);
        assert_valid(&judgement);
        assert_eq!(judgement.black_box, BlackBoxCounts { decided: 1, ..BlackBoxCounts::default() });
        let judgement = read_before_the_next_write(family, 0, true);
        assert_eq!(judgement.black_box.corrupt, 1, "{family:?}: {judgement:#?}");
    }
}

#[test]
fn the_write_of_another_session_may_be_in_a_read_that_ends_on_the_instant_of_its_beginning() {
    for sees_next in [false, true] {
        let judgement = read_before_the_next_write(AccountFamily::Radix, 1, sees_next);
        assert_valid(&judgement);
        assert_eq!(judgement.black_box, BlackBoxCounts { decided: 1, ..BlackBoxCounts::default() });
    }
}

#[test]
fn on_a_private_account_an_unknown_write_hides_nothing() {
    for family in [AccountFamily::Natural, AccountFamily::Digit] {
        let (owed, unknown) = (deposit(family, 0, 0), deposit(family, 0, 1));
        let mut builder = HistoryBuilder::promised();
        let seen = balance(owed.account, &[unknown]);
        builder.session(0).writes(owed, 1).ok(1, 1).writes(unknown, 2).stays_unknown();
        builder.session(0).reads(owed.account, 2).sees(seen, &[(2, 1)]);
        builder.settles(&[(1, 1), (2, 1)], &[owed, unknown]);
        let judgement = judged(&builder);
        assert_violated(&judgement, &[("read_your_writes", &[7, 10, 11])]);
        assert_eq!(judgement.black_box, BlackBoxCounts { decided: 1, stale: 1, ..BlackBoxCounts::default() });
    }
}

#[test]
fn the_writes_of_others_are_not_owed() {
    let (own, other) = (deposit(AccountFamily::Radix, 0, 0), deposit(AccountFamily::Radix, 1, 0));
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(own, 1).ok(1, 1);
    builder.session(1).writes(other, 2).ok(2, 1);
    builder.session(0).reads(own.account, 1).sees(balance(own.account, &[own]), &[(1, 1)]);
    builder.settles(&[(1, 1), (2, 1)], &[own, other]);
    assert_valid(&judged(&builder));
}

/// Session 2 goes on for session 0, which had deposited, and reads without it: lines 6 and 7, 8, 9 and 10.
fn read_after_reopening(token_kept: bool, family: AccountFamily) -> Judgement {
    let write = deposit(family, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(write, 1).ok(1, 1);
    builder.follows(0, token_kept);
    builder.session(2).reads(write.account, 2).sees(balance(write.account, &[]), &[]);
    builder.settles(&[(1, 1)], &[write]);
    judged(&builder)
}

#[test]
fn a_session_that_kept_the_token_is_owed_what_the_old_one_had_written() {
    for family in FAMILIES {
        let judgement = read_after_reopening(true, family);
        assert_violated(&judgement, &[("read_your_writes", &[7, 9, 10])]);
        assert_eq!(judgement.black_box.stale, 1);
    }
}

#[test]
fn a_session_that_lost_the_token_is_owed_its_own_writes_alone() {
    for family in FAMILIES {
        let judgement = read_after_reopening(false, family);
        assert_valid(&judgement);
        assert_eq!(judgement.black_box, BlackBoxCounts { decided: 1, ..BlackBoxCounts::default() });
    }
    let (old, new) = (deposit(AccountFamily::Radix, 0, 0), deposit(AccountFamily::Radix, 0, 1));
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(old, 1).ok(1, 1);
    builder.follows(0, false);
    // The old write, which is not owed, may take the place of the new one, which is.
    let one = balance(new.account, &[old]);
    builder.session(2).writes(new, 2).ok(2, 1).reads(new.account, 2).sees(one, &[(2, 1)]);
    builder.session(2).reads(new.account, 1).sees(one, &[(1, 1)]);
    builder.settles(&[(1, 1), (2, 1)], &[old, new]);
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("read_your_writes", &[10, 13, 14])]);
    assert_eq!(judgement.black_box, BlackBoxCounts { undecided: 2, ..BlackBoxCounts::default() });
}

/// Session 0's old write is open while session 2, which goes on for it, begins a read on line 8; where it is
/// acknowledged before that, the read begins on line 9.
fn overlapping(acknowledged_first: bool) -> Judgement {
    let write = deposit(AccountFamily::Digit, 0, 0);
    let mut builder = HistoryBuilder::promised();
    builder.session(0).writes(write, 1);
    builder.follows(0, true);
    if acknowledged_first {
        builder.session(0).ok(1, 1);
        builder.session(2).reads(write.account, 2);
    } else {
        builder.session(2).reads(write.account, 2);
        builder.session(0).ok(1, 1);
    }
    builder.session(2).sees(balance(write.account, &[]), &[]);
    builder.settles(&[(1, 1)], &[write]);
    judged(&builder)
}

#[test]
fn a_write_that_was_acknowledged_after_the_read_began_does_not_bind() {
    assert_valid(&overlapping(false));
    assert_violated(&overlapping(true), &[("read_your_writes", &[8, 9, 10])]);
}

#[test]
fn a_later_write_of_one_origin_does_not_stand_for_another_s() {
    let (first, second) = (deposit(AccountFamily::Digit, 0, 0), deposit(AccountFamily::Digit, 0, 1));
    let other = deposit(AccountFamily::Digit, 1, 0);
    let mut builder = HistoryBuilder::promised();
    builder.session(1).writes(other, 2).ok(2, 1);
    builder.session(0).writes(first, 1).ok(1, 1).writes(second, 2).ok(2, 2);
    builder.session(0).reads(first.account, 2).sees(balance(first.account, &[second]), &[(2, 2)]);
    builder.settles(&[(1, 1), (2, 2)], &[first, second, other]);
    assert_violated(&judged(&builder), &[("read_your_writes", &[9, 12, 13])]);
}

#[test]
fn of_several_missing_writes_the_oldest_is_named_and_the_others_are_counted() {
    let writes = [0, 1, 2].map(|n| deposit(AccountFamily::Digit, 0, n));
    let mut builder = HistoryBuilder::promised();
    for (counter, write) in (1..).zip(writes) {
        builder.session(0).writes(write, 1).ok(1, counter);
    }
    let account = writes[0].account;
    builder.session(0).reads(account, 2).sees(balance(account, &writes[..1]), &[(1, 1)]);
    builder.settles(&[(1, 3)], &writes);
    let judgement = judged(&builder);
    assert_violated(&judgement, &[("read_your_writes", &[9, 12, 13])]);
    assert!(
        judgement.violations[0].text.ends_with("(n1:2, acknowledged by branch 1 at 9.000 ms) and 1 more")
    );
}

#[test]
fn reads_without_an_answer_are_not_judged_and_a_promise_that_nobody_read_is_unknown() {
    let write = deposit(AccountFamily::Digit, 0, 0);
    for (mut builder, verdict) in
        [(HistoryBuilder::promised(), Verdict::Unknown), (HistoryBuilder::unpromised(), Verdict::Valid)]
    {
        builder.session(0).writes(write, 1).ok(1, 1).reads(write.account, 2).fails();
        builder.settles(&[(1, 1)], &[write]);
        let judgement = judged(&builder);
        assert_eq!((judgement.verdict, judgement.reads_judged), (verdict, 0));
    }
}
