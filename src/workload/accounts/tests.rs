//! Balances of a whole workload decode, and its accounts suffice.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::super::plan::{Mix, WorkloadPlan, samples};
use super::super::steps::Step;
use super::super::workload::{Sequence, Workload};
use super::*;
use crate::model::{Operation, WriteKind};

const EVEN: Mix = Mix { deposit: 0.25, withdraw: 0.25, query: 0.5 };

/// Those of the seeds 0 to 7.
static WORKLOADS: LazyLock<[Workload; 8]> = LazyLock::new(|| [0, 1, 2, 3, 4, 5, 6, 7].map(build));

fn workload(seed: u64) -> &'static Workload {
    &WORKLOADS[seed as usize % WORKLOADS.len()]
}

fn build(seed: u64) -> Workload {
    let mut plan = WorkloadPlan { mix: EVEN, ..samples::closed(400) };
    plan.families.radix = Radix { accounts_per_group: 3, zipf_exponent: 1.0, ..plan.families.radix };
    Workload::new(plan, seed).unwrap()
}

fn delta(write: PlannedWrite) -> i64 {
    let amount = i64::try_from(write.amount.get()).unwrap();
    match write.kind {
        WriteKind::Deposit => amount,
        WriteKind::Withdraw => -amount,
    }
}

/// The first account of a family from `from` on.
fn account(accounts: &Accounts, family: AccountFamily, from: u64) -> AccountId {
    let ids =
        (0..accounts.count()).map(|step| AccountId((from % accounts.count() + step) % accounts.count()));
    ids.into_iter().find(|&id| accounts.place(id).unwrap().family == family).unwrap()
}

/// The balance once these were applied; fails if it leaves 64 bits on the way.
fn applied(accounts: &Accounts, account: AccountId, deltas: impl IntoIterator<Item = i64>) -> i64 {
    let opening = accounts.opening_balance(account);
    deltas.into_iter().fold(opening, |balance, delta| balance.checked_add(delta).unwrap())
}

/// The positions of `order` that are in `set`, as deltas: a subset of the writes, in any order.
fn subset(script: &WriteScript, order: &[usize], set: WriteSet) -> Vec<i64> {
    let inside = order.iter().filter(|&&position| position < script.writes().len() && set.contains(position));
    inside.map(|&position| delta(script.writes()[position])).collect()
}

fn sets() -> impl Strategy<Value = WriteSet> {
    any::<[bool; 31]>().prop_map(|bits| (0..31).filter(|&position| bits[position]).collect())
}

fn orders() -> impl Strategy<Value = Vec<usize>> {
    Just((0..31).collect::<Vec<usize>>()).prop_shuffle()
}

