//! Messages of a trial, kept for its report: a bounded number of them, with a bounded text.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};

use crate::branch::PeerBody;
use crate::model::{Origin, Time};
use crate::network::{Endpoint, Leg};
use crate::sim::{MessageContent, Passed};

/// The latest messages of a trial: a report shows few, and those shortly before the failure. A trial that does not come
/// to rest may send any number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageTrace {
    latest: VecDeque<TracedMessage>,
    /// Earlier ones, which are no longer here.
    pub forgotten: u64,
}

/// The most messages that are kept.
const MESSAGES_MAX: usize = 20_000;
/// The most bytes of a message's text: a snapshot may hold every account.
const TEXT_MAX: usize = 400;

impl MessageTrace {
    /// Adds the latest message, in the place of the earliest one if there is no room.
    pub(super) fn push(&mut self, passed: &Passed) {
        if self.latest.len() == MESSAGES_MAX {
            self.latest.pop_front();
            self.forgotten += 1;
        }
        self.latest.push_back(TracedMessage::of(passed));
    }

    /// Those that are kept, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &TracedMessage> {
        self.latest.iter()
    }
}

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
            text: beginning(what),
        }
    }
}

/// The text of a message, up to a word that ends in time.
fn beginning(what: &MessageContent) -> String {
    let mut text = Bounded(String::new());
    // The only error is that there is no more room.
    if write!(text, "{what}").is_err() {
        text.0.truncate(text.0.rfind(' ').unwrap_or_default());
        text.0.push_str(" ...");
    }
    text.0
}

/// Takes text until it is full.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() <= TEXT_MAX { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::*;
    use crate::branch::{PeerBody, SnapshotChunk, SnapshotPart};
    use crate::model::{AccountId, BranchId, Snapshot};

    /// A piece of a snapshot with so many accounts.
    fn traced(sent_at: u64, accounts: u64) -> MessageTrace {
        let balances = (0..accounts).map(|account| (AccountId(account), 1_000)).collect();
        let content = Snapshot { balances, ..Snapshot::default() };
        let part = SnapshotPart { snapshot: 1, index: 0, count: 1, content };
        let body = PeerBody::Piece(SnapshotChunk { number: 1, transfer: 1, part: Some(part) });
        let mut trace = MessageTrace::default();
        trace.push(&passed(sent_at, &body));
        trace
    }

    fn passed(sent_at: u64, body: &PeerBody) -> Passed<'_> {
        let [from, to] = [1, 2].map(|id| Endpoint::Branch(BranchId(id)));
        let what = MessageContent::Peer(body);
        Passed { from, to, leg: Leg::Replicate, sent_at: Time(sent_at), delivered: smallvec![], what }
    }

    #[test]
    fn the_text_of_a_large_message_is_its_beginning() {
        let text = |accounts| traced(0, accounts).latest[0].text.clone();
        assert!(text(3).ends_with("2=1000"), "a small one is whole: {}", text(3));
        let long = text(100_000);
        assert!(
            long.len() < TEXT_MAX + 8 && long.starts_with("answer 1") && long.ends_with("=1000 ..."),
            "{long}"
        );
    }

    #[test]
    fn the_latest_messages_are_kept_and_the_others_counted() {
        let body = PeerBody::Piece(SnapshotChunk { number: 1, transfer: 1, part: None });
        let mut trace = MessageTrace::default();
        let count = MESSAGES_MAX as u64 + 5;
        (0..count).for_each(|at| trace.push(&passed(at, &body)));
        assert_eq!((trace.iter().count(), trace.forgotten), (MESSAGES_MAX, 5));
        let times: Vec<Time> = trace.iter().map(|message| message.sent_at).collect();
        assert_eq!((times[0], times[MESSAGES_MAX - 1]), (Time(5), Time(count - 1)));
    }
}
