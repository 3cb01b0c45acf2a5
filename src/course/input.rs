//! The course's input: the events of every customer, in order, and the branches that they ask. A [`CourseInput`] can be
//! run as it is; there is nothing left to check.

use super::place::Place;
use crate::model::BranchId;

/// A file that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseInput {
    /// In file order; not empty, no id twice.
    pub branches: Vec<BranchId>,
    /// The starting balance of the one account that all customers share, at every branch, in minor units.
    pub initial_balance: i64,
    /// In file order, which is the order in which they run, one after another.
    pub customers: Vec<CourseCustomer>,
}

/// One customer entry. A customer may have several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseCustomer {
    /// The customer's number.
    pub id: u64,
    /// In the order in which they run.
    pub events: Vec<CourseEvent>,
}

/// One thing that a customer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseEvent {
    /// The id as written. Ids repeat, so it identifies nothing.
    pub id: Option<u64>,
    /// The branch that is asked; it exists.
    pub branch: BranchId,
    /// The request.
    pub action: CourseAction,
    /// Where the event starts in the file.
    pub place: Place,
}

/// The request to the branch. Money is in minor units, and kept as written: zero and less is answered
/// `fail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CourseAction {
    /// Adds money to the account.
    Deposit(i64),
    /// Takes money from the account, if the balance covers it.
    Withdraw(i64),
    /// Reads the balance.
    Query,
    /// An interface that the course does not have, as written; it is answered `fail`.
    Unknown(String),
}

impl CourseAction {
    /// The interface as the file writes it.
    pub fn interface(&self) -> &str {
        match self {
            CourseAction::Deposit(_) => "deposit",
            CourseAction::Withdraw(_) => "withdraw",
            CourseAction::Query => "query",
            CourseAction::Unknown(interface) => interface,
        }
    }
}
