//! The client side: a [`session`](crate::session) over real calls.
//!
//! ```text
//!  BlockingClient --block_on--> Customer: Session -> attempts -> BankClient -> Connection -> branch
//!                                  ^                                              |
//!                                  +---- ReplyDelay: held until due <-------------+
//! ```
//!
//! **In:** operations of a caller, one at a time for each customer. **Out:** their completions.
//!
//! # Invariants
//!
//! * The session decides what is sent where, when it is tried again and how the operation ends; this room makes the
//!   calls.
//! * Every wait of an operation is bounded by the session's policy.
//! * A reply reaches the session no earlier than its sender's time plus the delay that the network drew for it.
//!
//! **Absent.** No record of what happened: a caller that needs one keeps it.

mod bank_client;
mod blocking;
mod customer;

pub use blocking::{BlockingClient, NotDrained};
pub use customer::{ClientPool, Customer};
