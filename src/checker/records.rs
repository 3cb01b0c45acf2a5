//! A history as its judges need it: writes with their fates, and reads that were answered.

use crate::history::{
    At, Complete, History, Invoke, Origins, PairedOperation, RecordedOutcome, RecordedSuccess, ShortDot,
    Witness,
};
use crate::model::{self, AccountId, Amount, Time, WriteKind};

use super::customers::{SessionOwner, owners};
use super::lives::OriginLives;
use super::vector::{merge, spread};

/// Everything that customers did, in order of invocations.
#[derive(Debug)]
pub(super) struct Records<'a> {
    pub writes: Vec<WriteRecord<'a>>,
    /// Those that ended `ok`.
    pub reads: Vec<ReadRecord<'a>>,
    /// How many tokens there are ([`SessionOwner::token`]).
    pub tokens: usize,
    /// How many origins there are.
    pub origins: usize,
    pub lives: OriginLives,
    /// By origin: how many of its writes some branch has at the end; `None` unless every branch has a final state.
    pub kept: Option<Vec<u64>>,
    /// Lines of acknowledgements whose dot's origin was never named, so that their write is unknown.
    nameless: Vec<u64>,
}

/// A write, by whom, and how it ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct WriteRecord<'a> {
    pub by: SessionOwner,
    pub kind: WriteKind,
    pub account: AccountId,
    pub amount: Amount,
    pub invoked: &'a At<Invoke>,
    pub completed: Option<&'a At<Complete>>,
    pub fate: WriteFate,
    /// Acknowledged, and missing at every branch at the end.
    pub gone: Option<Gone>,
}

/// Why an acknowledged write is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// Its origin's log was destroyed by an injected fault, and no branch that lives has it.
    Lost,
    /// There is no excuse.
    Missing,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteFate {
    Acknowledged(ShortDot),
    /// It did not and will not happen.
    Refused,
    Unknown,
}

/// A read that ended `ok`, and its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadRecord<'a> {
    pub by: SessionOwner,
    pub account: AccountId,
    pub balance: i64,
    pub witness: &'a Witness,
    pub invoked: &'a At<Invoke>,
    pub completed: &'a At<Complete>,
}

impl<'a> Records<'a> {
    /// Sorts the operations of a history into writes and answered reads.
    pub fn of(history: &'a History) -> Records<'a> {
        let owners = owners(&history.sessions);
        let tokens = owners.iter().map(|owner| owner.token + 1).max().unwrap_or(0);
        let mut records = Records {
            writes: Vec::new(),
            reads: Vec::new(),
            tokens,
            origins: history.origins.len(),
            lives: OriginLives::of(history),
            kept: kept(history),
            nameless: Vec::new(),
        };
        for operation in &history.operations {
            let by = owners[operation.invoke.event.session.at()];
            match operation.invoke.event.operation {
                model::Operation::Write { kind, account, amount } => {
                    let fate = records.fate(operation, &history.origins);
                    let (invoked, completed) = (&operation.invoke, operation.complete.as_ref());
                    let gone = records.gone(fate);
                    records.writes.push(WriteRecord {
                        by,
                        kind,
                        account,
                        amount,
                        invoked,
                        completed,
                        fate,
                        gone,
                    });
                }
                model::Operation::Query { account } => records.reads.extend(read(by, account, operation)),
            }
        }
        records
    }

    /// Why the verdict cannot be `valid` for want of an origin's name.
    pub fn nameless(&self) -> Option<String> {
        let first = self.nameless.first()?;
        let count = self.nameless.len();
        Some(format!("acknowledged writes whose origin was never named: {count}, the first on line {first}"))
    }

    /// An acknowledgement that cannot be resolved counts as no answer.
    fn fate(&mut self, operation: &PairedOperation, origins: &Origins) -> WriteFate {
        let Some(complete) = &operation.complete else { return WriteFate::Unknown };
        match &complete.event.outcome {
            RecordedOutcome::Ok(RecordedSuccess::Written { dot }) if origins.origin(dot.0).is_some() => {
                WriteFate::Acknowledged(*dot)
            }
            RecordedOutcome::Ok(_) => {
                self.nameless.push(complete.line);
                WriteFate::Unknown
            }
            RecordedOutcome::Fail(_) => WriteFate::Refused,
            RecordedOutcome::Info(_) => WriteFate::Unknown,
        }
    }

    fn gone(&self, fate: WriteFate) -> Option<Gone> {
        let (WriteFate::Acknowledged(ShortDot(origin, counter)), Some(kept)) = (fate, &self.kept) else {
            return None;
        };
        let gone = if self.lives.excuses(origin) { Gone::Lost } else { Gone::Missing };
        (kept[origin.at()] < counter).then_some(gone)
    }
}

impl WriteRecord<'_> {
    /// The name and the line of the acknowledgement; `None` if it was not acknowledged.
    pub fn acknowledged(&self) -> Option<(u64, ShortDot)> {
        match self.fate {
            WriteFate::Acknowledged(dot) => Some((self.completed?.line, dot)),
            WriteFate::Refused | WriteFate::Unknown => None,
        }
    }

