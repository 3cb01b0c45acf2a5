//! An operation's beginning: invoked, or refused before that.

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Amount, BranchId, Operation, Time, WriteKind};

use super::SessionIndex;

/// A session began an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "InvokeLine", into = "InvokeLine")]
pub struct Invoke {
    pub t: Time,
    pub session: SessionIndex,
    /// From 1 in each session, rising by one.
    pub number: u64,
    /// The branch that is asked.
    pub branch: BranchId,
    pub operation: Operation,
    /// When the plan wanted it begun. Latency counts from here.
    pub intended: Time,
    /// Whether it belongs to the warm-up, which no measure counts.
    pub warm_up: bool,
}

/// An arrival that was never begun: the queue of its session was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RefusedLine", into = "RefusedLine")]
pub struct Refused {
    pub t: Time,
    pub session: SessionIndex,
    pub branch: BranchId,
    pub operation: Operation,
    pub intended: Time,
    pub warm_up: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InvokeLine {
    t: u64,
    s: SessionIndex,
    n: u64,
    branch: u32,
    op: OperationWord,
    account: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<u64>,
    at: u64,
    #[serde(default, skip_serializing_if = "is_false")]
    warm_up: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedLine {
    t: u64,
    s: SessionIndex,
    branch: u32,
    op: OperationWord,
    account: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<u64>,
    at: u64,
    #[serde(default, skip_serializing_if = "is_false")]
    warm_up: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OperationWord {
    Deposit,
    Withdraw,
    Query,
}

impl From<Invoke> for InvokeLine {
    fn from(invoke: Invoke) -> InvokeLine {
        let Invoke { t, session, number, branch, operation, intended, warm_up } = invoke;
        let (op, account, amount) = words(operation);
        InvokeLine {
            t: t.0,
            s: session,
            n: number,
            branch: branch.0,
            op,
            account,
            amount,
            at: intended.0,
            warm_up,
        }
    }
}

impl TryFrom<InvokeLine> for Invoke {
    type Error = &'static str;

    fn try_from(line: InvokeLine) -> Result<Invoke, &'static str> {
        let InvokeLine { t, s, n, branch, op, account, amount, at, warm_up } = line;
        Ok(Invoke {
            t: Time(t),
            session: s,
            number: n,
            branch: BranchId(branch),
            operation: operation(op, account, amount)?,
            intended: Time(at),
            warm_up,
        })
    }
}

impl From<Refused> for RefusedLine {
    fn from(refused: Refused) -> RefusedLine {
        let Refused { t, session, branch, operation, intended, warm_up } = refused;
        let (op, account, amount) = words(operation);
        RefusedLine { t: t.0, s: session, branch: branch.0, op, account, amount, at: intended.0, warm_up }
    }
}

impl TryFrom<RefusedLine> for Refused {
    type Error = &'static str;

    fn try_from(line: RefusedLine) -> Result<Refused, &'static str> {
        let RefusedLine { t, s, branch, op, account, amount, at, warm_up } = line;
        Ok(Refused {
            t: Time(t),
            session: s,
            branch: BranchId(branch),
            operation: operation(op, account, amount)?,
            intended: Time(at),
            warm_up,
        })
    }
}

fn words(operation: Operation) -> (OperationWord, u64, Option<u64>) {
    match operation {
        Operation::Query { account } => (OperationWord::Query, account.0, None),
        Operation::Write { kind, account, amount } => (word(kind), account.0, Some(amount.get())),
    }
}

fn word(kind: WriteKind) -> OperationWord {
    match kind {
        WriteKind::Deposit => OperationWord::Deposit,
        WriteKind::Withdraw => OperationWord::Withdraw,
    }
}

fn operation(op: OperationWord, account: u64, amount: Option<u64>) -> Result<Operation, &'static str> {
    let account = AccountId(account);
    let write = |kind| {
        let amount = amount.and_then(Amount::new).ok_or("a write has an `amount` of at least 1")?;
        Ok(Operation::Write { kind, account, amount })
    };
    match (op, amount) {
        (OperationWord::Deposit, _) => write(WriteKind::Deposit),
        (OperationWord::Withdraw, _) => write(WriteKind::Withdraw),
        (OperationWord::Query, None) => Ok(Operation::Query { account }),
        (OperationWord::Query, Some(_)) => Err("a query has no `amount`"),
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}
