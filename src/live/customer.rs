//! A customer: a [`Session`] over real calls.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tonic::transport::Channel;

use super::alarm::Alarm;
use super::line::Line;
use super::wire::proto::bank_client::BankClient;
use super::wire::{Call, CallMessage, CallReply, GreetAnswer, GreetCall, Sending, WireError, proto};
use super::{clock, status, transport};
use crate::model::{BranchId, Greeting, Operation, Reply, Request, RequestError, RequestId, SessionId};
use crate::network::{Fidelity, Leg};
use crate::session::{Completion, Input, Lost, Output, Policy, Session};

/// Connections to every branch, shared by any number of customers. Connects when first used.
#[derive(Clone)]
pub struct Branches {
    clients: Arc<BTreeMap<BranchId, BankClient<Channel>>>,
    replies: Arc<Replies>,
}

/// Replies that have arrived and are not yet due.
struct Replies {
    line: Arc<Line<oneshot::Sender<Duration>>>,
    fidelity: Mutex<Fidelity>,
    waking: AbortHandle,
}

/// One customer, who may ask at any branch, one operation after another.
pub struct Customer {
    branches: Branches,
    session: Session,
}

impl Branches {
    /// Must be called within a runtime, which then drives the connections.
    ///
    /// # Errors
    ///
    /// When the process has no file descriptors left.
    pub fn new(addresses: &BTreeMap<BranchId, SocketAddr>) -> io::Result<Branches> {
        let client = |&address| BankClient::new(transport::endpoint(address).connect_lazy());
        let clients = addresses.iter().map(|(&branch, address)| (branch, client(address))).collect();
        Ok(Branches { clients: Arc::new(clients), replies: Arc::new(Replies::new(Alarm::new()?)) })
    }

    /// How much later than drawn replies were handed over; a customer holds them until they are due.
    pub fn fidelity(&self) -> Fidelity {
        self.replies.fidelity().clone()
    }

    /// A new customer. `policy` has passed [`Policy::check`].
    pub fn customer(&self, policy: Policy) -> Customer {
        let id = SessionId { opened_at: clock::unix_ns(), nonce: rand::random() };
        Customer { branches: self.clone(), session: Session::new(id, clock::now(), policy, rand::random()) }
    }

    /// One attempt at one request, as it is. `None` if no answer came.
    pub async fn send(&self, request: Request, attempt: u32) -> Option<Reply> {
        let mut client = self.clients.get(&request.branch)?.clone();
        let call = Call { request, attempt, sent_at: Some(clock::now()), holds_replies: true };
        let answer: Result<Result<CallReply, WireError>, _> = match CallMessage::from(call) {
            CallMessage::Deposit(message) => client.deposit(message).await.map(|r| r.into_inner().try_into()),
            CallMessage::Withdraw(message) => {
                client.withdraw(message).await.map(|r| r.into_inner().try_into())
            }
            CallMessage::Query(message) => client.query(message).await.map(|r| r.into_inner().try_into()),
        };
        let CallReply { reply, sending } = match answer {
            Ok(reply) => reply.ok()?,
            Err(refused) => status::reply(&refused)?,
        };
        self.replies.hold(sending).await;
        Some(reply)
    }

    async fn greet(&self, call: GreetCall) -> Option<Result<Greeting, RequestError>> {
        let mut client = self.clients.get(&call.branch)?.clone();
        let (greeting, sending) = match client.greet(proto::GreetRequest::from(call)).await {
            Ok(answer) => {
                let GreetAnswer { greeting, sending } = answer.into_inner().try_into().ok()?;
                (Ok(greeting), sending)
            }
            Err(refused) => {
                let CallReply { reply, sending } = status::reply(&refused)?;
                (Err(reply.outcome.err()?), sending)
            }
        };
        self.replies.hold(sending).await;
        Some(greeting)
    }
}

impl Replies {
    fn new(alarm: Alarm) -> Replies {
        let line = Arc::new(Line::new());
        let held = Arc::clone(&line);
        let waking = tokio::spawn(async move { held.wake(alarm).await }).abort_handle();
        Replies { line, fidelity: Mutex::default(), waking }
    }

    /// Returns when the reply is due.
    async fn hold(&self, sending: Option<Sending>) {
        let Some(Sending { at, delay }) = sending else { return };
        let late = self.line.until(at + delay).await;
        self.fidelity().note(Leg::Reply, late);
    }

    fn fidelity(&self) -> MutexGuard<'_, Fidelity> {
        self.fidelity.lock().expect("nothing panics while it counts")
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        self.waking.abort();
    }
}

impl Customer {
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Runs one operation to its end. Every wait is bounded by the session's policy.
    pub async fn perform(&mut self, branch: BranchId, operation: Operation) -> Completion {
        let mut outbox = Vec::new();
        let mut attempts = FuturesUnordered::new();
        self.session.handle(clock::now(), Input::Begin { branch, operation }, &mut outbox);
        loop {
            for output in outbox.drain(..) {
                match output {
                    Output::Completed(completion) => return completion,
                    Output::Greet { request, branch, attempt } => {
                        attempts.push(greet(self.branches.clone(), request, branch, attempt).left_future());
                    }
                    Output::Send { attempt, request } => {
                        attempts.push(send(self.branches.clone(), request, attempt).right_future());
                    }
                }
            }
            let timeout = self.session.next_timeout().map(|at| at.since(clock::now())).unwrap_or_default();
            let input = tokio::select! {
                Some(input) = attempts.next() => input,
                () = tokio::time::sleep(timeout) => Input::Timeout,
            };
            self.session.handle(clock::now(), input, &mut outbox);
        }
    }
}

async fn send(branches: Branches, request: Request, attempt: u32) -> Input {
    let id = request.id;
    let reply = branches.send(request, attempt).await.ok_or(Lost);
    Input::Replied { request: id, attempt, reply }
}

/// A branch that answers a greeting with an error has answered the attempt; only silence is a lost greeting.
async fn greet(branches: Branches, request: RequestId, branch: BranchId, attempt: u32) -> Input {
    let call = GreetCall {
        branch,
        request: Some(request),
        attempt,
        sent_at: Some(clock::now()),
        holds_replies: true,
    };
    match branches.greet(call).await {
        Some(Ok(greeting)) => Input::Greeted { request, attempt, greeting: Ok(greeting) },
        Some(Err(error)) => {
            let reply = Reply { outcome: Err(error), parked_for: Duration::ZERO };
            Input::Replied { request, attempt, reply: Ok(reply) }
        }
        None => Input::Greeted { request, attempt, greeting: Err(Lost) },
    }
}
