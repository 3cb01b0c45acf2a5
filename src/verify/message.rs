//! Messages of a trial, kept for its report.

use crate::branch::PeerBody;
use crate::model::{Origin, Time};
use crate::network::{Endpoint, Leg};
use crate::sim::{MessageContent, Passed};

/// One message and its fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedMessage {
    /// Its sender.
    pub from: Endpoint,
    /// Its receiver.
    pub to: Endpoint,
    /// The kind of hop.
    pub leg: Leg,
    /// When it was sent.
    pub sent_at: Time,
    /// When each copy arrives; none: it is lost.
    pub delivered: Vec<Time>,
    /// Whose writes it carries, if it carries any.
    pub origin: Option<Origin>,
    /// Its content, with full names of origins.
    pub text: String,
}

impl TracedMessage {
    pub(super) fn of(passed: &Passed) -> TracedMessage {
        let Passed { from, to, leg, sent_at, delivered, what } = passed;
        let origin = match what {
            MessageContent::Peer(PeerBody::Run(run)) => Some(run.origin),
            MessageContent::Peer(_)
            | MessageContent::Greeting
            | MessageContent::Request(_)
            | MessageContent::Answer(_) => None,
        };
        TracedMessage {
            from: *from,
            to: *to,
            leg: *leg,
            sent_at: *sent_at,
            delivered: delivered.to_vec(),
            origin,
            text: what.to_string(),
        }
    }
}
