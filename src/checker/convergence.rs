//! The cluster at the end: whether branches agree, nothing acknowledged is lost, and money is conserved.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{At, Final, History, InitialBalances, Milestone, OriginIndex};
use crate::model::{AccountId, BranchId};

use super::drain;
use super::records::{Gone, Records, WriteFate};
use super::violation_text::ViolationText;
use super::violations::{BrokenRule, Violations};

/// The cluster at the end of a trial.
pub(super) struct EndState {
    /// Whether all branches ended alike; `None` if they had no time to, or a final state is missing.
    pub converged: Option<bool>,
    /// Why that is not known.
    pub undecidable: Option<String>,
    /// Accounts that hold what they may, some of whose writes are of unknown outcome, with what they hold.
    pub in_doubt: BTreeMap<AccountId, i64>,
}

/// Notes writes that were lost, a drain in vain, branches that differ, and accounts that hold the wrong money.
pub(super) fn judge(history: &History, records: &Records, violations: &mut Violations) -> EndState {
    // Drained or not, the branch that accepted a write has it.
    lost_writes(history, records, violations);
    let given_up = drain::judge(history, violations);
    let without_final = branch_without_final(history);
    let no_final = without_final.map(|branch| format!("branch {branch} has no final state"));
    if let Some(reason) = given_up.or_else(|| not_drained(history)).or(no_final) {
        return EndState { converged: None, undecidable: Some(reason), in_doubt: BTreeMap::new() };
    }
    let converged = all_alike(history, violations);
    let in_doubt = if converged { conservation(history, records, violations) } else { BTreeMap::new() };
    EndState { converged: Some(converged), undecidable: None, in_doubt }
}

fn not_drained(history: &History) -> Option<String> {
    let is_drained = history.phases.iter().any(|phase| phase.event.reached == Milestone::Drained);
    (!is_drained).then(|| "the history does not say that the cluster drained".to_owned())
}

fn branch_without_final(history: &History) -> Option<BranchId> {
    let mut branches = history.header.branches.iter().map(|member| member.branch);
    branches.find(|&branch| final_of(history, branch).is_none())
}

fn final_of(history: &History, branch: BranchId) -> Option<&At<Final>> {
    history.finals.iter().find(|at_end| at_end.event.branch == branch)
}

/// Notes acknowledged writes that are missing without an excuse. The proof is the final state of the branch that had
/// accepted the write.
fn lost_writes(history: &History, records: &Records, violations: &mut Violations) {
    let describe = ViolationText { origins: &history.origins };
    for write in records.writes.iter().filter(|write| write.gone == Some(Gone::Missing)) {
        let Some((acknowledged, dot)) = write.acknowledged() else { continue };
        let accepted_by = history.origins.origin(dot.0).and_then(|origin| final_of(history, origin.branch));
        let proof = accepted_by.map_or(acknowledged, |at_end| at_end.line);
        violations.note(BrokenRule::LostWrite, proof, || {
            let text = format!("no branch has {} at the end", describe.write(write));
            (vec![acknowledged, proof], text)
        });
    }
}

/// Whether every branch ended as the first one did; notes each that did not.
fn all_alike(history: &History, violations: &mut Violations) -> bool {
    let Some((first, others)) = history.finals.split_first() else { return true };
    let mut alike = true;
    for other in others {
        let Some(difference) = difference(history, &first.event, &other.event) else { continue };
        alike = false;
        violations.note(BrokenRule::Divergence, other.line, || {
            let (one, two) = (first.event.branch, other.event.branch);
            let text = format!("branches {one} and {two} differ after the drain: {difference}");
            (vec![first.line, other.line], text)
        });
    }
    alike
}

