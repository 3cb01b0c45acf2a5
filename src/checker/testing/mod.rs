//! What the tests of the checker share: a small workload, and a builder on which histories are written by hand.
//!
//! The event on line n happens at n ms. Lines 1 to 5 are the header, the origins of branches 1 and 2, and the sessions
//! 0 and 1; whatever a test writes begins on line 6.

mod balances;
mod damage;
mod endings;
mod history_builder;
mod liveness;
mod losses;
mod monotonic_reads;
mod order;
mod own_writes;
mod properties;
mod staleness;
mod states;

use std::ops::ControlFlow;
use std::sync::LazyLock;

use super::judge;
use crate::model::{AccountId, Amount, BranchId, Operation, WriteKind};
use crate::results::{Judgement, Verdict};
use crate::workload::{
    AccountFamily, Families, Homes, Load, Mix, Natural, PlannedWrite, Queries, Roam, ThinkTime, Workload,
    WorkloadPlan,
};
use history_builder::HistoryBuilder;

/// Small amounts, and so few writes to an account that its balances are quickly read.
const NATURAL: Natural = Natural {
    share: 0.6,
    accounts_per_session: 1,
    opening_balance_minor_units: 500,
    amount_min_minor_units: 1,
    amount_max_minor_units: 2_000,
};

/// Two sessions, two branches, and accounts of every family.
static WORKLOAD: LazyLock<Workload> = LazyLock::new(|| {
    let think = ThinkTime::Constant(std::time::Duration::from_millis(1));
    let plan = WorkloadPlan {
        branches: vec![BranchId(1), BranchId(2)],
        sessions: 2,
        homes: Homes::RoundRobin,
        roam: Roam::Uniform,
        load: Load::Closed { think, operations_per_session: 60 },
        mix: Mix { deposit: 0.3, withdraw: 0.2, query: 0.5 },
        queries: Queries::Written,
        families: Families { natural: NATURAL, ..Families::default() },
        accounts_max: 1_000,
    };
    Workload::new(plan, 1).expect("the plan makes sense")
});

static OPENING: LazyLock<Vec<i64>> = LazyLock::new(|| WORKLOAD.accounts().initial_balances());

/// A write that the workload plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Planned {
    pub account: AccountId,
    pub write: PlannedWrite,
}

impl Planned {
    pub fn operation(&self) -> Operation {
        let PlannedWrite { kind, amount } = self.write;
        Operation::Write { kind, account: self.account, amount }
    }

    pub fn delta(&self) -> i64 {
        let amount = i64::try_from(self.write.amount.get()).expect("planned amounts are small");
        match self.write.kind {
            WriteKind::Deposit => amount,
            WriteKind::Withdraw => -amount,
        }
    }
}

/// The first account of a family that the session writes.
fn account(family: AccountFamily, session: usize) -> AccountId {
    let accounts = WORKLOAD.accounts();
    let is_theirs = |&id: &AccountId| {
        accounts.place(id).is_some_and(|place| place.family == family && place.sessions.contains(&session))
    };
    (0..accounts.count()).map(AccountId).find(is_theirs).expect("every family is used")
}

fn nth(family: AccountFamily, session: usize, kind: WriteKind, nth: usize) -> Planned {
    let account = account(family, session);
    let script = WORKLOAD.accounts().script(account, session).expect("it is the session's account");
    let mut of_kind = script.writes().iter().filter(|write| write.kind == kind);
    Planned { account, write: *of_kind.nth(nth).expect("scripts are long enough") }
}

/// The `n`-th deposit, from 0, that the session plans on its first account of the family.
fn deposit(family: AccountFamily, session: usize, n: usize) -> Planned {
    nth(family, session, WriteKind::Deposit, n)
}

/// The `n`-th withdrawal, from 0.
fn withdrawal(family: AccountFamily, session: usize, n: usize) -> Planned {
    nth(family, session, WriteKind::Withdraw, n)
}

/// An amount that no script has on that account.
fn unplanned(like: Planned) -> Planned {
    let write = PlannedWrite { amount: Amount::new(7).expect("it is not zero"), ..like.write };
    Planned { write, ..like }
}

/// What the account holds once these were applied.
fn balance(account: AccountId, applied: &[Planned]) -> i64 {
    let of_account = applied.iter().filter(|planned| planned.account == account);
    OPENING[account.0 as usize] + of_account.map(Planned::delta).sum::<i64>()
}

fn judged(builder: &HistoryBuilder) -> Judgement {
    judge(&builder.history(), WORKLOAD.accounts())
}

/// A pass that goes on to its end.
fn whole<T>(pass: impl FnOnce(&mut dyn FnMut() -> ControlFlow<()>) -> ControlFlow<(), T>) -> T {
    match pass(&mut || ControlFlow::Continue(())) {
        ControlFlow::Continue(passed) => passed,
        ControlFlow::Break(()) => panic!("it was not broken off"),
    }
}

/// Kinds and lines of what was found.
fn found(judgement: &Judgement) -> Vec<(&str, &[u64])> {
    judgement.violations.iter().map(|violation| (&*violation.kind, &*violation.lines)).collect()
}

/// Fails unless exactly these violations are found.
#[track_caller]
fn assert_violated(judgement: &Judgement, expected: &[(&str, &[u64])]) {
    assert_eq!(found(judgement), expected, "{judgement:#?}");
    assert_eq!(judgement.verdict, Verdict::Violated);
    assert_eq!(judgement.violations_total, expected.len() as u64);
}

#[track_caller]
fn assert_valid(judgement: &Judgement) {
    assert_eq!((judgement.verdict, found(judgement)), (Verdict::Valid, vec![]), "{judgement:#?}");
    assert_eq!(judgement.reasons, Vec::<String>::new());
}