    /// What it adds to the balance.
    pub fn delta(&self) -> i128 {
        let amount = i128::from(self.amount.get());
        match self.kind {
            WriteKind::Deposit => amount,
            WriteKind::Withdraw => -amount,
        }
    }

    /// The line of its completion if there is one, else of its invocation.
    pub fn line(&self) -> u64 {
        self.completed.map_or(self.invoked.line, |completed| completed.line)
    }
}

impl ReadRecord<'_> {
    /// Whether read-your-writes puts the write into what the read sees.
    pub fn is_owed(&self, write: &WriteRecord) -> bool {
        let before = write.acknowledged().is_some_and(|(line, _)| line < self.invoked.line);
        before && write.by.token == self.by.token
    }

    /// Whether the write had begun when the read ended. Where times are equal the lines of one customer are in its own
    /// order, and the order of several customers is unknown.
    pub fn ends_after_the_start_of(&self, write: &WriteRecord) -> bool {
        self.ends_after(write.by.customer, (write.invoked.event.t, write.invoked.line))
    }

    /// The same for the time and line on which a customer begins a write. Holds up to some place of rising ones.
    pub fn ends_after(&self, customer: usize, (t, line): (Time, u64)) -> bool {
        if customer == self.by.customer { line < self.completed.line } else { t <= self.completed.event.t }
    }
}

/// Whether the writes that `witness` counts include the one that `dot` names: counters have no gaps.
pub(super) fn includes(witness: &Witness, ShortDot(origin, counter): ShortDot) -> bool {
    witness.get(origin) >= counter
}

fn kept(history: &History) -> Option<Vec<u64>> {
    let has_final = |branch| history.finals.iter().any(|at_end| at_end.event.branch == branch);
    let is_complete = history.header.branches.iter().all(|member| has_final(member.branch));
    let (mut kept, mut row) = (vec![0; history.origins.len()], vec![0; history.origins.len()]);
    for at_end in &history.finals {
        spread(&at_end.event.applied, &mut row);
        merge(&mut kept, &row);
    }
    is_complete.then_some(kept)
}

fn read(by: SessionOwner, account: AccountId, operation: &PairedOperation) -> Option<ReadRecord<'_>> {
    let (invoked, completed) = (&operation.invoke, operation.complete.as_ref()?);
    match &completed.event.outcome {
        RecordedOutcome::Ok(RecordedSuccess::Balance { balance, witness }) => {
            Some(ReadRecord { by, account, balance: *balance, witness, invoked, completed })
        }
        RecordedOutcome::Ok(RecordedSuccess::Written { .. })
        | RecordedOutcome::Fail(_)
        | RecordedOutcome::Info(_) => None,
    }
}
