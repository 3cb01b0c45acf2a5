//! The beginning of an operation: invoked, or refused before that.

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Amount, BranchId, Operation, Time, WriteKind};

use super::{SessionIndex, json};

/// A session began an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "OperationLine", into = "OperationLine")]
pub struct Invoke {
    /// When.
    pub t: Time,
    /// Whose operation.
    pub session: SessionIndex,
    /// From 1 in each session, rising by one.
    pub number: u64,
    /// The branch that is asked.
    pub branch: BranchId,
    /// The operation.
    pub operation: Operation,
    /// When the plan wanted it begun. Latency counts from here.
    pub intended: Time,
    /// Whether it belongs to the warm-up, which no measure counts.
    pub warm_up: bool,
}

/// An arrival that was never begun: the queue of its session was full, or the load ended before its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "OperationLine", into = "OperationLine")]
pub struct Refused {
    /// When.
    pub t: Time,
    /// The session that would have begun it.
    pub session: SessionIndex,
    /// The branch that would have been asked.
    pub branch: BranchId,
    /// The operation.
    pub operation: Operation,
    /// When the plan wanted it begun.
    pub intended: Time,
    /// Whether it belongs to the warm-up, which no measure counts.
    pub warm_up: bool,
}

/// The keys of either line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationLine {
    t: Time,
    s: SessionIndex,
    /// For an invocation alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    branch: BranchId,
    op: OperationWord,
    account: AccountId,
    /// For a write alone.
    #[serde(with = "json", default, skip_serializing_if = "Option::is_none")]
    amount: Option<u64>,
    at: Time,
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

impl From<Invoke> for OperationLine {
    fn from(invoke: Invoke) -> OperationLine {
        let Invoke { t, session, number, branch, operation, intended, warm_up } = invoke;
        let refused = Refused { t, session, branch, operation, intended, warm_up };
        OperationLine { n: Some(number), ..refused.into() }
    }
}

impl From<Refused> for OperationLine {
    fn from(refused: Refused) -> OperationLine {
        let Refused { t, session: s, branch, operation, intended: at, warm_up } = refused;
        let (op, amount) = match operation {
            Operation::Query { .. } => (OperationWord::Query, None),
            Operation::Write { kind: WriteKind::Deposit, amount, .. } => {
                (OperationWord::Deposit, Some(amount))
            }
            Operation::Write { kind: WriteKind::Withdraw, amount, .. } => {
                (OperationWord::Withdraw, Some(amount))
            }
        };
        let (account, amount) = (operation.account(), amount.map(Amount::get));
        OperationLine { t, s, n: None, branch, op, account, amount, at, warm_up }
    }
}

impl TryFrom<OperationLine> for Invoke {
    type Error = &'static str;

    fn try_from(line: OperationLine) -> Result<Invoke, &'static str> {
        let number = line.n.ok_or("missing field `n`")?;
        let operation = line.operation()?;
        let OperationLine { t, s: session, branch, at: intended, warm_up, .. } = line;
        Ok(Invoke { t, session, number, branch, operation, intended, warm_up })
    }
}

impl TryFrom<OperationLine> for Refused {
    type Error = &'static str;

    fn try_from(line: OperationLine) -> Result<Refused, &'static str> {
        let operation = line.operation()?;
        let OperationLine { t, s: session, n, branch, at: intended, warm_up, .. } = line;
        match n {
            None => Ok(Refused { t, session, branch, operation, intended, warm_up }),
            Some(_) => Err("unknown field `n`"),
        }
    }
}

impl OperationLine {
    fn operation(&self) -> Result<Operation, &'static str> {
        let account = self.account;
        let write = |kind| {
            let amount = self.amount.and_then(Amount::new).ok_or("a write has an `amount` of at least 1")?;
            Ok(Operation::Write { kind, account, amount })
        };
        match (self.op, self.amount) {
            (OperationWord::Deposit, _) => write(WriteKind::Deposit),
            (OperationWord::Withdraw, _) => write(WriteKind::Withdraw),
            (OperationWord::Query, None) => Ok(Operation::Query { account }),
            (OperationWord::Query, Some(_)) => Err("a query has no `amount`"),
        }
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}
