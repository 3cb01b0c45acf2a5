//! One customer of a recorded trial: every operation goes on the tape, beginning and end.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::history::{Follows, SessionIndex};
use crate::live::client::customer::Customer;
use crate::live::record::event_buffer::EventBuffer;
use crate::model::Dot;
use crate::scenario::{IntendedOperation, TrialEvent};
use crate::session::{Outcome, Success};

/// What all tellers of a trial share.
pub(in crate::live) struct RecorderContext {
    tape: Arc<EventBuffer>,
    /// How the history calls each customer's session now.
    sessions: Vec<Cell<SessionIndex>>,
    /// How many sessions have a name.
    named: Cell<u32>,
    /// Operations that have ended.
    ended: Arc<AtomicU64>,
}

/// One customer, by its number in the workload.
pub(in crate::live) struct RecordingClient {
    desk: Rc<RecorderContext>,
    which: usize,
    customer: Customer,
    /// Of the latest operation, from 1.
    number: u64,
    region: Option<String>,
}

impl RecordingClient {
    /// Customers are made in order of their numbers, so that their sessions are named in that order.
    pub fn new(
        desk: &Rc<RecorderContext>,
        which: usize,
        customer: Customer,
        region: Option<String>,
    ) -> RecordingClient {
        let mut teller = RecordingClient { desk: Rc::clone(desk), which, customer, number: 0, region };
        teller.open(None);
        teller
    }

    /// Runs one operation to its end. The dot, if it was a write and is `ok`.
    pub async fn perform(&mut self, arrival: IntendedOperation) -> Option<Dot> {
        self.number += 1;
        let (session, number) = (self.desk.session(self.which), self.number);
        self.desk.tape.record(TrialEvent::Invoked { session, number, arrival });
        let completion = self.customer.perform(arrival.branch, arrival.operation).await;
        let dot = match completion.outcome {
            Outcome::Ok(Success::Written { dot }) => Some(dot),
            Outcome::Ok(Success::Balance { .. }) | Outcome::Fail(_) | Outcome::Info(_) => None,
        };
        let reopened = completion.reopened;
        let answered = self.customer.answered();
        self.desk.tape.record(TrialEvent::Completed { session, completion: Box::new(completion), answered });
        self.desk.ended.fetch_add(1, Ordering::Relaxed);
        if let Some(reopened) = reopened {
            self.open(Some(Follows { session, token_kept: reopened.token_kept }));
        }
        dot
    }

    pub fn which(&self) -> usize {
        self.which
    }

    pub fn customer(&self) -> &Customer {
        &self.customer
    }

    /// Names the session, which is new or has opened anew.
    fn open(&mut self, follows: Option<Follows>) {
        let session = SessionIndex(self.desk.named.get());
        self.desk.named.set(session.0 + 1);
        self.desk.sessions[self.which].set(session);
        self.number = 0;
        let (id, region) = (self.customer.session().id(), self.region.clone());
        self.desk.tape.record(TrialEvent::Opened { session, id, region, follows });
    }
}

impl RecorderContext {
    pub fn new(customers: usize, tape: Arc<EventBuffer>, ended: Arc<AtomicU64>) -> RecorderContext {
        RecorderContext {
            tape,
            sessions: vec![Cell::new(SessionIndex(0)); customers],
            named: Cell::new(0),
            ended,
        }
    }

    /// An arrival that is never begun.
    pub fn refuse(&self, which: usize, arrival: IntendedOperation) {
        self.tape.record(TrialEvent::Refused { session: self.session(which), arrival });
    }

    fn session(&self, which: usize) -> SessionIndex {
        self.sessions[which].get()
    }
}
