//! The branch.
mod message;
pub use message::{About, Ack, PeerBody, PeerMessage, Run};
