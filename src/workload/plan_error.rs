//! Errors of a plan.

use crate::model::BranchId;

/// Why a plan makes no sense. Its author must act; every message names the field and a remedy.
#[allow(missing_docs, reason = "each message says what is wrong, and with what")]
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WorkloadPlanError {
    #[error("`{field}` is empty; name at least one")]
    Empty { field: &'static str },
    #[error("`{field}` is 0; give at least 1")]
    Zero { field: &'static str },
    #[error("`{field}` is {value}; give at most {max}")]
    TooMuch { field: &'static str, value: String, max: String },
    #[error("`branches` names {branch} twice; name each once")]
    BranchTwice { branch: BranchId },
    #[error("`homes` names {branch}, which is not in `branches`; name it there too, or live elsewhere")]
    UnknownHome { branch: BranchId },
    #[error("`{field}` is {value}; give a finite number above 0")]
    NotPositive { field: &'static str, value: f64 },
    #[error("`{field}` is {value}; give a finite number from 0")]
    NotANumber { field: &'static str, value: f64 },
    #[error("`{field}` is {value}; give a number from 0 to 1")]
    NotAShare { field: &'static str, value: f64 },
    #[error("the shares of `{field}` sum to {sum}; make them sum to 1")]
    SharesDoNotSum { field: &'static str, sum: f64 },
    #[error("`{field}` has its lower end at {low}, above its upper end at {high}; swap them")]
    Inverted { field: &'static str, low: String, high: String },
    #[error("`{field}` changes branch, and `branches` has only one; name a second, or roam `sticky`")]
    OneBranch { field: &'static str },
    #[error("`load` writes before it reads, and `mix` has no writes; give deposits or withdrawals a share")]
    NothingToWrite,
    #[error(
        "`families.radix.sharers` is {sharers}; with this mix at most {sharers_max} sessions fit one account"
    )]
    RadixDoesNotFit { sharers: u32, sharers_max: u32 },
    #[error(
        "the load takes {needed} accounts, and `accounts_max` is {accounts_max}; raise it, or ask for fewer \
         operations, sessions or accounts side by side"
    )]
    AccountsDoNotFit { needed: u64, accounts_max: u64 },
}
