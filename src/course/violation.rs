//! A wrong claim: its event, the right statement, and the one that was found.

use std::fmt;

use super::claims::Claim;
use super::expected::ExpectedAnswer;
use super::results::EventOutcome;
use crate::model::BranchId;

/// A claim of a results file that a correct bank would not make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimViolation {
    /// The kind of mistake.
    pub kind: ViolationKind,
    /// The event or the claim that it is about.
    pub subject: ViolationSubject,
    /// The right statement.
    pub expected: Statement,
    /// The statement of the results file.
    pub found: Statement,
}

/// The kinds of wrong claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViolationKind {
    /// A query with another balance, or without one. Stale, if it misses writes that came before it.
    WrongRead,
    /// A deposit or withdrawal with the wrong answer.
    WrongWrite,
    /// An unknown interface that was not answered `fail`.
    WrongRefusal,
    /// Another interface than the input asks for; the outcomes are then not compared.
    WrongInterface,
    /// Another branch than the input names.
    WrongBranch,
    /// Nothing is claimed about the event.
    Missing,
    /// A claim without an event.
    Surplus,
    /// A claim that follows one about a later event.
    OutOfOrder,
}

/// The subject of a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViolationSubject {
    /// An event of the input.
    Event {
        /// In file order, from 1.
        number: usize,
        /// Who asks.
        customer: u64,
        /// The interface as written.
        interface: String,
        /// The branch that is asked.
        branch: BranchId,
        /// In the input, from 1.
        line: usize,
    },
    /// A claim that no event of the input accounts for.
    Claim {
        /// In the results, from 1.
        number: usize,
        /// Who asked.
        customer: u64,
        /// The interface as claimed.
        interface: String,
        /// In the results, from 1; `None` for results that were never written.
        line: Option<usize>,
    },
}

/// A statement that is, or should be, in the results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// No statement.
    Nothing,
    /// An outcome.
    Outcome(EventOutcome),
    /// The interface of the event.
    Interface(String),
    /// The branch that was asked.
    Branch(BranchId),
    /// Before everything about the event with this number.
    Before(usize),
    /// After something about the event with this number.
    After(usize),
}

impl ViolationSubject {
    pub(super) fn event(expected: &ExpectedAnswer<'_>) -> ViolationSubject {
        let ExpectedAnswer { number, customer, event, outcome: _ } = *expected;
        let interface = event.action.interface().to_string();
        ViolationSubject::Event { number, customer, interface, branch: event.branch, line: event.place.line }
    }

    pub(super) fn claim(index: usize, claim: &Claim) -> ViolationSubject {
        let line = claim.place.map(|place| place.line);
        ViolationSubject::Claim {
            number: index + 1,
            customer: claim.customer,
            interface: claim.interface.clone(),
            line,
        }
    }
}

impl Statement {
    fn balance(&self) -> Option<i64> {
        match self {
            Statement::Outcome(outcome) => outcome.balance(),
            Statement::Nothing
            | Statement::Interface(_)
            | Statement::Branch(_)
            | Statement::Before(_)
            | Statement::After(_) => None,
        }
    }
}

/// `event 17 (customer 3, query at branch 2, line 40): expected balance 400, found 0`
impl fmt::Display for ClaimViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClaimViolation { kind: _, subject, expected, found } = self;
        write!(f, "{subject}: expected {expected}, found ")?;
        if let (Some(_), Some(balance)) = (expected.balance(), found.balance()) {
            return write!(f, "{balance}");
        }
        write!(f, "{found}")
    }
}

impl fmt::Display for ViolationSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ViolationSubject::Event { number, customer, interface, branch, line } => {
                write!(f, "event {number} (customer {customer}, {interface} at branch {branch}, line {line})")
            }
            ViolationSubject::Claim { number, customer, interface, line: Some(line) } => {
                write!(f, "result {number} (customer {customer}, {interface}, line {line} of the results)")
            }
            ViolationSubject::Claim { number, customer, interface, line: None } => {
                write!(f, "result {number} (customer {customer}, {interface})")
            }
        }
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statement::Nothing => f.write_str("nothing"),
            Statement::Outcome(EventOutcome::Balance(balance)) => write!(f, "balance {balance}"),
            Statement::Outcome(EventOutcome::Written { success: true }) => f.write_str("success"),
            Statement::Outcome(EventOutcome::Written { success: false } | EventOutcome::Failed) => {
                f.write_str("fail")
            }
            Statement::Interface(interface) => f.write_str(interface),
            Statement::Branch(branch) => write!(f, "branch {branch}"),
            Statement::Before(number) => write!(f, "before event {number}"),
            Statement::After(number) => write!(f, "after event {number}"),
        }
    }
}
