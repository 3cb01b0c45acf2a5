//! Customers: the messages of their sessions, and how operations end.

use std::mem;

use super::calls::SimCall;
use super::observer::MessageContent;
use super::sim_branch::SimMessage;
use super::world::{SimEvent, World};
use crate::history::{Follows, SessionIndex};
use crate::model::{BranchId, Dot, Request, RequestId, Time};
use crate::network::{Endpoint, Fate, Identity, Leg, MessageInfo, Network};
use crate::scenario::{IntendedOperation, SeededPart, TrialEvent};
use crate::session::{Completion, FailureCause, Outcome, Output, Session, SessionInput, Success};

/// One customer, and how the history calls its session.
pub(super) struct SimCustomer {
    pub session: Session,
    index: SessionIndex,
    /// The number of the latest operation, from 1.
    number: u64,
    region: Option<String>,
    /// When the session's timeout is checked next.
    armed: Option<Time>,
}

impl World<'_> {
    /// All customers come, in order of their numbers.
    pub fn enter_customers(&mut self) {
        let scenario = self.scenario;
        for which in 0..scenario.workload.sessions {
            let id = scenario.session_id(which);
            let seed = scenario.seed_of(SeededPart::Sessions).wrapping_add(which as u64);
            let session = Session::new(id, self.now, scenario.policy, seed);
            let region = scenario.region(Endpoint::Customer(id));
            let index = SessionIndex(0);
            self.customers.push(SimCustomer { session, index, number: 0, region, armed: None });
            self.open_session(which, which as u32, None);
        }
        self.load.named = scenario.workload.sessions as u32;
    }

    /// The customer begins an operation, now.
    pub fn perform(&mut self, which: usize, arrival: IntendedOperation) {
        let customer = &mut self.customers[which];
        customer.number += 1;
        let (session, number) = (customer.index, customer.number);
        self.emit(|| TrialEvent::Invoked { session, number, arrival });
        let IntendedOperation { branch, operation, .. } = arrival;
        self.hear(which, SessionInput::Begin { branch, operation }, None);
    }

    /// An arrival that is never begun.
    pub fn refuse(&mut self, which: usize, arrival: IntendedOperation) {
        let session = self.customers[which].index;
        self.emit(|| TrialEvent::Refused { session, arrival });
    }

    /// Passes an input to the session, and does what it asks for. `sent_at` is when a branch sent it, if one did.
    pub fn hear(&mut self, which: usize, input: SessionInput, sent_at: Option<Time>) {
        let mut outputs = mem::take(&mut self.outputs);
        self.customers[which].session.handle(self.now, input, &mut outputs);
        let mut completed = None;
        for output in outputs.drain(..) {
            match output {
                Output::Completed(completion) => completed = Some(completion),
                Output::Greet { request, branch, attempt } => {
                    self.greet_from(which, request, branch, attempt)
                }
                Output::Send { attempt, request } => self.send_from(which, request, attempt),
            }
        }
        self.outputs = outputs;
        match completed {
            Some(completion) => self.completed(which, completion, sent_at),
            None => self.arm_customer(which),
        }
    }

    /// A time has come at which the session's timeout was to be checked.
    pub fn wake(&mut self, which: usize) {
        let customer = &mut self.customers[which];
        if customer.armed != Some(self.now) {
            return;
        }
        customer.armed = None;
        if customer.session.next_timeout().is_some_and(|next| next <= self.now) {
            self.hear(which, SessionInput::Timeout, None);
        } else {
            self.arm_customer(which);
        }
    }

    fn completed(&mut self, which: usize, completion: Completion, answered: Option<Time>) {
        let session = self.customers[which].index;
        let written = written(&completion.outcome);
        let reopened = completion.reopened;
        self.emit(|| TrialEvent::Completed { session, completion: Box::new(completion), answered });
        self.ended += 1;
        if let Some(reopened) = reopened {
            let named = self.load.named;
            self.load.named += 1;
            self.open_session(which, named, Some(Follows { session, token_kept: reopened.token_kept }));
        }
        self.go_on(which, written);
    }

    /// Gives the session, which is new or has opened again, its number in the history.
    fn open_session(&mut self, which: usize, named: u32, follows: Option<Follows>) {
        let customer = &mut self.customers[which];
        customer.index = SessionIndex(named);
        customer.number = 0;
        let customer = &self.customers[which];
        self.emitter.emit(self.now, || TrialEvent::Opened {
            session: customer.index,
            id: customer.session.id(),
            region: customer.region.clone(),
            follows,
        });
    }

    fn greet_from(&mut self, which: usize, request: RequestId, branch: BranchId, attempt: u32) {
        let fate = self.request_fate(request, branch, attempt, MessageContent::Greeting);
        let call = SimCall { customer: which as u32, request, attempt, is_greeting: true };
        let Fate::Deliver(delays) = fate else { return };
        // The first copy is the one that is answered; another would change nothing.
        let Some(&delay) = delays.iter().min() else { return };
        let place = self.place(branch);
        self.send(self.now + delay, place, Leg::Request, SimMessage::Greeting(call));
    }

    fn send_from(&mut self, which: usize, request: Request, attempt: u32) {
        let (id, branch) = (request.id, request.branch);
        let fate = self.request_fate(id, branch, attempt, MessageContent::Request(&request.operation));
        let Fate::Deliver(mut delays) = fate else { return };
        delays.sort_unstable();
        let Some((&first, copies)) = delays.split_first() else { return };
        let place = self.place(branch);
        let copies: Vec<(Time, SimMessage)> = copies
            .iter()
            .map(|&delay| (self.now + delay, SimMessage::Request { request: request.clone(), call: None }))
            .collect();
        let call = SimCall { customer: which as u32, request: id, attempt, is_greeting: false };
        self.send(self.now + first, place, Leg::Request, SimMessage::Request { request, call: Some(call) });
        for (at, copy) in copies {
            self.send(at, place, Leg::Request, copy);
        }
    }

    /// The fate of a request or a greeting.
    fn request_fate(
        &mut self,
        request: RequestId,
        branch: BranchId,
        attempt: u32,
        what: MessageContent<'_>,
    ) -> Fate {
        let info = MessageInfo {
            from: Endpoint::Customer(request.session),
            to: Endpoint::Branch(branch),
            leg: Leg::Request,
            identity: Identity::Call { request, attempt },
            sent_at: self.now,
        };
        let fate = self.network.fate(&info);
        self.emitter.passed(&info, &fate, what);
        fate
    }

    fn arm_customer(&mut self, which: usize) {
        let customer = &mut self.customers[which];
        let Some(next) = customer.session.next_timeout() else { return };
        let next = next.max(self.now);
        if customer.armed.is_none_or(|armed| next < armed) {
            customer.armed = Some(next);
            self.queue.push(next, SimEvent::SessionTimeout { customer: which as u32 });
        }
    }
}

/// The write's name, if it is one and is `ok`.
fn written(outcome: &Outcome<FailureCause>) -> Option<Dot> {
    match outcome {
        Outcome::Ok(Success::Written { dot }) => Some(*dot),
        Outcome::Ok(Success::Balance { .. }) | Outcome::Fail(_) | Outcome::Info(_) => None,
    }
}
