//! The observer of a simulation: it sees all events, and every message.

use std::fmt;
use std::io;

use smallvec::SmallVec;

use super::rules::RuleBreach;
use crate::branch::PeerBody;
use crate::history::Event;
use crate::model::{Answer, Operation, RequestError, Time};
use crate::network::{Endpoint, Leg};
use crate::session;

/// Sees a simulation from beginning to end.
pub trait Observer {
    /// One line of the history, in its order: the header first, the end last.
    ///
    /// # Errors
    ///
    /// An error ends the simulation.
    fn event(&mut self, event: Event) -> io::Result<()>;

    /// A message was handed to the network.
    fn passed(&mut self, _passed: &Passed<'_>) {}

    /// A rule of the protocol was broken.
    fn broke(&mut self, _broken: &RuleBreach) {}

    /// Whether the rules are to be held against every step. That costs a little.
    fn wants_rules(&self) -> bool {
        false
    }

    /// Whether [`Observer::event`] is to be called at all. Events cost about as much as all the rest.
    fn wants_events(&self) -> bool {
        true
    }
}

/// One message and its fate.
#[derive(Debug)]
pub struct Passed<'a> {
    /// Its sender.
    pub from: Endpoint,
    /// Its receiver.
    pub to: Endpoint,
    /// Its leg.
    pub leg: Leg,
    /// When it was sent, in virtual time.
    pub sent_at: Time,
    /// When each copy arrives; none: it was dropped.
    pub delivered: SmallVec<[Time; 1]>,
    /// Its content.
    pub what: MessageContent<'a>,
}

/// The content of a message; an observer that shows it formats it.
#[derive(Debug, Clone, Copy)]
pub enum MessageContent<'a> {
    /// A customer asks a branch for its incarnation.
    Greeting,
    /// A customer asks for an operation.
    Request(&'a Operation),
    /// The answer of either, or its connection that broke.
    Answer(&'a session::SessionInput),
    /// A message between branches.
    Peer(&'a PeerBody),
}

/// An observer that ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullObserver;

impl Observer for NullObserver {
    fn event(&mut self, _event: Event) -> io::Result<()> {
        Ok(())
    }

    fn wants_events(&self) -> bool {
        false
    }
}

impl fmt::Display for MessageContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessageContent::Greeting => f.write_str("greeting"),
            MessageContent::Request(operation) => operation.fmt(f),
            MessageContent::Answer(input) => answer(input, f),
            MessageContent::Peer(body) => body.fmt(f),
        }
    }
}

fn answer(input: &session::SessionInput, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match input {
        session::SessionInput::Greeted { greeting: Ok(greeting), .. } => {
            write!(f, "incarnation {}", greeting.incarnation)
        }
        session::SessionInput::Replied { reply: Ok(reply), .. } => outcome(&reply.outcome, f),
        session::SessionInput::Greeted { greeting: Err(lost), .. }
        | session::SessionInput::Replied { reply: Err(lost), .. } => write!(f, "{lost}"),
        session::SessionInput::Begin { .. } | session::SessionInput::Timeout => Ok(()),
    }
}

fn outcome(outcome: &Result<Answer, RequestError>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match outcome {
        Ok(Answer::Written { dot }) => write!(f, "written {dot}"),
        Ok(Answer::Balance { balance, .. }) => write!(f, "balance {balance}"),
        Ok(Answer::Refused(refusal)) => write!(f, "{refusal}"),
        Err(error) => write!(f, "{error}"),
    }
}