/// The first difference between two branches: of their vectors, else of their balances.
pub(super) fn difference(history: &History, one: &Final, two: &Final) -> Option<String> {
    let describe = ViolationText { origins: &history.origins };
    let origins: BTreeSet<OriginIndex> =
        one.applied.iter().chain(two.applied.iter()).map(|(origin, _)| origin).collect();
    let of_vectors = origins.into_iter().find_map(|origin| {
        let (first, second) = (one.applied.get(origin), two.applied.get(origin));
        let origin = describe.origin(origin);
        (first != second).then(|| format!("{first} and {second} writes of {origin}"))
    });
    let (one, two) = (Balances::of(history, one), Balances::of(history, two));
    let of_balances = || {
        one.changed.keys().chain(two.changed.keys()).find_map(|&account| {
            let (first, second) = (one.get(account), two.get(account));
            (first != second).then(|| format!("account {account} holds {first} and {second}"))
        })
    };
    of_vectors.or_else(of_balances)
}

/// Notes accounts that do not hold what they started with and what came and went. What was lost does not count, and of
/// unknown writes none or all may. Returns the accounts that this leaves in doubt.
fn conservation(
    history: &History,
    records: &Records,
    violations: &mut Violations,
) -> BTreeMap<AccountId, i64> {
    let mut in_doubt = BTreeMap::new();
    let Some(at_end) = history.finals.first() else { return in_doubt };
    let balances = Balances::of(history, &at_end.event);
    let mut due: BTreeMap<AccountId, ExpectedBalance> = BTreeMap::new();
    for &account in balances.changed.keys() {
        due.insert(account, ExpectedBalance::exactly(balances.opening(account)));
    }
    // What came and went, for certain or perhaps.
    for write in &records.writes {
        let due = due
            .entry(write.account)
            .or_insert_with(|| ExpectedBalance::exactly(balances.opening(write.account)));
        match (write.fate, write.gone) {
            (WriteFate::Acknowledged(_), Some(Gone::Lost)) | (WriteFate::Refused, _) => {}
            (WriteFate::Acknowledged(_), Some(Gone::Missing) | None) => due.add(write.delta()),
            (WriteFate::Unknown, _) => due.add_perhaps(write.delta()),
        }
    }
    // What is there.
    for (account, due) in due {
        let found = balances.get(account);
        if !(due.least..=due.most).contains(&found) {
            violations.note(BrokenRule::Conservation, at_end.line, || {
                let text = format!("account {account} ends with {found}, and is due {due}");
                (vec![at_end.line], text)
            });
        } else if due.least < due.most {
            in_doubt.extend(i64::try_from(found).map(|found| (account, found)));
        }
    }
    in_doubt
}

/// How many accounts are seen to hold less than nothing, by a read or at the end.
pub(super) fn overdrawn(history: &History, records: &Records) -> u64 {
    let read = records.reads.iter().filter(|read| read.balance < 0).map(|read| read.account);
    let finals = history.finals.iter().flat_map(|at_end| &at_end.event.balances);
    let held = finals.filter(|(_, balance)| *balance < 0).map(|&(account, _)| account);
    read.chain(held).collect::<BTreeSet<AccountId>>().len() as u64
}

/// The balances of one branch.
struct Balances<'a> {
    accounts: &'a InitialBalances,
    changed: BTreeMap<AccountId, i128>,
}

impl<'a> Balances<'a> {
    fn of(history: &'a History, at_end: &Final) -> Balances<'a> {
        Balances { accounts: &history.header.accounts, changed: at_end.balances.iter().copied().collect() }
    }

    fn get(&self, account: AccountId) -> i128 {
        self.changed.get(&account).copied().unwrap_or_else(|| self.opening(account))
    }

    fn opening(&self, account: AccountId) -> i128 {
        self.accounts.initial(account).unwrap_or(0).into()
    }
}

/// The range of what an account may hold at the end.
struct ExpectedBalance {
    least: i128,
    most: i128,
}

impl ExpectedBalance {
    fn exactly(balance: i128) -> ExpectedBalance {
        ExpectedBalance { least: balance, most: balance }
    }

    fn add(&mut self, delta: i128) {
        self.least += delta;
        self.most += delta;
    }

    fn add_perhaps(&mut self, delta: i128) {
        self.least += delta.min(0);
        self.most += delta.max(0);
    }
}

impl std::fmt::Display for ExpectedBalance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ExpectedBalance { least, most } = self;
        if least == most { write!(f, "{least}") } else { write!(f, "{least} to {most}") }
    }
}
