//! The bank: balances, the last write of each session, and the requests that wait.
//!
//! | file | what |
//! |---|---|
//! | `ledger` | balances and the withdrawal check |
//! | `client_table` | exactly once: the last write of each session |
//! | `parking` | requests that wait for their token, by dot |
//! | `requests` | a request's way: validation, parking, waking, execution |

mod client_table;
mod ledger;
mod parking;
mod requests;

pub use requests::RequestHandler;

use super::Config;
use client_table::ClientTable;
use ledger::Ledger;
use parking::Parking;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Bank {
    pub ledger: Ledger,
    pub client_table: ClientTable,
    pub parking: Parking,
    pub disk_is_full: bool,
}

impl Bank {
    pub fn new(config: &Config) -> Bank {
        Bank {
            ledger: Ledger::new(&config.initial_balances),
            client_table: ClientTable::new(config.limits.sessions_max),
            parking: Parking::default(),
            disk_is_full: false,
        }
    }
}
