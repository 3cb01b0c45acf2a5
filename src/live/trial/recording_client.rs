//! One customer of a recorded trial: it records the beginning and the end of every operation.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::history::{Follows, SessionIndex};
use crate::live::client::Customer;
use crate::live::record::EventBuffer;
use crate::model::Dot;
use crate::scenario::{IntendedOperation, TrialEvent};
use crate::session::{Outcome, Success};

/// The state that all recording clients of a trial share.
pub(super) struct RecorderContext {
    buffer: Arc<EventBuffer>,
    /// The index of each customer's present session in the history.
    sessions: Vec<Cell<SessionIndex>>,
    /// How many sessions have an index.
    opened: Cell<u32>,
    /// Counts the operations that have ended.
    ended: Arc<AtomicU64>,
}

/// One customer, with its index in the workload.
pub(super) struct RecordingClient {
    context: Rc<RecorderContext>,
    index: usize,
    customer: Customer,
    /// The number of the latest operation, from 1.
    number: u64,
    region: Option<String>,
}

impl RecordingClient {
    /// Opens the customer's session. Clients are made in order of `index`, which is then their session's index too.
    pub fn new(
        context: &Rc<RecorderContext>,
        index: usize,
        customer: Customer,
        region: Option<String>,
    ) -> RecordingClient {
        let mut client = RecordingClient { context: Rc::clone(context), index, customer, number: 0, region };
        client.open(None);
        client
    }

    /// Runs one operation to its end. Returns the dot of a write that is `ok`.
    pub async fn perform(&mut self, arrival: IntendedOperation) -> Option<Dot> {
        self.number += 1;
        let (session, number) = (self.context.session(self.index), self.number);
        self.context.buffer.record(TrialEvent::Invoked { session, number, arrival });
        let completion = self.customer.perform(arrival.branch, arrival.operation).await;
        let dot = match completion.outcome {
            Outcome::Ok(Success::Written { dot }) => Some(dot),
            Outcome::Ok(Success::Balance { .. }) | Outcome::Fail(_) | Outcome::Info(_) => None,
        };
        let reopened = completion.reopened;
        let answered = self.customer.answered();
        self.context.buffer.record(TrialEvent::Completed {
            session,
            completion: Box::new(completion),
            answered,
        });
        self.context.ended.fetch_add(1, Ordering::Relaxed);
        if let Some(reopened) = reopened {
            self.open(Some(Follows { session, token_kept: reopened.token_kept }));
        }
        dot
    }

    pub fn index(&self) -> usize {
        self.index
    }

    pub fn customer(&self) -> &Customer {
        &self.customer
    }

    /// Gives the next index to the session, which is new or follows another.
    fn open(&mut self, follows: Option<Follows>) {
        let session = SessionIndex(self.context.opened.get());
        self.context.opened.set(session.0 + 1);
        self.context.sessions[self.index].set(session);
        self.number = 0;
        let (id, region) = (self.customer.session().id(), self.region.clone());
        self.context.buffer.record(TrialEvent::Opened { session, id, region, follows });
    }
}

impl RecorderContext {
    pub fn new(customers: usize, buffer: Arc<EventBuffer>, ended: Arc<AtomicU64>) -> RecorderContext {
        RecorderContext {
            buffer,
            sessions: vec![Cell::new(SessionIndex(0)); customers],
            opened: Cell::new(0),
            ended,
        }
    }

    /// Records an arrival that never begins.
    pub fn refuse(&self, index: usize, arrival: IntendedOperation) {
        self.buffer.record(TrialEvent::Refused { session: self.session(index), arrival });
    }

    fn session(&self, index: usize) -> SessionIndex {
        self.sessions[index].get()
    }
}