fn within(script: &WriteScript, set: WriteSet) -> WriteSet {
    set.iter().filter(|&position| position < script.writes().len()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn a_private_balance_decodes_to_the_writes_that_it_includes(
        seed: u64, from: u64, set in sets(), order in orders(), natural: bool
    ) {
        let workload = workload(seed);
        let accounts = workload.accounts();
        let account = account(accounts, if natural { AccountFamily::Natural } else { AccountFamily::Digit }, from);
        let script = accounts.script(account, accounts.place(account).unwrap().sessions.start).unwrap();
        let balance = applied(accounts, account, subset(&script, &order, set));
        let expected = Decoded::Writes { applied: within(&script, set), twice: WriteSet::EMPTY };
        prop_assert_eq!(accounts.decode(account, balance), Some(expected));
    }

    #[test]
    fn a_write_applied_twice_shows_on_a_digit_account(
        seed: u64, from: u64, once in sets(), again in sets(), order in orders()
    ) {
        let workload = workload(seed);
        let accounts = workload.accounts();
        let account = account(accounts, AccountFamily::Digit, from);
        let script = accounts.script(account, accounts.place(account).unwrap().sessions.start).unwrap();
        let twice: WriteSet = again.iter().filter(|&position| once.contains(position)).collect();
        let deltas = [subset(&script, &order, once), subset(&script, &order, twice)].concat();
        let decoded = accounts.decode(account, applied(accounts, account, deltas));
        prop_assert_eq!(decoded, Some(Decoded::Writes { applied: once, twice }));
    }

    #[test]
    fn a_digit_balance_that_no_writes_give_is_corrupt(from: u64, balance: i64) {
        let workload = workload(1);
        let accounts = workload.accounts();
        let account = account(accounts, AccountFamily::Digit, from);
        let script = accounts.script(account, accounts.place(account).unwrap().sessions.start).unwrap();
        let in_order: Vec<usize> = (0..31).collect();
        let again = match accounts.decode(account, balance).unwrap() {
            Decoded::Writes { applied: once, twice } => {
                let deltas = [subset(&script, &in_order, once), subset(&script, &in_order, twice)].concat();
                Some(applied(accounts, account, deltas))
            }
            Decoded::Corrupt => None,
            other => panic!("{other:?}"),
        };
        let untouched = |position| if script.withdrawals().contains(position) { 3 } else { 0 };
        let possible = |position: usize| (balance >> (2 * position) & 3).abs_diff(untouched(position)) <= 2;
        let expected = ((0..1 << 62).contains(&balance) && (0..31).all(possible)).then_some(balance);
        prop_assert_eq!(again, expected);
    }

    #[test]
    fn a_natural_balance_decodes_to_writes_that_give_it_or_to_none(from: u64, above in 0_i64..2_000_000) {
        let workload = workload(1);
        let accounts = workload.accounts();
        let account = account(accounts, AccountFamily::Natural, from);
        let script = accounts.script(account, accounts.place(account).unwrap().sessions.start).unwrap();
        match accounts.decode(account, above).unwrap() {
            Decoded::Writes { applied: once, .. } => {
                let in_order: Vec<usize> = (0..31).collect();
                prop_assert_eq!(applied(accounts, account, subset(&script, &in_order, once)), above);
            }
            other => prop_assert_eq!(other, Decoded::NoSubset),
        }
    }

    #[test]
    fn a_shared_balance_decodes_to_how_many_writes_of_each_it_includes(
        seed: u64, from: u64, sets in [sets(), sets(), sets(), sets()], doubled: bool, order in orders()
    ) {
        let workload = workload(seed);
        let accounts = workload.accounts();
        let account = account(accounts, AccountFamily::Radix, from);
        let times = if doubled { 2 } else { 1 };
        let (mut deltas, mut expected) = (Vec::new(), Vec::new());
        for (session, &set) in accounts.place(account).unwrap().sessions.zip(&sets) {
            let script = accounts.script(account, session).unwrap();
            let own = subset(&script, &order, set).repeat(times);
            let count = |sign| own.iter().filter(|delta| delta.signum() == sign).count() as u64;
            expected.push(Visible { session, deposits: count(1), withdrawals: count(-1) });
            deltas.extend(own);
        }
        let balance = applied(accounts, account, deltas);
        prop_assert_eq!(accounts.decode(account, balance), Some(Decoded::Counts(expected)));
    }
}

#[test]
fn a_load_stays_on_its_accounts_and_goes_on_before_they_are_full() {
    let workload = workload(3);
    let accounts = workload.accounts();
    let Sequence::Closed(sessions) = workload.sequence() else { panic!("the plan is a closed loop") };
    let mut sums: Vec<[i64; 2]> = vec![[0; 2]; accounts.count() as usize];
    for (session, steps) in sessions.into_iter().enumerate() {
        let mut writes: Vec<Vec<PlannedWrite>> = vec![Vec::new(); sums.len()];
        for Step { operation, family, .. } in steps {
            let account = operation.account();
            assert_eq!(accounts.place(account).unwrap().family, family);
            if let Operation::Write { kind, amount, .. } = operation {
                writes[account.0 as usize].push(PlannedWrite { kind, amount });
            }
        }
        for (account, writes) in writes.iter().enumerate().filter(|(_, writes)| !writes.is_empty()) {
            let script = accounts.script(AccountId(account as u64), session).unwrap();
            assert!(script.writes().starts_with(writes), "account {account} of session {session}");
            writes.iter().for_each(|&write| sums[account][usize::from(delta(write) < 0)] += delta(write));
        }
    }
    // Whatever the order, a balance lies from all withdrawals without a deposit to the opposite.
    for (opening, [deposits, withdrawals]) in accounts.initial_balances().into_iter().zip(sums) {
        assert!(
            opening.checked_add(2 * deposits).is_some() && opening.checked_add(2 * withdrawals).is_some()
        );
    }
    let generations = |family| {
        let used = (0..accounts.count()).map(|id| accounts.place(AccountId(id)).unwrap());
        used.filter(|place| place.family == family).map(|place| place.generation).max().unwrap()
    };
    assert!(AccountFamily::ALL.into_iter().all(|family| generations(family) >= 10));
}

#[test]
fn a_decodable_account_covers_every_withdrawal() {
    let workload = workload(4);
    let accounts = workload.accounts();
    for account in (0..accounts.count()).map(AccountId) {
        let AccountPlace { family, sessions, .. } = accounts.place(account).unwrap();
        let scripts = sessions.map(|session| accounts.script(account, session).unwrap());
        let writes: Vec<i64> = scripts.flat_map(|script| script.writes().to_vec()).map(delta).collect();
        let opening = accounts.opening_balance(account);
        let least = opening + writes.iter().filter(|delta| **delta < 0).sum::<i64>();
        match family {
            AccountFamily::Natural => {}
            AccountFamily::Digit | AccountFamily::Radix => {
                assert!(least >= 0, "account {account}: {least}")
            }
        }
    }
}

#[test]
fn some_withdrawals_from_natural_accounts_exceed_the_balance_and_most_do_not() {
    let workload = Workload::new(samples::closed(2_000), 1).unwrap();
    let mut balances = workload.accounts().initial_balances();
    let Sequence::Closed(sessions) = workload.sequence() else { panic!("the plan is a closed loop") };
    let mut counts = [0, 0];
    for step in sessions.into_iter().flatten().filter(|step| step.family == AccountFamily::Natural) {
        let Operation::Write { kind, account, amount } = step.operation else { continue };
        let balance = &mut balances[account.0 as usize];
        let after = *balance + delta(PlannedWrite { kind, amount });
        let is_refused = after < 0;
        counts[usize::from(is_refused)] += u32::from(kind == WriteKind::Withdraw);
        *balance = if is_refused { *balance } else { after };
    }
    let [granted, refused] = counts;
    assert!(refused * 100 > granted && refused * 5 < granted, "{granted} granted, {refused} refused");
}

#[test]
fn the_first_of_zipf_s_accounts_is_used_most() {
    let workload = workload(5);
    let Sequence::Closed(sessions) = workload.sequence() else { panic!("the plan is a closed loop") };
    let mut counts = [0; 3];
    for step in sessions.into_iter().flatten().filter(|step| step.family == AccountFamily::Radix) {
        let place = workload.accounts().place(step.operation.account()).unwrap();
        counts[place.slot as usize] += 1;
    }
    let total: u32 = counts.iter().sum();
    let expected = [6.0, 3.0, 2.0].map(|share| f64::from(total) * share / 11.0);
    assert!(counts.iter().zip(expected).all(|(&n, e)| (f64::from(n) - e).abs() < 0.15 * e), "{counts:?}");
}

#[test]
fn an_account_that_does_not_exist_has_no_owner() {
    let workload = workload(6);
    let accounts = workload.accounts();
    let beyond = AccountId(accounts.count());
    assert_eq!((accounts.place(beyond), accounts.decode(beyond, 0)), (None, None));
    let private = account(accounts, AccountFamily::Digit, 0);
    let owner = accounts.place(private).unwrap().sessions.start;
    assert!(accounts.script(private, owner).is_some() && accounts.script(private, owner + 1).is_none());
}
